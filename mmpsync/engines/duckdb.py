"""The DuckDB engine: embedded, multi-threaded, spills to disk when memory is short."""

import re
import shutil
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa

from mmpsync.engines.duckdb_scans import json_lines, quoted, scan_sql
from mmpsync.engines.interface import Layout
from mmpsync.errors import ConfigError, InputError, OutputError

__all__ = ["DuckDBEngine"]

# One definition for every function of `engines.functions`. url_decode raises on bytes that are not UTF-8,
# for the whole query: hence try().
_MACROS = """
CREATE MACRO mmpsync_percent_decode(x) AS
    CASE WHEN contains(x, '%') THEN coalesce(try(url_decode(x)), x) ELSE x END;
CREATE MACRO mmpsync_json_texts(x, paths) AS try(json_extract_string(x, paths));
CREATE MACRO mmpsync_to_utc(x, zone) AS timezone('UTC', timezone(zone, x));
CREATE MACRO mmpsync_md5(x) AS md5(x);
CREATE MACRO mmpsync_sha256(x) AS sha256(x);
CREATE MACRO mmpsync_utf8_text(x) AS try(decode(x));
CREATE MACRO mmpsync_struct_text(x) AS CAST(to_json(x) AS VARCHAR);
"""

# One record may break several rules: the first says enough.
_REJECTED = """
SELECT DISTINCT ON (scans.file_path, errors.line)
    scans.file_path AS source_file, CAST(errors.line AS BIGINT) AS line, CAST(errors.line - 1 AS BIGINT) AS row,
    errors.error_message AS error, coalesce(errors.csv_line, '') AS text
FROM reject_errors errors JOIN reject_scans scans USING (scan_id, file_id)
ORDER BY scans.file_path, errors.line, errors.column_idx NULLS FIRST
"""
_NO_JSON = """
SELECT source_file, line, line AS row, 'not valid JSON' AS error, c0 AS text
FROM (
    SELECT *, n - min(n) OVER (PARTITION BY source_file) + 1 AS line
    FROM (SELECT *, row_number() OVER () AS n FROM ({lines}))
)
WHERE NOT json_valid(c0)
"""
_NOTHING = """
SELECT '' AS source_file, CAST(0 AS BIGINT) AS line, CAST(0 AS BIGINT) AS row, '' AS error, '' AS text WHERE false
"""
_UNREADABLE_COLUMNS = {
    "source_file": "string",
    "line": "int64",
    "row": "int64",
    "error": "string",
    "text": "string",
}

# Without a limit of the user's the engine starts with this one and lifts it, to DuckDB's four fifths of the
# machine's memory, when a query cannot do with it. Most can, because work that is larger spills to disk, and
# a nightly job should not take a machine's memory for the asking.
_FIRST_MEMORY_LIMIT = "400MB"
_OF_INPUT = (duckdb.IOException, duckdb.InvalidInputException)
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
            self._scratch = Path(tempfile.mkdtemp(prefix="mmpsync-", dir=temp_directory))
        except OSError as error:
            raise ConfigError(
                f"engine.temp_directory: cannot make a folder in {temp_directory}: {error.strerror}"
            ) from error
        self._connection = duckdb.connect()
        try:
            self._configure(threads, memory_limit)
        except ConfigError:
            self.close()
            raise

    def _configure(self, threads: int | None, memory_limit: str | None) -> None:
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="duckdb")
        self._connection.execute(_MACROS)
        self._set("temp_directory", str(self._scratch))
        self._set("TimeZone", "UTC")
        # It turns `x IN (…)` into a join, and a join does not keep the order of rows, which `store` needs.
        self._set("disabled_optimizers", "in_clause")
        if threads is not None:
            if threads > _MOST_THREADS:
                raise ConfigError(f"engine.threads = {threads} was refused: at most {_MOST_THREADS}")
            self._set("threads", threads)
        self._may_grow = memory_limit is None
        self._set("memory_limit", memory_limit or _FIRST_MEMORY_LIMIT)
        self._backend = ibis.duckdb.from_connection(self._connection)
        self._scans = 0
        self._json_lines: list[Layout] = []
        # DuckDB names every damaged file but these.
        self._parquet: list[str] = []

    def _set(self, name: str, value: str | int) -> None:
        try:
            self._connection.execute(f"SET {name} = ?", [value])
        except duckdb.Error as error:
            raise ConfigError(f"engine.{name} = {value!r} was refused: {_first_line(error)}") from error

    def _run(self, sql: str, paths: Sequence[str] = ()) -> pa.Table:
        """Run a query to its end, with more memory if it must, and return its result."""
        while True:
            try:
                return self._interruptible(sql)
            except duckdb.OutOfMemoryException as error:
                if not self._grown():
                    raise ConfigError(
                        "the memory limit is too small for this input: raise it with --memory-limit, or give"
                        f" --temp-dir a folder with more room ({_first_line(error)})"
                    ) from error
            except duckdb.Error as error:
                # A plain Error is what damaged Parquet gives; any other kind is a bug of ours.
                if type(error) is not duckdb.Error and not isinstance(error, _OF_INPUT):
                    raise
                raise InputError(_complaint(str(error), paths or self._parquet)) from error

    def _interruptible(self, sql: str) -> pa.Table:
        # DuckDB does not look for Ctrl-C in every query of the main thread, but always heeds interrupt().
        query = self._worker.submit(self._result, sql)
        try:
            return query.result()
        except KeyboardInterrupt:
            # An interrupt that comes before the query has begun is lost: hence again, until it is over.
            while not query.cancel() and not query.done():
                self._connection.interrupt()
                wait([query], timeout=0.05)
            raise

    def _result(self, sql: str) -> pa.Table:
        relation = self._connection.sql(sql)
        return pa.table({}) if relation is None else relation.to_arrow_table()

    def _grown(self) -> bool:
        """Lift the memory limit, once, if it is ours; False when there is nothing to lift."""
        if self._may_grow:
            self._may_grow = False
            self._connection.execute("RESET memory_limit")
            return True
        return False

    def scan(self, layout: Layout) -> ibis.Table:
        """A lazy table over the files of `layout`; see `Engine`."""
        self._scans += 1
        view = f"scan_{self._scans}"
        self._run(f"CREATE TEMP VIEW {view} AS {scan_sql(layout)}", layout.paths)
        if layout.format == "json" and layout.json_root is None:
            self._json_lines.append(layout)
        if layout.format == "parquet":
            self._parquet += layout.paths
        return self._backend.table(view)

    def materialize(self, table: ibis.Table, name: str) -> ibis.Table:
        """Run `table` once into a temporary table; see `Engine`."""
        self._run(f"CREATE TEMP TABLE {name} AS {_sql(table)}")
        return ibis.table(table.schema(), name=name)

    def store(self, table: ibis.Table, name: str) -> ibis.Table:
        """Run `table` once into a temporary table with its rows in order; see `Engine`."""
        self._run(f"CREATE TEMP TABLE {name}_rows AS {_sql(table)}")
        self._run(f"CREATE TEMP VIEW {name} AS SELECT *, rowid AS position FROM {name}_rows")
        return ibis.table({**table.schema(), "position": "int64"}, name=name)

    def unreadable(self) -> ibis.Table:
        """The rejects of all scans run so far; see `Engine`."""
        rejected = self._run("SELECT 1 FROM duckdb_tables() WHERE table_name = 'reject_errors'").num_rows
        parts = [_REJECTED] if rejected else []
        parts += [_NO_JSON.format(lines=json_lines(layout)) for layout in self._json_lines]
        union = " UNION ALL ".join(f"({part})" for part in parts or [_NOTHING])
        self._run(f"CREATE OR REPLACE TEMP VIEW unreadable AS {union}")
        return ibis.table(_UNREADABLE_COLUMNS, name="unreadable")

    def arrow(self, table: ibis.Table) -> pa.Table:
        """A small result as an Arrow table."""
        return self._run(_sql(table))

    def rows(self, table: ibis.Table) -> list[dict[str, Any]]:
        """A small result as one dict a row."""
        return self.arrow(table).to_pylist()

    def write_parquet(self, table: ibis.Table, path: Path) -> None:
        """Write `table` to one Parquet file, rows in the table's order."""
        self._copy(table, path, "FORMAT parquet, COMPRESSION snappy")

    def write_csv(self, table: ibis.Table, path: Path) -> None:
        """Write `table` to one CSV file (UTF-8, RFC 4180, header), rows in the table's order."""
        self._copy(table, path, "FORMAT csv, HEADER")

    def _copy(self, table: ibis.Table, path: Path, options: str) -> None:
        try:
            self._run(f"COPY ({_sql(table)}) TO {quoted(str(path))} ({options})")
        except InputError as error:
            raise OutputError(f"{path}: cannot be written: {error.__cause__}") from error

    def close(self) -> None:
        """Close the database and remove its temporary files."""
        self._worker.shutdown()
        self._connection.close()
        shutil.rmtree(self._scratch, ignore_errors=True)


def _sql(table: ibis.Table) -> str:
    return ibis.to_sql(table, dialect="duckdb", pretty=False)


def _complaint(message: str, paths: Sequence[str]) -> str:
    """What DuckDB said of a file, in the user's words where they are known."""
    named = re.search(r"^ *file = (.+)$", message, re.MULTILINE)
    what = message.strip().splitlines()[0]
    if "state machine" in what:
        what = (
            "its lines end in different ways, or a cell holds a bare carriage return; give all lines the same end,"
            " with dos2unix for one"
        )
    else:
        what += "; it looks damaged, fetch it again"
    if named:
        return f"{named.group(1)}: cannot be read: {what}"
    if not paths or any(path in message for path in paths):
        return f"cannot be read: {what}"
    more = f" or one of {len(paths) - 1} others" if len(paths) > 1 else ""
    return f"{paths[0]}{more}: cannot be read: {what}"


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
