"""How a file is written and what its columns are called: by its content, never by its name."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa
from pyarrow import parquet

from mmpsync.engines.interface import Layout, Remote
from mmpsync.engines.regular_rows import RegularRows
from mmpsync.errors import InputError
from mmpsync.ingest.files import partitions
from mmpsync.ingest.sample import SAMPLE_BYTES, Sample, opened, take_sample

__all__ = ["LeftOut", "inspect"]

_SAMPLE_RECORDS = 1000
_PARQUET_MAGIC = b"PAR1"
# A line that opens its first cell and does not close it: of the line breaks inside quotes, such a one alone can be
# taken for the end of a record by a reader that begins in the middle of a file.
_BROKEN_FIRST_CELL = re.compile(r'^"[^"\n]*(?:""[^"\n]*)*$', re.MULTILINE)
_DELIMITERS = ",\t;|:"


@dataclass(frozen=True)
class LeftOut:
    """A file in a given folder that is no export, and why."""

    path: str
    why: str


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
        partitions=partitions(path),
        **written,
    )


def _parquet(path: str, remote: Remote | None) -> Layout:
    try:
        with opened(path, remote) as file:
            schema = parquet.read_schema(file)
        columns, types = tuple(schema.names), tuple(map(str, schema.types))
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: damaged Parquet file ({error}); fetch the file again") from error
    return Layout(paths=(path,), format="parquet", columns=columns, types=types, partitions=partitions(path))


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
