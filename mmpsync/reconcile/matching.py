"""Conversion ↔ click: the matched click, and near misses where there is none.

The click records are scanned once, however many there are, and only those that share a search key with
some conversion are kept.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir

from mmpsync.engines.interface import Engine
from mmpsync.ingest.canonical import CLICK
from mmpsync.reconcile.click_ids import TRUNCATION_LENGTH, loose_key, with_search_key

__all__ = ["UNKNOWN", "ClickRecords", "look_up"]

# The click export of a day is complete only after it: a conversion this long after the last click record
# may still have its click in the next export.
_GRACE = ibis.interval(hours=24)
# What is kept of a click record that matters.
_KEPT = ("click_id", "click_time", "partner")
UNKNOWN: Mapping[str, ir.Scalar] = {
    **dict.fromkeys(("joined", "known"), ibis.literal(False)),
    **dict.fromkeys(("all_later", "covered"), ibis.null("boolean")),
    **dict.fromkeys(("first_click", "matched_click_time"), ibis.null("timestamp")),
    **dict.fromkeys(("partner", "near_miss", "suggestion"), ibis.null("string")),
}
"""What `look_up` says where there are no click records at all."""


@dataclass(frozen=True)
class ClickRecords:
    """What the click records of a run cover (UTC).

    `files` counts the rows of each file, with a ClickId or not; `records` those with one.
    """

    records: int
    earliest: datetime | None
    latest: datetime | None
    files: dict[str, int]


def look_up(
    engine: Engine, clicks: Sequence[ir.Table], candidates: ir.Table, tolerance: timedelta
) -> tuple[Callable[[], ClickRecords], ir.Table]:
    """Begin to scan all click records, once, and look the candidates up among them, by `click_id` and `event_time`.

    The table says per candidate, keyed by position: `joined` (there are click records), `known` (some record has the
    very ClickId), `matched_click_time` (null when all are later), `all_later`, `first_click` (its time), `partner`,
    `covered` (by the time of the click records), `near_miss` (a reason) and `suggestion`. What the records cover waits
    for them.
    """
    if not clicks:
        return lambda: ClickRecords(0, None, None, {}), candidates.select("position", **UNKNOWN)
    folded = _relevant(engine, clicks, candidates)
    per_file = folded.group_by("source_file").agg(rows=folded.rows.sum(), **_covered(folded))
    asked = engine.ask(per_file.order_by("source_file"))
    kept = folded.filter(folded.click_id.notnull())
    ids = _by_id(kept)
    found = engine.materialize(_with_id(candidates, ids, tolerance), "found")
    unknown = engine.materialize(found.filter(~found.known).select("click_id").distinct(), "unknown_ids")
    rows = found.left_join(_between(found, kept), "position").drop("position_right")
    near = _near_misses(unknown, ids)
    rows = rows.left_join(near, rows.click_id == near.unknown_id)
    rows = rows.cross_join(folded.aggregate(**_covered(folded)))
    covered = rows.event_time.between(rows.earliest, rows.latest + _GRACE)
    matched = rows.select(
        "position",
        *(name for name in UNKNOWN if name in rows.columns),
        joined=(rows.records > 0).fill_null(False),
        matched_click_time=ibis.coalesce(rows.last_if_before, rows.time_between),
        covered=covered.fill_null(True),
    )
    return lambda: _records(asked()), matched


def _covered(folded: ir.Table) -> dict[str, ir.Value]:
    return {
        "records": folded.records.sum(),
        "earliest": folded.earliest.min(),
        "latest": folded.latest.max(),
    }


def _relevant(engine: Engine, clicks: Sequence[ir.Table], candidates: ir.Table) -> ir.Table:
    """The records that a candidate may mean: one row per file, click id, time and partner.

    `is_own` tells whether impact.com itself says so: only its own records name the partner. What matters to no
    conversion is folded into one row per file, which still counts it and its times.
    """
    keys = with_search_key(candidates.select("click_id")).select(wanted_key="search_key").distinct()
    records = ibis.union(*clicks) if len(clicks) > 1 else clicks[0]
    records = with_search_key(records)
    joined = records.left_join(keys, records.search_key == keys.wanted_key)
    kept = {
        name: joined.wanted_key.notnull().ifelse(joined[name], ibis.null(kind))
        for name, kind in CLICK.items()
        if name in _KEPT
    }
    identified = joined.click_id.notnull()
    folded = joined.group_by(source_file=joined.source_file, **kept).agg(
        is_own=joined.is_own.any(),
        rows=joined.count(),
        records=joined.count(where=identified),
        earliest=joined.click_time.min(where=identified),
        latest=joined.click_time.max(where=identified),
    )
    return engine.materialize(folded, "clicks")


def _records(per_file: Sequence[Mapping[str, Any]]) -> ClickRecords:
    return ClickRecords(
        records=sum(int(row["records"]) for row in per_file),
        earliest=min((row["earliest"] for row in per_file if row["earliest"]), default=None),
        latest=max((row["latest"] for row in per_file if row["latest"]), default=None),
        files={row["source_file"]: int(row["rows"]) for row in per_file},
    )


def _by_id(clicks: ir.Table) -> ir.Table:
    """One row per ClickId: a conversion may then be joined to it without multiplying."""
    return clicks.group_by("click_id").agg(
        first_click=clicks.click_time.min(),
        last_click=clicks.click_time.max(),
        # One ClickId is one journey of one partner: impact.com names it, where an MMP's click names the media
        # source. max() is only there to be deterministic.
        partner=ibis.coalesce(clicks.partner.max(where=clicks.is_own), clicks.partner.max()),
    )


def _with_id(candidates: ir.Table, ids: ir.Table, tolerance: timedelta) -> ir.Table:
    """The candidates with what their ClickId's first and last clicks already decide; that is most of them."""
    rows = candidates.left_join(ids, "click_id")
    known = rows.click_id_right.notnull()
    deadline = rows.event_time + ibis.interval(seconds=int(tolerance.total_seconds()))
    last_before = (rows.last_click <= deadline).fill_null(False)
    all_later = (rows.first_click > deadline).fill_null(False)
    return rows.select(
        "position",
        "click_id",
        "event_time",
        "first_click",
        "partner",
        known=known,
        deadline=deadline,
        all_later=all_later,
        last_if_before=last_before.ifelse(rows.last_click, ibis.null("timestamp")),
        undecided=known & ~last_before & ~all_later & deadline.notnull() & rows.last_click.notnull(),
    )


def _between(found: ir.Table, clicks: ir.Table) -> ir.Table:
    """For rows whose clicks lie on both sides of them, the latest click before: one sort, no product."""
    rows = found.filter(found.undecided).select(
        "click_id", "position", at=found.deadline, is_click=ibis.literal(0)
    )
    at = clicks.filter(clicks.click_time.notnull()).semi_join(rows, "click_id")
    both = rows.union(
        at.select(
            "click_id",
            position=ibis.null("int64"),
            at=at.click_time,
            is_click=ibis.literal(1),
        )
    )
    # A click at the very deadline still counts: clicks sort first among equal times.
    so_far = ibis.window(group_by="click_id", order_by=[both.at, both.is_click.desc()], rows=(None, 0))
    latest = (both.is_click == 1).ifelse(both.at, ibis.null("timestamp")).max().over(so_far)
    timed = both.mutate(time_between=latest)
    return timed.filter(timed.is_click == 0).select("position", "time_between")


def _near_misses(unknown: ir.Table, ids: ir.Table) -> ir.Table:
    """For ClickIds that no record has: the reason and, where it is certain, the true id."""
    values = unknown.select(
        unknown_id=unknown.click_id, loose=loose_key(unknown.click_id), lower=unknown.click_id.lower()
    )
    known = ids.select(
        known_id=ids.click_id, known_loose=loose_key(ids.click_id), known_lower=ids.click_id.lower()
    )
    pairs = values.join(known, values.loose == known.known_loose)
    same_letters = pairs.lower == pairs.known_lower
    alike = pairs.group_by("unknown_id").agg(
        case_ids=pairs.known_id.nunique(where=same_letters),
        case_id=pairs.known_id.min(where=same_letters),
        loose_ids=pairs.known_id.nunique(),
        loose_id=pairs.known_id.min(),
    )
    prefixed = _truncated(values, known)
    rows = values.left_join(alike, "unknown_id").drop("unknown_id_right")
    rows = rows.left_join(prefixed, "unknown_id").drop("unknown_id_right")
    none = ibis.null("string")
    by_case, by_encoding = rows.case_ids.fill_null(0) > 0, rows.loose_ids.fill_null(0) > 0
    return rows.select(
        "unknown_id",
        near_miss=ibis.cases(
            (by_case, "click-id-case-changed"),
            (by_encoding, "click-id-encoding-changed"),
            (rows.whole_id.notnull(), "click-id-truncated"),
            else_=none,
        ),
        # Two ids that differ from the value in the same way leave it open which is meant.
        suggestion=ibis.cases(
            (by_case, (rows.case_ids == 1).ifelse(rows.case_id, none)),
            (by_encoding, (rows.loose_ids == 1).ifelse(rows.loose_id, none)),
            else_=rows.whole_id,
        ),
    )


def _truncated(values: ir.Table, known: ir.Table) -> ir.Table:
    """The values that are a proper prefix of exactly one known id, with that id.

    In sorted order the ids that begin with a value follow it directly, so the next known id and the one
    after decide; the sort costs the same however many ids share a beginning.
    """
    long = values.filter(values.unknown_id.length() >= TRUNCATION_LENGTH)
    rows = long.select(id=long.unknown_id, is_known=ibis.literal(0)).union(
        known.select(id=known.known_id, is_known=ibis.literal(1))
    )
    rows = rows.mutate(beginning=rows.id.left(TRUNCATION_LENGTH))
    in_order = ibis.window(group_by="beginning", order_by=["id", "is_known"], rows=(None, 0))
    ranked = rows.mutate(place=rows.count(where=rows.is_known == 1).over(in_order))
    ids = ranked.filter(ranked.is_known == 1).select("beginning", "place", whole_id=ranked.id)
    cut = ranked.filter(ranked.is_known == 0).select(
        "beginning", unknown_id=ranked.id, next_place=ranked.place + 1, second_place=ranked.place + 2
    )
    nearest = cut.join(ids, [cut.beginning == ids.beginning, cut.next_place == ids.place])
    nearest = nearest.select("beginning", "unknown_id", "second_place", "whole_id")
    nearest = nearest.filter(nearest.whole_id.startswith(nearest.unknown_id))
    after = ids.view().select(after_beginning="beginning", after_place="place", after_id="whole_id")
    rows = nearest.left_join(
        after, [nearest.beginning == after.after_beginning, nearest.second_place == after.after_place]
    )
    alone = ~rows.after_id.startswith(rows.unknown_id).fill_null(False)
    return rows.filter(alone).select("unknown_id", "whole_id")
