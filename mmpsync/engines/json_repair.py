"""JSON whose strings hold raw control characters, which JSON forbids and some exports have: a copy with escapes."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

__all__ = ["repaired"]

_CHUNK_BYTES = 1 << 20
_CONTROL = re.compile(rb"([\x00-\x1f])")


def repaired(source: Path, copy: Path) -> bool:
    """Write `source` to `copy`, gzipped as it is, with control characters inside strings escaped.

    False, and no copy, when there is none to escape.
    """
    with source.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    with (
        gzip.open(source) if zipped else source.open("rb") as json,
        gzip.open(copy, "wb", compresslevel=1) if zipped else copy.open("wb") as out,
    ):
        escaped = _copy(json, out)
    if not escaped:
        copy.unlink()
    return escaped


def _copy(json: BinaryIO | gzip.GzipFile, out: BinaryIO | gzip.GzipFile) -> bool:
    inside = escaped = False
    for chunk in _chunks(json):
        for part in _CONTROL.split(chunk):
            if inside and len(part) == 1 and part < b" ":
                out.write(b"\\u%04x" % part[0])
                escaped = True
                continue
            out.write(part)
            inside ^= _quotes(part) % 2 == 1
    return escaped


def _chunks(json: BinaryIO | gzip.GzipFile) -> Iterator[bytes]:
    """The file in pieces, none of which ends between a backslash and what it escapes."""
    rest = b""
    while chunk := json.read(_CHUNK_BYTES):
        chunk = rest + chunk
        kept = chunk.rstrip(b"\\")
        rest = chunk[len(kept) :]
        yield kept
    yield rest


def _quotes(part: bytes) -> int:
    """How many quotes begin or end a string."""
    if b"\\" not in part:
        return part.count(b'"')
    plain = part.replace(b"\\\\", b"")
    return plain.count(b'"') - plain.count(b'\\"')
