"""Actions as files, one a program and day, as JSON lines.

Actions change until they are locked, so a day is fetched anew each time and takes the place of what was there. They
are kept as impact.com writes them, without the Account SID in their addresses.
"""

import json
import os
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from mmpsync.errors import OutputError
from mmpsync.impact.actions import action_pages
from mmpsync.impact.answers import time_of
from mmpsync.impact.client import ImpactClient
from mmpsync.scratch import Scratch

__all__ = ["FetchedActions", "fetch_actions"]


@dataclass(frozen=True)
class FetchedActions:
    """What was fetched: the files, a day each, in order, and how many actions are in them."""

    files: tuple[Path, ...]
    actions: int


def fetch_actions(
    client: ImpactClient, program: str, days: tuple[date, date], folder: Path, *, now: datetime
) -> FetchedActions:
    """Fetch the actions of all days from the first to the last, by the UTC day of their event.

    Nothing in the folder changes before everything is fetched. A day without actions has no file any more. Raises
    ImpactError, CredentialsError, OutputError.
    """
    first, last = days
    end = min(datetime.combine(last + timedelta(days=1), time(), UTC), now)
    count = 0
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with Scratch(folder, prefix=".actions.") as draft:
            for page in action_pages(client, program, datetime.combine(first, time(), UTC), end):
                lines = defaultdict(list)
                for action in page:
                    lines[min(max(_day(action, first), first), last)].append(client.hidden(_line(action)))
                for day, texts in lines.items():
                    _append(draft.path / _name(program, day), texts)
                count += len(page)
            drafts = sorted(draft.path.glob("*.jsonl"))
            _remove(folder, program, days, {each.name for each in drafts})
            return FetchedActions(tuple(each.replace(folder / each.name) for each in drafts), count)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written: {error.strerror or error}") from error


def _name(program: str, day: date) -> str:
    return f"actions_{program}_{day}.jsonl"


def _remove(folder: Path, program: str, days: tuple[date, date], names: Collection[str]) -> None:
    """Remove what was fetched earlier of days that have no actions now."""
    first, last = days
    for number in range((last - first).days + 1):
        name = _name(program, first + timedelta(days=number))
        if name not in names:
            (folder / name).unlink(missing_ok=True)


def _day(action: Mapping[str, Any], default: date) -> date:
    found = time_of(action, "EventDate")
    return default if found is None else found.astimezone(UTC).date()


def _line(action: Mapping[str, Any]) -> str:
    return json.dumps(action, separators=(",", ":")) + "\n"


def _append(file: Path, lines: list[str]) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.writelines(lines)
