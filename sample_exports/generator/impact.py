"""impact.com's click records: ClickExport by the day as CSV, what is older in one gzipped JSON file."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from generator.files import csv_line, write
from generator.model import Click

_BY_DAY_FROM = date(2026, 3, 1)


def write_clicks(folder: Path, clicks: Iterable[Click]) -> None:
    """Write every click once, in the order of time."""
    seen: set[str] = set()
    days: dict[date, list[dict[str, Any]]] = defaultdict(list)
    for click in sorted(clicks, key=lambda click: (click.time, click.id)):
        days[click.time.date()].append(_record(click, is_first=click.id not in seen))
        seen.add(click.id)
    older = [record for day, records in days.items() if day < _BY_DAY_FROM for record in records]
    write(folder / "clicks_until_2026-02-28.json.gz", (_json(older) + "\n").encode())
    for day, records in days.items():
        if day >= _BY_DAY_FROM:
            flat = [_flat(record) for record in records]
            lines = [csv_line(flat[0]), *(csv_line(map(_text, record.values())) for record in flat)]
            write(folder / f"clicks_{day}.csv", b"".join(lines))


def _record(click: Click, *, is_first: bool) -> dict[str, Any]:
    """Name the fields of a click as ClickExport does (impact.com brand API)."""
    device, partner = click.device, click.partner
    is_android = device.app.platform == "android"
    return {
        "Id": click.id,
        "ProgramId": "1000",
        "ProgramName": "Acme Shop App",
        "ProfileId": "",
        "IpAddress": sha256(device.ip.encode()).hexdigest()[:24],
        "EventDate": f"{click.time:%Y-%m-%dT%H:%M:%SZ}",
        "MediaId": partner.media_id,
        "MediaName": partner.name,
        "AdId": f"9{partner.media_id}",
        "AdName": "App install",
        "AdType": "TEXT_LINK",
        "ProductSku": "",
        "BrandRelated": {"AdCampaign": "", "AdGroup": "", "Keyword": "", "MatchType": "", "Channel": ""},
        "CustomerArea": "",
        "CustomerCity": device.city,
        "CustomerRegion": "n/a",
        "CustomerCountry": device.country,
        "DeviceType": "PHONE",
        "DeviceFamily": "Generic Smartphone" if is_android else "iPhone",
        "Browser": "Chrome Mobile" if is_android else "Mobile Safari",
        "Os": "Android" if is_android else "iOS",
        "ReferringUrl": f"https://{click.site}.example.com/",
        "ReferringDomain": f"{click.site}.example.com",
        "LandingPageUrl": f"https://app.appsflyer.com/{device.app.id}",
        "SharedId": click.site,
        "UniqueClick": is_first,
        "CpcBid": "",
        "DealName": "",
        "DealType": "",
        "DealScope": "",
        "PartnerRelated": {"SubId1": click.site, "SubId2": "", "SubId3": ""},
        "Payout": "",
        "TrafficCategory": "",
        "TrafficSource": "",
        "BidKeyword": "",
        "SearchText": "",
    }


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    """Bring nested fields up, under names with a dot."""
    flat: dict[str, Any] = {}
    for name, value in record.items():
        flat |= (
            {f"{name}.{key}": inner for key, inner in value.items()}
            if isinstance(value, dict)
            else {name: value}
        )
    return flat


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _json(records: Sequence[dict[str, Any]]) -> str:
    """Write a JSON array, a record a line."""
    lines = (json.dumps(record, ensure_ascii=False, separators=(",", ":")) for record in records)
    return "[" + ",\n ".join(lines) + "]"
