"""How DuckDB reads the files of a layout: one SQL query over them, whatever their format."""

import re
from collections.abc import Iterable

from mmpsync.engines.interface import Layout
from mmpsync.engines.regular_records import MAX_RECORD_BYTES
from mmpsync.engines.regular_rows import NO_ROW

__all__ = ["IS_RECORD", "identifier", "json_lines", "no_rows", "parquet_rows", "quoted", "scan_sql"]

# DuckDB's own buffers are sixteen times a record.
_BUFFER_BYTES = 2 * MAX_RECORD_BYTES

# No valid JSON text holds this byte, so a CSV scan with it as delimiter yields whole lines.
_NO_DELIMITER = "\x1f"

# Of the lines of JSON lines.
IS_RECORD = "json_valid(c0) AND starts_with(ltrim(c0, chr(9) || ' '), '{')"

_IS_NO_ROW = f"starts_with(c0, '{NO_ROW}')"


def scan_sql(layout: Layout) -> str:
    """A query with the columns that `Engine.scan` promises."""
    return {"csv": _csv, "parquet": _parquet, "json": _json}[layout.format](layout)


def _csv(layout: Layout) -> str:
    scan = _csv_records(layout)
    # Only a copy has any.
    return f"SELECT * FROM ({scan}) WHERE NOT coalesce({_IS_NO_ROW}, false)" if layout.irregular else scan


def _csv_records(layout: Layout) -> str:
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(layout.columns)))
    return _csv_scan(layout, columns, layout.delimiter, '"', header=True)


def no_rows(layout: Layout) -> str:
    """A query over what stands in copies of CSVs for records that are no rows, `c0`; see `regular_rows`."""
    return f"SELECT source_file, c0 FROM ({_csv_records(layout)}) WHERE {_IS_NO_ROW}"


def _csv_scan(layout: Layout, columns: str, delimiter: str, quote: str, *, header: bool) -> str:
    # The dialect is given, never sniffed: the sniffer gives up on badly broken files, and every record
    # that does not fit ends in the rejects instead of being cut or dropped. Begun in several places at once,
    # it may take a line break inside quotes for the end of a record.
    return f"""
        SELECT *, CAST(NULL AS BIGINT) AS source_row
        FROM read_csv({_list(layout.paths)}, columns = {{{columns}}}, auto_detect = false,
            header = {str(header).lower()}, delim = {quoted(delimiter)}, quote = {quoted(quote)},
            escape = {quoted(quote)}, nullstr = '', strict_mode = true, store_rejects = true,
            hive_partitioning = false,
            filename = 'source_file', parallel = {str(not layout.irregular).lower()},
            compression = '{"gzip" if layout.gzip else "none"}', max_line_size = {MAX_RECORD_BYTES},
            buffer_size = {_BUFFER_BYTES})
    """


def _parquet(layout: Layout) -> str:
    columns = ", ".join(f"{identifier(name)} AS c{i}" for i, name in enumerate(layout.columns))
    return f"""
        SELECT {columns}, filename AS source_file, file_row_number + 1 AS source_row
        FROM {parquet_rows(layout.paths)}
    """


def parquet_rows(paths: Iterable[str]) -> str:
    """A table function call for all rows of Parquet files."""
    return f"read_parquet({_list(paths)}, filename = true, file_row_number = true, hive_partitioning = false)"


def _json(layout: Layout) -> str:
    if layout.json_root is None:
        return f"SELECT * FROM ({json_lines(layout)}) WHERE {IS_RECORD}"
    compression = "gzip" if layout.gzip else "none"
    files = _list(layout.paths)
    if layout.json_root == "":
        records = f"""SELECT CAST(json AS VARCHAR) AS c0, filename AS source_file
            FROM read_json_objects({files}, format = 'array', filename = true,
                compression = '{compression}', maximum_object_size = {MAX_RECORD_BYTES})"""
    else:
        root = quoted(f'$."{layout.json_root}"')
        records = f"""SELECT CAST(unnest(CAST(json_extract(json, {root}) AS JSON[])) AS VARCHAR) AS c0,
                filename AS source_file
            FROM read_json_objects({files}, format = 'unstructured', filename = true,
                compression = '{compression}', maximum_object_size = {16 * MAX_RECORD_BYTES})"""
    return f"SELECT c0, source_file, CAST(NULL AS BIGINT) AS source_row FROM ({records})"


def json_lines(layout: Layout) -> str:
    """A query over the lines of JSON lines files as they are, `c0`, also those that are no JSON."""
    return _csv_scan(layout, "'c0': 'VARCHAR'", _NO_DELIMITER, "", header=False)


def _list(paths: Iterable[str]) -> str:
    return "[" + ", ".join(quoted(_literal_path(path)) for path in paths) + "]"


def _literal_path(path: str) -> str:
    """The path as a pattern that matches it alone."""
    return re.sub(r"([*?\[])", r"[\1]", path)


def quoted(text: str) -> str:
    """The text as a SQL string."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """The name as SQL writes one that may hold anything."""
    return '"' + name.replace('"', '""') + '"'
