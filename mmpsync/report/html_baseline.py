"""What changed since the baseline, in the HTML report."""

from dataclasses import dataclass

from mmpsync.figures import moment, number, points, rate
from mmpsync.masking import brief
from mmpsync.reasons import BY_CODE
from mmpsync.report.html_excerpt import Excerpt, excerpt
from mmpsync.report.html_groups import group_name
from mmpsync.run import Run

__all__ = ["BaselineView", "Change", "baseline_view"]

_MOST = 30
_LONGEST_NAME = 40


@dataclass(frozen=True)
class Change:
    """A line of a table: what it is about, its value then and now, and the difference."""

    name: str
    earlier: str
    now: str
    change: str


@dataclass(frozen=True)
class BaselineView:
    """The match rate and rows of both runs, reasons with more or fewer rows, groups whose match rate moved."""

    as_of: str
    totals: tuple[Change, ...]
    reasons: Excerpt[Change]
    groups: Excerpt[Change]


def baseline_view(run: Run) -> BaselineView | None:
    """Compare with the earlier run, if one was given; the largest changes first."""
    earlier = run.baseline
    if earlier is None:
        return None
    reasons = [
        Change(
            BY_CODE[found.code].title if found.code in BY_CODE else brief(found.code, _LONGEST_NAME),
            number(found.earlier_rows),
            number(found.rows),
            f"{found.rows - found.earlier_rows:+,}" if found.status == "changed" else found.status,
        )
        for found in sorted(earlier.reasons, key=lambda found: -abs(found.rows - found.earlier_rows))
    ]
    groups = [
        Change(
            f"{found.dimension} {group_name(found.name)}",
            rate(found.earlier_match_rate),
            rate(found.match_rate),
            points(found.change),
        )
        for found in sorted(earlier.groups, key=lambda found: -abs(found.change))
    ]
    totals = (
        Change(
            "Match rate",
            rate(earlier.match_rate),
            rate(run.summary.match_rate),
            points(earlier.match_rate_change),
        ),
        Change(
            "Rows", number(earlier.rows), number(run.summary.rows), f"{run.summary.rows - earlier.rows:+,}"
        ),
    )
    return BaselineView(moment(earlier.as_of), totals, excerpt(reasons, _MOST), excerpt(groups, _MOST))
