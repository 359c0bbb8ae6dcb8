"""Kochava's ways of telling source, time, device and all else: one field at a time."""

# ruff: noqa: DTZ001
# The times of canonical tables are UTC without saying so.

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from mmpsync.config import Config
from mmpsync.ingest.inputs import lacks

Read = Callable[..., Any]
Export = Callable[..., str]

NOON = datetime(2026, 3, 1, 12)
EPOCH = 1772366400  # noon
ZERO = "00000000-0000-0000-0000-000000000000"


# -- Attribution


def networks(*names: str, column: str = "attribution_network_name") -> list[dict[str, str]]:
    return [{column: name, "install_date_utc": str(EPOCH)} for name in names]


ATTRIBUTIONS = {
    "Impact": "impact",
    "IMPACT RADIUS - ANDROID": "impact",
    "impactradius": "impact",
    "impact.com (iOS)": "impact",
    "Acme via Impact": "impact",
    "Impactful Ads": "other",
    "Facebook - iOS": "other",
    "UNATTRIBUTED": "organic",
    "Unattributed": "organic",
    "Restricted": "restricted",
    "": "restricted",
}


@pytest.mark.parametrize("column", ["attribution_network_name", "attribution_network"])
def test_attribution_by_network(read: Read, export: Export, column: str) -> None:
    found = read({"x.csv": export(*networks(*ATTRIBUTIONS, column=column))}).values("attribution")
    assert dict(zip(ATTRIBUTIONS, found, strict=True)) == ATTRIBUTIONS
    found = read({"x.csv": json.dumps(networks(*ATTRIBUTIONS, column=column))}).values("attribution")
    assert dict(zip(ATTRIBUTIONS, found, strict=True)) == ATTRIBUTIONS


def test_a_file_that_names_no_network_says_nothing_of_it(read: Read, export: Export) -> None:
    found = read({"x.csv": export({"install_date_utc": str(EPOCH), "install_status": "x"})})
    assert found.values("attribution") == ["unknown"]
    assert "media_source" in found.files["x.csv"].lacking


def test_a_tracker_tells_impact_as_well_as_the_network_and_configuration_beats_both(
    read: Read, export: Export
) -> None:
    row = {"install_date_utc": str(EPOCH), "attribution_tracker": "4711"}
    text = export(
        row | {"attribution_network_name": "Custom", "attribution_tracker_name": "impact - blog"},
        row | {"attribution_network_name": "Custom", "attribution_tracker_name": "blog"},
        row | {"attribution_network_name": "Impact", "attribution_tracker_name": "blog"},
    )

    def attributions(**settings: Any) -> list[str]:
        return read({"x.csv": text}, config={"sources": {"kochava": settings}}).values("attribution")

    assert attributions() == ["impact", "other", "impact"]
    assert attributions(media_sources=["custom"]) == ["impact", "impact", "other"]
    assert attributions(media_sources=["nobody"]) == ["other"] * 3
    for token in ("4711", "Blog"):
        assert attributions(media_sources=["nobody"], trackers=[token])[1] == "impact"


STATUSES = {
    "attributed": "impact",
    "valid": "impact",
    "verified": "impact",
    "": "impact",
    "REJECTED": "rejected",
    "rejected: fraud": "rejected",
    "blocked": "rejected",
    "Invalid traffic": "rejected",
    "verification failed": "rejected",
    "not_verified": "rejected",
}


def test_what_kochava_rejected_is_told_by_its_status(read: Read, export: Export) -> None:
    rows = networks(*["Impact"] * len(STATUSES))
    text = export(*(row | {"install_status": status} for row, status in zip(rows, STATUSES, strict=True)))
    found = read({"x.csv": text}).values("attribution")
    assert dict(zip(STATUSES, found, strict=True)) == STATUSES


@pytest.mark.parametrize("request_", ['{"click_id": "A", "impacttest": "1"}', "click_id=A&impacttest=1"])
def test_a_test_of_impacts_is_a_test(read: Read, export: Export, request_: str) -> None:
    text = export(*networks("Impact"), *networks("Impact"))
    rows = [
        row | {"install_original_request": r}
        for row, r in zip(networks("Impact") * 2, [request_, "x=1"], strict=True)
    ]
    text = export(*rows)
    assert read({"x.csv": text}).values("attribution") == ["test", "impact"]


def test_a_view_is_a_view_and_other_words_stay(read: Read, export: Export) -> None:
    touches = {
        "click": "click",
        "san_click": "click",
        "impression": "impression",
        "Fingerprint": "fingerprint",
    }
    rows = networks(*["Impact"] * len(touches))
    text = export(*(row | {"install_matched_on": word} for row, word in zip(rows, touches, strict=True)))
    assert read({"x.csv": text}).values("touch_type") == list(touches.values())


# -- Times


TIMES = [
    "2026-03-01 12:00:00",
    "2026-03-01T12:00:00Z",
    str(EPOCH),
    f"{EPOCH}000",
    "2026-03-01 07:00:00-05:00",
]


@pytest.mark.parametrize("time", TIMES)
def test_times_are_epochs_or_text(read: Read, export: Export, time: str) -> None:
    row = networks("Impact")[0] | {"install_date_utc": time}
    assert read({"x.csv": export(row)}).values("event_time") == [NOON]


def test_utc_columns_are_utc_whatever_the_time_zone_of_the_adjusted_ones(read: Read, export: Export) -> None:
    config = {"sources": {"kochava": {"timezone": "America/Los_Angeles"}}}
    header = ["timestamp_utc", "timestamp_adjusted", "attribution_timestamp", "attribution_timestamp_adjusted",
              "event_name", "attribution_network"]  # fmt: skip
    rows = [
        ("2026-03-01 12:00:00", "2026-03-01 04:00:00", "2026-03-01 11:00:00", "2026-03-01 03:00:00"),
        ("", "2026-03-01 04:00:00", "", "2026-03-01 03:00:00"),
        (str(EPOCH), "", str(EPOCH - 3600), ""),
    ]
    text = export(*(dict(zip(header, (*row, "e", "Impact"), strict=True)) for row in rows), header=header)
    found = read({"x.csv": text}, config=config).values("event_time", "touch_time")
    assert found == [(NOON, NOON - timedelta(hours=1))] * 3


def test_clicks_know_their_time_zone_too(read: Read, export: Export) -> None:
    config = {"sources": {"kochava": {"timezone": "America/Los_Angeles"}}}
    row = {"partner_click_id": "A", "click_date_adjusted": "2026-03-01 04:00:00"}
    files = {"adjusted.csv": export(row), "utc.csv": export(row | {"click_date_utc": "2026-03-01 12:00:00"})}
    assert [click["click_time"] for click in read(files, config=config).clicks] == [NOON] * 2


# -- Other fields


def test_a_time_that_does_not_parse_stays_in_sight(read: Read, export: Export) -> None:
    row = networks("Impact")[0] | {
        "install_date_utc": "yesterday",
        "install_date_adjusted": "2026-03-01 12:00:00",
    }
    assert read({"x.csv": export(row)}).values("event_time", "event_time_raw") == [(None, "yesterday")]


def test_device_ids_are_found_by_their_type(read: Read, export: Export) -> None:
    ids = {"idfa": "IDFA-1", "idfv": "IDFV-1", "adid": "GAID-1", "android_id": "ANDROID-1"}
    row = networks("Impact")[0]
    query = "\\u0026".join(f"{name}={value}" for name, value in ids.items())
    forms = [
        json.dumps(ids),
        query,
        query.replace("\\u0026", "&"),
        json.dumps(ids)[:-1],
        f"`{json.dumps(ids)}`",
    ]
    text = export(*(row | {"install_devices_ids": form} for form in forms))
    found = read({"x.csv": text}).values("idfa", "idfv", "gaid", "android_id")
    assert found == [("IDFA-1", "IDFV-1", "GAID-1", "ANDROID-1")] * len(forms)


@pytest.mark.parametrize("column", ["device_id_idfa", "install_devices_idfa", "idfa"])
def test_an_id_of_zeros_is_none(read: Read, export: Export, column: str) -> None:
    row = networks("Impact")[0]
    text = export(row | {column: ZERO}, row | {column: "IDFA-1"})
    assert read({"x.csv": text}).values("idfa") == [None, "IDFA-1"]


PLATFORMS = [
    ("device_os", "iOS", "ios"),
    ("device_os", "iPhone OS", "ios"),
    ("device_os", "Android", "android"),
    ("device_os", "tvOS", "tvos"),
    ("install_device_version", "iPhone9,3-iOS-12.1", "ios"),
    ("install_device_version", "SM-G950U-Android-9", "android"),
    ("install_device_ua", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X)", "ios"),
    ("install_device_ua", "Mozilla/5.0 (Linux; Android 9; SM-G950U)", "android"),
    ("install_device_ua", "Acme/7 CFNetwork/978 Darwin/18.7", "ios"),
    ("install_device_version", "unheard-of", None),
]


@pytest.mark.parametrize(("column", "value", "platform"), PLATFORMS)
def test_the_platform_is_told_by_what_is_said_of_the_device(
    read: Read, export: Export, column: str, value: str, platform: str | None
) -> None:
    assert read({"x.csv": export(networks("Impact")[0] | {column: value})}).values("platform") == [platform]


SITES = {
    "site-7": "site-7",
    '"site-7"': "site-7",
    '{"site_id": "site-7"}': "site-7",
    '{"site_id": "site-7", "campaign_name": "half': "site-7",
    "`site-7`": "site-7",
    '{"campaign_name": "x"}': None,
    "": None,
    "``": None,
    "{site_id}": "{site_id}",
}


def test_a_site_is_text_a_json_string_or_an_object(read: Read, export: Export) -> None:
    text = export(*(networks("Impact")[0] | {"attribution_site": site} for site in SITES))
    found = read({"x.csv": text}).values("publisher")
    assert dict(zip(SITES, found, strict=True)) == SITES


def test_custom_dimensions_serve_where_dimension_data_does_not(read: Read, export: Export) -> None:
    row = {"timestamp_utc": str(EPOCH), "event_name": "e", "attribution_network": "Impact"}
    text = export(
        row
        | {"dimension_data": '{"order_id": "O-1", "price": 9.5}', "custom_dimensions": '{"order_id": "X"}'},
        row | {"dimension_data": "", "custom_dimensions": '{"orderId": "O-2", "currency": "usd"}'},
        row | {"dimension_data": "3", "custom_dimensions": ""},
    )
    found = read({"x.csv": text}).values("order_id", "amount", "currency")
    assert found == [("O-1", Decimal("9.5"), None), ("O-2", None, "USD"), (None, None, None)]


def test_columns_that_would_help_are_named(read: Read, export: Export) -> None:
    event = {"timestamp_utc": str(EPOCH), "event_name": "e", "attribution_network": "Impact"}
    files = {"events.csv": export(event), "installs.csv": export(*networks("Impact"))}
    (advice,) = (a for a in lacks(read(files).inputs.files, Config()) if a.code == "no-click-id-column")
    assert len(advice.files) == 2
    assert all(name in advice.fix for name in ("click_original_request", "install_original_request"))
