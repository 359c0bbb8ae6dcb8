"""impact.com's rate limits, read from its answers and obeyed by every thread of a client.

The headers vary: X-RateLimit-Limit/-Remaining/-Reset in the brand's pages, the same with `-hour` and
`RateLimit-Reset` in the partner's, `Retry-After` beside a 429. Reset is described as seconds to wait and shown as
an epoch, so both are understood (impact.com, reference/rate-limits).
"""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

from mmpsync.errors import RateLimitError, StoppedError
from mmpsync.impact.clock import Clock

__all__ = ["Gate", "Pace", "Told", "wait_told"]

TOO_MANY = 429
_REMAINING = ("x-ratelimit-remaining", "x-ratelimit-remaining-hour", "ratelimit-remaining")
_RESET = ("x-ratelimit-reset", "x-ratelimit-reset-hour", "ratelimit-reset")
_RETRY_AFTER = "retry-after"
_EPOCH = 1e9  # nobody is told to wait for 30 years, so a larger number is a point in time …
_MILLISECONDS = 1e11  # … and one larger than this counts them
_WORTH_TELLING = 5.0  # seconds

Told = Callable[[str, float], None]
"""Hears of a wait: whose limit is used up, and the epoch at which it ends."""


def wait_told(status: int, headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that an answer says to wait before the next request; None when it says nothing of the kind.

    A limit that is used up counts on every answer, not only on 429. `headers` ignore case, `now` is an epoch.
    """
    exhausted = any(_number(headers.get(name)) == 0 for name in _REMAINING)
    if status != TOO_MANY and not exhausted:
        return None
    waits = [_until(_number(headers.get(name)), now) for name in _RESET]
    if status == TOO_MANY:
        waits.append(_retry_after(headers.get(_RETRY_AFTER), now))
    told = [wait for wait in waits if wait is not None]
    return max(told) if told else None


def _until(value: float | None, now: float) -> float | None:
    if value is None or value < 0:
        return None
    if value < _EPOCH:
        return value
    return max(0.0, (value / 1000 if value > _MILLISECONDS else value) - now)


def _retry_after(text: str | None, now: float) -> float | None:
    if text is None:
        return None
    if (seconds := _number(text)) is not None:
        return _until(seconds, now)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except ValueError:
        return None


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None  # also false for "nan"


class Pace:
    """An own cap: at most so many requests in any span of so many seconds, and no wait before they are used up."""

    def __init__(self, requests: int, seconds: float) -> None:
        self._seconds = seconds
        self._slots: deque[float] = deque(maxlen=requests)

    def slot(self, now: float) -> float:
        """The epoch at which the next request may leave, which counts from then on."""
        is_full = len(self._slots) == self._slots.maxlen
        slot = max(now, self._slots[0] + self._seconds) if is_full else now
        self._slots.append(slot)
        return slot


class Gate:
    """What every request passes first: it holds all threads while a limit says so, and keeps to our own pace.

    `patience` is the longest wait in seconds for impact.com's limits that is sat out, RateLimitError being raised
    beyond it. `told` hears of every wait as it begins: whose limit is used up, and the epoch of its end.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        pace: Pace | None = None,
        patience: float,
        told: Told = lambda *_: None,
    ) -> None:
        self.patience = patience
        self._clock, self._told, self._pace = clock, told, pace
        self._lock = threading.Lock()
        self._closed_until = self._held_until = self._told_until = 0.0

    def close(self, seconds: float) -> None:
        """Let nobody through for so long; a shorter time never cuts a longer one."""
        until = self._clock.now() + seconds
        with self._lock:
            self._closed_until = max(until, self._closed_until)

    def pass_through(self) -> None:
        """Wait until a request may leave; raises RateLimitError or StoppedError instead of waiting in vain."""
        self._keep_pace()
        while (wait := self._closed_until - self._clock.now()) > 0:
            if wait > self.patience:
                raise RateLimitError(self._closed_until)
            self._tell_of(wait)
            self._pause(wait)
        if self._clock.stopped:
            raise StoppedError

    def _tell_of(self, wait: float) -> None:
        until = self._clock.now() + wait
        with self._lock:
            # Answers to requests that were made at once say much the same.
            if wait <= _WORTH_TELLING or until <= self._told_until + _WORTH_TELLING:
                return
            self._told_until = until
        self._told("impact.com's rate limit", until)

    def _keep_pace(self) -> None:
        if self._pace is None:
            return
        now = self._clock.now()
        with self._lock:
            slot = self._pace.slot(now)
            # The slots behind the first that is waited for follow it closely: they are one wait.
            is_new = now >= self._held_until and slot - now > _WORTH_TELLING
            self._held_until = max(slot, self._held_until)
        if is_new:
            self._told("the cap of your own, push.rate,", slot)
        if slot > now:
            self._pause(slot - now)

    def _pause(self, seconds: float) -> None:
        if not self._clock.sleep(seconds):
            raise StoppedError
