"""Values as text to values: null tokens, times, money, numbers, booleans.

A cast that fails yields null; the raw text is kept beside it, so that a rule can tell "absent" from "does
not parse".
"""

import ibis
import ibis.expr.types as ir

from mmpsync.engines.functions import defined, local_seconds, to_utc, utc_seconds

__all__ = ["parse_amount", "parse_boolean", "parse_integer", "parse_time"]

# Date, hours and minutes, seconds, fraction, zone, sign of the offset, its hours and minutes.
_ISO = (
    r"^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2})?([.,]\d{1,9})? ?"
    r"(Z|z|UTC|utc|GMT|([+-])([01]\d):?([0-5]\d)?)?$"
)
# What Python, and every reader of Parquet, has a date for. DuckDB takes the year 0, which stands for "none" in some exports, for
# one before Christ.
_FIRST_YEAR, _LAST_MOMENT = "0001", "9999-12-31 23:59:59.999999"
# Between these days (the last one excluded) that is so whatever the zone.
_FIRST_DAY, _LAST_DAY = "0001-01-02", "9999-12-31"
_MICROSECONDS_PER_EPOCH_DIGIT = {10: 1_000_000, 13: 1_000, 16: 1}


def parse_time(value: ir.Value, timezone: str) -> ir.TimestampValue:
    """A time as UTC, microseconds, of the years 1 to 9999; null where it does not parse.

    Epoch seconds, milliseconds or microseconds (10, 13, 16 digits) or ISO 8601; one without a zone is
    local to `timezone` (an IANA name). A typed timestamp is local to it too, unless it carries a zone.
    """
    if value.type().is_timestamp():
        zone = "UTC" if value.type().timezone is not None else timezone
        time = value.cast("timestamp")
        first, last = (f"{_FIRST_YEAR}-01-01", _LAST_MOMENT) if zone == "UTC" else (_FIRST_DAY, _LAST_DAY)
        is_in_time = time.between(ibis.literal(first).cast("timestamp"), ibis.literal(last).cast("timestamp"))
        return is_in_time.ifelse(to_utc(time, zone), ibis.null("timestamp"))
    return text_time(value, timezone)


def _from_epoch(digits: ir.StringValue) -> ir.TimestampValue:
    number = digits.try_cast("int64")
    micros = ibis.cases(
        *((digits.length() == size, number * scale) for size, scale in _MICROSECONDS_PER_EPOCH_DIGIT.items()),
        else_=ibis.null("int64"),
    )
    return ibis.literal("1970-01-01 00:00:00").cast("timestamp") + micros.as_interval("us")


# Functions of their own, because an expression that is used often is compiled as often.
@defined(text="string", place="int64")
def iso_part(text: ir.StringValue, place: ir.IntegerValue) -> ir.StringValue:
    """A group of _ISO; empty where the text has none."""
    return text.re_extract(_ISO, place)


@defined(text="string", zone="string")
def iso_time(text: ir.StringValue, zone: ir.StringValue) -> ir.TimestampValue:
    """A time that fits _ISO."""

    def part(place: int) -> ir.StringValue:
        return iso_part(text, place)

    seconds = part(3).nullif("").fill_null(":00")
    fraction = part(4).replace(",", ".")
    local = (part(1) + " " + part(2) + seconds + fraction).try_cast("timestamp")
    minutes = part(7).try_cast("int64") * 60 + part(8).nullif("").fill_null("0").try_cast("int64")
    sign = (part(6) == "-").ifelse(-1, 1)
    return ibis.cases(
        (part(5) == "", to_utc(local, zone)),
        (part(6) == "", local),
        else_=local - (sign * minutes).as_interval("m"),
    )


@defined(text="string", zone="string")
def text_time(text: ir.StringValue, zone: ir.StringValue) -> ir.TimestampValue:
    """A time written in any of the forms of `parse_time`; trimmed."""
    none = ibis.null("timestamp")
    in_any_zone = (text >= _FIRST_DAY) & (text < _LAST_DAY)
    is_late_enough = text >= _FIRST_YEAR
    other = ibis.cases(
        (text.re_search(r"^\d+$"), _from_epoch(text)),
        (
            is_late_enough & (in_any_zone | text.endswith("Z")) & text.re_search(_ISO),
            iso_time(text, zone),
        ),
        else_=none,
    )
    # The commonest forms first: no regular expression is run for them.
    return ibis.coalesce(
        (is_late_enough & (in_any_zone | (zone == "UTC"))).ifelse(to_utc(local_seconds(text), zone), none),
        is_late_enough.ifelse(utc_seconds(text), none),
        other,
    )


@defined(text="string")
def parse_amount(text: ir.StringValue) -> ir.DecimalValue:
    """Money as decimal(18,6): decimal point, optional sign, no thousands separators, no exponent."""
    is_number = text.re_search(r"^[+-]?(\d+\.?\d*|\.\d+)$")
    return is_number.ifelse(text, ibis.null("string")).try_cast("decimal(18,6)")


@defined(text="string")
def parse_integer(text: ir.StringValue) -> ir.IntegerValue:
    """A whole number, 64 bits."""
    return text.re_search(r"^[+-]?\d+$").ifelse(text, ibis.null("string")).try_cast("int64")


@defined(text="string")
def parse_boolean(text: ir.StringValue) -> ir.BooleanValue:
    """true/false, t/f, 1/0, yes/no, any case."""
    lower = text.lower()
    return ibis.cases(
        (lower.isin(["true", "t", "1", "yes"]), True),
        (lower.isin(["false", "f", "0", "no"]), False),
        else_=ibis.null("boolean"),
    )
