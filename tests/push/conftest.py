"""Clean rows from a few words each, and what a plan makes of them: `planned` for rows, `clean_run` for whole runs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest
from pyarrow import parquet

from mmpsync.config import Config
from mmpsync.engines.duckdb import DuckDBEngine
from mmpsync.ingest.canonical import CONVERSION
from mmpsync.ingest.carried import CARRIED, carried_key
from mmpsync.push.requests import Requests, Way
from mmpsync.run import Run

Row = Mapping[str, Any]
Planned = Callable[..., list[dict[str, Any]]]
CleanRun = Callable[..., Run]

NOW = datetime(2026, 3, 20, tzinfo=UTC)
NOON = datetime(2026, 3, 10, 12)  # noqa: DTZ001  UTC, as all times of the tables
JUDGED: Mapping[str, str] = {
    **CONVERSION,
    **dict.fromkeys(("event", "verdict", "reason", "reasons"), "string"),
    "matched_click_time": "timestamp",
    **dict.fromkeys(("partner", "suggestion"), "string"),
}
SCHEMA = ibis.schema(JUDGED).to_pyarrow()
DEFAULTS: Row = {
    "source_file": "exports/events.csv",
    "mmp": "appsflyer",
    "kind": "event",
    "app_id": "com.acme.shop",
    "event_time": NOON,
    "click_id": "xgMQ4KWb:xyIWO7Uo7Vva0OcUkGQgW2aEwvr1c0",
    "order_id": "O-1",
    "amount": Decimal("9.99"),
    "currency": "EUR",
    "event": "purchase",
    "verdict": "clean",
    "partner": "Northwind Deals",
}
BASE = {
    "program": {"campaign_id": 1000},
    "apps": {"com.acme.shop": {"tracker_id": 4001}},
    "events": {"purchase": {"names": ["af_purchase"], "code": "SALE"}},
}


def as_table(rows: Sequence[Row], carried: Mapping[tuple[str, ...], Sequence[str | None]]) -> pa.Table:
    """Clean rows as a run keeps them; `carried` has for each reference list what it yields in every row."""
    full = [{"source_row": number, **DEFAULTS, **row} for number, row in enumerate(rows, 1)]
    table = pa.table({f.name: pa.array([r.get(f.name) for r in full], f.type) for f in SCHEMA}, schema=SCHEMA)
    if carried:
        maps = [
            [(carried_key(references), values[n]) for references, values in carried.items()]
            for n in range(len(rows))
        ]
        column = pa.array(maps, pa.map_(pa.string(), pa.string()))
        table = table.append_column(pa.field(CARRIED, column.type), column)
    return table


class MemoryEngine(DuckDBEngine):
    """An engine that takes rows from memory, too."""

    def __init__(self) -> None:
        super().__init__(threads=1)
        self._taken = count(1)

    def take(self, rows: pa.Table) -> ir.Table:
        name = f"taken_{next(self._taken)}"
        self.settle()  # a connection does one thing at a time
        self._connection.register(name, rows)
        return ibis.table(ibis.Schema.from_pyarrow(rows.schema), name=name)


@pytest.fixture(scope="session")
def memory_engine() -> Iterator[MemoryEngine]:
    engine = MemoryEngine()
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def planned(memory_engine: MemoryEngine) -> Planned:
    """What becomes of clean rows: `planned(rows, config, carried)`; settings come on top of a usual configuration."""

    def plan(
        rows: Sequence[Row],
        settings: Mapping[str, Any] | None = None,
        carried: Mapping[tuple[str, ...], Sequence[str | None]] | None = None,
        way: Way = "api",
    ) -> list[dict[str, Any]]:
        config = Config.model_validate({**BASE, **(settings or {})})
        table = memory_engine.take(as_table(rows, carried or {}))
        found = memory_engine.rows(Requests(config, NOW.replace(tzinfo=None), way).planned(table))
        return [{**row, "fields": dict(row["fields"])} for row in found]

    return plan


@pytest.fixture
def clean_run(tmp_path: Path) -> CleanRun:
    """A run directory's clean rows, and nothing else of it."""

    def make(
        rows: Sequence[Row], carried: Mapping[tuple[str, ...], Sequence[str | None]] | None = None
    ) -> Run:
        directory = tmp_path / "run"
        directory.mkdir(exist_ok=True)
        orders = [{"order_id": f"O-{number}", **row} for number, row in enumerate(rows, 1)]
        parquet.write_table(as_table(orders, carried or {}), directory / "clean.parquet")
        return Run.model_construct(id="20260320T000000Z-0000abcd").at(directory)

    return make
