"""The first and the last words of the terminal summary: are we fine, which conditions failed, where to go on."""

from collections import defaultdict
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from mmpsync.figures import counted, number
from mmpsync.masking import harmless
from mmpsync.report.outcome import (
    NOT_JOINED,
    NOTHING,
    condition_value,
    gate_word,
    headline,
    looked_at,
    problem,
    worst,
)
from mmpsync.report.text_style import FAINT, HEADING, Pieces, columns, path, section
from mmpsync.run import Run

__all__ = ["gate", "verdict", "whereabouts"]

_GATE_COLOURS = {"OFF": "yellow", "PASSED": "green", "FAILED": "red"}


def verdict(run: Run) -> RenderableType:
    """Answer in one line, name the biggest problem in one sentence, and say what was looked at."""
    if not run.summary.rows:
        return Text(NOTHING, "bold yellow")
    gate, comma, scope = headline(run).partition(", ")
    label, title, found = problem(run)
    lines = [
        Text.assemble((gate, f"bold {_GATE_COLOURS[gate_word(run)]}"), comma, scope),
        Text.assemble(label, (title, HEADING), found),
    ]
    if run.summary.in_scope and not run.clicks.records:
        lines.append(Text(NOT_JOINED, "yellow"))
    return Group(*lines, Text(looked_at(run), FAINT))


def gate(run: Run) -> Iterator[RenderableType]:
    """List the conditions that failed: what was allowed, what was found."""
    found_by_limit: defaultdict[str, list[str]] = defaultdict(list)
    for condition in run.gate.conditions:
        if not condition.passed:
            found_by_limit[condition.limit].append(f"{harmless(condition.name)} {condition_value(condition)}")
    if found_by_limit:
        table = columns("left", "left")
        for limit, found in found_by_limit.items():
            pieces = [f"{each}, " for each in found[:-1]] + found[-1:]
            table.add_row(Text(f"allowed: {limit}", FAINT), Pieces(pieces))
        failed = sum(map(len, found_by_limit.values()))
        yield section(f"Gate: {failed} of {counted(len(run.gate.conditions), 'condition')} failed", table)


def whereabouts(run: Run) -> Iterator[RenderableType]:
    """Say where the rows are, and what to type next."""
    if run.directory is not None:
        contents = columns("left", "right", "left")
        for name, rows, what in _contents(run):
            contents.add_row(name, number(rows), Text(what, FAINT))
        yield Group(Text("Written to", HEADING), path(f"  {harmless(str(run.directory))}"), contents)
    found = worst(run)
    if found is not None:
        yield Text.assemble("Next: ", (f"mmpsync explain {found.code}", HEADING))


def _contents(run: Run) -> Iterator[tuple[str, int, str]]:
    found = run.summary
    if not found.rows:
        return
    yield "  clean.parquet", found.count("clean"), "ready to be sent to impact.com"
    yield "  exceptions.csv", found.in_scope - found.count("clean"), "all others in scope, and why"
    yield "  excluded.parquet", found.count("excluded"), "left out of every rate"
    if run.actions is not None:
        yield "  unexplained_actions.parquet", run.actions.unexplained, "actions that no row explains"
    yield "  unreadable.csv", sum(file.unreadable for file in run.files), "damaged lines"
