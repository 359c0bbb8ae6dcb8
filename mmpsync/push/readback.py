"""Settling what is unknown: look at impact.com's own records whether a request was taken, before sending it again.

A submission that was taken is listed, with what was submitted. What is in neither list, submissions nor actions, was
not taken, provided that the lists had time to show it and still keep what is that old; unless impact.com named its
submission once.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from mmpsync.impact.actions import action_pages
from mmpsync.impact.answers import text_of
from mmpsync.impact.client import ImpactClient
from mmpsync.impact.submissions import KEPT_DAYS, Submission, all_submissions
from mmpsync.push.entries import Entry, Key, Outcome, State
from mmpsync.push.ledger import Ledger

__all__ = ["SETTLING", "settle_unknown", "settles_at"]

SETTLING = 600.0
"""Seconds after a request until its absence from impact.com's lists says that it was not taken."""

_DAY = 86_400.0
_STILL_LISTED = (KEPT_DAYS - 10) * _DAY
_AROUND = timedelta(days=2)  # EventDate may be in any time zone
_ABSENT = "not at impact.com: to be sent again"
_TOO_OLD = "older than impact.com's list of submissions; look it up there, then --resend-unknown"
_DOUBTFUL = "an action of another event has its order id; look it up at impact.com, then --resend-unknown"
_Orders = Mapping[tuple[str, str], list[Entry]]


def settles_at(entry: Entry, settling: float) -> float:
    """The epoch from which an unknown conversion's absence says something."""
    return entry.sent_at + settling


def settle_unknown(ledger: Ledger, client: ImpactClient, *, settling: float = SETTLING) -> list[Outcome]:
    """Look up every unknown conversion that is old enough; returns what was found out, after writing it.

    One that was taken is queued, or confirmed by its action; one that was not is planned again. Whatever stays
    doubtful stays unknown. Raises ImpactError, CredentialsError.
    """
    now = client.clock.now()
    entries = [entry for entry in ledger.entries([State.UNKNOWN]) if settles_at(entry, settling) <= now]
    if not entries:
        return []
    found = _among_submissions(entries, client)
    missing = [entry for entry in entries if entry.key not in found]
    outcomes = [*found.values(), *_among_actions(missing, client, now)]
    ledger.record(outcomes, now=now)
    return outcomes


def _among_submissions(entries: Iterable[Entry], client: ImpactClient) -> dict[Key, Outcome]:
    orders = _by_order(entries)
    latest: dict[Key, Submission] = {}
    for submission in all_submissions(client):
        for entry in orders.get((submission.campaign_id, submission.order_id), ()):
            if _is_of(submission, entry) and _is_later(submission, latest.get(entry.key)):
                latest[entry.key] = submission
    return {key: Outcome(key, State.QUEUED, submission=found.id) for key, found in latest.items()}


def _is_of(submission: Submission, entry: Entry) -> bool:
    """Whether a submission is of this conversion, and not one that was refused before it was sent again.

    It is, unless it is of another event for certain: whatever may be at impact.com is not to be sent twice. Times are
    not compared, because two clocks may differ.
    """
    if submission.id in entry.earlier or submission.event_code not in (None, entry.key.event_code):
        return False
    name = entry.key.target.partition(":")[2]
    is_by_code = not name.isdigit() and all(event.isdigit() for event in submission.events)
    return name in submission.events or is_by_code


def _is_later(submission: Submission, other: Submission | None) -> bool:
    if other is None or other.submitted is None:
        return True
    return submission.submitted is not None and submission.submitted >= other.submitted


def _among_actions(entries: list[Entry], client: ImpactClient, now: float) -> list[Outcome]:
    seen: dict[Key, bool] = {}  # whether the action found is of this very event
    for campaign in sorted({entry.key.campaign_id for entry in entries}):
        orders = _by_order(entry for entry in entries if entry.key.campaign_id == campaign)
        times = [_event_time(entry) for (_, _), found in orders.items() for entry in found]
        end = min(max(times) + _AROUND, datetime.fromtimestamp(now, UTC))
        for page in action_pages(client, campaign, min(times) - _AROUND, end):
            for action in page:
                for entry in orders.get((campaign, text_of(action, "Oid")), ()):
                    verdict = _is_action_of(action, entry)
                    if verdict is not None:
                        seen[entry.key] = seen.get(entry.key, False) or verdict
    return [_judged(entry, seen.get(entry.key), now) for entry in entries]


def _is_action_of(action: Mapping[str, Any], entry: Entry) -> bool | None:
    """Whether an action with the same order id is of the same event; None when it is of another for certain."""
    kind, _, number = entry.key.target.partition(":")
    tracker, code = text_of(action, "ActionTrackerId"), text_of(action, "EventCode")
    if code and entry.key.event_code and code.casefold() != entry.key.event_code.casefold():
        return None
    if tracker == number or (kind == "type" and code.casefold() == number.casefold()):
        return True
    return None if kind == "tracker" and tracker else False


def _judged(entry: Entry, seen: bool | None, now: float) -> Outcome:  # noqa: FBT001  three answers, not a flag
    if seen:
        return Outcome(entry.key, State.CONFIRMED, note="found among impact.com's actions")
    if seen is False:
        return Outcome(entry.key, State.UNKNOWN, note=_DOUBTFUL)
    if entry.submission:
        return Outcome(entry.key, State.UNKNOWN, note=entry.note)  # it was taken, whatever has become of it
    if now - entry.sent_at > _STILL_LISTED:
        return Outcome(entry.key, State.UNKNOWN, note=_TOO_OLD)
    return Outcome(entry.key, State.PLANNED, note=_ABSENT)


def _by_order(entries: Iterable[Entry]) -> _Orders:
    orders: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        orders.setdefault((entry.key.campaign_id, entry.key.order_id), []).append(entry)
    return orders


def _event_time(entry: Entry) -> datetime:
    try:
        found = datetime.fromisoformat(entry.event_date)
    except ValueError:
        return datetime.fromtimestamp(entry.sent_at, UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
