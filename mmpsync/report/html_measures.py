"""Click-to-install times and parameter completeness in the HTML report."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mmpsync.figures import NONE, duration, number, share
from mmpsync.masking import brief
from mmpsync.report.html_charts import Bar, Segment, Tone, bars
from mmpsync.report.html_excerpt import Excerpt, excerpt
from mmpsync.report.html_groups import group_name
from mmpsync.run import Run
from mmpsync.summaries import Completeness

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["CompletenessView", "CtitView", "completeness_view", "ctit_view"]

_MOST_SPANS = 20
_MOST_LABELS = 20
_MOST_PARAMETERS = 30
_MOST_BARS = 12
_LONGEST_NAME = 40


@dataclass(frozen=True)
class CtitView:
    """How long after their click installs happen; `remarks` are groups whose times look odd, and how."""

    installs: str
    label: str | None
    drawing: "Markup"
    spans: tuple[tuple[str, str, str], ...]
    percentiles: tuple[tuple[str, str], ...]
    remarks: Excerpt[tuple[str, str]]


@dataclass(frozen=True)
class CompletenessView:
    """How many rows carry each parameter that they should."""

    drawing: "Markup"
    parameters: Excerpt[tuple[str, str, str, str, str]]


def ctit_view(run: Run) -> CtitView | None:
    """Draw the histogram of the whole run, if there is any install with a matched click."""
    found = run.ctit
    spans = list(found.histogram.items())[:_MOST_SPANS]
    most = max((installs for _, installs in spans), default=0)
    if not most:
        return None
    odd = [(group, group.ctit) for group in run.groups if group.ctit and group.ctit.label]
    return CtitView(
        installs=number(found.installs),
        label=found.label,
        drawing=bars(
            [
                Bar(
                    brief(span, _LONGEST_NAME),
                    f"{number(installs)} · {share(installs, found.installs)}",
                    (Segment(0, installs / most, "accent"),),
                )
                for span, installs in spans
            ]
        ),
        spans=tuple((span, number(installs), share(installs, found.installs)) for span, installs in spans),
        percentiles=tuple(
            (name.removeprefix("p"), duration(seconds)) for name, seconds in found.percentiles.items()
        ),
        remarks=excerpt(
            [(f"{group.dimension} {group_name(group.name)}", ctit.label or NONE) for group, ctit in odd],
            _MOST_LABELS,
        ),
    )


def completeness_view(run: Run) -> CompletenessView | None:
    """Draw the parameters that are missing most often first."""
    found = sorted(run.completeness, key=lambda parameter: (parameter.share, parameter.parameter))
    if not found:
        return None
    return CompletenessView(
        drawing=bars([_bar(parameter) for parameter in found[:_MOST_BARS]], track=True),
        parameters=excerpt(found, _MOST_PARAMETERS).each(_line),
    )


def _bar(found: Completeness) -> Bar:
    tone: Tone = "accent" if found.filled == found.rows else "below"
    value = f"{found.level} · {share(found.filled, found.rows)}"
    return Bar(brief(found.parameter, _LONGEST_NAME), value, (Segment(0, found.share, tone),))


def _line(found: Completeness) -> tuple[str, str, str, str, str]:
    return (
        brief(found.parameter, _LONGEST_NAME),
        found.level,
        number(found.rows),
        number(found.rows - found.filled),
        share(found.filled, found.rows),
    )
