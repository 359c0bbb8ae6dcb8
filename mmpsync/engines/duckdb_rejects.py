"""The records that DuckDB could not parse, as one query."""

from collections.abc import Mapping, Sequence

from mmpsync.engines.duckdb_scans import IS_RECORD, quoted
from mmpsync.engines.regular_records import MARKED, MASKED, MASKS, MAX_RECORD_BYTES, TOO_LONG
from mmpsync.engines.regular_rows import NO_ROW_PARTS

__all__ = ["REJECTING", "UNREADABLE", "unreadable_sql"]

UNREADABLE = {"source_file": "string", "line": "int64", "row": "int64", "error": "string", "text": "string"}

REJECTING = "SELECT DISTINCT file_path FROM reject_scans SEMI JOIN reject_errors USING (scan_id, file_id)"

# One record may break several rules: the first says enough.
_REJECTED = """
SELECT DISTINCT ON (source_file, line)
    CASE scans.file_path {names} ELSE scans.file_path END AS source_file,
    CAST(errors.line AS BIGINT) AS line, CAST(errors.line - 1 AS BIGINT) AS row,
    errors.error_message AS error, trim(coalesce(errors.csv_line, ''), chr(10) || chr(13)) AS text
FROM reject_errors errors JOIN reject_scans scans USING (scan_id, file_id)
WHERE scans.file_path NOT IN ({copied})
ORDER BY source_file, errors.line, errors.column_idx NULLS FIRST
"""
_NO_JSON = """
SELECT source_file, line, line AS row,
    CASE WHEN json_valid(c0) THEN 'not a JSON object' ELSE 'not valid JSON' END AS error, c0 AS text
FROM (
    SELECT *, n - min(n) OVER (PARTITION BY source_file) + 1 AS line
    FROM (SELECT *, row_number() OVER () AS n FROM ({lines}) WHERE trim(c0, chr(9) || chr(13) || ' ') <> '')
)
WHERE NOT ({is_record})
"""
_NOTHING = """
SELECT '' AS source_file, CAST(0 AS BIGINT) AS line, CAST(0 AS BIGINT) AS row, '' AS error, '' AS text WHERE false
"""


def unreadable_sql(
    json_lines: Sequence[str],
    no_rows: Sequence[str],
    names: Mapping[str, str],
    replaced: Sequence[str],
    *,
    rejected: bool,
) -> str:
    """The unreadable records: what was `rejected`, if anything was yet, what is no JSON, and what is no row.

    `json_lines` are queries over all lines of such files, `no_rows` those over what stands in copies for records
    that are none. `names` are the paths that files were given by which others stand in for, by these' own; files that
    were `replaced` by copies count no more.
    """
    parts = [_NO_JSON.format(lines=lines, is_record=IS_RECORD) for lines in json_lines]
    parts += [_told_apart(records) for records in no_rows]
    if rejected:
        given = " ".join(f"WHEN {quoted(here)} THEN {quoted(path)}" for here, path in names.items())
        copied = ", ".join(map(quoted, replaced)) or "''"
        parts.append(_REJECTED.format(names=given or "WHEN NULL THEN NULL", copied=copied))
    union = " UNION ALL ".join(f"({part})" for part in parts or [_NOTHING])
    return _unmasked(union) if replaced else union


def _told_apart(records: str) -> str:
    """The records that stand in a copy as rows of a kind of their own."""
    return f"""
        SELECT source_file, CAST(told.line AS BIGINT) AS line, CAST(told.line AS BIGINT) - 1 AS row,
            told.error AS error, translate(told.text, {_sql(MASKS)}, {_sql(MASKED)}) AS text
        FROM (
            SELECT source_file, regexp_extract(c0, {quoted(NO_ROW_PARTS)}, ['line', 'error', 'text']) AS told
            FROM ({records})
        )
    """


def _unmasked(records: str) -> str:
    """The records as they stand in their files; see `regular_records`."""
    text = f"translate(replace(replace(text, {_sql(MARKED)}, ''), {_sql(TOO_LONG)}, ''), {_sql(MASKS)}, {_sql(MASKED)})"
    is_marked = f"contains(text, {_sql(MARKED)}) OR contains(text, {_sql(TOO_LONG)})"
    return f"""
        SELECT * REPLACE (
            CASE WHEN contains(text, {_sql(TOO_LONG)}) THEN 'longer than {MAX_RECORD_BYTES} bytes'
                ELSE error END AS error,
            CASE WHEN {is_marked} THEN {text} ELSE text END AS text)
        FROM ({records})
    """


def _sql(text: str) -> str:
    return " || ".join(f"chr({ord(character)})" for character in text)
