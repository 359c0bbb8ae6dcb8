"""The DuckDB engine: embedded, multi-threaded, spills to disk when memory is short."""

import os
import re
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa
from ibis.backends.sql.datatypes import DuckDBType

from mmpsync.engines.duckdb_queries import Queries, RunSql, Work, first_line, reads_files
from mmpsync.engines.duckdb_rejects import UNREADABLE, unreadable_sql
from mmpsync.engines.duckdb_repairs import Repairs
from mmpsync.engines.duckdb_scans import quoted
from mmpsync.engines.duckdb_sql import MACROS, duckdb_macros, duckdb_sql
from mmpsync.engines.duckdb_stored import Stored
from mmpsync.engines.interface import Layout
from mmpsync.engines.object_storage import ObjectStorage
from mmpsync.errors import ConfigError, InputError, OutputError
from mmpsync.scratch import Scratch

__all__ = ["DuckDBEngine"]

# Without a limit of the user's the engine starts with this one and lifts it, to DuckDB's four fifths of the
# machine's memory, when a query cannot do with it. Most can, because work that is larger spills to disk, and
# a nightly job should not take a machine's memory for the asking.
_FIRST_MEMORY_LIMIT = "1GB"
# Distinct values of a column in a row group for which a Parquet file has a dictionary: to try it on columns of ids
# costs a sixth of the writing, and they have none in the end.
_DICTIONARY = 10_000
# Each holds a row group in memory.
_MOST_WRITERS = 2
# Rows that are handed to another engine at once.
_BATCH_ROWS = 20_000
# DuckDB starts as many as it is told, at once.
_MOST_THREADS = 1024


class DuckDBEngine:
    """An in-process DuckDB database with its own temporary directory."""

    name = "duckdb"

    def __init__(
        self,
        *,
        threads: int | None = None,
        memory_limit: str | None = None,
        temp_directory: Path | None = None,
    ) -> None:
        try:
            self._scratch = Scratch(temp_directory)
        except OSError as error:
            raise ConfigError(
                f"engine.temp_directory: cannot make a folder in {temp_directory}: {error.strerror}"
            ) from error
        self.remote = ObjectStorage(self._scratch.path / "fetched")
        self._connection = duckdb.connect()
        self._running: list[Queries] = []
        self._scans = 0
        try:
            self._configure(threads, memory_limit)
        except BaseException:
            self.close()
            raise

    def _configure(self, threads: int | None, memory_limit: str | None) -> None:
        self._connection.execute(MACROS)
        self.define(duckdb_macros())
        self._set("temp_directory", str(self._scratch.path))
        self._set("TimeZone", "UTC")
        # It turns `x IN (…)` into a join, and a join does not keep the order of rows, which `store` needs.
        self._set("disabled_optimizers", "in_clause")
        if threads is not None:
            if threads > _MOST_THREADS:
                raise ConfigError(f"engine.threads = {threads} was refused: at most {_MOST_THREADS}")
            self._set("threads", threads)
        self._set("memory_limit", memory_limit or _FIRST_MEMORY_LIMIT)
        ((in_use,),) = self._connection.execute("SELECT current_setting('threads')").fetchall()
        self._repairs = Repairs(self._scratch.path, int(in_use), self.remote.copies)
        self._stored: dict[str, Stored] = {}
        may_grow = memory_limit is None
        self._queries = Queries(self._connection, self._repairs, may_grow=may_grow)
        # What does not fit beside other work into a limit of the user's may well do so after it.
        self._aside = self._queries
        if may_grow:
            self._aside = Queries(self._connection.cursor(), self._repairs, may_grow=True)
        self._made_aside: dict[str, Future[pa.Table]] = {}
        # Writing goes on beside other queries: it needs nothing but tables that are there. One file is written on one
        # core, its rows in order.
        self._outputs = [
            Queries(self._connection.cursor(), self._repairs, may_grow=may_grow)
            for _ in range(min(int(in_use), _MOST_WRITERS))
        ]
        self._running = list(dict.fromkeys((self._queries, self._aside, *self._outputs)))

    def _set(self, name: str, value: str | int) -> None:
        try:
            self._connection.execute(f"SET GLOBAL {name} = ?", [value])
        except duckdb.Error as error:
            raise ConfigError(f"engine.{name} = {value!r} was refused: {first_line(error)}") from error

    def define(self, macros: Iterable[str]) -> None:
        """Define functions, as `duckdb_macros` gives them, or anew."""
        for macro in macros:
            self._connection.execute(macro)

    def scan(self, layout: Layout) -> ibis.Table:
        """A lazy table over the files of `layout`; see `Engine`."""
        self._scans += 1
        view = f"scan_{self._scans}"
        self._queries.run(lambda run: run(self._repairs.watch(view, layout)), layout.paths)
        columns = self._queries.run(f"DESCRIBE {view}", layout.paths).to_pylist()
        schema = {column["column_name"]: DuckDBType.from_string(column["column_type"]) for column in columns}
        return ibis.table(schema, name=view)

    def materialize(self, table: ibis.Table, name: str, *, aside: bool = False) -> ibis.Table:
        """Run `table` once into a table of the database; see `Engine`."""
        sql = f"CREATE TABLE {name} AS {duckdb_sql(table)}"
        if aside:
            self._made_aside[name] = self._aside.begin(sql, after=self._before())
        else:
            self._begin(sql)
        return ibis.table(table.schema(), name=name)

    def _begin(self, sql: str, work: Work | None = None) -> Future[pa.Table]:
        """Begin a query, or work that runs it, behind all others but those aside that it does not read from."""
        return self._queries.begin(work or sql, after=self._made_for(sql))

    def _made_for(self, sql: str) -> list[Future[pa.Table]]:
        """What is made aside and the query reads."""
        return [made for name, made in self._made_aside.items() if f'"{name}"' in sql]

    def _before(self) -> list[Future[pa.Table]]:
        """The last query, if it is not done."""
        return [] if self._queries.last is None else [self._queries.last]

    def store(self, name: str, *tables: ibis.Table) -> ibis.Table:
        """Run each of `tables` once into a table with its rows in order; see `Engine`."""
        parts = [f"{name}_{number}" for number in range(1, len(tables) + 1)]
        statements = [
            f"CREATE TABLE {part} AS {duckdb_sql(table)}" for part, table in zip(parts, tables, strict=True)
        ]

        def fill(run: RunSql) -> pa.Table:
            for statement in statements:
                run(statement)
            self._stored[name] = Stored.of(parts, tables[0].columns, run)
            return run(self._stored[name].view(name))

        self._queries.begin(fill)
        return ibis.table({**tables[0].schema(), "position": "int64"}, name=name)

    def beside(self, name: str, rows: ibis.Table, facts: ibis.Table) -> ibis.Table:
        """The rows of a stored table with the columns of `facts`; see `Engine`."""
        whole, sql = rows.get_name(), duckdb_sql(facts)
        columns = [column for column in facts.columns if column != "position"]

        def put(run: RunSql) -> pa.Table:
            self._stored[name] = self._stored[whole].beside(name, sql, columns, run)
            return run(self._stored[name].view(name))

        self._begin(sql, put)
        schema = {column: kind for column, kind in rows.schema().items() if column != "position"}
        return ibis.table({**schema, **facts.schema(), "position": "int64"}, name=name)

    def unreadable(self) -> ibis.Table:
        """The rejects of all scans run so far; see `Engine`."""

        def gather(run: RunSql) -> pa.Table:
            tables = run("SELECT 1 FROM duckdb_tables() WHERE table_name = 'reject_errors'")
            repairs, rejected = self._repairs, tables.num_rows > 0
            lines, no_rows = repairs.json_lines(), repairs.no_rows()
            sql = unreadable_sql(lines, no_rows, repairs.names, repairs.replaced, rejected=rejected)
            return run(f"CREATE OR REPLACE TEMP VIEW unreadable AS {sql}")

        self._queries.begin(gather)
        return ibis.table(UNREADABLE, name="unreadable")

    def arrow(self, table: ibis.Table) -> pa.Table:
        """A small result as an Arrow table."""
        sql = duckdb_sql(table)
        return self._queries.run(sql, after=self._made_for(sql))

    def rows(self, table: ibis.Table) -> list[dict[str, Any]]:
        """A small result as one dict a row."""
        return self.arrow(table).to_pylist()

    def ask(self, table: ibis.Table) -> Callable[[], list[dict[str, Any]]]:
        """Begin to work out a small result; see `Engine`."""
        asked = self._begin(duckdb_sql(table))
        return lambda: self._queries.result(asked).to_pylist()

    def write_parquet(self, table: ibis.Table, path: Path, *, group_rows: int = 122_880) -> None:
        """Write `table` to one Parquet file, rows in the table's order; see `Engine`."""
        options = f"COMPRESSION snappy, DICTIONARY_SIZE_LIMIT {_DICTIONARY}, ROW_GROUP_SIZE {group_rows}"
        self._copy(table, path, f"FORMAT parquet, {options}")

    def write_csv(self, table: ibis.Table, path: Path) -> None:
        """Write `table` to one CSV file (UTF-8, RFC 4180, header), rows in the table's order."""
        self._copy(table, path, "FORMAT csv, HEADER")

    def batches(self, layout: Layout, query: str, name: str, source_file: str) -> pa.RecordBatchReader:
        """The rows of a query, SQL over a scan of `layout` called `name`, in order, once all of them are known.

        For engines that have this one read their files; they say in SQL what a `source_file` is called.
        """
        scan = self.scan(layout).get_name()
        renamed = f"SELECT * REPLACE ({source_file} AS source_file) FROM {scan}"
        self._queries.begin(f"CREATE TEMP VIEW {name} AS {renamed}")
        self._queries.run(f"CREATE TABLE rows_of_{name} AS {query}", layout.paths)
        return self._connection.cursor().sql(f"FROM rows_of_{name}").to_arrow_reader(_BATCH_ROWS)

    def over(self, rows: pa.RecordBatch, query: str, name: str) -> pa.RecordBatchReader:
        """The rows of a query, SQL over these rows called `name`, in order."""
        self._connection.register(name, rows)
        return self._connection.sql(query).to_arrow_reader(_BATCH_ROWS)

    def copy_csv(self, rows: pa.RecordBatchReader, path: Path) -> None:
        """Write rows of another engine's to a CSV file as `write_csv` does."""
        self._connection.register("rows_to_write", rows)
        self._connection.execute(f"COPY (FROM rows_to_write) TO {quoted(str(path))} (FORMAT csv, HEADER)")

    def _copy(self, table: ibis.Table, path: Path, options: str) -> None:
        sql = f"COPY ({duckdb_sql(table)}) TO {quoted(str(path))} ({options})"

        def copy(run: RunSql) -> pa.Table:
            try:
                return run(sql)
            except InputError as error:
                why = _obstacle(str(error.__cause__))
                raise OutputError(
                    f"{path.name}: cannot be written beside {path.parent.parent}: {why}"
                ) from error

        # What scans could not parse is known to the connection that they ran on.
        outputs = self._queries if reads_files(sql) else min(self._outputs, key=lambda queries: queries.left)
        outputs.begin(copy, after=self._before())

    def settle(self) -> None:
        """Wait for everything that was begun; see `Engine`."""
        for queries in self._running:
            queries.settle()

    def close(self) -> None:
        """End what still runs, close the database and remove its temporary files."""
        for queries in self._running:
            queries.close()
        self._connection.close()
        self._scratch.close()


def _obstacle(message: str) -> str:
    """Why a file could not be written, in the system's own words where DuckDB hands on their number."""
    found = re.search(r'"errno":"(\d+)"', message)
    return os.strerror(int(found[1])) if found else message.splitlines()[0]
