"""What is done with a planned conversion, given what the ledger knows of it: the rule that nothing is sent twice."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa

from mmpsync.push.entries import Conversion, Entry, Key, State

__all__ = ["Choice", "Decision", "PlanBatches", "chosen", "conversions", "decide"]

PlanBatches = Callable[[], Iterator[pa.RecordBatch]]
"""A plan's rows, anew each time it is called: batches of the schema `mmpsync.push.interface.PLAN`."""

_ROWS_AT_ONCE = 256


class Decision(StrEnum):
    """What is done with a planned conversion, in words for people."""

    SEND = "to send"
    CONFIRMED = "confirmed before"
    PENDING = "queued, not complete yet"
    UNKNOWN = "unknown, not settled yet"
    REJECTED = "rejected before"
    EXPORTED = "exported to a file"
    SKIPPED = "left out by the plan"


@dataclass(frozen=True)
class Choice:
    """Which conversions of a plan are meant: the first so many, and what is tried again."""

    limit: int | None = None
    retry_rejected: bool = False
    resend_unknown: bool = False


def decide(row: Conversion, entry: Entry | None, choice: Choice) -> Decision:
    """Decide on one conversion; whatever may be at impact.com already is not sent."""
    if row.skipped:
        return Decision.SKIPPED
    if entry is None or entry.state is State.PLANNED:
        return Decision.SEND
    if entry.state is State.REJECTED:
        return Decision.SEND if choice.retry_rejected else Decision.REJECTED
    if entry.state is State.UNKNOWN:
        return Decision.SEND if choice.resend_unknown else Decision.UNKNOWN
    return {
        State.CONFIRMED: Decision.CONFIRMED,
        State.EXPORTED: Decision.EXPORTED,
        State.QUEUED: Decision.PENDING,
        State.SENDING: Decision.UNKNOWN,
    }[entry.state]


def chosen(
    plan: PlanBatches, find: Callable[[Key], Entry | None], choice: Choice
) -> Iterator[tuple[Conversion, Entry | None, Decision]]:
    """Every conversion of a plan that is meant, with its entry and what is done with it.

    A limit counts the conversions to send; what comes after the last of them is not looked at.
    """
    left = choice.limit
    for row in conversions(plan):
        entry = find(row.key)
        decision = decide(row, entry, choice)
        if decision is Decision.SEND and left is not None:
            if left == 0:
                return
            left -= 1
        yield row, entry, decision


def conversions(plan: PlanBatches) -> Iterator[Conversion]:
    """The plan's rows, a few at a time, so that memory does not grow with their number."""
    for batch in plan():
        for start in range(0, batch.num_rows, _ROWS_AT_ONCE):
            for row in batch.slice(start, _ROWS_AT_ONCE).to_pylist():
                yield Conversion(
                    key=Key(
                        row["campaign_id"] or "",
                        row["target"] or "",
                        row["event_code"] or "",
                        row["order_id"] or "",
                    ),
                    click_id=row["click_id"] or "",
                    event=row["event"] or "",
                    app_id=row["app_id"] or "",
                    amount=row["amount"],
                    currency=row["currency"] or "",
                    event_date=dict(row["fields"] or ()).get("EventDate", ""),
                    digest=row["digest"] or "",
                    fields=dict(row["fields"] or ()),
                    skipped=row["skipped"] or "",
                )
