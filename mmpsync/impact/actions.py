"""impact.com's own records of what it credits, in windows that it accepts: at most 45 days each.

Actions show no ClickId; they are known by event type and order id (impact.com, reference/list-actions).
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from mmpsync.errors import RefusedError
from mmpsync.impact.answers import text_of
from mmpsync.impact.client import ImpactClient

__all__ = ["FURTHEST_BACK", "WIDEST_WINDOW", "action_pages", "windows"]

WIDEST_WINDOW = timedelta(days=45)
FURTHEST_BACK = timedelta(days=3 * 365 - 1)
"""How many days before today the first of a listing may be: impact.com takes three years, and counts by the second."""

_NARROWEST_WINDOW = timedelta(hours=1)
_PATH, _KEY = "Actions", "Actions"
_PAGE_SIZE = "20000"  # impact.com's default; a listing of more than ten pages is an error
_BAD_REQUEST = 400


def windows(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Cut a span into windows that impact.com accepts, none longer than WIDEST_WINDOW, each beginning where one ends."""
    while start < end:
        until = min(start + WIDEST_WINDOW, end)
        yield start, until
        start = until


def action_pages(
    client: ImpactClient, campaign_id: str, start: datetime, end: datetime
) -> Iterator[list[Mapping[str, Any]]]:
    """The actions of a program whose events lie between two times, page by page, as impact.com writes them.

    Each comes once, also one at the very moment where two windows meet, and one that a listing which grows
    meanwhile moves to the next page.
    """
    before: set[str] = set()
    for first, last in windows(start, end):
        seen: set[str] = set()
        for page in _pages(client, campaign_id, first, last):
            new = []
            for action in page:
                number = text_of(action, "Id") if isinstance(action, Mapping) else ""
                if isinstance(action, Mapping) and not (number and (number in seen or number in before)):
                    seen.add(number)
                    new.append(action)
            yield new
        before = seen


def _pages(client: ImpactClient, campaign_id: str, first: datetime, last: datetime) -> Iterator[list[Any]]:
    """The pages of one window; of one that holds more actions than impact.com lists at a time, of its halves."""
    query = {
        "CampaignId": campaign_id,
        "ActionDateStart": _iso(first),
        "ActionDateEnd": _iso(last),
        "PageSize": _PAGE_SIZE,
    }
    try:
        yield from client.pages(_PATH, _KEY, query)
    except RefusedError as refused:
        if refused.status != _BAD_REQUEST or last - first < 2 * _NARROWEST_WINDOW:
            raise
        middle = first + timedelta(seconds=(last - first).total_seconds() // 2)
        yield from _pages(client, campaign_id, first, middle)
        yield from _pages(client, campaign_id, middle, last)


def _iso(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
