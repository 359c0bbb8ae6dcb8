"""Adjust: the cells of a row, and the rows as hourly uploads whose header is the customer's CSV definition."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import md5
from pathlib import Path
from random import Random

from generator.datasets import ADJUST_HOURS
from generator.files import csv_line, write
from generator.model import Row, delivery
from generator.world import AS_OF, SEED

_NETWORKS = {
    "impact": ("impact", "im7pct"),
    "organic": ("Organic", "org4nc"),
    "restricted": ("Unattributed", "unattr"),
    "google": ("Google Ads ACI", "g00gle"),
    "applovin": ("AppLovin", "appl0v"),
    "untrusted": ("Untrusted Devices", "untrst"),
}
_KINDS = {"purchase": "event", "signup": "event", "add_to_cart": "event", "content_view": "event"}

_FIRST_DEFINITION = [
    "{activity_kind}", "{created_at}", "{installed_at}", "{reattributed_at}", "{adid}", "{gps_adid}", "{idfa}",
    "{network_name}", "{tracker}", "{tracker_name}", "{is_organic}", "{environment}", "{rejection_reason}",
    "{dcp_irclickid}", "{label}", "{event_name}", "[transaction_id]", "{revenue}", "{currency}", "[user_id]",
    "{country}", "{os_name}", "{app_id}", "{app_version}", "{campaign_name}", "{adgroup_name}", "{nonce}",
]  # fmt: skip
# The customer took {click_time} in and moved {nonce} to the front; the hash in the file names changes with it.
_SECOND_DEFINITION = ["{nonce}", *_FIRST_DEFINITION[:2], "{click_time}", *_FIRST_DEFINITION[2:-1]]
_CHANGED_AT = ADJUST_HOURS[5]
# One more upload after the people's last hour: what the click records do not cover.
_UPLOADS = (*ADJUST_HOURS, AS_OF - timedelta(days=2) + timedelta(hours=8))


def write_uploads(folder: Path, rows: Sequence[Row]) -> None:
    """Write one file per app, hour and part; rows that are sent again stand in a part of their own."""
    parts: dict[tuple[str, datetime, bool], list[Row]] = defaultdict(list)
    for row in rows:
        # An upload holds what was created in the hour that begins with its time.
        hour = delivery(_created(row) - timedelta(hours=1), _UPLOADS)
        parts[row.device.app.token, hour, row.reason == "duplicate-row"].append(row)
    names = Random(f"{SEED} part tokens")
    for (token, hour, _), found in sorted(parts.items(), key=lambda part: part[0]):
        definition = _FIRST_DEFINITION if hour < _CHANGED_AT else _SECOND_DEFINITION
        digest = md5(",".join(definition).encode(), usedforsecurity=False).hexdigest()
        part = f"{names.getrandbits(32):08x}"
        lines = [csv_line(definition), *(_line(row, definition) for row in sorted(found, key=_created))]
        write(folder / f"{token}_{hour:%Y-%m-%dT%H0000}_{digest}_{part}.csv.gz", b"".join(lines))


def _created(row: Row) -> datetime:
    return row.updated_at or row.time


def _line(row: Row, definition: Sequence[str]) -> bytes:
    values = cells(row)
    line = [values.get(name.strip("{}[]")) or "" for name in definition]
    return csv_line(line, damage=row.damage, among=values["campaign_name"] or "")


def cells(row: Row) -> dict[str, str | None]:
    """Fill the row's cells, by the names of Adjust's placeholders."""
    device = row.device
    network, tracker = _NETWORKS[row.source]
    is_impact = row.source == "impact"
    is_android = device.app.platform == "android"
    is_in_label = row.carrier in ("shared field", "another's link")
    campaign = row.click.partner.campaign if is_impact else None
    return {
        "activity_kind": _kind(row),
        "created_at": row.time_text or _epoch(_created(row)),
        "installed_at": None if row.event in ("click", "impression") else _epoch(device.installed_at),
        "reattributed_at": _epoch(row.time) if row.event == "reattribution" else None,
        "click_time": _epoch(row.click.time) if row.is_attributed else None,
        "adid": device.adid,
        "gps_adid": device.advertising_id if is_android else None,
        "idfa": None if is_android else device.advertising_id.upper(),
        "network_name": network,
        "tracker": tracker,
        "tracker_name": f"{network}::{campaign}::{row.click.site}" if is_impact else network,
        "is_organic": "1" if row.source == "organic" else "0",
        "environment": "sandbox" if row.is_test else "production",
        "rejection_reason": row.rejection,
        "dcp_irclickid": None if is_in_label else row.click_id,
        "label": row.click_id if is_in_label else None,
        "event_name": row.event if _kind(row) == "event" else None,
        "transaction_id": row.order_id,
        "revenue": row.amount,
        "currency": row.currency,
        "user_id": row.customer_id,
        "country": device.country.lower(),
        "os_name": device.app.platform,
        "app_id": device.app.store_id,
        "app_version": device.version,
        "campaign_name": campaign,
        "adgroup_name": row.click.site if is_impact else None,
        "nonce": row.nonce,
    }


def _kind(row: Row) -> str:
    if row.rejection:
        return "rejected_install"
    return "install_update" if row.updated_at else _KINDS.get(row.event, row.event)


def _epoch(time: datetime) -> str:
    return str(round(time.timestamp()))
