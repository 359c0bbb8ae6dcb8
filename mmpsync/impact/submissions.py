"""What became of what was sent: impact.com's API submissions, one by one, or all of them.

A submission is done when its status is Complete, and a success only if it has no error type then (impact.com,
reference/the-api-submission-object). They are kept for 90 days.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, quote

from mmpsync.impact.answers import text_of, time_of, unwrapped
from mmpsync.impact.client import ImpactClient

__all__ = ["KEPT_DAYS", "Submission", "all_submissions", "read_submission"]

KEPT_DAYS = 90
_PATH, _KEY = "APISubmissions", "APISubmission"
_EVENTS = ("ActionTrackerId", "EventTypeId", "EventTypeCode")
_DONE = frozenset({"COMPLETE", "COMPLETED"})
_CONVERSION = frozenset({"CONVERSION", ""})


@dataclass(frozen=True)
class Submission:
    """One submission; `codes` say why it failed and are empty until it has.

    `events` are all names that it gives for its event: tracker, event type, event type code. `event_code` is the one
    that was sent beside a tracker; None when that cannot be told.
    """

    id: str
    is_done: bool
    codes: tuple[str, ...]
    submitted: datetime | None
    campaign_id: str
    order_id: str
    events: frozenset[str]
    event_code: str | None

    @property
    def is_success(self) -> bool:
        """Whether it became an action."""
        return self.is_done and not self.codes


def read_submission(client: ImpactClient, number: str) -> Submission:
    """Read one by its id. Raises RefusedError with status 404 when impact.com does not keep it any more."""
    return _submission(client.get(f"{_PATH}/{quote(number, safe='')}").document)


def all_submissions(client: ImpactClient) -> Iterator[Submission]:
    """Read every conversion's that impact.com keeps, and none of what modified or reversed an action.

    It is slow, and the only way to find one whose id is not known.
    """
    for page in client.pages(_PATH, _KEY):
        for row in page:
            if isinstance(row, Mapping) and text_of(row, "Type").upper() in _CONVERSION:
                yield _submission(row)


def _submission(document: Mapping[str, Any]) -> Submission:
    found = unwrapped(document, _KEY)
    is_done = text_of(found, "Status").upper() in _DONE
    kind, reason = text_of(found, "ErrorType"), text_of(found, "ErrorReason")
    # Any error type is a failure, also one that gives no reason.
    codes = tuple(reason.replace(",", " ").split()) or ((kind,) if kind else ())
    sent = dict(parse_qsl(text_of(found, "Payload"), keep_blank_values=True))
    events = (text_of(found, "ActionTrackerId"), *(sent.get(name, "") for name in _EVENTS))
    return Submission(
        id=text_of(found, "BatchId"),
        is_done=is_done,
        codes=codes if is_done else (),
        submitted=time_of(found, "SubmissionDate"),
        campaign_id=text_of(found, "CampaignId") or sent.get("CampaignId", ""),
        order_id=text_of(found, "OrderId") or sent.get("OrderId", ""),
        events=frozenset(filter(None, events)),
        event_code=sent.get("EventCode", "") if sent else None,
    )
