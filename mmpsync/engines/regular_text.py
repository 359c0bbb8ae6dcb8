"""Copies, block by block, of text files whose own lines DuckDB's reader refuses, loses or mistakes.

In a copy the text is UTF-8, every record ends alike, and blank lines are gone. A
carriage return alone ends a record in files that end their first one so; in others it is part of its cell. A
record whose quotes do not end where a cell ends costs its own line and no more. What is no row is told apart from
those that are: see `regular_rows`.
"""

import codecs
import errno
import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Protocol, cast

from mmpsync.engines.interface import Layout
from mmpsync.engines.regular_csv import RegularCsv
from mmpsync.engines.regular_records import MARKED, MAX_RECORD_BYTES, TOO_LONG, mark
from mmpsync.errors import ConfigError, InputError

__all__ = ["regular_copy"]

_BLOCK_BYTES = 1 << 20
# A file as long is read from several places at once, and a line break inside quotes may be taken for a record's.
_SEVERAL_PARTS_BYTES = 4 << 20
_FIRST_END = re.compile(rb'(?:"[^"]*"|[^"\r\n])*+(\r\n|\n|\r)?')
_ANY_END = re.compile(rb"\r\n|\n|\r")


def regular_copy(path: str, layout: Layout, copy: Path, *, wanted: bool) -> bool:
    """Write the file to `copy` if it needs one to be read well, or if one is `wanted`; tells whether it did.

    Raises InputError when the file cannot be read, ConfigError when there is no room for the copy.
    """
    try:
        return _copied(path, layout, copy, wanted=wanted)
    except (OSError, EOFError, zlib.error) as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise ConfigError(
                f"{copy.parent}: no room for a copy of {path}, which cannot be read as it is; give --temp-dir a"
                " folder with more room"
            ) from error
        raise InputError(f"{path}: cannot be read: {error}; fetch it again") from error


def _copied(path: str, layout: Layout, copy: Path, *, wanted: bool) -> bool:
    if not wanted:
        needed = any(text is not None for _, text in _parts(path, layout, wanted=False))
        return needed and _copied(path, layout, copy, wanted=True)
    with copy.open("wb") as target:
        for original, text in _parts(path, layout, wanted=True):
            target.write(original if text is None else text)
    return True


def _blocks(path: str, layout: Layout) -> Iterator[bytes]:
    """The file's text as UTF-8; what is no text of its encoding becomes what is no UTF-8 either."""
    decoder = None
    if layout.encoding != "utf-8":
        decoder = codecs.getincrementaldecoder(layout.encoding)("surrogatepass")
    with Path(path).open("rb") as raw:
        file = cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if layout.gzip else raw
        while block := file.read(_BLOCK_BYTES):
            yield block if decoder is None else _utf8(decoder, block)
        if decoder is not None:
            yield _utf8(decoder, b"", last=True)


def _utf8(decoder: codecs.IncrementalDecoder, block: bytes, *, last: bool = False) -> bytes:
    try:
        return decoder.decode(block, last).encode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return b"\xff"


def _parts(path: str, layout: Layout, *, wanted: bool) -> Iterator[tuple[bytes, bytes | None]]:
    """The file's text in parts, each with what a copy has in its place, None where that is the same."""
    blocks = _blocks(path, layout)
    rest = next(blocks, b"")
    if rest.startswith(codecs.BOM_UTF8):
        yield codecs.BOM_UTF8, None
        rest = rest[len(codecs.BOM_UTF8) :]
    records = _records(path, layout, rest, wanted=wanted)
    too_long = False
    for block in blocks:
        if too_long:
            end = _ANY_END.search(block)
            if end is None:
                yield block, b""
                continue
            yield block[: end.end()], b""
            too_long, rest = False, block[end.end() :]
        else:
            rest += block
        text, used = records.regular(rest, last=False)
        yield rest[:used], text
        rest = rest[used:]
        if len(rest) > MAX_RECORD_BYTES:
            yield rest, records.too_long(rest)
            too_long, rest = True, b""
    text, _ = records.regular(rest, last=True)
    yield rest, text


class _Records(Protocol):
    """The records of one form of text."""

    def too_long(self, record: bytes) -> bytes:
        """What a copy has for a record of which this is only the beginning."""

    def regular(self, data: bytes, *, last: bool) -> tuple[bytes | None, int]:
        """What a copy has for the whole records that `data` begins with, None for the same, and their length.

        What is left over is given again with more behind it; nothing is when these are the `last`.
        """


def _records(path: str, layout: Layout, head: bytes, *, wanted: bool) -> _Records:
    if layout.format == "json":
        return _Whole() if layout.json_root is not None else _JsonLines(_first_end(head))
    several_parts = layout.gzip or Path(path).stat().st_size > _SEVERAL_PARTS_BYTES
    return RegularCsv(
        layout.delimiter.encode(),
        _first_end(head),
        len(layout.columns),
        line_breaks_matter=several_parts,
        copying=wanted,
    )


def _first_end(head: bytes) -> bytes:
    head = head.lstrip(b"\r\n")
    found = _FIRST_END.match(head)
    end = (found and found.group(1)) or b""
    if not end and (any_end := _ANY_END.search(head)):
        end = any_end.group()
    return end or b"\n"


class _Whole:
    """One JSON value, whose line ends mean nothing."""

    def too_long(self, record: bytes) -> bytes:
        return record

    def regular(self, data: bytes, *, last: bool) -> tuple[bytes | None, int]:  # noqa: ARG002
        return None, len(data)


class _JsonLines:
    """Every line a record; one that is no text is marked, so that it is no JSON either."""

    def too_long(self, record: bytes) -> bytes:
        return mark(TOO_LONG, record) + b"\n"

    def __init__(self, first_end: bytes) -> None:
        # Inside a record it is a blank to JSON.
        self._carriage_return = b"\n" if first_end == b"\r" else b" "

    def regular(self, data: bytes, *, last: bool) -> tuple[bytes | None, int]:
        ends = (b"\n", b"\r") if self._carriage_return == b"\n" else (b"\n",)
        used = len(data) if last else max(data.rfind(end) for end in ends) + 1
        text = data[:used].replace(b"\r\n", b"\n").replace(b"\r", self._carriage_return)
        return b"".join(_json_line(line) + b"\n" for line in text.split(b"\n") if line.strip()), used


def _json_line(line: bytes) -> bytes:
    if len(line) > MAX_RECORD_BYTES:
        return mark(TOO_LONG, line)
    try:
        line.decode()
    except UnicodeDecodeError:
        return mark(MARKED, line.decode(errors="replace").encode())
    # The byte that the reader takes for a delimiter is in no valid JSON.
    return mark(MARKED, line.replace(b"\x1f", b" ")) if b"\x1f" in line else line
