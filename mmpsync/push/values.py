"""A value as a form takes it, by the kind of its field: text, or null where it cannot be sent."""

from collections.abc import Callable, Mapping

import ibis
import ibis.expr.types as ir

from mmpsync.config import Config
from mmpsync.conversion_fields import ConversionField
from mmpsync.engines.functions import sha1, sha256, trimmed
from mmpsync.ingest.values import parse_amount, parse_boolean, parse_time

__all__ = ["form_text", "problem"]

_DECIMALS = 6
_WIDTH = 18
_HASHED = r"^([0-9a-fA-F]{40}|[0-9a-fA-F]{64})$"
_EMAIL = r"^[^@\s]+@[^@\s]+\.[A-Za-z]{2,}$"


def form_text(value: ir.Value, field: ConversionField, config: Config, mmp: ir.Value) -> ir.StringValue:
    """The value as it is sent; null where it is none that the field takes.

    `value` is text as a source has it, or typed. Times end as ISO 8601 in UTC, to the second; decimals have no
    exponent, and money with a documented number of decimals is rounded to it.
    """
    forms: Mapping[str, Callable[[], ir.StringValue]] = {
        "text": lambda: _text(value),
        "integer": lambda: _only(_text(value), r"^[0-9]+$"),
        "decimal": lambda: _decimal(value, field),
        "boolean": lambda: _yes_or_no(parse_boolean(value)),
        "time": lambda: _moment(_time(value, config, mmp)),
        "email": lambda: _hashed(trimmed(value), config),
    }
    return forms[field.kind]()


def problem(value: ir.Value, form: ir.StringValue, field: ConversionField) -> ir.StringValue:
    """What keeps a value from being sent in this form, as the plan says it; null for nothing."""
    branches = []
    if field.digits is not None:
        large = value.notnull() & form.isnull() & _number(value).notnull()
        branches.append((large, ibis.literal(f"too-large:{field.name}")))
    if field.kind != "text":
        branches.append((value.notnull() & form.isnull(), ibis.literal(f"not-valid:{field.name}")))
    if field.longest is not None:
        branches.append((form.length() > field.longest, ibis.literal(f"too-long:{field.name}")))
    if not branches:
        return ibis.null("string")
    return ibis.cases(*branches, else_=ibis.null("string"))


def _text(value: ir.Value) -> ir.StringValue:
    return value if value.type().is_string() else value.cast("string")


def _only(text: ir.StringValue, pattern: str) -> ir.StringValue:
    return text.re_search(pattern).ifelse(text, ibis.null("string"))


def _number(value: ir.Value) -> ir.DecimalValue:
    return parse_amount(value) if value.type().is_string() else value.cast(f"decimal({_WIDTH}, {_DECIMALS})")


def _decimal(value: ir.Value, field: ConversionField) -> ir.StringValue:
    number = _number(value)
    if field.digits is None:
        return number.cast("string").re_replace(r"\.?0+$", "")
    width, decimals = field.digits
    rounded = number.cast(f"decimal({_WIDTH}, {decimals})")
    fits = rounded.abs() < 10 ** (width - decimals)
    return fits.ifelse(rounded.cast("string"), ibis.null("string"))


def _yes_or_no(truth: ir.BooleanValue) -> ir.StringValue:
    return ibis.cases((truth, "true"), (~truth, "false"), else_=ibis.null("string"))


def _time(value: ir.Value, config: Config, mmp: ir.Value) -> ir.TimestampValue:
    """A time that says no zone is in that of its source's files."""
    if value.type().is_timestamp():
        return value
    zones = {name: source.timezone for name, source in config.sources.items() if source.timezone != "UTC"}
    told = [(mmp == name, parse_time(value, zone)) for name, zone in zones.items()]
    usual = parse_time(value, "UTC")
    return ibis.cases(*told, else_=usual) if told else usual


def _moment(time: ir.TimestampValue) -> ir.StringValue:
    # "Z" is the offset that is hardest to lose: a plus may end as a blank.
    text = time.cast("string")
    return text.substr(0, 10) + "T" + text.substr(11, 8) + "Z"


def _hashed(text: ir.StringValue, config: Config) -> ir.StringValue:
    """An e-mail address hashed, or the hash that it is already."""
    digest = {"sha1": sha1, "sha256": sha256}[config.push.email_hash]
    address = text.lower() if config.push.email_case == "lower" else text
    return ibis.cases(
        (text.re_search(_HASHED), text.lower()),
        (text.re_search(_EMAIL), digest(address)),
        else_=ibis.null("string"),
    )
