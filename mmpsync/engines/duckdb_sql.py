"""Ibis expressions as DuckDB's SQL, and what the functions of `engines.functions` are in it."""

from typing import Any

import ibis
import sqlglot.expressions as sge
from ibis.backends.sql.compilers.duckdb import DuckDBCompiler

from mmpsync.engines.functions import DEFINED, Definition

__all__ = ["MACROS", "duckdb_macros", "duckdb_sql"]

_BLANKS = "' \t\n\r\v\f'"
MACROS = rf"""
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
CREATE MACRO mmpsync_percent_decode_thrice(x) AS
    list_reduce([x, NULL, NULL, NULL], lambda decoded, again: mmpsync_percent_decode(decoded));
-- A regular expression is slow on a long text: a substring search finds where to begin, if at all. Anchored it is fast,
-- and that serves unless the text occurs first inside another parameter.
CREATE MACRO mmpsync_value(x, before, spelt) AS
    regexp_extract_all(x, '(?i)' || before || spelt || '=([^&#]+)', 1)[1];
CREATE MACRO mmpsync_from(x, lower_x, known, lead) AS substr(x, greatest(strpos(lower_x, known) - lead, 1));
CREATE MACRO mmpsync_query_parameter(x, lower_x, spelt, known, lead) AS
    CASE WHEN contains(lower_x, known) THEN
        CASE WHEN contains(x, '\u0026') THEN mmpsync_value(replace(x, '\u0026', '&'), '(?:^|[?&;#\s])', spelt)
            ELSE coalesce(
                mmpsync_value(mmpsync_from(x, lower_x, known, lead), '^[?&;#\s]?', spelt),
                mmpsync_value(mmpsync_from(x, lower_x, known, lead), '(?:^|[?&;#\s])', spelt)
            ) END
        END;
-- DuckDB makes a double of a number with a point, which keeps 15 digits: longer ones are made texts first.
CREATE MACRO mmpsync_json_with_long_numbers_as_texts(x) AS replace(replace(regexp_replace(
    x, '("(?:[^"\\]|\\.)*")|(:\s*)(-?[0-9]{{10,}}\.[0-9]+)(\s*[,\]}}])', '\1\2' || chr(31) || '\3' || chr(31) || '\4', 'g'
), chr(31) || chr(31), ''), chr(31), '"');
CREATE MACRO mmpsync_json_texts(x, paths) AS try(json_extract_string(
    CASE WHEN regexp_matches(x, ': ?-?[0-9]{{10,}}\.') THEN mmpsync_json_with_long_numbers_as_texts(x) ELSE x END,
    paths));
CREATE MACRO mmpsync_json_elements(x) AS try(json_extract_string(x, '$[*]'));
-- A cast, and strptime too, takes times with fewer digits and more blanks.
CREATE MACRO mmpsync_local_seconds(x) AS
    CASE WHEN strlen(x) = 19 AND NOT contains(x, 'Z') AND (
        x LIKE '____-__-__ __:__:__' AND NOT (x LIKE '% % %' OR contains(x, 'T'))
        OR x LIKE '____-__-__T__:__:__' AND NOT contains(x, ' ')
    ) THEN try_cast(x AS TIMESTAMP) END;
CREATE MACRO mmpsync_utc_seconds(x) AS
    CASE WHEN strlen(x) = 20 AND x LIKE '____-__-__T__:__:__Z' AND NOT contains(x, ' ') THEN try_cast(x AS TIMESTAMP) END;
CREATE MACRO mmpsync_to_utc(x, zone) AS CASE WHEN zone = 'UTC' THEN x ELSE timezone('UTC', timezone(zone, x)) END;
CREATE MACRO mmpsync_md5(x) AS md5(x);
CREATE MACRO mmpsync_sha1(x) AS sha1(x);
CREATE MACRO mmpsync_sha256(x) AS sha256(x);
CREATE MACRO mmpsync_utf8_text(x) AS try(decode(x));
CREATE MACRO mmpsync_struct_text(x) AS CAST(to_json(x) AS VARCHAR);
"""
"""Definitions of the functions without a body. url_decode raises on bytes that are not UTF-8, for the whole query: hence
try()."""


class _Compiler(DuckDBCompiler):  # type: ignore[misc]
    """Ibis' own, but that SQLGlot, when it is compiled itself, takes no plain text for the unit of an interval."""

    def visit_NonNullLiteral(self, op: Any, *, value: Any, dtype: Any) -> Any:  # noqa: N802  Ibis' name
        literal = super().visit_NonNullLiteral(op, value=value, dtype=dtype)
        if isinstance(literal, sge.Interval):
            literal.set("unit", sge.Var(this=dtype.resolution.upper()))
        return literal


_COMPILER = _Compiler()


def duckdb_sql(table: ibis.Table) -> str:
    """The expression as a query of DuckDB's."""
    # To merge selects costs Ibis a quarter of a small run, and DuckDB nothing to have them apart.
    fused, ibis.options.sql.fuse_selects = ibis.options.sql.fuse_selects, False
    try:
        # What `ibis.to_sql` does, but for copying expressions that nobody else has.
        return str(_COMPILER.to_sqlglot(table).sql(dialect=_COMPILER.dialect, copy=False))
    finally:
        ibis.options.sql.fuse_selects = fused


def duckdb_macros() -> tuple[str, ...]:
    """Statements that define the functions that have a body, as far as their modules are imported."""
    return tuple(_macro(name, definition) for name, definition in DEFINED.items())


def _macro(name: str, definition: Definition) -> str:
    body = duckdb_sql(definition.value).removeprefix("SELECT ").replace('"t0".', "")
    body = body.removesuffix(' AS "value" FROM "parameters" AS "t0"')
    return f"CREATE OR REPLACE MACRO {name}({', '.join(definition.parameters)}) AS {body}"
