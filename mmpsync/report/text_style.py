"""How the terminal summary looks: headings, tables, lists, colours, and where long lines may break."""

import io
import re
from collections.abc import Iterable, Iterator
from typing import Literal

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.constrain import Constrain
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mmpsync.report.interface import Screen

__all__ = [
    "FAINT",
    "HEADING",
    "SEVERITY_STYLES",
    "Pieces",
    "Side",
    "bullets",
    "columns",
    "indented",
    "laid_out",
    "path",
    "prose",
    "section",
]

Side = Literal["left", "right"]
HEADING = "bold"
FAINT = "dim"
SEVERITY_STYLES = {"error": "red", "warning": "yellow", "info": "cyan", "none": "green"}
_PROSE_WIDTH = 100  # longer lines are hard to read


def laid_out(sections: Iterable[RenderableType], screen: Screen) -> str:
    """Set sections as the screen shows them, an empty line between them."""
    console = Console(
        file=io.StringIO(),
        width=screen.width,
        force_terminal=screen.colour,
        color_system="standard" if screen.colour else None,
        no_color=not screen.colour,
        force_jupyter=False,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
    )
    with console.capture() as captured:
        for number, part in enumerate(sections):
            if number:
                console.print()
            console.print(part, crop=False)
    # Tables pad their last column.
    return "\n".join(line.rstrip(" ") for line in captured.get().split("\n"))


def section(title: str, *parts: RenderableType) -> Group:
    """Put parts below a heading, further right."""
    return Group(Text(title, HEADING), *(indented(part) for part in parts))


def indented(part: RenderableType, by: int = 2) -> Padding:
    """Move a part to the right."""
    return Padding(part, (0, 0, 0, by), expand=False)


def prose(text: str, style: str = "") -> Constrain:
    """Set text in lines that can be read, however wide the screen is."""
    return Constrain(Text(text, style), _PROSE_WIDTH)


def columns(*sides: Side, gap: int = 2) -> Table:
    """Begin a table without lines; the cells of a left column may break, those of a right one never do."""
    table = Table.grid(padding=(0, gap, 0, 0), pad_edge=False)
    for side in sides:
        table.add_column(justify=side, no_wrap=side == "right", overflow="fold", min_width=1)
    return table


def bullets(items: Iterable[RenderableType], *, numbered: bool = False) -> Table:
    """Set a list, each item behind a dash or its number."""
    table = columns("right", "left", gap=1)
    for place, item in enumerate(items, 1):
        table.add_row(f"{place}." if numbered else "-", item)
    return table


def path(text: str, style: str = "") -> "Pieces":
    """Set a path, or a text with one in it, so that it breaks behind a slash, a blank or an underscore."""
    return Pieces(re.findall(r"[^ /_]*[ /_]|[^ /_]+", text), style)


class Pieces:
    """Text that breaks between its pieces only, unless one of them is wider than the line."""

    def __init__(self, pieces: Iterable[str], style: str = "") -> None:
        self._pieces, self._style = list(pieces), style

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """Fill lines as wide as there is room."""
        lines = [""]
        for piece in self._pieces:
            if lines[-1] and cell_len(lines[-1] + piece.rstrip(" ")) > options.max_width:
                lines.append("")
            lines[-1] += piece
        yield Text("\n".join(lines), self._style, overflow="fold")
