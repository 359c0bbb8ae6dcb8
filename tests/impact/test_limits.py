"""How long an answer says to wait, in each of the ways in which impact.com may say it."""

from email.utils import formatdate

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmpsync.impact.limits import Pace, wait_told

NOW = 1_774_000_000.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"X-RateLimit-Reset": "120"}, 120),
        ({"X-RateLimit-Reset": f"{NOW + 120:.0f}"}, 120),
        ({"x-ratelimit-reset": f"{(NOW + 120) * 1000:.0f}"}, 120),  # in milliseconds
        ({"X-RateLimit-Reset": f"{NOW - 5:.0f}"}, 0),
        ({"RateLimit-Reset": "7"}, 7),
        ({"X-RateLimit-Reset-Hour": "7"}, 7),
        ({"Retry-After": "30"}, 30),
        ({"Retry-After": formatdate(NOW + 60, usegmt=True)}, 60),
        ({"Retry-After": "30", "X-RateLimit-Reset": "90"}, 90),  # the longer one obeys both
        ({}, None),
        ({"Retry-After": "soon"}, None),
        ({"X-RateLimit-Reset": "nan"}, None),
        ({"X-RateLimit-Reset": "-5"}, None),
        ({"X-RateLimit-Reset": "inf"}, None),
    ],
)
def test_429_says_when_to_come_again(headers: dict[str, str], seconds: float | None) -> None:
    told = wait_told(429, httpx.Headers(headers), NOW)
    assert told == (None if seconds is None else pytest.approx(seconds, abs=0.01))


@pytest.mark.parametrize("name", ["X-RateLimit-Remaining", "X-RateLimit-Remaining-hour"])
def test_a_limit_used_up_counts_on_a_success_too(name: str) -> None:
    assert wait_told(200, httpx.Headers({name: "0", "X-RateLimit-Reset": "9"}), NOW) == 9
    assert wait_told(200, httpx.Headers({name: "1", "X-RateLimit-Reset": "9"}), NOW) is None


def test_a_success_that_speaks_of_no_limit_says_nothing() -> None:
    assert wait_told(200, httpx.Headers({"Retry-After": "9"}), NOW) is None


@given(
    requests=st.integers(1, 6),
    gaps=st.lists(st.floats(0, 20, allow_subnormal=False).map(lambda gap: round(gap, 3)), max_size=40),
)
def test_no_span_of_time_sees_more_than_the_cap_and_nobody_waits_longer_than_that_takes(
    requests: int, gaps: list[float]
) -> None:
    pace, now, slots = Pace(requests, 10), NOW, list[float]()
    for gap in gaps:
        now += gap
        slots.append(pace.slot(now))
        earlier = slots[-1 - requests] if len(slots) > requests else None
        assert slots[-1] == (now if earlier is None else max(now, earlier + 10))
    assert slots == sorted(slots)
