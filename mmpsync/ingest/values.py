"""Values as text to values: null tokens, times, money, numbers, booleans.

A cast that fails yields null; the raw text is kept beside it, so that a rule can tell "absent" from "does
not parse".
"""

import ibis
import ibis.expr.types as ir

from mmpsync.engines.functions import to_utc

__all__ = ["clean", "parse_amount", "parse_boolean", "parse_integer", "parse_time", "trimmed"]

# Empty, null, none, n/a, nan and \N, whatever their case.
_NULL_WORD = r"(?i)^(null|none|n/a|nan|\\n)?$"
_LONGEST_NULL_WORD = 4

# Date, hours and minutes, seconds, fraction, zone, sign of the offset, its hours and minutes.
_ISO = (
    r"^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2})?([.,]\d{1,9})? ?"
    r"(Z|z|UTC|utc|GMT|([+-])(\d{2}):?(\d{2})?)?$"
)
_PLAIN_LENGTH = len("2026-03-01 08:00:00")
_MICROSECONDS_PER_EPOCH_DIGIT = {10: 1_000_000, 13: 1_000, 16: 1}


def clean(text: ir.StringValue) -> ir.StringValue:
    """Trimmed text; null for the null tokens, whatever their case."""
    return _padded(text).ifelse(_without_null_tokens(text.strip()), _without_null_tokens(text))


def trimmed(text: ir.StringValue) -> ir.StringValue:
    """The text without surrounding blanks."""
    return _padded(text).ifelse(text.strip(), text)


def _padded(text: ir.StringValue) -> ir.BooleanValue:
    # Hardly any cell has to be trimmed, and trimming costs: blanks and control characters sort before "!".
    return ibis.or_(text < "!", *(text.endswith(blank) for blank in (" ", "\t", "\r", "\n")))


def _without_null_tokens(text: ir.StringValue) -> ir.StringValue:
    # The length spares most cells the regular expression; DuckDB would turn a list into a join per column.
    is_token = (text.length() <= _LONGEST_NULL_WORD).ifelse(text.re_search(_NULL_WORD), False)
    return is_token.ifelse(ibis.null("string"), text)


def parse_time(value: ir.Value, timezone: str) -> ir.TimestampValue:
    """A time as UTC, microseconds; null where it does not parse.

    Epoch seconds, milliseconds or microseconds (10, 13, 16 digits) or ISO 8601; one without a zone is
    local to `timezone` (an IANA name). A typed timestamp is local to it too, unless it carries a zone.
    """
    if value.type().is_timestamp():
        if value.type().timezone is not None:
            return to_utc(value.cast("timestamp"), "UTC")
        return _local(value.cast("timestamp"), timezone)
    # The commonest forms first, told by their length: no regular expression is run for them.
    plain = value.like("____-__-__ __:__:__") | value.like("____-__-__T__:__:__")
    size = value.length()
    return ibis.cases(
        (
            (size == _PLAIN_LENGTH) & plain & ~value.endswith("Z"),
            _local(value.try_cast("timestamp"), timezone),
        ),
        ((size == _PLAIN_LENGTH + 1) & value.like("____-__-__T__:__:__Z"), value.try_cast("timestamp")),
        (value.re_search(r"^\d+$"), _from_epoch(value)),
        (value.re_search(_ISO), _from_iso(value, timezone)),
        else_=ibis.null("timestamp"),
    )


def _local(time: ir.TimestampValue, timezone: str) -> ir.TimestampValue:
    return time if timezone == "UTC" else to_utc(time, timezone)


def _from_epoch(digits: ir.StringValue) -> ir.TimestampValue:
    number = digits.try_cast("int64")
    micros = ibis.cases(
        *((digits.length() == size, number * scale) for size, scale in _MICROSECONDS_PER_EPOCH_DIGIT.items()),
        else_=ibis.null("int64"),
    )
    return ibis.literal("1970-01-01 00:00:00").cast("timestamp") + micros.as_interval("us")


def _from_iso(text: ir.StringValue, timezone: str) -> ir.TimestampValue:
    def part(group: int) -> ir.StringValue:
        return text.re_extract(_ISO, group)

    seconds = part(3).nullif("").fill_null(":00")
    fraction = part(4).replace(",", ".")
    local = (part(1) + " " + part(2) + seconds + fraction).try_cast("timestamp")
    minutes = part(7).try_cast("int64") * 60 + part(8).nullif("").fill_null("0").try_cast("int64")
    sign = (part(6) == "-").ifelse(-1, 1)
    return ibis.cases(
        (part(5) == "", _local(local, timezone)),
        (part(6) == "", local),
        else_=local - (sign * minutes).as_interval("m"),
    )


def parse_amount(text: ir.StringValue) -> ir.DecimalValue:
    """Money as decimal(18,6): decimal point, optional sign, no thousands separators, no exponent."""
    is_number = text.re_search(r"^[+-]?(\d+\.?\d*|\.\d+)$")
    return is_number.ifelse(text, ibis.null("string")).try_cast("decimal(18,6)")


def parse_integer(text: ir.StringValue) -> ir.IntegerValue:
    """A whole number, 64 bits."""
    return text.re_search(r"^[+-]?\d+$").ifelse(text, ibis.null("string")).try_cast("int64")


def parse_boolean(text: ir.StringValue) -> ir.BooleanValue:
    """true/false, t/f, 1/0, yes/no, any case."""
    lower = text.lower()
    return ibis.cases(
        (lower.isin(["true", "t", "1", "yes"]), True),
        (lower.isin(["false", "f", "0", "no"]), False),
        else_=ibis.null("boolean"),
    )
