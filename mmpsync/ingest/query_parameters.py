"""The values of query parameters in URLs and bare query strings, whoever wrote them and however."""

import re
from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from mmpsync.engines.functions import query_parameter

__all__ = ["query_value"]


def query_value(
    text: ir.StringValue,
    lower: ir.StringValue,
    params: Sequence[str],
    owner: tuple[str, Sequence[str]] | None = None,
) -> ir.StringValue:
    r"""The first of these query parameters with a value, as found; null when there is none.

    `lower` is the text in lower case. A parameter's name ignores case and may itself be percent-encoded; `\u0026`
    counts as `&`. `owner` is a parameter that says whose the URL is, and the values (lower case) for which it may be
    read; so it may where the URL has no such parameter.
    """
    found = [_first_of(text, lower, name) for name in params]
    value = ibis.coalesce(*found) if len(found) > 1 else found[0]
    if owner is None:
        return value
    return _is_own(text, lower, *owner).ifelse(value, ibis.null("string"))


def _is_own(text: ir.StringValue, lower: ir.StringValue, name: str, own: Sequence[str]) -> ir.BooleanValue:
    """Whether the first value of a query parameter is one of these, or there is none."""
    spelt = [*own, *(source.replace("_", "%5f") for source in own)]
    is_own = _first_of(text, lower, name).lower().isin(spelt).fill_null(True)
    if not name.isalnum():
        return is_own
    # A link of the source's own begins with it as a rule, which two searches tell for a third of the price.
    first = lower.find(f"{name}=")
    begins = ibis.or_(*(lower.find(f"?{name}={source}&") + 1 == first for source in own)) & (first > 0)
    return begins.ifelse(True, is_own)


def _first_of(text: ir.StringValue, lower: ir.StringValue, name: str) -> ir.StringValue:
    """The first value of a query parameter, as found; null when there is none."""
    spelt = "".join(c if c.isalnum() else f"(?:{re.escape(c)}|%{ord(c):02X})" for c in name)
    # What of the name cannot be encoded; in front of it stand the rest of the name and a separator.
    ending = re.split(r"[^0-9A-Za-z]", name)[-1].lower() + "="
    rest = name[: len(name) - len(ending) + 1]
    longest = sum(1 if c.isalnum() else len("%5F") for c in rest)
    return query_parameter(text, lower, spelt, ending, longest + 1)
