"""Segment's raw logs as canonical rows: what a call is, whose it is, and what its fields say."""

# ruff: noqa: DTZ001
# The times of canonical tables are UTC without saying so.

import gzip
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

Read = Callable[..., Any]
Message = Mapping[str, Any]

TIME = "2026-03-01T12:00:00.250Z"
ORDER: Message = {
    "_metadata": {"bundled": ["Segment.io"], "unbundled": []},
    "anonymousId": "an-1",
    "context": {
        "app": {"name": "Shop", "version": "1.10", "build": "57", "namespace": "com.acme.shop"},
        "campaign": {"name": "Spring", "source": "impact", "medium": "affiliate"},
        "device": {"id": "DEV-1", "advertisingId": "AD-1", "type": "ios", "model": "iPhone14,2"},
        "ip": "203.0.113.7",
        "library": {"name": "analytics-ios", "version": "4.1.6"},
        "os": {"name": "iOS", "version": "17.2"},
        "referrer": {"type": "impactRadius", "id": "AbC:1 d%2F"},
        "traits": {},
    },
    "event": "Order Completed",
    "integrations": {},
    "messageId": "m-1",
    "originalTimestamp": "2026-03-01T11:59:58.000Z",
    "properties": {
        "order_id": "0001",
        "total": 19.9,
        "revenue": 17.5,
        "shipping": 2.4,
        "currency": "eur",
        "coupon": "SPRING",
        "sku": "SKU-1",
        "category": "shoes",
        "quantity": 2,
        "products": [{"product_id": "P-1", "sku": "SKU-1", "price": 17.5, "quantity": 1}],
    },
    "receivedAt": "2026-03-01T12:00:02.000Z",
    "sentAt": "2026-03-01T12:00:01.000Z",
    "timestamp": TIME,
    "type": "track",
    "userId": "000123",
    "version": "2",
}
CANONICAL = {
    "mmp": "segment",
    "kind": "event",
    "event_id": "m-1",
    "app_id": "com.acme.shop",
    "platform": "ios",
    "event_name": "Order Completed",
    "event_time": datetime(2026, 3, 1, 12, 0, 0, 250_000),
    "touch_type": None,
    "touch_time": None,
    "media_source": "impact",
    "attribution": "impact",
    "click_id_raw": "AbC:1 d%2F",
    "click_id": "AbC:1 d%2F",
    "order_id": "0001",
    "amount": Decimal("19.9"),
    "amount_raw": "19.9",
    "currency": "EUR",
    "customer_id": "000123",
    "promo_code": "SPRING",
    "sku": "SKU-1",
    "category": "shoes",
    "quantity": 2,
    "idfa": "AD-1",
    "idfv": "DEV-1",
    "gaid": None,
    "android_id": None,
    "mmp_device_id": "an-1",
    "campaign": "Spring",
    "publisher": None,
    "country": None,
    "app_version": "1.10",
    "is_primary": None,
    "is_click": False,
}


def log(*messages: Message) -> bytes:
    """A file of the S3 destination."""
    return gzip.compress("".join(f"{json.dumps(message)}\n" for message in messages).encode(), mtime=0)


def call(kind: str, number: int = 1, **more: Any) -> dict[str, Any]:
    """A message with nothing but what every one has."""
    common = {
        "type": kind,
        "messageId": f"m-{number}",
        "anonymousId": "an-1",
        "timestamp": TIME,
        "context": {},
    }
    return common | more


def track(event: str = "Order Completed", number: int = 1, **more: Any) -> dict[str, Any]:
    return call("track", number, event=event, **more)


def test_a_track_call_of_a_log(read: Read) -> None:
    (found,) = read({"segment-logs/src/1772323200000/1.ab.1.2.3.uuid.gz": log(ORDER)}).rows
    assert {name: found[name] for name in CANONICAL} == CANONICAL


def test_the_placeholder_that_segment_writes_into_the_bucket_is_no_export(read: Read) -> None:
    found = read({"logs/dummy-object.txt": "a connection test\n", "logs/1.gz": log(ORDER)})
    assert list(found.files) == ["logs/1.gz"]


# -- What a call is

CLICK_URL = "https://shop.example/?irclickid=A"
OTHER_TRACKS = (
    "Application Opened", "Application Updated", "Application Backgrounded", "Application Foregrounded",
    "Application Uninstalled", "Application Crashed", "Push Notification Received", "Push Notification Tapped",
    "Push Notification Bounced", "Deep Link Opened", "Deep Link Clicked",
)  # fmt: skip
KINDS: list[tuple[Message, str, bool]] = [
    (track("Application Installed"), "install", False),
    (track("application_installed"), "install", False),
    *((track(event), "other", False) for event in OTHER_TRACKS),
    (track("application_opened"), "other", False),
    *((track(e), "event", False) for e in ("Order Completed", "Signed Up", "Install Attributed", "Branch")),
    *((call(kind), "other", False) for kind in ("page", "screen", "identify", "group", "alias", "track")),
    # A visit that a click began.
    (call("page", properties={"url": CLICK_URL}), "other", True),
    (call("page", properties={"search": "?irclickid=A"}), "other", True),
    (call("page", context={"page": {"url": CLICK_URL}}), "other", True),
    (call("page", context={"page": {"search": "?irclickid=A"}}), "other", True),
    (track("Deep Link Opened", properties={"url": "app://open?im_ref=A"}), "other", True),
    (track("Deep Link Clicked", properties={"url": "acme.example/x?CLICKID=A"}), "other", True),
    (track("deep_link_opened", properties={"url": CLICK_URL}), "other", True),
    # A ClickId that is only remembered, or that another call repeats, is no click.
    (call("page", context={"referrer": {"type": "impactRadius", "id": "A"}}), "other", False),
    (call("page", context={"page": {"referrer": CLICK_URL}}), "other", False),
    (call("identify", context={"page": {"url": CLICK_URL}}), "other", False),
    (call("screen", context={"page": {"url": CLICK_URL}}), "other", False),
    (call("screen", properties={"url": CLICK_URL}), "other", False),
    (track("Order Completed", context={"page": {"url": CLICK_URL}}), "event", False),
    (track("Application Opened", properties={"url": CLICK_URL}), "other", False),
    # Words of the call types may be values of anything else.
    (track("Chat Started", properties={"type": "page", "event_type": "page"}), "event", False),
]


def test_which_calls_are_conversions_and_which_clicks(read: Read) -> None:
    messages = [dict(message) | {"messageId": f"m-{n}"} for n, (message, _, _) in enumerate(KINDS)]
    found = read({"1.gz": log(*messages)}).values("kind", "is_click")
    assert [(m, *f) for (m, _, _), f in zip(KINDS, found, strict=True)] == KINDS


def test_what_a_row_is_called(read: Read) -> None:
    messages = [
        track("Order Completed"),
        track("Application Installed"),
        call("identify"),
        call("page", properties={"url": CLICK_URL}),
    ]
    found = read({"1.gz": log(*messages)}).values("event_name")
    assert found == ["Order Completed", "Application Installed", "identify", "page"]


def test_clicks_are_told_with_their_time_and_click_id(read: Read) -> None:
    landing = call("page", properties={"url": "https://shop.example/?irclickid=A%3A1"})
    (click,) = read({"1.gz": log(landing | {"context": {"campaign": {"source": "impact"}}}, ORDER)}).clicks
    names = ("click_id_raw", "click_id", "click_time", "partner")
    expected = ("A%3A1", "A:1", datetime(2026, 3, 1, 12, 0, 0, 250_000), "impact")
    assert tuple(click[name] for name in names) == expected


def test_a_log_given_for_its_clicks_adds_no_conversions(read: Read) -> None:
    files = {"1.gz": log(call("page", properties={"url": CLICK_URL}), ORDER)}
    found = read(files, roles={"clicks": ["1.gz"]})
    assert (found.rows, [click["click_id"] for click in found.clicks]) == ([], ["A"])


# -- Whose it is


def context(source: str | None = None, referrer: str | None = None, url: str | None = None) -> Message:
    return {"campaign": {"source": source}, "referrer": {"type": referrer}, "page": {"url": url}}


def attributed(**properties: Any) -> dict[str, Any]:
    return track("Install Attributed", properties=properties)


ATTRIBUTIONS: list[tuple[Message, str]] = [
    *(
        (track(context=context(source)), "impact")
        for source in ("impact", "Impact", "impact.com", "impactRadius", "impact radius", "impactradius_int")
    ),
    (track(context=context("impactful")), "other"),
    (track(context=context("google")), "other"),
    (track(context=context(referrer="impactRadius")), "impact"),
    (track(context=context("google", referrer="impactRadius")), "impact"),
    (track(context=context("impact", referrer="search")), "impact"),
    (track(context=context(referrer="dataxu")), "other"),
    # What carries a ClickId came through impact.com, whatever the campaign was called.
    (track(context=context(url=CLICK_URL)), "impact"),
    (track(context=context("newsletter", url=CLICK_URL)), "impact"),
    (track(context=context(url="https://shop.example/?irclickid={clickid}")), "impact"),
    (track(context=context()), "unknown"),
    (track("Application Installed"), "unknown"),
    (attributed(provider="AppsFlyer", campaign={"source": "impactradius_int"}), "impact"),
    (attributed(provider="AppsFlyer", campaign={"source": "googleadwords_int"}), "other"),
    (attributed(provider="Kochava"), "other"),
    (track(context=context(url=f"{CLICK_URL}&impacttest=1")), "test"),
]


def test_attribution_by_referrer_campaign_and_click_id(read: Read) -> None:
    messages = [dict(message) | {"messageId": f"m-{n}"} for n, (message, _) in enumerate(ATTRIBUTIONS)]
    found = read({"1.gz": log(*messages)}).values("attribution")
    assert [(m, f) for (m, _), f in zip(ATTRIBUTIONS, found, strict=True)] == ATTRIBUTIONS


def test_configured_media_sources_say_what_is_impacts(read: Read) -> None:
    config = {"sources": {"segment": {"media_sources": ["Partnerships"]}}}
    cases = [context("partnerships"), context("impact"), context(referrer="impactRadius")]
    messages = [track(number=n, context=case) for n, case in enumerate(cases)]
    assert read({"1.gz": log(*messages)}, config=config).values("attribution") == [
        "impact",
        "other",
        "impact",
    ]


def test_a_configured_place_of_the_click_id_makes_a_row_impacts_too(read: Read) -> None:
    config = {"sources": {"segment": {"fields": {"click_id": "properties.partner_click"}}}}
    messages = [
        track(number=1, properties={"partner_click": "A"}),
        track(number=2, context=context(url=CLICK_URL)),
    ]
    found = read({"1.gz": log(*messages)}, config=config).values("click_id", "attribution")
    assert found == [("A", "impact"), (None, "unknown")]


def test_an_attributed_install_tells_its_campaign_and_when_it_was_clicked(read: Read) -> None:
    campaign = {
        "source": "impactradius_int",
        "name": "Spring",
        "click_date": "2026-02-28T07:00:00.000Z",
        "content": "banner",
    }
    found = read({"1.gz": log(attributed(provider="AppsFlyer", campaign=campaign))})
    expected = ("event", "impactradius_int", "Spring", datetime(2026, 2, 28, 7))
    assert found.values("kind", "media_source", "campaign", "touch_time") == [expected]


# -- Fields

IDS = ("idfa", "idfv", "gaid", "android_id")


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        ("iOS", ("AD", "DEV", None, None)),
        ("iPadOS", ("AD", "DEV", None, None)),
        ("iPhone OS", ("AD", "DEV", None, None)),
        ("Android", (None, None, "AD", "DEV")),
        ("android", (None, None, "AD", "DEV")),
        ("Windows", (None, None, None, None)),
        (None, (None, None, None, None)),
    ],
)
@pytest.mark.parametrize("told_by", ["os", "device"])
def test_what_the_ids_of_a_device_are_follows_its_system(
    read: Read, told_by: str, system: str | None, expected: tuple[str | None, ...]
) -> None:
    device = {"advertisingId": "AD", "id": "DEV"} | ({"type": system} if told_by == "device" else {})
    message = track(context={"device": device, "os": {"name": system} if told_by == "os" else {}})
    assert read({"1.gz": log(message)}).values(*IDS) == [expected]


def test_an_advertising_id_of_zeros_is_none(read: Read) -> None:
    device = {"advertisingId": "00000000-0000-0000-0000-000000000000", "id": "DEV", "type": "android"}
    assert read({"1.gz": log(track(context={"device": device}))}).values(*IDS) == [(None, None, None, "DEV")]


def test_the_time_is_the_corrected_one_or_else_the_next_best(read: Read) -> None:
    times = {
        "timestamp": "2026-03-01T12:00:00Z",
        "originalTimestamp": "2026-03-01T11:00:00.5Z",
        "receivedAt": "2026-03-01T10:00:00+00:00",
        "sentAt": "2026-03-01T09:00:00.000Z",
    }
    names = list(times)
    messages = [
        {"type": "track", "event": "E", "messageId": f"m-{n}", "context": {}}
        | {name: times[name] for name in names[n:]}
        for n in range(4)
    ]
    found = read({"1.gz": log(*messages)}).values("event_time")
    assert found == [
        datetime(2026, 3, 1, 12),
        datetime(2026, 3, 1, 11, 0, 0, 500_000),
        datetime(2026, 3, 1, 10),
        datetime(2026, 3, 1, 9),
    ]


def first_of(read: Read, canonical: str, *places: Mapping[str, Any]) -> list[Any]:
    """The value of rows n that have the places from n on; a place is what it adds to the properties."""
    rows = [{k: v for place in reversed(places[n:]) for k, v in place.items()} for n in range(len(places))]
    messages = [track(number=n, properties=row) for n, row in enumerate(rows)]
    return list(read({"1.gz": log(*messages)}).values(canonical))


def test_the_order_id_however_it_is_spelt(read: Read) -> None:
    spellings = ("order_id", "orderId", "transactionID", "transaction_id", "checkout_id")
    found = first_of(read, "order_id", *({name: f"0{n}"} for n, name in enumerate(spellings)))
    assert found == ["00", "01", "02", "03", "04"]


def test_the_amount_is_the_total_then_the_revenue_then_the_subtotal_then_the_value(read: Read) -> None:
    names = ("total", "revenue", "subtotal", "value")
    found = first_of(read, "amount", *({name: n + 0.5} for n, name in enumerate(names)))
    assert found == [Decimal("0.5"), Decimal("1.5"), Decimal("2.5"), Decimal("3.5")]


def test_an_anonymous_visitor_is_no_customer(read: Read) -> None:
    messages = [
        track(number=1, userId="u", properties={"customer_id": "c"}),
        track(number=2, userId=None, properties={"customer_id": "c"}),
        track(number=3),
    ]
    found = read({"1.gz": log(*messages)}).values("customer_id", "mmp_device_id")
    assert found == [("u", "an-1"), ("c", "an-1"), (None, "an-1")]


def test_keys_that_come_up_late_in_a_log_are_found(read: Read) -> None:
    early = [call("identify", n, traits={"plan": "x"}) for n in range(1100)]
    for message in early:
        del message["context"]
    late = {**ORDER, "messageId": "m-late"}
    found = read({"1.gz": log(*(m | {"sentAt": TIME} for m in early), late)}).rows[-1]
    expected = CANONICAL | {"event_id": "m-late"}
    assert {name: found[name] for name in expected} == expected


def test_top_level_keys_are_not_taken_for_properties_of_that_name(read: Read) -> None:
    # A page call keeps its category and name beside its properties.
    page = call("page", 1, category="docs", name="Home", url="https://x.example/", search="?irclickid=X")
    found = read({"1.gz": log(page, ORDER)}).rows[1]
    assert {name: found[name] for name in CANONICAL} == CANONICAL
