"""A check as one self-contained HTML file, in the clothes of a run's."""

from collections.abc import Sequence
from typing import Any

from mmpsync.preflight.findings import Finding, Level
from mmpsync.preflight.result import Check, Readiness
from mmpsync.report.check.words import (
    HEADINGS,
    NOTHING,
    by_level,
    click_ids,
    counts,
    gate_word,
    headline,
    kinds,
    looked_at,
    silent_apps,
    verdicts,
)
from mmpsync.report.html_excerpt import excerpt
from mmpsync.report.html_page import page
from mmpsync.report.interface import PAGE, Report, Screen

__all__ = ["REPORT"]

_MOST_EVENTS, _MOST_LINKS, _MOST_PLACES = 200, 200, 40
_TONES = {"FINISHED": "warning", "PASSED": "clean", "FAILED": "error"}
_VERDICT_TONES = {"ready": "clean", "not ready": "error", "cannot tell": "warning"}


def _render(check: Check, _screen: Screen = PAGE, /) -> str:
    return page("check.html", _contents(check))


def _contents(check: Check) -> dict[str, Any]:
    said = headline(check)
    return {
        "check": check,
        "headline": said,
        "title": NOTHING if said == NOTHING else counts(check).capitalize(),
        "gate": f"Check {gate_word(check)}",
        "tone": "warning" if said == NOTHING else _TONES[gate_word(check)],
        "looked_at": looked_at(check),
        "verdicts": verdicts(check),
        "readiness": excerpt([_line(each) for each in check.readiness if each.source], _MOST_EVENTS),
        "silent": ", ".join(silent_apps(check)),
        "links": excerpt([(link, _VERDICT_TONES.get(link.verdict, "")) for link in check.links], _MOST_LINKS),
        "levels": [_level(level, found) for level, found in by_level(check)],
    }


def _line(each: Readiness) -> dict[str, Any]:
    return {"of": each, "tone": _VERDICT_TONES[each.verdict], "click_ids": click_ids(each)}


def _level(level: Level, found: Sequence[Finding]) -> dict[str, Any]:
    shown = [
        (code, of_kind[0].fix, excerpt(of_kind, _MOST_PLACES), len(of_kind)) for code, of_kind in kinds(found)
    ]
    return {"title": HEADINGS[level], "tone": level, "kinds": shown, "count": len(found)}


REPORT: Report[Check] = Report(name="html", render=_render, needs=("jinja2",))
