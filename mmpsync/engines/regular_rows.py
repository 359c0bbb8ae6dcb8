"""Records of a copy that are no rows become rows of a kind of their own, which scans leave out.

DuckDB keeps a kilobyte or so for everything that it finds wrong with a record, each missing cell among it: a file
of nothing but short lines would take gigabytes. What a copy has in their place costs no more than a row.
"""

import re
from functools import cached_property

from mmpsync.engines.regular_records import MARKED, MAX_RECORD_BYTES, mark

__all__ = ["NO_ROW", "NO_ROW_PARTS", "RegularRows"]

# How the first cell of such a row begins; then come, with this between them, the record's number, what is wrong
# with it, and its text, masked.
NO_ROW, _BETWEEN = "\x1e\x1d", "\x1d"
NO_ROW_PARTS = r"(?s)^\x1e\x1d([0-9]+)\x1d([^\x1d]*)\x1d(.*)$"
_NO_ROW_BYTES = NO_ROW.encode()
_UNREADABLE_QUOTES = "Value with unterminated quote found."
# In the words of DuckDB, which finds it itself in other files.
_NO_TEXT = "Invalid unicode (byte sequence mismatch) detected. This file is not utf-8 encoded."
_UNFIT = "Holds control characters that no export has."
_TOO_LONG = f"longer than {MAX_RECORD_BYTES} bytes"


class RegularRows:
    """The records of a CSV of `width` columns, all of which end with `end`; counts them from 1, the header."""

    def __init__(self, delimiter: bytes, end: bytes, width: int) -> None:
        self._delimiter, self._end, self._width = delimiter, end, width
        self._seen = 0

    def are_fine(self, records: bytes) -> bool:
        """Whether all of the records, none of which is a header, are rows."""
        return self._fine.match(records).end() == len(records) and _is_text(records)  # type: ignore[union-attr]

    def told_apart(self, records: bytes) -> bytes:
        """The whole records that come next, those that are no rows replaced."""
        parts, at = [], 0
        if not self._seen and records:
            at = self._end_of_record(records, 0)
            parts.append(records[:at])
            self._seen = 1
        while at < len(records):
            end = self._fine.match(records, at).end()  # type: ignore[union-attr]
            parts.append(self._fine_ones(records[at:end]))
            if end < len(records):
                at, end = end, self._end_of_record(records, end)
                parts.append(self._no_row(records[at:end]))
            at = end
        return b"".join(parts)

    def too_long(self, record: bytes) -> bytes:
        """What stands for a record of which this is only the beginning."""
        if not self._seen:
            self._seen = 1
            return mark("", record) + self._end
        return self._replaced(_TOO_LONG, mark("", record))

    @cached_property
    def _cell(self) -> bytes:
        return rb'(?: *+"[^"]*+(?:" *+"[^"]*+)*+" *+|(?! *")[^\r\n' + re.escape(self._delimiter) + rb"]*+)"

    @cached_property
    def _fine(self) -> re.Pattern[bytes]:
        """Records that are rows: a cell too many is no matter when it is empty."""
        delimiter, end = re.escape(self._delimiter), re.escape(self._end)
        cells = self._cell + rb"(?:" + delimiter + self._cell + rb"){%d}" % (self._width - 1)
        return re.compile(rb"(?:" + cells + delimiter + rb"?+(?:" + end + rb"|(?<![\r\n])\Z))*+")

    @cached_property
    def _cells(self) -> re.Pattern[bytes]:
        return re.compile(self._cell + rb"(?:" + re.escape(self._delimiter) + self._cell + rb")*+")

    def _end_of_record(self, records: bytes, start: int) -> int:
        end = records.find(self._end, self._cells.match(records, start).end())  # type: ignore[union-attr]
        return len(records) if end < 0 else end + len(self._end)

    def _fine_ones(self, records: bytes) -> bytes:
        if _is_text(records):
            self._seen += self._count(records)
            return records
        parts, at = [], 0
        while at < len(records):
            end = self._end_of_record(records, at)
            record = records[at:end]
            if _is_text(record):
                self._seen += 1
                parts.append(record)
            else:
                parts.append(self._no_row(record))
            at = end
        return b"".join(parts)

    def _count(self, records: bytes) -> int:
        if b'"' not in records:
            return records.count(self._end) + (not records.endswith(self._end) and bool(records))
        count = at = 0
        while at < len(records):
            at = self._end_of_record(records, at)
            count += 1
        return count

    def _no_row(self, record: bytes) -> bytes:
        record = record.removesuffix(self._end)
        if record.startswith(MARKED.encode()):
            return self._replaced(_UNREADABLE_QUOTES, record[len(MARKED) :])
        cells = self._cells.match(record)
        if cells is None or cells.end() < len(record):
            error = _UNREADABLE_QUOTES
        elif not _is_text(record):
            error = _UNFIT if _NO_ROW_BYTES in record else _NO_TEXT
        else:
            found = len(re.findall(rb"(?:\A|" + re.escape(self._delimiter) + rb")" + self._cell, record))
            error = f"Expected Number of Columns: {self._width} Found: {found}"
        return self._replaced(error, mark("", record))

    def _replaced(self, error: str, text: bytes) -> bytes:
        self._seen += 1
        told = _BETWEEN.join([NO_ROW + str(self._seen), error, _shown(text)])
        return b'"' + told.encode() + b'"' + self._delimiter * (self._width - 1) + self._end


def _is_text(records: bytes) -> bool:
    if _NO_ROW_BYTES in records:
        return False
    if records.isascii():
        return True
    try:
        records.decode()
    except UnicodeDecodeError:
        return False
    return True


def _shown(text: bytes) -> str:
    """The text, with a question mark for what is not UTF-8, as DuckDB shows it where it rejects a record itself."""
    return text.decode(errors="replace").replace("\N{REPLACEMENT CHARACTER}", "?")
