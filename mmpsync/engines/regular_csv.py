"""Finds where the records of a CSV end otherwise than DuckDB's reader expects, and makes them end so.

The grammar is DuckDB's: a cell is quoted when it begins with a quote, blanks before it or not; quotes inside
are doubled, with or without blanks between; after the closing one only blanks may stand. A quote anywhere else
is a letter like others.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property

from mmpsync.engines.regular_records import MARKED, MAX_RECORD_BYTES, mark
from mmpsync.engines.regular_rows import RegularRows

__all__ = ["RegularCsv"]

_QUOTE, _LINE_FEED = b'"\n'
_BLANKS = re.compile(rb" *+")
_OPENED = re.compile(rb' *+"[^"]*+(?:" *+"[^"]*+)*+')


@dataclass
class RegularCsv:
    """The records of a CSV of `width` columns whose first one ends with `first_end`.

    `line_breaks_matter`: quoted cells with line breaks are reason enough for a copy. `copying`: there is one, in which
    records that are no rows are told apart.
    """

    delimiter: bytes
    first_end: bytes
    width: int
    line_breaks_matter: bool
    copying: bool
    # Whether only the header was seen yet, or not even that.
    is_behind_header: bool = True
    _before: bytes = b""
    _begun: bool = False

    def regular(self, data: bytes, *, last: bool) -> tuple[bytes | None, int]:
        """What a copy has for the whole records that `data` begins with, None for the same, and their length."""
        found = _Pass(self, data, last, self._before, begins_with_header=not self._begun)
        used = found.run()
        text = found.text(used)
        if not self._begun or self.is_behind_header:
            seen = data[:used].strip(b"\r\n")
            self.is_behind_header = b"\n" not in seen if not self._begun else not seen
            self._begun = self._begun or bool(seen)
        self._before = (self._before + data[:used])[-2:]
        if self.copying:
            text = self._rows.told_apart(data[:used] if text is None else text)
        return text, used

    def too_long(self, record: bytes) -> bytes:
        """What a copy has for a record of which this is only the beginning."""
        return self._rows.too_long(record)

    @cached_property
    def _rows(self) -> RegularRows:
        return RegularRows(self.delimiter, self.end, self.width)

    @cached_property
    def end(self) -> bytes:
        """How records end in a copy."""
        return b"\n" if self.is_macintosh else self.first_end

    @cached_property
    def is_macintosh(self) -> bool:
        """Whether a carriage return alone ends a record."""
        return self.first_end == b"\r"

    @cached_property
    def plain(self) -> re.Pattern[bytes]:
        """Whatever needs no closer look."""
        delimiter, end = re.escape(self.delimiter), re.escape(self.end)
        return re.compile(
            rb'(?:[^"\r\n]++'
            rb"|(?<=[^\r\n])" + end + rb"|(?:(?<=[\r\n" + delimiter + rb'])|\A)"[^"\r\n]*+(?:""[^"\r\n]*+)*+"'
            rb"(?=" + delimiter + rb"|" + end + rb")"
            rb'|(?<=[^\r\n "' + delimiter + rb'])"++)*+'
        )

    @cached_property
    def line_end(self) -> re.Pattern[bytes]:
        """A line's end, whether it is the usual one or not."""
        return re.compile(rb"\r\n|\r|\n" if self.is_macintosh else rb"\r?\n")

    @cached_property
    def blank_lines(self) -> re.Pattern[bytes]:
        return re.compile({b"\r": rb"[\r\n]+", b"\n": rb"\n+", b"\r\n": rb"(?:\r?\n)+"}[self.first_end])

    @cached_property
    def rest_of_cell(self) -> re.Pattern[bytes]:
        return re.compile(rb"[^\n" + re.escape(self.delimiter) + rb"]*+")

    @cached_property
    def closed(self) -> re.Pattern[bytes]:
        """What may follow a closing quote."""
        return re.compile(rb" *+(?=" + re.escape(self.delimiter) + rb"|" + self.line_end.pattern + rb"|\Z)")

    @cached_property
    def rejected(self) -> re.Pattern[bytes]:
        """What follows a closing quote so that the reader rejects this record and no other."""
        delimiter = re.escape(self.delimiter)
        return re.compile(
            rb'[^\r\n"' + delimiter + rb"]*+(?=" + delimiter + rb"|" + re.escape(self.end) + rb"|\Z)"
        )


@dataclass
class _Pass:
    """One pass over the text at hand, which begins with a record."""

    csv: RegularCsv
    data: bytes
    last: bool
    before: bytes
    begins_with_header: bool
    edits: list[tuple[int, int, bytes]] = field(default_factory=list)
    # The last quoted cell with line breaks: its end, and where its record begins. Or the end of the blank lines
    # before the header.
    cell_end: int = 0
    cell_record: int = 0
    line_breaks: bool = False

    def run(self) -> int:
        """Look at everything; returns the length of the whole records among it."""
        at = 0
        while (at := self.csv.plain.match(self.data, at).end()) < len(self.data):  # type: ignore[union-attr]
            step = self._quote(at) if self.data[at] == _QUOTE else self._line_break(at)
            if step is None:
                return self._record(at)
            at = step
        return len(self.data) if self.last else self._record(at)

    def text(self, used: int) -> bytes | None:
        """The first `used` bytes as they are in a copy, None when there is nothing to change."""
        edits = [edit for edit in self.edits if edit[0] < used]
        if not edits and not self.line_breaks:
            return None
        parts, done = [], 0
        for start, end, text in edits:
            parts += [self.data[done:start], text]
            done = end
        return b"".join([*parts, self.data[done:used]])

    @property
    def _copying(self) -> bool:
        return bool(self.edits) or self.line_breaks or self.csv.copying

    def _record(self, at: int) -> int:
        """Where the record begins that `at` is in."""
        found = self.data.rfind(b"\n", self.cell_end, at)
        if self.csv.is_macintosh:
            found = max(found, self.data.rfind(b"\r", self.cell_end, at))
        return found + 1 if found >= 0 else self.cell_record

    def _cell(self, at: int) -> int:
        """Where the cell begins that `at` is in."""
        found = self.data.rfind(self.csv.delimiter, self.cell_end, at)
        return max(found + 1, self._record(at))

    def _needs_more(self, at: int) -> bool:
        """Whether what follows `at` is not known yet; a line's end may be two bytes."""
        return not self.last and at + 2 > len(self.data)

    def _is_before_header(self, at: int) -> bool:
        return self.begins_with_header and not self.data[:at].strip(b"\r\n")

    def _is_behind_pair(self, at: int) -> bool:
        """Whether the line before `at` ended with a carriage return and a line feed."""
        return (self.before + self.data[max(at - 2, 0) : at])[-2:] == b"\r\n"

    def _is_behind_header(self, at: int) -> bool:
        """Whether nothing but the header and blank lines stands before `at`."""
        before = self.data[:at].strip(b"\r\n")
        return b"\n" not in before if self.begins_with_header else self.csv.is_behind_header and not before

    def _is_header(self, at: int) -> bool:
        """Whether the record at `at` is the header: one that the reader cannot parse costs all other records."""
        return self._is_before_header(self._record(at))

    def _line_break(self, at: int) -> int | None:
        if self._needs_more(at):
            return None
        if self._is_before_header(at):
            self.cell_record = self.cell_end = at + 1
            return self._without(at, at + 1)
        is_empty = self.data[at - 1 : at] in ((b"", b"\n", b"\r") if self.csv.is_macintosh else (b"", b"\n"))
        return self._empty_line(at) if is_empty else self._line_end(at)

    def _empty_line(self, at: int) -> int | None:
        if (blank := self.csv.blank_lines.match(self.data, at)) is not None:
            return self._without(at, blank.end())
        if not self.data[at:].strip(b"\r\n"):
            return self._without(at, len(self.data)) if self.last else None
        if self.data[at : at + 2] != b"\r\n":
            return self._line_end(at)
        if self._is_behind_pair(at) or self._is_behind_header(at):
            return self._without(at, at + 2)
        # A carriage return alone on its line where lines do not end with it is a cell.
        self.edits.append((at, at + 1, b'"\r"'))
        return at + 1

    def _line_end(self, at: int) -> int | None:
        is_pair = self.data[at : at + 2] == b"\r\n"
        if is_pair or self.data[at] == _LINE_FEED or self.csv.is_macintosh:
            end = at + 1 + is_pair
            self.edits.append((at, end, self.csv.end))
            return end
        return self._carriage_return(at)

    def _without(self, start: int, end: int) -> int:
        if self._copying or not self.last or end < len(self.data):
            self.edits.append((start, end, b""))
        return end

    def _carriage_return(self, at: int) -> int | None:
        """Put the cell with a carriage return in quotes."""
        start, end = self._cell(at), self.csv.rest_of_cell.match(self.data, at).end()  # type: ignore[union-attr]
        if end == len(self.data) and not self.last:
            return None
        if self.data[end - 1 : end + 1] == b"\r\n":
            end -= 1
        cell = self.data[start:end]
        quoted = b'"' + cell.replace(b'"', b'""') + b'"'
        self.edits.append((start, end, mark("", cell) if self._is_header(start) else quoted))
        return end

    def _quote(self, at: int) -> int | None:
        start = self._cell(at)
        if self.data[start:at].strip(b" "):
            return at + 1
        close = _OPENED.match(self.data, start).end()  # type: ignore[union-attr]
        if close == len(self.data):
            return self._never_closed(at)
        after = _BLANKS.match(self.data, close + 1).end()  # type: ignore[union-attr]
        if self._needs_more(after):
            return None
        if self.csv.closed.match(self.data, after) is not None:
            return self._quoted(start, after)
        rejected = self.csv.rejected.match(self.data, close + 1)
        if rejected is not None and not self._has_line_breaks(start, close) and not self._is_header(start):
            return None if self._needs_more(rejected.end()) else rejected.end()
        return self._broken(at)

    def _quoted(self, start: int, end: int) -> int:
        if self._has_line_breaks(start, end):
            self.cell_record, self.cell_end = self._record(start), end
            self.line_breaks = self.line_breaks or self.csv.line_breaks_matter
            if self._is_header(start):
                self.edits.append((start, end, mark("", self.data[start:end])))
            elif (quote := self.data.index(b'"', start)) > start:
                self.edits.append((start, quote, b""))
        return end

    def _has_line_breaks(self, start: int, end: int) -> bool:
        return self.data.find(b"\n", start, end) >= 0 or self.data.find(b"\r", start, end) >= 0

    def _never_closed(self, at: int) -> int | None:
        if not self.last and len(self.data) - self._record(at) <= MAX_RECORD_BYTES:
            return None
        if self.last and not self._copying and not self._has_line_breaks(at, len(self.data)):
            return len(self.data)  # the reader rejects it as it is
        return self._broken(at)

    def _broken(self, at: int) -> int | None:
        """Mark the record that the cell at `at` breaks; it ends with this line."""
        found = self.csv.line_end.search(self.data, at)
        if found is None and not self.last:
            return None
        start, end = self._record(at), len(self.data) if found is None else found.start()
        self.edits = [edit for edit in self.edits if edit[0] < start]
        kind = "" if self._is_header(start) else MARKED
        self.edits.append((start, end, mark(kind, self.data[start:end])))
        return end
