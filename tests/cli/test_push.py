"""`mmpsync push` and `mmpsync status` as commands: what they ask, refuse, print and leave with."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest
from fake_impact import SID, TOKEN, Failure, FakeImpact
from fake_impact.plans import plan_of, row

from mmpsync.__main__ import run as main
from mmpsync.push.entries import State
from mmpsync.push.ledger import Ledger

CANARIES = (SID, TOKEN, dict(row(1)["fields"])["CustomerEmail"])


@dataclass
class Stub:
    """A plan without a run behind it."""

    batches: Callable[[], Iterator[Any]]
    summary: Any

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@dataclass
class Shell:
    """Runs the command in this process; `plan` is what it pushes."""

    fake: FakeImpact
    folder: Path
    capture: pytest.CaptureFixture[str]
    plan: Callable[[], Iterator[Any]]
    run: str = "R1"

    def __call__(self, *arguments: str, rehearse: bool = True) -> tuple[int, str, str]:
        where = ["--api-url", self.fake.url] if rehearse else []
        code = main([*arguments, *where, "--ledger", str(self.ledger)])
        out, err = self.capture.readouterr()
        assert [secret for secret in CANARIES if secret in out + err] == []
        return code, out, err

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger.sqlite"

    def states(self) -> dict[str, State]:
        with Ledger(self.ledger) as book:
            return {entry.key.order_id: entry.state for entry in book.entries(list(State))}


@pytest.fixture
def shell(
    fake: FakeImpact,
    clock: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Shell:
    from mmpsync.impact import client
    from mmpsync.push import plan, preview
    from mmpsync.push.summary import PlanSummary
    from mmpsync.run import Run

    shell = Shell(fake, tmp_path, capsys, plan_of(3))

    def planned(*_: Any, **__: Any) -> Stub:
        return Stub(shell.plan, PlanSummary(run=shell.run, style="tracker", rows=3, to_send=3))

    monkeypatch.setattr(plan, "plan", planned)
    monkeypatch.setattr(preview, "text", lambda *_: "the plan\n")
    monkeypatch.setattr(Run, "load", classmethod(lambda *_: None))
    monkeypatch.setattr(client, "Clock", lambda: clock)
    monkeypatch.setenv("IMPACT_ACCOUNT_SID", SID)
    monkeypatch.setenv("IMPACT_AUTH_TOKEN", TOKEN)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)
    return shell


def test_without_send_nothing_is_sent_written_or_connected(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("IMPACT_AUTH_TOKEN")
    code, out, err = shell("push", "runs/x")
    assert code == 0
    assert "the plan" in out
    assert "to send  3  20.00 EUR and 10.00 USD" in out
    assert "nothing was sent" in err
    assert f"ledger:{shell.ledger},nottherey" in "".join(out.split())  # another folder may have another
    assert shell.fake.seen == []
    assert not shell.ledger.exists()


def test_what_a_dead_push_left_is_not_called_queued_in_a_dry_run(shell: Shell) -> None:
    from mmpsync.push.decisions import conversions
    from mmpsync.push.ledger_place import api_name

    with Ledger(shell.ledger, api=api_name(shell.fake.url)) as book:
        book.begin(list(conversions(plan_of(2))), run="R0", now=1.0)
    _, out, _ = shell("push", "runs/x")
    assert "unknown, not settled yet  2" in out
    assert str(shell.ledger) in "".join(out.split())


def test_send_without_a_terminal_needs_yes(shell: Shell) -> None:
    code, _, err = shell("push", "runs/x", "--send")
    assert code == 2
    assert "add --yes" in err
    assert shell.fake.seen == []


@pytest.mark.parametrize(("answer", "sent"), [("y\n", 3), ("n\n", 0), ("\n", 0)])
def test_on_a_terminal_it_asks_once_showing_rows_and_money(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, answer: str, sent: int
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal(answer))
    code, _, err = shell("push", "runs/x", "--send")
    assert code == 0
    assert err.count("?") == 1
    assert "Send 3 conversions, 20.00 EUR and 10.00 USD to a rehearsal" in err
    assert len(shell.fake.state.submissions) == sent


def test_send_yes_confirms_all_and_a_second_one_sends_nothing(shell: Shell) -> None:
    code, out, err = shell("push", "runs/x", "--send", "--yes")
    assert (code, len(shell.fake.state.submissions)) == (0, 3)
    assert "3 of 3 conversions confirmed, 3 sent now" in out
    assert "sending 3 conversions, 20.00 EUR and 10.00 USD" in err
    code, out, err = shell("push", "runs/x", "--send", "--yes")
    assert (code, shell.fake.state.requests["POST"]) == (0, 3)
    assert "nothing to send" in err
    assert "3 of 3 conversions confirmed, 0 sent now" in out


def test_rejected_leaves_with_4_and_says_what_to_do(shell: Shell) -> None:
    shell.fake.state.rejected = {"O-1": "OUTSIDE_ASSOCIATION_WINDOW", "O-2": "SOMETHING_NEW"}
    code, out, _ = shell("push", "runs/x", "--send", "--yes")
    assert code == 4
    assert "1 of 3 conversions confirmed" in out
    assert "OUTSIDE_ASSOCIATION_WINDOW (outside-referral-window): 1 conversion, 10.00 EUR" in out
    assert "SOMETHING_NEW: 1 conversion" in out
    assert "--retry-rejected" in out


def test_what_an_earlier_run_had_rejected_is_told_with_its_cause_and_nothing_of_other_rows(
    shell: Shell,
) -> None:
    shell.fake.state.rejected = {"O-1": "CONTRACT_NOT_FOUND", "O-3": "UNCLAIMED"}
    shell("push", "runs/x", "--send", "--yes")
    shell.plan, shell.run = plan_of(2), "R2"
    code, out, _ = shell("push", "runs/y", "--send", "--yes")
    assert code == 4
    assert "1 of 2 conversions confirmed, 0 sent now" in out
    assert "CONTRACT_NOT_FOUND: 1 conversion, 10.00 EUR" in out
    assert "UNCLAIMED" not in out


def test_what_is_queued_is_followed_later(shell: Shell) -> None:
    shell.fake.state.reads_to_complete = 99
    code, out, _ = shell("push", "runs/x", "--send", "--yes", "--wait", "1m")
    assert code == 4
    assert "mmpsync push --follow" in out
    shell.fake.state.complete_all()
    code, out, _ = shell("push", "--follow", "--wait", "1m")
    assert code == 0
    assert "confirmed  3" in out
    assert shell.fake.state.requests["POST"] == 3


def test_following_goes_on_when_something_else_turns_out_not_to_have_been_taken(shell: Shell) -> None:
    shell.fake.state.reads_to_complete = (
        14  # looks at growing intervals, at most five minutes: after ten minutes
    )
    shell.fake.script.next.append(Failure.RESET_BEFORE)
    shell("push", "runs/x", "--send", "--yes", "--wait", "1m")
    code, out, _ = shell("push", "--follow", "--wait", "2h")
    assert code == 4
    assert sorted(shell.states().values()) == [State.CONFIRMED, State.CONFIRMED, State.PLANNED]
    assert "not sent: mmpsync push RUN --send" in out


def test_what_a_dead_push_left_behind_is_told_and_settled(shell: Shell, clock: Any) -> None:
    from mmpsync.push.decisions import conversions
    from mmpsync.push.ledger_place import api_name

    with Ledger(shell.ledger, api=api_name(shell.fake.url)) as book:
        book.begin(list(conversions(plan_of(2))), run="R0", now=clock.now())
    shell.fake.state.accept(dict(row(1)["fields"]), "")
    code, out, err = shell("push", "runs/x", "--send", "--yes", "--wait", "1h")
    assert code == 0
    assert "a push that ended early left 2 conversions unknown" in err
    assert "3 of 3 conversions confirmed, 2 sent now" in out
    assert set(shell.fake.state.accepted().values()) == {1}


def test_refused_credentials_are_told_and_leave_with_4(shell: Shell) -> None:
    shell.fake.state.scopes.clear()
    code, out, _ = shell("push", "runs/x", "--send", "--yes")
    assert code == 4
    assert "refuses the credentials (403)" in " ".join(out.split())
    assert set(shell.states().values()) == {State.PLANNED}


@pytest.mark.parametrize("debug", [[], ["--debug"]])
def test_without_credentials_nothing_begins(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, debug: list[str]
) -> None:
    monkeypatch.delenv("IMPACT_ACCOUNT_SID")
    code, _, err = shell("push", "runs/x", "--send", "--yes", *debug)
    assert code == 2
    assert "IMPACT_ACCOUNT_SID not set" in err
    assert shell.fake.seen == []
    assert not shell.ledger.exists()


@pytest.mark.parametrize("failure", [Failure.RESET_AFTER, Failure.ERROR_500, Failure.NOT_JSON])
def test_no_secret_is_shown_in_any_failure_also_with_debug(shell: Shell, failure: Failure) -> None:
    shell.fake.script.share, shell.fake.script.kinds, shell.fake.wait = 1.0, [failure], 99_999
    code, _, _ = shell("push", "runs/x", "--send", "--yes", "--debug")
    assert code == 4


def test_a_limit_of_the_servers_is_told(shell: Shell) -> None:
    shell.fake.wait = 1800
    shell.fake.script.next.append(Failure.LIMIT_SECONDS)
    _, _, err = shell("push", "runs/x", "--send", "--yes")
    assert "rate limit is used up; waiting until" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--send", "--yes", "--api-url", "http://api.impact.com"], "plain http is for 127.0.0.1 only"),
        (["--send", "--follow"], "--follow sends nothing"),
        (["--send", "--yes", "--to", "csv=x.csv"], "--to writes a file instead"),
        (["--to", "xml=x"], "write it csv=FILE"),
        (["--wait", "soon"], "push.wait"),
        (["--as-of", "then"], "not a time"),
    ],
)
def test_what_cannot_be_meant_is_refused(shell: Shell, arguments: list[str], said: str) -> None:
    code, _, err = shell("push", "runs/x", *arguments, rehearse=False)
    assert code == 2
    assert said in " ".join(err.split())


def test_push_needs_a_run_and_follow_a_ledger(shell: Shell) -> None:
    assert shell("push")[0] == 2
    code, _, err = shell("push", "--follow")
    assert code == 2
    assert "nothing was pushed yet" in err


def test_a_rehearsal_counts_for_nothing_at_impact_com(shell: Shell) -> None:
    shell("push", "runs/x", "--send", "--yes")
    code, _, err = shell("push", "runs/x", rehearse=False)
    assert code == 2
    assert "is the ledger of a rehearsal on this machine" in err


def test_status_sums_up_and_lists(shell: Shell) -> None:
    shell.fake.state.rejected = {"O-3": "CONTRACT_NOT_FOUND"}
    shell("push", "runs/x", "--send", "--yes")
    code, out, _ = shell("status")
    assert code == 0
    assert "confirmed  2  10.00 EUR and 10.00 USD" in out
    assert "rejected   1  10.00 EUR" in out
    code, out, _ = shell("status", "--failed", "--report", "csv")
    (line,) = csv.DictReader(io.StringIO(out))
    assert (line["order_id"], line["state"], line["codes"]) == ("O-3", "rejected", "CONTRACT_NOT_FOUND")
    assert "contract" in line["advice"]
    shell("status", "--report", f"json={shell.folder / 'all.json'}")
    listed = json.loads((shell.folder / "all.json").read_text("utf-8"))
    assert [entry["order_id"] for entry in listed] == ["O-1", "O-2", "O-3"]
    assert (shell.folder / "all.json").stat().st_mode & 0o777 == 0o600


def test_status_without_a_ledger_says_so_and_makes_none(shell: Shell) -> None:
    code, _, err = shell("status")
    assert code == 2
    assert "there is no ledger" in err
    assert not shell.ledger.exists()


def test_status_of_an_unknown_format_is_refused(shell: Shell) -> None:
    assert shell("status", "--report", "xml")[0] == 2


def test_a_spreadsheet_runs_nothing_from_a_listing(shell: Shell) -> None:
    hostile = row(1)
    hostile["order_id"] = "=1+1"
    hostile["fields"] = [(name, "=1+1" if name == "OrderId" else value) for name, value in hostile["fields"]]
    shell.plan = plan_of(hostile)
    shell("push", "runs/x", "--send", "--yes")
    assert ",'=1+1," in shell("status", "--report", "csv")[1]
