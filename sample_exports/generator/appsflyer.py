"""AppsFlyer: the cells of a row, and the rows as Pull API reports (CSV) or as Data Locker folders."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from generator.appsflyer_columns import ADDITIONAL, COLUMNS, LOCKER_COLUMNS
from generator.files import BOM, csv_line, write, write_parquet
from generator.model import Row, delivery

_MEDIA_SOURCES = {
    "impact": "impactradius_int",
    "organic": "organic",
    "nobody": "",
    "restricted": "restricted",
    "google": "googleadwords_int",
    "applovin": "applovin_int",
}
_EVENT_NAMES = {
    "purchase": "af_purchase",
    "signup": "af_complete_registration",
    "add_to_cart": "af_add_to_cart",
    "content_view": "af_content_view",
}
_IN_USD = {"USD": 100, "EUR": 108, "GBP": 127}

# Report → file, further columns, whether it begins with a byte order mark; and its `t=` in Data Locker.
_REPORTS: Mapping[str, tuple[str, tuple[str, ...], bool]] = {
    "installs": ("acme_installs.csv", ("conversion_type", "match_type", "gp_referrer"), True),
    "in_app_events": ("acme_in_app_events.csv", (), False),
    "in_app_events_retarget": ("acme_in_app_events_retarget.csv", ("conversion_type",), False),
    "organic_installs": ("acme_organic_installs.csv", ("gp_referrer", "conversion_type"), False),
    "blocked_installs": (
        "acme_blocked_installs.csv",
        ("match_type", "blocked_reason", "blocked_sub_reason"),
        False,
    ),
    "uninstall_events": ("acme_uninstall_events.csv", (), False),
}
_LOCKER_REPORTS = {
    "installs": "installs",
    "organic_installs": "installs",
    "in_app_events": "inapps",
    "in_app_events_retarget": "inapps_retargeting",
    "blocked_installs": "blocked_installs",
    "uninstall_events": "uninstalls",
}
# The hours in which Data Locker delivers; what arrives after the last one goes to `h=late`.
LOCKER_ARRIVALS = (datetime(2026, 3, 11, 3, tzinfo=UTC), datetime(2026, 3, 19, tzinfo=UTC))


def write_csv(folder: Path, rows: Sequence[Row]) -> None:
    """Write the reports as the Pull API gives them: display names, newest row first."""
    for report, (name, additional, has_bom) in _REPORTS.items():
        columns = {**COLUMNS, **{column: ADDITIONAL[column] for column in additional}}
        lines = [csv_line(columns.values())]
        for row in _of(report, rows):
            values = cells(row)
            line = [values.get(column, "") for column in columns]
            lines.append(csv_line(line, damage=row.damage, among=values.get("campaign", "")))
        write(folder / name, (BOM if has_bom else b"") + b"".join(lines))


def write_locker(folder: Path, rows: Sequence[Row]) -> None:
    """Write the rows as Data Locker delivers them in Parquet, with the fields that the account picked."""
    for report, arrived, found in _deliveries(rows, LOCKER_ARRIVALS):
        hour = "late" if arrived == LOCKER_ARRIVALS[-1] else str(arrived.hour)
        part = folder / f"t={report}" / f"dt={arrived:%Y-%m-%d}" / f"h={hour}" / "part-00000.gz.parquet"
        write_parquet(part, LOCKER_COLUMNS, [_filled(row) for row in found])


def write_twins(folder: Path, rows: Sequence[Row]) -> None:
    """Write the rows of the CSV reports as Data Locker delivers them: in Parquet, and once more in CSV."""
    readable = [row for row in rows if row.damage is None]
    columns = (*COLUMNS, *ADDITIONAL)
    days = sorted({row.time.replace(hour=23, minute=59, second=59, microsecond=0) for row in readable})
    for report, arrived, found in _deliveries(readable, days):
        part = Path(f"t={report}") / f"dt={arrived:%Y-%m-%d}" / "h=23"
        filled = [_filled(row) for row in found]
        write_parquet(folder / "parquet" / part / "part-00000.gz.parquet", columns, filled)
        lines = [csv_line(values.get(name, "null") for name in columns) for values in filled]
        write(folder / "csv" / part / "part-00000.csv.gz", b"".join([csv_line(columns), *lines]))


def _deliveries(
    rows: Sequence[Row], arrivals: Sequence[datetime]
) -> Iterable[tuple[str, datetime, list[Row]]]:
    folders: dict[tuple[str, datetime], list[Row]] = defaultdict(list)
    for report, locker in _LOCKER_REPORTS.items():
        for row in _of(report, rows):
            folders[locker, delivery(row.time, arrivals)].append(row)
    return [
        (report, arrived, found) for (report, arrived), found in sorted(folders.items(), key=lambda f: f[0])
    ]


def _of(report: str, rows: Sequence[Row]) -> list[Row]:
    return sorted((row for row in rows if _report(row) == report), key=lambda row: row.time, reverse=True)


def _report(row: Row) -> str:
    if row.rejection:
        return "blocked_installs"
    if row.event == "uninstall":
        return "uninstall_events"
    if row.event == "install":
        return "organic_installs" if row.source in ("organic", "nobody") else "installs"
    return "in_app_events_retarget" if row.is_retargeting else "in_app_events"


def cells(row: Row) -> dict[str, str]:
    """Fill the row's cells, by their Data Locker names; "" is an empty cell."""
    filled = _told(row) | _device(row) | (_touch(row) if row.is_attributed else {}) | _click_id(row)
    return {name: value or "" for name, value in filled.items()}


def _filled(row: Row) -> dict[str, str]:
    return {name: value for name, value in cells(row).items() if value}


def _told(row: Row) -> dict[str, str | None]:
    is_in_app = row.event not in ("install", "uninstall")
    return {
        "install_time": _time(row.device.installed_at),
        "event_time": row.time_text or _time(row.time),
        "event_name": _EVENT_NAMES.get(row.event, row.event),
        "event_value": _event_value(row) if is_in_app else None,
        "event_revenue": row.amount,
        # AppsFlyer fills the currency of every in-app event, with revenue or without.
        "event_revenue_currency": (row.currency or ("" if row.amount else "USD")) if is_in_app else None,
        "event_revenue_usd": _usd(row),
        "event_source": "SDK",
        "media_source": _MEDIA_SOURCES[row.source],
        "customer_user_id": row.customer_id,
        "is_retargeting": "true" if row.is_retargeting else "false",
        "retargeting_conversion_type": "re-engagement" if row.is_retargeting else None,
        "is_primary_attribution": ("true" if row.is_primary else "false") if is_in_app else None,
        "conversion_type": "re-engagement" if row.is_retargeting else "install",
        "blocked_reason": row.rejection,
    }


def _event_value(row: Row) -> str:
    """Write the event's parameters as JSON; what the app did not send is not there."""
    parameters = {
        "af_order_id": row.order_id,
        "af_revenue": row.amount,
        "af_currency": row.currency,
        "af_content_id": row.sku,
        "af_quantity": "1" if row.sku else None,
    }
    sent = {name: value for name, value in parameters.items() if value is not None}
    return json.dumps(sent, separators=(",", ":"), ensure_ascii=False) if sent else "null"


def _usd(row: Row) -> str | None:
    """Convert the revenue, if amount and currency can be understood."""
    if row.amount is None or row.currency not in _IN_USD:
        return None
    whole, _, cents = row.amount.partition(".")
    if not (whole + cents).isdigit():
        return None
    hundredths = int(whole + cents.ljust(2, "0")) * _IN_USD[row.currency] // 100
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def _device(row: Row) -> dict[str, str | None]:
    device = row.device
    is_android = device.app.platform == "android"
    return {
        "region": device.region,
        "country_code": device.country,
        "city": device.city,
        "dma": "None" if device.country != "US" else "820",
        "ip": device.ip,
        "wifi": "true",
        "language": "en",
        "appsflyer_id": device.appsflyer_id,
        "advertising_id": device.advertising_id if is_android else None,
        "android_id": device.android_id if is_android else None,
        "idfa": None if is_android else device.advertising_id.upper(),
        "idfv": None if is_android else device.vendor_id.upper(),
        "platform": device.app.platform,
        "os_version": "14" if is_android else "18.3",
        "app_version": device.version,
        "sdk_version": "v6.15.2",
        "app_id": device.app.id,
        "app_name": "Acme Shop",
        "bundle_id": device.app.bundle,
        "user_agent": "Dalvik/2.1.0 (Linux; U; Android 14)" if is_android else "AcmeShop/4.12 CFNetwork/1568",
    }


def _touch(row: Row) -> dict[str, str | None]:
    is_impact = row.source == "impact"
    return {
        "attributed_touch_type": row.touch,
        "attributed_touch_time": _time(row.click.time),
        "campaign": row.click.partner.campaign if is_impact else "brand_search",
        "af_siteid": row.click.partner.media_id if is_impact else None,
        "af_sub_siteid": row.click.site if is_impact else None,
        "contributor1_media_source": None if is_impact or row.click_id is None else "impactradius_int",
        "af_attribution_lookback": "30d",
        "match_type": "id_matching",
    }


def _click_id(row: Row) -> dict[str, str | None]:
    """Put the ClickId where this row has it, and the link that was clicked."""
    app_link = f"https://app.appsflyer.com/{row.device.app.id}?"
    ours = f"{app_link}pid=impactradius_int&c={quote(row.click.partner.campaign)}&af_siteid={row.click.partner.media_id}"
    if row.is_test:
        ours += "&impacttest=1"
    theirs = f"{app_link}pid={_MEDIA_SOURCES[row.source]}&c=brand_search"
    link = {"impact": ours, "applovin": theirs}.get(row.source)
    if row.click_id is None:
        return {"original_url": link}
    parameter = f"{row.param}={quote(row.click_id, safe='')}"
    match row.carrier:
        case "shared field":
            return {"original_url": link, "af_sub1": row.click_id}
        case "referrer" if row.device.app.platform == "android":
            return {"gp_referrer": f"utm_source=acme&{parameter}"}
        case "referrer":
            return {"http_referrer": f"https://shop.example.com/get-the-app?{parameter}"}
        case _ if link is None:
            return {"original_url": f"https://shop.example.com/open?{parameter}&utm_medium=app"}
        case _:
            return {"original_url": f"{link}&{parameter}&af_click_lookback=30d"}


def _time(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S}"
