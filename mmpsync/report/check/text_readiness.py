"""Which events are ready, in the terminal: a table, app by app, with what blocks those that are not."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mmpsync.figures import NONE, number
from mmpsync.masking import brief, harmless
from mmpsync.preflight.result import Check, Readiness
from mmpsync.report.check.row_faults import because
from mmpsync.report.check.words import click_ids, silent_apps, verdicts
from mmpsync.report.text_style import FAINT, HEADING, indented, path, prose

__all__ = ["VERDICT_COLOURS", "readiness"]

VERDICT_COLOURS = {"ready": "green", "not ready": "red", "cannot tell": "yellow"}
_HEADS = ("event", "verdict", "rows", "impact.com's", "ClickIds", "because of")
_WIDEST_EVENT, _LONGEST_NAME, _MOST_OBSTACLES, _MOST_READY = 24, 60, 2, 15


def readiness(check: Check) -> RenderableType:
    """Set a line per event, below its source and app."""
    shown = [(each, why) for each, why in zip(check.readiness, because(check), strict=True) if each.source]
    table = map(indented, _places(shown)) if shown else ()
    return Group(Text(f"Readiness: {verdicts(check)}", HEADING), *table, *_silent(check))


def _places(shown: Sequence[tuple[Readiness, list[str]]]) -> Iterator[RenderableType]:
    events = [each for each, _ in shown]
    heads = _table(events)
    heads.add_row(*(Text(head, FAINT) for head in _HEADS))
    yield indented(heads)
    for (title, app), of_app in groupby(shown, key=lambda pair: (pair[0].title, pair[0].app)):
        yield path(f"{harmless(title)} · {brief(app or '(no app id)', _LONGEST_NAME)}", HEADING)
        table = _table(events)
        ready = 0
        for each, why in of_app:
            ready += each.verdict == "ready"
            if each.verdict != "ready" or ready <= _MOST_READY:
                table.add_row(*_cells(each, why))
        yield indented(table)
        if ready > _MOST_READY:
            yield indented(Text(f"and {number(ready - _MOST_READY)} more, all ready", FAINT))


def _cells(each: Readiness, why: list[str]) -> Iterator[RenderableType]:
    if len(why) > _MOST_OBSTACLES:
        why = [*why[: _MOST_OBSTACLES - 1], f"{len(why) - _MOST_OBSTACLES + 1} more"]
    yield Text(brief(each.event, _LONGEST_NAME), overflow="fold")
    yield Text(each.verdict, VERDICT_COLOURS[each.verdict])
    yield number(each.rows) if each.rows else NONE
    yield number(each.from_impact) if each.from_impact else NONE
    yield click_ids(each)
    yield path(harmless(", ".join(why)))


def _table(shown: Sequence[Readiness]) -> Table:
    """Begin a table whose columns are as wide in every app's."""
    event = min(max(len(each.event) for each in shown), _WIDEST_EVENT)
    rows = max(len(number(each.rows)) for each in shown)
    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    for head, width in zip(_HEADS[:2], (event, len("cannot tell")), strict=True):
        table.add_column(width=max(len(head), width))
    for head, width in zip(_HEADS[2:5], (rows, rows, len("100.0%")), strict=True):
        table.add_column(width=max(len(head), width), justify="right", no_wrap=True)
    table.add_column()
    return table


def _silent(check: Check) -> Iterator[RenderableType]:
    apps = ", ".join(silent_apps(check))
    if apps:
        said = f"Cannot tell, for no row is of {apps}. Check an export with rows of it as well."
        yield indented(prose(harmless(said), FAINT))
