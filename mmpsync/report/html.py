"""One self-contained HTML file: opens from disk, needs no network, runs nothing but its own few lines of script."""

from typing import Any

from mmpsync.report.action_lines import action_lines
from mmpsync.report.html_baseline import baseline_view
from mmpsync.report.html_examples import example_lines
from mmpsync.report.html_excerpt import excerpt
from mmpsync.report.html_funnel import funnel_view
from mmpsync.report.html_groups import dimensions
from mmpsync.report.html_measures import completeness_view, ctit_view
from mmpsync.report.html_overview import overview
from mmpsync.report.html_page import page
from mmpsync.report.html_reasons import reason_chart, reason_groups
from mmpsync.report.interface import PAGE, Report, Screen
from mmpsync.report.outcome import headline
from mmpsync.run import Run

__all__ = ["REPORT"]

_MOST_CURRENCIES = 20
_MOST_FILES, _MOST_LEFT_OUT, _MOST_CONDITIONS, _MOST_ADVICE = 60, 30, 60, 20


def _render(run: Run, screen: Screen = PAGE, /) -> str:
    return page("report.html", _contents(run, unmask=screen.unmask))


def _contents(run: Run, *, unmask: bool) -> dict[str, Any]:
    """Everything the templates show: texts to be escaped, and drawings."""
    return {
        "run": run,
        "headline": headline(run),
        "overview": overview(run),
        "conditions": excerpt(sorted(run.gate.conditions, key=lambda c: c.passed), _MOST_CONDITIONS),
        "funnel": funnel_view(run),
        "reason_chart": reason_chart(run),
        "reason_groups": reason_groups(run),
        "dimensions": dimensions(run),
        "ctit": ctit_view(run),
        "completeness": completeness_view(run),
        "examples": example_lines(run, unmask=unmask),
        "baseline": baseline_view(run),
        "actions": action_lines(run, _MOST_CURRENCIES),
        "files": excerpt(run.files, _MOST_FILES),
        "left_out": excerpt(run.left_out, _MOST_LEFT_OUT),
        "advice": excerpt(run.advice, _MOST_ADVICE),
        "assumptions": excerpt(run.assumptions, _MOST_ADVICE),
    }


REPORT: Report[Run] = Report(name="html", render=_render, needs=("altair", "jinja2", "vl_convert"))
