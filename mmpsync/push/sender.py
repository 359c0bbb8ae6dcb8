"""Sending: each conversion is in the ledger before its request leaves, and its answer as soon as it has come.

One thread reads the plan and owns the ledger; others make the requests. What was written ahead and did not leave,
because the run stops, is written back as planned.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from queue import Empty, SimpleQueue
from threading import Thread

from mmpsync.errors import (
    CredentialsError,
    ImpactError,
    MmpsyncError,
    RefusedError,
    StoppedError,
    UnansweredError,
    UnreachableError,
)
from mmpsync.impact.client import ImpactClient
from mmpsync.impact.conversions import submit
from mmpsync.masking import brief, mask, mask_personal
from mmpsync.push.entries import Conversion, Outcome, State
from mmpsync.push.ledger import Ledger

__all__ = ["Breaker", "Sending", "Watch", "send"]

_WAVE = 8  # conversions written ahead at once, for each request that is made at once
_GATHERED = 64  # answers written at once, at most …
_GATHERING = 0.1  # … or after so many seconds
_LONGEST_NOTE = 200
_SHORTEST_VALUE = 4
# A wrong address, not a wrong conversion.
_WRONG_PLACE = frozenset({404, 405})


@dataclass
class Breaker:
    """Stops a run that can only do harm: refused credentials at once, or `most` failures in a row."""

    most: int = 20
    reason: str = ""
    _failures: int = field(default=0, repr=False)

    def count(self, error: Exception | None) -> None:
        """Count a failure, or begin anew after a success; what concerns every request alike opens it at once."""
        if error is None:
            self._failures = 0
            return
        if isinstance(error, StoppedError) or self.reason:
            return
        self._failures += 1
        if not isinstance(error, MmpsyncError):
            raise error
        if _concerns_all(error):
            self.reason = str(error)
        elif self._failures >= self.most:
            self.reason = f"{self._failures} failures in a row, the last: {error}"


def _concerns_all(error: Exception) -> bool:
    """Whether the next request would fare no better: the credentials or the address, not the conversion."""
    if isinstance(error, RefusedError):
        return error.status in _WRONG_PLACE
    return not isinstance(error, UnansweredError | UnreachableError)


@dataclass(frozen=True)
class Sending:
    """How conversions are sent: in the name of which run, how many at once, and when to give up."""

    run: str
    concurrency: int = 4
    breaker: Breaker = field(default_factory=Breaker)


@dataclass(frozen=True)
class _Result:
    outcome: Outcome
    error: Exception | None = None


Watch = Callable[[Sequence[Outcome]], None]
"""Hears what became of conversions, once it is written to the ledger."""


def send(
    rows: Iterator[Conversion], ledger: Ledger, client: ImpactClient, how: Sending, watch: Watch
) -> None:
    """Send conversions and write what became of each to the ledger.

    Ends early when the breaker opens, which has a `reason` then. Requests on their way are waited for, and written,
    also when an exception or an interrupt ends it; after an early end the client sends nothing more.
    """
    wave_size = _WAVE * how.concurrency
    workers = _Workers(client, how.concurrency)
    workers.start()

    def write(results: list[_Result]) -> None:
        ledger.record([result.outcome for result in results], now=client.clock.now())
        watch([result.outcome for result in results])
        for result in results:
            how.breaker.count(result.error)

    try:
        while wave := list(islice(rows, wave_size)):
            ledger.begin(wave, run=how.run, now=client.clock.now())
            workers.take(wave)
            while workers.waiting > wave_size and not how.breaker.reason:
                # A wave stays, so that no thread runs out of work meanwhile.
                write(workers.results(workers.waiting - wave_size))
            if how.breaker.reason:
                break
        while workers.waiting and not how.breaker.reason:
            write(workers.results(workers.waiting))
    finally:
        if workers.waiting:
            workers.stop()
            client.stop()
        if rest := workers.rest():
            write(rest)


class _Workers:
    """Threads that make requests, so many at once."""

    def __init__(self, client: ImpactClient, number: int) -> None:
        self._client = client
        self._asked: SimpleQueue[Conversion | None] = SimpleQueue()
        self._answered: SimpleQueue[_Result] = SimpleQueue()
        self._threads = [Thread(target=self._work, daemon=True) for _ in range(number)]
        self._come: list[_Result] = []  # kept here, so that an interrupt between two of them loses none
        self._stopped = False
        self.waiting = 0

    def start(self) -> None:
        """Have them work until they are asked for the rest."""
        for thread in self._threads:
            thread.start()

    def take(self, rows: Iterable[Conversion]) -> None:
        for row in rows:
            self.waiting += 1
            self._asked.put(row)

    def stop(self) -> None:
        """Let nothing leave any more that has not left yet."""
        self._stopped = True

    def results(self, most: int) -> list[_Result]:
        """What has come back: at least one, and what else comes within a moment."""
        self._come.append(self._answered.get())
        while len(self._come) < min(_GATHERED, most):
            try:
                self._come.append(self._answered.get(timeout=_GATHERING))
            except Empty:
                break
        return self._taken()

    def rest(self) -> list[_Result]:
        """What is still to come, once all threads have done their last."""
        for _ in self._threads:
            self._asked.put(None)
        for thread in self._threads:
            thread.join()
        while not self._answered.empty():
            self._come.append(self._answered.get())
        return self._taken()

    def _taken(self) -> list[_Result]:
        found, self._come = self._come, []
        self.waiting -= len(found)
        return found

    def _work(self) -> None:
        while (row := self._asked.get()) is not None:
            try:
                result = self._sent(row)
            except Exception as error:  # noqa: BLE001  a bug, which the thread that waits has to hear of
                result = _Result(Outcome(row.key, State.UNKNOWN, note=type(error).__name__), error)
            if result.error is not None and _concerns_all(result.error):
                self._stopped = True
            self._answered.put(result)

    def _sent(self, row: Conversion) -> _Result:
        if self._stopped:
            return _Result(Outcome(row.key, State.PLANNED, note="not sent: the run stopped"), StoppedError())
        try:
            number = submit(self._client, row.fields)
        except RefusedError as error:
            state = State.PLANNED if error.status in _WRONG_PLACE else State.REJECTED
            codes = (f"HTTP_{error.status}",)
            return _Result(
                Outcome(row.key, state, codes=codes, note=_note(row, "; ".join(error.problems))), error
            )
        except UnansweredError as error:
            return _Result(Outcome(row.key, State.UNKNOWN, note=_note(row, str(error))), error)
        except (CredentialsError, ImpactError) as error:
            return _Result(Outcome(row.key, State.PLANNED, note=_note(row, str(error))), error)
        return _Result(Outcome(row.key, State.QUEUED, submission=number))


def _note(row: Conversion, text: str) -> str:
    """What was said, without what it may repeat of the conversion: the ledger holds no personal data."""
    known = (row.key.order_id, row.click_id)
    for value in row.fields.values():
        if len(value) >= _SHORTEST_VALUE and value not in known:
            text = text.replace(value, mask(value))
    return brief(mask_personal(text), _LONGEST_NOTE)
