"""Paths, globs and folders to files, and each file's format by its content, never by its name."""

import csv
import io
import json
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

import pyarrow as pa
from pyarrow import parquet

from mmpsync.engines.interface import Layout, Remote
from mmpsync.engines.regular_rows import RegularRows
from mmpsync.errors import InputError
from mmpsync.ingest.sample import SAMPLE_BYTES, Sample, is_url, opened, take_sample

__all__ = ["Found", "LeftOut", "find", "inspect", "told_by_path"]

_SAMPLE_RECORDS = 1000
_PARQUET_MAGIC = b"PAR1"
# What lies beside exports in a folder and is none: not worth a word.
_COMPANIONS = frozenset(
    {
        *(".bat", ".cfg", ".css", ".html", ".ini", ".ipynb", ".js", ".lock", ".log", ".md", ".py", ".r"),
        *(".rst", ".sh", ".sql", ".toml", ".xml", ".yaml", ".yml"),
    }
)
# What Segment writes into a bucket to see whether it may.
_PLACEHOLDERS = frozenset({"dummy-object.txt"})
# A line that opens its first cell and does not close it: of the line breaks inside quotes, such a one alone can be
# taken for the end of a record by a reader that begins in the middle of a file.
_BROKEN_FIRST_CELL = re.compile(r'^"[^"\n]*(?:""[^"\n]*)*$', re.MULTILINE)
_DELIMITERS = ",\t;|:"
_FOLDER_MARKERS = ("_", ".")
# What stands in each of mmpsync's own run directories.
_OF_A_RUN = ("run.json", "exceptions.parquet")


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


def find(paths: Sequence[str], remote: Remote | None = None) -> list[Found]:
    """The files that paths, patterns and folders (searched recursively) stand for, each once, sorted.

    URLs are looked up with `remote`.

    Hidden files, `_SUCCESS` and other markers, documents beside the exports and run directories are skipped in
    folders. Raises InputError for a path that does not exist or a pattern without a match.
    """
    found: dict[Path, Found] = {}
    for given in paths:
        for file in _expand(given, remote):
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


def _expand(given: str, remote: Remote | None) -> Iterator[Found]:
    path = Path(given)
    if is_url(given) and remote is not None:
        yield from _among(remote.find(given))
    elif path.is_dir():
        if _is_run(path):
            raise InputError(
                f"{given}: a finished run, no exports; mmpsync report {shlex.quote(given)} shows it"
            )
        yield from (Found(str(file), named=False) for file in _walk(path))
    elif path.is_file():
        yield Found(given, named=True)
    elif has_magic(given) and "://" not in given and not path.exists():
        matches = sorted(glob(given, recursive=True))  # noqa: PTH207  patterns may be absolute
        if not matches:
            raise InputError(f"{given}: no file matches this pattern")
        for match in matches:
            if not Path(match).is_dir():
                yield Found(match, named=False)
            elif not _is_run(Path(match)):
                yield from _expand(match, remote)
    else:
        raise InputError(f"{given}: {_obstacle(given)}")


def _obstacle(given: str) -> str:
    """Why nothing that can be read stands at a path, and what to do."""
    if given == "-":
        return "exports are not read from stdin, because they are read twice; write them to a file first"
    if Path(given).exists():
        return "not a regular file; write it to one first, because exports are read twice"
    return "no such file or folder"


def _among(files: Iterable[tuple[str, str]]) -> Iterator[Found]:
    """What of remote files is worth a look; see `Remote.find`."""
    for url, below in files:
        parts = below.split("/")
        if not (any(map(_is_marker, parts)) or _is_companion(parts[-1])):
            yield Found(url, named=not below)


def _is_marker(name: str) -> bool:
    return name.startswith(_FOLDER_MARKERS)


def _is_companion(name: str) -> bool:
    return Path(name).suffix.lower() in _COMPANIONS or name in _PLACEHOLDERS


def _walk(folder: Path, above: frozenset[Path] = frozenset()) -> Iterator[Path]:
    try:
        entries = [(entry, entry.is_dir()) for entry in sorted(folder.iterdir())]
    except OSError as error:
        raise InputError(f"{folder}: cannot be searched: {error.strerror}") from error
    above |= {folder.resolve()}
    for entry, is_folder in entries:
        if _is_marker(entry.name):
            continue
        if is_folder:
            # A link to a folder above would never end.
            if entry.resolve() not in above and not _is_run(entry):
                yield from _walk(entry, above)
        elif entry.is_file() and not _is_companion(entry.name):
            yield entry


def _is_run(folder: Path) -> bool:
    try:
        return all((folder / name).exists() for name in _OF_A_RUN)
    except PermissionError:  # for whoever searches it to tell
        return False


def inspect(
    path: str, knows: Callable[[Sequence[str]], bool] = lambda _: False, remote: Remote | None = None
) -> Layout | LeftOut:
    """How a file is written and what its columns are called, from its first bytes.

    `knows` says of the keys of a JSON object whether an export's records have them: then an object with a list
    of others in it is such a record, and no envelope around those. A file that holds no table comes back as
    LeftOut. Raises InputError when it cannot be read at all.
    """
    sample = take_sample(path, remote)
    if not sample.head:
        return LeftOut(path, "empty")
    if not sample.zipped and sample.head.startswith(_PARQUET_MAGIC):
        return _parquet(path, remote)
    if (why := sample.no_table) is not None:
        return LeftOut(path, why)
    if sample.whole and _is_empty_json(sample.text):
        return LeftOut(path, "empty")
    written = _json(path, sample, knows) or _csv(sample)
    if written is None:
        return LeftOut(path, "blank, not an export")
    return Layout(
        paths=(path,),
        gzip=sample.zipped,
        encoding=sample.encoding,
        partitions=_partitions(path),
        **written,
    )


def _parquet(path: str, remote: Remote | None) -> Layout:
    try:
        with opened(path, remote) as file:
            schema = parquet.read_schema(file)
        columns, types = tuple(schema.names), tuple(map(str, schema.types))
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: damaged Parquet file ({error}); fetch the file again") from error
    return Layout(paths=(path,), format="parquet", columns=columns, types=types, partitions=_partitions(path))


def _partitions(path: str) -> dict[str, str]:
    """The `key=value` folders of a path."""
    pairs = (part.partition("=") for part in Path(path).parts[:-1])
    return {key.lower(): unquote(value) for key, mark, value in pairs if mark and key.isidentifier()}


def told_by_path(path: str, patterns: Iterable[str]) -> dict[str, str]:
    """What the named groups of the patterns find in a path; of several places the last counts."""
    parts = Path(path).as_posix()
    found = [match for pattern in patterns for match in re.finditer(pattern, parts)]
    return {name: value for match in found for name, value in match.groupdict().items() if value is not None}


def _csv(sample: Sample) -> dict[str, Any] | None:
    """Columns and dialect of a CSV; the delimiter is the one that tells most columns apart."""
    # Only the header is parsed here: Python's reader takes any line end.
    text = sample.text.replace("\r\n", "\n").replace("\r", "\n")
    head = text.lstrip("\n")
    csv.field_size_limit(SAMPLE_BYTES)
    headers = {delimiter: _first_record(head, delimiter) for delimiter in _DELIMITERS}
    delimiter, header = max(headers.items(), key=lambda item: sum(bool(cell.strip()) for cell in item[1]))
    if not any(cell.strip() for cell in header):
        return None
    columns = tuple(cell.strip() for cell in header)
    irregular = (
        sample.long_line
        or sample.quotes.may_end_in_quotes(delimiter)
        or head != text
        or not _is_closed(head, delimiter)
        or any("\n" in cell for cell in header)
        or (not sample.whole and bool(_BROKEN_FIRST_CELL.search(head)))
        or _has_bad_rows(sample, delimiter, len(columns))
    )
    return {"format": "csv", "columns": columns, "delimiter": delimiter, "irregular": irregular}


def _has_bad_rows(sample: Sample, delimiter: str, width: int) -> bool:
    """Whether lines somewhere are no rows: it may be all of them, which are told apart in a copy.

    Where a line opens a cell and does not close it, the others may be parts of such cells.
    """
    rows = [RegularRows(delimiter.encode(), end, width) for end in (b"\n", b"\r\n")]
    return any(
        not any(each.are_fine(lines) for each in rows)
        and not any(line.count(b'"') % 2 for line in lines.split(b"\n"))
        for lines in sample.places
    )


def _first_record(text: str, delimiter: str) -> list[str]:
    if not _is_closed(text, delimiter):
        # It ends with its line, and its quotes mean nothing.
        text = text.partition("\n")[0].replace('"', "")
    try:
        return next(csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return []


def _is_closed(text: str, delimiter: str) -> bool:
    """Whether the quotes of the first record end where its cells do."""
    try:
        next(csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True, strict=True), [])
    except csv.Error:
        return False
    return True


def _json(path: str, sample: Sample, knows: Callable[[Sequence[str]], bool]) -> dict[str, Any] | None:
    """Keys and shape of JSON text; None when it is none (an Adjust header starts with a brace, too)."""
    text = sample.text
    if re.match(r"\s*\[\s*[{\]]", text):
        records = list(_records(text[text.index("[") + 1 :]))
        return _keys(records, root="")
    if not re.match(r'\s*\{\s*["}]', text):
        return None
    records = list(_records(text))
    only = records[0] if len(records) == 1 and sample.whole and not knows(tuple(records[0])) else None
    rooted = _root(text, only) if only is not None or not records else None
    if rooted is not None:
        inside = text[text.index("[", text.index(f'"{rooted}"')) + 1 :]
        return _keys(list(_records(inside)), root=rooted)
    if records and not _is_json(text.strip().splitlines()[0]):
        raise InputError(f"{path}: JSON records over several lines; write one record a line, or one array")
    return {**_keys(records, root=None), "irregular": sample.long_line}


def _is_empty_json(text: str) -> bool:
    """Whether it is an array without records, or an object whose one list has none: what an API says of nothing."""
    if not re.match(r"\s*[\[{]", text):
        return False
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    lists = (
        [each for each in value.values() if isinstance(each, list)] if isinstance(value, dict) else [value]
    )
    return lists == [[]]


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
