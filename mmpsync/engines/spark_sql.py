"""Ibis expressions as Spark SQL that means the same there as on DuckDB.

What differs between the two is settled here: regular expressions are written for RE2, which DuckDB uses, and put in
Java's words; the functions of `engines.functions` are put in as expressions.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import ibis
import sqlglot.expressions as sge
from ibis.backends.sql.compilers.pyspark import compiler as _COMPILER  # noqa: N812  a constant of ours
from ibis.config import Config as IbisOptions
from sqlglot import parse_one

from mmpsync.engines.functions import DEFINED

__all__ = ["java_pattern", "spark_sql"]

_BLANKS = "concat(' ', chr(9), chr(10), chr(11), chr(12), chr(13))"
# What %XX stands for is put together byte by byte: Java's own decoder takes a plus for a blank, and bytes that are no
# UTF-8 for question marks.
_CLEANED = f"""
CASE WHEN lower(btrim(x, {_BLANKS})) IN ('', 'null', 'none', 'n/a', 'nan', concat(chr(92), 'n')) THEN NULL
    ELSE btrim(x, {_BLANKS}) END
"""
_DECODED = """
aggregate(slice(split(x, '%'), 2, length(x)), encode(split(x, '%')[0], 'UTF-8'), (done, part) -> concat(done,
    CASE WHEN part RLIKE '^[0-9A-Fa-f]{2}' THEN concat(unhex(left(part, 2)), encode(substr(part, 3), 'UTF-8'))
        ELSE encode(concat('%', part), 'UTF-8') END))
"""
_PERCENT_DECODED = f"""
CASE WHEN contains(x, '%') THEN coalesce(try_validate_utf8(CAST({_DECODED} AS STRING)), x) ELSE x END
"""
# Those functions that are used on rows once they were read; what reads them runs on DuckDB everywhere.
_FUNCTIONS: Mapping[str, tuple[Sequence[str], str]] = {
    "mmpsync_trimmed": (["x"], f"btrim(x, {_BLANKS})"),
    "mmpsync_cleaned": (["x"], _CLEANED),
    "mmpsync_percent_decode": (["x"], _PERCENT_DECODED),
    "mmpsync_percent_decode_thrice": (
        ["text"],
        f"aggregate(array(1, 2, 3), text, (x, again) -> {_PERCENT_DECODED})",
    ),
    "mmpsync_md5": (["x"], "md5(x)"),
    "mmpsync_sha1": (["x"], "sha1(x)"),
    "mmpsync_sha256": (["x"], "sha2(x, 256)"),
}
_LOWER = ("\u03a3\u0130", "\u03c3i")
_PATTERN_OF = (sge.RegexpLike, sge.RegexpILike, sge.RegexpExtract, sge.RegexpReplace)
_PIECES = re.compile(r"\\.|\[\^?|\]|\$|\(\?[a-z]+(?=[:)])|.", re.DOTALL)


class _PySparkOptions(IbisOptions):  # type: ignore[misc]
    """What Ibis registers with its own PySpark backend; its compiler asks for it."""

    treat_nan_as_null: bool = False


def spark_sql(table: ibis.Table) -> str:
    """The expression as a query of Spark's."""
    return _compiled(table).sql(dialect=_COMPILER.dialect)


def java_pattern(pattern: str) -> str:
    """A regular expression of RE2's, in the words of Java's that mean the same.

    In Java a dollar also stands before a last line break, a dot stops at more than line feeds, a vertical tab is a
    blank, and letters other than ASCII's have no case.
    """
    pieces, in_class = [], False
    for piece in _PIECES.findall(pattern):
        if piece.startswith("[") and not in_class:
            in_class = True
        elif piece == "]" and in_class:
            in_class = False
        if piece == r"\s":
            pieces.append(r"\t\n\f\r " if in_class else r"[\t\n\f\r ]")
        elif piece == "$" and not in_class:
            pieces.append(r"\z")
        elif piece.startswith("(?") and "i" in piece and not in_class:
            pieces.append(f"{piece}u")
        else:
            pieces.append(piece)
    return "(?d)" + "".join(pieces)


def _compiled(table: ibis.Table) -> sge.Expression:
    if getattr(ibis.options, "pyspark", None) is None:
        ibis.options.pyspark = _PySparkOptions()
    return _COMPILER.to_sqlglot(table).transform(_in_words_of_spark, copy=False)


def _in_words_of_spark(node: sge.Expression) -> sge.Expression:
    if isinstance(node, sge.Lower):
        # Letter by letter: not a capital sigma by its place in a word, nor a dotted capital I as two letters.
        node.set(
            "this", sge.Anonymous(this="translate", expressions=[node.this, *map(sge.Literal.string, _LOWER)])
        )
    if isinstance(node, sge.StrToUnix):
        # With the fraction, which Spark leaves out.
        exact = sge.cast(
            node.this.unnest() if not isinstance(node.this, sge.Cast) else node.this.this, "TIMESTAMPLTZ"
        )
        micros = sge.cast(sge.Anonymous(this="unix_micros", expressions=[exact]), "DOUBLE")
        return sge.paren(
            sge.Div(this=micros, expression=sge.cast(sge.Literal.number(1_000_000), "DOUBLE"), typed=True)
        )
    if isinstance(node, _PATTERN_OF) and isinstance(node.expression, sge.Literal):
        node.set("expression", sge.Literal.string(java_pattern(node.expression.this)))
    if isinstance(node, sge.Anonymous) and node.name.lower().startswith("mmpsync_"):
        parameters, body = _function(node.name.lower())
        given = dict(zip(parameters, node.expressions, strict=True))
        return sge.paren(_put_in(body.copy(), given), copy=False)
    return node


def _put_in(body: sge.Expression, given: Mapping[str, sge.Expression]) -> sge.Expression:
    """The body of a function with what its parameters are given; what it needs twice is worked out once."""
    put = {}
    for name, argument in given.items():
        value = argument.transform(_in_words_of_spark)
        uses = sum(column.name == name for column in body.find_all(sge.Column))
        if uses > 1 and not isinstance(value, sge.Column | sge.Literal):
            variable = sge.to_identifier(name)
            scope = sge.Lambda(this=body, expressions=[variable])
            values = sge.Anonymous(this="transform", expressions=[sge.Array(expressions=[value]), scope])
            body = sge.Bracket(this=values, expressions=[sge.Literal.number(0)])
        else:
            put[name] = value

    def in_place(node: sge.Expression) -> sge.Expression:
        return put[node.name].copy() if isinstance(node, sge.Column) and node.name in put else node

    return body.transform(in_place, copy=False)


@cache
def _function(name: str) -> tuple[Sequence[str], Any]:
    if name in DEFINED:
        definition = DEFINED[name]
        (value,) = _compiled(definition.value).expressions
        return tuple(definition.parameters), value.unalias()
    parameters, body = _FUNCTIONS[name]
    return parameters, parse_one(body, dialect=_COMPILER.dialect)
