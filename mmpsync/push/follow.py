"""Following submissions to their end: asked for again and again, at growing intervals, until there is an answer."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from mmpsync.errors import RateLimitError, RefusedError
from mmpsync.impact.client import ImpactClient
from mmpsync.impact.submissions import read_submission
from mmpsync.push.entries import DELIVERED, Entry, Outcome, State
from mmpsync.push.ledger import Ledger
from mmpsync.push.sender import Watch

__all__ = ["LEAST_PATIENCE", "Following", "follow"]

LEAST_PATIENCE = 60.0
"""Seconds for which a limit of the server's is waited for, however little time is left."""
_FIRST, _LONGEST = 2.0, 300.0  # seconds between two looks at a submission, doubled each time
_AT_ONCE = 8  # looks for each request that is made at once
_NOT_FOUND = 404
_SOON = 3600.0  # a submission that impact.com does not know yet may still come
_LOST = "impact.com does not know its submission any more; look it up there, then --resend-unknown"


@dataclass(frozen=True)
class Following:
    """How long, until an epoch, and how many requests at once."""

    until: float
    concurrency: int = 4


def follow(ledger: Ledger, client: ImpactClient, how: Following, watch: Watch) -> None:
    """Ask for queued submissions until none is left, or the time is over; at least once for those that are due.

    impact.com works in the order of submission, so while none of the oldest is complete the others are not asked
    for either, unless the oldest have been asked for often. Raises ImpactError, CredentialsError.
    """
    with ThreadPoolExecutor(how.concurrency) as pool:
        try:
            while True:
                now = client.clock.now()
                client.be_patient(max(LEAST_PATIENCE, how.until - now))
                entries = ledger.due(now=now, most=_AT_ONCE * how.concurrency)
                outcomes = list(pool.map(lambda entry: _asked(client, entry), entries))
                done, next_look = _write(ledger, entries, outcomes, client.clock.now())
                watch(done)
                if done:
                    continue
                if not entries:
                    next_look = ledger.next_poll()
                if next_look is None or next_look > how.until:
                    return
                if not client.clock.sleep(next_look - client.clock.now()):
                    return
        except RateLimitError:
            return  # the limit outlasts the time that there is
        except BaseException:
            client.stop()  # or threads that wait for a limit would hold this one up
            raise


def _asked(client: ImpactClient, entry: Entry) -> Outcome | None:
    """What a submission says, or None while it is not complete."""
    try:
        found = read_submission(client, entry.submission)
    except RefusedError as error:
        if error.status != _NOT_FOUND:
            raise
        is_gone = client.clock.now() - entry.sent_at > _SOON
        return Outcome(entry.key, State.UNKNOWN, note=_LOST) if is_gone else None
    if not found.is_done:
        return None
    state = State.CONFIRMED if found.is_success or DELIVERED in found.codes else State.REJECTED
    return Outcome(entry.key, state, codes=found.codes)


def _write(
    ledger: Ledger, entries: Sequence[Entry], outcomes: Iterable[Outcome | None], now: float
) -> tuple[list[Outcome], float | None]:
    """Write what is done, and when to ask for the rest; returns the former, and the earliest of the latter."""
    pairs = list(zip(entries, outcomes, strict=True))
    done = [outcome for _, outcome in pairs if outcome is not None]
    waits = [
        (entry.key, now + min(_FIRST * 2.0**entry.polls, _LONGEST)) for entry, found in pairs if found is None
    ]
    ledger.record(done, now=now)
    ledger.postpone(waits)
    return done, min((after for _, after in waits), default=None)
