"""Click-to-install time: how long after its matched click an install happened, in seconds."""

from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from mmpsync.engines.interface import Engine
from mmpsync.reconcile.scope import INSTALLS
from mmpsync.summaries import Ctit

__all__ = ["SPANS", "as_ctit", "installs", "label", "measures", "total_ctit"]

# Upper bound in seconds (exclusive) → the span's name, in order.
SPANS: Mapping[int | None, str] = {
    10: "0–10 s",
    60: "10–60 s",
    600: "1–10 min",
    3_600: "10–60 min",
    21_600: "1–6 h",
    86_400: "6–24 h",
    604_800: "1–7 d",
    2_592_000: "7–30 d",
    None: "> 30 d",
}
_PERCENTILES = (0.01, 0.05, 0.5, 0.95, 0.99)
_FEWEST_INSTALLS = 50
# Organic-looking installs rarely come within seconds of a click; shares above these are no accident.
_GLUT_SHARE = 0.1
_FLAT_SHARE = 0.6
_SPAN_SHARE = 0.1


def total_ctit(engine: Engine, judged: ir.Table) -> Ctit:
    """Click-to-install time of all installs in scope with a matched click."""
    rows = installs(judged)
    return as_ctit(engine.rows(rows.aggregate(**measures(rows)))[0])


def installs(judged: ir.Table) -> ir.Table:
    """The installs in scope with a matched click, with `seconds` between the two."""
    rows = judged.filter(judged.kind.isin(INSTALLS) & judged.matched_click_time.notnull() & judged.in_scope)
    return rows.mutate(seconds=rows.event_time.epoch_seconds() - rows.matched_click_time.epoch_seconds())


def measures(rows: ir.Table) -> dict[str, ir.Value]:
    """Aggregates over `installs`: how many, percentiles, and how many in each span."""
    found: dict[str, ir.Value] = {"installs": rows.count()}
    for share in _PERCENTILES:
        found[_percentile(share)] = rows.seconds.quantile(share)
    # A click within the clock tolerance after its install counts as at once: the first span has no lower end.
    at_least = ibis.literal(True)
    for upper, span in SPANS.items():
        below = ibis.literal(True) if upper is None else rows.seconds < upper
        found[span] = rows.count(where=at_least & below)
        at_least = ~below
    return found


def _percentile(share: float) -> str:
    return f"p{round(share * 100)}"


def as_ctit(row: Mapping[str, Any]) -> Ctit:
    """One row of `measures` as a Ctit."""
    count = row["installs"]
    if not count:
        return Ctit(installs=0)
    histogram = {span: row[span] for span in SPANS.values()}
    # Times are known to the microsecond; what is behind that is how an engine reckons.
    percentiles = {_percentile(share): round(float(row[_percentile(share)]), 6) for share in _PERCENTILES}
    return Ctit(installs=count, percentiles=percentiles, histogram=histogram, label=label(count, histogram))


def label(count: int, histogram: Mapping[str, int]) -> str | None:
    """What the shape of a histogram is consistent with; null for few installs and ordinary shapes."""
    if count < _FEWEST_INSTALLS:
        return None
    spans = list(SPANS.values())
    if histogram[spans[0]] / count > _GLUT_SHARE:
        return "consistent with click injection (glut under 10 s)"
    if _is_flat([histogram[span] for span in spans[4:7]], count):
        return "consistent with click flooding (flat over hours)"
    return None


def _is_flat(hours: Sequence[int], count: int) -> bool:
    """Whether most installs lie hours after their click, and not in one span alone."""
    spread = sum(n / count > _SPAN_SHARE for n in hours)
    return sum(hours) / count > _FLAT_SHARE and spread > 1
