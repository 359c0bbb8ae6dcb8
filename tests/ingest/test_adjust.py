"""Adjust's exports as canonical rows: small inputs, expected values."""

# ruff: noqa: DTZ001
# The times of canonical tables are UTC without saying so.

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

Read = Callable[..., Any]
Export = Callable[..., str]

CREATED = 1772366400  # 2026-03-01 12:00 UTC
NOON = datetime(2026, 3, 1, 12)

EVENT = {
    "{activity_kind}": "event",
    "{event_name}": "purchase",
    "{event}": "abc123",
    "{created_at}": str(CREATED),
    "{installed_at}": str(CREATED - 86_400),
    "{click_time}": str(CREATED - 90_000),
    "{nonce}": "n-1",
    "{adid}": "a" * 32,
    "{network_name}": "impact",
    "{tracker_name}": "impact::Spring (123)::Placement::Ad",
    "{campaign_name}": "Spring (123)",
    "{adgroup_name}": "Placement",
    "{dcp_irclickid}": "AbC:1 d%2F",
    "[transaction_id]": "O-0001",
    "{revenue_float}": "19.9",
    "{revenue}": "20",
    "{currency}": "eur",
    "[user_id]": "000123",
    "[promo_code]": "SPRING",
    "[sku]": "SKU-1",
    "[category]": "shoes",
    "[quantity]": "2",
    "{app_id}": "1234567890",
    "{os_name}": "iOS",
    "{idfa}": "IDFA-1",
    "{idfv}": "IDFV-1",
    "{gps_adid}": "GAID-1",
    "{android_id}": "ANDROID-1",
    "{country}": "us",
    "{app_version}": "1.10",
    "{environment}": "production",
    "{is_organic}": "0",
    "com.example.app": "com.example.app",
}
CANONICAL = {
    "mmp": "adjust",
    "kind": "event",
    "event_id": "n-1",
    "app_id": "1234567890",
    "platform": "ios",
    "event_name": "purchase",
    "event_time": NOON,
    "touch_type": None,
    "touch_time": NOON - timedelta(seconds=90_000),
    "media_source": "impact",
    "attribution": "impact",
    "click_id_raw": "AbC:1 d%2F",
    "click_id": "AbC:1 d%2F",
    "order_id": "O-0001",
    "amount": Decimal("19.9"),
    "amount_raw": "19.9",
    "currency": "EUR",
    "customer_id": "000123",
    "promo_code": "SPRING",
    "sku": "SKU-1",
    "category": "shoes",
    "quantity": 2,
    "idfa": "IDFA-1",
    "idfv": "IDFV-1",
    "gaid": "GAID-1",
    "android_id": "ANDROID-1",
    "mmp_device_id": "a" * 32,
    "campaign": "Spring (123)",
    "publisher": "Placement",
    "country": "US",
    "app_version": "1.10",
    "is_primary": None,
}


def stripped(name: str) -> str:
    return name.strip("{}[]")


def shouted(name: str) -> str:
    return stripped(name).upper()


@pytest.mark.parametrize("spell", [str, stripped, shouted])
def test_one_row_whether_its_header_is_the_definition_stripped_or_in_capitals(
    read: Read, export: Export, spell: Callable[[str], str]
) -> None:
    row = {spell(name): value for name, value in EVENT.items()}
    (found,) = read({"x.csv": export(row, header=[*row][::-1])}).rows
    assert {name: found[name] for name in CANONICAL} == CANONICAL


def rows(*more: Mapping[str, str], kind: str = "install") -> list[dict[str, str]]:
    """Rows that differ in a few columns, a second apart."""
    columns = dict.fromkeys(("{activity_kind}", "{created_at}", *(name for row in more for name in row)), "")
    return [
        columns | {"{activity_kind}": kind, "{created_at}": str(CREATED + n)} | dict(row)
        for n, row in enumerate(more)
    ]


KINDS = {
    "install": ("install", "install"),
    "Install": ("install", "install"),
    "install_update": ("install", "install"),
    "rejected_install": ("install", "install"),
    "reinstall": ("reinstall", "reinstall"),
    "reattribution": ("reattribution", "reattribution"),
    "reattribution_update": ("reattribution", "reattribution"),
    "reattribution_reinstall": ("reattribution", "reattribution"),
    "rejected_reattribution": ("reattribution", "reattribution"),
    "event": ("event", None),
    **{
        other: ("other", other)
        for other in (
            "click", "impression", "session", "att_update", "sk_install", "sk_install_direct", "sk_event", "sk_cv_update",
            "sk_qualifier", "ad_revenue", "cost_update", "uninstall", "whatever comes",
        )
    },
}  # fmt: skip


def test_the_kind_and_the_name_of_a_row_by_its_activity(read: Read, export: Export) -> None:
    text = export(*rows(*({"{activity_kind}": kind} for kind in KINDS)))
    found = read({"x.csv": text})
    assert dict(zip(KINDS, found.values("kind", "event_name"), strict=True)) == KINDS
    assert found.values("is_click") == [kind == "click" for kind in KINDS]


ATTRIBUTIONS = [
    *(
        ({"{network_name}": n}, "impact")
        for n in ("impact", "Impact", "impact.com", "Impact Radius", "ImpactRadius")
    ),
    ({"{network_name}": "impact (123)"}, "impact"),
    ({"{network_name}": "impactful ads"}, "other"),
    ({"{network_name}": "not impact"}, "other"),
    ({"{network_name}": "Google Ads"}, "other"),
    ({"{tracker_name}": "impact::Campaign::Adgroup::Creative"}, "impact"),
    ({"{tracker_name}": "Google Ads::Campaign"}, "other"),
    ({"{tracker_name}": "Website"}, "other"),
    ({"{is_organic}": "1", "{tracker_name}": "Organic"}, "organic"),
    ({"{network_name}": "Organic"}, "organic"),
    ({"{tracker_name}": "Organic"}, "organic"),
    ({"{tracker}": "unattr", "{tracker_name}": "Unattributed", "{is_organic}": "0"}, "restricted"),
    ({"{tracker}": "unattr", "{is_organic}": "0"}, "restricted"),
    ({"{tracker_name}": "Unattributed"}, "restricted"),
    ({"{network_name}": "Unattributed"}, "restricted"),
    ({"{network_name}": "impact", "{rejection_reason}": "click_injection"}, "rejected"),
    ({"{activity_kind}": "rejected_install", "{network_name}": "impact"}, "rejected"),
    ({"{activity_kind}": "rejected_reattribution", "{network_name}": "impact"}, "rejected"),
    ({"{network_name}": "Untrusted Devices"}, "rejected"),
    ({"{network_name}": "Unverified devices"}, "rejected"),
    ({"{network_name}": "unknown"}, "unknown"),
    ({}, "unknown"),
    ({"{environment}": "sandbox", "{network_name}": "impact"}, "test"),
    ({"{environment}": "Sandbox", "{activity_kind}": "rejected_install"}, "test"),
    ({"{environment}": "production", "{network_name}": "impact", "{is_organic}": "0"}, "impact"),
]


def test_attribution_by_network_tracker_rejection_and_environment(read: Read, export: Export) -> None:
    found = read({"x.csv": export(*rows(*(row for row, _ in ATTRIBUTIONS)))}).values("attribution")
    assert list(zip((row for row, _ in ATTRIBUTIONS), found, strict=True)) == ATTRIBUTIONS


def test_configured_networks_and_trackers_say_what_is_impacts(read: Read, export: Export) -> None:
    config = {"sources": {"adjust": {"media_sources": ["Partnerships"], "trackers": ["aBc123"]}}}
    cases = [
        {"{network_name}": "partnerships", "{tracker}": "x"},
        {"{network_name}": "impact", "{tracker}": "x"},
        {"{network_name}": "Anything", "{tracker}": "ABC123"},
    ]
    found = read({"x.csv": export(*rows(*cases))}, config=config).values("attribution")
    assert found == ["impact", "other", "impact"]


TIMES = {"{installed_at}": CREATED - 10, "{reattributed_at}": CREATED - 20, "{reinstalled_at}": CREATED - 30}


SECONDS_BEFORE = {
    "install": 10,
    "install_update": 10,
    "reattribution": 20,
    "reattribution_update": 20,
    "reinstall": 30,
    "event": 0,
    "session": 0,
}


def test_a_row_happened_when_its_kind_of_activity_happened(read: Read, export: Export) -> None:
    created = {"{created_at}": str(CREATED)}
    times = created | {name: str(at) for name, at in TIMES.items()}
    cases = [{"{activity_kind}": kind} | given for kind in SECONDS_BEFORE for given in (times, created)]
    found = read({"x.csv": export(*rows(*cases))}).values("event_time")
    expected = {kind: [NOON - timedelta(seconds=n), NOON] for kind, n in SECONDS_BEFORE.items()}
    assert {kind: found[2 * n : 2 * n + 2] for n, kind in enumerate(SECONDS_BEFORE)} == expected


def test_milliseconds_and_the_time_of_arrival_serve_where_nothing_better_is(
    read: Read, export: Export
) -> None:
    row = {
        "{activity_kind}": "event",
        "{created_at_milli}": f"{CREATED}250",
        "{received_at}": str(CREATED + 60),
    }
    text = export(
        row, row | {"{created_at_milli}": ""}, row | {"{created_at_milli}": "", "{received_at}": "test"}
    )
    found = read({"x.csv": text}).values("event_time", "event_time_raw")
    assert found == [
        (NOON + timedelta(milliseconds=250), f"{CREATED}250"),
        (NOON + timedelta(seconds=60), str(CREATED + 60)),
        (None, "test"),
    ]


PLACES = [
    "{dcp_irclickid}",
    "{dcp_clickid}",
    "{dcp_im_ref}",
    "{dcp_impact_click_id}",
    "{label}",
    "{referrer}",
]


def at(place: str, click_id: str) -> dict[str, str]:
    return {place: f"utm_source=impact&irclickid={click_id}" if place == "{referrer}" else click_id}


def test_the_first_place_with_a_click_id_wins(read: Read, export: Export) -> None:
    # Row n has ClickIds in the places from n on.
    cases = [{k: v for place in PLACES[n:] for k, v in at(place, place).items()} for n in range(len(PLACES))]
    text = export(*rows(*({"{network_name}": "impact"} | case for case in cases)))
    assert read({"x.csv": text}).values("click_id") == PLACES


def test_a_click_id_is_found_in_every_documented_place(read: Read, export: Export) -> None:
    places = {
        **dict.fromkeys(
            ["{dcp_click_id}", "{impact_click_id}", "{irclickid}", "{cost_id}", "{event_cost_id}"], "A:B"
        ),
        **dict.fromkeys(["{reftag}", "{click_referer}"], "utm_source=impact&irclickid=A%3AB"),
    }
    text = export(*rows(*({"{network_name}": "impact", place: value} for place, value in places.items())))
    found = dict(zip(places, read({"x.csv": text}).values("click_id"), strict=True))
    assert found == dict.fromkeys(places, "A:B")


def test_what_anybodys_links_fill_is_looked_at_only_in_rows_of_impacts(read: Read, export: Export) -> None:
    networks = ["impact", "Google Ads", "Organic", "Unattributed", ""]
    text = export(*rows(*({"{network_name}": n, "{label}": "L"} for n in networks)))
    assert read({"x.csv": text}).values("click_id") == ["L", None, None, None, None]
    text = export(*rows(*({"{network_name}": n, "{dcp_irclickid}": "D"} for n in networks)))
    assert read({"x.csv": text}).values("click_id") == ["D"] * 5


def test_the_programs_parameters_name_the_columns(read: Read, export: Export) -> None:
    text = export(*rows({"{dcp_irclickid}": "A", "{dcp_my_click}": "B"}))
    config = {"program": {"click_id_params": ["my_click"]}}
    assert read({"x.csv": text}, config=config).values("click_id") == ["B"]


def test_a_column_that_stands_for_two_ids_serves_both(read: Read, export: Export) -> None:
    text = export(*rows({"{idfa||gps_adid}": "A"}, kind="event"))
    assert read({"x.csv": text}).values("idfa", "gaid") == [("A", "A")]
    text = export(*rows({"{idfa||android_id}": "A"}, kind="event"))
    assert read({"x.csv": text}).values("idfa", "android_id") == [("A", "A")]


@pytest.mark.parametrize(
    ("columns", "money"),
    [
        ({"{revenue}": "20", "{currency}": "EUR"}, ("20", "EUR")),
        ({"{revenue}": "20", "{currency}": "EUR", "{reporting_revenue}": "22", "{reporting_currency}": "USD"}, ("20", "EUR")),
        ({"{reporting_revenue}": "22", "{reporting_currency}": "USD"}, ("22", "USD")),
        ({"{revenue}": "20", "[transaction_currency]": "GBP"}, ("20", "GBP")),
    ],
)  # fmt: skip
def test_an_amount_goes_with_its_currency(
    read: Read, export: Export, columns: dict[str, str], money: tuple[str, str]
) -> None:
    found = read({"x.csv": export(*rows(columns, kind="event"))}).values("amount", "currency")
    assert found == [(Decimal(money[0]), money[1])]


def test_the_reporting_currency_is_never_that_of_another_amount(read: Read, export: Export) -> None:
    columns = {"{revenue}": "20", "{reporting_revenue}": "22", "{reporting_currency}": "USD"}
    (found,) = read({"x.csv": export(*rows(columns, kind="event"))}).values("amount", "currency")
    assert found in [(Decimal(20), None), (Decimal(22), "USD")]


def test_an_update_supersedes_what_it_updates_and_adds_nothing(read: Read, export: Export) -> None:
    def row(device: str, kind: str, later: int, **more: str) -> dict[str, str]:
        return {
            "{activity_kind}": kind,
            "{created_at}": str(CREATED + later),
            "{installed_at}": str(CREATED),
            "{reattributed_at}": "",
            "{adid}": device,
            "{network_name}": "impact",
        } | {f"{{{name}}}": value for name, value in more.items()}

    table = [
        (row("a", "install", 0), True),
        (row("a", "install_update", 60), True),
        (row("a", "install_update", 120), False),
        (row("a", "event", 60), False),
        (row("b", "install_update", 60), False),
        (row("c", "install", 0), False),
        (row("d", "install_update", 0), False),
        (row("d", "install", 0), True),
        # The same device, installed again: another install.
        (row("a", "install", 900, installed_at=str(CREATED + 900)), False),
        (row("e", "reattribution", 0, reattributed_at=str(CREATED)), True),
        (row("e", "reattribution_update", 5, reattributed_at=str(CREATED)), False),
        (row("", "install", 0), False),
        (row("", "install_update", 60), False),
    ]
    order = list(range(len(table)))
    for places in (order, order[::-1]):
        found = read({"x.csv": export(*(table[n][0] for n in places))})
        assert found.superseded() == [table[n][1] for n in places]


def test_click_rows_are_rows_and_click_records(read: Read, export: Export) -> None:
    text = export(
        *rows(
            {"{activity_kind}": "click", "{network_name}": "impact", "{label}": "A", "{campaign_name}": "C"},
            {"{activity_kind}": "click", "{network_name}": "other", "{dcp_irclickid}": "B", "{label}": "X"},
            {"{activity_kind}": "impression", "{network_name}": "impact", "{label}": "C"},
            {"{activity_kind}": "install", "{network_name}": "impact", "{label}": "A"},
        )
    )
    found = read({"x.csv": text})
    assert len(found.rows) == 4
    clicks = [tuple(c[k] for k in ("click_id", "click_time", "partner", "campaign")) for c in found.clicks]
    assert clicks == [("A", NOON, "impact", "C"), ("B", NOON + timedelta(seconds=1), "other", None)]


@pytest.mark.parametrize("column", ["{dcp_irclickid}", "{label}", "{referrer}"])
def test_a_file_given_for_its_clicks_has_the_clicks_that_it_has_in_any_other_way(
    read: Read, export: Export, column: str
) -> None:
    click = {"{activity_kind}": "click", "{network_name}": "impact"} | at(column, "A")
    text = export(*rows(click, {"{activity_kind}": "install"}))
    as_any, as_clicks = read({"x.csv": text}), read({"x.csv": text}, roles={"clicks": ["x.csv"]})
    assert [c["click_id"] for c in as_any.clicks] == ["A"]
    assert [c["click_id"] for c in as_clicks.clicks] == ["A"]
    assert as_clicks.rows == []
