"""What a report format is: a name, and a function from a finished run to text or bytes."""

from dataclasses import dataclass
from typing import Protocol

from mmpsync.run import Run

__all__ = ["PAGE", "Render", "Report", "Screen"]


@dataclass(frozen=True, kw_only=True)
class Screen:
    """Where a report is read, and by whom.

    `width` is in characters; `colour` tells whether colours can be shown, `unmask` whether ids may be shown as
    they are. Without `unmask` nobody's device id, customer id, e-mail or IP address stands in a report.
    """

    width: int
    colour: bool = False
    unmask: bool = False


PAGE = Screen(width=100)
"""A file, which has no width of its own."""


class Render(Protocol):
    """Lays a run out. `screen` is for formats with lines of a certain width and for those that show ids."""

    def __call__(self, run: Run, screen: Screen = PAGE, /) -> str | bytes:
        """Return the whole report: text, its last line ended, or the bytes of a binary file."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """One format: what it is called in `--report`, and how it is made.

    `render` reads nothing but the run and the row data beside its run.json, so that a run can be rendered
    again at any time, in any format, to the same bytes. `needs` are the modules of the extra `report` that it
    imports when called. `binary` reports are never written to a terminal. `lines` tells that a report is lines
    for people or a CI log, so that several of the kind may share stdout.
    """

    name: str
    render: Render
    needs: tuple[str, ...] = ()
    binary: bool = False
    lines: bool = False
