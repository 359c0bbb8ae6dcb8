"""A check in the terminal: ready or not, what is wrong, and what to do about it."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mmpsync.preflight.result import Check, CheckedLink
from mmpsync.report.check.words import (
    HEADINGS,
    NOTHING,
    Kind,
    by_level,
    click_ids,
    headline,
    kinds,
    looked_at,
    silent_apps,
    verdicts,
)
from mmpsync.report.figures import NONE, counted, number
from mmpsync.report.interface import PAGE, Report, Screen
from mmpsync.report.masking import harmless
from mmpsync.report.text_style import (
    FAINT,
    HEADING,
    SEVERITY_STYLES,
    bullets,
    indented,
    laid_out,
    path,
    prose,
    section,
)

__all__ = ["REPORT"]

_COLOURS = {"ready": "green", "not ready": "red", "cannot tell": "yellow"}
_GATE_COLOURS = {"OFF": "yellow", "PASSED": "green", "FAILED": "red"}
_MOST_SUBJECTS = 12


def _render(check: Check, screen: Screen = PAGE, /) -> str:
    return laid_out(_sections(check), screen)


def _sections(check: Check) -> Iterator[RenderableType]:
    yield _verdict(check)
    if check.readiness:
        yield _readiness(check)
    if check.links:
        yield section("Links", *(_link(link) for link in check.links))
    corrected = [link.corrected for link in check.links if link.corrected]
    if corrected:
        # On one line each, however long: whoever copies them must not copy a line break.
        copies = (Text(harmless(link), "green", no_wrap=True, overflow="ignore") for link in corrected)
        yield Group(Text("Corrected, to copy", HEADING), *copies)
    for level, found in by_level(check):
        title = Text(HEADINGS[level], f"bold {SEVERITY_STYLES[level]}")
        yield Group(title, *(indented(_kind(kind)) for kind in kinds(found)))
    if check.left_out:
        left = (path(harmless(f"{file.path}: {file.why}"), FAINT) for file in check.left_out[:_MOST_SUBJECTS])
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


def _readiness(check: Check) -> RenderableType:
    """Set the table: a line per event, grouped by source and app, with the grounds below those that are not ready."""
    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    for justify in ("left", "left", "right", "right", "right"):
        table.add_column(justify=justify, no_wrap=justify == "right")
    table.add_row(
        *(Text(head, FAINT) for head in ("app · event", "verdict", "rows", "impact.com's", "ClickIds"))
    )
    place = None
    for each in check.readiness:
        if not each.source:
            continue
        if (each.source, each.app) != place:
            place = (each.source, each.app)
            table.add_row(path(harmless(f"{each.title} · {each.app or '(no app id)'}"), HEADING))
        table.add_row(
            Text(f"  {harmless(each.event)}", overflow="fold"),
            Text(each.verdict, _COLOURS[each.verdict]),
            number(each.rows) if each.rows else NONE,
            number(each.from_impact) if each.from_impact else NONE,
            click_ids(each),
        )
    apps = ", ".join(silent_apps(check))
    silent = [indented(prose(harmless(f"Cannot tell, for no row is of {apps}"), FAINT))] if apps else []
    return Group(Text(f"Readiness: {verdicts(check)}", HEADING), indented(table), *silent, *_grounds(check))


def _link(link: CheckedLink) -> RenderableType:
    colour = _COLOURS.get(link.verdict, "")
    said, colon, verdict = harmless(link.summary).rpartition(": ")
    return Group(
        Text.assemble(said, colon, (verdict, colour)),
        indented(Text(harmless(link.url), FAINT, overflow="fold")),
    )


def _grounds(check: Check) -> Iterator[RenderableType]:
    """Say why events are not ready, those with the same grounds together."""
    for each in check.readiness:
        if each.verdict == "not ready":
            yield indented(Text(harmless(f"{each.place} is not ready:"), "red"))
            yield indented(bullets(prose(harmless(ground)) for ground in each.why), 4)


def _kind(kind: Kind) -> RenderableType:
    code, found = kind
    parts: list[RenderableType] = []
    shown = found[:_MOST_SUBJECTS]
    for finding in shown:
        parts.append(prose(harmless(finding.message)))
        parts.append(indented(path(harmless(finding.subject), FAINT)))
    if len(found) > len(shown):
        parts.append(
            indented(Text(f"and {counted(len(found) - len(shown), 'more place')}, in the report json", FAINT))
        )
    fix = [] if not found[0].fix else [indented(prose(harmless(f"→ {found[0].fix}")))]
    return Group(Text(code, FAINT), *map(indented, parts), *fix)


REPORT: Report[Check] = Report(name="text", render=_render, lines=True)
