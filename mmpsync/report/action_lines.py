"""What became of impact.com's own action records: the lines that every report for people shows, in its own way."""

from collections.abc import Iterator
from dataclasses import dataclass

from mmpsync.figures import moneys, number
from mmpsync.masking import brief
from mmpsync.run import Run
from mmpsync.summaries import ActionSummary

__all__ = ["ActionLine", "action_lines"]

_LONGEST_STATE = 12


@dataclass(frozen=True)
class ActionLine:
    """How many actions, or records of them, something is true of, and a note on these."""

    label: str
    count: int
    note: str


def action_lines(run: Run, most_currencies: int) -> list[ActionLine]:
    """How many actions there are and how many no row explains; none where no action records were given."""
    if run.actions is None:
        return []
    return [ActionLine(*line) for line in _lines(run, run.actions, most_currencies)]


def _lines(run: Run, found: ActionSummary, most_currencies: int) -> Iterator[tuple[str, int, str]]:
    states = (f"{number(count)} {brief(state, _LONGEST_STATE)}" for state, count in found.states.items())
    yield "Actions", found.matched + found.unexplained, ", ".join(states)
    yield "Explained by a row", found.matched, ""
    yield "Unexplained", found.unexplained, _unexplained(found, most_currencies)
    if found.reattributed:
        yield "Reattributed", found.reattributed, "reversed, and the order credited anew"
    if found.repeated:
        yield "Read again", found.repeated, "records of an action that another record is of"
    for reason in run.reason_summaries:
        if reason.code == "amount-differs":
            named = (f"{what} {number(rows)}" for what, rows in sorted(reason.parameters.items()))
            yield "With another amount", reason.found, ", ".join(named)


def _unexplained(found: ActionSummary, most_currencies: int) -> str:
    parts = moneys(found.unexplained_amounts, most_currencies)
    if found.unexplained_outside:
        parts.append(f"{number(found.unexplained_outside)} before or after all rows")
    return ", ".join(parts)
