"""A check in the terminal: ready or not, what is wrong, and what to do about it."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from mmpsync.masking import harmless
from mmpsync.preflight.result import Check
from mmpsync.report.check.text_findings import findings
from mmpsync.report.check.text_links import links
from mmpsync.report.check.text_readiness import readiness
from mmpsync.report.check.words import NOTHING, headline, looked_at
from mmpsync.report.interface import PAGE, Report, Screen
from mmpsync.report.text_style import FAINT, bullets, laid_out, path, prose, section

__all__ = ["REPORT"]

_GATE_COLOURS = {"FINISHED": "yellow", "PASSED": "green", "FAILED": "red"}
_MOST_FILES = 12


def _render(check: Check, screen: Screen = PAGE, /) -> str:
    return laid_out(_sections(check), screen)


def _sections(check: Check) -> Iterator[RenderableType]:
    yield _verdict(check)
    if check.readiness:
        yield readiness(check)
    if check.links:
        yield links(check)
    yield from findings(check)
    if check.left_out:
        left = (path(harmless(f"{file.path}: {file.why}"), FAINT) for file in check.left_out[:_MOST_FILES])
        yield section("Left out", *left)
    if check.assumptions:
        yield section("Assumed", bullets(prose(harmless(text)) for text in check.assumptions))


def _verdict(check: Check) -> RenderableType:
    said = headline(check)
    if said == NOTHING:
        return Text(NOTHING, "bold yellow")
    word, comma, rest = said.partition(", ")
    colour = _GATE_COLOURS[word.removeprefix("Check ")]
    return Group(Text.assemble((word, f"bold {colour}"), comma, rest), Text(looked_at(check), FAINT))


REPORT: Report[Check] = Report(name="text", render=_render, lines=True)
