"""Rows and orders seen twice among the rows in scope."""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from mmpsync.config import Config
from mmpsync.engines.functions import defined, md5
from mmpsync.ingest.canonical import CONVERSION
from mmpsync.reconcile.scope import in_scope

__all__ = ["duplicate_orders", "duplicate_rows", "text_of"]

_UNIT_SEPARATOR = "\x1f"
# Within a file positions rise as rows do.
_ROW = ("source_file", "position")
_PLACE = ("source_file", "source_row")


def duplicate_rows(conversions: ir.Table, superseded: ir.Table) -> ir.Table:
    """The rows in scope that repeat an earlier one (by file and row).

    They have the same event id or, without one, the same canonical fields but file and row.
    """
    rows = in_scope(conversions, superseded, "source_file", "mmp", "event_id", "event_time", "mmp_device_id")
    rows = rows.select(
        *_ROW,
        "mmp",
        "event_id",
        # Equal rows are equal in these; comparing all their fields is slow and needed for few.
        suspicion=ibis.literal(_UNIT_SEPARATOR).join(
            [
                rows.mmp,
                ibis.coalesce(
                    "=" + rows.event_id,
                    rows.event_time.cast("string").fill_null("") + rows.mmp_device_id.fill_null(""),
                ),
            ]
        ),
    )
    suspects = rows.semi_join(_repeated(rows, ["suspicion"]), "suspicion")
    compared = suspects.join(_digests(conversions, suspects), "position")
    keyed = compared.select(
        *_ROW,
        duplicate_key=ibis.coalesce(compared.mmp + _UNIT_SEPARATOR + compared.event_id, compared.digest),
    )
    place = ibis.row_number().over(group_by=keyed.duplicate_key, order_by=[keyed[name] for name in _ROW])
    ranked = keyed.mutate(place=place)
    return ranked.filter(ranked.place > 0).select("position")


def _repeated(rows: ir.Table, key: Sequence[str]) -> ir.Table:
    """The keys that several rows have."""
    groups = rows.group_by(key).agg(n=rows.count())
    return groups.filter(groups.n > 1)


def _digests(conversions: ir.Table, suspects: ir.Table) -> ir.Table:
    """Of each suspect a `digest`: the same for two exactly if all their canonical fields but file and row are equal."""
    rows = conversions.semi_join(suspects.select("position"), "position")
    return rows.select(
        "position", digest=md5(text_of(*(rows[name] for name in CONVERSION if name not in _PLACE)))
    )


def text_of(*values: ir.Value) -> ir.StringValue:
    """One text that is the same for two rows exactly if all these values are; never null."""
    return ibis.literal(_UNIT_SEPARATOR).join([_marked(value.cast("string")) for value in values])


@defined(content="string")
def _marked(content: ir.StringValue) -> ir.Value:
    """A marker in front of a value keeps null and empty, and neighbours, apart."""
    return ("=" + content).fill_null("-")


def duplicate_orders(
    conversions: ir.Table, superseded: ir.Table, repeated_rows: ir.Table, config: Config
) -> ir.Table:
    """The rows of orders seen more than once.

    `conflicting_order` for all rows of an order that disagree in click id, amount or currency; else the rows
    that duplicate the earliest.
    """
    codes = {name: event.code for name, event in config.events.items() if event.code}
    told = ("source_file", "order_id", "event", "event_id", "event_time", "click_id", "currency")
    rows = in_scope(conversions, superseded, *told, "amount", "amount_raw")
    rows = rows.filter(rows.order_id.notnull())
    event = rows.event.cases(*codes.items(), else_=rows.event) if codes else rows.event
    amount = rows.amount.cast("string").fill_null(rows.amount_raw)
    rows = rows.select(
        *_ROW,
        "order_id",
        "event_time",
        "event_id",
        order_event=event,
        terms=text_of(rows.click_id, amount, rows.currency),
    ).anti_join(repeated_rows, "position")
    key = ["order_event", "order_id"]
    several = rows.semi_join(_repeated(rows, key), key)
    several = several.join(_digests(conversions, several), "position")
    of_order = ibis.window(group_by=key)
    # Content decides between equal times, so that the order of the rows does not.
    earliest = [several.event_time.asc(nulls_first=False), several.event_id, several.digest]
    ranked = several.mutate(
        conflicting_order=several.terms.min().over(of_order) != several.terms.max().over(of_order),
        place=ibis.row_number().over(
            group_by=[several[name] for name in key], order_by=[*earliest, *(several[name] for name in _ROW)]
        ),
    )
    return ranked.filter(ranked.conflicting_order | (ranked.place > 0)).select(
        "position", "conflicting_order"
    )
