"""The beginning of a file as text, unpacked, and what can be told of the rest without reading it as rows."""

import codecs
import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, cast

from mmpsync.engines.interface import Remote
from mmpsync.engines.open_quotes import QuoteCount
from mmpsync.errors import InputError

__all__ = ["SAMPLE_BYTES", "Sample", "is_url", "opened", "take_sample"]

SAMPLE_BYTES = 1 << 20
# The longest line that is read for its keys; a longer record is unreadable anyway.
_LONGEST_LINE = 8 << 20
# Of a longer line DuckDB may lose track. A line of four such lengths holds one of every four.
_STRETCH_BYTES = 4 << 20
_PROBE_BYTES = 1 << 14
_PLACE_BYTES, _MOST_PLACES = 1 << 13, 1 << 10
_FIRST_BYTES = 1 << 16
_GZIP_MAGIC = b"\x1f\x8b"
# What no export comes to: text repeats itself so much only when somebody made it do so.
_MOST_UNPACKED_BYTES = 1 << 30
_MOST_UNPACKED_RATIO = 200

_NOT_TABLES = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive or Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x28\xb5\x2f\xfd": "Zstandard-compressed",
    b"\xff\x06\x00\x00sNaPpY": "Snappy-compressed",
    b"BZh": "bzip2-compressed",
    _GZIP_MAGIC: "gzip-compressed twice",
    b"SQLite format 3": "an SQLite database",
}
_LOOKED_AT_BYTES = 4096
# A text may hold a stray control character; of a binary file they are a tenth or more.
_CONTROLS = bytes({*range(32), 127} - {*b"\t\n\v\f\r\x1b"})
_MOST_CONTROLS = 0.05
_ENCODING_MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_ENCODING_BYTES = 64


@dataclass(frozen=True)
class Sample:
    """The first bytes of a file, to the end of its first line if that is not too long.

    `whole`: these are all. `long_line`: there is a line of many megabytes. `quotes`: those of the whole file,
    counted where it had to be unpacked anyway. `places`: whole lines, never the first, from everywhere in
    the file, some kilobytes of every megabyte or so and more of the beginning.
    """

    head: bytes
    whole: bool
    zipped: bool
    long_line: bool
    quotes: QuoteCount = field(default_factory=QuoteCount, compare=False)
    places: tuple[bytes, ...] = ()

    @property
    def encoding(self) -> str:
        """UTF-8, or the kind of UTF-16 that its first bytes are: a header is ASCII, or nearly."""
        for mark, encoding in _ENCODING_MARKS.items():
            if self.head.startswith(mark):
                return encoding
        pairs = self.head[: min(len(self.head), _ENCODING_BYTES) // 2 * 2]
        even, odd = pairs[::2], pairs[1::2]
        if even and not any(odd) and all(even):
            return "utf-16-le"
        return "utf-16-be" if odd and not any(even) and all(odd) else "utf-8"

    @property
    def text(self) -> str:
        """The sample decoded, as far as it can be."""
        return self.head.decode(self.encoding, errors="replace").removeprefix("\ufeff")

    @property
    def no_table(self) -> str | None:
        """What the bytes are if they are no text."""
        for magic, what in _NOT_TABLES.items():
            if self.head.startswith(magic):
                return f"{what}, not an export"
        looked_at = self.head[:_LOOKED_AT_BYTES]
        if self.encoding != "utf-8" or b"\0" not in looked_at:
            return None
        controls = len(looked_at) - len(looked_at.translate(None, _CONTROLS))
        return "binary data, not an export" if controls > _MOST_CONTROLS * len(looked_at) else None


def is_url(path: str) -> bool:
    """Whether this is the URL of a file, and no local path."""
    return re.match(r"[a-z][a-z0-9+.-]+://", path) is not None


def opened(path: str, remote: Remote | None) -> BinaryIO:
    """A file, local or `remote`, to read. Raises OSError."""
    return Path(path).open("rb") if remote is None or not is_url(path) else remote.open(path)


def take_sample(path: str, remote: Remote | None = None) -> Sample:
    """The sample of a file. Raises InputError when it cannot be read, or its gzip is damaged or a bomb.

    Of a file that stays remote nothing but the beginning is read; the rest is taken to need a closer look when it is
    read as rows.
    """
    here = Path(path) if remote is None or not is_url(path) else remote.local(path)
    try:
        if here is None:
            return _remote(path, remote)
        with here.open("rb") as file:
            head, whole = _beginning(file)
            if not head.startswith(_GZIP_MAGIC):
                long_line = not whole and _has_long_line(file)
                places = (*_first_places(head), *_places(file))
                return Sample(head, whole, zipped=False, long_line=long_line, places=places)
        with _undamaged(path):
            return _unzipped(path, here)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error


def _remote(path: str, remote: Remote | None) -> Sample:
    with opened(path, remote) as file:
        head, whole = _beginning(file)
        zipped = head.startswith(_GZIP_MAGIC)
        if zipped:
            file.seek(0)
            with _undamaged(path):
                head, whole = _beginning(cast("BinaryIO", gzip.GzipFile(fileobj=file)))
    return Sample(head, whole, zipped=zipped, long_line=True)


@contextmanager
def _undamaged(path: str) -> Iterator[None]:
    try:
        yield
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"{path}: damaged gzip data ({error}); fetch the file again") from error


def _beginning(file: BinaryIO) -> tuple[bytes, bool]:
    head = file.read(SAMPLE_BYTES)
    if b"\n" not in head:
        head += file.readline(_LONGEST_LINE)
    return head, not file.read(1)


def _has_long_line(file: BinaryIO) -> bool:
    size = file.seek(0, 2)
    for start in range(_STRETCH_BYTES, size - _STRETCH_BYTES, _STRETCH_BYTES):
        file.seek(start)
        if _is_unbroken(file.read(_PROBE_BYTES)) and _is_unbroken(file.read(_STRETCH_BYTES - _PROBE_BYTES)):
            return True
    return False


def _first_places(head: bytes) -> Iterator[bytes]:
    for start in range(0, len(head), _FIRST_BYTES):
        yield _whole_lines(head[start : start + _PLACE_BYTES])


def _places(file: BinaryIO) -> Iterator[bytes]:
    """A few lines from everywhere behind the sample, the same number of places however large the file is."""
    size = file.seek(0, 2)
    for start in range(SAMPLE_BYTES, size, max(SAMPLE_BYTES, size // _MOST_PLACES)):
        file.seek(start)
        yield _whole_lines(file.read(_PLACE_BYTES))


def _whole_lines(text: bytes) -> bytes:
    """What of the text is not cut off; its first and last line may be."""
    return text[text.find(b"\n") + 1 : text.rfind(b"\n") + 1]


def _is_unbroken(text: bytes) -> bool:
    return b"\n" not in text and b"\r" not in text


def _unzipped(path: str, here: Path) -> Sample:
    most = max(_MOST_UNPACKED_BYTES, here.stat().st_size * _MOST_UNPACKED_RATIO)
    with gzip.open(here) as file:
        head, whole = _beginning(cast("BinaryIO", file))
        sample = Sample(head, whole, zipped=True, long_line=False)
        if sample.no_table is not None:
            return sample
        sample.quotes.add(head)
        unbroken, long_line = 0, False
        places = list(_first_places(head))
        # Only whoever reads to the end learns whether the checksum is right; DuckDB does not ask.
        while block := file.read(SAMPLE_BYTES):
            sample.quotes.add(block)
            if len(places) < _MOST_PLACES:
                places.append(_whole_lines(block[:_PLACE_BYTES]))
            unbroken = unbroken + len(block) if _is_unbroken(block) else 0
            long_line = long_line or unbroken >= _STRETCH_BYTES
            if file.tell() > most:
                raise InputError(
                    f"{path}: unpacks to more than {most >> 20:,} MB, over {_MOST_UNPACKED_RATIO} times its size, as"
                    " no export does; fetch it again, or unpack it if that is right"
                )
    return replace(sample, long_line=long_line, places=tuple(places))
