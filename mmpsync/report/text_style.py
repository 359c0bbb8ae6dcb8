"""How the terminal summary looks: headings, tables, lists, colours, and where long lines may break."""

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.constrain import Constrain
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

__all__ = ["FAINT", "HEADING", "SEVERITY_STYLES", "Breakable", "bullets", "columns", "indented", "prose", "section"]

HEADING = "bold"
FAINT = "dim"
SEVERITY_STYLES = {"error": "red", "warning": "yellow", "info": "cyan", "none": "green"}
_PROSE_WIDTH = 100  # longer lines are hard to read


def section(title: str, *parts: RenderableType) -> Group:
    """A heading and what stands below it, further right."""
    return Group(Text(title, HEADING), *(indented(part) for part in parts))


def indented(part: RenderableType, by: int = 2) -> Padding:
    """A part that stands further right."""
    return Padding(part, (0, 0, 0, by), expand=False)


def prose(text: str, style: str = "") -> Constrain:
    """Text in lines that can be read, however wide the screen is."""
    return Constrain(Text(text, style), _PROSE_WIDTH)


def columns(*justify: Literal["left", "right"], gap: int = 2) -> Table:
    """A table without lines; the cells of a left column may break, those of a right one never do."""
    table = Table.grid(padding=(0, gap, 0, 0), pad_edge=False)
    for side in justify:
        table.add_column(justify=side, no_wrap=side == "right", overflow="fold")
    return table


def bullets(items: Iterable[RenderableType]) -> Table:
    """A list, each item behind a dash."""
    table = columns("left", "left", gap=1)
    for item in items:
        table.add_row("-", item)
    return table


class Breakable:
    """A line with paths in it, which breaks behind a blank or a slash, and elsewhere only if it must."""

    def __init__(self, text: str, style: str = "") -> None:
        self._text, self._style = text, style

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        lines = [""]
        for piece in re.findall(r"[^ /]*[ /]|[^ /]+", self._text):
            if lines[-1] and cell_len(lines[-1] + piece.rstrip(" ")) > options.max_width:
                lines.append("")
            lines[-1] += piece
        yield Text("\n".join(lines), self._style, overflow="fold")
