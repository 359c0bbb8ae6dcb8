"""An .xlsx file is a zip of XML parts: here one sheet of a finished workbook gets its rows, streamed into it."""

import io
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile

from mmpsync.report.xlsx_cells import SharedStrings

__all__ = ["Pieces", "prototypes", "with_rows"]

Pieces = Callable[[SharedStrings], Iterator[memoryview | bytes]]
_FAST = 2  # as fast as 1 on such XML, and a tenth smaller
_STRINGS = "xl/sharedStrings.xml"
_END_OF_ROWS, _END_OF_STRINGS = b"</sheetData>", b"</sst>"


def prototypes(workbook: bytes, sheet: int) -> list[str]:
    """The cells' attributes of the last row of a sheet, which is there to show how cells are to look."""
    with ZipFile(io.BytesIO(workbook)) as package:
        last = package.read(_part(sheet)).rpartition(b"<row ")[2]
    return [f' s="{style.decode()}"' for style in re.findall(rb'<c r="[A-Z]+[0-9]+" s="([0-9]+)"', last)]


def with_rows(workbook: bytes, sheet: int, pieces: Pieces) -> bytes:
    """The workbook with rows instead of the last row of a sheet.

    Rows are made by one thread while another compresses those before them.
    """
    found = io.BytesIO()
    with (
        ZipFile(io.BytesIO(workbook)) as package,
        ZipFile(found, "w", ZIP_DEFLATED, compresslevel=_FAST) as filled,
    ):
        strings = package.read(_STRINGS)
        shared = SharedStrings(strings.count(b"<si>"))
        head, _, tail = package.read(_part(sheet)).rpartition(b"<row ")
        # How far the sheet extends; programs find out by themselves.
        head = re.sub(rb'<dimension ref="[^"]*"/>', b"", head)
        for part in package.infolist():
            if part.filename not in {_part(sheet), _STRINGS}:
                filled.writestr(part, package.read(part))
        with filled.open(_part(sheet), "w") as stream:
            stream.write(head)
            _pass_on(pieces(shared), stream)
            stream.write(tail[tail.index(_END_OF_ROWS) :])
        with filled.open(_STRINGS, "w") as stream:
            stream.write(_with_strings(strings, shared))
    return found.getvalue()


def _part(sheet: int) -> str:
    return f"xl/worksheets/sheet{sheet}.xml"


def _pass_on(pieces: Iterator[memoryview | bytes], stream: IO[bytes]) -> None:
    with ThreadPoolExecutor(max_workers=1) as writer:
        written: Future[int] | None = None
        for piece in pieces:
            if written is not None:
                written.result()
            written = writer.submit(stream.write, piece)
        if written is not None:
            written.result()


def _with_strings(table: bytes, shared: SharedStrings) -> bytes:
    """The workbook's table of strings with those of the rows; its counts, which nobody needs, are left out."""
    table = re.sub(rb' (?:uniqueCount|count)="[0-9]+"', b"", table, count=2)
    return table.replace(_END_OF_STRINGS, shared.xml().encode() + _END_OF_STRINGS)
