"""A whole push: settle what is unknown, send what is due, follow it to its end, and say what came of it."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from mmpsync.errors import CredentialsError, ImpactError
from mmpsync.impact.client import PATIENCE, ImpactClient
from mmpsync.push.decisions import Choice, Decision, PlanBatches, chosen, conversions
from mmpsync.push.entries import FINE, TROUBLED, Conversion, Entry, State, Trouble
from mmpsync.push.follow import LEAST_PATIENCE, Following, follow
from mmpsync.push.ledger import Ledger
from mmpsync.push.readback import SETTLING, settle_unknown, settles_at
from mmpsync.push.sender import Breaker, Sending, send

__all__ = ["ORPHANED", "Preview", "Push", "Pushed", "Settings", "preview", "take_over"]

ORPHANED = "the run that sent it ended before the answer came"
_NOT_THERE = (State.PLANNED, State.REJECTED)

Progress = Callable[[str, int], None]
"""Hears the name of a stage and how many conversions it has dealt with since the last time."""


@dataclass(frozen=True)
class Settings:
    """How a push goes about it: `run` names it in the ledger, `wait` and `settling` are in seconds."""

    run: str
    concurrency: int = 4
    wait: float = 900.0
    settling: float = SETTLING
    failures: int = 20


@dataclass
class Preview:
    """What a push would do: rows by decision, money to send by currency, and what has changed since it was sent."""

    rows: Counter[Decision] = field(default_factory=Counter)
    money: dict[str, Decimal] = field(default_factory=dict)
    changed: int = 0

    def add(self, row: Conversion, entry: Entry | None, decision: Decision) -> None:
        """Count one conversion."""
        self.rows[decision] += 1
        if decision is Decision.SEND and row.amount is not None and row.currency:
            self.money[row.currency] = self.money.get(row.currency, Decimal(0)) + row.amount
        if decision not in (Decision.SEND, Decision.SKIPPED):
            self.changed += _is_changed(row, entry)


@dataclass
class Pushed:
    """What came of a push: the conversions meant, by their state in the ledger, with their money by currency.

    `sent` is how many left in this push, `changed` how many are at impact.com with other details than the plan's,
    `stopped` why it ended early, if it did. `troubles` are by their causes and currency.
    """

    sent: int = 0
    states: Counter[State] = field(default_factory=Counter)
    money: dict[State, dict[str, Decimal]] = field(default_factory=dict)
    troubles: dict[tuple[State, tuple[str, ...], str, str], Trouble] = field(default_factory=dict)
    changed: int = 0
    stopped: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether everything that was meant is confirmed, or went into a file."""
        return not self.stopped and set(self.states) <= FINE

    def add(self, row: Conversion, entry: Entry | None) -> None:
        """Count one conversion."""
        state = State.PLANNED if entry is None else entry.state
        self.states[state] += 1
        if row.amount is not None and row.currency:
            money = self.money.setdefault(state, {})
            money[row.currency] = money.get(row.currency, Decimal(0)) + row.amount
        self.changed += _is_changed(row, entry)
        if entry is not None and state in TROUBLED:
            cause = (state, entry.codes, "" if entry.codes else entry.note, row.currency)
            known = self.troubles.get(cause) or Trouble(state, entry.codes, entry.note, row.currency)
            self.troubles[cause] = known.and_one(row.amount or Decimal(0))


def _is_changed(row: Conversion, entry: Entry | None) -> bool:
    """Whether impact.com has, or may have, the conversion with other details."""
    return entry is not None and entry.state not in _NOT_THERE and entry.digest != row.digest


def take_over(ledger: Ledger, *, now: float) -> int:
    """Make `unknown` of what a push that died left behind; returns how many. Needs the ledger's lock."""
    return ledger.give_up_orphans(note=ORPHANED, now=now)


def preview(plan: PlanBatches, ledger: Ledger | None, choice: Choice) -> Preview:
    """Count what a push would do; without a ledger, nothing has been sent yet. Reads the whole plan once."""
    found = Preview()
    for row, entry, decision in chosen(plan, ledger.find if ledger else lambda _: None, choice):
        found.add(row, entry, decision)
    return found


@dataclass
class Push:
    """A push under way: what it has to do with, for as long as it holds the ledger's lock."""

    ledger: Ledger
    client: ImpactClient
    settings: Settings
    progress: Progress
    _settled_at: float = field(default=0.0, init=False)

    def send(self, plan: PlanBatches, choice: Choice) -> Pushed:
        """Send what the plan holds and impact.com has not, and follow it; `settle` comes before.

        What turns out not to have been taken is sent again, as long as `wait` allows. An error of impact.com's ends
        it early and is told in the result; whatever was sent stands in the ledger. Raises LedgerError.
        """
        breaker = Breaker(self.settings.failures)
        pushed = Pushed()
        began = self.client.clock.now()
        try:
            self._send_and_follow(plan, choice, breaker, began)
        except (ImpactError, CredentialsError) as error:
            pushed.stopped = str(error)
        pushed.stopped = breaker.reason or pushed.stopped
        pushed.sent = self.ledger.sent_since(began)
        for row in conversions(plan):
            if row.skipped:
                continue
            entry = self.ledger.find(row.key)
            is_new = entry is None or (entry.state is State.PLANNED and entry.sent_at < began)
            if choice.limit is None or not is_new:
                pushed.add(row, entry)
        return pushed

    def settle(self) -> bool:
        """Look up at impact.com what is unknown and old enough. Raises ImpactError, CredentialsError.

        Returns whether some are not there, so that they can be sent again.
        """
        self._settled_at = self.client.clock.now()
        outcomes = settle_unknown(self.ledger, self.client, settling=self.settings.settling)
        return any(outcome.state is State.PLANNED for outcome in outcomes)

    def follow(self) -> None:
        """Follow everything queued, and settle what is unknown as soon as that can be told, for as long as `wait`.

        Raises ImpactError, CredentialsError.
        """
        until = self.client.clock.now() + self.settings.wait
        while self._follow(until):
            pass

    def _follow(self, until: float) -> bool:
        """Likewise until an epoch, or until some turn out not to be at impact.com; returns whether that is so."""
        clock = self.client.clock
        while True:
            times = (
                settles_at(entry, self.settings.settling) for entry in self.ledger.entries([State.UNKNOWN])
            )
            # What was old enough the last time and is unknown still is for a person to look at.
            settling = min((time for time in times if time > self._settled_at), default=None)
            following = Following(
                until if settling is None else min(until, settling), self.settings.concurrency
            )
            follow(self.ledger, self.client, following, lambda done: self.progress("following", len(done)))
            if settling is None or settling > until or not clock.sleep(settling - clock.now()):
                return False
            self.client.be_patient(max(LEAST_PATIENCE, until - clock.now()))
            if self.settle():
                return True

    def _send_and_follow(self, plan: PlanBatches, choice: Choice, breaker: Breaker, began: float) -> None:
        sending = Sending(self.settings.run, self.settings.concurrency, breaker)
        most, until = choice.limit, None
        while True:
            self.client.be_patient(PATIENCE)
            rows = _to_send(plan, self.ledger, choice)
            send(rows, self.ledger, self.client, sending, lambda done: self.progress("sending", len(done)))
            if breaker.reason:
                return
            until = until or self.client.clock.now() + self.settings.wait
            if not self._follow(until):
                return
            # Once more, and not what was refused in this very push.
            choice = Choice(limit=None if most is None else max(0, most - self.ledger.sent_since(began)))


def _to_send(plan: PlanBatches, ledger: Ledger, choice: Choice) -> Iterator[Conversion]:
    return (row for row, _, decision in chosen(plan, ledger.find, choice) if decision is Decision.SEND)
