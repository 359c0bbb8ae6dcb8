"""What would be sent to impact.com, and nothing sent: the clean rows of a run as requests, row by row.

The plan is worked out once, into a file of its own that everything else reads from: its batches as often as they
are asked for, in memory that does not grow with the rows.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import ibis.expr.types as ir
import pyarrow as pa
from pyarrow import parquet

from mmpsync.config import Config
from mmpsync.config_problems import closest
from mmpsync.engines.duckdb import DuckDBEngine
from mmpsync.engines.interface import Engine, Layout
from mmpsync.errors import ConfigError, InputError
from mmpsync.push.configured_fields import require_carried
from mmpsync.push.interface import PLAN
from mmpsync.push.repeats import without_repeats
from mmpsync.push.requests import Requests, Way
from mmpsync.push.summary import PlanSummary, summarise
from mmpsync.run import Run
from mmpsync.scratch import Scratch
from mmpsync.tables import files_of
from mmpsync.whole import whole_file

__all__ = ["Plan", "plan", "stored"]

_BATCH_ROWS = 5_000
# Rows stream through; what is held grows with how many do at once.
_GROUP_ROWS = 20_480
_THREADS, _MEMORY_LIMIT = 2, "500MB"
_CLEAN = "clean.parquet"


@dataclass(frozen=True)
class Plan:
    """Every clean row of a run as PLAN, in the run's order, and its figures; closing it removes its file."""

    summary: PlanSummary
    way: Way
    file: Path
    _folder: Scratch

    def batches(self, rows: int = _BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """The rows in batches of at most so many, skipped ones among them; each call begins anew."""
        # To read ahead would hold the whole file.
        with parquet.ParquetFile(self.file, pre_buffer=False) as plan:
            for batch in plan.iter_batches(batch_size=rows, columns=PLAN.names):
                yield batch.select(PLAN.names).cast(PLAN)

    def write(self, path: str | Path) -> None:
        """Write the rows, with `event_time` and `notes` beside them, as one Parquet file. Raises OutputError.

        It is readable by its owner only, and whole or not there at all.
        """
        with whole_file(path) as draft:
            shutil.copyfile(self.file, draft)

    def close(self) -> None:
        """Remove the plan's file."""
        self._folder.close()

    def __enter__(self) -> Self:
        """Use the plan, and close it at the end."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the plan's file."""
        self.close()


def plan(
    run: Run, config: Config, *, now: datetime | None = None, only: str | None = None, way: Way = "api"
) -> Plan:
    """Work out what a push of the run would send at the time `now`, with `only` that event.

    `way` says whether impact.com is to get it by its API or in a file, which takes less. Raises InputError
    when the run's rows are not at hand or lack what the configuration fills fields from, and ConfigError for an
    event that is not configured.
    """
    if only is not None and config.events and only not in config.events:
        near = closest(only, config.events)
        raise ConfigError(f"event {only!r} is not configured{near}. Allowed: {', '.join(config.events)}.")
    engine = DuckDBEngine(
        threads=config.engine.threads or _THREADS,
        memory_limit=config.engine.memory_limit or _MEMORY_LIMIT,
        temp_directory=config.engine.temp_directory,
    )
    folder = Scratch(config.engine.temp_directory)
    try:
        rows = _clean_rows(engine, run)
        require_carried(engine, rows, config, str(run.directory))
        if only is not None:
            rows = rows.filter(rows.event == only)
        moment = (now or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None)
        file = folder.path / "plan.parquet"
        _write(engine, Requests(config, moment, way).planned(rows), file)
        if (others := without_repeats(engine, stored(engine, file))) is not None:
            file = folder.path / "without-repeats.parquet"
            _write(engine, others, file)
        summary = summarise(engine, stored(engine, file), run.id, config.push.style)
    except BaseException:
        folder.close()
        raise
    finally:
        engine.close()
    return Plan(summary, way, file, folder)


def _write(engine: DuckDBEngine, planned: ir.Table, file: Path) -> None:
    engine.write_parquet(planned, file, group_rows=_GROUP_ROWS)
    engine.settle()


def stored(engine: Engine, *files: Path) -> ir.Table:
    """The rows of Parquet files, all with the same columns, under their own names."""
    names = parquet.read_schema(files[0]).names
    scan = engine.scan(Layout(paths=tuple(map(str, files)), format="parquet", columns=tuple(names)))
    return scan.select(**{name: scan[f"c{n}"] for n, name in enumerate(names)})


def _clean_rows(engine: Engine, run: Run) -> ir.Table:
    if run.directory is None:
        raise InputError("this run was not written to a directory, so its rows are not at hand")
    table = run.directory / _CLEAN
    files = files_of(table)
    if not files:
        raise InputError(f"{table}: there is no such file; reconcile again")
    return stored(engine, *files)
