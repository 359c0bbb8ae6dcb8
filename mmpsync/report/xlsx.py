"""An Excel workbook for analysts: summary, reasons, exceptions, by partner, by day.

Ids are text, money and counts are numbers, times are times (UTC), and nothing is a formula or a link.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mmpsync.errors import InputError
from mmpsync.figures import number
from mmpsync.report.interface import PAGE, Report, Screen
from mmpsync.run import Run

if TYPE_CHECKING:
    from mmpsync.report.xlsx_cells import SharedStrings
    from mmpsync.report.xlsx_exceptions import Exceptions, Kind

__all__ = ["REPORT"]

# What Excel can open: rows of a sheet, its header among them.
_MOST_ROWS = 1_048_576
# What other programs can open: beyond 2 GiB a zip is written differently.
_MOST_BYTES = 2_000_000_000
_EXCEPTIONS_FILE = "exceptions.parquet"


def _render(run: Run, screen: Screen = PAGE, /) -> bytes:
    # pyarrow and xlsxwriter, when they are needed
    from pyarrow import ArrowInvalid  # noqa: PLC0415

    from mmpsync.report.xlsx_workbook import workbook  # noqa: PLC0415

    file = None if run.directory is None else run.directory / _EXCEPTIONS_FILE
    if file is None or not file.exists():
        return workbook(run, None, 0)
    try:
        return _with_rows(run, file, unmask=screen.unmask)
    except (ArrowInvalid, OSError) as error:
        raise InputError(f"{file}: cannot be read, so run mmpsync reconcile again: {error}") from error


def _with_rows(run: Run, file: Path, *, unmask: bool) -> bytes:
    from mmpsync.report.xlsx_exceptions import Exceptions  # noqa: PLC0415
    from mmpsync.report.xlsx_workbook import workbook  # noqa: PLC0415

    found = Exceptions(file, unmask=unmask)
    # A sheet that is cut says so in its last row.
    room = _MOST_ROWS - 1
    shown = found.rows if found.rows <= room else room - 1
    book = workbook(run, found, shown)
    return _filled(book, found, shown) if found.rows else book


def _filled(book: bytes, found: "Exceptions", shown: int) -> bytes:
    """The workbook with the rows of its sheet of exceptions."""
    from mmpsync.report.xlsx_package import prototypes, with_rows  # noqa: PLC0415
    from mmpsync.report.xlsx_workbook import EXCEPTIONS, KINDS  # noqa: PLC0415

    styles: dict[Kind, str] = {"text": "", **dict(zip(KINDS, prototypes(book, EXCEPTIONS), strict=True))}

    def pieces(shared: "SharedStrings") -> Iterator[memoryview | bytes]:
        rows, size = 0, 0
        for piece, rows_of_piece in found.xml(styles, shared, shown):
            if size + len(piece) > _MOST_BYTES:
                break
            rows, size = rows + rows_of_piece, size + len(piece)
            yield piece
        if rows < found.rows:
            yield _cut(rows, found.rows)

    return with_rows(book, EXCEPTIONS, pieces)


def _cut(shown: int, rows: int) -> bytes:
    notice = f"Cut here, after {number(shown)} of {number(rows)} rows: exceptions.csv has them all"
    return f'<row><c t="inlineStr"><is><t>{notice}</t></is></c></row>'.encode()


REPORT: Report[Run] = Report(name="xlsx", render=_render, needs=("xlsxwriter",), binary=True)
