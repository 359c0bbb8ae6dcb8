"""The tables of rows in a run directory: every row in one of them, and CSV that no spreadsheet runs."""

from pathlib import Path

import ibis.expr.types as ir

from mmpsync.engines.functions import defined
from mmpsync.engines.interface import Engine
from mmpsync.ingest.canonical import ACTION
from mmpsync.ingest.carried import CARRIED
from mmpsync.masking import FORMULA
from mmpsync.reconcile.actions import ACTION_COLUMNS
from mmpsync.reconcile.verdicts import JUDGED

__all__ = ["write_actions", "write_tables"]


def write_tables(engine: Engine, judged: ir.Table, unreadable: ir.Table, directory: Path) -> None:
    """Begin to write the rows of a run: clean, exceptions (also as CSV), excluded, and the unreadable records."""
    engine.write_parquet(_those(judged, judged.verdict == "clean", CARRIED), directory / "clean.parquet")
    exceptions = judged.verdict.notin(["clean", "excluded"])
    engine.write_parquet(_those(judged, exceptions), directory / "exceptions.parquet")
    engine.write_csv(_defused(_those(judged, exceptions)), directory / "exceptions.csv")
    excluded = _those(judged, judged.verdict == "excluded", *ACTION_COLUMNS)
    engine.write_parquet(excluded, directory / "excluded.parquet")
    records = engine.materialize(_defused(unreadable.drop("row")), "unreadable_records")
    in_order = records.order_by("source_file", "line").rename(file="source_file")
    engine.write_csv(in_order, directory / "unreadable.csv")


def write_actions(engine: Engine, actions: ir.Table, directory: Path) -> None:
    """Begin to write the actions that no row of the exports explains, the earliest first."""
    rows = actions.filter(actions.standing == "unexplained").select(*ACTION)
    in_order = [
        rows[name].asc(nulls_first=False) for name in dict.fromkeys(["event_time", "order_id", *ACTION])
    ]
    engine.write_parquet(rows.order_by(in_order), directory / "unexplained_actions.parquet")


def _those(judged: ir.Table, condition: ir.BooleanValue | None = None, *more: str) -> ir.Table:
    """The rows' output columns, and `more` if they have them; a filter keeps the order that they were read in."""
    # Were DuckDB to know that the filter leaves no null verdict, it would give each file a schema of its own.
    rows = judged if condition is None else judged.filter(condition.fill_null(False))
    extra = [name for name in (*more, "source_columns") if name in judged.columns]
    return rows.select(*JUDGED, *extra)


def _defused(table: ir.Table) -> ir.Table:
    """Put an apostrophe in front of every text cell that a spreadsheet would run as a formula."""
    texts = {name: table[name] for name, kind in table.schema().items() if kind.is_string()}
    return table.mutate(**{name: _harmless(text) for name, text in texts.items()}).select(*table.columns)


@defined(content="string")
def _harmless(content: ir.StringValue) -> ir.Value:
    # For nearly all cells, which begin with a letter or a digit, no regular expression is run.
    is_odd = (content < "A") & ((content < "0") | (content >= ":"))
    return is_odd.ifelse(content.re_search(FORMULA), False).ifelse("'" + content, content)
