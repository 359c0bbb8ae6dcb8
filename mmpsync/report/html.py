"""One self-contained HTML file: opens from disk, needs no network, runs nothing but its own few lines of script."""

import hashlib
from base64 import b64encode
from importlib import resources
from typing import TYPE_CHECKING, Any

from mmpsync.report.action_lines import action_lines
from mmpsync.report.figures import counted, currency, moment, number
from mmpsync.report.html_baseline import baseline_view
from mmpsync.report.html_examples import example_lines
from mmpsync.report.html_excerpt import excerpt
from mmpsync.report.html_funnel import funnel_view
from mmpsync.report.html_groups import dimensions
from mmpsync.report.html_measures import completeness_view, ctit_view
from mmpsync.report.html_overview import largest_first, overview
from mmpsync.report.html_reasons import reason_chart, reason_groups
from mmpsync.report.interface import PAGE, Report, Screen
from mmpsync.report.masking import brief, short_path
from mmpsync.report.outcome import condition_value, headline
from mmpsync.run import Run

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

__all__ = ["REPORT"]

_MOST_CURRENCIES = 20
_MOST_FILES, _MOST_LEFT_OUT, _MOST_CONDITIONS, _MOST_ADVICE = 60, 30, 60, 20


def _render(run: Run, screen: Screen = PAGE, /) -> str:
    return _environment().get_template("report.html").render(_contents(run, unmask=screen.unmask)) + "\n"


def _contents(run: Run, *, unmask: bool) -> dict[str, Any]:
    """Everything the templates show: texts to be escaped, and drawings."""
    style, script = _asset("report.css"), _asset("report.js")
    return {
        "style": style,
        "script": script,
        "policy": f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)};"
        " base-uri 'none'; form-action 'none'",
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


def _environment() -> "Environment":
    """Templates that escape every text."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415

    environment = Environment(
        loader=PackageLoader("mmpsync.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "brief": brief,
        "code": _code,
        "condition_value": condition_value,
        "counted": counted,
        "currency": currency,
        "largest_first": largest_first,
        "moment": moment,
        "number": number,
        "short_path": short_path,
    }
    return environment


def _code(text: str) -> "Markup":
    """Set the words of the catalogue: what stands in backquotes is to be typed or read literally."""
    from markupsafe import Markup  # noqa: PLC0415

    literal = Markup("<code>{}</code>")
    return Markup("").join(
        literal.format(piece) if n % 2 else piece for n, piece in enumerate(text.split("`"))
    )


def _asset(name: str) -> "Markup":
    from markupsafe import Markup  # noqa: PLC0415

    return Markup((resources.files("mmpsync.report") / "templates" / name).read_text("utf-8"))  # noqa: S704


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


REPORT = Report(name="html", render=_render, needs=("altair", "jinja2", "vl_convert"))
