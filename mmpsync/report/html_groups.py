"""Match rates by group in the HTML report, each against the total."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, get_args

from mmpsync.figures import NO_NAME, NONE, counted, number, rate
from mmpsync.masking import brief
from mmpsync.report.html_charts import Bar, Column, Segment, bars, columns
from mmpsync.report.html_excerpt import Excerpt, excerpt
from mmpsync.report.html_overview import largest_first
from mmpsync.run import Run
from mmpsync.summaries import Dimension, Group

if TYPE_CHECKING:
    from markupsafe import Markup

    from mmpsync.report.html_charts import Tone

__all__ = ["DimensionView", "GroupLine", "dimensions", "group_name"]

_DRAWN: tuple[Dimension, ...] = ("day", "partner", "app")
_MOST_GROUPS = 50
_MOST_BARS = 8
_MOST_DAYS, _MOST_DAYS_DRAWN = 100, 40
_LONGEST_NAME = 40
_NOTICED = 0.01  # points below the total


@dataclass(frozen=True)
class GroupLine:
    """One group as a line of a table."""

    name: str
    rows: str
    rate: str
    money: tuple[str, ...]


@dataclass(frozen=True)
class DimensionView:
    """One dimension: its table, and for some a drawing of the largest groups."""

    dimension: Dimension
    note: str
    drawing: "Markup | None"
    groups: Excerpt[GroupLine]


def dimensions(run: Run) -> tuple[DimensionView, ...]:
    """Every dimension that has groups; those that are drawn first."""
    order = (*_DRAWN, *(dimension for dimension in get_args(Dimension) if dimension not in _DRAWN))
    views = []
    for dimension in order:
        groups = [group for group in run.groups if group.dimension == dimension]
        if dimension == "day":
            groups.sort(key=lambda group: (_day(group) is None, group.name or ""))
        if groups:
            views.append(_view(run, dimension, groups))
    return tuple(views)


def group_name(name: str | None) -> str:
    """Return a group's name as it is shown."""
    return NO_NAME if name is None else brief(name, _LONGEST_NAME)


def _view(run: Run, dimension: Dimension, groups: Sequence[Group]) -> DimensionView:
    total = run.summary.match_rate
    if dimension == "day":
        days = [group for group in groups if _day(group)][-_MOST_DAYS_DRAWN:]
        note = f"The last {len(days)} days with rows. " if len(days) == _MOST_DAYS_DRAWN else ""
        drawing = columns([_column(group, total) for group in days], mark=total) if days else None
        latest = groups[-_MOST_DAYS:]
        return DimensionView(
            dimension, note, drawing, Excerpt(tuple(map(_line, latest)), len(groups) - len(latest))
        )
    lines = excerpt(groups, _MOST_GROUPS).each(_line)
    if dimension not in _DRAWN:
        return DimensionView(dimension, "", None, lines)
    drawn = groups[:_MOST_BARS]
    note = f"The largest {len(drawn)} of {number(len(groups))}. " if len(drawn) < len(groups) else ""
    drawing = bars([_bar(group, total) for group in drawn], mark=total, track=True)
    return DimensionView(dimension, note, drawing, lines)


def _line(group: Group) -> GroupLine:
    return GroupLine(
        group_name(group.name), number(group.rows), rate(group.match_rate), largest_first(group.at_risk)
    )


def _bar(group: Group, total: float | None) -> Bar:
    segments = () if group.match_rate is None else (Segment(0, group.match_rate, _tone(group, total)),)
    found = NONE if group.match_rate is None else rate(group.match_rate)
    return Bar(group_name(group.name), f"{counted(group.rows, 'row')} · {found}", segments)


def _column(group: Group, total: float | None) -> Column:
    day = _day(group)
    label = f"{day.day} {day:%b}" if day else group_name(group.name)
    return Column(label, group.match_rate, group.rows, _tone(group, total))


def _tone(group: Group, total: float | None) -> "Tone":
    return "below" if total is not None and (group.match_rate or 0) < total - _NOTICED else "accent"


def _day(group: Group) -> date | None:
    try:
        return date.fromisoformat(group.name or "")
    except ValueError:
        return None
