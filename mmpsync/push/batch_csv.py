"""A plan as impact.com's batch-submission CSV: for upload by SFTP, FTPS or e-mail instead of its API.

The format (integrations.impact.com/impact-brand, docs/ftp-implementation; help.impact.com, batch-submit-conversion-data
and submit-conversion-data-via-ftp-or-email): a line for each item, rows of one order side by side, since impact.com
takes what comes later for a duplicate order. The columns of an item have no prefix: Sku, Category, Quantity, and Amount
for its line. All other columns are called as the API's fields are; impact.com documents no more of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ibis
import ibis.expr.types as ir

from mmpsync.config import Config
from mmpsync.conversion_fields import CONVERSION_FIELDS, split_item_name
from mmpsync.engines.duckdb import DuckDBEngine
from mmpsync.engines.interface import Engine
from mmpsync.errors import UsageError
from mmpsync.push.plan import Plan, stored
from mmpsync.whole import whole_file

__all__ = ["BatchFile", "write_batch_csv"]

# The header that impact.com gives as the least; EventCode is for apps.
_HEADER = (
    "CampaignId", "ActionTrackerId", "EventCode", "EventDate", "OrderId", "ClickId", "CustomerId", "CurrencyCode",
    "Amount", "Category", "Sku", "Quantity",
)  # fmt: skip
_OF_ITEM = {"Category": "ItemCategory", "Sku": "ItemSku", "Quantity": "ItemQuantity"}
_IN_AMOUNT = ("ItemPrice", "ItemSubTotal")


@dataclass(frozen=True)
class BatchFile:
    """What was written: conversions, lines below the header, and item fields that the format has no column for."""

    path: Path
    conversions: int
    lines: int
    left_out: tuple[str, ...]


def write_batch_csv(plan: Plan, path: str | Path, config: Config) -> BatchFile:
    """Write what the plan would send as one CSV file, readable by its owner only, whole or not there at all.

    The plan has to be one for a file, whose limits are tighter than the API's. Raises OutputError.
    """
    if plan.way != "file":
        raise UsageError("this plan is for impact.com's API; make one for a file")
    engine = DuckDBEngine(
        threads=config.engine.threads,
        memory_limit=config.engine.memory_limit,
        temp_directory=config.engine.temp_directory,
    )
    try:
        rows = stored(engine, plan.file)
        rows = rows.filter(rows.skipped.isnull())
        names = _names(engine, rows)
        table = _lines(rows, names)
        with whole_file(path) as draft:
            engine.write_csv(table, draft)
            engine.settle()
        counted = engine.rows(rows.aggregate(conversions=rows.count(), lines=_items(rows).sum()))[0]
    finally:
        engine.close()
    stems = {parts[0] for parts in map(split_item_name, names) if parts is not None}
    return BatchFile(
        path=Path(path),
        conversions=counted["conversions"],
        lines=int(counted["lines"] or 0),
        left_out=tuple(sorted(stems - {*_OF_ITEM.values(), *_IN_AMOUNT})),
    )


def _names(engine: Engine, rows: ir.Table) -> list[str]:
    """Every field that a row has."""
    return [row["name"] for row in engine.rows(rows.select(name=rows.fields.keys().unnest()).distinct())]


def _items(rows: ir.Table) -> ir.IntegerValue:
    """How many lines a row takes: one for each of its items, and one if it has none."""
    skus = rows.fields.keys().filter(lambda name: name.startswith(_OF_ITEM["Sku"]))
    return ibis.greatest(skus.length(), 1)


def _lines(rows: ir.Table, names: Sequence[str]) -> ir.Table:
    found = [name for name in CONVERSION_FIELDS if name in names and name not in _HEADER]
    lines = rows.mutate(items=_items(rows))
    lines = lines.mutate(index=ibis.range(1, lines["items"] + 1)).unnest("index")
    lines = lines.order_by("order_id", "source_file", "source_row", "index")
    values = {
        **{name: lines.fields.get(name) for name in _HEADER},
        **{column: _of_item(lines, stem) for column, stem in _OF_ITEM.items()},
        "Amount": _amount(lines),
        **{name: lines.fields.get(name) for name in found},
    }
    return lines.select(**values)


def _of_item(lines: ir.Table, stem: str) -> ir.StringValue:
    return lines.fields.get(ibis.literal(stem) + lines["index"].cast("string"))


def _amount(lines: ir.Table) -> ir.StringValue:
    """The amount of the line: its item's subtotal or price times quantity, else that of the order, which has one line."""
    price, quantity = (_of_item(lines, stem).cast("decimal(18,6)") for stem in ("ItemPrice", "ItemQuantity"))
    product = (price * quantity).cast("decimal(18,2)").cast("string")
    return ibis.coalesce(_of_item(lines, "ItemSubTotal"), product, lines.fields.get("Amount"))
