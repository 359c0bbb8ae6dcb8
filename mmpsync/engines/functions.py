"""The functions that expressions use, each under one name on every engine.

Those that Ibis has no portable word for, or whose cheapest form differs from engine to engine, every engine
defines itself; what they return is said here and nowhere else. Those with a body (`defined`) are compiled for
an engine once, so that the expressions that call them stay small.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import udf

__all__ = [
    "DEFINED",
    "Definition",
    "cleaned",
    "defined",
    "json_elements",
    "json_texts",
    "local_seconds",
    "md5",
    "percent_decode",
    "percent_decode_thrice",
    "query_parameter",
    "sha1",
    "sha256",
    "struct_text",
    "to_utc",
    "trimmed",
    "unwrapped",
    "utc_seconds",
    "utf8_text",
]


@dataclass(frozen=True)
class Definition:
    """A function's parameters, name → type, and its value over a table `parameters` of one column for each."""

    parameters: Mapping[str, str]
    value: ir.Table


DEFINED: dict[str, Definition] = {}
"""Every function with a body, by the name that engines give it."""


def defined(**parameters: str) -> Callable[[Callable[..., ir.Value]], Callable[..., ir.Value]]:
    """Make an expression of these parameters (name → type) a function that every engine knows by its name."""

    def decorate(body: Callable[..., ir.Value]) -> Callable[..., ir.Value]:
        columns = ibis.table(dict(parameters), name="parameters")
        value = body(*(columns[name] for name in parameters))
        name = f"mmpsync_{body.__name__.lstrip('_')}"
        DEFINED[name] = Definition(parameters, columns.select(value=value))
        signature = (tuple(dt.dtype(kind) for kind in parameters.values()), value.type())
        return udf.scalar.builtin(name=name, signature=signature)(body)

    return decorate


@udf.scalar.builtin(name="mmpsync_trimmed")
def trimmed(text: str) -> str:  # type: ignore[empty-body]
    """The text without blanks, tabs and line ends around it."""


@udf.scalar.builtin(name="mmpsync_cleaned")
def cleaned(text: str) -> str:  # type: ignore[empty-body]
    r"""Trimmed text; null for the null tokens: empty, `null`, `none`, `n/a`, `nan`, `\N`, whatever their case."""


@udf.scalar.builtin(name="mmpsync_unwrapped")
def unwrapped(text: str) -> str:  # type: ignore[empty-body]
    """The text without backticks around it, nor the quotes of a JSON string."""


@udf.scalar.builtin(name="mmpsync_percent_decode")
def percent_decode(text: str) -> str:  # type: ignore[empty-body]
    """Percent-decode once; `+` stays; text whose bytes would not be UTF-8 is returned as it was."""


@udf.scalar.builtin(name="mmpsync_percent_decode_thrice")
def percent_decode_thrice(text: str) -> str:  # type: ignore[empty-body]
    """What `percent_decode` does, three times over; put into each other, such functions grow with every use."""


@udf.scalar.builtin(name="mmpsync_query_parameter")
def query_parameter(text: str, lower: str, spelt: str, known: str, lead: int) -> str:  # type: ignore[empty-body]
    r"""The first value, not empty, of a query parameter, as found; null when there is none.

    `spelt` is a regular expression for its name, whatever the case, at the text's beginning or behind one of `?&;#`,
    a blank or `\u0026`, which is a `&` that JSON escaped; the value ends at `&`, `\u0026` or `#`.

    A substring search comes first and spares most texts the regular expression: `known` (ASCII, lower case) stands in
    any case in every match, at most `lead` characters behind its beginning. `lower` is the text in lower case, made
    once for all parameters.
    """


@udf.scalar.builtin(
    name="mmpsync_json_texts", signature=((dt.string, dt.Array(dt.string)), dt.Array(dt.string))
)
def json_texts(document, paths):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """The values at JSON paths such as `$."a"."b"` as text, null where there is none; null for no valid JSON."""


@udf.scalar.builtin(name="mmpsync_json_elements", signature=((dt.string,), dt.Array(dt.string)))
def json_elements(document):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """The elements of a JSON array as text, none for any other JSON; null for no valid JSON."""


@udf.scalar.builtin(name="mmpsync_to_utc")
def to_utc(local: dt.timestamp, zone: str) -> dt.timestamp:
    """A local time in an IANA zone as UTC, daylight saving respected."""


@udf.scalar.builtin(name="mmpsync_local_seconds")
def local_seconds(text: str) -> dt.timestamp:
    """A trimmed `2026-03-01 08:00:00`, with a blank or a `T`, as it stands; null for any other form."""


@udf.scalar.builtin(name="mmpsync_utc_seconds")
def utc_seconds(text: str) -> dt.timestamp:
    """A trimmed `2026-03-01T08:00:00Z`; null for any other form."""


@udf.scalar.builtin(name="mmpsync_md5")
def md5(text: str) -> str:  # type: ignore[empty-body]
    """MD5 of the UTF-8 text, 32 lower-case hex digits: for keys of a run's own, never for anything kept."""


@udf.scalar.builtin(name="mmpsync_sha1")
def sha1(text: str) -> str:  # type: ignore[empty-body]
    """SHA-1 of the UTF-8 text, 40 lower-case hex digits: impact.com takes e-mail addresses so, nothing else does."""


@udf.scalar.builtin(name="mmpsync_sha256")
def sha256(text: str) -> str:  # type: ignore[empty-body]
    """SHA-256 of the UTF-8 text, 64 lower-case hex digits."""


@udf.scalar.builtin(name="mmpsync_utf8_text")
def utf8_text(data: bytes) -> str:  # type: ignore[empty-body]
    """Bytes as the UTF-8 text they are; null where they are none."""


def struct_text(value: ir.Value) -> ir.StringValue:
    """A struct, map or list as JSON text."""

    # A function of any type cannot be declared: one is declared for the very type at hand.
    @udf.scalar.builtin(name="mmpsync_struct_text", signature=((value.type(),), dt.string))
    def text(value):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        ...

    return text(value)
