"""impact.com's own records of what it credits, in windows that it accepts: at most 45 days each.

Actions show no ClickId; they are known by event type and order id (impact.com, reference/list-actions).
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from mmpsync.impact.client import ImpactClient

__all__ = ["WIDEST_WINDOW", "action_pages", "windows"]

WIDEST_WINDOW = timedelta(days=45)
_PATH, _KEY = "Actions", "Actions"
_PAGE_SIZE = "20000"  # impact.com's default; a listing of more than ten pages is an error


def windows(
    start: datetime, end: datetime, widest: timedelta = WIDEST_WINDOW
) -> Iterator[tuple[datetime, datetime]]:
    """Cut a span into windows that impact.com accepts, none longer than `widest`, each beginning where one ends."""
    while start < end:
        until = min(start + widest, end)
        yield start, until
        start = until


def action_pages(
    client: ImpactClient, campaign_id: str, start: datetime, end: datetime
) -> Iterator[list[Any]]:
    """The actions of a program whose events lie between two times, page by page, as impact.com writes them."""
    for first, last in windows(start, end):
        query = {
            "CampaignId": campaign_id,
            "ActionDateStart": _iso(first),
            "ActionDateEnd": _iso(last),
            "PageSize": _PAGE_SIZE,
        }
        yield from client.pages(_PATH, _KEY, query)


def _iso(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
