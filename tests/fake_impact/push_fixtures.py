"""Fixtures for all tests: a push against the fake impact.com, with a clock that jumps: nothing waits."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from fake_impact import FakeImpact
from fake_impact.fixtures import JumpingClock, MakeClient
from mmpsync.impact.exchange import Timeouts
from mmpsync.push.decisions import Choice
from mmpsync.push.entries import Entry, State
from mmpsync.push.ledger import Ledger
from mmpsync.push.session import Push, Pushed, Settings, take_over


class Pushing(Protocol):
    def __call__(self, plan: Any, /, **options: Any) -> Pushed: ...


@pytest.fixture
def book(tmp_path: Path, fake: FakeImpact) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.sqlite", api=fake.url) as ledger:
        yield ledger


@pytest.fixture
def pushing(book: Ledger, fake: FakeImpact, clock: JumpingClock, make_client: MakeClient) -> Pushing:
    """One `push --send` after another, as processes of their own would do it."""

    def push(
        plan: Any,
        /,
        *,
        settings: dict[str, Any] | None = None,
        timeouts: Timeouts | None = None,
        **choice: Any,
    ) -> Pushed:
        clock.go_on()
        take_over(book, now=clock.now())
        with make_client(**({} if timeouts is None else {"timeouts": timeouts})) as client:
            push = Push(
                book, client, Settings(**{"run": "R1", "wait": 3600} | (settings or {})), lambda *_: None
            )
            push.settle()
            return push.send(plan, Choice(**choice))

    assert isinstance(fake, FakeImpact)
    return push


@pytest.fixture
def states(book: Ledger) -> Any:
    """The state of every order in the ledger."""
    return lambda: {entry.key.order_id: entry.state for entry in book.entries(list(State))}


@pytest.fixture
def only_entry(book: Ledger) -> Any:
    def entry() -> Entry:
        (found,) = book.entries(list(State))
        return found

    return entry
