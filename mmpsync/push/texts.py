"""What a push and the ledger say to people: states, money, causes with advice, and what to type next."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from rich.console import RenderableType
from rich.text import Text

from mmpsync.figures import counted, moneys, number
from mmpsync.masking import harmless
from mmpsync.push.advice import advice, reason_of
from mmpsync.push.decisions import Decision
from mmpsync.push.entries import State, Total, Trouble
from mmpsync.push.session import Preview, Pushed
from mmpsync.report.destinations import screen
from mmpsync.report.text_style import (
    FAINT,
    HEADING,
    bullets,
    columns,
    indented,
    laid_out,
    path,
    prose,
    section,
)
from mmpsync.summaries import Money

__all__ = ["ledger_text", "preview_text", "pushed_text", "question", "show", "to_send"]

_STATES: Mapping[State, tuple[str, str]] = {
    State.CONFIRMED: ("confirmed", "green"),
    State.QUEUED: ("queued, not complete yet", "cyan"),
    State.SENDING: ("on their way", "cyan"),
    State.UNKNOWN: ("unknown, no answer came", "yellow"),
    State.REJECTED: ("rejected", "red"),
    State.PLANNED: ("not sent", "yellow"),
    State.EXPORTED: ("exported to a file", "cyan"),
}
_NEXT: Mapping[State, str] = {
    State.PLANNED: "not sent: mmpsync push RUN --send",
    State.QUEUED: "queued: impact.com needs more time; to ask again: mmpsync push --follow",
    State.UNKNOWN: "unknown: the next push looks at impact.com's records first, and sends only what it does not have",
    State.REJECTED: "rejected: after the cause is mended: mmpsync push RUN --send --retry-rejected",
}
_ALL_CURRENCIES = 99


def show(sections: Iterable[RenderableType]) -> None:
    """Print to stdout, as wide as it is."""
    sys.stdout.write(laid_out(sections, screen()))


def question(preview: Preview, where: str) -> str:
    """What is asked before anything is sent."""
    return f"Send {to_send(preview)} to {where}?"


def to_send(preview: Preview) -> str:
    """How many conversions, and how much money."""
    rows = counted(preview.rows[Decision.SEND], "conversion")
    money = _moneys(preview.money)
    return f"{rows}, {' and '.join(money)}" if money else rows


def preview_text(preview: Preview, ledger: Path | None) -> Iterator[RenderableType]:
    """What a push would do with the rows of the plan, as far as the ledger knows."""
    table = columns("left", "right", "left")
    for decision in Decision:
        if rows := preview.rows[decision]:
            money = _moneys(preview.money) if decision is Decision.SEND else []
            table.add_row(decision.value, number(rows), " and ".join(money))
    yield section("What a push would do", table)
    yield from _changed(preview.changed)
    if ledger is not None:
        known = "" if ledger.exists() else ", not there yet: nothing was pushed with it"
        yield path(f"ledger: {ledger}{known}", FAINT)


def pushed_text(pushed: Pushed, ledger: Path) -> Iterator[RenderableType]:
    """What came of a push."""
    rows = sum(pushed.states.values())
    confirmed = pushed.states[State.CONFIRMED]
    style = "green" if pushed.is_complete else "red"
    outcome = (
        f"{number(confirmed)} of {counted(rows, 'conversion')} confirmed, {number(pushed.sent)} sent now"
    )
    yield Text(outcome, f"{HEADING} {style}")
    if pushed.stopped:
        yield prose(f"Stopped early: {harmless(pushed.stopped)}", "red")
    yield _states({state: (count, pushed.money.get(state, {})) for state, count in pushed.states.items()})
    yield from _changed(pushed.changed)
    yield from _troubles([trouble for _, trouble in sorted(pushed.troubles.items())])
    yield from _next(pushed.states)
    yield path(f"ledger: {ledger}", FAINT)


def ledger_text(
    totals: Sequence[Total], troubles: Sequence[Trouble], ledger: Path, api: str
) -> Iterator[RenderableType]:
    """What the ledger knows; without totals only what is not at impact.com."""
    if totals:
        found: dict[State, tuple[int, dict[str, Decimal]]] = {}
        for total in totals:
            rows, money = found.get(total.state, (0, {}))
            found[total.state] = rows + total.rows, {**money, total.currency: total.money}
        yield section(f"Pushed to {api}", _states(found))
    yield from _troubles(troubles)
    states = {total.state for total in totals} | {trouble.state for trouble in troubles}
    yield from _next(states)
    if not states:
        yield Text("Nothing is rejected, unknown or unsent.")
    yield path(f"ledger: {ledger}", FAINT)


def _states(found: Mapping[State, tuple[int, Mapping[str, Decimal]]]) -> RenderableType:
    table = columns("left", "right", "left")
    for state, (words, style) in _STATES.items():
        if state in found:
            rows, money = found[state]
            table.add_row(Text(words, style), number(rows), " and ".join(_moneys(money)))
    return table


def _troubles(troubles: Iterable[Trouble]) -> Iterator[RenderableType]:
    """A paragraph for each cause: what, how much, and what to do."""
    lines: list[RenderableType] = []
    for (state, codes), group in groupby(troubles, key=lambda trouble: (trouble.state, trouble.codes)):
        found = list(group)
        rows = counted(sum(trouble.rows for trouble in found), "conversion")
        money: dict[str, Decimal] = {}
        for trouble in found:
            money[trouble.currency] = money.get(trouble.currency, Decimal(0)) + trouble.money
        what = ", ".join(_code(code) for code in codes) or _STATES[state][0]
        lines.append(Text(harmless(f"{what}: {', '.join([rows, *_moneys(money)])}")))
        notes = sorted({trouble.note for trouble in found if trouble.note})
        lines.extend(indented(prose(harmless(note), FAINT)) for note in notes[:3])
        lines.extend(indented(prose(advice(code))) for code in codes)
    if lines:
        yield section("Not at impact.com, or not for certain", *lines)


def _code(code: str) -> str:
    reason = reason_of(code)
    return f"{code} ({reason})" if reason else code


def _changed(rows: int) -> Iterator[RenderableType]:
    if rows:
        yield prose(
            f"{counted(rows, 'conversion')} changed since sent: impact.com has other details than the exports, and they"
            " are not sent again. Correct them at impact.com, as modifications of the action.",
            "yellow",
        )


def _next(states: Iterable[State]) -> Iterator[RenderableType]:
    present = set(states)
    steps = [Text(step) for state, step in _NEXT.items() if state in present]
    if steps:
        yield section("Next", bullets(steps))


def _moneys(money: Mapping[str, Decimal]) -> list[str]:
    values = [Money(currency=currency or None, amount=amount) for currency, amount in sorted(money.items())]
    return moneys(values, _ALL_CURRENCIES)
