"""Branch's exports as canonical rows: Daily Exports, Custom Exports, webhooks; small inputs, expected values."""

# ruff: noqa: DTZ001
# The times of canonical tables are UTC without saying so.

import gzip
import io
import json
import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

Read = Callable[..., Any]
Export = Callable[..., str]

# The header of a Daily Export, in order; LATD and LCVD stand for what begins many names.
_HEADER = """
id name timestamp timestamp_iso origin last_attributed_touch_type last_attributed_touch_timestamp
last_attributed_touch_timestamp_iso LATD_tilde_id LATD_tilde_campaign LATD_tilde_campaign_id LATD_tilde_channel
LATD_tilde_feature LATD_tilde_stage LATD_tilde_tags LATD_tilde_advertising_partner_name
LATD_tilde_secondary_publisher LATD_tilde_creative_name LATD_tilde_creative_id LATD_tilde_ad_set_name
LATD_tilde_ad_set_id LATD_tilde_ad_name LATD_tilde_ad_id LATD_tilde_branch_ad_format LATD_tilde_technology_partner
LATD_tilde_banner_dimensions LATD_tilde_placement LATD_tilde_keyword_id LATD_tilde_agency
LATD_tilde_optimization_model LATD_tilde_secondary_ad_format LATD_tilde_journey_name LATD_tilde_journey_id
LATD_tilde_view_name LATD_tilde_view_id LATD_plus_current_feature LATD_plus_via_features LATD_dollar_3p
LATD_plus_web_format LATD_custom_fields days_from_last_attributed_touch_to_event
hours_from_last_attributed_touch_to_event minutes_from_last_attributed_touch_to_event
seconds_from_last_attributed_touch_to_event last_cta_view_timestamp last_cta_view_timestamp_iso LCVD_tilde_id
LCVD_tilde_campaign LCVD_tilde_campaign_id LCVD_tilde_channel LCVD_tilde_feature LCVD_tilde_stage LCVD_tilde_tags
LCVD_tilde_advertising_partner_name LCVD_tilde_secondary_publisher LCVD_tilde_creative_name LCVD_tilde_creative_id
LCVD_tilde_ad_set_name LCVD_tilde_ad_set_id LCVD_tilde_ad_name LCVD_tilde_ad_id LCVD_tilde_branch_ad_format
LCVD_tilde_technology_partner LCVD_tilde_banner_dimensions LCVD_tilde_placement LCVD_tilde_keyword_id
LCVD_tilde_agency LCVD_tilde_optimization_model LCVD_tilde_secondary_ad_format LCVD_plus_via_features
LCVD_dollar_3p LCVD_plus_web_format LCVD_custom_fields deep_linked first_event_for_user user_data_os
user_data_os_version user_data_model user_data_browser user_data_geo_country_code user_data_app_version
user_data_sdk_version user_data_geo_dma_code user_data_environment user_data_platform user_data_aaid
user_data_idfa user_data_idfv user_data_android_id user_data_limit_ad_tracking user_data_user_agent user_data_ip
user_data_developer_identity user_data_language user_data_brand di_match_click_token event_data_revenue_in_usd
event_data_exchange_rate event_data_transaction_id event_data_revenue event_data_currency event_data_shipping
event_data_tax event_data_coupon event_data_affiliation event_data_search_query event_data_description custom_data
LATD_tilde_keyword user_data_cross_platform_id user_data_past_cross_platform_ids user_data_prob_cross_platform_ids
store_install_begin_timestamp referrer_click_timestamp user_data_os_version_android user_data_geo_city_code
user_data_geo_city_en user_data_http_referrer event_timestamp customer_event_alias LATD_tilde_customer_campaign
LATD_tilde_campaign_type LCVD_tilde_campaign_type LATD_tilde_agency_id LATD_plus_touch_id LCVD_plus_touch_id
user_data_installer_package_name user_data_cpu_type user_data_screen_width user_data_screen_height user_data_build
user_data_internet_connection_type hash_version user_data_opted_in days_from_install_to_opt_in request_id
LATD_tilde_keyword_match_type LATD_tilde_organic_search_url match_guaranteed user_data_opted_in_status
LATD_dollar_marketing_title user_data_oaid
"""
DAILY = tuple(
    _HEADER.replace("LATD_", "last_attributed_touch_data_").replace("LCVD_", "last_cta_view_data_").split()
)

NOON = datetime(2026, 3, 1, 12)
MS = 1772366400000  # noon
TOUCH = "last_attributed_touch_data"
FIELDS = {
    "+click_timestamp": MS // 1000 - 3600,
    "+url": "https://acme.app.link/aBc?%243p=a_impact&%7Eclick_id=AbC%3A1",
    "~click_id": "AbC:1",
}
PURCHASE: dict[str, Any] = {
    "id": 949938143432171529,  # beyond 2^53, and odd: no double holds it
    "name": "PURCHASE",
    "timestamp": MS + 123,
    "timestamp_iso": "2026-03-01 12:00:00+0000",
    "event_timestamp": MS + 123,
    "origin": "BRANCH",
    "last_attributed_touch_type": "CLICK",
    "last_attributed_touch_timestamp": MS - 3_600_000,
    "last_attributed_touch_timestamp_iso": "2026-03-01 11:00:00+0000",
    "days_from_last_attributed_touch_to_event": 0,
    "deep_linked": True,
    f"{TOUCH}_tilde_id": 1234567890123456789,
    f"{TOUCH}_tilde_campaign": "Spring",
    f"{TOUCH}_tilde_campaign_id": 77,
    f"{TOUCH}_tilde_channel": "Blog",
    f"{TOUCH}_tilde_feature": "paid advertising",
    f"{TOUCH}_tilde_tags": ["a", "b"],
    f"{TOUCH}_tilde_advertising_partner_name": "Impact",
    f"{TOUCH}_tilde_secondary_publisher": "Site 7",
    f"{TOUCH}_dollar_3p": "a_impact",
    f"{TOUCH}_plus_touch_id": 1111111111111111111,
    "user_data_os": "IOS",
    "user_data_platform": "IOS_APP",
    "user_data_environment": "FULL_APP",
    "user_data_idfa": "IDFA-1",
    "user_data_idfv": "IDFV-1",
    "user_data_aaid": "GAID-1",
    "user_data_android_id": "ANDROID-1",
    "user_data_developer_identity": "000123",
    "user_data_geo_country_code": "us",
    "user_data_app_version": "1.10",
    "user_data_cross_platform_id": 1122334455667788991,
    "event_data_transaction_id": "O-0001",
    "event_data_revenue": 19.9,
    "event_data_currency": "eur",
    "event_data_revenue_in_usd": 21.49,
    "event_data_coupon": "SPRING",
    "custom_data": {"~click_id": "never mind"},
}
CANONICAL = {
    "mmp": "branch",
    "kind": "event",
    "event_id": "949938143432171529",
    "app_id": None,
    "platform": "ios",
    "event_name": "PURCHASE",
    "event_time": NOON + timedelta(milliseconds=123),
    "touch_type": "click",
    "touch_time": NOON - timedelta(hours=1),
    "media_source": "Impact",
    "attribution": "impact",
    "click_id_raw": "AbC:1",
    "click_id": "AbC:1",
    "order_id": "O-0001",
    "amount": Decimal("19.9"),
    "amount_raw": "19.9",
    "currency": "EUR",
    "customer_id": "000123",
    "promo_code": "SPRING",
    "sku": None,
    "category": None,
    "quantity": None,
    "idfa": "IDFA-1",
    "idfv": "IDFV-1",
    "gaid": "GAID-1",
    "android_id": "ANDROID-1",
    "mmp_device_id": "1122334455667788991",
    "campaign": "Spring",
    "publisher": "Site 7",
    "country": "US",
    "app_version": "1.10",
    "is_primary": None,
}


def cell(value: Any) -> str:
    """A value as CSV has it: text as it is, everything else as JSON, nothing for null."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def flat(*rows: Mapping[str, Any]) -> list[dict[str, str]]:
    """Rows of a Daily Export, custom fields as JSON text with escaped slashes."""
    fields = json.dumps(FIELDS).replace("/", "\\/")
    whole = [{f"{TOUCH}_custom_fields": fields, **row} for row in rows]
    return [dict.fromkeys(DAILY, "") | {name: cell(value) for name, value in row.items()} for row in whole]


def lines(*records: Mapping[str, Any]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def webhook(row: Mapping[str, Any], fields: Mapping[str, Any] = FIELDS) -> dict[str, Any]:
    """The same as a webhook's body: objects instead of prefixes, signs instead of words, empties left out."""
    signs = {"tilde_": "~", "plus_": "+", "dollar_": "$"}
    body: dict[str, Any] = {}
    for name, value in row.items():
        outer = next((o for o in (TOUCH, "user_data", "event_data") if name.startswith(f"{o}_")), None)
        key = name if outer is None else name.removeprefix(f"{outer}_")
        for word, sign in signs.items():
            key = sign + key.removeprefix(word) if outer and key.startswith(word) else key
        if value not in (None, "", {}):
            (body if outer is None else body.setdefault(outer, {}))[key] = value
    return body | ({TOUCH: body.get(TOUCH, {}) | fields} if fields else {})


def parquet_file(records: Sequence[Mapping[str, Any]]) -> bytes:
    file = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(list(records)), file)
    return file.getvalue()


def shuffled(names: Sequence[str]) -> list[str]:
    return random.Random(7).sample([*names, "user_data_something_new"], len(names) + 1)


def spelt_for_people(names: Sequence[str]) -> list[str]:
    return [name.replace("_", " ").title() for name in names]


def daily_csv(export: Export, *rows: Mapping[str, Any]) -> bytes:
    return export(*flat(*rows)).encode()


def canonical(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in CANONICAL}


def test_a_daily_export_has_142_columns() -> None:
    assert len(DAILY) == len(set(DAILY)) == 142
    assert (DAILY[39], DAILY[85], DAILY[132]) == (f"{TOUCH}_custom_fields", "user_data_aaid", "hash_version")


@pytest.mark.parametrize(
    "spell",
    [list, shuffled, spelt_for_people, lambda names: [name.upper() for name in names]],
    ids=["in order", "moved and added to", "spelt for people", "in capitals"],
)
def test_a_row_of_all_columns_whatever_their_order_and_spelling(
    read: Read, export: Export, spell: Callable[[Sequence[str]], list[str]]
) -> None:
    (row,) = flat(PURCHASE)
    header = spell(DAILY)
    named = {spelt: row.get(spelt.lower().replace(" ", "_"), "") for spelt in header}
    (found,) = read({"x.csv.gz": gzip.compress(export(named, header=header).encode())}).rows
    assert canonical(found) == CANONICAL


def custom_export() -> dict[str, Any]:
    """A Custom Export knows more: the app, whether the row is attributed; custom fields stay JSON text."""
    return PURCHASE | {
        "app_id": 12345,
        "attributed": True,
        f"{TOUCH}_custom_fields": json.dumps(FIELDS),
        "content_items": [{"dollar_sku": "S"}],
    }


@pytest.mark.parametrize("zipped", [False, True])
def test_a_custom_export_is_the_same_as_csv_and_as_json_lines(
    read: Read, export: Export, *, zipped: bool
) -> None:
    text = export({name: cell(value) for name, value in custom_export().items()})
    files = {
        "a.csv": text.encode(),
        "b.json": lines(custom_export(), {**custom_export(), "id": "2"}).encode(),
    }
    pack = gzip.compress if zipped else bytes
    found = read({name: pack(content) for name, content in files.items()}).rows
    expected = CANONICAL | {"app_id": "12345"}
    assert [canonical(row) for row in found] == [expected, expected, expected | {"event_id": "2"}]


def test_what_daily_exports_json_lines_and_webhooks_say_of_an_event_is_the_same_row(
    read: Read, export: Export
) -> None:
    organic = {"id": 1, "name": "PURCHASE", "timestamp": MS, "user_data_os": "ANDROID"}
    rows = [PURCHASE, organic]
    as_json = [
        {f"{TOUCH}_custom_fields": json.dumps(FIELDS), **PURCHASE},
        dict.fromkeys(PURCHASE) | organic,
    ]
    files = {
        "a.csv": export(*flat(PURCHASE, organic | {f"{TOUCH}_custom_fields": ""})),
        "b.json": lines(*as_json),
        "c.ndjson": lines(webhook(PURCHASE), webhook(organic, {})),
        "d.parquet": parquet_file(as_json),
    }
    found = read(files).rows
    assert len(found) == len(files) * len(rows)
    for n in range(len(rows)):
        same = [canonical(row) for row in found if row["source_row"] == n + 1]
        assert same == [same[0]] * len(files)
    assert [row["attribution"] for row in found] == ["impact", "organic"] * len(files)


def test_one_webhook_alone_in_a_file_is_a_row_though_it_has_a_list_of_objects(read: Read) -> None:
    for extra in ({"content_items": [{"$sku": "S"}, {"$sku": "T"}]}, {"persona_identifiers": [{"a": 1}]}, {}):
        (found,) = read({"x.json": lines(webhook(PURCHASE) | extra)}).rows
        assert canonical(found) == CANONICAL


def test_cells_of_more_than_a_megabyte_are_read(read: Read, export: Export) -> None:
    long = json.dumps({"note": "x" * 3_000_000} | FIELDS)
    row = PURCHASE | {f"{TOUCH}_custom_fields": long}
    second = {"id": "2", "name": "OPEN"}
    files = {
        "a.csv.gz": gzip.compress(export(*flat(row, second)).encode()),
        "b.json.gz": gzip.compress(lines(row, PURCHASE | second).encode()),
        "c.json": lines(webhook(PURCHASE, {"note": "x" * 3_000_000} | FIELDS), webhook(PURCHASE | second)),
    }
    found = read(files)
    assert found.unreadable == []
    assert [canonical(row) for row in found.rows[::2]] == [CANONICAL] * 3
    assert [row["event_id"] for row in found.rows[1::2]] == ["2"] * 3


def minimal(**more: Any) -> dict[str, Any]:
    return {
        "id": "1",
        "name": "PURCHASE",
        "timestamp": MS,
        f"{TOUCH}_tilde_advertising_partner_name": "Impact",
    } | more


def exported(
    read: Read, export: Export, *rows: Mapping[str, Any], name: str = "x.csv", **options: Any
) -> Any:
    """Rows of a Custom Export with just these columns, each with an id of its own."""
    columns = dict.fromkeys(column for row in rows for column in minimal(**row))
    cells = [
        {**dict.fromkeys(columns, ""), **{k: cell(v) for k, v in minimal(id=str(n), **row).items()}}
        for n, row in enumerate(rows)
    ]
    return read({name: export(*cells)}, **options)


KINDS = {
    "CLICK": "click",
    "INSTALL": "install",
    "REINSTALL": "reinstall",
    "OPEN": "reengagement",
    "open": "reengagement",
    "PURCHASE": "event",
    "COMPLETE_REGISTRATION": "event",
    "VIEW_ITEM": "event",
    "level 9 done": "event",
    **dict.fromkeys(("IMPRESSION", "PAGEVIEW", "WEB_SESSION_START", "BRANCH_CTA_VIEW", "SMS_SENT"), "other"),
    **dict.fromkeys(("WEB_TO_APP_AUTO_REDIRECT", "DISMISSAL"), "other"),
}


def kinds(found: Any) -> list[str]:
    return ["click" if row["is_click"] else row["kind"] for row in found.rows]


def test_the_kind_of_a_row_by_its_name(read: Read, export: Export) -> None:
    found = exported(read, export, *({"name": name} for name in KINDS))
    assert dict(zip(KINDS, kinds(found), strict=True)) == KINDS
    assert found.values("event_name") == list(KINDS)


TOPICS = {
    "eo_install": ("install", "INSTALL"),
    "eo_reinstall": ("reinstall", "REINSTALL"),
    "eo_open": ("reengagement", "OPEN"),
    "eo_commerce_event": ("event", None),
    "eo_custom_event": ("event", None),
    **dict.fromkeys(("eo_impression", "eo_pageview", "eo_web_session_start", "eo_branch_cta_view"), ("other", None)),
    **dict.fromkeys(("eo_sms_sent", "eo_web_to_app_auto_redirect", "eo_dismissal"), ("other", None)),
    "eo_click_blocked": ("other", None),
}  # fmt: skip
PATHS = {
    "daily": "{app}-2026-03-01-{topic}-v2-" + "0a" * 32 + "-abcdef-1.csv",
    "partitions": "y=2026/m=03/d=01/app_id={app}/topic={topic}/part-1.csv",
    "custom": "{app}-{topic}-2026-03-01-2026-03-02-6f0c8a52-4cb5-4a0e-9f7e-0123456789ab-0123456789abcdef.csv",
}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
@pytest.mark.parametrize("topic", TOPICS)
def test_where_no_column_tells_the_kind_the_topic_in_the_path_does(
    read: Read, export: Export, path: str, topic: str
) -> None:
    name = path.format(app="777", topic=topic)
    (found,) = exported(read, export, {"name": ""}, name=name).rows
    assert (found["kind"], found["event_name"]) == TOPICS[topic]


def test_an_apps_own_event_may_be_named_like_one_of_branchs(read: Read, export: Export) -> None:
    name = PATHS["daily"].format(app="777", topic="eo_custom_event")
    assert kinds(exported(read, export, {"name": "open"}, {"name": "Click"}, name=name)) == ["event", "event"]


@pytest.mark.parametrize("path", [PATHS["daily"], PATHS["partitions"]])
def test_the_app_of_a_daily_export_stands_in_its_path(read: Read, export: Export, path: str) -> None:
    name = path.format(app="777", topic="eo_install")
    assert exported(read, export, {}, name=name).values("app_id") == ["777"]
    own = exported(read, export, {"app_id": 8}, name="other/" + name)
    assert [row["app_id"] for row in own.rows if row["source_file"].startswith("other")] == ["8"]


def test_what_a_custom_exports_name_begins_with_may_be_no_app(read: Read, export: Export) -> None:
    name = PATHS["custom"].format(app="777", topic="eo_install")
    assert exported(read, export, {}, name=name).values("app_id") == [None]


def test_records_of_postbacks_are_no_conversions(read: Read, export: Export) -> None:
    rows = [
        {"name": "INSTALL", "webhook_request_url": "https://x.example"},
        {"name": "INSTALL", "webhook_response_code": 200},
    ]
    assert kinds(exported(read, export, *rows)) == ["other", "other"]


@pytest.mark.parametrize(
    "path", ["x.csv", *(path.format(app=7, topic="eo_click") for path in PATHS.values())]
)
def test_clicks_are_click_records_wherever_they_lie(read: Read, export: Export, path: str) -> None:
    fields = {f"{TOUCH}_custom_fields": json.dumps(FIELDS), f"{TOUCH}_tilde_campaign": "C"}
    text = export({k: cell(v) for k, v in minimal(name="CLICK", **fields).items()})
    found = read({path: text})
    assert [c["click_id"] for c in found.clicks] == ["AbC:1"]
    assert [(c["click_time"], c["partner"], c["campaign"]) for c in found.clicks] == [(NOON, "Impact", "C")]
    # A file that says that it holds clicks only has no other rows.
    assert len(found.rows) == (1 if path == "x.csv" else 0)
    assert [file.holds for file in found.files.values()] == ["conversions" if path == "x.csv" else "clicks"]


def test_a_click_has_the_time_and_the_touch_of_its_own(read: Read, export: Export) -> None:
    (found,) = exported(read, export, {"name": "CLICK", "event_timestamp": MS + 5}).rows
    assert (found["event_time"], found["touch_type"], found["touch_time"]) == (NOON, "click", NOON)
