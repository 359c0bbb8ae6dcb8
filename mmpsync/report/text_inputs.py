"""What was read, in the terminal summary: files, what was left out, advice about them, what was assumed."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from mmpsync.report.figures import counted, moment, number
from mmpsync.report.masking import harmless
from mmpsync.report.text_style import FAINT, Breakable, bullets, columns, indented, prose, section
from mmpsync.run import Advice, FileSummary, Run

__all__ = ["advice", "assumptions", "files"]

_MOST_FILES = 5
_RECORDS = {"conversions": "conversion", "clicks": "click record"}


def files(run: Run) -> RenderableType:
    """Files and rows per kind of export; then those with damaged lines, and those that were left out."""
    parts: list[RenderableType] = [_kinds(run.files)]
    if run.clicks.records:
        parts.append(Text(f"Clicks from {moment(run.clicks.earliest)} to {moment(run.clicks.latest)}"))
    damaged = [f"{file.path} ({counted(file.unreadable, 'line')})" for file in run.files if file.unreadable]
    if damaged:
        parts.append(_listed("Lines that cannot be read:", damaged))
    for why, paths in _left_out(run).items():
        parts.append(_listed(f"Left out, {why}:", paths))
    return section("Files", *parts)


def _left_out(run: Run) -> dict[str, list[str]]:
    """Paths by why they were left out."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for file in run.left_out:
        found[file.why].append(file.path)
    return dict(found)


def _kinds(found: Sequence[FileSummary]) -> RenderableType:
    rows: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for file in found:
        rows[file.title, file.holds].append(file.rows)
    table = columns("left", "right", "right")
    for (title, holds), of_files in rows.items():
        table.add_row(title, counted(len(of_files), "file"), counted(sum(of_files), _RECORDS[holds]))
    return table


def _listed(title: str, lines: Sequence[str]) -> RenderableType:
    """Lines below a title, and how many more there are."""
    shown: list[RenderableType] = [indented(Breakable(harmless(line), FAINT)) for line in lines[:_MOST_FILES]]
    if len(lines) > _MOST_FILES:
        shown.append(indented(Text(f"and {number(len(lines) - _MOST_FILES)} more, listed in run.json", FAINT)))
    return Group(prose(harmless(title)), *shown)


def advice(run: Run) -> Iterator[RenderableType]:
    """Findings about files and set-up, with the files concerned."""
    if run.advice:
        yield section("Advice", bullets(_advice(entry) for entry in run.advice))


def _advice(entry: Advice) -> RenderableType:
    message = harmless(entry.message)
    return _listed(message, entry.files) if entry.files else prose(message)


def assumptions(run: Run) -> Iterator[RenderableType]:
    """What nobody said, and mmpsync therefore took for granted."""
    if run.assumptions:
        yield section("Assumed", bullets(prose(harmless(text)) for text in run.assumptions))
