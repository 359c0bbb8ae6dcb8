"""The ledger: nothing is lost, nothing is misread, and nobody else's file is touched."""

import multiprocessing
import sqlite3
import stat
from collections.abc import Callable
from contextlib import nullcontext
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fake_impact.plans import plan_of, row

from mmpsync.config import Config
from mmpsync.errors import LedgerError
from mmpsync.push.decisions import Choice, Decision, conversions, decide
from mmpsync.push.entries import Conversion, Entry, Outcome, State
from mmpsync.push.ledger import Ledger
from mmpsync.push.ledger_place import default_ledger, ledger_of, only_one

HERE = "https://api.impact.com"


def rows(*parts: Any) -> list[Conversion]:
    return list(conversions(plan_of(*parts)))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "ledger.sqlite"


def test_what_is_begun_stands_there_for_whoever_opens_it_next(file: Path) -> None:
    (one,) = rows(1)
    with Ledger(file, api=HERE) as ledger:
        ledger.begin([one], run="R1", now=100.0)
        with Ledger(file, api=HERE) as other:  # another process would see the same
            entry = other.find(one.key)
    assert entry is not None
    assert (entry.state, entry.digest, entry.run, entry.attempts) == (State.SENDING, one.digest, "R1", 1)
    assert (entry.amount, entry.currency, entry.sent_at) == (Decimal(10), "EUR", 100.0)


def test_a_submission_is_kept_through_everything_that_follows(file: Path) -> None:
    (one,) = rows(1)
    with Ledger(file, api=HERE) as ledger:
        ledger.begin([one], run="R1", now=1.0)
        ledger.record([Outcome(one.key, State.QUEUED, submission="A-1")], now=2.0)
        ledger.record([Outcome(one.key, State.REJECTED, codes=("X", "Y"), note="no")], now=3.0)
        entry = ledger.find(one.key)
        assert entry is not None
        assert (entry.submission, entry.codes, entry.note, entry.settled_at) == ("A-1", ("X", "Y"), "no", 3.0)
        ledger.begin([one], run="R2", now=4.0)
        again = ledger.find(one.key)
    assert again is not None
    assert (again.submission, again.earlier, again.codes, again.attempts) == ("", ("A-1",), (), 2)


def test_money_is_added_up_exactly(file: Path) -> None:
    with Ledger(file, api=HERE) as ledger:
        ledger.begin(rows(*(row(n, amount="0.10") for n in range(1, 22, 2))), run="R", now=1.0)
        (total,) = ledger.totals()
    assert (total.rows, total.money, total.currency) == (11, Decimal("1.10"), "EUR")


def test_files_and_folder_are_the_owners_only(file: Path) -> None:
    with Ledger(file, api=HERE) as ledger:
        ledger.begin(rows(1), run="R", now=1.0)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}
    assert set(modes.values()) == {0o600}
    assert len(modes) == 3
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def damaged(file: Path) -> None:
    file.write_bytes(b"not a database at all, but longer than a header of one would be" * 40)


def foreign(file: Path) -> None:
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE mine (x)")


def newer(file: Path) -> None:
    with Ledger(file, api=HERE):
        pass
    with sqlite3.connect(file) as db:
        db.execute("PRAGMA user_version = 99")


def rehearsed(file: Path) -> None:
    with Ledger(file, api="a rehearsal"):
        pass


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (damaged, "not a database"),
        (foreign, "no ledger of mmpsync"),
        (newer, "update mmpsync"),
        (rehearsed, "is the ledger of a rehearsal"),
    ],
)
def test_what_is_no_ledger_of_ours_is_refused_and_left_alone(
    tmp_path: Path, make: Callable[[Path], None], said: str
) -> None:
    file = tmp_path / "ledger.sqlite"
    make(file)
    with pytest.raises(LedgerError, match=said):
        Ledger(file, api=HERE)


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerError, match="cannot be opened"):
        Ledger(tmp_path / "file" / "ledger.sqlite", api=HERE)


@pytest.mark.parametrize("state", list(State))
def test_what_may_be_at_impact_com_is_not_begun_again_whoever_asks(file: Path, state: State) -> None:
    first, second = rows(2)
    with Ledger(file, api=HERE) as ledger:
        ledger.begin([first], run="R1", now=1.0)
        ledger.record([Outcome(first.key, state)], now=2.0)
        is_free = state in (State.PLANNED, State.REJECTED, State.UNKNOWN)
        with nullcontext() if is_free else pytest.raises(LedgerError, match="another push"):
            ledger.begin([second, first], run="R2", now=3.0)
        assert [entry.run for entry in ledger.entries(list(State))] == (["R2", "R2"] if is_free else ["R1"])


def test_one_conversion_is_not_begun_twice_at_once(file: Path) -> None:
    with Ledger(file, api=HERE) as ledger:
        with pytest.raises(LedgerError, match="another push"):
            ledger.begin(rows(row(1), row(1)), run="R", now=1.0)
        assert list(ledger.entries(list(State))) == []


def test_orphans_become_unknown(file: Path) -> None:
    with Ledger(file, api=HERE) as ledger:
        ledger.begin(rows(3), run="R", now=1.0)
        assert ledger.give_up_orphans(note="died", now=500.0) == 3
        found = list(ledger.entries(list(State)))
    assert {(entry.state, entry.sent_at) for entry in found} == {(State.UNKNOWN, 500.0)}


def test_those_asked_for_often_let_the_others_pass(file: Path) -> None:
    with Ledger(file, api=HERE) as ledger:
        for number, one in enumerate(rows(4)):
            ledger.begin([one], run="R", now=float(number))
            ledger.record([Outcome(one.key, State.QUEUED, submission=f"A-{number}")], now=float(number))
        first = ledger.due(now=10.0, most=1)[0]
        for _ in range(6):
            assert ledger.due(now=10.0, most=1) == [ledger.find(first.key)]
            ledger.postpone([(first.key, 0.0)])
        assert ledger.due(now=10.0, most=1)[0].key.order_id == "O-2"
        ledger.postpone([(ledger.find(first.key).key, 99.0)])  # type: ignore[union-attr]
        assert len(ledger.due(now=10.0, most=9)) == 3


def hold(file: Path, taken: Any, go: Any) -> None:
    from mmpsync.impact.clock import Clock

    with only_one(file, Clock(), print):
        taken.set()
        go.wait(30)


def test_of_two_pushes_the_second_says_so_and_gives_up_and_a_death_lets_go(file: Path, clock: Any) -> None:
    context = multiprocessing.get_context("spawn")
    taken, go = context.Event(), context.Event()
    holder = context.Process(target=hold, args=(file, taken, go))
    holder.start()
    assert taken.wait(60)
    told: list[str] = []
    with (
        pytest.raises(LedgerError, match="another push uses this ledger"),
        only_one(file, clock, told.append),
    ):
        pass
    assert told == ["another push uses the ledger; waiting for it to end"]
    holder.kill()
    holder.join()
    with only_one(file, clock, told.append):
        pass


def test_a_ledger_by_another_name_is_the_same_ledger(tmp_path: Path, clock: Any) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "ledger.sqlite")
    with (
        only_one(tmp_path / "ledger.sqlite", clock, print),
        pytest.raises(LedgerError, match="another push uses this ledger"),
        only_one(tmp_path / "link", clock, print),
    ):
        pass


def test_each_program_and_each_rehearsal_has_a_ledger_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    places = {
        default_ledger("1000"),
        default_ledger("1001"),
        default_ledger("1000", "http://127.0.0.1:1"),
        default_ledger("1000", "https://other.example:444"),
    }
    assert len(places) == 4
    assert default_ledger("1000") == tmp_path / "mmpsync" / "program-1000.sqlite"
    assert default_ledger("1000", "http://127.0.0.1:1") == default_ledger("1000", "http://127.0.0.1:2")
    assert ledger_of(Config(), HERE) is None
    given = Config.model_validate({"push": {"ledger": "my.sqlite"}})
    assert ledger_of(given, HERE) == Path("my.sqlite")


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("choice", [Choice(), Choice(retry_rejected=True), Choice(resend_unknown=True)])
def test_only_what_is_certainly_not_at_impact_com_is_sent_unless_somebody_says_so(
    file: Path, state: State, choice: Choice
) -> None:
    (one,) = rows(1)
    with Ledger(file, api=HERE) as ledger:
        ledger.begin([one], run="R", now=1.0)
        ledger.record([Outcome(one.key, state)], now=2.0)
        entry: Entry | None = ledger.find(one.key)
    said_so = {State.REJECTED: choice.retry_rejected, State.UNKNOWN: choice.resend_unknown}
    is_sent = state is State.PLANNED or said_so.get(state, False)
    assert (decide(one, entry, choice) is Decision.SEND) == is_sent


def test_the_disk_being_full_is_told_before_anything_leaves(
    pushing: Any, book: Ledger, fake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mmpsync.push import ledger as module

    monkeypatch.setattr(
        module, "_BEGIN", "INSERT INTO no_such_table VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    )
    with pytest.raises(LedgerError, match="cannot be used"):
        pushing(plan_of(3))
    assert fake.seen == []
    assert list(book.entries(list(State))) == []
