"""Rows and orders seen twice among the rows in scope."""

import ibis
import ibis.expr.types as ir

from mmpsync.config import Config
from mmpsync.engines.functions import md5
from mmpsync.ingest.canonical import CONVERSION

__all__ = ["duplicate_orders", "duplicate_rows", "with_digest"]

_UNIT_SEPARATOR = "\x1f"
_ROW = ("source_file", "source_row")


def with_digest(conversions: ir.Table, scope: ir.Table) -> ir.Table:
    """The rows in scope with `digest`: the same for two rows exactly if all canonical fields but file and
    row are equal."""
    rows = conversions.semi_join(scope.filter(scope.in_scope), _ROW)
    fields = [name for name in CONVERSION if name not in _ROW]
    # A marker in front of every value keeps null and empty, and neighbours, apart.
    parts = [("=" + rows[name].cast("string")).fill_null("-") for name in fields]
    return rows.select(*_ROW, "mmp", "event_id", digest=md5(ibis.literal(_UNIT_SEPARATOR).join(parts)))


def duplicate_rows(digests: ir.Table) -> ir.Table:
    """The rows that repeat an earlier one (by file and row): same event id, or without one, same fields."""
    keyed = digests.mutate(
        duplicate_key=ibis.coalesce(digests.mmp + _UNIT_SEPARATOR + digests.event_id, digests.digest)
    )
    groups = keyed.group_by("duplicate_key").agg(n=keyed.count())
    repeated = keyed.semi_join(groups.filter(groups.n > 1), "duplicate_key")
    place = ibis.row_number().over(group_by=repeated.duplicate_key, order_by=[repeated.source_file, repeated.source_row])
    ranked = repeated.mutate(place=place)
    return ranked.filter(ranked.place > 0).select(*_ROW)


def duplicate_orders(scope: ir.Table, repeated_rows: ir.Table, digests: ir.Table, config: Config) -> ir.Table:
    """The rows of orders seen more than once: `conflicting` when the rows of an order disagree, else a
    duplicate of the earliest."""
    codes = {name: event.code for name, event in config.events.items() if event.code}
    rows = scope.filter(scope.in_scope & scope.order_id.notnull()).anti_join(repeated_rows, _ROW)
    event = rows.event.cases(*codes.items(), else_=rows.event) if codes else rows.event
    rows = rows.mutate(
        order_event=event,
        terms=ibis.literal(_UNIT_SEPARATOR).join(
            [
                ("=" + part).fill_null("-")
                for part in (rows.click_id, rows.amount.cast("string").fill_null(rows.amount_raw), rows.currency)
            ]
        ),
    )
    key = ["order_event", "order_id"]
    groups = rows.group_by(key).agg(n=rows.count(), terms_seen=rows.terms.nunique())
    groups = groups.filter(groups.n > 1)
    several = rows.join(groups, key).join(digests.select(*_ROW, "digest"), _ROW)
    earliest = [several.event_time.asc(nulls_first=False), several.event_id, several.digest, *(several[c] for c in _ROW)]
    ranked = several.mutate(place=ibis.row_number().over(group_by=[several[c] for c in key], order_by=earliest))
    conflicting = ranked.terms_seen > 1
    return ranked.filter(conflicting | (ranked.place > 0)).select(*_ROW, conflicting_order=ranked.terms_seen > 1)
