"""One engine per module, canonical tables from a few words a row, and `judge`, which says what became of them.

Most rules are about times: they are told as distances from noon of 10 March 2026, the default event time.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any, NamedTuple

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest

from mmpsync.config import Config
from mmpsync.engines.duckdb import DuckDBEngine
from mmpsync.ingest.canonical import ACTION, CLICK, CONVERSION, WORKING
from mmpsync.reasons import SEPARATOR
from mmpsync.reconcile.rules import Context
from mmpsync.reconcile.scope import scoped
from mmpsync.reconcile.verdicts import Judgement
from mmpsync.reconcile.verdicts import judge as judge_table

NOON = datetime(2026, 3, 10, 12)  # noqa: DTZ001  UTC, as all times of the tables
HOUR = timedelta(hours=1)
# The columns of a judged table, which metrics and advice read.
JUDGED: Mapping[str, str] = {
    **CONVERSION,
    **WORKING,
    "event": "string",
    "verdict": "string",
    "reason": "string",
    "reasons": "string",
    "matched_click_time": "timestamp",
    "partner": "string",
    "suggestion": "string",
    "usable": "boolean",
    "in_scope": "boolean",
    "first_click": "timestamp",
}

Row = Mapping[str, Any]


class Judged(NamedTuple):
    """What became of one row."""

    verdict: str
    reason: str
    reasons: tuple[str, ...]
    matched_click_time: datetime | None
    suggestion: str | None


class ReusableEngine(DuckDBEngine):
    """A run keeps one table of each name, a module of tests many: each gets a name of its own."""

    def __init__(self) -> None:
        super().__init__(threads=2)
        self._kept = count(1)

    def materialize(self, table: ir.Table, name: str, *, aside: bool = False) -> ir.Table:
        return super().materialize(table, f"{name}_{next(self._kept)}", aside=aside)

    def store(self, name: str, *tables: ir.Table) -> ir.Table:
        return super().store(f"{name}_{next(self._kept)}", *tables)

    def beside(self, name: str, rows: ir.Table, facts: ir.Table) -> ir.Table:
        return super().beside(f"{name}_{next(self._kept)}", rows, facts)

    def take(self, name: str, rows: pa.Table, schema: ibis.Schema) -> ir.Table:
        """Rows from memory; an engine of a run takes them from files only."""
        self.settle()  # a connection does one thing at a time
        self._connection.register(name, rows)
        return ibis.table(schema, name=name)


@pytest.fixture(scope="module")
def engine() -> Iterator[ReusableEngine]:
    engine = ReusableEngine()
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def table(engine: ReusableEngine) -> Callable[[str, Mapping[str, str], Sequence[Row]], ir.Table]:
    """Rows as a table of the engine; columns that a row does not name are null."""

    def build(name: str, columns: Mapping[str, str], rows: Sequence[Row]) -> ir.Table:
        schema = ibis.schema(dict(columns))
        filled = [dict.fromkeys(columns) | dict(row) for row in rows]
        return engine.take(name, pa.Table.from_pylist(filled, schema=schema.to_pyarrow()), schema)

    return build


@pytest.fixture(scope="module")
def conversions(engine: ReusableEngine, table: Callable[..., ir.Table]) -> Callable[..., ir.Table]:
    """A conversions table: each row a purchase that impact.com's click CLICK drove, but for what it says."""

    def build(rows: Sequence[Row], config: Config) -> ir.Table:
        filled = [_conversion(n, row) for n, row in enumerate(rows, 1)]
        filled.sort(key=lambda row: (row["source_file"], row["source_row"]))
        given = table("given_conversions", {**CONVERSION, **WORKING}, filled)
        return engine.store("conversions", scoped(given.drop("position"), config))

    return build


@pytest.fixture(scope="module")
def clicks(table: Callable[..., ir.Table]) -> Callable[[Sequence[Row]], ir.Table]:
    """A clicks table: each record the click CLICK an hour before noon, but for what it says."""

    def build(rows: Sequence[Row]) -> ir.Table:
        return table("given_clicks", CLICK, [_click(row) for row in rows])

    return build


@pytest.fixture(scope="module")
def actions(table: Callable[..., ir.Table]) -> Callable[[Sequence[Row]], ir.Table]:
    """An actions table: each record a pending action of its own, of order-1, but for what it says."""

    def build(rows: Sequence[Row]) -> ir.Table:
        return table("given_actions", ACTION, [_action(n, row) for n, row in enumerate(rows, 1)])

    return build


@pytest.fixture(scope="module")
def judgement(
    engine: ReusableEngine,
    conversions: Callable[..., ir.Table],
    clicks: Callable[[Sequence[Row]], ir.Table],
    actions: Callable[[Sequence[Row]], ir.Table],
) -> Callable[..., Judgement]:
    """`judge` of `mmpsync.reconcile.verdicts` on such rows; without `clicks`, on the one click CLICK."""

    def run(
        rows: Sequence[Row],
        given: Sequence[Row] = ({},),
        *,
        config: Mapping[str, Any] | None = None,
        as_of: datetime = NOON,
        credited: Sequence[Row] | None = None,
    ) -> Judgement:
        context = Context(Config.model_validate(config or {}), as_of)
        third = () if credited is None else (actions(credited),)
        return judge_table(
            engine, conversions(rows, context.config), (clicks(given),), context, actions=third
        )

    return run


@pytest.fixture(scope="module")
def judged_rows(
    engine: ReusableEngine, judgement: Callable[..., Judgement]
) -> Callable[..., list[dict[str, Any]]]:
    """The judged rows with all their columns, by file and row."""

    def run(*args: Any, **options: Any) -> list[dict[str, Any]]:
        return sorted(
            engine.rows(judgement(*args, **options).rows),
            key=lambda row: (row["source_file"], row["source_row"]),
        )

    return run


@pytest.fixture(scope="module")
def judge(judged_rows: Callable[..., list[dict[str, Any]]]) -> Callable[..., dict[str, Judged]]:
    """What became of each row, by the name it was given."""

    def run(rows: Mapping[str, Row], *args: Any, **options: Any) -> dict[str, Judged]:
        given = {_place(n, row): name for n, (name, row) in enumerate(rows.items(), 1)}
        judged = judged_rows(list(rows.values()), *args, **options)
        assert len(judged) == len(rows)
        return {given[row["source_file"], row["source_row"]]: _judged(row) for row in judged}

    return run


@pytest.fixture(scope="module")
def judged_table(table: Callable[..., ir.Table]) -> Callable[[Sequence[Row]], ir.Table]:
    """A table as `judge` leaves it, each row clean and matched but for what it says."""

    def build(rows: Sequence[Row]) -> ir.Table:
        return table("given_judged", JUDGED, [_clean(n, row) for n, row in enumerate(rows, 1)])

    return build


def _place(n: int, row: Row) -> tuple[str, int]:
    return row.get("source_file", "conversions.csv"), row.get("source_row", n)


def _conversion(n: int, overrides: Row) -> Row:
    row = {
        "source_file": "conversions.csv",
        "source_row": n,
        "position": n,
        "mmp": "acme",
        "kind": "event",
        "app_id": "com.acme.shop",
        "platform": "android",
        "event_name": "purchase",
        "event_time": NOON,
        "touch_type": "click",
        "media_source": "impact",
        "attribution": "impact",
        "click_id": "CLICK",
        "order_id": f"order-{n}",
        "mmp_device_id": f"device-{n}",
        "is_click": False,
        "supersede_rank": 0,
        "supersedes": False,
        **overrides,
    }
    raw = {"click_id_raw": "click_id", "amount_raw": "amount", "event_time_raw": "event_time"}
    return {name: _text(row.get(value)) for name, value in raw.items()} | row


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _click(overrides: Row) -> Row:
    row = {"source_file": "clicks.csv", "click_id": "CLICK", "click_time": NOON - HOUR, **overrides}
    return {"click_id_raw": row["click_id"]} | row


def _action(n: int, overrides: Row) -> Row:
    row = {
        "source_file": "actions.json",
        "action_id": f"M.{n}",
        "state": "pending",
        "order_id": "order-1",
        **overrides,
    }
    raw = {"amount_raw": _text(row.get("amount")), "is_reversed": row["state"] == "reversed"}
    return {"event_time": NOON} | raw | row


def _clean(n: int, overrides: Row) -> Row:
    row = {"verdict": "clean", "reason": "matched", **overrides}
    row = _conversion(n, {"event": "purchase", "usable": True, "first_click": None} | row)
    defaults = {
        "in_scope": row["verdict"] != "excluded",
        "reasons": "" if row["reason"] == "matched" else row["reason"],
    }
    return {name: value for name, value in (defaults | dict(row)).items() if name in JUDGED}


def _judged(row: Row) -> Judged:
    return Judged(
        row["verdict"],
        row["reason"],
        tuple(row["reasons"].split(SEPARATOR)) if row["reasons"] else (),
        row["matched_click_time"],
        row["suggestion"],
    )
