"""Ids that an MMP gives to rows and phones, derived from what the world drew: the same on every run."""

import uuid
from collections.abc import Sequence
from hashlib import sha256
from typing import TypeVar

from generator.model import Device, Row

_T = TypeVar("_T")


def number(text: str) -> int:
    """Derive a number below 2**64."""
    return int.from_bytes(sha256(text.encode()).digest()[:8], "big")


def digits(text: str) -> str:
    """Derive an id as Branch has them: 18 digits, more than a double can hold."""
    return str(10**17 + number(text) % (9 * 10**17))


def uuid_of(text: str) -> str:
    """Derive a UUID."""
    return str(uuid.UUID(bytes=sha256(text.encode()).digest()[:16], version=4))


def pick(row: Row, what: str, options: Sequence[_T]) -> _T:
    """Choose one of the options for a row; `what` keeps choices apart."""
    return options[number(f"{what} {row.nonce}") % len(options)]


def milliseconds(row: Row) -> int:
    """Derive the fraction of the row's second that its time has."""
    return number(f"ms {row.nonce}") % 1000


def branch_event_id(row: Row) -> str:
    """Branch's id of the row."""
    return digits(f"event {row.nonce}")


def message_id(row: Row) -> str:
    """Segment's id of the row."""
    return uuid_of(f"message {row.nonce}")


def anonymous_id(device: Device) -> str:
    """Segment's id of the phone."""
    return uuid_of(f"anonymous {device.adid}")


def kochava_device_id(device: Device) -> str:
    """Kochava's id of the phone."""
    return f"KA{uuid_of(f'kochava {device.adid}')}"
