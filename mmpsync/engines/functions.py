"""The functions that expressions use and Ibis has no portable word for.

Every engine defines each of them under this very name, so one expression means the same on all engines;
what they return is said here and nowhere else.
"""

import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import udf

__all__ = ["json_texts", "md5", "percent_decode", "sha256", "struct_text", "to_utc", "utf8_text"]


@udf.scalar.builtin(name="mmpsync_percent_decode")
def percent_decode(text: str) -> str:  # type: ignore[empty-body]
    """Percent-decode once; `+` stays; text whose bytes would not be UTF-8 is returned as it was."""


@udf.scalar.builtin(
    name="mmpsync_json_texts", signature=((dt.string, dt.Array(dt.string)), dt.Array(dt.string))
)
def json_texts(document, paths):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """The values at JSON paths such as `$."a"."b"` as text, null where there is none; null for no valid JSON."""


@udf.scalar.builtin(name="mmpsync_to_utc")
def to_utc(local: dt.timestamp, zone: str) -> dt.timestamp:
    """A local time in an IANA zone as UTC, daylight saving respected."""


@udf.scalar.builtin(name="mmpsync_md5")
def md5(text: str) -> str:  # type: ignore[empty-body]
    """MD5 of the UTF-8 text, 32 lower-case hex digits: for keys of a run's own, never for anything kept."""


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
