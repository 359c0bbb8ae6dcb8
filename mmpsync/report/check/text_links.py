"""Tracking links in the terminal: what each was understood to be, what is wrong with it, and the link to copy."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from mmpsync.preflight.findings import Finding
from mmpsync.preflight.result import Check, CheckedLink
from mmpsync.report.check.text_readiness import VERDICT_COLOURS
from mmpsync.report.figures import counted
from mmpsync.report.masking import harmless
from mmpsync.report.text_style import FAINT, HEADING, SEVERITY_STYLES, indented, prose

__all__ = ["links"]

_MOST_READY = 10
_WORDS = {"error": "Error", "warning": "Warning", "info": "Note"}


def links(check: Check) -> RenderableType:
    """Set every link with something to say of it, and a few of those that are ready."""
    of_link: dict[str, list[Finding]] = {}
    for finding in check.findings:
        of_link.setdefault(finding.subject, []).append(finding)
    quiet = [link for link in check.links if link.verdict == "ready" and link.url not in of_link]
    left_out = quiet[_MOST_READY:]
    shown = [link for link in dict.fromkeys(check.links) if link not in left_out]
    parts: list[RenderableType] = []
    for link in shown:
        parts += _link(link, of_link.get(link.url, ()))
        if link.url in of_link and link is not shown[-1]:
            parts.append("")
    rest = (
        [indented(Text(f"and {counted(len(left_out), 'more link')}, all ready", FAINT))] if left_out else []
    )
    return Group(Text("Links", HEADING), *parts, *rest)


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
