"""Clicks of days: each is asked for once, whatever happens in between, and kept for good once it is here."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from stat import S_IMODE
from typing import Any

import pytest
from fake_impact import SID, TOKEN, Failure, FakeImpact
from fake_impact.fixtures import JumpingClock, MakeClient

from mmpsync.impact.click_fetch import EXPORT_PATIENCE, ClickFetch, FetchedClicks
from mmpsync.impact.click_files import ClickFiles, Note
from mmpsync.impact.credentials import Credentials
from mmpsync.impact.days import Calendar

CALENDAR = Calendar(datetime(2026, 3, 20, 12, tzinfo=UTC))
DAY = date(2026, 3, 19)
Fetch = Callable[..., FetchedClicks]


def days(count: int) -> Sequence[date]:
    """The latest days that are over."""
    return CALENDAR.days_over("--date", f"{count}d", date(2024, 4, 10))


def clicks_of(day: date) -> list[dict[str, Any]]:
    return [{"Id": f"click of {day}", "EventDate": f"{day}T00:00:00Z", "MediaId": "1", "UniqueClick": True}]


@pytest.fixture
def files(fake: FakeImpact, tmp_path: Path) -> ClickFiles:
    fake.state.clicks = {("1000", str(day)): clicks_of(day) for day in days(30)}
    return ClickFiles(tmp_path / "clicks", "1000")


@pytest.fixture
def fetch(files: ClickFiles, make_client: MakeClient) -> Fetch:
    def fetch(*wanted: date, **options: Any) -> FetchedClicks:
        exporter = make_client(patience=EXPORT_PATIENCE, **options)
        return ClickFetch(files, exporter, make_client(**options), CALENDAR).fetch(wanted)

    return fetch


def exports(fake: FakeImpact) -> list[str]:
    return [request.query["Date"] for request in fake.requests("GET", "ClickExport")]


def test_a_day_is_a_file_of_its_own_readable_by_its_owner_only(fetch: Fetch, files: ClickFiles) -> None:
    assert fetch(DAY) == FetchedClicks(fetched=[DAY])
    (file,) = files.folder.iterdir()  # and no note any more
    assert file.name == "clicks_1000_2026-03-19.json"
    assert json.loads(file.read_bytes()) == clicks_of(DAY)
    assert (S_IMODE(file.stat().st_mode), S_IMODE(files.folder.stat().st_mode)) == (0o600, 0o700)


def test_a_day_that_is_here_costs_no_request(fetch: Fetch, fake: FakeImpact) -> None:
    fetch(DAY)
    fake.seen.clear()
    assert fetch(DAY) == FetchedClicks(here=[DAY])
    assert fake.seen == []


def test_a_day_without_clicks_is_an_empty_file_and_here_for_good(
    fetch: Fetch, files: ClickFiles, fake: FakeImpact
) -> None:
    fake.state.clicks.clear()
    fetch(DAY)
    assert files.file(DAY).read_bytes() == b""
    assert fetch(DAY).here == [DAY]
    assert len(exports(fake)) == 1


def test_a_second_call_after_a_kill_goes_on_with_the_same_job(
    fetch: Fetch, files: ClickFiles, fake: FakeImpact, clock: JumpingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_: float) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(clock, "sleep", killed)
        with pytest.raises(KeyboardInterrupt):
            fetch(*days(3))
    assert len(exports(fake)) == 3
    assert [files.file(day).exists() for day in days(3)] == [False] * 3
    assert fetch(*days(3)).fetched == [*reversed(days(3))]
    assert len(exports(fake)) == len(fake.state.jobs) == 3
    assert sorted(files.folder.iterdir()) == [files.file(day) for day in days(3)]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"id": "1"}', b'{"job": "1", "more": 1}', b"\xff"])
def test_a_note_that_nobody_can_read_is_as_none(fetch: Fetch, files: ClickFiles, content: bytes) -> None:
    files.write_note(DAY, Note("1"))
    (note,) = files.folder.iterdir()
    assert note.name.startswith(".")  # so that `reconcile` passes over it
    assert S_IMODE(note.stat().st_mode) == 0o600
    note.write_bytes(content)
    assert fetch(DAY).fetched == [DAY]


def test_a_note_holds_no_account(fetch: Fetch, files: ClickFiles, fake: FakeImpact, monkeypatch: Any) -> None:
    monkeypatch.setattr("mmpsync.impact.click_fetch._LONGEST_WAIT", 0.0)
    fetch(DAY)
    (note,) = files.folder.iterdir()
    assert next(iter(fake.state.jobs)) in note.read_text("utf-8")
    assert SID not in note.read_text("utf-8")


def test_beyond_the_daily_limit_the_latest_days_are_here_and_the_same_call_goes_on_the_day_after(
    fetch: Fetch, fake: FakeImpact, clock: JumpingClock
) -> None:
    fake.state.now = lambda: datetime.fromtimestamp(clock.now(), UTC)
    found = fetch(*days(24))
    assert sorted(found.fetched) == days(24)[14:]
    assert set(found.missing) == set(days(24)[:14])
    (why,) = set(found.missing.values())
    assert "no more exports before" in why
    assert max(clock.slept) < EXPORT_PATIENCE  # nobody waits for tomorrow
    assert len(exports(fake)) == 11  # the one that met the limit

    clock.sleep(86_400)
    found = fetch(*days(24))
    assert (len(found.here), len(found.fetched), len(found.missing)) == (10, 10, 4)
    clock.sleep(86_400)
    assert fetch(*days(24)).missing == {}
    assert len(fake.state.jobs) == 24


def test_jobs_that_are_under_way_are_fetched_also_when_no_new_one_is_to_be_had(
    fetch: Fetch, files: ClickFiles, fake: FakeImpact
) -> None:
    earlier, later = days(2)
    files.write_note(earlier, Note(fake.state.export("1000", str(earlier), "JSON").id))  # type: ignore[union-attr]
    fake.state.exports_per_day = 0
    found = fetch(earlier, later)
    assert (found.fetched, list(found.missing)) == ([earlier], [later])


def test_a_job_that_failed_is_begun_anew_and_an_error_when_it_fails_again(
    fetch: Fetch, fake: FakeImpact
) -> None:
    fake.state.failing[str(DAY)] = "Out of memory"
    found = fetch(DAY)
    assert "its job failed at impact.com (Out of memory)" in found.missing[DAY]
    (job,) = fake.state.jobs.values()
    assert job.replays == 1
    fake.state.failing.clear()
    job.is_complete = False
    assert fetch(DAY).fetched == [DAY]
    assert len(exports(fake)) == 1


def test_one_day_that_fails_keeps_no_other_from_being_fetched(fetch: Fetch, fake: FakeImpact) -> None:
    fake.state.failing[str(days(3)[1])] = ""
    found = fetch(*days(3))
    assert found.fetched == [days(3)[2], days(3)[0]]
    assert list(found.missing) == [days(3)[1]]


def test_an_export_begun_before_its_day_was_over_is_begun_anew_once(
    fetch: Fetch, files: ClickFiles, fake: FakeImpact
) -> None:
    """Somebody asked on the very day: the same request gets that job back, with half a day's clicks."""
    job = fake.state.export("1000", str(DAY), "JSON")
    assert job is not None
    job.created = CALENDAR.over_at(DAY) - timedelta(seconds=1)
    job.is_complete = True  # with no clicks as yet
    assert fetch(DAY).fetched == [DAY]
    assert json.loads(files.file(DAY).read_bytes()) == clicks_of(DAY)
    assert job.replays == 1


def test_an_early_export_that_cannot_be_begun_anew_is_not_kept(
    fetch: Fetch, files: ClickFiles, fake: FakeImpact
) -> None:
    fake.state.replayable = False
    job = fake.state.export("1000", str(DAY), "JSON")
    assert job is not None
    job.created = CALENDAR.over_at(DAY) - timedelta(days=1)
    assert "begun before the day was over" in fetch(DAY).missing[DAY]
    assert not files.file(DAY).exists()


def test_a_job_that_takes_too_long_is_left_and_gone_on_with(
    fetch: Fetch, fake: FakeImpact, clock: JumpingClock
) -> None:
    fake.state.reads_to_finish = 1000
    found = fetch(DAY)
    assert "still running; run the same command again, which goes on with the same job" in found.missing[DAY]
    assert 890 < sum(clock.slept) < 910
    fake.state.reads_to_finish = 0
    assert fetch(DAY).fetched == [DAY]
    assert len(exports(fake)) == 1


def test_a_job_that_impact_com_forgot_is_asked_for_anew(fetch: Fetch, files: ClickFiles) -> None:
    files.write_note(DAY, Note("gone"))
    assert "does not keep its job any more" in fetch(DAY).missing[DAY]
    assert fetch(DAY).fetched == [DAY]


def test_a_job_whose_result_is_kept_no_longer_is_begun_anew(
    fetch: Fetch, files: ClickFiles, fake: FakeImpact
) -> None:
    job = fake.state.export("1000", str(DAY), "JSON")
    assert job is not None
    job.is_complete = job.is_expired = True
    assert fetch(DAY).fetched == [DAY]
    assert json.loads(files.file(DAY).read_bytes()) == clicks_of(DAY)
    assert job.replays == 1


def test_the_signed_address_on_another_host_gets_no_credentials(fetch: Fetch, fake: FakeImpact) -> None:
    with FakeImpact(fake.state) as storage:
        fake.state.signed_at = storage.url
        assert storage.url != fake.url
        assert fetch(DAY).fetched == [DAY]
        (download,) = storage.seen
    assert "authorization" not in download.headers
    sent = repr((download.target, download.headers, download.body))
    authorization = Credentials(SID, TOKEN).authorization
    assert [secret for secret in (SID, TOKEN, authorization.split()[1]) if secret in sent] == []
    assert [request.target for request in fake.requests("GET", "/signed/")] == []


def test_an_address_without_https_on_another_machine_is_not_followed(
    fetch: Fetch, files: ClickFiles, fake: FakeImpact
) -> None:
    fake.state.signed_at = "http://storage.example"
    assert "without https" in fetch(DAY).missing[DAY]
    assert not files.file(DAY).exists()


def test_a_download_that_breaks_off_leaves_no_file_and_is_tried_again(
    fetch: Fetch, files: ClickFiles, fake: FakeImpact
) -> None:
    fake.state.reads_to_finish = 0
    # The export, the job, the redirect; then half a file.
    fake.script.next.extend([None, None, None, Failure.TRUNCATED])
    assert fetch(DAY).fetched == [DAY]
    assert json.loads(files.file(DAY).read_bytes()) == clicks_of(DAY)
    assert len(fake.requests("GET", "/signed/")) == 2


def test_a_page_that_says_sorry_is_not_kept_for_a_day_of_clicks(
    fetch: Fetch, files: ClickFiles, fake: FakeImpact
) -> None:
    fake.state.reads_to_finish = 0
    fake.script.next.extend([None, None, None, Failure.NOT_JSON])
    assert "no JSON of clicks" in fetch(DAY).missing[DAY]
    assert not files.file(DAY).exists()
    assert fetch(DAY).fetched == [DAY]
    assert len(exports(fake)) == 1


def test_an_unknown_program_is_told_by_its_number(make_client: MakeClient, tmp_path: Path) -> None:
    files = ClickFiles(tmp_path, "7")
    found = ClickFetch(files, make_client(), make_client(), CALENDAR).fetch([DAY])
    assert found.missing[DAY].endswith("answers 404: Not found; is 7 a program of this account?")
    assert list(tmp_path.iterdir()) == []


def test_refused_credentials_are_tried_once_and_told(fetch: Fetch, fake: FakeImpact) -> None:
    found = fetch(*days(5), credentials=Credentials(SID, TOKEN[::-1]))
    assert len(fake.seen) == 1
    assert len(found.missing) == 5
    assert "refuses the credentials (401)" in found.missing[DAY]


def test_under_every_failure_at_once_every_day_comes_whole_and_is_asked_for_once(
    fetch: Fetch, files: ClickFiles, fake: FakeImpact
) -> None:
    fake.script.share = 0.2
    # What NOT_JSON answers in place of a file is refused as such, and the day comes with the next call.
    for _ in range(5):
        if not fetch(*days(8)).missing:
            break
    assert [json.loads(files.file(day).read_bytes()) for day in days(8)] == [
        clicks_of(day) for day in days(8)
    ]
    assert len(fake.state.jobs) == 8
