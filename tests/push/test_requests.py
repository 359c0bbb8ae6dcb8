"""How a clean row becomes a request, and what keeps it from being sent."""

import hashlib
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from mmpsync.push.interface import PLAN
from mmpsync.push.skips import NOTES, SKIPS, title

Planned = Any


def test_a_clean_row_is_a_request_in_the_style_of_mmps(planned: Planned) -> None:
    time = datetime(2026, 3, 1, 8, 5, 7, 999_000)  # noqa: DTZ001
    (row,) = planned([{"event_time": time, "gaid": "g-1", "customer_id": "c"}])
    assert row["skipped"] is None
    assert list(row["fields"].items()) == [
        ("CampaignId", "1000"),
        ("ActionTrackerId", "4001"),
        ("EventCode", "SALE"),
        ("EventDate", "2026-03-01T08:05:07Z"),
        ("OrderId", "O-1"),
        ("ClickId", "xgMQ4KWb:xyIWO7Uo7Vva0OcUkGQgW2aEwvr1c0"),
        ("CustomerId", "c"),
        ("GoogAId", "g-1"),
        ("CurrencyCode", "EUR"),
        ("Amount", "9.99"),
        ("AppPackage", "com.acme.shop"),
    ]
    assert (row["campaign_id"], row["target"], row["event_code"]) == ("1000", "tracker:4001", "SALE")
    assert [name for name in row if name not in ("event_time", "notes")] == PLAN.names


def test_the_style_of_event_types_names_the_type_and_the_app_as_property(planned: Planned) -> None:
    settings = {
        "push": {"style": "event-type"},
        "events": {
            "purchase": {"names": ["p"], "code": "SALE", "type_id": 77},
            "signup": {"names": ["s"], "code": "SIGN-UP"},
            "other": {"names": ["o"]},
        },
    }
    by_id, by_code, neither, web = planned(
        [{}, {"event": "signup"}, {"event": "other"}, {"app_id": None}], settings
    )
    named = {"EventTypeId", "EventTypeCode", "PropertyId", "ActionTrackerId", "EventCode"}
    assert {k: v for k, v in by_id["fields"].items() if k in named} == {
        "EventTypeId": "77",
        "PropertyId": "4001",
    }
    assert {k: v for k, v in by_code["fields"].items() if k in named} == {
        "EventTypeCode": "SIGN-UP",
        "PropertyId": "4001",
    }
    assert (by_id["target"], by_id["event_code"]) == ("type:77", "")
    assert (by_code["target"], by_code["event_code"]) == ("type:SIGN-UP", "")
    assert neither["skipped"] == "no-event-code:other"
    assert "PropertyId" not in web["fields"]
    assert web["skipped"] is None


def test_on_the_web_an_event_type_is_its_own_tracker(planned: Planned) -> None:
    settings = {"events": {"purchase": {"names": ["p"], "code": "SALE", "type_id": 77}}}
    web, app = planned([{"app_id": None}, {}], settings)
    assert web["fields"]["ActionTrackerId"] == "77"
    assert "EventCode" not in web["fields"]
    assert (web["target"], web["event_code"], web["skipped"]) == ("type:77", "", None)
    assert (app["target"], app["event_code"]) == ("tracker:4001", "SALE")


SKIPPED = {
    "no-tracker-id:other.app": {"app_id": "other.app"},
    "no-event-code:install": {"event": "install"},
    "missing:OrderId": {"order_id": None},
    "missing:ClickId": {"click_id": None},
    "missing:EventDate": {"event_time": None},
    "in-future": {"event_time": datetime(2026, 3, 20, 0, 0, 1)},  # noqa: DTZ001
    "too-old": {"event_time": datetime(2026, 3, 20) - timedelta(days=88, seconds=1)},  # noqa: DTZ001
    "too-long:OrderId": {"order_id": "x" * 65},
    "too-long:ClickId": {"click_id": "x" * 65},
    "too-large:Amount": {"amount": Decimal(1_000_000)},
    "no-currency": {"currency": None},
    "personal-data:CustomerId": {"customer_id": "jane@example.com"},
}


def test_what_cannot_be_sent_says_why_and_the_row_beside_it_is_sent(planned: Planned) -> None:
    rows = planned([*SKIPPED.values(), {}])
    assert [row["skipped"] for row in rows] == [*SKIPPED, None]


def test_limits_themselves_are_within_them(planned: Planned) -> None:
    rows = planned(
        [
            {"order_id": "x" * 64, "click_id": "y" * 64, "customer_id": "z" * 255},
            {"amount": Decimal("999999.99")},
            {"event_time": datetime(2026, 3, 20) - timedelta(days=88)},  # noqa: DTZ001
            {"event_time": datetime(2026, 3, 20)},  # noqa: DTZ001
        ]
    )
    assert [row["skipped"] for row in rows] == [None] * 4


def test_without_a_program_nothing_can_be_sent(planned: Planned) -> None:
    (row,) = planned([{}], {"program": {}})
    assert row["skipped"] == "no-campaign-id"


def test_every_reason_has_its_words(planned: Planned) -> None:
    rows = planned([*SKIPPED.values()])
    assert {row["skipped"].partition(":")[0] for row in rows} <= set(SKIPS)
    assert title("too-long:Text1") == "Text1 is longer than impact.com takes"
    assert title("no-tracker-id:") == "App (none) has no tracker"
    assert all("{}" not in remark.remedy for remark in [*SKIPS.values(), *NOTES.values()])


def test_amounts_have_two_decimals_and_no_exponent_and_rounding_is_said(planned: Planned) -> None:
    amounts = ["0", "0.000001", "12.5", "12.345", "100000", None]
    rows = planned([{"amount": None if a is None else Decimal(a)} for a in amounts])
    assert [row["fields"].get("Amount") for row in rows] == [
        "0.00", "0.00", "12.50", "12.35", "100000.00", None,
    ]  # fmt: skip
    assert [row["notes"] for row in rows] == ["", "rounded", "", "rounded", "", ""]


FIELDS = {
    "push": {
        "fields": {
            "Text1": "campaign",
            "Text2": ["a", "b"],
            "Numeric1": "n",
            "Money1": "m",
            "Date1": "d",
            "GiftPurchase": "gift",
            "CustomerEmail": "mail",
            "Note": "=autumn",
        }
    },
    "events": {"purchase": {"names": ["p"], "code": "SALE", "fields": {"Text1": "own"}}},
    "sources": {"adjust": {"timezone": "Europe/Berlin"}},
}
REFERENCES = ("a", "b"), ("n",), ("m",), ("d",), ("gift",), ("mail",), ("own",), ("campaign",), ("=autumn",)


def test_chosen_fields_are_sent_as_their_kind_asks(planned: Planned) -> None:
    values = [
        "A",
        "0012.500",
        "7.25",
        "2026-03-01 08:00:00",
        "YES",
        " Jane@Example.COM ",
        "mine",
        None,
        "autumn",
    ]
    carried = dict(zip(REFERENCES, [[value] for value in values], strict=True))
    (row,) = planned([{"mmp": "adjust"}], FIELDS, carried)
    assert row["skipped"] is None
    sent = row["fields"]
    assert {name: sent[name] for name in ("Text1", "Text2", "Note")} == {
        "Text1": "mine",
        "Text2": "A",
        "Note": "autumn",
    }
    assert (sent["Numeric1"], sent["Money1"], sent["GiftPurchase"]) == ("12.5", "7.25", "true")
    assert sent["Date1"] == "2026-03-01T07:00:00Z"  # local time of the source, which is in Berlin
    assert sent["CustomerEmail"] == hashlib.sha1(b"jane@example.com", usedforsecurity=False).hexdigest()


def test_a_chosen_value_that_impact_would_refuse_is_said(planned: Planned) -> None:
    refused = {
        "not-valid:Numeric1": (("n",), "1e3"),
        "not-valid:Money1": (("m",), "free"),
        "not-valid:Date1": (("d",), "yesterday"),
        "not-valid:GiftPurchase": (("gift",), "maybe"),
        "not-valid:CustomerEmail": (("mail",), "jane"),
        "too-long:Text2": (("a", "b"), "x" * 65),
    }
    carried = {
        each: [value if each == reference else None for reference, value in refused.values()]
        for each in REFERENCES
    }
    rows = planned([{}] * len(refused), FIELDS, carried)
    assert [row["skipped"] for row in rows] == [*refused]
    # What a row does not have is not sent, nor in its way.
    assert all(len(set(row["fields"]) & {"GiftPurchase", "Numeric1", "Date1"}) == 0 for row in rows)


def test_an_event_s_own_field_comes_before_that_for_all_and_a_canonical_name_stands_for_its_field(
    planned: Planned,
) -> None:
    settings = {
        "events": {
            "purchase": {"names": ["p"], "code": "SALE", "fields": {"Text1": "own"}},
            "signup": {"names": ["s"], "code": "SIGN-UP"},
        },
        "push": {"fields": {"Text1": "campaign", "CustomerId": "login"}},
    }
    carried: dict[tuple[str, ...], list[str | None]] = {
        ("own",): ["mine", None, "not mine"],
        ("campaign",): [None, None, None],
        ("login",): [None, "L", None],
    }
    rows = planned(
        [
            {"campaign": "spring", "customer_id": "c"},
            {"campaign": "spring"},
            {"campaign": "spring", "event": "signup"},
        ],
        settings,
        carried,
    )
    assert [row["fields"].get("Text1") for row in rows] == ["mine", None, "spring"]
    # What was configured is all that counts: the row's own customer id does not come in its place.
    assert [row["fields"].get("CustomerId") for row in rows] == [None, "L", None]


def test_hashes_are_sent_as_they_are_and_case_and_kind_are_configured(planned: Planned) -> None:
    settings = {
        "push": {"email_hash": "sha256", "email_case": "as-is", "fields": {"CustomerEmail": "mail"}},
    }
    mails = ["Jane@Example.com", "A" * 40, "0" * 64, "c" * 32]
    rows = planned([{}] * 4, settings, {("mail",): mails})
    assert [row["fields"].get("CustomerEmail") for row in rows] == [
        hashlib.sha256(b"Jane@Example.com").hexdigest(),
        "a" * 40,
        "0" * 64,
        None,
    ]
    assert rows[3]["skipped"] == "not-valid:CustomerEmail"


def test_one_way_to_name_the_partner_only(planned: Planned) -> None:
    settings = {"push": {"fields": {"MediaId": "m", "MediaPartnerId": "p"}}}
    rows = planned([{}, {}], settings, {("m",): ["1", "1"], ("p",): ["2", None]})
    assert [row["skipped"] for row in rows] == ["not-both:MediaId and MediaPartnerId", None]


def test_the_digest_tells_payloads_apart_and_nothing_else(planned: Planned) -> None:
    first, again, other = planned(
        [{"source_row": 5}, {"source_row": 6, "partner": None}, {"amount": Decimal("9.98")}]
    )
    assert first["digest"] == again["digest"] != other["digest"]
    assert len(first["digest"]) == 64


def test_in_a_file_nothing_is_older_than_88_days_but_what_names_its_partner(planned: Planned) -> None:
    settings = {
        "program": {"campaign_id": 1000, "max_event_age": "1000d"},
        "push": {"fields": {"MediaId": "m"}},
    }
    now = datetime(2026, 3, 20)  # noqa: DTZ001
    ages = [88, 89, 89, 398, 399]
    rows = [{"event_time": now - timedelta(days=age)} for age in ages]
    media: dict[tuple[str, ...], list[str | None]] = {("m",): [None, None, "5", "5", "5"]}
    assert [row["skipped"] for row in planned(rows, settings, media, way="file")] == [
        None, "too-old", None, None, "too-old",
    ]  # fmt: skip
    assert [row["skipped"] for row in planned(rows, settings, media)] == [None] * 5
