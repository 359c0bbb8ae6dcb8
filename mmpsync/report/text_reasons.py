"""The table of reasons in the terminal summary: errors, then warnings, then the rest, each by rows."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mmpsync.figures import moneys, number, share
from mmpsync.reasons import BY_CODE
from mmpsync.report.outcome import by_weight, of_scope
from mmpsync.report.text_style import FAINT, SEVERITY_STYLES, columns, indented, section
from mmpsync.run import Run
from mmpsync.summaries import ReasonSummary

__all__ = ["excluded", "reasons"]

_WIDE = 132
_MOST_CURRENCIES = 3
_INDENT = 2


def reasons(run: Run, width: int) -> Iterator[RenderableType]:
    """List every reason but those of excluded rows, each on one line where the screen is wide enough."""
    shown = [reason for reason in by_weight(run.reason_summaries) if reason.verdict != "excluded"]
    if shown:
        yield _wide(run, shown) if width >= _WIDE else _narrow(run, shown)


def excluded(run: Run) -> Iterator[RenderableType]:
    """List the reasons of the rows that are not for impact.com, a line each."""
    found = [reason for reason in by_weight(run.reason_summaries) if reason.verdict == "excluded"]
    # What is only ever said beside another reason stands with the actions it is about.
    shown = [reason for reason in found if not BY_CODE[reason.code].is_remark]
    if shown:
        table = columns("left", "left", "right", "right")
        for reason in shown:
            of_read = f"{share(reason.rows, run.summary.rows)} of read"
            table.add_row(BY_CODE[reason.code].title, Text(reason.code, FAINT), number(reason.rows), of_read)
        yield section("Excluded", table)


def _wide(run: Run, shown: Sequence[ReasonSummary]) -> RenderableType:
    table = columns("left", "left", "right", "right", "right", "left")
    table.columns[0].width = max(len(BY_CODE[reason.code].title) for reason in shown) + _INDENT
    table.add_row(
        *(Text(head, FAINT) for head in ("", "code", "rows", "of scope", "money", "who can fix it"))
    )
    for heading, reasons_below in groupby(shown, _heading):
        table.add_row(heading)
        for reason in reasons_below:
            table.add_row(
                Text(f"  {BY_CODE[reason.code].title}"),
                Text(reason.code, FAINT),
                number(reason.rows),
                of_scope(run, reason),
                "\n".join(_money(reason)),
                Text(", ".join(_fixers(reason)), FAINT),
            )
            for note in _notes(reason):
                table.add_row(indented(Text(note, FAINT), 2 * _INDENT))
    return table


def _narrow(run: Run, shown: Sequence[ReasonSummary]) -> RenderableType:
    """Two lines for each: title and figures; below them its code and who can most likely fix it."""
    money_width = max(len(line) for reason in shown for line in ("money", *_money(reason)))
    rows_width = max(len(line) for line in ("rows", *(number(reason.rows) for reason in shown)))
    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False, expand=True)
    table.add_column(ratio=1)
    table.add_column(justify="right", no_wrap=True, width=money_width)
    table.add_row(
        _figures(Text("code · who can fix it"), "rows", "of scope", rows_width), "money", style=FAINT
    )
    for heading, reasons_below in groupby(shown, _heading):
        table.add_row(heading)
        for reason in reasons_below:
            title = indented(Text(BY_CODE[reason.code].title), _INDENT)
            figures = _figures(title, number(reason.rows), of_scope(run, reason), rows_width)
            below = (" · ".join((reason.code, *_fixers(reason)[:1])), *_notes(reason))
            table.add_row(
                Group(figures, *(indented(Text(line, FAINT), 2 * _INDENT) for line in below)),
                "\n".join(_money(reason)),
            )
    return table


def _figures(title: RenderableType, rows: str, of_scope: str, rows_width: int) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False, expand=True)
    table.add_column(ratio=1)
    for width in (rows_width, len("of scope")):
        table.add_column(justify="right", no_wrap=True, width=width)
    table.add_row(title, rows, of_scope)
    return table


def _heading(reason: ReasonSummary) -> Text:
    word = {"error": "Errors", "warning": "Warnings"}.get(reason.severity, "Information")
    return Text(word, f"bold {SEVERITY_STYLES[reason.severity]}")


def _notes(reason: ReasonSummary) -> Iterator[str]:
    """Say which parameters a reason names, and how many rows have it behind another reason."""
    if reason.parameters:
        most_first = sorted(reason.parameters.items(), key=lambda item: (-item[1], item[0]))
        yield ", ".join(f"{name} {number(rows)}" for name, rows in most_first)
    if reason.also:
        yield f"{number(reason.also)} more behind another reason"


def _money(reason: ReasonSummary) -> list[str]:
    return moneys(reason.amounts, _MOST_CURRENCIES) or [""]


def _fixers(reason: ReasonSummary) -> tuple[str, ...]:
    return tuple(fixer for fixer in BY_CODE[reason.code].fixers if fixer != "nobody")
