"""Fixtures for all tests: a client of the fake impact.com that never waits: its clock jumps where a real one would sleep."""

import random
from collections.abc import Iterator
from typing import Any, Protocol

import pytest

from fake_impact import SID, TOKEN, FakeImpact
from mmpsync.impact.client import ImpactClient
from mmpsync.impact.clock import Clock
from mmpsync.impact.credentials import Credentials
from mmpsync.impact.exchange import Timeouts

CREDENTIALS = Credentials(SID, TOKEN)


class JumpingClock(Clock):
    """Sleeping takes no time and moves the time on; `slept` says how long, each time."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []
        self._ahead = 0.0

    def go_on(self) -> None:
        """Be the clock of another process, which nobody has stopped."""
        self._stopped.clear()

    def now(self) -> float:
        return super().now() + self._ahead

    def sleep(self, seconds: float) -> bool:
        self.slept.append(seconds)
        self._ahead += seconds
        return not self.stopped


HASTY = Timeouts(connect=10, read=0.2)
"""For requests that hang."""


class MakeClient(Protocol):
    def __call__(self, **options: Any) -> ImpactClient: ...


@pytest.fixture
def fake() -> Iterator[FakeImpact]:
    with FakeImpact() as impact:
        yield impact
    assert impact.state.problems == []


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock()


@pytest.fixture
def make_client(fake: FakeImpact, clock: JumpingClock) -> Iterator[MakeClient]:
    made: list[ImpactClient] = []

    def make(**options: Any) -> ImpactClient:
        settings = {
            "api_url": fake.url,
            "clock": clock,
            "chance": random.Random(1),
            "timeouts": Timeouts(connect=10, read=5),
        }
        made.append(ImpactClient(options.pop("credentials", CREDENTIALS), **(settings | options)))
        return made[-1]

    yield make
    for client in made:
        client.__exit__()


@pytest.fixture
def client(make_client: MakeClient) -> ImpactClient:
    return make_client()
