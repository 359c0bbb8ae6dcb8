"""The Spark engine: for what one machine is too small for.

Spark hands out the files and moves, joins and adds up the rows; each worker reads its files with the embedded engine, so
that a value is read alike whoever reads it. Tables are kept as Parquet in a folder that every worker sees.
"""

import sys
import uuid
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import ibis
import ibis.expr.operations as ops
import pyarrow as pa

from mmpsync.engines.duckdb import DuckDBEngine
from mmpsync.engines.duckdb_rejects import UNREADABLE
from mmpsync.engines.interface import Layout, Remote
from mmpsync.engines.spark_errors import told
from mmpsync.engines.spark_files import Files, literal
from mmpsync.engines.spark_reader import POSITION, Reading, as_csv, known_as, read, read_unreadable
from mmpsync.engines.spark_scans import Scan, Share, readings, shares, where_read
from mmpsync.engines.spark_session import open_session
from mmpsync.engines.spark_sql import spark_sql
from mmpsync.errors import ConfigError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["SparkEngine"]

_UNREADABLE = ibis.schema(UNREADABLE).to_pyarrow()
_PLACE = ("source_file", "source_row")


class SparkEngine:
    """A Spark session with a folder of its own; see `Engine`. What it begins, it finishes before it returns."""

    name = "spark"

    def __init__(
        self,
        *,
        master: str | None = None,
        directory: str | None = None,
        memory_limit: str | None = None,
        temp_directory: Path | None = None,
    ) -> None:
        self._memory_limit = memory_limit
        self._session, self._is_own = open_session(master)
        self._tag = f"mmpsync-{uuid.uuid4().hex}"
        self._session.sparkContext.addJobTag(self._tag)
        with ExitStack() as begun:
            begun.callback(self._stop)
            self._schemas = DuckDBEngine(threads=1, temp_directory=temp_directory)
            begun.callback(self._schemas.close)
            self._files = Files(self._session, directory, temp_directory)
            begun.pop_all()
        self.remote: Remote = self._files
        self._scans: dict[str, Scan] = {}
        self._order: list[str] = []
        self._done: list[tuple[Share, Reading]] = []
        self._tasks = 0
        self._numbers = count(1)
        self._broken = self._session.sparkContext.accumulator(frozenset(), _Union())
        self._known_broken: frozenset[str] | None = None
        self._unreadable_rows = ""

    def scan(self, layout: Layout) -> ibis.Table:
        """A lazy table over the files of `layout`; see `Engine`."""
        name = f"scan_{len(self._scans) + 1}"
        table = ibis.table(self._schema(layout), name=name)
        self._scans[name] = Scan(table.op(), tuple(shares(layout, self._files.size)))
        return table

    def materialize(self, table: ibis.Table, name: str, *, aside: bool = False) -> ibis.Table:  # noqa: ARG002
        """Run `table` once into Parquet files; see `Engine`."""
        self._keep(self._frame(table), name)
        return ibis.table(table.schema(), name=name)

    def store(self, name: str, *tables: ibis.Table) -> ibis.Table:
        """Run each of `tables` once; `position` rises from row to row and from file to file, with gaps."""
        frames = [frame for table in tables for frame in self._numbered(table)]
        whole = frames[0]
        for frame in frames[1:]:
            whole = whole.union(frame)
        self._keep(whole, name)
        return ibis.table({**tables[0].schema(), POSITION: "int64"}, name=name)

    def beside(self, name: str, rows: ibis.Table, facts: ibis.Table) -> ibis.Table:
        """The rows of a stored table with the columns of `facts`; see `Engine`."""
        kept = [column for column in rows.columns if column == POSITION or column not in facts.columns]
        whole = rows.select(*kept).join(facts, POSITION)
        schema = {column: kind for column, kind in rows.schema().items() if column != POSITION}
        columns = {**schema, **facts.schema(), POSITION: "int64"}
        return self.materialize(whole.select(*(c for c in columns if c != POSITION), POSITION), name)

    def unreadable(self) -> ibis.Table:
        """The records that scans run so far could not parse; their files are read again, and no others."""
        broken = self._broken.value
        if broken != self._known_broken:
            self._unreadable_rows = self._new("unreadable")
            whole = self._session.createDataFrame([], _spark_schema(_UNREADABLE))
            for share, reading in self._done:
                for frame in self._unreadable(share, reading, broken):
                    whole = whole.union(frame)
            self._keep(whole.dropDuplicates(["source_file", "line"]), self._unreadable_rows)
            self._known_broken = broken
        return ibis.table(UNREADABLE, name=self._unreadable_rows)

    def arrow(self, table: ibis.Table) -> pa.Table:
        """A small result as an Arrow table."""
        with told():
            return self._frame(table).toArrow()

    def rows(self, table: ibis.Table) -> list[dict[str, Any]]:
        """A small result as one dict a row."""
        return self.arrow(table).to_pylist()

    def ask(self, table: ibis.Table) -> Callable[[], list[dict[str, Any]]]:
        """What works out a small result; see `Engine`."""
        return lambda: self.rows(table)

    def write_parquet(self, table: ibis.Table, path: Path, *, group_rows: int = 122_880) -> None:  # noqa: ARG002
        """Write `table` to a folder of Parquet files, whose names are in the order of their rows."""
        self._files.fetch(self._written(self._in_order(table), "parquet", self._new("output")), path)

    def write_csv(self, table: ibis.Table, path: Path) -> None:
        """Write `table` to one CSV file, as the embedded engine would."""
        text = self._in_order(table).mapInArrow(as_csv, "value string")
        self._files.join(self._written(text, "text", self._new("output")), path, table.columns)

    def settle(self) -> None:
        """Everything is done already."""

    def close(self) -> None:
        """Stop what runs, Spark itself if it was started for the engine, and remove the engine's folder.

        Raises ConfigError if it cannot be removed, or adds that to what is being raised already.
        """
        failing = sys.exception()
        try:
            with ExitStack() as steps:
                steps.callback(self._files.close)
                # Before the folder goes: what still runs would write into it again.
                steps.callback(self._stop)
                steps.callback(self._schemas.close)
        except ConfigError as error:
            if failing is None:
                raise
            failing.add_note(str(error))

    def _stop(self) -> None:
        context = self._session.sparkContext
        with told():
            if self._is_own:
                self._session.stop()
            else:
                context.removeJobTag(self._tag)
                context.cancelJobsWithTag(self._tag)

    def _schema(self, layout: Layout) -> Mapping[str, Any]:
        if layout.format == "parquet":
            with self._files.columns_only(layout.paths[0]) as file:
                return self._schemas.scan(replace(layout, paths=(str(file),))).schema()
        columns = {f"c{number}": "string" for number in range(layout.width)}
        return {**columns, "source_file": "string", "source_row": "int64"}

    def _numbered(self, table: ibis.Table) -> list["DataFrame"]:
        """The rows of a table with their positions."""
        from pyspark.sql import functions  # noqa: PLC0415

        parts = where_read(table, self._scans)
        if parts == [table.op()]:
            found = list(readings(parts[0], self._scans, self._tasks))
            self._tasks += sum(len(share.layouts) for share, _ in found)
            self._order += [path for share, _ in found for path in share.paths]
            return [self._read(*each) for each in found]
        return [self._frame(table).withColumn(POSITION, functions.monotonically_increasing_id())]

    def _frame(self, table: ibis.Table) -> "DataFrame":
        """The expression in Spark, its scans and all that takes their rows one by one left to the workers' engines."""
        views = {}
        for part in where_read(table, self._scans):
            frames = [self._read(*each) for each in readings(part, self._scans, None)]
            whole = frames[0]
            for frame in frames[1:]:
                whole = whole.union(frame)
            name = self._new("read")
            whole.createOrReplaceTempView(name)
            views[part] = ibis.table(part.schema, name=name).op()
        rest = table.op().replace(views) if views else table.op()
        with told():
            return self._session.sql(spark_sql(rest.to_expr()))

    def _read(self, share: Share, reading: Reading) -> "DataFrame":
        reading = replace(reading, memory_limit=self._memory_limit)
        self._done.append((share, reading))
        broken = self._broken

        def note(path: str) -> None:
            broken.add(frozenset([path]))

        return self._by_workers(reading, lambda found: read(found, note), reading.columns)

    def _unreadable(self, share: Share, reading: Reading, broken: frozenset[str]) -> list["DataFrame"]:
        layouts = [replace(each, paths=tuple(p for p in each.paths if p in broken)) for each in share.layouts]
        again = replace(reading, layouts=tuple(each for each in layouts if each.paths))
        return [self._by_workers(again, read_unreadable, _UNREADABLE)] if again.layouts else []

    def _by_workers(
        self, reading: Reading, work: Callable[[Reading], Any], columns: pa.Schema
    ) -> "DataFrame":
        """What the workers make of the files of a reading."""
        with told():
            return self._handed_out(reading, work, columns)

    def _handed_out(
        self, reading: Reading, work: Callable[[Reading], Any], columns: pa.Schema
    ) -> "DataFrame":
        if reading.way == "paths":
            tasks = len(reading.layouts)
            return self._session.range(0, tasks, 1, tasks).mapInArrow(work(reading), _spark_schema(columns))
        paths = [layout.paths[0] for layout in reading.layouts]
        reading = replace(
            reading, uris={known_as(self._files.uri(path, reading.way)): n for n, path in enumerate(paths)}
        )
        files = self._session.read.option("recursiveFileLookup", "true")
        given = self._contents(files, paths) if reading.way == "contents" else self._rows_of(files, paths)
        return given.mapInArrow(work(reading), _spark_schema(columns))

    @staticmethod
    def _contents(files: Any, paths: list[str]) -> "DataFrame":
        return files.format("binaryFile").load([*map(literal, paths)]).select("path", "content")

    @staticmethod
    def _rows_of(files: Any, paths: list[str]) -> "DataFrame":
        rows = files.parquet(*map(literal, paths))
        names = {f"c{n}": f"`{name.replace('`', '``')}`" for n, name in enumerate(rows.columns)}
        columns = [f"{column} AS {name}" for name, column in names.items()]
        place = ["_metadata.file_path AS source_file", "_metadata.row_index + 1 AS source_row"]
        return rows.selectExpr(*columns, *place)

    def _new(self, what: str) -> str:
        """A name that nothing has yet."""
        return f"{what}_{next(self._numbers)}"

    def _keep(self, frame: "DataFrame", name: str) -> None:
        """Run the query, keep its rows as Parquet, and give them the name."""
        place = self._written(frame, "parquet", name)
        with told():
            self._session.read.schema(frame.schema).parquet(place).createOrReplaceTempView(name)

    def _written(self, frame: "DataFrame", form: Literal["parquet", "text"], name: str) -> str:
        """Where the rows are, every one of them: Spark takes a disk of one worker's for one that all of them share."""
        place = self._files.place(name)
        with told():
            if self._files.may_be_many:
                self._files.expect(place, form, _counted(frame, form, place))
            else:
                frame.write.format(form).save(place)
        return place

    def _in_order(self, table: ibis.Table) -> "DataFrame":
        """The rows in the order that their files were read in, unless the expression has one of its own."""
        from pyspark.sql import functions  # noqa: PLC0415

        frame = self._frame(table)
        if isinstance(table.op(), ops.Sort) or not set(_PLACE) <= set(table.columns):
            return frame
        places = self._session.createDataFrame([*enumerate(self._order)], "place int, source_file string")
        ranked = frame.join(functions.broadcast(places), "source_file", "left")
        return ranked.orderBy("place", "source_row").select(*table.columns)


def _counted(frame: "DataFrame", form: Literal["parquet", "text"], place: str) -> int:
    """Write the rows; how many lines that were, by those who wrote them."""
    from pyspark.sql import Observation, functions  # noqa: PLC0415

    lines = "1 + length(value) - length(replace(value, char(10), ''))" if form == "text" else "1"
    written = Observation()
    counted = functions.coalesce(functions.sum(functions.expr(lines)), functions.lit(0))
    frame.observe(written, counted.alias("lines")).write.format(form).save(place)
    return int(written.get["lines"])


class _Union:
    """How what workers note is put together."""

    def zero(self, value: frozenset[str]) -> frozenset[str]:
        return value

    def addInPlace(self, one: frozenset[str], other: frozenset[str]) -> frozenset[str]:  # noqa: N802  PySpark's name
        return one | other


def _spark_schema(schema: pa.Schema) -> Any:
    from pyspark.sql.pandas.types import from_arrow_schema  # noqa: PLC0415

    return from_arrow_schema(schema, prefer_timestamp_ntz=True)
