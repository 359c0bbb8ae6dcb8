"""Listing actions: in windows that impact.com accepts, every page of each, every action once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fake_impact import FakeImpact

from mmpsync.errors import RefusedError
from mmpsync.impact.actions import WIDEST_WINDOW, action_pages, windows
from mmpsync.impact.client import ImpactClient

START = datetime(2026, 1, 1, tzinfo=UTC)


def credit(fake: FakeImpact, *times: datetime) -> None:
    fake.state.now = lambda: START + timedelta(days=300)
    for time in times:
        order = f"O-{len(fake.state.actions)}"
        fake.state.add_action({"CampaignId": "1000", "EventDate": time.isoformat(), "OrderId": order})


def orders(client: ImpactClient, days: int) -> list[str]:
    pages = action_pages(client, "1000", START, START + timedelta(days=days))
    return [str(action["Oid"]) for page in pages for action in page]


@pytest.mark.parametrize(("days", "count"), [(0, 0), (1, 1), (45, 1), (46, 2), (90, 2), (91, 3)])
def test_windows_cover_a_span_without_a_gap_and_none_is_too_wide(days: int, count: int) -> None:
    found = list(windows(START, START + timedelta(days=days)))
    assert len(found) == count
    assert all(last - first <= WIDEST_WINDOW for first, last in found)
    end = START + timedelta(days=days)
    assert [START, *(last for _, last in found)] == [*(first for first, _ in found), end]


def test_every_window_is_asked_for_by_the_time_of_the_event(client: ImpactClient, fake: FakeImpact) -> None:
    credit(fake, START, START + timedelta(days=70))
    assert orders(client, 88) == ["O-0", "O-1"]
    queries = [request.query for request in fake.requests("GET", "/Actions")]
    assert [(query["ActionDateStart"], query["ActionDateEnd"]) for query in queries] == [
        ("2026-01-01T00:00:00Z", "2026-02-15T00:00:00Z"),
        ("2026-02-15T00:00:00Z", "2026-03-30T00:00:00Z"),
    ]
    assert all(query["CampaignId"] == "1000" and int(query["PageSize"]) >= 2000 for query in queries)


def test_pages_are_followed_to_the_last(client: ImpactClient, fake: FakeImpact) -> None:
    credit(fake, *(START + timedelta(hours=hour) for hour in range(7)))
    fake.state.add_action(
        {"CampaignId": "2", "EventDate": START.isoformat(), "OrderId": "of another program"}
    )
    fake.state.page_size = 3
    assert orders(client, 1) == [f"O-{number}" for number in range(7)]
    assert len(fake.seen) == 3


def test_an_action_at_the_moment_where_two_windows_meet_comes_once(
    client: ImpactClient, fake: FakeImpact
) -> None:
    credit(fake, START + WIDEST_WINDOW, START + WIDEST_WINDOW + timedelta(seconds=1))
    assert orders(client, 60) == ["O-0", "O-1"]


def test_a_window_with_more_than_ten_pages_is_listed_in_halves(
    client: ImpactClient, fake: FakeImpact
) -> None:
    credit(fake, *(START + timedelta(hours=6 * number) for number in range(120)))
    fake.state.page_size = 4
    found = orders(client, 30)
    assert sorted(found) == sorted(f"O-{number}" for number in range(120))
    assert len(set(found)) == len(found)


def test_a_request_that_is_refused_for_another_reason_is_not_asked_for_ever(
    client: ImpactClient, fake: FakeImpact
) -> None:
    with pytest.raises(RefusedError, match="CampaignId: Missing"):
        list(action_pages(client, "", START, START + timedelta(days=45)))
    assert len(fake.seen) < 15


def test_what_is_no_action_is_passed_over(client: ImpactClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from fake_impact import server
    from fake_impact.routes import Response

    listed: list[Any] = [None, "?", {"Oid": "O-1"}, {"Oid": "O-2"}, {"Id": 1, "Oid": "O-3"}, {"Id": "1"}]
    monkeypatch.setattr(server, "answer", lambda *_: Response(200, {"Actions": listed}))
    assert orders(client, 1) == ["O-1", "O-2", "O-3"]
