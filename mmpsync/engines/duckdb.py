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

from mmpsync.engines.duckdb_rejects import REJECTING, UNREADABLE, unreadable_sql
from mmpsync.engines.duckdb_repairs import Repairs
from mmpsync.engines.duckdb_scans import parquet_rows, quoted
from mmpsync.engines.functions import DEFINED, Definition
from mmpsync.engines.interface import Layout
from mmpsync.errors import ConfigError, InputError, OutputError

__all__ = ["DuckDBEngine"]

# One definition for every function of `engines.functions`. url_decode raises on bytes that are not UTF-8,
# for the whole query: hence try().
_BLANKS = "' \t\n\r\v\f'"
_MACROS = rf"""
CREATE MACRO mmpsync_without_null_token(x) AS
    CASE WHEN strlen(x) <= 4 AND lower(x) IN ('', 'null', 'none', 'n/a', 'nan', '\n') THEN NULL ELSE x END;
-- Hardly any cell has to be trimmed, and trimming costs: blanks and control characters sort before "!".
CREATE MACRO mmpsync_trimmed(x) AS
    CASE WHEN x < '!' OR x[-1] < '!' THEN trim(x, {_BLANKS}) ELSE x END;
CREATE MACRO mmpsync_cleaned(x) AS
    CASE WHEN x < '!' OR x[-1] < '!' THEN mmpsync_without_null_token(trim(x, {_BLANKS}))
        ELSE mmpsync_without_null_token(x) END;
CREATE MACRO mmpsync_unwrapped(x) AS
    CASE WHEN contains('`"', x[1]) OR x[-1] = '`'
        THEN regexp_replace(x, '(?s)^`*(?:"(.*)"|(.*?))`*$', '\1\2') ELSE x END;
CREATE MACRO mmpsync_percent_decode(x) AS
    CASE WHEN contains(x, '%') THEN coalesce(try(url_decode(x)), x) ELSE x END;
-- A regular expression is dear on a long text: a substring search finds where to begin, if at all.
CREATE MACRO mmpsync_parameter(spelt) AS '(?i)(?:^|[?&;#\s])' || spelt || '=([^&#]+)';
CREATE MACRO mmpsync_from(x, known, lead) AS substr(x, greatest(strpos(lower(x), known) - lead, 1));
CREATE MACRO mmpsync_query_parameter(x, spelt, known, lead) AS
    CASE WHEN NOT contains(lower(x), known) THEN NULL
        WHEN contains(x, '\u0026') THEN
            nullif(regexp_extract(replace(x, '\u0026', '&'), mmpsync_parameter(spelt), 1), '')
        WHEN regexp_matches(mmpsync_from(x, known, lead), mmpsync_parameter(spelt)) THEN
            regexp_extract(mmpsync_from(x, known, lead), mmpsync_parameter(spelt), 1) END;
-- DuckDB makes a double of a number with a point, which keeps 15 digits: longer ones are made texts first.
CREATE MACRO mmpsync_json_with_long_numbers_as_texts(x) AS replace(replace(regexp_replace(
    x, '("(?:[^"\\]|\\.)*")|(:\s*)(-?[0-9]{{10,}}\.[0-9]+)(\s*[,\]}}])', '\1\2' || chr(31) || '\3' || chr(31) || '\4', 'g'
), chr(31) || chr(31), ''), chr(31), '"');
CREATE MACRO mmpsync_json_texts(x, paths) AS try(json_extract_string(
    CASE WHEN regexp_matches(x, ': ?-?[0-9]{{10,}}\.') THEN mmpsync_json_with_long_numbers_as_texts(x) ELSE x END,
    paths));
CREATE MACRO mmpsync_to_utc(x, zone) AS CASE WHEN zone = 'UTC' THEN x ELSE timezone('UTC', timezone(zone, x)) END;
CREATE MACRO mmpsync_md5(x) AS md5(x);
CREATE MACRO mmpsync_sha256(x) AS sha256(x);
CREATE MACRO mmpsync_utf8_text(x) AS try(decode(x));
CREATE MACRO mmpsync_struct_text(x) AS CAST(to_json(x) AS VARCHAR);
"""

# Without a limit of the user's the engine starts with this one and lifts it, to DuckDB's four fifths of the
# machine's memory, when a query cannot do with it. Most can, because work that is larger spills to disk, and
# a nightly job should not take a machine's memory for the asking.
_FIRST_MEMORY_LIMIT = "1GB"
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
        for name, definition in DEFINED.items():
            self._connection.execute(_macro(name, definition))
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
        (in_use,) = self._result("SELECT current_setting('threads') AS n")["n"].to_pylist()
        self._repairs = Repairs(self._scratch, int(str(in_use)))
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
                result = self._interruptible(sql)
                repairs = self._repairs.recheck(self._rejecting(sql))
                if not repairs:
                    return result
            except duckdb.OutOfMemoryException as error:
                if not self._grown():
                    raise ConfigError(
                        "the memory limit is too small for this input: raise it with --memory-limit, or give"
                        f" --temp-dir a folder with more room ({_first_line(error)})"
                    ) from error
                continue
            except duckdb.Error as error:
                # A plain Error is what damaged Parquet gives; any other kind is a bug of ours.
                if type(error) is not duckdb.Error and not isinstance(error, _OF_INPUT):
                    raise
                repairs = self._repairs.repair(str(error))
                if not repairs:
                    message = self._repairs.original(str(error))
                    raise InputError(_complaint(message, self._culprits(message) or paths)) from error
            for statement in repairs:
                self._interruptible(statement)
            sql = re.sub("^CREATE TEMP", "CREATE OR REPLACE TEMP", sql)

    def _rejecting(self, sql: str) -> list[str]:
        """The files with records that could not be parsed, if the query is one that may have read them."""
        if "scan_" not in sql:
            return []
        try:
            return [str(path) for path in self._interruptible(REJECTING)["file_path"].to_pylist()]
        except duckdb.CatalogException:
            return []  # nothing was read yet

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

    def _culprits(self, message: str) -> list[str]:
        """The files that DuckDB complains of; it does not name all Parquet files that are damaged."""
        named = [path for path in self._repairs.paths if path in message]
        # A path may be the beginning of another.
        return (
            [max(named, key=len)] if named else [path for path in self._parquet if not self._is_sound(path)]
        )

    def _is_sound(self, path: str) -> bool:
        try:
            self._interruptible(f"SELECT max(hash(COLUMNS(*))) FROM {parquet_rows([path])}")
        except duckdb.Error:
            return False
        return True

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
        self._run(self._repairs.watch(view, layout), layout.paths)
        if layout.format == "parquet":
            self._parquet += layout.paths
        return self._backend.table(view)

    def materialize(self, table: ibis.Table, name: str) -> ibis.Table:
        """Run `table` once into a temporary table; see `Engine`."""
        self._run(f"CREATE TEMP TABLE {name} AS {_sql(table)}")
        return ibis.table(table.schema(), name=name)

    def store(self, name: str, *tables: ibis.Table) -> ibis.Table:
        """Run each of `tables` once into a temporary table with its rows in order; see `Engine`."""
        parts, rows = [], 0
        for number, table in enumerate(tables, 1):
            part = f"{name}_{number}"
            self._run(f"CREATE TEMP TABLE {part} AS {_sql(table)}")
            parts.append(f"SELECT *, rowid + {rows} AS position FROM {part}")
            rows += self._run(f"SELECT count(*) AS n FROM {part}")["n"][0].as_py()
        self._run(f"CREATE TEMP VIEW {name} AS {' UNION ALL '.join(parts)}")
        return ibis.table({**tables[0].schema(), "position": "int64"}, name=name)

    def unreadable(self) -> ibis.Table:
        """The rejects of all scans run so far; see `Engine`."""
        rejected = self._run("SELECT 1 FROM duckdb_tables() WHERE table_name = 'reject_errors'").num_rows > 0
        repairs = self._repairs
        sql = unreadable_sql(repairs.json_lines(), repairs.no_rows(), repairs.copies, rejected=rejected)
        self._run(f"CREATE OR REPLACE TEMP VIEW unreadable AS {sql}")
        return ibis.table(UNREADABLE, name="unreadable")

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
    # To merge selects costs Ibis a quarter of a small run, and DuckDB nothing to have them apart.
    fused, ibis.options.sql.fuse_selects = ibis.options.sql.fuse_selects, False
    try:
        return ibis.to_sql(table, dialect="duckdb", pretty=False)
    finally:
        ibis.options.sql.fuse_selects = fused


def _macro(name: str, definition: Definition) -> str:
    body = _sql(definition.value).removeprefix("SELECT ").replace('"t0".', "")
    body = body.removesuffix(' AS "value" FROM "parameters" AS "t0"')
    return f"CREATE MACRO {name}({', '.join(definition.parameters)}) AS {body}"


def _complaint(message: str, paths: Sequence[str]) -> str:
    """What DuckDB said of these files, in the user's words where they are known."""
    what = message.strip().splitlines()[0]
    if "state machine" in what:
        what = (
            "its lines end in different ways, or a cell holds a bare carriage return; give all lines the same end,"
            " with dos2unix for one"
        )
    else:
        what += "; it looks damaged, fetch it again"
    return "\n".join(f"{path}: cannot be read: {what}" for path in paths) or f"cannot be read: {what}"


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
