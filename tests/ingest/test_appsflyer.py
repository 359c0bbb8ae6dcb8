"""AppsFlyer's exports as canonical rows: small inputs, expected values."""

# ruff: noqa: DTZ001
# The times of canonical tables are UTC without saying so.

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

Read = Callable[..., Any]
Export = Callable[..., str]

# The Data Locker's name → the Pull API's, where they differ by more than case, blanks and underscores.
RENAMED = {
    **{f"af_sub{n}": f"Sub Param {n}" for n in range(1, 6)},
    "af_siteid": "Site ID",
    "af_c_id": "Campaign ID",
    "af_prt": "Partner",
    "gp_referrer": "Google Play Referrer",
}


def display(name: str) -> str:
    words = RENAMED.get(name, name.replace("_", " ").title())
    for word in ("ID", "URL", "HTTP", "IDFA", "IDFV", "USD"):
        words = " ".join(word if part.upper() == word else part for part in words.split(" "))
    return words.replace("Appsflyer", "AppsFlyer")


def connector(name: str) -> str:
    return display(name).replace(" ", "_").lower()


def mixed_connector(name: str) -> str:
    return display(name).replace(" ", "_")


PURCHASE = {
    "attributed_touch_type": "Click",
    "attributed_touch_time": "2026-03-01 07:00:00",
    "install_time": "2026-03-01 07:30:00",
    "event_time": "2026-03-02 08:05:09",
    "event_name": "af_purchase",
    "event_value": '{"af_order_id": "O-0001", "af_coupon_code": "SPRING", "af_content_id": "SKU-1",'
    ' "af_content_type": "shoes", "af_quantity": "2"}',
    "event_revenue": "19.90",
    "event_revenue_currency": "eur",
    "event_revenue_usd": "21.4899999999999998",
    "media_source": "impactradius_int",
    "campaign": "Spring 春",
    "af_c_id": "120210000000000001",
    "af_siteid": "10087",
    "af_sub1": "sub one",
    "appsflyer_id": "1700000000000-1234567",
    "advertising_id": "38400000-8cf0-11bd-b23e-10b96e40000d",
    "idfa": "",
    "idfv": "IDFV-1",
    "android_id": "9774d56d682e549c",
    "customer_user_id": "000123",
    "platform": "Android",
    "country_code": "de",
    "app_version": "1.10",
    "app_id": "com.acme.shop",
    "bundle_id": "com.acme.shop.bundle",
    "is_primary_attribution": "true",
    "original_url": "https://app.example/x?pid=impactradius_int&clickid=AbC%3A1+d&af_siteid=10087",
}
CANONICAL = {
    "mmp": "appsflyer",
    "kind": "event",
    "event_id": None,
    "app_id": "com.acme.shop",
    "platform": "android",
    "event_name": "af_purchase",
    "event_time": datetime(2026, 3, 2, 8, 5, 9),
    "touch_type": "click",
    "touch_time": datetime(2026, 3, 1, 7),
    "media_source": "impactradius_int",
    "attribution": "impact",
    "click_id_raw": "AbC%3A1+d",
    "click_id": "AbC:1+d",
    "order_id": "O-0001",
    "amount": Decimal("19.90"),
    "amount_raw": "19.90",
    "currency": "EUR",
    "customer_id": "000123",
    "promo_code": "SPRING",
    "sku": "SKU-1",
    "category": "shoes",
    "quantity": 2,
    "idfa": None,
    "idfv": "IDFV-1",
    "gaid": "38400000-8cf0-11bd-b23e-10b96e40000d",
    "android_id": "9774d56d682e549c",
    "mmp_device_id": "1700000000000-1234567",
    "campaign": "Spring 春",
    "publisher": "10087",
    "country": "DE",
    "app_version": "1.10",
    "is_primary": True,
}


@pytest.mark.parametrize("spell", [str, display, connector, mixed_connector, str.upper])
def test_one_row_whatever_its_columns_are_called(
    read: Read, export: Export, spell: Callable[[str], str]
) -> None:
    row = {spell(name): value for name, value in PURCHASE.items()}
    (found,) = read({"x.csv": export(row, header=[*row][::-1])}).rows
    assert {name: found[name] for name in CANONICAL} == CANONICAL
    assert found["is_click"] is False
    assert (found["source_file"], found["source_row"]) == ("x.csv", 1)


BASE = {
    "media_source": "impactradius_int",
    "event_time": "2026-03-01 08:00:00",
    "event_name": "",
    "appsflyer_id": "",
}


def rows(*more: Mapping[str, str]) -> list[dict[str, str]]:
    """Rows that differ in a few columns, told apart by their number as AppsFlyer ID."""
    columns = dict.fromkeys([*BASE, *(name for row in more for name in row)], "")
    return [columns | BASE | {"appsflyer_id": str(n)} | dict(row) for n, row in enumerate(more)]


KINDS = [
    ({"event_name": "install"}, "install", False),
    ({"event_name": "Install"}, "install", False),
    ({"event_name": "reinstall"}, "reinstall", False),
    ({"event_name": "re-attribution"}, "reattribution", False),
    ({"event_name": "re-engagement"}, "reengagement", False),
    ({"event_name": "af_purchase"}, "event", False),
    ({"event_name": "anything at all"}, "event", False),
    ({"event_name": "uninstall"}, "other", False),
    ({"event_name": "af_ad_revenue"}, "other", False),
    ({"attributed_touch_type": "click"}, "other", True),
    ({"attributed_touch_type": "impression"}, "other", False),
    ({"attributed_touch_type": "tv"}, "other", False),
]


def test_the_kind_of_a_row_by_its_event(read: Read, export: Export) -> None:
    found = read({"x.csv": export(*rows(*(row for row, *_ in KINDS)))}).values("kind", "is_click")
    assert found == [(kind, is_click) for _, kind, is_click in KINDS]


REPORTS = {
    "installs": ("install", "impact"),
    "install": ("install", "impact"),
    "reinstalls": ("reinstall", "impact"),
    "conversions_retargeting": ("reengagement", "impact"),
    "blocked_installs": ("install", "rejected"),
    "post_attribution_installs": ("install", "rejected"),
    **dict.fromkeys(
        [
            "impressions", "impressions_retargeting", "sessions", "retargeting_sessions", "sessions_retargeting",
            "uninstalls", "organic_uninstalls", "attributed_ad_revenue", "organic_ad_revenue", "retargeting_ad_revenue",
            "web_events", "web_touch_points", "web_to_app", "website_events", "website_visits", "skad_installs",
            "skad_postbacks", "cross_platform_engagements", "cohort_unified", "cost_etl_geo",
        ],
        ("other", "impact"),
    ),
    "blocked_clicks": ("other", "rejected"),
}  # fmt: skip


def test_the_kind_of_a_row_by_the_report_that_its_folder_names(read: Read, export: Export) -> None:
    # Where AppsFlyer leaves the event's name empty, the folder alone tells.
    row = BASE | {"event_time": "", "install_time": "2026-03-01 08:00:00", "appsflyer_id": "1"}
    files = {f"t={t}/dt=2026-03-01/h=late/part-0.csv": export(row) for t in REPORTS}
    found = read(files)
    kinds = {row["source_file"].split("/")[0][2:]: (row["kind"], row["attribution"]) for row in found.rows}
    assert kinds == REPORTS
    installs = [row for row in found.rows if row["kind"] == "install"]
    assert {row["event_name"] for row in installs} == {"install"}
    assert {row["event_time"] for row in installs} == {datetime(2026, 3, 1, 8)}


def test_an_events_kind_in_a_reports_folder(read: Read, export: Export) -> None:
    expected = {
        "inapps": ("event", "impact"),
        "inapps_retargeting": ("event", "impact"),
        "installs": ("event", "impact"),
        "blocked_inapps": ("event", "rejected"),
        "uninstalls": ("other", "impact"),
        "sessions": ("other", "impact"),
    }
    text = export(BASE | {"event_name": "af_purchase"})
    found = read({f"t={report}/x.csv": text for report in expected})
    kinds = {row["source_file"]: (row["kind"], row["attribution"]) for row in found.rows}
    assert kinds == {f"t={report}/x.csv": kind for report, kind in expected.items()}


def test_the_folders_app_id_serves_where_the_file_has_none(read: Read, export: Export) -> None:
    found = read(
        {
            "t=installs/dt=2025-01-15/h=0/app_id=id1/part-0.csv": export(BASE | {"event_name": "install"}),
            "t=installs/dt=2025-01-15/h=0/app_id=id2/part-0.csv": export(BASE | {"event_name": "install"}),
            "t=installs/dt=2025-01-15/h=1/part-0.csv": export(
                BASE | {"event_name": "install", "app_id": "id3"}
            ),
        }
    )
    assert found.values("app_id") == ["id1", "id2", "id3"]


ATTRIBUTIONS = [
    ({"media_source": "impactradius_int"}, "impact"),
    ({"media_source": "ImpactRadius_Int"}, "impact"),
    ({"media_source": "googleadwords_int"}, "other"),
    ({"media_source": "impact"}, "other"),
    ({"media_source": "organic"}, "organic"),
    ({"media_source": "Organic"}, "organic"),
    ({"media_source": ""}, "organic"),
    ({"media_source": "null"}, "organic"),
    ({"media_source": "restricted"}, "restricted"),
    ({"blocked_reason": "bots"}, "rejected"),
    ({"blocked_sub_reason": "fake_install"}, "rejected"),
    ({"rejected_reason": "invalid_store"}, "rejected"),
    ({"fraud_reason": "click_flood"}, "rejected"),
    ({"fraud_reasons": "[click_flood]"}, "rejected"),
    ({"blocked_reason": "null"}, "impact"),
    ({"media_source": "organic", "blocked_reason": "bots"}, "rejected"),
    ({"original_url": "https://x.example/?pid=impactradius_int&clickid=A&impacttest=1"}, "test"),
    ({"original_url": "https://x.example/?impacttest=0&clickid=A"}, "impact"),
    (
        {"media_source": "restricted", "attributed_touch_type": "", "is_primary_attribution": "true"},
        "restricted",
    ),
]


def test_attribution_by_media_source_and_the_columns_of_rejections(read: Read, export: Export) -> None:
    cases = rows(*({"event_name": "install"} | row for row, _ in ATTRIBUTIONS))
    found = read({"x.csv": export(*cases)}).values("attribution")
    assert list(zip((row for row, _ in ATTRIBUTIONS), found, strict=True)) == ATTRIBUTIONS


def test_configured_media_sources_take_the_place_of_the_built_in_one(read: Read, export: Export) -> None:
    config = {"sources": {"appsflyer": {"media_sources": ["Agency_X", "partners"]}}}
    sources = ["agency_x", "Partners", "impactradius_int", "organic"]
    text = export(*rows(*({"event_name": "install", "media_source": source} for source in sources)))
    assert read({"x.csv": text}, config=config).values("attribution") == [
        "impact",
        "impact",
        "other",
        "organic",
    ]


def test_times_without_a_zone_are_in_the_configured_one(read: Read, export: Export) -> None:
    config = {"sources": {"appsflyer": {"timezone": "Europe/Riga"}}}
    cases = rows(
        {
            "event_name": "install",
            "event_time": "2026-03-29 02:59:59",
            "attributed_touch_time": "2026-03-29 04:00:00",
        },
        {"event_name": "install", "event_time": "2020-01-15 14:57:24.898+0000"},
    )
    found = read({"x.csv": export(*cases)}, config=config).values("event_time", "touch_time")
    assert found == [
        (datetime(2026, 3, 29, 0, 59, 59), datetime(2026, 3, 29, 1)),
        (datetime(2020, 1, 15, 14, 57, 24, 898_000), None),
    ]


def test_the_primary_twin_of_an_event_supersedes_the_other_wherever_it_stands(
    read: Read, export: Export
) -> None:
    event = BASE | {"event_name": "af_purchase", "event_revenue": "5", "event_value": "{}", "app_id": "a"}

    def row(device: str, primary: str, **more: str) -> dict[str, str]:
        return event | {"appsflyer_id": device, "is_primary_attribution": primary} | more

    found = read(
        {
            "inapps.csv": export(
                row("twin", "false"), row("alone", "false"), row("other-amount", "false"), row("unsaid", "")
            ),
            "retarget.csv": export(
                row("twin", "true", media_source="other"),
                row("other-amount", "true", event_revenue="4"),
                row("unsaid", "true"),
                row("alone-too", "true"),
            ),
        }
    )
    beaten = zip(found.values("mmp_device_id", "is_primary"), found.superseded(), strict=True)
    assert [row for row, is_superseded in beaten if is_superseded] == [("twin", False)]


CLICK = {
    "attributed_touch_type": "click",
    "attributed_touch_time": "2026-03-01 07:00:00",
    "media_source": "impactradius_int",
    "campaign": "Spring",
    "af_siteid": "10087",
    "app_id": "com.acme.shop",
    "platform": "android",
    "original_url": "https://x.example/?pid=impactradius_int&clickid=A%3AB",
}
EXPECTED_CLICK = {
    "click_id_raw": "A%3AB",
    "click_id": "A:B",
    "click_time": datetime(2026, 3, 1, 7),
    "partner": "impactradius_int",
    "campaign": "Spring",
    "publisher": "10087",
    "app_id": "com.acme.shop",
    "platform": "android",
}


@pytest.mark.parametrize("report", ["clicks", "clicks_retargeting"])
def test_a_clicks_report_is_click_records_and_no_conversions(read: Read, export: Export, report: str) -> None:
    later = CLICK | {"attributed_touch_time": "", "event_time": "2026-03-01 09:00:00"}
    text = export(CLICK, later, header=[*CLICK, "event_time"])
    found = read({f"t={report}/dt=2026-03-01/h=0/x.csv": text})
    assert found.rows == []
    assert [click["click_time"] for click in found.clicks] == [
        datetime(2026, 3, 1, 7),
        datetime(2026, 3, 1, 9),
    ]
    assert {name: found.clicks[0][name] for name in EXPECTED_CLICK} == EXPECTED_CLICK


def test_click_rows_beside_conversions_are_rows_and_click_records(read: Read, export: Export) -> None:
    install = BASE | {"event_name": "install", "appsflyer_id": "1"}
    found = read(
        {"x.csv": export(CLICK, install, header=[*CLICK, "event_time", "event_name", "appsflyer_id"])}
    )
    assert found.values("kind", "is_click") == [("other", True), ("install", False)]
    (click,) = found.clicks
    same = {name: click[name] for name in EXPECTED_CLICK}
    assert same == EXPECTED_CLICK
