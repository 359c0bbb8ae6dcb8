"""A workbook being written: sheets that are tables, and sheets that are read from top to bottom."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal

import xlsxwriter
from rich.cells import cell_len

from mmpsync.masking import harmless
from mmpsync.report.xlsx_cells import LONGEST

__all__ = ["Book", "Head", "Look", "Value"]

Look = Literal[
    "text", "id", "prose", "note", "heading", "figure heading", "number", "share", "money", "day", "time"
]
Value = str | int | float | Decimal | date | None
_TOP = {"valign": "top"}
_LEFT = {**_TOP, "align": "left"}
_HEADING = {**_TOP, "bold": True, "bottom": 1}
_LOOKS: dict[Look, dict[str, Any]] = {
    "text": _TOP,
    # The number format @ keeps a text a text, also when somebody edits the cell.
    "id": {**_TOP, "num_format": "@"},
    "prose": {**_TOP, "text_wrap": True},
    # Apart from the figure to the left.
    "note": {**_LEFT, "indent": 1},
    "heading": _HEADING,
    "figure heading": {**_HEADING, "align": "right"},
    "number": {**_TOP, "num_format": "#,##0"},
    "share": {**_TOP, "num_format": "0.00%"},
    "money": {**_TOP, "num_format": "#,##0.00"},
    "day": {**_LEFT, "num_format": "yyyy-mm-dd"},
    "time": {**_LEFT, "num_format": "yyyy-mm-dd hh:mm:ss"},
}
_LINE_HEIGHT, _MOST_LINES = 15, 27  # points, of the 409 that a row may have
_FILTER_BUTTON = 4  # characters of a title that it would hide
_WHOLE_SHEET = "A1:XFD1048576"


@dataclass(frozen=True)
class Head:
    """A column: its title, how its cells look, its least width in characters."""

    title: str
    look: Look
    width: int = 12


class Book:
    """An xlsx file in memory; the same contents give the same bytes."""

    def __init__(self, *, created: datetime) -> None:
        self._file = io.BytesIO()
        self._workbook = xlsxwriter.Workbook(self._file, {"in_memory": True})
        self._workbook.set_properties({"created": created.astimezone(UTC).replace(tzinfo=None)})
        self._looks = {look: self._workbook.add_format(told) for look, told in _LOOKS.items()}

    def table(
        self,
        name: str,
        heads: Sequence[Head],
        rows: Iterable[Sequence[Value]],
        *,
        length: int = 0,
        looks: Sequence[Look] = (),
    ) -> None:
        """Add a sheet with a frozen header and a filter.

        For rows that are written later, `length` is how many there will be, and `looks` give cells of the last
        row that show how cells look.
        """
        sheet = self._workbook.add_worksheet(name)
        written = 0
        for place, head in enumerate(heads):
            sheet.set_column(place, place, max(head.width, len(head.title) + _FILTER_BUTTON))
            self._write(sheet, 0, place, head.title, "heading")
        for written, row in enumerate(rows, 1):
            # Not every program finds out how high a row of prose has to be.
            if (lines := _lines(heads, row)) > 1:
                sheet.set_row(written, lines * _LINE_HEIGHT)
            for place, (head, value) in enumerate(zip(heads, row, strict=True)):
                self._write(sheet, written, place, value, head.look)
        for place, look in enumerate(looks):
            self._write(sheet, written + 1, place, None, look)
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, max(written, length), len(heads) - 1)
        sheet.ignore_errors({"number_stored_as_text": _WHOLE_SHEET})

    def page(self, name: str, widths: Sequence[int], lines: Iterable[Sequence[tuple[Value, Look]]]) -> None:
        """Add a sheet of lines, each cell with a look of its own."""
        sheet = self._workbook.add_worksheet(name)
        for place, width in enumerate(widths):
            sheet.set_column(place, place, width)
        for number, line in enumerate(lines):
            for place, (value, look) in enumerate(line):
                self._write(sheet, number, place, value, look)

    def close(self) -> bytes:
        """The whole file."""
        self._workbook.close()
        return self._file.getvalue()

    def _write(self, sheet: Any, row: int, place: int, value: Value, look: Look) -> None:
        if value is None:
            sheet.write_blank(row, place, None, self._looks[look])
        elif isinstance(value, str):
            # Never `write`, which takes texts for formulas, links and numbers.
            sheet.write_string(row, place, harmless(value)[:LONGEST], self._looks[look])
        elif isinstance(value, date):
            sheet.write_datetime(row, place, value, self._looks[look])
        else:
            sheet.write_number(row, place, value, self._looks[look])


def _lines(heads: Sequence[Head], row: Sequence[Value]) -> int:
    """How many lines the prose of a row takes."""
    prose = ((head, value) for head, value in zip(heads, row, strict=True) if head.look == "prose")
    lines = (-(-cell_len(str(value or "")) // head.width) for head, value in prose)
    return min(max(lines, default=1), _MOST_LINES)
