"""What a report format is: a name, and a function from a finished run to text."""

from dataclasses import dataclass
from typing import Protocol

from mmpsync.run import Run

__all__ = ["PAGE", "Render", "Report", "Screen"]


@dataclass(frozen=True, kw_only=True)
class Screen:
    """Where a report is read: `width` in characters, and whether colours can be shown."""

    width: int
    colour: bool = False


PAGE = Screen(width=100)
"""A file, which has no width of its own."""


class Render(Protocol):
    """Lays a run out as text. `screen` is for formats with lines of a certain width; others ignore it."""

    def __call__(self, run: Run, screen: Screen = PAGE, /) -> str:
        """Return the whole report, its last line ended."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """One format: what it is called in `--report`, and how it is made.

    `render` reads nothing but the run, so that a run can be rendered again at any time, in any format.
    """

    name: str
    render: Render
