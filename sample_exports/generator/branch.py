"""Branch: the rows as daily exports, custom exports and webhook bodies.

The Android app is exported day by day; of the iOS app there are custom exports up to a day, and from then on
what Branch posted to the brand's own collector (Data Feed). Blocked installs are a custom export of their own.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from generator import ids
from generator.branch_columns import CUSTOM_COLUMNS, DAILY_COLUMNS, LATER_DAILY_COLUMNS
from generator.branch_rows import TOPICS, WEB, body, custom_values, values
from generator.files import csv_line, write
from generator.model import Row, clicks_behind, delivery

Channel = Literal["daily", "custom", "feed"]

DAYS = tuple(datetime(2026, 3, day, tzinfo=UTC) for day in (3, 6, 10))
_LAST_DAY = datetime(2026, 3, 18, tzinfo=UTC)
_ENDS = tuple(day + timedelta(days=1) for day in (*DAYS, _LAST_DAY))
# Whose apps they are: an export may be of all of them.
_ORGANIZATION = "710000000000000009"
_FEED_FROM = datetime(2026, 3, 9, tzinfo=UTC)


def channel(row: Row) -> Channel:
    """How a row is delivered."""
    if row.rejection:
        return "custom"
    if row.device.app.platform == "android":
        return "daily"
    return "custom" if row.time < _FEED_FROM else "feed"


def holds(row: Row) -> bool:
    """Whether the channel of a row can show what is wrong with it."""
    how = channel(row)
    if row.damage is not None:
        return how == ("feed" if row.damage == "cut" else "daily")
    if row.carrier == "hashed" or row.event in (*WEB, "impression"):
        return how == "daily"
    if row.carrier == "shared field":
        return how == "custom"
    # Webhook bodies do not say what the touch was.
    return row.touch == "click" or how != "feed"


def write_exports(folder: Path, rows: Sequence[Row]) -> None:
    """Write every row in its channel."""
    channels: dict[Channel, list[Row]] = defaultdict(list)
    clicks = [click for click in clicks_behind(rows) if channel(click) != "feed"]
    for row in sorted([*rows, *clicks], key=lambda row: (row.time, row.nonce)):
        channels[channel(row)].append(row)
    _write_daily(folder / "daily", channels["daily"])
    _write_custom(folder / "custom", channels["custom"])
    lines = [_line(body(row), is_cut=row.damage == "cut") for row in channels["feed"]]
    write(folder / "data_feed" / "webhooks-2026-03.ndjson", b"".join(lines))


def _write_daily(folder: Path, rows: Sequence[Row]) -> None:
    """Write a file per day and topic; what is delivered twice comes in a second part."""
    files: dict[tuple[datetime, str, int], list[Row]] = defaultdict(list)
    for row in rows:
        day = delivery(row.time, _ENDS) - timedelta(days=1)
        files[day, TOPICS[row.event][0], 2 if row.reason == "duplicate-row" else 1].append(row)
    for (day, topic, part), found in files.items():
        columns = LATER_DAILY_COLUMNS if day == DAYS[1] else DAILY_COLUMNS
        lines = [csv_line(columns)]
        for row in found:
            line = _cells(values(row), columns)
            lines.append(csv_line(line, damage=row.damage, among=row.click.partner.campaign))
        app = found[0].device.app.branch_id
        digest = sha256(f"{day} {topic} {part}".encode()).hexdigest()
        partitions = f"y={day:%Y}/m={day:%m}/d={day:%d}/app_id={app}/topic={topic}"
        name = f"{app}-{day:%Y-%m-%d}-{topic}-v2-{digest}-{digest[:6]}-{part}.csv.gz"
        write(folder / partitions / name, b"".join(lines))


def _write_custom(folder: Path, rows: Sequence[Row]) -> None:
    """Write JSON lines by the topic; CSV for blocked installs and for a second export that overlaps the first."""
    exports: dict[tuple[str, bool], list[Row]] = defaultdict(list)
    for row in rows:
        topic = TOPICS[row.event][0] + ("_blocked" if row.rejection else "")
        exports[topic, row.reason == "duplicate-row"].append(row)
    for (topic, is_second), found in exports.items():
        handle = ids.uuid_of(f"{topic} {is_second}")
        since = "2026-03-05" if is_second else "2026-03-01"
        owner = _ORGANIZATION if topic.endswith("_blocked") else found[0].device.app.branch_id
        name = f"{owner}-{topic}-{since}-2026-03-09-{handle}-{handle.replace('-', '')[:16]}"
        path = folder / f"topic={topic}"
        if is_second or topic.endswith("_blocked"):
            # The order is that of the request.
            columns = CUSTOM_COLUMNS[::-1]
            cells = [columns, *(_cells(custom_values(row), columns) for row in found)]
            write(path / f"{name}.csv", b"".join(map(csv_line, cells)))
        else:
            records = [custom_values(row) for row in found]
            lines = [_line({column: record.get(column) for column in CUSTOM_COLUMNS}) for record in records]
            write(path / f"{name}.json.gz", b"".join(lines))


def _cells(row: Mapping[str, Any], columns: Sequence[str]) -> list[str]:
    return [_cell(row.get(column)) for column in columns]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _line(record: Mapping[str, Any], *, is_cut: bool = False) -> bytes:
    line = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()
    return (line[: len(line) * 2 // 3] if is_cut else line) + b"\n"
