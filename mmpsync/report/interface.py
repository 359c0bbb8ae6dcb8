"""What a report format is: a name, and a function from a finished run, or check, to text or bytes."""

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

__all__ = ["PAGE", "Render", "Report", "Result", "Screen"]

Result = TypeVar("Result")
_Result_contra = TypeVar("_Result_contra", contravariant=True)


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


class Render(Protocol[_Result_contra]):
    """Lays a result out, a Run or a Check. `screen` is for formats with lines of a certain width and for those that show ids."""

    def __call__(self, result: _Result_contra, screen: Screen = PAGE, /) -> str | bytes:
        """Return the whole report: text, its last line ended, or the bytes of a binary file."""


@dataclass(frozen=True, kw_only=True)
class Report(Generic[Result]):
    """One format: what it is called in `--report`, and how it is made.

    `render` reads nothing but the result, and the row data beside a run's run.json, so that it can be rendered
    again at any time, in any format, to the same bytes. `needs` are the modules of the extra `report` that it
    imports when called. `binary` reports are never written to a terminal. `lines` tells that a report is lines
    for people or a CI log, so that several of the kind may share stdout.
    """

    name: str
    render: Render[Result]
    needs: tuple[str, ...] = ()
    binary: bool = False
    lines: bool = False
