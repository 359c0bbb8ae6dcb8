"""Which rows count: scope, events, and the order ids of installs. Everything before a click is looked up."""

import ibis
import ibis.expr.types as ir

from mmpsync.config import Config
from mmpsync.engines.functions import sha256
from mmpsync.reconcile.click_ids import is_macro, is_malformed, is_placeholder, is_usable

__all__ = ["EXCLUSIONS", "INSTALLS", "WITHOUT_ORDER_ID", "scoped"]

# Reasons that take a row out of scope, in the catalogue's order, each with its column here.
EXCLUSIONS = (
    "not-a-conversion",
    "superseded",
    "test-row",
    "rejected-by-mmp",
    "unmapped-event",
    "restricted-source",
    "organic",
    "other-source",
)
# What matching and duplicates need of a row.
_KEPT = (
    "position", "source_file", "source_row", "mmp", "kind", "attribution", "event_id", "event_time", "click_id",
    "mmp_device_id", "amount", "amount_raw", "currency",
)  # fmt: skip
INSTALLS = ("install", "reinstall")
"""Kinds that put the app on a device: the time since their click is one of downloading."""
WITHOUT_ORDER_ID = (*INSTALLS, "reattribution", "reengagement")
"""Kinds without an order id of their own."""


def scoped(conversions: ir.Table, numbers: ir.Table | None, config: Config) -> ir.Table:
    """Per row, what is known before any click is looked up; keyed by position, its `numbers` in their files given.

    `event` (the configured event's name, else the row's own; null when not payable), `order_id` (derived for
    installs), `is_macro`, `is_placeholder`, `is_malformed`, `usable` (of the ClickId), one boolean per
    exclusion, `in_scope`, and what matching and duplicates need of the row.
    """
    contested = _contested(conversions.select("supersede_key", "supersede_rank", "supersedes"))
    rows = conversions if numbers is None else conversions.drop("source_row").join(numbers, "position")
    rows = rows.left_join(contested, rows.supersede_key == contested.key)
    rows = rows.select(
        *_KEPT,
        event=_event(rows, config),
        order_id=_order_id(rows, config),
        is_macro=is_macro(rows.click_id),
        is_placeholder=is_placeholder(rows.click_id),
        is_malformed=is_malformed(rows.click_id),
        usable=is_usable(rows.click_id),
        superseded=(rows.supersede_rank < rows.superseding_rank).fill_null(False),
    )
    attribution = rows.attribution
    excluded = {
        "not-a-conversion": rows.kind == "other",
        "superseded": rows.superseded,
        "test-row": attribution == "test",
        "rejected-by-mmp": attribution == "rejected",
        "unmapped-event": (rows.kind != "other") & rows.event.isnull(),
        "restricted-source": attribution == "restricted",
        "organic": attribution.isin(["organic", "unknown"]) & ~rows.usable,
        "other-source": (attribution == "other") & ~rows.usable,
    }
    return rows.mutate(**excluded, in_scope=~ibis.or_(*excluded.values()))


def _contested(conversions: ir.Table) -> ir.Table:
    """The installs and events of which a row may be superseded, with the highest rank that supersedes others."""
    rows = conversions.filter(conversions.supersede_key.notnull())
    highest = rows.aggregate(highest=rows.supersede_rank.max(where=rows.supersedes))
    # Where reports agree, no row ranks below any other, and there is nothing to group.
    lower = rows.cross_join(highest)
    keys = lower.filter(lower.supersede_rank < lower.highest).select(key=lower.supersede_key).distinct()
    rows = rows.semi_join(keys, rows.supersede_key == keys.key)
    return rows.group_by(key=rows.supersede_key).agg(
        superseding_rank=rows.supersede_rank.max(where=rows.supersedes)
    )


def _event(rows: ir.Table, config: Config) -> ir.StringValue:
    if not config.events:
        return ibis.coalesce(rows.event_name, rows.kind)
    branches = [
        (rows.event_name.isin(event.names), ibis.literal(name)) for name, event in config.events.items()
    ]
    return ibis.cases(*branches, else_=ibis.null("string"))


def _order_id(rows: ir.Table, config: Config) -> ir.StringValue:
    """The row's order id; installs get one derived from who installed what when, the same on every run."""
    who = ibis.coalesce(rows.mmp_device_id, rows.gaid, rows.idfa, rows.idfv, rows.android_id)
    # Whole seconds: exports of the same install differ in whether they have a fraction.
    seconds = rows.event_time.truncate("s").epoch_seconds().cast("int32").cast("int64").cast("string")
    digest = sha256(ibis.literal("|").join([rows.mmp, rows.app_id.fill_null(""), who, seconds]))
    derived = "install-" + digest.substr(0, 32)
    known = who.notnull() & rows.event_time.notnull()
    own = rows.order_id
    from_event_id = [
        name for event in config.events.values() if event.order_id_from == "event_id" for name in event.names
    ]
    if from_event_id:
        own = rows.event_name.isin(from_event_id).ifelse(rows.event_id, own)
    return rows.kind.isin(WITHOUT_ORDER_ID).ifelse(known.ifelse(derived, ibis.null("string")), own)
