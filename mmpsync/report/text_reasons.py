"""The table of reasons in the terminal summary: errors, then warnings, then the rest, each by rows."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mmpsync.reasons import BY_CODE
from mmpsync.report.figures import counted, moneys, number, share
from mmpsync.report.text_style import FAINT, SEVERITY_STYLES, columns, section
from mmpsync.run import ReasonSummary, Run

__all__ = ["by_weight", "excluded", "reasons"]

_HEADINGS = {"error": "Errors", "warning": "Warnings", "info": "Information"}
_WIDE = 132
_MOST_CURRENCIES = 3


def by_weight(found: Sequence[ReasonSummary]) -> list[ReasonSummary]:
    """The worst severity first, then the most rows."""
    severities = list(SEVERITY_STYLES)
    return sorted(found, key=lambda reason: (severities.index(reason.severity), -reason.rows, -reason.also))


def reasons(run: Run, width: int) -> Iterator[RenderableType]:
    """Every reason but those of excluded rows; one line for each where the screen is wide enough."""
    shown = [reason for reason in by_weight(run.reason_summaries) if reason.verdict != "excluded"]
    if shown:
        yield _wide(run, shown) if width >= _WIDE else _narrow(run, shown)


def excluded(run: Run) -> Iterator[RenderableType]:
    """The reasons of the rows that are not for impact.com, a line each."""
    shown = [reason for reason in by_weight(run.reason_summaries) if reason.verdict == "excluded"]
    if shown:
        table = columns("left", "left", "right", "right")
        for reason in shown:
            of_read = f"{share(reason.rows, run.summary.rows)} of read"
            table.add_row(BY_CODE[reason.code].title, Text(reason.code, FAINT), number(reason.rows), of_read)
        yield section("Excluded", table)


def _wide(run: Run, shown: Sequence[ReasonSummary]) -> RenderableType:
    table = columns("left", "left", "right", "right", "right", "left", gap=3)
    severity = ""
    for reason in shown:
        if reason.severity != severity:
            severity = reason.severity
            heads = ("", "rows", "of scope", "money", "who can fix it") if reason is shown[0] else ()
            table.add_row(_heading(severity), *(Text(head, FAINT) for head in heads))
        table.add_row(
            Group(f"  {BY_CODE[reason.code].title}", *_notes(reason)),
            Text(reason.code, FAINT),
            number(reason.rows),
            _of_scope(run, reason),
            "\n".join(_money(reason)),
            Text(_who(reason), FAINT),
        )
    return table


def _narrow(run: Run, shown: Sequence[ReasonSummary]) -> RenderableType:
    """Two lines for each: title and figures; below them code and who can fix it, beside more money."""
    widths = (
        max(len("rows"), *(len(number(reason.rows)) for reason in shown)),
        len("of scope"),
    )
    money_width = max(len(line) for reason in shown for line in ("money", *_money(reason)))
    table = Table.grid(padding=(0, 3, 0, 0), pad_edge=False, expand=True)
    table.add_column(ratio=1)
    table.add_column(justify="right", no_wrap=True, width=money_width)
    severity = ""
    for reason in shown:
        if reason.severity != severity:
            severity = reason.severity
            heads = ("rows", "of scope", "money") if reason is shown[0] else ("", "", "")
            faint = [Text(head, FAINT) for head in heads]
            table.add_row(_figures(_heading(severity), *faint[:2], widths=widths), faint[2])
        title = Text(f"  {BY_CODE[reason.code].title}")
        figures = _figures(title, Text(number(reason.rows)), Text(_of_scope(run, reason)), widths=widths)
        origin = Padding(Text(f"{reason.code} · {_who(reason)}", FAINT), (0, 0, 0, 4))
        table.add_row(Group(figures, origin, *_notes(reason)), "\n".join(_money(reason)))
    return table


def _figures(*cells: RenderableType, widths: Sequence[int]) -> Table:
    table = Table.grid(padding=(0, 3, 0, 0), pad_edge=False, expand=True)
    table.add_column(ratio=1)
    for width in widths:
        table.add_column(justify="right", no_wrap=True, width=width)
    table.add_row(*cells)
    return table


def _heading(severity: str) -> Text:
    return Text(_HEADINGS[severity], f"bold {SEVERITY_STYLES[severity]}")


def _notes(reason: ReasonSummary) -> Iterator[RenderableType]:
    """The parameters that a reason names, and how many rows have it behind another reason."""
    notes = []
    if reason.parameters:
        most_first = sorted(reason.parameters.items(), key=lambda item: (-item[1], item[0]))
        notes.append(", ".join(f"{name} {number(rows)}" for name, rows in most_first))
    if reason.also:
        notes.append(f"{number(reason.also)} more behind another reason")
    if notes:
        yield Padding(Text("; ".join(notes), FAINT), (0, 0, 0, 4))


def _of_scope(run: Run, reason: ReasonSummary) -> str:
    return share(0 if reason.verdict == "unreadable" else reason.rows, run.summary.in_scope)


def _money(reason: ReasonSummary) -> list[str]:
    return moneys(reason.amounts, _MOST_CURRENCIES) or [""]


def _who(reason: ReasonSummary) -> str:
    return ", ".join(BY_CODE[reason.code].fixers)
