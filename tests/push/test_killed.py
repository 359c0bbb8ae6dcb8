"""Exactly once, whatever happens: killed at any instant, with every request failing in some way, or both.

The normal suite has a short run; `make test-push` (MMPSYNC_PUSH_TESTS=full) the one that the promise is made of.
"""

import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from fake_impact import SID, TOKEN, FakeImpact
from fake_impact.fixtures import MakeClient
from fake_impact.plans import plan_of, row

from mmpsync.impact.exchange import Timeouts
from mmpsync.push.decisions import Choice
from mmpsync.push.entries import State
from mmpsync.push.ledger import Ledger
from mmpsync.push.session import Push, Settings

IS_FULL = os.environ.get("MMPSYNC_PUSH_TESTS") == "full"
ROWS, KILLS = (2000, 50) if IS_FULL else (200, 5)
FAILING = 2000 if IS_FULL else 200
TOO_MANY_RUNS = 20
PROGRAM = Path(__file__).with_name("one_push.py")


def start(fake: FakeImpact, ledger: Path, rows: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, str(PROGRAM), fake.url, str(ledger), str(rows)],
        env={**os.environ, "IMPACT_ACCOUNT_SID": SID, "IMPACT_AUTH_TOKEN": TOKEN},
    )


def kill_after(process: subprocess.Popen[bytes], fake: FakeImpact, requests: int, delay: float) -> bool:
    """SIGKILL a while after so many requests; False when the process had ended by then."""
    come = threading.Event()
    left = iter(range(requests, -1, -1))
    fake.before = lambda _: come.set() if next(left, 0) == 0 else None
    while process.poll() is None and not come.wait(0.02):
        pass
    threading.Event().wait(delay)
    process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def assert_agrees(fake: FakeImpact, ledger: Path, rows: int) -> None:
    """The fake has every conversion once, and the ledger says the same of each, down to its submission."""
    wanted = {row(number)["order_id"] for number in range(1, rows + 1)}
    taken = Counter(submission.form["OrderId"] for submission in fake.state.submissions.values())
    assert taken == dict.fromkeys(wanted, 1)
    assert Counter(action["Oid"] for action in fake.state.actions) == dict.fromkeys(wanted, 1)
    by_order = {submission.form["OrderId"]: number for number, submission in fake.state.submissions.items()}
    with Ledger(ledger, api=fake.url) as book:
        entries = list(book.entries(list(State)))
    assert {entry.key.order_id: entry.submission for entry in entries} == by_order
    assert {entry.state for entry in entries} == {State.CONFIRMED}
    assert fake.state.problems == []


def test_killed_at_any_instant_each_conversion_arrives_once(tmp_path: Path) -> None:
    chance = random.Random(20260320)
    ledger = tmp_path / "ledger.sqlite"
    killed = 0
    with FakeImpact() as fake:
        fake.state.oid_window = False  # a conversion sent twice is paid twice
        fake.state.reads_to_complete = 0
        while killed < KILLS:
            process = start(fake, ledger, ROWS)
            killed += kill_after(process, fake, chance.randrange(2 * ROWS // KILLS), chance.random() * 0.02)
        fake.before = lambda _: None
        runs = [start(fake, ledger, ROWS).wait() for _ in range(2)]
        assert runs == [0, 0]
        assert_agrees(fake, ledger, ROWS)


def test_with_every_fifth_request_failing_in_every_way_each_conversion_arrives_once(
    tmp_path: Path, make_client: MakeClient, fake: FakeImpact
) -> None:
    file = tmp_path / "ledger.sqlite"
    fake.state.oid_window = False
    fake.state.page_size = 100  # so that a page takes no longer than the client waits here
    fake.script.share = 0.2
    client = make_client(timeouts=Timeouts(connect=5, read=1))
    with Ledger(file, api=fake.url) as ledger:
        push = Push(ledger, client, Settings(run="chaos", wait=86_400), lambda *_: None)
        pushed = push.send(plan_of(FAILING), Choice())
        totals = ledger.totals()
    assert len(set(fake.script.done)) == len(fake.script.kinds)
    assert (pushed.sent, pushed.stopped) == (FAILING, "")
    assert pushed.is_complete
    assert_agrees(fake, file, FAILING)
    paid: Counter[str] = Counter()
    for action in fake.state.actions:
        paid[action["Currency"]] += Decimal(action["Amount"])
    assert pushed.money == {State.CONFIRMED: paid}
    assert {total.currency: total.money for total in totals} == paid


@pytest.mark.skipif(not IS_FULL, reason="long; make test-push runs it")
def test_killed_while_every_fifth_request_fails_each_conversion_arrives_once(tmp_path: Path) -> None:
    chance = random.Random(7)
    ledger = tmp_path / "ledger.sqlite"
    killed = 0
    with FakeImpact(wait=0) as fake:
        fake.state.oid_window = False
        fake.state.reads_to_complete = 0
        fake.script.share = 0.2
        while killed < KILLS // 2:
            process = start(fake, ledger, FAILING)
            killed += kill_after(process, fake, chance.randrange(160), chance.random() * 0.02)
        fake.before = lambda _: None
        runs = 0
        while start(fake, ledger, FAILING).wait() != 0:
            runs += 1
            assert runs < TOO_MANY_RUNS
        assert_agrees(fake, ledger, FAILING)
