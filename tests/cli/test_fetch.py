"""`mmpsync fetch`, called as the command is: what it prints where, what it refuses, and that `reconcile` reads what it wrote."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fake_impact import SID, TOKEN, FakeImpact

import mmpsync
from mmpsync.__main__ import run
from mmpsync.impact.credentials import Credentials

WriteExport = Callable[..., Path]
AS_OF = "2026-03-20T13:00:00Z"
CLICK_ID = "QzWm0aXyzxyOUuS1FU0ABCdEfGhIjKlMnO0"
HEADER = (
    "Media Source", "Event Time", "Event Name", "Original URL", "AppsFlyer ID", "Event Value", "Event Revenue",
    "Event Revenue Currency", "App ID",
)  # fmt: skip


def purchase(order: str, click_id: str, time: str = "2026-03-19 09:00:00") -> tuple[str, ...]:
    url = f"https://x.test/?pid=impactradius_int&irclickid={click_id}"
    value = json.dumps({"af_order_id": order})
    return ("impactradius_int", time, "af_purchase", url, "1772-44", value, "12.50", "EUR", "com.acme.shop")


def click(click_id: str, time: str) -> dict[str, Any]:
    return {
        "Id": click_id, "ProgramId": "1000", "EventDate": time, "MediaId": 7, "MediaName": "Blog", "Os": "Android",
        "UniqueClick": True, "PartnerRelated": {"SubId1": None},
    }  # fmt: skip


class Terminal:
    """Runs `mmpsync fetch …` against the fake, in an empty folder."""

    def __init__(self, fake: FakeImpact, capsys: pytest.CaptureFixture[str]) -> None:
        self.fake, self.capsys = fake, capsys

    def fetch(self, what: str, *options: str, as_of: str = AS_OF) -> tuple[int, list[str], str]:
        """The exit code, the lines of stdout, and stderr."""
        code = run(["fetch", what, "--api-url", self.fake.url, "--as-of", as_of, *options])
        printed = self.capsys.readouterr()
        return code, printed.out.splitlines(), printed.err


@pytest.fixture
def terminal(
    fake: FakeImpact, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Terminal:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMPACT_ACCOUNT_SID", SID)
    monkeypatch.setenv("IMPACT_AUTH_TOKEN", TOKEN)
    fake.state.now = lambda: datetime.fromisoformat(AS_OF)
    fake.state.reads_to_finish = 0
    return Terminal(fake, capsys)


def test_what_is_fetched_is_what_reconcile_reads(
    terminal: Terminal, write_export: WriteExport, tmp_path: Path
) -> None:
    state = terminal.fake.state
    other = CLICK_ID[::-1]
    state.clicks["1000", "2026-03-18"] = [click(CLICK_ID, "2026-03-18T23:59:59Z")]
    state.clicks["1000", "2026-03-19"] = [click(other, "2026-03-19T08:00:00Z")]
    state.add_action(
        {"CampaignId": "1000", "ActionTrackerId": "4001", "EventCode": "af_purchase", "OrderId": "paid",
         "EventDate": "2026-03-19T09:00:00Z", "Amount": "12.50", "CurrencyCode": "EUR"},
        State="APPROVED",
    )  # fmt: skip
    rows = [purchase("new", CLICK_ID), purchase("paid", other), purchase("lost", "NoClickHasThisOne" * 2)]
    write_export(tmp_path / "exports" / "events.csv", HEADER, rows)

    code, clicks, told = terminal.fetch("clicks", "--program", "1000", "--date", "3d")
    assert (code, len(clicks)) == (0, 3)
    assert "2026-03-17: no clicks\n" in told
    code, actions, told = terminal.fetch("actions", "--program", "1000")
    assert (code, actions) == (0, ["rehearsal/actions/actions_1000_2026-03-19.jsonl"])
    assert told == "1 action of events from 2025-12-22 to 2026-03-20\n"

    judged = mmpsync.reconcile("exports", clicks=clicks, actions="rehearsal/actions", as_of=AS_OF)
    assert {reason.code: reason.rows for reason in judged.reason_summaries} == {
        "matched": 1,
        "already-credited": 1,
        "orphan-click-id": 1,
    }


def test_a_second_fetch_asks_for_nothing_and_prints_the_same_paths(terminal: Terminal) -> None:
    options = ("clicks", "--program", "1000", "--date", "2026-03-01..2026-03-03")
    code, paths, told = terminal.fetch(*options)
    assert (code, paths) == (0, [f"rehearsal/clicks/clicks_1000_2026-03-0{day}.json" for day in (1, 2, 3)])
    assert "waiting for 3 exports\n2026-03-03: no clicks\n" in told
    terminal.fake.seen.clear()
    assert terminal.fetch(*options) == (0, paths, "3 days from 2026-03-01 to 2026-03-03: here already\n")
    assert terminal.fake.seen == []


def test_a_command_that_is_killed_while_it_waits_is_gone_on_with_by_the_next(terminal: Terminal) -> None:
    fake = terminal.fake
    fake.state.reads_to_finish = 10_000
    waits = threading.Event()
    fake.before = lambda request: waits.set() if "/Jobs/" in request.target else None
    options = ("--program", "1000", "--api-url", fake.url, "--as-of", AS_OF)
    with subprocess.Popen([sys.executable, "-m", "mmpsync", "fetch", "clicks", *options]) as process:
        try:
            assert waits.wait(60)
        finally:
            process.kill()
    assert list(Path("rehearsal").glob("**/*.json")) == []
    fake.state.reads_to_finish = 0
    assert terminal.fetch("clicks", "--program", "1000")[0] == 0
    assert len(fake.requests("GET", "ClickExport")) == len(fake.state.jobs) == 1
    assert [file.name for file in Path("rehearsal/clicks").iterdir()] == ["clicks_1000_2026-03-19.json"]


def test_the_latest_day_that_is_over_is_fetched_unless_days_are_named(terminal: Terminal) -> None:
    assert terminal.fetch("clicks", "--program", "1000")[1] == [
        "rehearsal/clicks/clicks_1000_2026-03-19.json"
    ]
    before_noon = terminal.fetch("clicks", "--program", "1000", as_of="2026-03-20T11:00:00Z")
    assert before_noon[1] == ["rehearsal/clicks/clicks_1000_2026-03-18.json"]
    Path("mmpsync.toml").write_text('[program]\ncampaign_id = 1000\n[sources.impact]\ntimezone = "UTC"\n')
    assert terminal.fetch("clicks", as_of="2026-03-20T00:00:00Z")[2] == "2026-03-19: here already\n"


def test_a_day_that_is_not_over_is_refused_before_anything_is_asked(terminal: Terminal) -> None:
    code, paths, told = terminal.fetch("clicks", "--program", "1000", "--date", "2026-03-20")
    assert (code, paths) == (2, [])
    assert "error: --date 2026-03-20: 2026-03-20 is not over yet" in told
    assert terminal.fake.seen == []
    assert list(Path().iterdir()) == []


def test_a_time_in_the_future_makes_no_day_over(terminal: Terminal) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    code, _, told = terminal.fetch("clicks", "--program", "1000", as_of=tomorrow)
    assert code == 2
    assert "lies in the future" in told


def test_when_the_days_exports_are_used_up_what_is_here_is_printed_and_the_rest_told(
    terminal: Terminal,
) -> None:
    terminal.fake.state.exports_per_day = 2
    code, paths, told = terminal.fetch("clicks", "--program", "1000", "--date", "2026-03-01..2026-03-05")
    assert (code, paths) == (2, [f"rehearsal/clicks/clicks_1000_2026-03-0{day}.json" for day in (4, 5)])
    assert "error: 3 days from 2026-03-01 to 2026-03-03: impact.com makes no more exports before" in told
    assert told.endswith("run the same command again then\n")


def test_days_that_fail_for_different_reasons_are_told_apart(terminal: Terminal) -> None:
    terminal.fake.state.exports_per_day = 2
    terminal.fake.state.failing["2026-03-05"] = "Sorry\x1b[31m"
    code, paths, told = terminal.fetch("clicks", "--program", "1000", "--date", "2026-03-01..2026-03-05")
    assert (code, len(paths)) == (2, 1)
    assert "error: 4 of 5 days of clicks are missing\n  " in told
    assert "\n  2026-03-05: its job failed at impact.com (Sorry\\x1b[31m); run the same command again" in told
    assert "\x1b[31mS" not in told


@pytest.mark.parametrize("what", ["clicks", "actions"])
def test_without_a_program_or_credentials_nothing_is_asked(
    terminal: Terminal, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, paths, told = terminal.fetch(what)
    assert (code, paths) == (2, [])
    assert told == "error: which program? Give --program ID, or set program.campaign_id in mmpsync.toml\n"
    monkeypatch.delenv("IMPACT_AUTH_TOKEN")
    code, paths, told = terminal.fetch(what, "--program", "1000")
    assert (code, paths) == (2, [])
    assert told.startswith("error: IMPACT_AUTH_TOKEN not set in the environment")
    assert terminal.fake.seen == []


def test_a_program_that_the_account_has_not_is_told(terminal: Terminal) -> None:
    code, paths, told = terminal.fetch("clicks", "--program", "7")
    assert (code, paths) == (2, [])
    assert told.endswith("answers 404: Not found; is 7 a program of this account?\n")
    # Here impact.com lists nothing, as of a program without actions.
    code, paths, told = terminal.fetch("actions", "--program", "7")
    assert (code, paths) == (0, [])
    assert told == "0 actions of events from 2025-12-22 to 2026-03-20; is 7 the right program?\n"


@pytest.mark.parametrize("what", ["clicks", "actions"])
def test_refused_credentials_are_told_and_not_shown(
    terminal: Terminal, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = TOKEN[::-1]
    monkeypatch.setenv("IMPACT_AUTH_TOKEN", token)
    code, paths, told = terminal.fetch(what, "--program", "1000", "--debug")
    assert (code, paths) == (2, [])
    assert "refuses the credentials (401)" in told
    authorization = Credentials(SID, token).authorization.split()[1]
    assert [secret for secret in (SID, token, authorization) if secret in told] == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--from", "2023-03-20"], "the earliest day is 2023-03-22"),
        (["--from", "2000d"], "impact.com lists three years of actions"),
        (["--from", "2026-03-21"], "--from 2026-03-21: lies after today, 2026-03-20"),
        (
            ["--from", "2026-03-02", "--to", "2026-03-01"],
            "--to 2026-03-01: lies before 2026-03-02, where --from begins",
        ),
        (["--from", "March"], "'March' is no day; write it like 2026-03-01, or 30d for thirty days ago"),
        (["--program", "0"], "Invalid value for '--program'"),
        (["--api-url", "http://api.impact.com"], "the credentials would travel in the clear"),
    ],
)
def test_a_span_that_impact_com_has_no_actions_of_is_refused(
    terminal: Terminal, options: list[str], message: str
) -> None:
    code, paths, told = terminal.fetch("actions", "--program", "1000", *options)
    assert (code, paths) == (2, [])
    assert message in told
    assert terminal.fake.seen == []


def test_three_years_of_actions_can_be_fetched(terminal: Terminal) -> None:
    code, _, told = terminal.fetch(
        "actions", "--program", "1000", "--from", "2023-03-22", "--to", "2026-03-01"
    )
    assert (code, told[:10]) == (0, "0 actions ")
    (first, *_, last) = [request.query for request in terminal.fake.seen]
    assert (first["ActionDateStart"], last["ActionDateEnd"]) == (
        "2023-03-22T00:00:00Z",
        "2026-03-02T00:00:00Z",
    )
    assert len(terminal.fake.seen) == 24


def test_nothing_is_asked_for_after_now(terminal: Terminal) -> None:
    terminal.fetch("actions", "--program", "1000", "--from", "1d", "--to", "2026-12-31")
    (request,) = terminal.fake.seen
    assert (request.query["ActionDateStart"], request.query["ActionDateEnd"]) == (
        "2026-03-19T00:00:00Z",
        AS_OF,
    )


def test_a_folder_can_be_chosen_and_that_of_a_rehearsal_is_none_of_impact_coms(terminal: Terminal) -> None:
    _, paths, _ = terminal.fetch("clicks", "--program", "1000", "--out", "mine")
    assert paths == ["mine/clicks_1000_2026-03-19.json"]
    from mmpsync.cli.fetch import _folder
    from mmpsync.impact.addresses import API_URL

    assert _folder(None, "clicks", API_URL) == Path("clicks")
    assert _folder(None, "clicks", terminal.fake.url) == Path("rehearsal/clicks")
