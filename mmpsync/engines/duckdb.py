"""The DuckDB engine: embedded, multi-threaded, spills to disk when memory is short."""

import re
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa

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
CREATE MACRO mmpsync_struct_text(x) AS CAST(to_json(x) AS VARCHAR);
"""

# One record may break several rules: the first says enough.
_UNREADABLE = """
CREATE OR REPLACE TEMP VIEW unreadable AS
    SELECT DISTINCT ON (scans.file_path, errors.line)
        scans.file_path AS source_file, CAST(errors.line AS BIGINT) AS line,
        errors.error_message AS error, coalesce(errors.csv_line, '') AS text
    FROM reject_errors errors JOIN reject_scans scans USING (scan_id, file_id)
    ORDER BY scans.file_path, errors.line, errors.column_idx NULLS FIRST
"""
_NOTHING_UNREADABLE = """
CREATE OR REPLACE TEMP VIEW unreadable AS
    SELECT '' AS source_file, CAST(0 AS BIGINT) AS line, '' AS error, '' AS text WHERE false
"""

# A record may be this long; a longer one is unreadable. DuckDB keeps a few such buffers per thread.
MAX_RECORD_BYTES = 16 * 1024 * 1024

# No valid JSON text holds this byte, so a CSV scan with it as delimiter yields whole lines.
_NO_DELIMITER = "\x1f"


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
        self._connection.execute(_MACROS)
        self._set("temp_directory", str(self._scratch))
        self._set("TimeZone", "UTC")
        if threads is not None:
            self._set("threads", threads)
        if memory_limit is not None:
            self._set("memory_limit", memory_limit)
        self._backend = ibis.duckdb.from_connection(self._connection)
        self._scans = 0

    def _set(self, name: str, value: str | int) -> None:
        try:
            self._connection.execute(f"SET {name} = ?", [value])
        except duckdb.Error as error:
            raise ConfigError(f"engine.{name} = {value!r} was refused: {_first_line(error)}") from error

    def scan(self, layout: Layout) -> ibis.Table:
        """A lazy table over the files of `layout`; see `Engine`."""
        self._scans += 1
        view = f"scan_{self._scans}"
        source = {"csv": _csv, "parquet": _parquet, "json": _json}[layout.format](layout)
        with _input_errors(layout.paths):
            self._connection.execute(f"CREATE TEMP VIEW {view} AS {source}")
            return self._backend.table(view)

    def materialize(self, table: ibis.Table, name: str) -> ibis.Table:
        """Run `table` once into a temporary table; see `Engine`."""
        with _input_errors(()):
            self._connection.execute(f"CREATE TEMP TABLE {name} AS {self._sql(table)}")
        return ibis.table(table.schema(), name=name)

    def drop(self, name: str) -> None:
        """Forget a materialized table."""
        self._connection.execute(f"DROP TABLE {name}")

    def unreadable(self) -> ibis.Table:
        """The rejects of all CSV scans run so far; see `Engine`."""
        rejected = self._connection.execute(
            "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'reject_errors'"
        ).fetchall()
        self._connection.execute(_UNREADABLE if rejected[0][0] else _NOTHING_UNREADABLE)
        columns = {"source_file": "string", "line": "int64", "error": "string", "text": "string"}
        return ibis.table(columns, name="unreadable")

    def arrow(self, table: ibis.Table) -> pa.Table:
        """A small result as an Arrow table."""
        with _input_errors(()):
            return self._connection.sql(self._sql(table)).to_arrow_table()

    def rows(self, table: ibis.Table) -> list[dict[str, Any]]:
        """A small result as one dict a row."""
        return self.arrow(table).to_pylist()

    def write_parquet(self, table: ibis.Table, path: Path) -> None:
        """Write `table` to one Parquet file, rows in the table's order."""
        self._copy(table, path, "FORMAT parquet, COMPRESSION zstd")

    def write_csv(self, table: ibis.Table, path: Path) -> None:
        """Write `table` to one CSV file (UTF-8, RFC 4180, header), rows in the table's order."""
        self._copy(table, path, "FORMAT csv, HEADER")

    def _copy(self, table: ibis.Table, path: Path, options: str) -> None:
        try:
            self._connection.execute(f"COPY ({self._sql(table)}) TO {_quote(str(path))} ({options})")
        except duckdb.IOException as error:
            raise OutputError(f"{path}: cannot be written: {_first_line(error)}") from error

    def _sql(self, table: ibis.Table) -> str:
        return ibis.to_sql(table, dialect="duckdb", pretty=False)

    def close(self) -> None:
        """Close the database and remove its temporary files."""
        self._connection.close()
        shutil.rmtree(self._scratch, ignore_errors=True)


class _input_errors:  # noqa: N801  a context manager reads as a verb
    """Turns what DuckDB says of unreadable files and exhausted resources into errors for the user."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = tuple(paths)

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        where = self._paths[0] + ": " if len(self._paths) == 1 else ""
        if isinstance(error, duckdb.OutOfMemoryException):
            raise ConfigError(
                "the memory limit is too small for this input: raise it with --memory-limit, or give"
                f" --temp-dir a folder with more room ({_first_line(error)})"
            ) from error
        if isinstance(error, duckdb.IOException | duckdb.InvalidInputException):
            raise InputError(f"{where}cannot be read: {_first_line(error)}") from error


def _csv(layout: Layout) -> str:
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(layout.columns)))
    return _csv_scan(layout, columns, layout.delimiter, '"', header=True)


def _csv_scan(layout: Layout, columns: str, delimiter: str, quote: str, *, header: bool) -> str:
    # The dialect is given, never sniffed: the sniffer gives up on badly broken files, and every record
    # that does not fit ends in the rejects instead of being cut or dropped.
    return f"""
        SELECT *, row_number() OVER () AS source_row
        FROM read_csv({_list(layout.paths)}, columns = {{{columns}}}, auto_detect = false,
            header = {str(header).lower()}, delim = {_quote(delimiter)}, quote = {_quote(quote)},
            escape = {_quote(quote)}, nullstr = '', strict_mode = true, store_rejects = true,
            filename = 'source_file', encoding = {_quote(layout.encoding)},
            compression = '{"gzip" if layout.gzip else "none"}', max_line_size = {MAX_RECORD_BYTES})
    """


def _parquet(layout: Layout) -> str:
    columns = ", ".join(f"{_identifier(name)} AS c{i}" for i, name in enumerate(layout.columns))
    return f"""
        SELECT {columns}, filename AS source_file, file_row_number + 1 AS source_row
        FROM read_parquet({_list(layout.paths)}, filename = true, file_row_number = true,
            hive_partitioning = false)
    """


def _json(layout: Layout) -> str:
    if layout.json_root is None:
        return _csv_scan(layout, "'c0': 'VARCHAR'", _NO_DELIMITER, "", header=False)
    compression = "gzip" if layout.gzip else "none"
    files = _list(layout.paths)
    if layout.json_root == "":
        records = f"""SELECT CAST(json AS VARCHAR) AS c0, filename AS source_file
            FROM read_json_objects({files}, format = 'array', filename = true,
                compression = '{compression}', maximum_object_size = {MAX_RECORD_BYTES})"""
    else:
        root = _quote(f'$."{layout.json_root}"')
        records = f"""SELECT CAST(unnest(CAST(json_extract(json, {root}) AS JSON[])) AS VARCHAR) AS c0,
                filename AS source_file
            FROM read_json_objects({files}, format = 'unstructured', filename = true,
                compression = '{compression}', maximum_object_size = {16 * MAX_RECORD_BYTES})"""
    return f"SELECT c0, source_file, row_number() OVER () AS source_row FROM ({records})"


def _list(paths: Iterable[str]) -> str:
    return "[" + ", ".join(_quote(_literal_path(path)) for path in paths) + "]"


def _literal_path(path: str) -> str:
    """The path as a pattern that matches it alone."""
    return re.sub(r"([*?\[])", r"[\1]", path)


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
