"""Asking impact.com for the clicks of a day: a job for each, ten a day, and the first answer is kept for good.

A request like an earlier one gets the earlier one's job back, with the clicks that there were then; so a day is
asked for when it is over (impact.com, best practices for exporting clicks).
"""

import json
from collections.abc import Mapping
from datetime import date
from os import SEEK_END
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mmpsync.errors import ImpactError
from mmpsync.impact.answers import text_of
from mmpsync.impact.client import ImpactClient

__all__ = ["FIRST_DAY", "check_export", "export_clicks"]

FIRST_DAY = date(2024, 4, 10)
"""The first day whose clicks impact.com exports."""

_SMALL, _EDGE = 1 << 16, 1 << 10
_KEYS = frozenset({"id", "clickid"})
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def export_clicks(client: ImpactClient, program: str, day: date) -> str:
    """Ask for the clicks of a program and day as JSON; returns the id of the job that collects them.

    The id, not the address: that holds the Account SID. Raises RateLimitError when today's exports are used up,
    RefusedError for a program or day that impact.com does not know.
    """
    path = f"Programs/{quote(program, safe='')}/ClickExport"
    answer = client.get(path, {"Date": day.isoformat(), "ResultFormat": "JSON"})
    number = text_of(answer.document, "QueuedUri").rstrip("/").rpartition("/")[2]
    if answer.is_error or not number:
        said = client.hidden("; ".join(map(str, answer.problems))) or "the answer names no job"
        raise ImpactError(f"GET {path}: {said}")
    return number


def check_export(file: Path) -> None:
    """Make sure that a downloaded file is JSON of clicks, whole; one without any click is left empty.

    Empty, because a list without a record has no columns that tell whose it is; `mmpsync reconcile` passes over an
    empty file. A large file is looked at where it begins and ends. Raises ImpactError for anything else: a page that
    says sorry must not be kept for good.
    """
    if file.stat().st_size <= _SMALL:
        is_good, is_empty = _judged(file.read_bytes())
        if is_empty:
            file.write_bytes(b"")
    else:
        with file.open("rb") as stream:
            first = stream.read(_EDGE).removeprefix(_BYTE_ORDER_MARK).lstrip()[:1]
            stream.seek(-_EDGE, SEEK_END)
            is_good = (first, stream.read().rstrip()[-1:]) in {(b"[", b"]"), (b"{", b"}")}
    if not is_good:
        raise ImpactError("the export is no JSON of clicks, or not all of it")


def _judged(content: bytes) -> tuple[bool, bool]:
    """Whether a small file's content is clicks, and whether it has none at all."""
    try:
        records = _records(content.removeprefix(_BYTE_ORDER_MARK))
    except ValueError:
        return False, False
    are_clicks = all(
        isinstance(each, Mapping) and (_KEYS & {key.lower() for key in each}) for each in records
    )
    return are_clicks, not records


def _records(content: bytes) -> list[Any]:
    """The records of a JSON array, of the list in a JSON object, or of JSON lines; raises ValueError."""
    try:
        document = json.loads(content)
    except ValueError:
        return [json.loads(line) for line in content.splitlines() if line.strip()]
    if isinstance(document, Mapping):
        return next((value for value in document.values() if isinstance(value, list)), [document])
    return document if isinstance(document, list) else [document]
