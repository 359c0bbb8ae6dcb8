"""A SARIF 2.1.0 log of one run of mmpsync, whatever it found."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

__all__ = ["LEVELS", "fingerprint", "log", "time"]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"error": "error", "warning": "warning", "info": "note", "none": "none"}
"""What SARIF calls our severities."""


class _Invoked(Protocol):
    """A Run, or a Check."""

    started: datetime
    finished: datetime
    mmpsync_version: str

    @property
    def exit_code(self) -> int: ...


def log(
    invoked: _Invoked,
    automation: str,
    rules: Sequence[dict[str, Any]],
    results: Sequence[dict[str, Any]],
    properties: dict[str, Any],
) -> str:
    """The whole file; `automation` is the id under which services keep it."""
    driver = {"name": "mmpsync", "semanticVersion": invoked.mmpsync_version, "rules": rules}
    invocation = {
        "executionSuccessful": True,
        "exitCode": invoked.exit_code,
        "startTimeUtc": time(invoked.started),
        "endTimeUtc": time(invoked.finished),
    }
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": automation},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": properties,
    }
    return (
        json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)
        + "\n"
    )


def fingerprint(*parts: str) -> str:
    """What tells that two findings are the same."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def time(moment: datetime) -> str:
    """A time, to the millisecond, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
