"""Actions as files: one a day, all of a call or none of it."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from stat import S_IMODE
from typing import Any

import pytest
from fake_impact import SID, Failure, FakeImpact

from mmpsync.errors import ImpactError, OutputError
from mmpsync.impact.action_files import FetchedActions, fetch_actions
from mmpsync.impact.client import ImpactClient
from mmpsync.impact.exchange import Retries

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
SPAN = date(2026, 1, 1), date(2026, 3, 20)


def credit(fake: FakeImpact, order: str, time: str, **other: Any) -> None:
    fake.state.now = lambda: NOW
    fake.state.add_action({"CampaignId": "1000", "EventDate": time, "OrderId": order}, **other)


def fetch(client: ImpactClient, folder: Path, span: tuple[date, date] = SPAN) -> FetchedActions:
    return fetch_actions(client, "1000", span, folder, now=NOW)


def read(folder: Path) -> dict[str, list[str]]:
    """The order ids in each file."""
    return {
        file.name: [json.loads(line)["Oid"] for line in file.read_text("utf-8").splitlines()]
        for file in sorted(folder.iterdir())
    }


def test_a_day_in_utc_is_a_file_of_its_own_readable_by_its_owner_only(
    client: ImpactClient, fake: FakeImpact, tmp_path: Path
) -> None:
    credit(fake, "first", "2026-01-01T00:00:00Z")
    credit(fake, "evening", "2026-03-01T22:00:00-07:00")  # in UTC it is the next day
    credit(fake, "morning", "2026-03-02T05:00:00Z")
    credit(fake, "now", "2026-03-20T11:59:59Z")
    found = fetch(client, tmp_path / "actions")
    assert read(tmp_path / "actions") == {
        "actions_1000_2026-01-01.jsonl": ["first"],
        "actions_1000_2026-03-02.jsonl": ["evening", "morning"],
        "actions_1000_2026-03-20.jsonl": ["now"],
    }
    assert found == FetchedActions(tuple(sorted((tmp_path / "actions").iterdir())), 4)
    assert {S_IMODE(file.stat().st_mode) for file in found.files} == {0o600}
    assert S_IMODE((tmp_path / "actions").stat().st_mode) == 0o700


def test_an_action_is_kept_as_impact_com_writes_it_without_the_account_sid(
    client: ImpactClient, fake: FakeImpact, tmp_path: Path
) -> None:
    credit(
        fake, "O-1", "2026-03-01T00:00:00Z", Note='Ünï\n"x"\ud83d', Amount="10.00", AdId=12345678901234567890
    )
    (file,) = fetch(client, tmp_path).files
    (line,) = file.read_text("utf-8").splitlines()
    wanted = fake.state.actions[0]
    assert json.loads(line) == wanted | {"Uri": wanted["Uri"].replace(SID, "***")}
    assert SID not in line


def test_a_day_that_is_fetched_again_is_replaced_and_no_other(
    client: ImpactClient, fake: FakeImpact, tmp_path: Path
) -> None:
    credit(fake, "O-1", "2026-03-01T00:00:00Z")
    credit(fake, "O-2", "2026-03-02T00:00:00Z")
    fetch(client, tmp_path)
    for action in fake.state.actions:
        action["State"] = "REVERSED"
    fetch(client, tmp_path, (date(2026, 3, 2), date(2026, 3, 2)))
    states = [json.loads(file.read_text("utf-8"))["State"] for file in sorted(tmp_path.iterdir())]
    assert states == ["PENDING", "REVERSED"]


def test_a_day_that_has_no_actions_any_more_has_no_file(
    client: ImpactClient, fake: FakeImpact, tmp_path: Path
) -> None:
    for day in (1, 2, 3):
        credit(fake, f"O-{day}", f"2026-03-0{day}T00:00:00Z")
    fetch(client, tmp_path)
    (tmp_path / "actions_7_2026-03-02.jsonl").write_text("of another program")
    fake.state.actions.clear()
    fetch(client, tmp_path, (date(2026, 3, 2), date(2026, 3, 2)))
    assert [file.name[8:-6] for file in sorted(tmp_path.iterdir())] == [
        "1000_2026-03-01", "1000_2026-03-03", "7_2026-03-02",
    ]  # fmt: skip


def test_an_action_whose_time_cannot_be_read_is_kept_too(
    client: ImpactClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fake_impact import server
    from fake_impact.routes import Response

    listed = [
        {"Id": "1", "Oid": "O-1", "EventDate": "?"},
        {"Id": "2", "Oid": "O-2", "EventDate": "2031-01-01T00:00:00Z"},
    ]
    monkeypatch.setattr(server, "answer", lambda *_: Response(200, {"Actions": listed}))
    fetch(client, tmp_path)
    assert read(tmp_path) == {
        "actions_1000_2026-01-01.jsonl": ["O-1"],
        "actions_1000_2026-03-20.jsonl": ["O-2"],
    }


def test_when_it_cannot_be_finished_nothing_changes(
    make_client: Any, fake: FakeImpact, tmp_path: Path
) -> None:
    credit(fake, "O-1", "2026-01-05T00:00:00Z")
    fetch(make_client(), tmp_path)
    credit(fake, "O-2", "2026-01-05T00:00:00Z")
    fake.script.next.extend([None, *[Failure.ERROR_500] * 2])  # the first window comes, the second does not
    with pytest.raises(ImpactError, match="answers 500"):
        fetch(make_client(retries=Retries(tries=2)), tmp_path)
    assert read(tmp_path) == {"actions_1000_2026-01-05.jsonl": ["O-1"]}


def test_a_place_that_cannot_be_written_is_told(client: ImpactClient, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        fetch(client, tmp_path / "file")
