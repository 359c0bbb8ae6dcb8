"""Kochava: detail reports of installs, events and clicks, per app, with the columns that somebody picked.

The Android app's installs and the iOS app's clicks are CSV, the others' JSON arrays; the events of both are CSV,
those of the iOS app as a warehouse has them. `*_original_request` comes in every form it has been seen in.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from generator import ids
from generator.files import csv_line, write
from generator.model import Row, clicks_behind

DAYS = tuple(datetime(2026, 3, day, tzinfo=UTC) for day in (5, 9, 12))

_EVENTS = {
    "purchase": "Purchase",
    "signup": "Registration Complete",
    "add_to_cart": "Add to Cart",
    "content_view": "View",
}
# Name and id; a network has one per system. A source that is withheld has none.
_NETWORKS = {
    "impact": ("Impact", "4711"),
    "google": ("Google AdWords", "1302"),
    "applovin": ("AppLovin", "1555"),
    "organic": ("UNATTRIBUTED", "0"),
    "restricted": ("", ""),
}
_PARAMETERS = ("click_id", "click_id", "irclickid", "clickid", "im_ref")
# What stands there for whatever was clicked; broken JSON is what is left of a cell that was cut off.
_FORMS = ("query", "escaped query", "object", "broken object")
_LIKE_A_CLICK_ID = re.compile(r"[\w:%-]{20,64}")
# The reports were asked for in the time of Phoenix, which knows no daylight saving: `*_adjusted` is in it.
_ADJUSTMENT = timedelta(hours=-7)

_INSTALL_COLUMNS = (
    "install_date_utc", "install_date_adjusted", "install_status", "install_kochava_device_id",
    "install_devices_ids", "install_devices_ip", "install_device_version", "install_device_ua",
    "installgeo_country_code", "installgeo_country_name", "install_matched_by", "install_matched_on",
    "install_click_date_adjusted", "attribution_network", "attribution_network_name", "attribution_campaign",
    "attribution_campaign_name", "attribution_tracker", "attribution_tracker_name", "attribution_site",
    "attribution_creative", "identity_link", "install_original_request",
)  # fmt: skip
_EVENT_COLUMNS = (
    "timestamp_utc", "timestamp_adjusted", "event_name", "event_time_registered", "geo_country", "geo_region",
    "geo_city", "geo_lat", "geo_lon", "device_type", "device_os", "device_version", "device_id_adid",
    "device_id_android_id", "device_id_kochava", "device_id_idfv", "device_id_idfa", "device_id_custom", "app_id",
    "app_guid", "request_ua", "request_ip", "attribution_timestamp", "attribution_timestamp_adjusted",
    "attribution_matched_by", "attribution_matched_to", "attribution_network_id", "attribution_network",
    "attribution_tracker_id", "attribution_site_id", "attribution_tier", "attribution_site",
    "attribution_tracker", "attribution_campaign_id", "attribution_campaign", "attribution_date_utc",
    "attribution_date_adjusted", "attribution_creative", "attribution_seconds_since", "custom_dimensions",
    "dimension_data", "dimension_count", "dimension_sum", "count", "click_original_request",
)  # fmt: skip
_PICKED_EVENT_COLUMNS = (
    "attribution_network", "attribution_campaign", "attribution_tracker", "attribution_site_id",
    "attribution_matched_to", "click_original_request", "event_name", "timestamp_utc", "dimension_sum",
    "dimension_data", "device_id_kochava", "device_id_idfa", "device_id_idfv", "device_id_custom", "device_os",
    "geo_country", "app_id", "app_guid", "install_date_utc",
)  # fmt: skip
_CLICK_COLUMNS = (
    "click_date_adjusted", "kochava_click_id", "partner_click_id", "click_network", "click_network_name",
    "click_campaign", "click_campaign_name", "click_tracker", "click_tracker_name", "click_site",
    "click_creative", "click_ip", "click_device_ver", "clickgeo_country_code", "click_original_request",
)  # fmt: skip


def write_reports(folder: Path, rows: Sequence[Row]) -> None:
    """Write each app's three reports."""
    ordered = sorted(rows, key=lambda row: (row.time, row.nonce))
    android = [row for row in ordered if row.device.app.platform == "android"]
    ios = [row for row in ordered if row.device.app.platform == "ios"]
    _write_csv(_path(folder, "install", android), _INSTALL_COLUMNS, _installs(android))
    _write_json(_path(folder, "install", ios), _installs(ios))
    _write_csv(_path(folder, "event", android), _EVENT_COLUMNS, _events(android))
    _write_csv(_path(folder, "event", ios), _PICKED_EVENT_COLUMNS, _events(ios), as_warehouse=True)
    _write_json(_path(folder, "click", android), _clicks(android))
    _write_csv(_path(folder, "click", ios), _CLICK_COLUMNS, _clicks(ios))


def _path(folder: Path, report: str, rows: Sequence[Row]) -> Path:
    return folder / f"{report}_{rows[0].device.app.kochava_guid}_2026-03"


def _installs(rows: Iterable[Row]) -> list[tuple[Row, dict[str, Any]]]:
    return [(row, _install(row)) for row in rows if row.event == "install"]


def _events(rows: Iterable[Row]) -> list[tuple[Row, dict[str, Any]]]:
    return [(row, _event(row)) for row in rows if row.event in _EVENTS]


def _clicks(rows: Iterable[Row]) -> list[tuple[Row, dict[str, Any]]]:
    return [(click, _click(click, "`" if n % 2 else "")) for n, click in enumerate(clicks_behind(rows))]


def _write_csv(
    path: Path,
    columns: Sequence[str],
    rows: Sequence[tuple[Row, Mapping[str, Any]]],
    *,
    as_warehouse: bool = False,
) -> None:
    """Write a report as CSV; a warehouse's copy has its columns in upper case."""
    lines = [csv_line(column.upper() if as_warehouse else column for column in columns)]
    for row, values in rows:
        line = [_cell(values.get(column)) for column in columns]
        lines.append(csv_line(line, damage=row.damage, among=row.click.partner.campaign))
    write(path.with_suffix(".csv"), b"".join(lines))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _write_json(path: Path, rows: Sequence[tuple[Row, Mapping[str, Any]]]) -> None:
    """Write a report as Kochava does: one array, and what JSON would have escaped stands there as it is."""
    records = (json.dumps(values, ensure_ascii=False, separators=(",", ":")) for _, values in rows)
    text = "[" + ",\n".join(records) + "]\n"
    write(path.with_suffix(".json"), text.replace(r"\u0007", "\u0007").replace(r"\n", "\n").encode())


def _install(row: Row) -> dict[str, Any]:
    device = row.device
    is_android = device.app.platform == "android"
    return {
        **_attributed(row, network="attribution_network", name="attribution_network_name"),
        "attribution_campaign": ids.digits(f"campaign {_campaign(row)}")[:6] if row.is_attributed else None,
        "attribution_campaign_name": _campaign(row),
        "attribution_tracker_name": _campaign(row),
        "attribution_site": {"site_id": row.click.site} if row.source == "impact" else None,
        "attribution_creative": {"creative_id": "banner-2"} if row.source == "impact" else None,
        "install_date_utc": row.time_text or _time(row.time),
        "install_date_adjusted": row.time_text or _time(row.time + _ADJUSTMENT),
        "install_click_date_adjusted": _time(row.click.time + _ADJUSTMENT) if row.is_attributed else None,
        "install_kochava_device_id": ids.kochava_device_id(device),
        "install_devices_ids": _device_ids(row) if is_android else urlencode(_device_ids(row)),
        "install_devices_ip": device.ip,
        "install_device_version": "Pixel 8-Android-14" if is_android else "iPhone15,4-iOS-18.3",
        "install_device_ua": "Dalvik/2.1.0 (Linux; U; Android 14)"
        if is_android
        else "Mozilla/5.0\n(iPhone)\a",
        "installgeo_country_code": device.country,
        "identity_link": {"Acme Shop user id": device.customer_id},
        "install_original_request": _request(row),
    }


def _event(row: Row) -> dict[str, Any]:
    device = row.device
    is_android = device.app.platform == "android"
    told = {"order_id": row.order_id, "currency": row.currency, "sku": row.sku}
    return {
        **_attributed(row, network="attribution_network_id", name="attribution_network"),
        "attribution_campaign": _campaign(row),
        "attribution_tracker": _campaign(row),
        "attribution_site_id": row.click.site if row.source == "impact" else None,
        "attribution_matched_to": row.touch if row.is_attributed else None,
        "attribution_timestamp": _time(row.click.time) if row.is_attributed else None,
        "attribution_seconds_since": round((row.time - row.click.time).total_seconds())
        if row.is_attributed
        else None,
        "timestamp_utc": row.time_text or _time(row.time),
        "timestamp_adjusted": row.time_text or _time(row.time + _ADJUSTMENT),
        "event_name": _EVENTS[row.event],
        "event_time_registered": row.time_text or _time(row.time),
        "geo_country": device.country,
        "geo_city": device.city,
        "device_type": "Pixel 8" if is_android else "iPhone15,4",
        "device_os": device.app.platform,
        "device_version": "Pixel 8-Android-14" if is_android else "iPhone15,4-iOS-18.3",
        "device_id_kochava": ids.kochava_device_id(device),
        **{f"device_id_{name}": value for name, value in _device_ids(row).items()},
        "device_id_custom": row.customer_id,
        "app_id": device.app.store_id,
        "app_guid": device.app.kochava_guid,
        "request_ip": device.ip,
        "dimension_data": {name: value for name, value in told.items() if value is not None},
        "dimension_count": "1",
        "dimension_sum": row.amount,
        "count": "1",
        "install_date_utc": _time(device.installed_at),
        "click_original_request": _request(row),
    }


def _click(row: Row, mark: str) -> dict[str, Any]:
    """Fill the cells of a click; some texts of clicks have been seen with backticks around them, or in front."""
    return {
        **_attributed(row, network="click_network", name="click_network_name"),
        "click_date_utc": _time(row.time),
        "click_date_adjusted": _time(row.time + _ADJUSTMENT),
        "click_campaign": ids.digits(f"campaign {_campaign(row)}")[:6],
        "click_campaign_name": f"{mark}{_campaign(row)}",
        "click_tracker_name": _campaign(row),
        "click_site": {"site_id": row.click.site},
        "click_creative": "banner-2",
        "click_ip": row.device.ip,
        "click_device_ver": "Pixel 8-Android-14"
        if row.device.app.platform == "android"
        else "iPhone15,4-iOS-18.3",
        "clickgeo_country_code": row.device.country,
        "click_identifiers": _device_ids(row),
        "click_original_request": _request(row),
        "kochava_click_id": ids.uuid_of(f"click {row.nonce}"),
        "partner_click_id": f"{mark}{row.click_id}{mark}",
    }


def _attributed(row: Row, *, network: str, name: str) -> dict[str, str]:
    spelt, number = _NETWORKS[row.source]
    if row.is_attributed:
        spelt += f" - {row.device.app.platform.upper()}"
    return {network: number, name: spelt}


def _campaign(row: Row) -> str | None:
    if not row.is_attributed:
        return None
    return row.click.partner.campaign if row.source == "impact" else "brand_search"


def _device_ids(row: Row) -> dict[str, str]:
    device = row.device
    if device.app.platform == "android":
        return {"adid": device.advertising_id, "android_id": device.android_id}
    return {"idfa": device.advertising_id.upper(), "idfv": device.vendor_id.upper()}


def _request(row: Row) -> Any:
    """Write the request that was clicked, the ClickId in it, in one of its forms."""
    if row.click_id is None and not row.is_attributed:
        return None
    form = ids.pick(row, "form", _FORMS)
    if row.is_test:
        form = "query"
    if form == "broken object" and not (row.click_id and _LIKE_A_CLICK_ID.fullmatch(row.click_id)):
        form = "object"
    request = {
        "campaign_id": ids.digits(f"campaign {_campaign(row)}")[:6],
        "network_id": _NETWORKS[row.source][1],
        **({"impacttest": "1"} if row.is_test else {}),
        **({_parameter(row): row.click_id} if row.click_id else {}),
        "site_id": row.click.site,
        "cp_0": "spring & summer",
    }
    if form == "object":
        return request
    if form == "broken object":
        return json.dumps(request, ensure_ascii=False, separators=(",", ":")).partition('"cp_0"')[0] + '"cp_'
    mark = "&" if form == "query" else r"\u0026"
    return mark.join(f"{name}={quote(value, safe='')}" for name, value in request.items())


def _parameter(row: Row) -> str:
    """Name the key of the ClickId: Kochava's for every network's click id, or what only impact.com's links have."""
    if row.source == "applovin":
        return "click_id"
    return ids.pick(row, "parameter", _PARAMETERS) if row.source == "impact" else "irclickid"


def _time(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S}"
