"""A check as one self-contained HTML file, in the clothes of a run's."""

from collections.abc import Sequence
from typing import Any

from mmpsync.figures import counted, number
from mmpsync.preflight.findings import Finding, Level
from mmpsync.preflight.result import Check, Readiness
from mmpsync.report.check.row_faults import RowFault, because
from mmpsync.report.check.words import (
    HEADINGS,
    NOTHING,
    Kind,
    by_level,
    click_ids,
    counts,
    gate_word,
    headline,
    in_common,
    looked_at,
    once,
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
        "readiness": excerpt(
            [_line(*pair) for pair in zip(check.readiness, because(check), strict=True) if pair[0].source],
            _MOST_EVENTS,
        ),
        "silent": ", ".join(silent_apps(check)),
        "links": excerpt([(link, _VERDICT_TONES.get(link.verdict, "")) for link in check.links], _MOST_LINKS),
        "levels": [_level(check, level, found) for level, found in by_level(check)],
    }


def _line(each: Readiness, why: list[str]) -> dict[str, Any]:
    return {
        "of": each,
        "tone": _VERDICT_TONES[each.verdict],
        "because": ", ".join(why),
        "click_ids": click_ids(each),
    }


def _level(check: Check, level: Level, found: Sequence[Finding]) -> dict[str, Any]:
    kinds, faults = once(check, found)
    return {"title": HEADINGS[level], "tone": level, "kinds": [*map(_kind, kinds), *map(_fault, faults)]}


def _kind(kind: Kind) -> dict[str, Any]:
    code, found = kind
    said, told = in_common(found)
    return {
        "code": code,
        "fix": found[0].fix,
        "said": said or counted(len(found), "place"),
        "told": excerpt(told, _MOST_PLACES),
    }


def _fault(fault: RowFault) -> dict[str, Any]:
    told = [f"{place} ({number(rows)} of {number(of)})" for place, rows, of in fault.places]
    said = f"{fault.said} · {fault.how_much}"
    return {"code": fault.code, "fix": fault.fix, "said": said, "told": excerpt(told, _MOST_PLACES)}


REPORT: Report[Check] = Report(name="html", render=_render, needs=("jinja2",))
