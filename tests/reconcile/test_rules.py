"""Every reason has a row for which it is the primary one and a row just beside the boundary for which it is not."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from mmpsync.reasons import CATALOGUE

NOON = datetime(2026, 3, 10, 12)  # noqa: DTZ001  UTC, as all times of the tables
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SECOND, TICK = timedelta(seconds=1), timedelta(microseconds=1)
OLDEST = NOON - timedelta(days=88)
MATCHED = "matched"

CONFIG = {
    "events": {
        "sale": {
            "names": ["purchase"],
            "required": ["order_id", "amount", "currency"],
            "recommended": ["customer_id", "promo_code"],
        },
        "signup": {"names": ["install"]},
        "lead": {"names": ["lead"], "required": ["quantity", "gaid", "campaign"]},
        "plain": {"names": ["plain"]},
    }
}
# The run's time is noon. Around it, and around the oldest an event may be, there are clicks of the same id.
CLICKS = [
    {"click_time": NOON - HOUR},
    {"click_time": OLDEST - DAY},
    {"click_id": "x" * 64},
    {"click_id": "CamelCase"},
    {"click_id": "a/b"},
    {"click_id": "abcdefghijklmnopqrstuvwxyz"},
    {"click_id": "Cj0KCQ-known-to-impact"},
    {"click_id": "device-of-the-row"},
    {"click_id": "later", "click_time": NOON + timedelta(minutes=5) + TICK},
    {"click_id": "at-tolerance", "click_time": NOON + timedelta(minutes=5)},
    {"click_id": "window", "click_time": NOON - timedelta(days=30)},
    {"click_id": "beyond", "click_time": NOON - timedelta(days=30) - TICK},
    {"click_id": "10s", "click_time": NOON - 10 * SECOND},
    {"click_id": "under-10s", "click_time": NOON - 10 * SECOND + TICK},
]


def sale(**differences: Any) -> dict[str, Any]:
    return {"amount": Decimal(10), "currency": "EUR", "customer_id": "c", "promo_code": "p", **differences}


def click_id(value: str | None, **differences: Any) -> dict[str, Any]:
    return sale(click_id=value, **differences)


def plain(**differences: Any) -> dict[str, Any]:
    """An event that requires nothing."""
    return {"event_name": "plain", **differences}


def lead(**differences: Any) -> dict[str, Any]:
    return {
        "event_name": "lead",
        "quantity": 1,
        "quantity_raw": "1",
        "gaid": "g",
        "campaign": "c",
        **differences,
    }


def install(**differences: Any) -> dict[str, Any]:
    return {"kind": "install", "event_name": "install", "order_id": None, **differences}


def personal(value: str) -> list[dict[str, Any]]:
    return [sale(order_id=value), sale(customer_id=value)]


EMAILS = ("john@x.com", "john%40x.com", "a.b+c@mail.example.co.uk", "id-john@x.com", "John@X.COM", "é@x.fr")
NO_EMAILS = ("john", "@john", "john@", "john@home", "john at x.com", "x.com", "50%40", "a@1.5", "1@2")
PHONES = ("+49 170 1234567", "+491701234567", "+1 (555) 123-4567", "(555) 123-4567", "+44 20 7946 0958",
          "tel:+491701234567", "+1.555.123.4567")  # fmt: skip
NO_PHONES = ("4915112345678", "0123456789", "2026-03-10-0001", "A+4915112345678", "+1", "1234567890123456",
             "#555-123-4567-A", "100(200)300", "+49 170 12345678901234567890")  # fmt: skip
CURRENCIES = ("USD", "EUR", "JPY", "GBP", "BRL", "XAF", "KWD")
NO_CURRENCIES = ("EURO", "€", "US$", "ZZZ", "E", "", "EUR ", "E U")

# Reason → rows for which it is the primary one; then rows just beside, which are matched but for what is said.
PRIMARY: dict[str, list[dict[str, Any]]] = {
    "not-a-conversion": [sale(kind="other")],
    "superseded": [sale(supersede_key="k", supersede_rank=1)],
    "test-row": [sale(attribution="test")],
    "rejected-by-mmp": [sale(attribution="rejected")],
    "unmapped-event": [sale(event_name="Purchase!")],
    "restricted-source": [sale(attribution="restricted", click_id=None)],
    "organic": [sale(attribution="organic", click_id=None)],
    "other-source": [sale(attribution="other", click_id=None)],
    "duplicate-row": [sale(event_id="twice", source_file="z.csv", source_row=1)],
    "missing-click-id": [click_id(None)],
    "unexpanded-macro": [click_id(v) for v in ("{clickid}", "[id]", "<id>", "__ID__", "$id", "%7Bid%7D")],
    "placeholder-click-id": [
        click_id(v) for v in ("0", "undefined", "NULL", "none", "nil", "Test", "unknown", "N/A")
    ],
    "malformed-click-id": [click_id(v) for v in ("x" * 65, "a b", "a\tb", "a\x00b", "CLICK ", "\x7f")],
    "foreign-click-id": [
        click_id("Cj0KCQiA5rGuBhCnARIsAN11"),
        click_id("IwAR0x3QmPZc7"),
        click_id("gclid=abc"),
        click_id("device-7", mmp_device_id="device-7"),
        click_id("event-7", event_id="event-7"),
        click_id("click-7", mmp_click_id="click-7"),
    ],
    "click-id-case-changed": [click_id("camelcase")],
    "click-id-encoding-changed": [click_id("a%2Fb")],
    "click-id-truncated": [click_id("abcdefghijklmnopqrst")],
    "click-export-incomplete": [click_id("nobody's", event_time=OLDEST - DAY - TICK)],
    "orphan-click-id": [
        click_id("nobody's"),
        click_id("abcdefghijklmnopqrs"),
        click_id("nobody's", event_time=OLDEST - DAY),
    ],
    "conversion-before-click": [click_id("later")],
    "outside-referral-window": [click_id("beyond")],
    "conflicting-order": [sale(order_id="o1"), sale(order_id="o1", amount=Decimal(11))],
    "duplicate-order": [sale(order_id="o2", event_time=NOON + SECOND)],
    "missing-parameter": [
        sale(order_id=None),
        sale(amount=None),
        sale(currency=None),
        plain(order_id=None),
        plain(event_time=None),
        plain(amount=Decimal(1)),
        lead(quantity=None, quantity_raw=None),
        lead(gaid=None),
        lead(campaign=None),
        install(mmp_device_id=None),
    ],
    "invalid-time": [sale(event_time=None, event_time_raw="10/3/26 noon")],
    "future-event": [sale(event_time=NOON + DAY + TICK)],
    "too-old": [sale(event_time=OLDEST - TICK)],
    "invalid-amount": [
        sale(amount=None, amount_raw="12,50"),
        sale(amount=None, amount_raw="free"),
        sale(amount=Decimal("-0.000001")),
        plain(amount=None, amount_raw="free", currency="EUR"),
        plain(amount=Decimal(-1), currency="EUR"),
    ],
    "invalid-currency": [*(sale(currency=v) for v in NO_CURRENCIES), plain(currency="ZZZ")],
    "value-too-long": [
        sale(order_id="x" * 65),
        *(sale(**{name: "x" * 256}) for name in ("customer_id", "promo_code", "sku", "category")),
    ],
    "pii-in-parameter": [row for value in (*EMAILS, *PHONES) for row in personal(value)],
    "conflicting-attribution": [sale(attribution="other")],
    "organic-with-click-id": [sale(attribution="organic")],
    "view-through": [sale(touch_type="impression")],
    "short-click-to-install": [
        install(click_id="under-10s"),
        install(click_id="at-tolerance"),
        install(kind="reinstall", click_id="under-10s"),
    ],
    "zero-amount": [sale(amount=Decimal(0))],
    "missing-recommended": [sale(customer_id=None), sale(promo_code=None)],
    MATCHED: [
        sale(),
        sale(supersede_key="k", supersede_rank=2, supersedes=True),
        sale(event_id="twice", source_file="a.csv", source_row=1),
        click_id("x" * 64),
        click_id("CamelCase"),
        click_id("Cj0KCQ-known-to-impact"),
        click_id("device-of-the-row", mmp_device_id="device-of-the-row"),
        click_id("at-tolerance"),
        click_id("window"),
        sale(order_id="o2"),
        sale(event_time=NOON + DAY),
        sale(event_time=OLDEST),
        sale(amount=Decimal("0.000001")),
        *(sale(currency=v) for v in CURRENCIES),
        sale(order_id="é" * 64),
        *(sale(**{name: "é" * 255}) for name in ("customer_id", "promo_code", "sku", "category")),
        *(row for value in (*NO_EMAILS, *NO_PHONES) for row in personal(value)),
        # Nothing forbids an e-mail address elsewhere, though it may be unwise.
        sale(promo_code="john@x.com"),
        sale(touch_type="click"),
        sale(touch_type=None),
        install(click_id="10s"),
        plain(click_id="under-10s"),
        install(kind="reattribution", click_id="under-10s"),
        plain(),
        plain(amount=Decimal(0), currency="EUR"),
        plain(order_id="o3", currency="EUR"),
        lead(),
        # There, though it is no number: not missing.
        lead(quantity=None, quantity_raw="two"),
        install(),
    ],
}
NAMES = [f"{reason} {n}" for reason, rows in PRIMARY.items() for n in range(len(rows))]


@pytest.fixture(scope="module")
def judged(judge: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    rows = {f"{reason} {n}": row for reason, rows in PRIMARY.items() for n, row in enumerate(rows)}
    return judge(rows, CLICKS, config=CONFIG)


@pytest.mark.parametrize("name", NAMES)
def test_each_reason_holds_up_to_its_boundary(judged: dict[str, Any], name: str) -> None:
    reason, _, n = name.rpartition(" ")
    assert judged[name].reason == reason, PRIMARY[reason][int(n)]


def test_every_reason_of_the_catalogue_is_told() -> None:
    # Of the others, one is the engine's to find, one needs that no clicks are given, and three need actions.
    others = {"unreadable-row", "not-joined", "already-credited", "reversed-at-impact", "amount-differs"}
    assert {*PRIMARY, *others} == {reason.code for reason in CATALOGUE}


def test_a_matched_row_has_no_reason_and_any_other_its_own(judged: dict[str, Any]) -> None:
    for name, row in judged.items():
        codes = [reason.partition(":")[0] for reason in row.reasons]
        assert codes[:1] == ([] if row.reason == MATCHED else [row.reason]), name


# Rows of several reasons → all of them, the first being the primary one.
SEVERAL: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "unattributed and incomplete": (
        sale(click_id=None, amount=None),
        ("missing-click-id", "missing-parameter:amount"),
    ),
    "held and incomplete": (
        sale(click_id="nobody's", event_time=OLDEST - 2 * DAY),
        ("click-export-incomplete", "too-old"),
    ),
    "duplicate and unattributed": (
        sale(event_id="twice", click_id="{id}", source_file="z.csv", source_row=1),
        ("duplicate-row", "unexpanded-macro"),
    ),
    "unattributed and duplicate": (
        sale(order_id="o1", click_id="nobody's", currency="ZZZ"),
        ("orphan-click-id", "conflicting-order", "invalid-currency"),
    ),
    "duplicate and incomplete": (
        sale(order_id="o1", amount=Decimal(-1)),
        ("conflicting-order", "invalid-amount"),
    ),
    "incomplete in every way": (
        sale(
            event_time=OLDEST - HOUR,
            amount=Decimal(-1),
            currency="ZZZ",
            sku="x" * 256,
            order_id="john@x.com",
            promo_code=None,
        ),
        (
            "too-old",
            "invalid-amount",
            "invalid-currency",
            "value-too-long",
            "pii-in-parameter",
            "missing-recommended:promo_code",
        ),
    ),
    "several parameters": (
        sale(order_id=None, amount=None, currency=None, customer_id=None, promo_code=None),
        (
            "missing-parameter:amount",
            "missing-parameter:currency",
            "missing-parameter:order_id",
            "missing-recommended:customer_id",
            "missing-recommended:promo_code",
        ),
    ),
    "invalid is not missing": (
        sale(amount=None, amount_raw="12,50", event_time=None, event_time_raw="?"),
        ("invalid-time", "invalid-amount"),
    ),
    "incomplete with warnings": (
        sale(order_id=None, attribution="other", touch_type="impression"),
        ("missing-parameter:order_id", "conflicting-attribution", "view-through"),
    ),
    "warnings": (
        sale(attribution="organic", touch_type="impression", amount=Decimal(0), customer_id=None),
        ("organic-with-click-id", "view-through", "zero-amount", "missing-recommended:customer_id"),
    ),
    "warnings of an install": (
        install(click_id="under-10s", attribution="other", touch_type="impression"),
        ("conflicting-attribution", "view-through", "short-click-to-install"),
    ),
    "excluded twice": (sale(kind="other", attribution="test"), ("not-a-conversion", "test-row")),
    "excluded, so that nothing else counts": (
        sale(attribution="rejected", click_id="{id}", amount=None, order_id=None),
        ("rejected-by-mmp",),
    ),
}


@pytest.fixture(scope="module")
def of_several(judge: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    beside = {
        "first of its event id": sale(event_id="twice", source_file="a.csv", source_row=1),
        "another of the order": sale(order_id="o1"),
    }
    return judge({name: row for name, (row, _) in SEVERAL.items()} | beside, CLICKS, config=CONFIG)


@pytest.mark.parametrize("name", SEVERAL)
def test_the_first_reason_of_the_catalogue_wins_and_all_are_kept(
    of_several: dict[str, Any], name: str
) -> None:
    _, reasons = SEVERAL[name]
    assert of_several[name].reasons == reasons
    assert of_several[name].reason == reasons[0].partition(":")[0]


def test_without_configuration_an_order_id_a_time_and_a_currency_beside_an_amount_are_required(
    judge: Callable[..., dict[str, Any]],
) -> None:
    rows = {
        "order_id": {"order_id": None},
        "event_time": {"event_time": None},
        "currency": {"amount": Decimal(1)},
        "currency beside an amount that does not parse": {"amount_raw": "one"},
    }
    complete = {
        "no money": {},
        "money": {"amount": Decimal(0), "currency": "EUR"},
        "install": install(),
    }
    judged = judge(rows | complete)
    assert [judged[name].reasons for name in rows] == [
        ("missing-parameter:order_id",),
        ("missing-parameter:event_time",),
        ("missing-parameter:currency",),
        ("missing-parameter:currency", "invalid-amount"),
    ]
    assert {judged[name].reason for name in complete} == {MATCHED}


def test_ages_are_measured_from_the_time_of_the_run_and_the_oldest_is_configured(
    judge: Callable[..., dict[str, Any]],
) -> None:
    rows = {
        "at the limit": {"event_time": NOON - timedelta(days=2)},
        "too old": {"event_time": NOON - timedelta(days=2) - TICK},
        "future": {"event_time": NOON + DAY + TICK},
    }
    clicks = [{"click_time": NOON - timedelta(days=3)}]
    now = judge(rows, clicks, config={"program": {"max_event_age": "2d"}})
    assert [row.reason for row in now.values()] == [MATCHED, "too-old", "future-event"]
    next_day = judge(rows, clicks, as_of=NOON + DAY, config={"program": {"max_event_age": "3d"}})
    assert [row.reason for row in next_day.values()] == [MATCHED, "too-old", MATCHED]


def test_a_click_id_that_the_source_withholds_is_not_missing(judge: Callable[..., dict[str, Any]]) -> None:
    hashed = {"click_id": None, "click_id_raw": "0f" * 32, "click_id_withheld": True}
    rows = {"impact's": hashed, "organic": hashed | {"attribution": "organic"}, "none": {"click_id": None}}
    judged = judge(rows)
    assert [row[:3] for row in judged.values()] == [
        ("unattributed", "placeholder-click-id", ("placeholder-click-id:hashed",)),
        ("excluded", "organic", ("organic",)),
        ("unattributed", "missing-click-id", ("missing-click-id",)),
    ]
