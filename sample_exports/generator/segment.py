"""Segment: the rows as raw logs, as tables of a warehouse and as tables of a Data Lake.

The Android app's source is logged to S3 as it comes in; the iOS app's was synchronised to a warehouse up to a
day, and from then on to a Data Lake. Tables have types, so they cannot hold all that calls can say.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from generator import ids
from generator.files import csv_line, write, write_table
from generator.model import Row
from generator.segment_rows import CALLS, LONGEST_CELL, call, flat, is_number, received

Channel = Literal["logs", "warehouse", "lake"]

DAYS = tuple(datetime(2026, 3, day, tzinfo=UTC) for day in (4, 8, 11))
_LAKE_FROM = datetime(2026, 3, 10, tzinfo=UTC)
_LAST_DAY = datetime(2026, 3, 18, 21, tzinfo=UTC)
_IN_TABLES = ("install", "purchase", "signup")
_MONEY = ("total", "revenue")
_TIMES = ("timestamp", "original_timestamp", "received_at", "sent_at")
# Warehouses have columns of their own in front; `tracks` has nothing but those and the context.
_FIRST = ("id", "received_at", "anonymous_id", "user_id", "event", "event_text")


def channel(row: Row) -> Channel:
    """How a row is delivered."""
    if row.device.app.platform == "android":
        return "logs"
    return "warehouse" if row.time < _LAKE_FROM else "lake"


def holds(row: Row) -> bool:
    """Whether the channel of a row can show what is wrong with it."""
    how = channel(row)
    if row.damage is not None:
        return how == ("logs" if row.damage == "cut" else "warehouse")
    if row.time_text is not None or (row.amount is not None and not is_number(row.amount)):
        return how == "logs"
    return how == "logs" or row.event in _IN_TABLES or (how == "warehouse" and row.event == "page")


def write_exports(folder: Path, rows: Sequence[Row]) -> None:
    """Write every row in its channel."""
    channels: dict[Channel, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row.time, row.nonce)):
        channels[channel(row)].append(row)
    _write_logs(folder / "segment-logs", channels["logs"])
    _write_warehouse(folder / "warehouse", channels["warehouse"])
    _write_lake(folder / "segment-data" / "data", channels["lake"])


def _received(row: Row) -> datetime:
    # What is sent twice was replayed a day later.
    replayed = timedelta(days=1 if row.reason == "duplicate-row" else 0)
    return received(row, DAYS[0], _LAST_DAY) + replayed


def _call(row: Row, *, is_cut: bool = False) -> dict[str, Any]:
    at = _received(row)
    times = {"receivedAt": _iso(at), "sentAt": _iso(at - timedelta(seconds=1))}
    return call(row, is_cut=is_cut) | times


def _iso(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S}.000Z"


def _write_logs(folder: Path, rows: Iterable[Row]) -> None:
    """Write a file per day of receipt, all calls mixed."""
    days: dict[datetime, list[Row]] = defaultdict(list)
    for row in rows:
        days[_received(row).replace(hour=0, minute=0, second=0)].append(row)
    for day, found in days.items():
        source = found[0].device.app.segment_source
        name = (
            f"{_epoch(day + timedelta(hours=23))}.{ids.number(str(day)):x}.1.0.0.{ids.uuid_of(str(day))}.gz"
        )
        write(folder / source / str(_epoch(day)) / name, b"".join(map(_log_line, found)))


def _epoch(time: datetime) -> int:
    return round(time.timestamp()) * 1000


def _log_line(row: Row) -> bytes:
    record = {"_metadata": {"bundled": [], "unbundled": []}, **_call(row), "channel": "client"}
    line = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()
    return (line[: len(line) // 2] if row.damage == "cut" else line) + b"\n"


def _write_warehouse(folder: Path, rows: Iterable[Row]) -> None:
    """Write a table per event as CSV, and `tracks` for what stands there besides."""
    tables: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        name = "tracks" if row.reason == "superseded" else _table(row)
        tables[f"{name}_replayed" if row.reason == "duplicate-row" else name].append(row)
    records = {name: [_warehouse_record(row) for row in found] for name, found in tables.items()}
    for name, found in tables.items():
        columns = _columns(records[name])
        if name == "tracks":
            every = _columns([record for others in records.values() for record in others])
            columns = [name for name in every if name in (*_FIRST, *_TIMES) or name.startswith("context_")]
        lines = [csv_line(columns)]
        for row, record in zip(found, records[name], strict=True):
            line = [_cell(record.get(column)) for column in columns]
            lines.append(csv_line(line, damage=row.damage, among="en-US"))
        write(folder / f"{name}.csv", b"".join(lines))


def _table(row: Row) -> str:
    name = CALLS[row.event][1]
    return "pages" if name is None else name.lower().replace(" ", "_")


def _warehouse_record(row: Row) -> dict[str, Any]:
    """Fill a warehouse's columns: those of the envelope are gone, the event's name is there in two forms."""
    record = _call(row, is_cut=True)
    for name in ("type", "version", "integrations"):
        del record[name]
    columns = flat(record)
    columns["id"] = columns.pop("message_id")
    if "event" in columns:
        columns |= {"event": _table(row), "event_text": columns["event"]}
    columns |= {name: columns[name].replace("T", " ").removesuffix("Z") for name in _TIMES}
    return columns


def _columns(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """Order columns as they came to be: the fixed ones, then by the first row that has them."""
    return list(dict.fromkeys(name for record in records for name in (*_FIRST, *sorted(record))))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    return text[:LONGEST_CELL]


def _write_lake(folder: Path, rows: Iterable[Row]) -> None:
    """Write Parquet by source, event, day and hour of receipt."""
    parts: dict[tuple[str, datetime], list[Row]] = defaultdict(list)
    for row in rows:
        # Synchronised twice a day; what was replayed comes later.
        hour = _received(row).replace(minute=0, second=0)
        parts[str(CALLS[row.event][1]), hour.replace(hour=hour.hour // 12 * 12)].append(row)
    for (event, hour), found in parts.items():
        source = found[0].device.app.segment_source
        path = folder / source / f"segment_type={event}" / f"day={hour:%Y-%m-%d}" / f"hr={hour:%H}"
        records = [_lake_record(row) for row in found]
        columns = dict.fromkeys(name for record in records for name in record)
        table = pa.table({name: _column([record.get(name) for record in records]) for name in columns})
        write_table(path / "part-00000.snappy.parquet", table, compression="snappy")


def _lake_record(row: Row) -> dict[str, Any]:
    """Fill a Data Lake's columns: typed, and with the envelope."""
    columns = flat(_call(row)) | {"channel": "mobile"}
    columns |= {name: datetime.fromisoformat(columns[name]) for name in _TIMES}
    columns |= {name: Decimal(str(columns[name])) for name in _MONEY if name in columns}
    return {name: json.dumps(value) if isinstance(value, list) else value for name, value in columns.items()}


def _column(values: Sequence[Any]) -> "pa.Array[Any]":
    """A column of the type that its first value has."""
    first = next((value for value in values if value is not None), None)
    types = {
        bool: pa.bool_(),
        int: pa.int64(),
        Decimal: pa.decimal128(38, 6),
        datetime: pa.timestamp("ms", tz="UTC"),
    }
    return pa.array(values, types.get(type(first), pa.string()))
