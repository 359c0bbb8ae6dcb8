"""What is planted where, as data, and the planting of it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from generator import faults
from generator.faults import Fault, altered, each, every
from generator.model import Row
from generator.world import World

Counts = tuple[int, int, int]


@dataclass(frozen=True)
class Planted:
    """Rows that have `reason` as their primary reason, how it shows in them, and how many there are.

    `counts`: AppsFlyer CSV, AppsFlyer Data Locker, Adjust. `events`: taken in turn.
    """

    reason: str
    shows: str
    fault: Fault
    events: tuple[str, ...]
    counts: Counts


@dataclass(frozen=True)
class Dataset:
    """One export: its place in `Counts`, the hours in which its people do things, clicks without a conversion."""

    name: str
    place: int
    hours: tuple[datetime, ...]
    idle_clicks: int


def _hours(first: datetime, count: int) -> tuple[datetime, ...]:
    return tuple(first + timedelta(hours=n) for n in range(count))


ADJUST_HOURS = tuple(
    datetime(2026, 3, day, hour, tzinfo=UTC)
    for day, hour in ((2, 9), (3, 18), (5, 10), (5, 11), (9, 7), (10, 20), (12, 13))
)
CSV = Dataset("appsflyer_csv", 0, _hours(datetime(2026, 3, 1, tzinfo=UTC), 8 * 24), idle_clicks=12)
LOCKER = Dataset("appsflyer_parquet", 1, _hours(datetime(2026, 3, 9, tzinfo=UTC), 5 * 24), idle_clicks=6)
ADJUST = Dataset("adjust", 2, ADJUST_HOURS, idle_clicks=8)
DATASETS = (CSV, LOCKER, ADJUST)

_ANY = ("install", "purchase", "signup")
_INSTALL = ("install",)
_SALE = ("purchase",)
_SIGNUP = ("signup",)

PLANTED = (
    Planted("unreadable-row", "more cells than the header", each("damage", "cells"), _SALE, (1, 0, 1)),
    Planted("unreadable-row", 'a stray quote: `,"spring" sale,`', each("damage", "quote"), _SALE, (1, 0, 1)),
    Planted(
        "unreadable-row", "a name in Latin-1, not UTF-8", each("damage", "encoding"), _INSTALL, (1, 0, 1)
    ),
    Planted("not-a-conversion", "uninstalls", every(), ("uninstall",), (3, 2, 0)),
    Planted("not-a-conversion", "clicks", faults.click_row, ("click",), (0, 0, 10)),
    Planted(
        "not-a-conversion",
        "impressions, sessions, consent updates, ad revenue",
        every(click_id=None),
        ("impression", "session", "session", "att_update", "session", "ad_revenue"),
        (0, 0, 12),
    ),
    Planted(
        "superseded",
        "its primary twin is in the retargeting report",
        faults.twin_in_retargeting,
        _SALE,
        (3, 2, 0),
    ),
    Planted(
        "superseded", "`install_update` from organic to impact.com", faults.update_gained, _INSTALL, (0, 0, 2)
    ),
    Planted(
        "superseded", "`install_update` from impact.com to Google", faults.update_lost, _INSTALL, (0, 0, 2)
    ),
    Planted(
        "test-row", "`impacttest=1`; Adjust: sandbox", every(is_test=True), ("install", "purchase"), (2, 1, 3)
    ),
    Planted(
        "rejected-by-mmp",
        "a blocked or rejected reason",
        each("rejection", "bots", "install_hijacking", "click_flood"),
        _INSTALL,
        (4, 2, 3),
    ),
    Planted("rejected-by-mmp", "Untrusted Devices", every(source="untrusted"), _INSTALL, (0, 0, 1)),
    Planted(
        "unmapped-event", "add to cart, product views", every(), ("add_to_cart", "content_view"), (5, 3, 4)
    ),
    Planted("unmapped-event", "a reattribution", every(), ("reattribution",), (0, 0, 2)),
    Planted(
        "restricted-source",
        "`restricted`; Adjust: `unattr`",
        every(source="restricted", click_id=None),
        ("install", "purchase"),
        (3, 2, 3),
    ),
    Planted("organic", "`organic`", every(source="organic", click_id=None), _INSTALL, (3, 2, 7)),
    Planted("organic", "no source at all", every(source="nobody", click_id=None), _INSTALL, (3, 2, 0)),
    Planted(
        "other-source",
        "another network",
        every(source="google", click_id=None),
        ("install", "purchase"),
        (4, 3, 4),
    ),
    Planted(
        "other-source",
        "another network with an id of its own in a link that names it; Adjust: in the label",
        every(source="applovin", carrier="another's link", click_id="alv-9b21c07e55"),
        ("install", "purchase"),
        (2, 1, 2),
    ),
    Planted(
        "duplicate-row",
        "the row stands there again",
        faults.copied,
        ("purchase", "install", "purchase"),
        (3, 1, 3),
    ),
    Planted("missing-click-id", "nothing where it should be", every(click_id=None), _ANY, (4, 1, 4)),
    Planted(
        "missing-click-id",
        "nor an order id",
        every(click_id=None, order_id=None),
        _SALE,
        (1, 1, 1),
    ),
    Planted(
        "unexpanded-macro",
        "`{clickid}`, `__CLICKID__`, `[CLICK_ID]`",
        each("click_id", "{clickid}", "__CLICKID__", "[CLICK_ID]"),
        ("install", "purchase"),
        (3, 1, 3),
    ),
    Planted(
        "placeholder-click-id",
        "`undefined`, `0`, `unknown`",
        each("click_id", "undefined", "0", "unknown"),
        ("install", "purchase"),
        (3, 1, 3),
    ),
    Planted(
        "malformed-click-id",
        "a blank inside, the id twice, a tab inside",
        altered(
            lambda id_: f"{id_[:19]} {id_[20:]}",
            lambda id_: f"{id_},{id_}",
            lambda id_: f"{id_[:30]}\t{id_[30:]}",
        ),
        ("install", "purchase"),
        (3, 1, 3),
    ),
    Planted(
        "foreign-click-id",
        "a gclid, an fbclid, a ttclid, the AppsFlyer ID",
        faults.others_id("appsflyer_id"),
        ("install", "purchase"),
        (4, 1, 0),
    ),
    Planted(
        "foreign-click-id",
        "a gclid, an fbclid, a ttclid, the adid",
        faults.others_id("adid"),
        ("install", "purchase"),
        (0, 0, 4),
    ),
    Planted(
        "click-id-case-changed", "all lower or all upper case", altered(str.lower, str.upper), _ANY, (3, 1, 3)
    ),
    Planted("click-id-encoding-changed", "`%3A` for `:`; in a URL `%253A`", faults.encoded, _ANY, (2, 1, 2)),
    Planted(
        "click-id-truncated",
        "cut to 32 or 24 characters",
        altered(lambda id_: id_[:32], lambda id_: id_[:24]),
        ("install", "purchase"),
        (2, 1, 2),
    ),
    Planted(
        "click-export-incomplete",
        "days after the last click record",
        faults.unrecorded_yet,
        ("install", "purchase"),
        (3, 2, 3),
    ),
    Planted("orphan-click-id", "an id without a click", faults.unrecorded, _ANY, (3, 2, 4)),
    Planted("conversion-before-click", "one to three hours early", faults.click_too_late, _ANY, (3, 1, 3)),
    Planted(
        "outside-referral-window",
        "31 days and more after the click",
        faults.click_too_old,
        ("install", "purchase"),
        (2, 1, 2),
    ),
    Planted(
        "conflicting-order",
        "two amounts, or two people, for one order id",
        faults.ordered_differently,
        _SALE,
        (4, 2, 4),
    ),
    Planted("duplicate-order", "the order once more, a minute later", faults.ordered_again, _SALE, (2, 1, 2)),
    Planted("missing-parameter", "no order id", every(order_id=None), ("purchase", "signup"), (2, 1, 2)),
    Planted("missing-parameter", "no amount", every(amount=None), _SALE, (1, 1, 1)),
    Planted("missing-parameter", "no currency", every(currency=None), _SALE, (1, 0, 1)),
    Planted("missing-parameter", "no customer id", every(customer_id=None), _SIGNUP, (1, 1, 1)),
    Planted(
        "invalid-time",
        "`05.03.2026 14:05`, `test`",
        each("time_text", "05.03.2026 14:05", "test"),
        _SALE,
        (2, 1, 2),
    ),
    Planted("future-event", "more than a day ahead", faults.in_future, ("purchase", "install"), (2, 1, 2)),
    Planted("too-old", "more than 88 days old", faults.long_ago, ("install", "purchase"), (2, 1, 2)),
    Planted(
        "invalid-amount",
        "`1.299,90`, `-20.00`, `$49.99`",
        each("amount", "1.299,90", "-20.00", "$49.99"),
        _SALE,
        (3, 1, 3),
    ),
    Planted("invalid-currency", "`EURO`, `US$`", each("currency", "EURO", "US$"), _SALE, (2, 1, 2)),
    Planted("value-too-long", "an order id of 90 characters", faults.order_id_stretched, _SALE, (1, 1, 1)),
    Planted(
        "pii-in-parameter",
        "an e-mail address, a phone number",
        each("customer_id", "buyer@example.com", "+12025550143"),
        ("purchase", "signup"),
        (2, 1, 2),
    ),
    Planted(
        "conflicting-attribution",
        "Google credited",
        every(source="google"),
        ("install", "purchase"),
        (2, 1, 2),
    ),
    Planted(
        "organic-with-click-id",
        "organic, the ClickId in a referrer; Adjust: in its column",
        every(source="organic", carrier="referrer"),
        _INSTALL,
        (2, 1, 2),
    ),
    Planted(
        "view-through", "touch type impression", every(touch="impression"), ("install", "purchase"), (2, 1, 0)
    ),
    Planted("short-click-to-install", "3 to 8 seconds", faults.click_just_before, _INSTALL, (2, 1, 2)),
    Planted("zero-amount", "`0.00`, `0`", each("amount", "0.00", "0"), _SALE, (2, 1, 2)),
    Planted("missing-recommended", "no customer id", every(customer_id=None), _SALE, (3, 2, 3)),
    Planted(
        "matched", "install, registration, two purchases by one click", faults.journey, _INSTALL, (48, 20, 48)
    ),
    Planted(
        "matched",
        "the ClickId in a sub parameter; Adjust: in the label",
        every(carrier="shared field"),
        _ANY,
        (3, 2, 3),
    ),
    Planted("matched", "further clicks with its ClickId", faults.click_twice, _SALE, (3, 1, 3)),
    Planted("matched", "two minutes before its click", faults.click_within_tolerance, _SALE, (2, 1, 2)),
    Planted("matched", "not primary, but without a twin", every(is_primary=False), _SALE, (2, 1, 0)),
)


def plant(dataset: Dataset, world: World) -> list[Row]:
    """Make all rows of a dataset, each with the reason it is planted for."""
    rows: list[Row] = []
    for planted in PLANTED:
        wanted = planted.counts[dataset.place]
        made = case = 0
        while made < wanted:
            event = planted.events[case % len(planted.events)]
            found = planted.fault(world, event, case)
            rows += [replace(row, reason=row.reason or planted.reason) for row in found]
            made += sum(row.reason is None for row in found)
            case += 1
        assert made == wanted, (
            f"{planted.reason} ({planted.shows}): {wanted} is no multiple of what a case makes"
        )
    world.idle_clicks(dataset.idle_clicks, datetime(2026, 2, 20, tzinfo=UTC), dataset.hours[-1])
    return rows


def shown(reason: str) -> str:
    """Say how a reason shows in the rows."""
    return "; ".join(dict.fromkeys(planted.shows for planted in PLANTED if planted.reason == reason))
