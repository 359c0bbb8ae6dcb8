"""Actions are asked for in windows that impact.com accepts, and every one of them is found."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from fake_impact import FakeImpact
from fake_impact.plans import row

from mmpsync.impact.actions import WIDEST_WINDOW, action_pages, windows
from mmpsync.impact.client import ImpactClient

START = datetime(2026, 1, 1, tzinfo=UTC)


def test_windows_cover_the_span_without_a_gap() -> None:
    found = list(windows(START, START + timedelta(days=100)))
    assert found[0][0] == START
    assert found[-1][1] == START + timedelta(days=100)
    assert all(before[1] == after[0] for before, after in pairwise(found))
    assert max(end - start for start, end in found) <= WIDEST_WINDOW
    assert list(windows(START, START)) == []


def test_every_action_of_the_program_is_found(client: ImpactClient, fake: FakeImpact) -> None:
    fake.state.now = lambda: START + timedelta(days=300)
    fake.state.page_size = 2
    for number in range(9):
        event = START + timedelta(days=11 * number, hours=1)
        fake.state.add_action({**dict(row(number)["fields"]), "EventDate": event.isoformat()})
    fake.state.add_action({**dict(row(99)["fields"]), "CampaignId": "2", "EventDate": START.isoformat()})
    pages = list(action_pages(client, "1000", START, START + timedelta(days=100)))
    assert sorted(action["Oid"] for page in pages for action in page) == [
        f"O-{number}" for number in range(9)
    ]
