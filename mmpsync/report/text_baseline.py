"""What changed since the baseline, in the terminal summary: the match rate, reasons, partners and days that fell."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from mmpsync.conclusions import Baseline
from mmpsync.figures import NO_NAME, moment, number, points, rate
from mmpsync.masking import brief
from mmpsync.reasons import BY_CODE
from mmpsync.report.text_style import FAINT, columns, section
from mmpsync.run import Run

__all__ = ["baseline"]

_MOST = 5
_LONGEST_NAME = 40
_WORTH_SAYING = ("error", "warning")


def baseline(run: Run) -> Iterator[RenderableType]:
    """Compare with the earlier run, if one was given."""
    if run.baseline is None:
        return
    parts: list[RenderableType] = [_rates(run, run.baseline)]
    changed = [
        change
        for change in run.baseline.reasons
        if change.code in BY_CODE and BY_CODE[change.code].severity in _WORTH_SAYING
    ]
    if changed:
        table = columns("left", "right", "left")
        for change in changed:
            before, now = number(change.earlier_rows), number(change.rows)
            table.add_row(change.code, f"{before} → {now} rows", Text(_word(change.status), FAINT))
        parts.append(table)
    fallen = [change for change in run.baseline.groups if change.change < 0][:_MOST]
    if fallen:
        table = columns("left", "left", "right", "right")
        for group in fallen:
            rates = f"{rate(group.earlier_match_rate)} → {rate(group.match_rate)}"
            name = NO_NAME if group.name is None else brief(group.name, _LONGEST_NAME)
            table.add_row(group.dimension, name, rates, points(group.change))
        parts.append(table)
    yield section(f"Against the run as of {moment(run.baseline.as_of)}", *parts)


def _rates(run: Run, earlier: Baseline) -> Text:
    change = f", {points(earlier.match_rate_change)}" if earlier.match_rate_change is not None else ""
    rates = f"{rate(earlier.match_rate)} → {rate(run.summary.match_rate)}"
    return Text(f"match rate {rates}{change}; {number(earlier.rows)} → {number(run.summary.rows)} rows")


def _word(status: str) -> str:
    return "" if status == "changed" else status
