"""Columns of values as columns of a sheet's cells: SpreadsheetML that Arrow makes of a batch of rows.

Cells carry no reference of their own: without one a cell stands right of the one before. `style` is a cell's
attribute, such as ' s="3"', or empty.
"""

import re
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.compute as pc

__all__ = [
    "LONGEST",
    "Array",
    "Cells",
    "SharedStrings",
    "contents",
    "escaped",
    "numbers",
    "numbers_or",
    "rows",
    "texts",
    "times",
]

Array = Any
"""An Arrow array; Arrow's type information has no word for one of a kind that is not known beforehand."""
Cells = tuple[str | Array, ...]
"""The cells of a column, in pieces: what every cell has, and arrays of what each has for itself."""
LONGEST = 32_767
"""Characters that a cell may hold."""
_EMPTY = "<c/>"
_DAY = 86_400_000_000  # in microseconds, as times are
_DAYS_TO_1970 = 25_569
_DECIMALS = 10  # of days: what is a millisecond short of a second, spreadsheets show as the second before
# From 1900-03-01, before which the calendar of spreadsheets is wrong, to the last day of 9999.
_FIRST, _END = (61 - _DAYS_TO_1970) * _DAY, (2_958_466 - _DAYS_TO_1970) * _DAY
_PLAIN = bytes(set(range(0x20, 0x7F)) - set(b"&<>_"))
# What XML forbids and what nobody would see, first and last of each range.
_UNSEEN = ((0, 0x1F), (0x7F, 0x9F), (0x202A, 0x202E), (0x2066, 0x2069), (0xFFFE, 0xFFFF))
_UNSEEN_CLASS = "[" + "".join(rf"\x{{{first:x}}}-\x{{{last:x}}}" for first, last in _UNSEEN) + "]"
_UNSEEN_BYTES = [set(chr(code).encode()) for first, last in _UNSEEN for code in range(first, last + 1)]
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
# Spreadsheets read _x0041_ as the letter A.
_CODE, _CODE_ESCAPED = r"_(x[0-9A-Fa-f]{4}_)", r"_x005F_\1"


class SharedStrings:
    """Texts that stand in the workbook once, and in cells by their number, from `first` on."""

    def __init__(self, first: int) -> None:
        self._first = first
        self._places: dict[str, int] = {}
        self._columns: dict[str, tuple[Array, Array]] = {}

    def __len__(self) -> int:
        return len(self._places)

    def column(
        self, name: str, values: Array, shown: Callable[[str, list[str]], list[str]], style: str
    ) -> Cells:
        """Cells with the values of a dictionary, as `shown` makes them of a column's name and values.

        Dictionaries hardly ever change from one batch of rows to the next: their cells are kept.
        """
        known = self._columns.get(name)
        if known is None or not known[0].equals(values.dictionary):
            texts = shown(name, values.dictionary.to_pylist())
            cells = pa.array([self._cell(text, style) for text in texts], pa.string())
            known = self._columns[name] = (values.dictionary, cells)
        cells = known[1].take(values.indices)
        return (pc.fill_null(cells, _EMPTY) if cells.null_count else cells,)

    def xml(self) -> str:
        """The texts as the workbook's table of them has them."""
        return "".join(f'<si><t xml:space="preserve">{escaped(text)}</t></si>' for text in self._places)

    def _cell(self, text: str, style: str) -> str:
        place = self._places.setdefault(text, self._first + len(self._places))
        return f'<c{style} t="s"><v>{place}</v></c>'


def rows(columns: Iterable[Cells]) -> Array:
    """Rows of these columns."""
    pieces: list[Any] = ["<row>"]
    for piece in (*chain.from_iterable(columns), "</row>"):
        if isinstance(piece, str) and isinstance(pieces[-1], str):
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return _joined(*pieces)


def texts(values: Array, style: str) -> Cells:
    """Cells with texts, on one line each."""
    return _cells(f'<c{style} t="inlineStr"><is><t>', _visible(values), "</t></is></c>")


def numbers(values: Array, style: str) -> Cells:
    """Cells with numbers."""
    return _cells(f"<c{style}><v>", values.cast(pa.string()), "</v></c>")


def numbers_or(values: Array, style: str, otherwise: Cells) -> Cells:
    """Cells with numbers; where there is none, those of `otherwise`."""
    return (pc.if_else(pc.is_valid(values), _joined(*numbers(values, style)), _joined(*otherwise)),)


def times(values: Array, style: str, text_style: str) -> Cells:
    """Cells with times; with their texts, if there is one that the calendar of spreadsheets lacks."""
    moments = values.cast(pa.timestamp("us")).cast(pa.int64())
    found: Any = pc.min_max(moments).as_py()
    if found["min"] is not None and not _FIRST <= found["min"] <= found["max"] < _END:
        return texts(values.cast(pa.string()), text_style)
    days = pc.add(pc.divide(moments.cast(pa.float64(), safe=False), float(_DAY)), float(_DAYS_TO_1970))
    return numbers(pc.round(days, _DECIMALS), style)


def contents(joined: Array) -> memoryview:
    """The bytes of texts, one after the other."""
    size = pc.sum(pc.binary_length(joined)).as_py()
    return memoryview(joined.buffers()[2])[:size]


def escaped(text: str) -> str:
    """The text as XML; its characters are printable ones."""
    return escape(re.sub(_CODE, _CODE_ESCAPED, text))


def _visible(values: Array) -> Array:
    """The texts as XML; hardly any need a change, and looking at all bytes at once is the fastest way to tell."""
    data = values.buffers()[2]
    special = set() if data is None else set(data.to_pybytes().translate(None, _PLAIN))
    if any(unseen <= special for unseen in _UNSEEN_BYTES):
        values = pc.replace_substring_regex(values, _UNSEEN_CLASS, _REPLACEMENT)
    lengths: Any = pc.binary_length(values)
    longest = pc.max(lengths).as_py()
    if longest is not None and longest > LONGEST:
        values = pc.utf8_slice_codeunits(values, 0, LONGEST)
    if ord("_") in special:
        values = pc.replace_substring_regex(values, _CODE, _CODE_ESCAPED)
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        if ord(character) in special:
            values = pc.replace_substring(values, character, entity)
    return values


def _cells(head: str, values: Array, tail: str) -> Cells:
    """Cells of a head, a value and a tail, joined only where some are empty: the row joins its pieces anyway."""
    if not values.null_count:
        return head, values, tail
    return (pc.fill_null(_joined(head, values, tail), _EMPTY),)


def _joined(*pieces: Any) -> Array:
    return pc.binary_join_element_wise(*pieces, "")
