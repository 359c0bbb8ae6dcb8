"""What impact.com answers, typed: keys in any case, and errors in either of the two envelopes it documents.

OpenAPI:  {"Status":"ERROR","errors":[{"field","level","message"}]}
prose:    {"Status":"ERROR","Message":"Validation Failed","Errors":[{"Field","Message"}]}
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mmpsync.masking import brief

__all__ = ["Answer", "Problem", "field_of", "problems_in", "text_of", "time_of", "unwrapped"]

_LONGEST_MESSAGE = 200


@dataclass(frozen=True)
class Problem:
    """One thing that impact.com says is wrong; `field` is "" when it names none."""

    field: str
    message: str

    def __str__(self) -> str:
        """Field and message on one line."""
        return f"{self.field}: {self.message}" if self.field else self.message


@dataclass(frozen=True)
class Answer:
    """A successful answer: its status, and its body as a JSON object."""

    status: int
    document: Mapping[str, Any] = field(repr=False)

    @property
    def is_error(self) -> bool:
        """Whether it reports an error all the same, which some do with 200."""
        return text_of(self.document, "Status").upper() == "ERROR"

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What it says is wrong."""
        return _problems(self.document)


def field_of(document: Mapping[str, Any], name: str) -> Any:
    """The value of a key in any case, or None."""
    if name in document:
        return document[name]
    lower = name.lower()
    return next((value for key, value in document.items() if key.lower() == lower), None)


def text_of(document: Mapping[str, Any], name: str) -> str:
    """The value of a key in any case as text: "" for null and for what is no plain value."""
    value = field_of(document, name)
    return "" if value is None or isinstance(value, dict | list) else str(value).strip()


def time_of(document: Mapping[str, Any], name: str) -> datetime | None:
    """The value of a key in any case as a time; None for what is no time, or one without its offset."""
    try:
        found = datetime.fromisoformat(text_of(document, name))
    except ValueError:
        return None
    return found if found.tzinfo else None


def unwrapped(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object that an answer may carry under a key, or be itself."""
    inner = field_of(document, name)
    if isinstance(inner, list) and len(inner) == 1:
        inner = inner[0]
    return inner if isinstance(inner, Mapping) else document


def problems_in(body: bytes) -> tuple[Problem, ...]:
    """What an error's body says, whatever it is made of; empty for a body that says nothing to a reader."""
    try:
        document = json.loads(body)
    except ValueError:
        return ()
    return _problems(document) if isinstance(document, Mapping) else ()


def _problems(document: Mapping[str, Any]) -> tuple[Problem, ...]:
    listed = field_of(document, "Errors")
    entries = listed if isinstance(listed, list) else [listed]
    found = tuple(_problem(entry) for entry in entries if isinstance(entry, Mapping))
    message = text_of(document, "Message") or text_of(document, "error")
    if not found and message:
        return (Problem("", brief(message, _LONGEST_MESSAGE)),)
    return found


def _problem(entry: Mapping[str, Any]) -> Problem:
    message = brief(text_of(entry, "Message"), _LONGEST_MESSAGE)
    return Problem(brief(text_of(entry, "Field")), message or "not valid")
