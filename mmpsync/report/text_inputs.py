"""What was read, in the terminal summary: files, what was left out, advice about them, what was assumed."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mmpsync.conclusions import Advice
from mmpsync.figures import counted, moment, number
from mmpsync.masking import harmless
from mmpsync.report.text_style import FAINT, bullets, columns, indented, path, prose, section
from mmpsync.run import Run

__all__ = ["advice", "assumptions", "files"]

_MOST_FILES = 5
_RECORDS = {"conversions": "conversion", "clicks": "click record", "actions": "action record"}


def files(run: Run) -> Iterator[RenderableType]:
    """Count files and rows per kind of export; list those with damaged lines, and those left out."""
    parts: list[RenderableType] = [_kinds(run)] if run.files else []
    if run.clicks.records:
        parts.append(Text(f"Clicks from {moment(run.clicks.earliest)} to {moment(run.clicks.latest)}"))
    damaged = [file for file in run.files if file.unreadable]
    if damaged:
        table = columns("right", "left")
        for file in damaged[:_MOST_FILES]:
            table.add_row(counted(file.unreadable, "line"), path(harmless(file.path)), style=FAINT)
        parts += [Text("Cannot be read:"), indented(table), *_rest(damaged)]
    left_out: defaultdict[str, list[str]] = defaultdict(list)
    for left in run.left_out:
        left_out[left.why].append(left.path)
    parts += [_listed(f"Left out, {why}:", paths) for why, paths in left_out.items()]
    if parts:
        yield section("Files", *parts)


def _kinds(run: Run) -> Table:
    rows: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for file in run.files:
        rows[file.title, file.holds].append(file.rows)
    table = columns("left", "right", "right")
    for (title, holds), of_files in rows.items():
        table.add_row(title, counted(len(of_files), "file"), counted(sum(of_files), _RECORDS[holds]))
    return table


def _listed(title: str, paths: Sequence[str]) -> Group:
    """Put paths below a title, each on lines of its own."""
    shown = [indented(path(harmless(each), FAINT)) for each in paths[:_MOST_FILES]]
    return Group(prose(harmless(title)), *shown, *_rest(paths))


def _rest(listed: Sequence[object]) -> Iterator[RenderableType]:
    if len(listed) > _MOST_FILES:
        yield indented(Text(f"and {number(len(listed) - _MOST_FILES)} more, in run.json", FAINT))


def advice(run: Run) -> Iterator[RenderableType]:
    """List findings about files and set-up, each with the files concerned and what to do."""
    if run.advice:
        yield section("Advice", bullets(_advice(entry) for entry in run.advice))


def _advice(entry: Advice) -> RenderableType:
    fix = [prose(harmless(f"→ {entry.fix}"))] if entry.fix else []
    return Group(_listed(entry.message, entry.files), *fix)


def assumptions(run: Run) -> Iterator[RenderableType]:
    """List what nobody said, and mmpsync therefore took for granted."""
    if run.assumptions:
        yield section("Assumed", bullets(prose(harmless(text)) for text in run.assumptions))
