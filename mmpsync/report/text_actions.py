"""What became of impact.com's own action records, in the terminal summary."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from mmpsync.report.figures import moneys, number
from mmpsync.report.masking import brief
from mmpsync.report.text_style import FAINT, columns, section
from mmpsync.run import ActionSummary, Run

__all__ = ["actions"]

_MOST_CURRENCIES = 3


def actions(run: Run) -> Iterator[RenderableType]:
    """Say how many actions there are, and how many no row explains; nothing where no action records were given."""
    if run.actions is None:
        return
    table = columns("left", "right", "left")
    for label, count, note in _lines(run, run.actions):
        table.add_row(label, number(count), Text(note, FAINT))
    yield section("Actions at impact.com", table)


def _lines(run: Run, found: ActionSummary) -> Iterator[tuple[str, int, str]]:
    states = (f"{number(count)} {brief(state, 12)}" for state, count in found.states.items())
    yield "Actions", found.matched + found.unexplained, ", ".join(states)
    yield "Explained by a row", found.matched, ""
    yield "Unexplained", found.unexplained, _unexplained(found)
    if found.reattributed:
        yield "Reattributed", found.reattributed, "reversed, and the order credited anew"
    if found.repeated:
        yield "Read again", found.repeated, "records of an action that another record is of"
    for reason in run.reason_summaries:
        if reason.code == "amount-differs":
            named = (f"{what} {number(rows)}" for what, rows in sorted(reason.parameters.items()))
            yield "With another amount", reason.found, ", ".join(named)


def _unexplained(found: ActionSummary) -> str:
    parts = moneys(found.unexplained_amounts, _MOST_CURRENCIES)
    if found.unexplained_outside:
        parts.append(f"{number(found.unexplained_outside)} before or after all rows")
    return ", ".join(parts)
