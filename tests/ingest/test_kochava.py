"""Kochava's reports and Query tables as canonical rows: small inputs, expected values."""

# ruff: noqa: DTZ001
# The times of canonical tables are UTC without saying so.

import gzip
import io
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from mmpsync.ingest.canonical import CONVERSION

Read = Callable[..., Any]
Export = Callable[..., str]

NOON = datetime(2026, 3, 1, 12)
EPOCH = 1772366400  # noon
ZERO = "00000000-0000-0000-0000-000000000000"
DEVICE = "KA" + "1" * 32

EVENT = {
    "timestamp_utc": "2026-03-01 12:00:00",
    "timestamp_adjusted": "2026-03-01 04:00:00",
    "event_name": "Purchase",
    "event_time_registered": "2026-03-01 12:00:05",
    "geo_country": "us",
    "device_type": "iPhone8,1",
    "device_os": "iOS",
    "device_version": "iPhone8,1-iOS-17.1",
    "device_id_adid": "",
    "device_id_android_id": "",
    "device_id_kochava": DEVICE,
    "device_id_idfv": "IDFV-1",
    "device_id_idfa": ZERO,
    "device_id_custom": "000123",
    "app_id": "1234567890",
    "app_guid": "koacme-ios-x",
    "attribution_timestamp": str(EPOCH - 90_000),
    "attribution_matched_by": "device",
    "attribution_matched_to": "click",
    "attribution_network_id": "1810",
    "attribution_network": "IMPACT - iOS",
    "attribution_campaign": "Spring",
    "attribution_campaign_id": "kospring",
    "attribution_tracker": "Blog, tracker",
    "attribution_site_id": "site-7",
    "dimension_data": json.dumps(
        {
            "order_id": "O-0001",
            "currency": "eur",
            "content_id": "SKU-1",
            "content_type": "shoes",
            "quantity": 2,
            "coupon": "SPRING",
        }
    ),
    "dimension_count": "1",
    "dimension_sum": "19.90",
    "install_date_utc": "2026-02-27 12:00:00",
    "install_status": "attributed",
    "click_original_request": "click_id=AbC:1%2Fd&site_id=site-7",
}
EVENT_ROW = {
    "mmp": "kochava",
    "kind": "event",
    "event_id": None,
    "app_id": "1234567890",
    "platform": "ios",
    "event_name": "Purchase",
    "event_time": NOON,
    "touch_type": "click",
    "touch_time": NOON - timedelta(seconds=90_000),
    "media_source": "IMPACT - iOS",
    "attribution": "impact",
    "click_id_raw": "AbC:1%2Fd",
    "click_id": "AbC:1/d",
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
    "gaid": None,
    "android_id": None,
    "mmp_device_id": DEVICE,
    "campaign": "Spring",
    "publisher": "site-7",
    "country": "US",
    "app_version": None,
    "is_primary": None,
}
INSTALL = {
    "attribution_campaign": "kospring",
    "attribution_campaign_name": "Spring",
    "install_click_date_adjusted": "2026-03-01 11:00:00",
    "installgeo_country_code": "de",
    "install_device_version": "SM-G950U-Android-9",
    "install_device_ua": "Mozilla/5.0 (Linux; Android 9; SM-G950U)",
    "install_date_adjusted": "2026-03-01 04:00:00",
    "attribution_network_name": "Impact Radius - Android",
    "attribution_network": "1810",
    "attribution_site": {"site_id": "site-7", "campaign_name": "x"},
    "attribution_tracker": "4711",
    "attribution_tracker_name": "Blog",
    "install_kochava_device_id": DEVICE,
    "install_matched_on": "click",
    "install_matched_by": "adid",
    "install_original_request": {"click_id": "AbC:1%2Fd", "site_id": "site-7", "meta_data": {"a": [1]}},
    "install_devices_ids": {"adid": "GAID-1", "android_id": "ANDROID-1", "kochava_device_id": DEVICE},
    "install_date_utc": "2026-03-01 12:00:00",
    "installgeo_country_name": "Germany",
    "identity_link": {"customer_id": "000123", "acme user id": "7"},
    "install_status": "attributed",
}
INSTALL_ROW = {
    **dict.fromkeys((*EVENT_ROW,), None),
    "mmp": "kochava",
    "kind": "install",
    "platform": "android",
    "event_name": "install",
    "event_time": NOON,
    "touch_type": "click",
    "touch_time": NOON - timedelta(hours=1),
    "media_source": "Impact Radius - Android",
    "attribution": "impact",
    # A value of JSON is no part of a URL: it stays as it is.
    "click_id_raw": "AbC:1%2Fd",
    "click_id": "AbC:1%2Fd",
    "customer_id": "000123",
    "gaid": "GAID-1",
    "android_id": "ANDROID-1",
    "mmp_device_id": DEVICE,
    "campaign": "Spring",
    "publisher": "site-7",
    "country": "DE",
}
CLICK = {
    "click_date_adjusted": "2026-03-01 11:00:00",
    "click_campaign": "kospring",
    "click_campaign_name": "Spring",
    "click_creative": '{"creative_id": "9"}',
    "click_network": "1810",
    "click_network_name": "impact.com",
    "click_site": "site-7",
    "click_tracker": "4711",
    "click_tracker_name": "Blog",
    "clickgeo_country_code": "DE",
    "click_status": "ok",
    "click_device_ver": "iPhone8,1-iOS-17.1",
    "click_identifiers": {"idfa": "IDFA-1"},
    "click_original_request": "click_id=AbC:1&site_id=site-7",
    "kochava_click_id": "KC-1",
    "partner_click_id": "AbC:1",
}


def cells(record: Mapping[str, Any]) -> dict[str, str]:
    """A record as a row of CSV: what is nested stands there as JSON."""
    return {k: v if isinstance(v, str) else json.dumps(v) for k, v in record.items()}


def as_array(*records: Mapping[str, Any]) -> str:
    return json.dumps(list(records))


def as_parquet(*records: Mapping[str, Any]) -> bytes:
    file = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(list(records)), file)
    return file.getvalue()


def canonical(found: Any) -> list[dict[str, Any]]:
    names = [name for name in CONVERSION if name not in ("source_file", "source_row")]
    return [{name: row[name] for name in names} for row in found.rows]


# -- Whole rows, in every form


REPORTS = {"event": (EVENT, EVENT_ROW), "install": (INSTALL, INSTALL_ROW)}


@pytest.mark.parametrize("report", REPORTS)
def test_a_row_of_a_report_in_every_form_and_order_of_columns(
    read: Read, export: Export, report: str
) -> None:
    record, row = REPORTS[report]
    flat = cells(record)
    turned = dict(reversed(flat.items()))
    contents: dict[str, str | bytes] = {
        "csv": export(flat),
        "turned": export(turned),
        "upper case": export({name.upper(): value for name, value in flat.items()}),
        "csv.gz": gzip.compress(export(flat).encode()),
        "array": as_array(record),
        "flat array": as_array(flat),
        "array.gz": gzip.compress(as_array(turned).encode()),
        "lines": json.dumps(record) + "\n",
        "parquet": as_parquet(record),
        "flat parquet": as_parquet(flat),
    }
    found = read(contents)
    rows = dict(zip(found.values("source_file"), canonical(found), strict=True))
    assert {name: rows[name] for name in contents} == dict.fromkeys(contents, row)


def test_raw_control_characters_in_an_array_are_those_of_its_twin(read: Read, export: Export) -> None:
    record = EVENT | {"attribution_campaign": "two\nlines\tand a tab", "request_ua": "\x01"}
    array = as_array(record).replace("\\n", "\n").replace("\\t", "\t").replace("\\u0001", "\x01")
    with pytest.raises(json.JSONDecodeError, match="control character"):
        json.loads(array)
    found = read({"array": array, "array.gz": gzip.compress(array.encode()), "csv": export(record)})
    expected = EVENT_ROW | {"campaign": "two\nlines\tand a tab"}
    assert canonical(found) == [expected] * 3


def test_clicks_are_click_records_and_no_rows(read: Read, export: Export) -> None:
    contents = {"array": as_array(CLICK), "csv": export(cells(CLICK)), "parquet": as_parquet(CLICK)}
    found = read(contents)
    assert found.rows == []
    assert {file.holds for file in found.files.values()} == {"clicks"}
    expected = {
        "click_id_raw": "AbC:1",
        "click_id": "AbC:1",
        "click_time": NOON - timedelta(hours=1),
        "is_own": False,
        "media_id": None,
        "partner": "impact.com",
        "campaign": "Spring",
        "publisher": "site-7",
        "app_id": None,
        "platform": "ios",
    }
    by_file = {click["source_file"]: click for click in found.clicks}
    assert by_file == {name: {"source_file": name} | expected for name in contents}


# -- Which rows a file holds


KINDS = [
    ({"event_name": "Purchase"}, "event", "Purchase"),
    ({"event_name": "Install"}, "install", "Install"),
    ({"event_name": "_Install"}, "install", "_Install"),
    ({"event_name": "reengagement"}, "reengagement", "reengagement"),
    ({"event_name": ""}, "other", None),
    ({"event_name": "", "install_date_utc": "2026-03-01 12:00:00"}, "other", None),
]


def test_a_row_with_a_name_is_an_event_even_beside_an_install_date(read: Read, export: Export) -> None:
    text = export(*({"timestamp_utc": str(EPOCH), "install_date_utc": "", "attribution_network": "x"} | row
                    for row, *_ in KINDS), header=["timestamp_utc", "event_name", "install_date_utc",
                                                   "attribution_network"])  # fmt: skip
    found = read({"x.csv": text}).values("kind", "event_name")
    assert found == [(kind, name) for _, kind, name in KINDS]


def test_a_row_of_an_install_report_is_an_install_or_a_reengagement(read: Read, export: Export) -> None:
    row = {"install_date_utc": str(EPOCH), "attribution_network_name": "x"}
    text = export(
        row | {"attribution_attribution_action": "install"},
        row | {"attribution_attribution_action": "Reengagement"},
        row | {"attribution_attribution_action": "", "install_date_utc": ""},
    )
    found = read({"x.csv": text}).values("kind", "event_name", "event_time")
    assert found == [
        ("install", "install", NOON),
        ("reengagement", "reengagement", NOON),
        ("other", None, None),
    ]


def test_tables_of_kochava_query(read: Read, export: Export) -> None:
    files = {
        "clicks_primary.csv": {
            "click_id": "KC-1", "date_received": str(EPOCH), "app_name": "Acme", "appstore_id": "com.acme",
            "network_name": "Impact", "campaign_name": "Spring", "tracker_name": "Blog", "site_id": "7",
        },
        "events_primary.csv": {
            "event_name": "Purchase", "date_occurred": str(EPOCH), "date_received": str(EPOCH + 5),
            "kochava_device_id": DEVICE, "network_name": "",
        },
        "installs_primary.csv": {
            "install_id": "KI-1", "date_occurred": str(EPOCH), "matched_to_type": "san_impression",
            "waterfall_level": "device", "network_name": "Impact", "campaign_name": "Spring",
            "tracker_name": "Blog", "site_id": "7", "kochava_device_id": DEVICE, "adid": "GAID-1",
            "android_id": "ANDROID-1", "idfa": ZERO, "idfv": "", "click_id": "KC-1",
        },
    }  # fmt: skip
    found = read({name: export(row) for name, row in files.items()})
    names = (
        "kind",
        "event_id",
        "event_time",
        "mmp_device_id",
        "attribution",
        "touch_type",
        "click_id",
        "gaid",
        "idfa",
    )
    assert found.values(*names) == [
        ("event", None, NOON, DEVICE, "organic", None, None, None, None),
        ("install", "KI-1", NOON, DEVICE, "impact", "impression", None, "GAID-1", None),
    ]
    # The table's click_id is Kochava's own key: no ClickId of impact.com's.
    assert [(c["click_id"], c["click_time"], c["app_id"]) for c in found.clicks] == [(None, NOON, "com.acme")]
