"""Which rows count: scope, events, and the order ids of installs. Everything before a click is looked up."""

import ibis
import ibis.expr.types as ir

from mmpsync.config import Config
from mmpsync.engines.functions import sha256
from mmpsync.reconcile.click_ids import is_macro, is_malformed, is_placeholder

__all__ = ["EXCLUSIONS", "INSTALLS", "WITHOUT_ORDER_ID", "in_scope", "scoped", "superseded"]

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
INSTALLS = ("install", "reinstall")
"""Kinds that put the app on a device: the time since their click is one of downloading."""
WITHOUT_ORDER_ID = (*INSTALLS, "reattribution", "reengagement")
"""Kinds without an order id of their own."""


def scoped(rows: ir.Table, config: Config) -> ir.Table:
    """The conversions with what each row alone tells of its standing.

    `event` (the configured event's name, else the row's own; null when not payable), `order_id` (derived for
    installs), `is_macro`, `is_placeholder`, `is_malformed`, `usable` (of the ClickId: it may be looked up), one boolean
    per exclusion but `superseded`, and `is_excluded`, whether one of these holds.
    """
    rows = rows.mutate(
        event=_event(rows, config),
        order_id=_order_id(rows, config),
        is_macro=is_macro(rows.click_id),
        is_placeholder=is_placeholder(rows.click_id),
        is_malformed=is_malformed(rows.click_id),
    )
    usable = rows.click_id.notnull() & ~(rows.is_macro | rows.is_placeholder | rows.is_malformed)
    attribution = rows.attribution
    exclusions = {
        "not-a-conversion": rows.kind == "other",
        "test-row": attribution == "test",
        "rejected-by-mmp": attribution == "rejected",
        "unmapped-event": (rows.kind != "other") & rows.event.isnull(),
        "restricted-source": attribution == "restricted",
        "organic": attribution.isin(["organic", "unknown"]) & ~usable,
        "other-source": (attribution == "other") & ~usable,
    }
    return rows.mutate(usable=usable, **exclusions, is_excluded=ibis.or_(*exclusions.values()))


def superseded(conversions: ir.Table) -> ir.Table:
    """The `position` of each row in whose place another of the same install or event has come."""
    rows = conversions.filter(conversions.supersede_key.notnull())
    rows = rows.select("position", "supersede_key", "supersede_rank", "supersedes")
    highest = rows.aggregate(highest=rows.supersede_rank.max(where=rows.supersedes))
    # Where reports agree, no row ranks below any other, and there is nothing to group.
    lower = rows.cross_join(highest)
    lower = lower.filter(lower.supersede_rank < lower.highest)
    others = rows.semi_join(lower, "supersede_key")
    best = others.group_by("supersede_key").agg(
        superseding_rank=others.supersede_rank.max(where=others.supersedes)
    )
    below = lower.join(best, "supersede_key")
    return below.filter(below.supersede_rank < below.superseding_rank).select("position")


def in_scope(conversions: ir.Table, superseded: ir.Table, *columns: str) -> ir.Table:
    """The conversions that count, neither excluded nor superseded: their `position` and these columns."""
    rows = conversions.select("position", "is_excluded", *columns).anti_join(superseded, "position")
    return rows.filter(~rows.is_excluded)


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
