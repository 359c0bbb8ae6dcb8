"""What became of impact.com's own action records, in the terminal summary."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from mmpsync.figures import number
from mmpsync.report.action_lines import action_lines
from mmpsync.report.text_style import FAINT, columns, section
from mmpsync.run import Run

__all__ = ["actions"]

_MOST_CURRENCIES = 3


def actions(run: Run) -> Iterator[RenderableType]:
    """Say how many actions there are, and how many no row explains; nothing where no action records were given."""
    lines = action_lines(run, _MOST_CURRENCIES)
    if not lines:
        return
    table = columns("left", "right", "left")
    for line in lines:
        table.add_row(line.label, number(line.count), Text(line.note, FAINT))
    yield section("Actions at impact.com", table)
