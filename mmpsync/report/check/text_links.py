"""Tracking links in the terminal: what each was understood to be, what is wrong with it, and the link to copy."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from mmpsync.figures import counted
from mmpsync.masking import harmless
from mmpsync.preflight.findings import Finding
from mmpsync.preflight.result import Check, CheckedLink
from mmpsync.report.check.text_readiness import VERDICT_COLOURS
from mmpsync.report.text_style import FAINT, HEADING, SEVERITY_STYLES, indented, prose

__all__ = ["links"]

_MOST_TOLD, _MOST_READY = 40, 10
_WORDS = {"error": "Error", "warning": "Warning", "info": "Note"}


def links(check: Check) -> RenderableType:
    """Set the links with something to say of them, and then a few of those that are ready."""
    of_link: dict[str, list[Finding]] = {}
    for finding in check.findings:
        of_link.setdefault(finding.subject, []).append(finding)
    told = [link for link in dict.fromkeys(check.links) if link.verdict != "ready" or link.url in of_link]
    ready = [
        link for link in dict.fromkeys(check.links) if link.verdict == "ready" and link.url not in of_link
    ]
    parts: list[RenderableType] = []
    for link in told[:_MOST_TOLD]:
        parts += [*_link(link, of_link.get(link.url, ())), ""]
    parts += _more(len(told) - _MOST_TOLD, "with findings, in the report json")
    for link in ready[:_MOST_READY]:
        parts += _link(link, ())
    parts += _more(len(ready) - _MOST_READY, "that are ready")
    return Group(Text("Links", HEADING), *(parts[:-1] if parts[-1:] == [""] else parts))


def _more(count: int, what: str) -> list[RenderableType]:
    return [indented(Text(f"and {counted(count, 'more link')} {what}", FAINT))] if count > 0 else []


def _link(link: CheckedLink, found: Sequence[Finding]) -> Iterator[RenderableType]:
    said, colon, verdict = harmless(link.summary).rpartition(": ")
    yield indented(Text.assemble(said, colon, (verdict, VERDICT_COLOURS.get(link.verdict, ""))))
    yield indented(Text(harmless(link.url), FAINT, overflow="fold"), 4)
    for finding in found:
        yield indented(_told(finding), 4)
    if link.corrected:
        yield indented(Text("Corrected, to copy:"), 4)
        # On one line, however long, and at the margin: whoever copies it must copy no line break and no blank.
        yield Text(harmless(link.corrected), "green", no_wrap=True, overflow="ignore")


def _told(finding: Finding) -> RenderableType:
    word = _WORDS[finding.level]
    return Group(
        Text.assemble(
            (word, SEVERITY_STYLES[finding.level]),
            f": {harmless(finding.message)} ",
            (f"({finding.code})", FAINT),
        ),
        indented(prose(harmless(f"→ {finding.fix}"))),
    )
