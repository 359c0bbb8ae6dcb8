"""Which events are ready, in the terminal: a table, app by app, with what blocks those that are not."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mmpsync.preflight.result import Check, Readiness
from mmpsync.report.check.row_faults import because
from mmpsync.report.check.words import click_ids, silent_apps, verdicts
from mmpsync.report.figures import NONE, number
from mmpsync.report.masking import harmless
from mmpsync.report.text_style import FAINT, HEADING, indented, path, prose

__all__ = ["VERDICT_COLOURS", "readiness"]

VERDICT_COLOURS = {"ready": "green", "not ready": "red", "cannot tell": "yellow"}
_HEADS = ("event", "verdict", "rows", "impact.com's", "ClickIds", "because of")
_WIDEST_EVENT, _MOST_OBSTACLES, _MOST_READY = 24, 2, 15


def readiness(check: Check) -> RenderableType:
    """Set a line per event, below its source and app."""
    shown = [each for each in check.readiness if each.source]
    table = map(indented, _places(check, shown)) if shown else ()
    return Group(Text(f"Readiness: {verdicts(check)}", HEADING), *table, *_silent(check))


def _places(check: Check, shown: Sequence[Readiness]) -> Iterator[RenderableType]:
    heads = _table(shown)
    heads.add_row(*(Text(head, FAINT) for head in _HEADS))
    yield indented(heads)
    for (title, app), of_app in groupby(shown, key=lambda each: (each.title, each.app)):
        yield path(harmless(f"{title} · {app or '(no app id)'}"), HEADING)
        events = list(of_app)
        ready = [each for each in events if each.verdict == "ready"]
        left_out = ready[_MOST_READY:]
        table = _table(shown)
        for each in (each for each in events if each not in left_out):
            table.add_row(
                Text(harmless(each.event), overflow="fold"),
                Text(each.verdict, VERDICT_COLOURS[each.verdict]),
                number(each.rows) if each.rows else NONE,
                number(each.from_impact) if each.from_impact else NONE,
                click_ids(each),
                path(harmless(_because(check, each))),
            )
        yield indented(table)
        if left_out:
            yield indented(Text(f"and {number(len(left_out))} more, all ready", FAINT))


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


def _because(check: Check, each: Readiness) -> str:
    obstacles = because(check, each)
    if len(obstacles) > _MOST_OBSTACLES:
        obstacles = [*obstacles[: _MOST_OBSTACLES - 1], f"{len(obstacles) - _MOST_OBSTACLES + 1} more"]
    return ", ".join(obstacles)


def _silent(check: Check) -> Iterator[RenderableType]:
    apps = ", ".join(silent_apps(check))
    if apps:
        said = f"Cannot tell, for no row is of {apps}. Check an export with rows of it as well."
        yield indented(prose(harmless(said), FAINT))
