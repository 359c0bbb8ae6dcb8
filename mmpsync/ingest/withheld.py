"""What a source writes in place of values that it hides or has hashed: they are there, so they are not missing."""

from collections.abc import Iterable, Sequence

import ibis
import ibis.expr.types as ir

from mmpsync.conclusions import Advice
from mmpsync.engines.interface import Engine
from mmpsync.ingest.extraction import Values
from mmpsync.ingest.interface import Adapter, Withheld

__all__ = ["around", "around_click_id", "disclosed", "is_withheld", "withheld_values"]


def is_withheld(value: ir.StringValue, withheld: Withheld) -> ir.BooleanValue:
    """Whether the value is what the source writes instead of the true one; never null."""
    return value.re_search(withheld.pattern).fill_null(False)


def disclosed(value: ir.StringValue, withheld: Withheld | None) -> ir.StringValue:
    """The value, null where it is withheld."""
    return value if withheld is None else is_withheld(value, withheld).ifelse(ibis.null("string"), value)


def around(withheld: Withheld | None) -> list[tuple[str]]:
    """The columns around a ClickId, which `around_click_id` reads."""
    return [] if withheld is None else [(column,) for column in withheld.around]


def around_click_id(withheld: Withheld | None, found: Values) -> Sequence[ir.StringValue]:
    """What stands, in rows attributed to impact.com, in place of columns around a ClickId; null where they are whole."""
    if withheld is None:
        return ()
    values = [found.text(column) for column in around(withheld) if found.first(column) is not None]
    return [
        (found.table.is_impact & is_withheld(value, withheld)).ifelse(value, ibis.null("string"))
        for value in values
    ]


def withheld_values(engine: Engine, conversions: ir.Table, adapters: Iterable[Adapter]) -> tuple[Advice, ...]:
    """In how many of impact.com's rows sources withhold which fields; said once per source."""
    rules = {adapter.name: adapter.withheld for adapter in adapters if adapter.withheld is not None}
    return tuple(
        advice
        for name, rule in rules.items()
        if (advice := _advice(engine, conversions, name, rule)) is not None
    )


def _advice(engine: Engine, conversions: ir.Table, source: str, rule: Withheld) -> Advice | None:
    rows = conversions.filter((conversions.mmp == source) & (conversions.attribution == "impact"))
    names = ("click_id", *rule.fields)
    rows = rows.select(
        "source_file",
        rows.click_id_withheld.name("click_id"),
        *(is_withheld(rows[name], rule).name(name) for name in rule.fields),
    )
    rows = rows.filter(ibis.or_(*(rows[name] for name in names)))
    counts = {name: rows.count(where=rows[name]) for name in names}
    counted = engine.rows(
        rows.group_by("source_file").agg(rows=rows.count(), **counts).order_by("source_file")
    )
    if not counted:
        return None
    concerned = [name for name in names if any(row[name] for row in counted)]
    return Advice(
        code="withheld-values",
        message=f"Rows of impact.com's in which a hash, or a word for it, stands in place of {', '.join(concerned)}:"
        f" {sum(row['rows'] for row in counted)}",
        fix=rule.advice,
        files=tuple(row["source_file"] for row in counted),
    )
