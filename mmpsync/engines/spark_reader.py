"""What runs in Spark's Python workers: the embedded engine reads files, Spark gets the rows as Arrow batches.

Whatever makes a value of a file's bytes (quotes, encodings, times, money, JSON) is done here by DuckDB, in the very
way that a run without Spark does it; Spark moves, joins and adds up what comes out.
"""

import os
import platform
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from mmpsync.engines.duckdb import DuckDBEngine
from mmpsync.engines.duckdb_rejects import UNREADABLE
from mmpsync.engines.duckdb_scans import quoted
from mmpsync.engines.interface import Layout
from mmpsync.engines.spark_errors import EVERYWHERE, handed_over
from mmpsync.errors import InputError

__all__ = ["POSITION", "SCANNED", "Broken", "Reading", "as_csv", "known_as", "read", "read_unreadable"]

# The table that a reading's query is over.
SCANNED = "scan_files"
POSITION = "position"
# Every task numbers its rows from a multiple of this on: there are never so many in one.
_ROWS_OF_A_TASK = 1 << 32
_BLOCK_BYTES = 1 << 20

Batches = Iterator[pa.RecordBatch]
Broken = Callable[[str], None]


@dataclass(frozen=True)
class Reading:
    """Files that tasks share out, and the query over them, which uses the functions that `macros` define.

    `layouts` has the files of each task. Tasks number their rows in a column `position`, in order, from
    `first_task` on, if there is one. A worker is given, by `way`:

    - "paths": the numbers of tasks; a file's path is `prefix` and its name;
    - "contents": files, each the URI of its own (`uris` has its task) and its bytes;
    - "rows": the rows of such files, as a scan has them.
    """

    way: Literal["paths", "contents", "rows"]
    query: str
    macros: tuple[str, ...]
    schema: pa.Schema
    layouts: tuple[Layout, ...]
    prefix: str = ""
    uris: Mapping[str, int] = field(default_factory=dict)
    memory_limit: str | None = None
    first_task: int | None = None

    @property
    def columns(self) -> pa.Schema:
        """The columns of the rows that come out."""
        return self.schema if self.first_task is None else self.schema.append(pa.field(POSITION, pa.int64()))

    def first(self, task: int) -> int | None:
        """The first position of a task."""
        return None if self.first_task is None else (self.first_task + task) * _ROWS_OF_A_TASK


def read(reading: Reading, broken: Broken) -> Callable[[Batches], Batches]:
    """The rows of what a worker is given; `broken` is told each file with records that cannot be read."""

    def rows(given: Batches) -> Batches:
        if reading.way == "rows":
            with handed_over(str):
                yield from _rows_given(reading, given)
            return
        for task, files in _files(reading, given):
            with handed_over(files.named):
                yield from _rows(reading, reading.first(task), files, broken)

    return rows


def read_unreadable(reading: Reading) -> Callable[[Batches], Batches]:
    """The records that cannot be read; `Engine.unreadable` has their columns."""

    def records(given: Batches) -> Batches:
        for _, files in _files(reading, given):
            with handed_over(files.named), _engine(reading) as engine:
                engine.batches(files.here(), reading.query, SCANNED, files.name_sql)
                found = engine.arrow(engine.unreadable()).select([*UNREADABLE])
                names = {path: files.named(path) for path in files.layout.paths}
                yield from found.set_column(
                    0, "source_file", _replaced(found["source_file"].combine_chunks(), names, pa.string())
                ).to_batches()

    return records


def as_csv(batches: Batches) -> Batches:
    """The rows as CSV: in one column of text, a header and whole lines, as many as fit into a block."""
    first = next(batches, None)
    if first is None:
        return
    with tempfile.TemporaryDirectory(prefix="mmpsync-", dir=_spill_folder()) as folder:
        file = Path(folder) / "rows.csv"
        with closing(DuckDBEngine(threads=1)) as engine:
            engine.copy_csv(pa.RecordBatchReader.from_batches(first.schema, _chain(first, batches)), file)
        for lines in _lines(file):
            yield pa.record_batch({"value": [lines]})


def _chain(first: pa.RecordBatch, others: Iterable[pa.RecordBatch]) -> Batches:
    yield first
    yield from others


def _lines(file: Path) -> Iterator[str]:
    """The file block by block, each without the line feed that it ends with."""
    rest = b""
    with file.open("rb") as text:
        while block := text.read(_BLOCK_BYTES):
            whole, feed, rest = (rest + block).rpartition(b"\n")
            if feed:
                yield whole.decode()


@dataclass(frozen=True)
class _Files:
    """The files of a task where they are, whose paths begin with `place` where their names have `instead`."""

    layout: Layout
    place: str
    instead: str = ""

    def here(self) -> Layout:
        """The layout; raises InputError if a file of it is not on this machine."""
        for path in self.layout.paths:
            if not Path(path).exists():
                raise InputError(f"{path}: is not on {platform.node()}; {EVERYWHERE}")
        return self.layout

    @property
    def name_sql(self) -> str:
        """The name of a file, in SQL."""
        return f"{quoted(self.instead)} || substr(source_file, {len(self.place) + 1})"

    def named(self, text: str) -> str:
        """A text about paths as one about names."""
        return text.replace(self.place, self.instead) if self.place else text


def _files(reading: Reading, given: Batches) -> Iterator[tuple[int, _Files]]:
    """The tasks that a worker is given, by number."""
    for batch in given:
        if reading.way == "paths":
            for task in batch.column(0).to_pylist():
                layout = reading.layouts[task]
                paths = tuple(reading.prefix + path for path in layout.paths)
                yield task, _Files(replace(layout, paths=paths), reading.prefix)
        else:
            for uri, content in zip(batch.column(0), batch.column(1), strict=True):
                task = reading.uris[known_as(uri.as_py())]
                with tempfile.TemporaryDirectory(prefix="mmpsync-", dir=_spill_folder()) as folder:
                    file = Path(folder) / "file"
                    file.write_bytes(content.as_buffer())
                    layout = replace(reading.layouts[task], paths=(str(file),))
                    yield task, _Files(layout, str(file), reading.layouts[task].paths[0])


def _spill_folder() -> Path | None:
    """Where Spark has its workers spill to."""
    folders = [Path(folder) for folder in os.environ.get("SPARK_LOCAL_DIRS", "").split(",") if folder]
    return next((folder for folder in folders if folder.is_dir()), None)


@contextmanager
def _engine(reading: Reading) -> Iterator[DuckDBEngine]:
    limit, folder = reading.memory_limit, _spill_folder()
    with closing(DuckDBEngine(threads=1, memory_limit=limit, temp_directory=folder)) as engine:
        engine.define(reading.macros)
        yield engine


def _rows(reading: Reading, first: int | None, files: _Files, broken: Broken) -> Batches:
    with _engine(reading) as engine:
        batches = engine.batches(files.here(), reading.query, SCANNED, files.name_sql)
        unreadable = engine.unreadable()
        for row in engine.rows(unreadable.select("source_file").distinct()):
            broken(files.named(row["source_file"]))
        for batch in batches:
            columns = batch.cast(reading.schema)
            if first is not None:
                ones = pa.repeat(pa.scalar(1, pa.int64()), batch.num_rows)
                positions = pc.cumulative_sum(ones, start=first - 1)
                columns = columns.append_column(POSITION, positions)
                first += batch.num_rows
            yield columns


def _rows_given(reading: Reading, given: Batches) -> Batches:
    """The query over rows as a scan has them, but for the name of their file, which is its URI yet."""
    names = {uri: reading.layouts[task].paths[0] for uri, task in reading.uris.items()}
    tasks = {reading.layouts[task].paths[0]: task for task in reading.uris.values()}
    with _engine(reading) as engine:
        for batch in given:
            scan = batch.set_column(
                batch.schema.get_field_index("source_file"),
                "source_file",
                _replaced(batch["source_file"], names, pa.string()),
            )
            for found in engine.over(scan, reading.query, SCANNED):
                columns = found.cast(reading.schema)
                if reading.first_task is not None:
                    firsts = {name: reading.first(task) for name, task in tasks.items()}
                    before = _replaced(columns["source_file"], firsts, pa.int64())
                    positions = pc.add(before, pc.subtract(columns["source_row"], 1))
                    columns = columns.append_column(POSITION, positions)
                yield columns


def known_as(uri: str) -> str:
    """A URI as `Reading.uris` has it: Hadoop writes as many slashes behind the scheme as it likes."""
    return re.sub(r"^([a-z][a-z0-9+.-]*):/+", r"\1:/", uri)


def _replaced(values: pa.Array, by: Mapping[str, object], kind: pa.DataType) -> pa.Array:
    """Texts replaced by what `by` has for them; there are few among many."""
    encoded = values.dictionary_encode()
    found = [by[text] if text in by else by[known_as(text)] for text in encoded.dictionary.to_pylist()]
    return pa.array(found, kind).take(encoded.indices)
