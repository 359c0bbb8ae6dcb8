"""Whatever a clean row holds: a request respects every documented limit and dependency, and decoding it gives the row back.

The limits are written down here a second time, from impact.com's pages, so that the catalogue is not judged by itself.
"""

import json
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmpsync.push.interface import PLAN
from mmpsync.push.skips import SKIPS

Planned = Any

LONGEST = {
    "EventTypeCode": 64, "EventCode": 128, "DispositionCode": 64, "Note": 255, "OrderId": 64, "ClickId": 64,
    "CustomerId": 255, "CustomProfileId": 70, "OrderPromoCode": 255, "SharedId": 255, "CustomerStatus": 40,
    "PaymentType": 32, "CurrencyCode": 3, "Text7": 64, "ItemSku": 255, "ItemCategory": 255, "ItemName": 255,
}  # fmt: skip
WHOLE = re.compile(r"CampaignId|ActionTrackerId|EventTypeId|PropertyId|MediaId|ItemQuantity[0-9]+")
DECIMAL = re.compile(r"Amount|OrderDiscount|OrderTax|Numeric1|Money1|Item(Price|SubTotal)[0-9]+")
TIME = re.compile(r"EventDate|Date1")
MONEY = re.compile(r"Amount|Order(Discount|Tax)|Money1|Item(Price|SubTotal)[0-9]+")
DIGITS = {"Amount": (8, 2), "OrderDiscount": (12, 2), "OrderTax": (14, 2), "ItemSubTotal": (14, 2)}
EVENT_IDS = ("ActionTrackerId", "EventTypeId", "EventTypeCode")
KEYS = (
    "ClickId", "CustomerId", "CustomProfileId", "PromoCode", "OrderPromoCode", "MediaId", "GoogAId", "AndroidId",
    "AppleIfa", "AppleIfv",
)  # fmt: skip

CHOSEN = (
    "Text7", "Note", "CustomerStatus", "PaymentType", "CustomProfileId", "MediaId", "OrderDiscount", "OrderTax",
    "Numeric1", "Money1", "Date1", "GiftPurchase", "CustomerEmail", "SharedId",
)  # fmt: skip
CONFIGURATION = {
    "apps": {"com.acme.shop": {"tracker_id": 4001}, "id1": {"tracker_id": 4002}},
    "events": {
        "purchase": {"names": ["p"], "code": "SALE", "fields": {"Items": "items"}},
        "signup": {"names": ["s"], "code": "SIGN-UP", "type_id": 9_999_999_999},
        "uncoded": {"names": ["u"]},
    },
}
NOW = datetime(2026, 3, 20)  # noqa: DTZ001  UTC, as all times of the tables

characters = st.characters(codec="utf-8", exclude_characters="\0")
texts = (
    st.none()
    | st.text(characters, min_size=1, max_size=70)
    | st.sampled_from(["x" * 255, "y" * 256, "é+&=%"])
)
amounts = st.none() | st.decimals(0, 2_000_000, places=6) | st.just(Decimal(0))
numbers = st.sampled_from([None, "5", "0012.50", "-3", "1e3", "12.345", "99999999999", "text", ".5"])
carried_values = st.one_of(
    texts,
    numbers,
    st.sampled_from(["yes", "2026-03-01 08:00:00", "1772350000", "jane@example.com", "A" * 40]),
)
products = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "sku": st.sampled_from(["S-1", "s" * 256]),
            "category": st.just("C"),
            "quantity": st.sampled_from([1, "2", "two"]),
            "price": st.sampled_from([1, "2.50", 3.999, "free"]),
        },
    ),
    max_size=3,
)
whole_products = st.lists(
    st.fixed_dictionaries(
        {"sku": st.just("S"), "category": st.just("C"), "quantity": st.integers(1, 9)},
        optional={"price": st.just("2.50")},
    ),
    min_size=1,
    max_size=3,
)
rows = st.fixed_dictionaries(
    {
        "app_id": st.sampled_from(["com.acme.shop", "id1", "other", None]),
        "event": st.sampled_from(["purchase", "signup", "uncoded", None]),
        "event_time": st.none() | st.datetimes(NOW - timedelta(days=89), NOW + timedelta(minutes=1)),
        "click_id": texts,
        "order_id": texts,
        "customer_id": texts,
        "promo_code": texts,
        "amount": amounts,
        "currency": st.sampled_from(["EUR", "JPY", None]),
        "sku": texts,
        "category": texts,
        "quantity": st.none() | st.integers(0, 99),
        "idfa": texts,
        "gaid": texts,
    }
)
# Most rows that a run calls clean are without fault: they are what has to be sent.
sound_rows = st.fixed_dictionaries(
    {
        "app_id": st.sampled_from(["com.acme.shop", "id1"]),
        "event": st.sampled_from(["purchase", "signup"]),
        "event_time": st.datetimes(NOW - timedelta(days=88), NOW),
        "click_id": st.text(characters, min_size=1, max_size=64),
        "order_id": st.text(characters, min_size=1, max_size=64),
        "customer_id": st.none() | st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1),
        "amount": st.none() | st.decimals(0, 999_999, places=2),
        "sku": st.none() | st.just("S"),
        "category": st.none() | st.just("C"),
        "quantity": st.none() | st.integers(0, 99),
    }
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[dict[str, Any]], dict[tuple[str, ...], list[str | None]]]:
    """Rows, and what the references of the chosen fields yield in each."""
    drawn = draw(st.lists(rows | sound_rows, min_size=1, max_size=40))
    carried: dict[tuple[str, ...], list[str | None]] = {
        (name.lower(),): draw(st.lists(st.none() | carried_values, min_size=len(drawn), max_size=len(drawn)))
        for name in CHOSEN
    }
    arrays = st.none() | (products | whole_products).map(json.dumps)
    carried["items",] = draw(st.lists(arrays, min_size=len(drawn), max_size=len(drawn)))
    return drawn, carried


@settings(
    max_examples=int(os.environ.get("MMPSYNC_PLAN_EXAMPLES", "6")),
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(cases(), st.sampled_from(["tracker", "event-type"]), st.sampled_from(["api", "file"]))
def test_every_request_is_within_what_is_documented_and_gives_its_row_back(
    planned: Planned,
    case: tuple[list[dict[str, Any]], dict[tuple[str, ...], list[str | None]]],
    style: str,
    way: str,
) -> None:
    given_rows, carried = case
    push = {"style": style, "fields": {name: name.lower() for name in CHOSEN}}
    found = planned(given_rows, {**CONFIGURATION, "push": push}, carried, way=way)
    assert len(found) == len(given_rows)
    for before, row in zip(given_rows, found, strict=True):
        if row["skipped"] is not None:
            assert row["skipped"].partition(":")[0] in SKIPS
            continue
        check_limits(row["fields"])
        check_dependencies(row["fields"])
        check_round_trip(before, row)


def check_limits(fields: Mapping[str, str]) -> None:
    for name, value in fields.items():
        stem = re.sub(r"(?<=^Item)([A-Za-z]+)[0-9]+$", r"\1", name)
        assert value != ""
        assert len(value) <= LONGEST.get(stem, 10_000), name
        if WHOLE.fullmatch(name):
            assert re.fullmatch(r"[0-9]{1,18}", value), (name, value)
        if DECIMAL.fullmatch(name):
            assert re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value), (name, value)
        if stem in DIGITS:
            width, decimals = DIGITS[stem]
            number = Decimal(value)
            assert abs(number) < 10 ** (width - decimals)
            assert -number.as_tuple().exponent <= decimals  # type: ignore[operator]
        if TIME.fullmatch(name):
            assert datetime.fromisoformat(value).utcoffset() == timedelta(0)
    assert fields.get("GiftPurchase") in {"true", "false", None}
    assert re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", fields.get("CustomerEmail", "0" * 40))


def check_dependencies(fields: Mapping[str, str]) -> None:
    assert {"CampaignId", "EventDate", "OrderId"} <= set(fields)
    assert sum(name in fields for name in EVENT_IDS) == 1
    assert any(name in fields for name in KEYS)
    if any(MONEY.fullmatch(name) for name in fields):
        assert "CurrencyCode" in fields
    priced = [name for name in fields if re.fullmatch(r"Item(Price|SubTotal)[0-9]+", name)]
    assert not ("Amount" in fields and priced)
    indexes = {int(found[1]) for name in fields if (found := re.fullmatch(r"Item[A-Za-z]+([0-9]+)", name))}
    assert indexes == set(range(1, len(indexes) + 1))
    for index in indexes:
        assert {f"Item{name}{index}" for name in ("Sku", "Category", "Quantity")} <= set(fields)
        own = [f"Item{name}{index}" in fields for name in ("Price", "SubTotal")]
        assert sum(own) == (0 if "Amount" in fields else 1)
    assert "@" not in fields.get("CustomerId", "") or not re.search(
        r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}", fields["CustomerId"]
    )


def check_round_trip(before: Mapping[str, Any], row: Mapping[str, Any]) -> None:
    fields = row["fields"]
    decoded = dict(parse_qsl(urlencode(fields), keep_blank_values=True, strict_parsing=True))
    assert decoded == fields
    columns = {"order_id": "OrderId", "click_id": "ClickId", "customer_id": "CustomerId", "idfa": "AppleIfa"}
    assert {column: decoded.get(name) for column, name in columns.items()} == {
        column: before.get(column) for column in columns
    }
    assert datetime.fromisoformat(decoded["EventDate"]) == before["event_time"].replace(
        microsecond=0, tzinfo=UTC
    )
    if "Amount" in decoded:
        assert abs(Decimal(decoded["Amount"]) - before["amount"]) <= Decimal("0.005")
    assert decoded.get("CurrencyCode") == before.get("currency", "EUR")
    assert (row["order_id"], row["click_id"]) == (before["order_id"], before["click_id"])
    assert (row["campaign_id"], len(row["digest"])) == (decoded["CampaignId"], 64)
    assert row["target"].startswith(("tracker:", "type:"))


def test_the_plan_has_the_agreed_columns() -> None:
    assert PLAN.field("amount").type == pa.decimal128(18, 6)
