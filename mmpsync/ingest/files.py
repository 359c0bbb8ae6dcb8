"""Paths, globs and folders to files, and each file's format by its content, never by its name."""

import codecs
import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

import pyarrow as pa
from pyarrow import parquet

from mmpsync.engines.interface import Layout
from mmpsync.errors import InputError

__all__ = ["Found", "LeftOut", "find", "inspect"]

_SAMPLE_BYTES = 1 << 20
_SAMPLE_RECORDS = 1000
_GZIP_MAGIC = b"\x1f\x8b"
_PARQUET_MAGIC = b"PAR1"
_NOT_TABLES = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive or Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x28\xb5\x2f\xfd": "Zstandard-compressed",
    b"BZh": "bzip2-compressed",
    b"SQLite format 3": "an SQLite database",
    codecs.BOM_UTF16_BE: "UTF-16 text of the big-endian kind",
}
# What lies beside exports in a folder and is none: not worth a word.
_COMPANIONS = frozenset(
    {
        *(".bat", ".cfg", ".css", ".html", ".ini", ".ipynb", ".js", ".lock", ".log", ".md", ".py", ".r"),
        *(".rst", ".sh", ".sql", ".toml", ".xml", ".yaml", ".yml"),
    }
)
_DELIMITERS = ",\t;|"
_FOLDER_MARKERS = ("_", ".")


@dataclass(frozen=True)
class Found:
    """A file to read; `named` when the user gave this very path, not a folder or pattern around it."""

    path: str
    named: bool


@dataclass(frozen=True)
class LeftOut:
    """A file in a given folder that is no export, and why."""

    path: str
    why: str


def find(paths: Sequence[str]) -> list[Found]:
    """The files that paths, patterns and folders (searched recursively) stand for, each once, sorted.

    Hidden files, `_SUCCESS` and other markers, empty files and documents beside the exports are skipped in
    folders. Raises InputError for a path that does not exist or a pattern without a match.
    """
    found: dict[Path, Found] = {}
    for given in paths:
        for file in _expand(given):
            _refuse_unspeakable(file.path)
            # However its path is written, a file is read once.
            same = Path(file.path).resolve()
            if same not in found or (file.named and not found[same].named):
                found[same] = file
    return sorted(found.values(), key=lambda file: file.path)


def _refuse_unspeakable(path: str) -> None:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError as error:
        shown = path.encode("utf-8", "backslashreplace").decode("utf-8")
        raise InputError(f"{shown}: the file's name is not UTF-8; rename the file") from error


def _expand(given: str) -> Iterator[Found]:
    path = Path(given)
    if re.match(r"^[a-z][a-z0-9+]+://", given):
        raise InputError(f"{given}: mmpsync reads local files only; copy the files here first")
    if path.is_dir():
        yield from (Found(str(file), named=False) for file in _walk(path))
    elif path.is_file():
        yield Found(given, named=True)
    elif path.exists():
        raise InputError(
            f"{given}: not a regular file; write it to one first, because exports are read twice"
        )
    elif has_magic(given):
        matches = sorted(glob(given, recursive=True))  # noqa: PTH207  patterns may be absolute
        if not matches:
            raise InputError(f"{given}: no file matches this pattern")
        for match in matches:
            yield from _expand(match) if Path(match).is_dir() else [Found(match, named=False)]
    else:
        raise InputError(f"{given}: no such file or folder")


def _walk(folder: Path, above: frozenset[Path] = frozenset()) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise InputError(f"{folder}: cannot be searched: {error.strerror}") from error
    above |= {folder.resolve()}
    for entry in entries:
        if entry.name.startswith(_FOLDER_MARKERS):
            continue
        if entry.is_dir():
            # A link to a folder above would never end.
            if entry.resolve() not in above:
                yield from _walk(entry, above)
        elif entry.is_file() and entry.suffix.lower() not in _COMPANIONS:
            yield entry


def inspect(path: str) -> Layout | LeftOut:
    """How a file is written and what its columns are called, from its first bytes.

    A file that holds no table comes back as LeftOut. Raises InputError when it cannot be read at all.
    """
    try:
        with Path(path).open("rb") as file:
            head = file.read(_SAMPLE_BYTES)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    if not head:
        return LeftOut(path, "empty")
    if head.startswith(_PARQUET_MAGIC):
        return _parquet(path)
    zipped = head.startswith(_GZIP_MAGIC)
    if zipped:
        head = _unzipped(path)
        if not head:
            return LeftOut(path, "empty")
    encoding = "utf-16" if head.startswith(codecs.BOM_UTF16_LE) else "utf-8"
    if (why := _no_table(head, encoding)) is not None:
        return LeftOut(path, why)
    text = head.decode("utf-8-sig" if encoding == "utf-8" else encoding, errors="replace")
    written = _json(path, text, whole=len(head) < _SAMPLE_BYTES) or _csv(text)
    if written is None:
        return LeftOut(path, "blank, not an export")
    return Layout(paths=(path,), gzip=zipped, encoding=encoding, partitions=_partitions(path), **written)


def _no_table(head: bytes, encoding: str) -> str | None:
    """What the bytes are if they are no text."""
    for magic, what in _NOT_TABLES.items():
        if head.startswith(magic):
            return f"{what}, not an export"
    return "binary data, not an export" if encoding == "utf-8" and b"\0" in head[:4096] else None


def _unzipped(path: str) -> bytes:
    try:
        with gzip.open(path) as file:
            head = file.read(_SAMPLE_BYTES)
            # Only whoever reads to the end learns whether the checksum is right; DuckDB does not ask.
            while file.read(_SAMPLE_BYTES):
                pass
            return head
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: damaged gzip data ({error}); fetch the file again") from error


def _parquet(path: str) -> Layout:
    try:
        schema = parquet.read_schema(path)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: damaged Parquet file ({error}); fetch the file again") from error
    return Layout(
        paths=(path,),
        format="parquet",
        columns=tuple(schema.names),
        types=tuple(map(str, schema.types)),
        partitions=_partitions(path),
    )


def _partitions(path: str) -> dict[str, str]:
    """The `key=value` folders of a path."""
    pairs = (part.partition("=") for part in Path(path).parts[:-1])
    return {key.lower(): unquote(value) for key, mark, value in pairs if mark and key.isidentifier()}


def _csv(text: str) -> dict[str, Any] | None:
    """Columns and dialect of a CSV; the delimiter is the one that tells most columns apart."""
    # Only the header is parsed here: Python's reader takes any line end.
    head = text.replace("\r\n", "\n").replace("\r", "\n")
    headers = {delimiter: _first_record(head, delimiter) for delimiter in _DELIMITERS}
    delimiter, header = max(headers.items(), key=lambda item: sum(bool(cell.strip()) for cell in item[1]))
    if not any(cell.strip() for cell in header):
        return None
    columns = tuple(cell.strip() for cell in header)
    return {"format": "csv", "columns": columns, "delimiter": delimiter}


def _first_record(text: str, delimiter: str) -> list[str]:
    csv.field_size_limit(_SAMPLE_BYTES)
    try:
        return next(csv.reader(io.StringIO(text), delimiter=delimiter), [])
    except csv.Error:
        return []


def _json(path: str, text: str, *, whole: bool) -> dict[str, Any] | None:
    """Keys and shape of JSON text; None when it is none (an Adjust header starts with a brace, too)."""
    if re.match(r"\s*\[\s*[{\]]", text):
        records = list(_records(text[text.index("[") + 1 :]))
        return _keys(records, root="")
    if not re.match(r'\s*\{\s*["}]', text):
        return None
    records = list(_records(text))
    only = records[0] if len(records) == 1 and whole else None
    rooted = _root(text, only) if only is not None or not records else None
    if rooted is not None:
        inside = text[text.index("[", text.index(f'"{rooted}"')) + 1 :]
        return _keys(list(_records(inside)), root=rooted)
    if records and not _is_json(text.strip().splitlines()[0]):
        raise InputError(f"{path}: JSON records over several lines; write one record a line, or one array")
    return _keys(records, root=None)


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _records(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects at the start of `text`, up to the first that is cut off or broken."""
    decoder = json.JSONDecoder(strict=False)
    position = 0
    for _ in range(_SAMPLE_RECORDS):
        position = re.compile(r"[\s,]*").match(text, position).end()  # type: ignore[union-attr]
        try:
            record, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            return
        if isinstance(record, dict):
            yield record


def _root(text: str, only: dict[str, Any] | None) -> str | None:
    """The key under which a single object keeps its records, if it does."""
    if only is not None:
        lists = [key for key, value in only.items() if isinstance(value, list) and _all_objects(value)]
        return lists[0] if lists else None
    found = re.match(r'\s*\{[^\[\]]*?"([^"]+)"\s*:\s*\[\s*\{', text)
    return found.group(1) if found else None


def _all_objects(values: Iterable[object]) -> bool:
    values = list(values)
    return bool(values) and all(isinstance(value, dict) for value in values)


def _keys(records: Sequence[dict[str, Any]], *, root: str | None) -> dict[str, Any]:
    keys = dict.fromkeys(key for record in records for key in record)
    shape: Literal["json"] = "json"
    return {"format": shape, "columns": tuple(keys), "json_root": root}
