"""Reasons in the HTML report: how large each one is, what it means, who fixes it and how."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mmpsync.figures import counted, number, share
from mmpsync.reasons import BY_CODE, Reason
from mmpsync.report.html_charts import Bar, Segment, Tone, bars
from mmpsync.report.html_excerpt import Excerpt, excerpt
from mmpsync.report.html_overview import largest_first
from mmpsync.report.outcome import by_weight, of_scope
from mmpsync.run import Run
from mmpsync.summaries import ReasonFile, ReasonSummary

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["ReasonGroup", "ReasonView", "reason_chart", "reason_groups"]

_MOST_FILES = 5
_MOST_PARAMETERS = 8
_MOST_CURRENCIES = 6
_MOST_BARS = 14
_TONES: dict[str, Tone] = {"error": "error", "warning": "warning"}


@dataclass(frozen=True)
class ReasonView:
    """A reason that occurred, and its entry in the catalogue."""

    entry: Reason
    rows: str
    share: str
    money: tuple[str, ...]
    also: int
    parameters: Excerpt[tuple[str, str]]
    files: Excerpt[ReasonFile]


@dataclass(frozen=True)
class ReasonGroup:
    """Reasons of one severity; those of rows that are left out of every rate stand by themselves."""

    title: str
    tone: str
    share_of: str
    reasons: tuple[ReasonView, ...]


def reason_groups(run: Run) -> tuple[ReasonGroup, ...]:
    """Every reason that occurred: errors, warnings, information, what is left out; each by rows."""
    found = by_weight(run.reason_summaries)
    judged = [reason for reason in found if not _left_out(reason)]
    groups = (
        ("Errors", "error", [r for r in judged if r.severity == "error"]),
        ("Warnings", "warning", [r for r in judged if r.severity == "warning"]),
        ("Information", "info", [r for r in judged if r.severity not in _TONES]),
        ("Left out of every rate", "excluded", [r for r in found if _left_out(r)]),
    )
    return tuple(_group(run, title, tone, reasons) for title, tone, reasons in groups if reasons)


def _group(run: Run, title: str, tone: str, reasons: Sequence[ReasonSummary]) -> ReasonGroup:
    left_out = tone == "excluded"
    views = tuple(
        _view(reason, share(reason.rows, run.summary.rows) if left_out else of_scope(run, reason))
        for reason in reasons
    )
    return ReasonGroup(title, tone, "of read" if left_out else "of scope", views)


def _left_out(reason: ReasonSummary) -> bool:
    return reason.verdict == "excluded" and reason.severity not in _TONES


def _view(reason: ReasonSummary, of_whole: str) -> ReasonView:
    entry = BY_CODE[reason.code]
    named = sorted(reason.parameters.items(), key=lambda item: (-item[1], item[0]))
    return ReasonView(
        entry=entry,
        rows=counted(reason.found, "row"),
        share=of_whole,
        money=largest_first(reason.amounts, _MOST_CURRENCIES),
        also=0 if entry.is_remark else reason.also,
        parameters=excerpt([(name, number(rows)) for name, rows in named], _MOST_PARAMETERS),
        files=excerpt(sorted(reason.files, key=lambda file: -file.rows), _MOST_FILES),
    )


def reason_chart(run: Run) -> "tuple[Markup | None, int]":
    """Draw the largest reasons that something can be done about; tell how many are not drawn."""
    shown = excerpt(list(_to_fix(run.reason_summaries)), _MOST_BARS)
    if not shown:
        return None, 0
    most = max(reason.rows for reason in shown)
    drawn = bars(
        [
            Bar(
                BY_CODE[reason.code].title,
                number(reason.rows),
                (Segment(0, reason.rows / most, _TONES.get(reason.severity, "info")),),
            )
            for reason in shown
        ]
    )
    return drawn, shown.more


def _to_fix(reasons: Sequence[ReasonSummary]) -> Iterable[ReasonSummary]:
    found = (r for r in reasons if r.rows and not _left_out(r) and "nobody" not in BY_CODE[r.code].fixers)
    return sorted(found, key=lambda reason: -reason.rows)
