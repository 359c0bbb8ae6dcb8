"""What the ledger knows of one conversion, and what may happen to it."""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Self

__all__ = [
    "DELIVERED",
    "FINE",
    "TROUBLED",
    "Conversion",
    "Entry",
    "Key",
    "Outcome",
    "State",
    "Total",
    "Trouble",
]


class State(StrEnum):
    """Where a conversion stands.

    planned    to be sent; impact.com has nothing of it
    sending    a request is about to leave, or has left
    queued     impact.com has taken it and named a submission
    confirmed  the submission is complete, without an error
    rejected   impact.com refused it; `codes` say why
    unknown    a request left and no answer came: nobody knows yet whether it was taken
    exported   written to a file for batch submission
    """

    PLANNED = "planned"
    SENDING = "sending"
    QUEUED = "queued"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    EXPORTED = "exported"


FINE = frozenset({State.CONFIRMED, State.EXPORTED})
"""Where nobody has to do anything any more; what went into a file is nobody's to confirm."""

TROUBLED = (State.REJECTED, State.UNKNOWN, State.PLANNED)
"""What impact.com does not have, or not for certain."""

DELIVERED = "CONV_DUPLICATE"
"""impact.com's code for an order that it has already: for us that is a delivery."""


@dataclass(frozen=True, order=True)
class Key:
    """What tells conversions apart, at impact.com and here.

    `target` is "tracker:4001" or "type:12345"; `event_code` is "" where the event type says it all.
    """

    campaign_id: str
    target: str
    event_code: str
    order_id: str


@dataclass(frozen=True)
class Conversion:
    """A planned conversion, complete: `fields` are its form, `digest` their SHA-256.

    `fields` may hold personal data; none of them but order id and ClickId goes into the ledger.
    """

    key: Key
    click_id: str
    event: str
    app_id: str
    amount: Decimal | None
    currency: str
    event_date: str
    digest: str
    fields: dict[str, str] = field(repr=False)
    skipped: str = ""


@dataclass(frozen=True)
class Entry:
    """A row of the ledger; times are epochs, 0 for what has not happened.

    `sent_at` is when the request was about to leave and, once that is over, when it had left at the latest.
    """

    key: Key
    state: State
    digest: str
    click_id: str
    event: str
    app_id: str
    amount: Decimal | None
    currency: str
    event_date: str
    codes: tuple[str, ...]
    note: str
    submission: str
    earlier: tuple[str, ...]
    attempts: int
    polls: int
    run: str
    sent_at: float
    settled_at: float


@dataclass(frozen=True)
class Outcome:
    """What a request, a poll or a look at impact.com's records says about a conversion from now on."""

    key: Key
    state: State
    submission: str = ""
    codes: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Total:
    """Conversions in one state and currency, "" for those without one."""

    state: State
    currency: str
    rows: int
    money: Decimal


@dataclass(frozen=True)
class Trouble:
    """Conversions that are not at impact.com for the same cause: its `codes`, or what the ledger notes."""

    state: State
    codes: tuple[str, ...]
    note: str
    currency: str
    rows: int = 0
    money: Decimal = Decimal(0)

    def and_one(self, money: Decimal) -> Self:
        """These and another, with its money."""
        return replace(self, rows=self.rows + 1, money=self.money + money)
