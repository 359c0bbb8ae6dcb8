"""Rows that take the place of earlier ones of the same install or event: what tells that they belong together."""

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from mmpsync.engines.functions import md5
from mmpsync.ingest.conditions import holds
from mmpsync.ingest.extraction import Values
from mmpsync.ingest.interface import Supersession
from mmpsync.ingest.values import parse_time

__all__ = ["rank", "superseding"]

_UNIT_SEPARATOR = "\x1f"
_NONE: Mapping[str, ir.Value] = {
    "supersede_key": ibis.null("string"),
    "supersede_rank_text": ibis.null("string"),
    "supersedes": ibis.literal(False),
}


def superseding(rule: Supersession | None, found: Values) -> Mapping[str, ir.Value]:
    """Per row, the rows that it belongs with, the time that ranks it among them, as text, and whether it supersedes."""
    if rule is None:
        return _NONE
    among = [holds(condition, found) for condition in rule.among]
    by = [holds(condition, found) for condition in rule.by]
    if any(test is False for test in among + by):
        return _NONE
    parts = [found.table.kind if ref == "kind" else found.text([ref]) for ref in rule.same]
    key = md5(ibis.literal(_UNIT_SEPARATOR).join([part.fill_null("") for part in parts]))
    return {
        "supersede_key": ibis.and_(*among).ifelse(key, ibis.null("string")),
        "supersede_rank_text": found.text([rule.rank] if rule.rank else []),
        "supersedes": ibis.and_(*among, *by),
    }


def rank(text: ir.Table, timezone: str) -> ir.IntegerValue:
    """The rank of rows with the columns of `superseding`: by time, and within a second those that supersede above others."""
    seconds = parse_time(text.supersede_rank_text, timezone).epoch_seconds().fill_null(0).cast("int64")
    return seconds * 2 + text.supersedes.cast("int64")
