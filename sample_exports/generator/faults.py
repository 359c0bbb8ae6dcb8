"""The faults that can be planted: each makes rows whose primary reason is known by construction.

A fault takes the world, the event and the number of the case, and returns rows. A row without a reason gets
the one it is planted for; the others (the first copy of a duplicate, say) bring their own along.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from generator.model import Row
from generator.world import AS_OF, World

Fault = Callable[[World, str, int], tuple[Row, ...]]

_ENCODED_SIGN = ":"
_MOST_PEOPLE = 200
_OTHERS_IDS = (
    "EAIaIQobChMIx7_invented_9QIVkZ1oCR0aAQ",
    "IwAR0inventedFbclid5mZq3TtYb8",
    "E.C.P.invented-ttclid-77aQ",
)


def each(field: str, *values: Any) -> Fault:
    """Set one field to each of the values in turn."""
    return lambda world, event, n: (replace(world.row(event), **{field: values[n % len(values)]}),)


def every(**fields: Any) -> Fault:
    """Set several fields."""
    return lambda world, event, _: (replace(world.row(event), **fields),)


def such_that(is_wanted: Callable[[Row], bool], fault: Fault) -> Fault:
    """Take the first people with whom all rows are as wanted; the clicks of those before are forgotten."""

    def wanted(world: World, event: str, n: int) -> tuple[Row, ...]:
        for _ in range(_MOST_PEOPLE):
            clicks = len(world.clicks)
            rows = fault(world, event, n)
            if all(map(is_wanted, rows)):
                return rows
            del world.clicks[clicks:]
        raise AssertionError(f"no {event} is as wanted")

    return wanted


def altered(*changes: Callable[[str], str]) -> Fault:
    """Send the ClickId through each of the changes in turn."""

    def fault(world: World, event: str, n: int) -> tuple[Row, ...]:
        row = world.row(event)
        return (replace(row, click_id=changes[n % len(changes)](row.click.id)),)

    return fault


def journey(world: World, _: str, n: int) -> tuple[Row, ...]:
    """Install, register and buy twice, all by one click; every third person clicked twice."""
    install = world.row("install", world.moment(half=0))
    if n % 3 == 0:
        world.record(install.click, install.click.time - timedelta(minutes=11))
    later = sorted(world.moment(half=1) for _ in range(3))
    events = zip(("signup", "purchase", "purchase"), later, strict=True)
    return install, *(world.another(event, at, install.click) for event, at in events)


def click_twice(world: World, event: str, _: int) -> tuple[Row, ...]:
    """Click with one id before and after the event: the latest one before it counts."""
    row = world.row(event)
    world.record(row.click, row.click.time - timedelta(minutes=17))
    world.record(row.click, row.time + timedelta(hours=5))
    return (row,)


def click_within_tolerance(world: World, event: str, _: int) -> tuple[Row, ...]:
    """Let impact.com's clock run two minutes ahead of the MMP's."""
    row = world.row(event, recorded=False)
    world.record(row.click, row.time + timedelta(minutes=2))
    return (row,)


def click_too_late(world: World, event: str, n: int) -> tuple[Row, ...]:
    """Let the only click come whole hours after the event."""
    row = world.row(event, recorded=False)
    world.record(row.click, row.time + timedelta(hours=1 + n % 3))
    return (row,)


def click_too_old(world: World, event: str, n: int) -> tuple[Row, ...]:
    """Click one to five days before the referral window of 30 days."""
    at = world.moment()
    return (world.row(event, at, clicked=at - timedelta(days=31 + n % 5, hours=3)),)


def click_just_before(world: World, event: str, n: int) -> tuple[Row, ...]:
    """Install three to eight seconds after the click."""
    at = world.moment()
    return (world.row(event, at, clicked=at - timedelta(seconds=3 + n % 6)),)


def unrecorded(world: World, event: str, _: int) -> tuple[Row, ...]:
    """Carry an id of which impact.com has no click."""
    return (world.row(event, recorded=False),)


def unrecorded_yet(world: World, event: str, n: int) -> tuple[Row, ...]:
    """Carry such an id days after the last click that the records hold."""
    at = datetime(2026, 3, 18, 8, 20, tzinfo=UTC) + timedelta(minutes=7 * n)
    return (world.row(event, at, recorded=False),)


def in_future(world: World, event: str, n: int) -> tuple[Row, ...]:
    """Date the event 31 to 79 hours after AS_OF; the click is nine days older."""
    at = AS_OF + timedelta(hours=31 + 24 * (n % 3), minutes=n)
    return (world.row(event, at, clicked=at - timedelta(days=9)),)


def long_ago(world: World, event: str, n: int) -> tuple[Row, ...]:
    """Date the event 92 to 104 days before AS_OF, beyond the 88 that count; the click is there."""
    return (world.row(event, AS_OF - timedelta(days=92 + 4 * (n % 4), hours=5, minutes=n)),)


def encoded(world: World, event: str, _: int) -> tuple[Row, ...]:
    """Percent-encode the ClickId once more than the place it stands in asks for."""
    row = world.row(event)
    while _ENCODED_SIGN not in row.click.id:
        row = world.row(event)
    return (replace(row, click_id=quote(row.click.id, safe="")),)


def others_id(own_id: Callable[[Row], str]) -> Fault:
    """Carry an id of Google, Meta or TikTok, or one that the MMP itself gave (`own_id` of the row)."""

    def fault(world: World, event: str, n: int) -> tuple[Row, ...]:
        row = world.row(event)
        ids = (*_OTHERS_IDS, own_id(row))
        return (replace(row, click_id=ids[n % len(ids)]),)

    return fault


def copied(world: World, event: str, _: int) -> tuple[Row, ...]:
    """Write the same row twice."""
    row = world.row(event)
    return replace(row, reason="matched"), row


def ordered_again(world: World, event: str, n: int) -> tuple[Row, ...]:
    """Report an order once more, a while later."""
    row = world.row(event)
    again = replace(row, time=row.time + timedelta(seconds=45 + n), nonce=world.nonce())
    return replace(row, reason="matched"), again


def ordered_differently(world: World, event: str, n: int) -> tuple[Row, ...]:
    """Give one order id to two amounts, or to two people with a click each."""
    row = world.row(event)
    if n % 2 == 0:
        other = replace(row, amount=world.amount(), time=row.time + timedelta(minutes=3), nonce=world.nonce())
    else:
        other = replace(world.row(event), order_id=row.order_id, amount=row.amount, currency=row.currency)
    return row, other


def order_id_stretched(world: World, event: str, _: int) -> tuple[Row, ...]:
    """Stretch the order id to 90 characters, where impact.com takes 64."""
    row = world.row(event)
    return (replace(row, order_id="-".join([str(row.order_id)] * 7)),)


def twin_in_retargeting(world: World, event: str, _: int) -> tuple[Row, ...]:
    """Report an event for the source of the install, not primary, and for the re-engagement, primary."""
    row = world.row(event)
    lost = replace(row, source="google", click_id=None, is_primary=False)
    return lost, replace(row, reason="matched", is_retargeting=True)


def listed_besides(world: World, event: str, _: int) -> tuple[Row, ...]:
    """List an event in the table of all events besides its own, without its properties."""
    row = world.row(event)
    listed = replace(row, order_id=None, sku=None, amount=None, currency=None)
    return listed, replace(row, reason="matched")


def opted_in(world: World, event: str, _: int) -> tuple[Row, ...]:
    """Report an install again, attributed now, when its person has agreed to be tracked hours later."""
    row = world.row(event)
    again = replace(row, reason="matched", time=row.time + timedelta(hours=2), nonce=world.nonce())
    return replace(row, source="organic", click_id=None), again


def update_gained(world: World, event: str, _: int) -> tuple[Row, ...]:
    """Take an install for organic and credit impact.com twenty minutes later."""
    row = world.row(event)
    update = replace(row, reason="matched", updated_at=row.time + timedelta(minutes=20), nonce=world.nonce())
    return replace(row, source="organic", click_id=None), update


def update_lost(world: World, event: str, _: int) -> tuple[Row, ...]:
    """Credit impact.com with an install and another source twenty minutes later."""
    row = world.row(event)
    update = replace(row, reason="other-source", source="google", click_id=None, nonce=world.nonce())
    return row, replace(update, updated_at=row.time + timedelta(minutes=20))


def click_row(world: World, event: str, _: int) -> tuple[Row, ...]:
    """Write a click (or what an MMP has for one) among the rows, and the install it led to."""
    install = world.row("install")
    click = replace(install, event=event, time=install.click.time, nonce=world.nonce())
    return click, replace(install, reason="matched")
