"""Cells of a source that writes them loosely: wrapped in backticks, quoted twice, JSON cut off or broken."""

import re

import ibis
import ibis.expr.types as ir

from mmpsync.engines.functions import unwrapped

__all__ = ["broken_json_text", "value_of"]


def value_of(text: ir.StringValue) -> ir.StringValue:
    """The unwrapped text; null where nothing is left of it, and for a JSON object, which is no value."""
    return text.like('{%"%').ifelse(ibis.null("string"), unwrapped(text)).nullif("")


def broken_json_text(text: ir.StringValue, key: str) -> ir.StringValue:
    """The string that follows `key` in JSON which does not parse, even if it is cut off; null if there is none.

    Its quotes may be single ones, or escaped. It ends at a quote or a backslash.
    """
    pattern = rf"""["']{re.escape(key)}\\*["']\s*:\s*\\*["']([^"'\\]+)"""
    return text.re_extract(pattern, 1).nullif("")
