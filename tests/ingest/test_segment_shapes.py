"""One event in every shape that Segment delivers it in: the same row each time, and cut text told from whole."""

# ruff: noqa: DTZ001
# The times of canonical tables are UTC without saying so.

import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from mmpsync.engines.duckdb import DuckDBEngine
from mmpsync.engines.interface import Layout

Read = Callable[..., Any]
Message = Mapping[str, Any]

DEVICE = {"id": "DEV-1", "advertisingId": "AD-1", "adTrackingEnabled": True, "type": "android"}
PAGE = {"url": "https://shop.example/?irclickid=AbC%3A1", "search": "?irclickid=AbC%3A1", "path": "/"}
BASE: Message = {
    "anonymousId": "an-1",
    "context": {
        "app": {"name": "Shop", "namespace": "com.acme.shop", "version": "1.10", "build": 57},
        "campaign": {"source": "impact", "name": "Spring"},
        "device": DEVICE,
        "os": {"name": "Android"},
        "page": PAGE,
        "referrer": {"type": "impactRadius", "id": "AbC:1"},
    },
    "originalTimestamp": "2026-03-01T11:59:58.000Z",
    "receivedAt": "2026-03-01T12:00:02.000Z",
    "sentAt": "2026-03-01T12:00:01.000Z",
    "timestamp": "2026-03-01T12:00:00.000Z",
    "userId": "000123",
}
ORDER = {
    "orderId": "0001", "total": 19.9, "currency": "EUR", "coupon": "SPRING", "sku": "SKU-1", "category": "shoes",
    "quantity": 2, "products": [{"sku": "SKU-1"}],
}  # fmt: skip
MESSAGES: list[dict[str, Any]] = [
    {**BASE, "messageId": "m-1", "type": "track", "event": "Order Completed", "properties": ORDER},
    {
        **BASE,
        "messageId": "m-2",
        "type": "track",
        "event": "Application Installed",
        "properties": {"version": "1.10", "build": 57},
    },
    {**BASE, "messageId": "m-3", "type": "page", "properties": PAGE},
    {
        **BASE,
        "messageId": "m-4",
        "type": "track",
        "event": "Deep Link Opened",
        "properties": {"url": PAGE["url"]},
    },
    {
        **BASE,
        "messageId": "m-5",
        "type": "track",
        "event": "Install Attributed",
        "properties": {"provider": "AppsFlyer", "campaign": {"source": "ads_int", "name": "Summer"}},
    },
]
EXPECTED = [
    {
        "event_id": "m-1", "kind": "event", "is_click": False, "event_name": "Order Completed", "order_id": "0001",
        "amount": Decimal("19.9"), "currency": "EUR", "promo_code": "SPRING", "sku": "SKU-1", "category": "shoes",
        "quantity": 2,
    },
    {"event_id": "m-2", "kind": "install", "is_click": False, "event_name": "Application Installed"},
    {"event_id": "m-3", "kind": "other", "is_click": True, "event_name": "page"},
    {"event_id": "m-4", "kind": "other", "is_click": True, "event_name": "Deep Link Opened"},
    {
        "event_id": "m-5", "kind": "event", "is_click": False, "event_name": "Install Attributed",
        "media_source": "ads_int", "campaign": "Summer",
    },
]  # fmt: skip
COMMON = {
    "mmp": "segment",
    "app_id": "com.acme.shop",
    "platform": "android",
    "event_time": datetime(2026, 3, 1, 12),
    "touch_time": None,
    "media_source": "impact",
    "attribution": "impact",
    "click_id": "AbC:1",
    **dict.fromkeys(
        ("order_id", "amount", "currency", "promo_code", "sku", "category", "quantity", "idfa", "idfv")
    ),
    "customer_id": "000123",
    "gaid": "AD-1",
    "android_id": "DEV-1",
    "mmp_device_id": "an-1",
    "campaign": "Spring",
    "app_version": "1.10",
}


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).replace(" ", "_").lower()


def flat(tree: Message, *above: str) -> dict[str, Any]:
    """Objects flattened with underscores, arrays as text."""
    found: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            found |= flat(value, *above, snake(key))
        else:
            found["_".join([*above, snake(key)])] = json.dumps(value) if isinstance(value, list) else value
    return found


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def warehouse_row(message: Message) -> dict[str, Any]:
    """The message as the warehouse has it, in the table of its event or in `pages`."""
    times = {
        snake(k): instant(message[k]) for k in ("originalTimestamp", "receivedAt", "sentAt", "timestamp")
    }
    named = {"event": snake(message["event"]), "event_text": message["event"]} if "event" in message else {}
    who = {"id": message["messageId"], "anonymous_id": message["anonymousId"], "user_id": message["userId"]}
    context = flat({"context": message["context"]})
    return {
        **who,
        **times,
        **context,
        **named,
        "uuid_ts": times["received_at"],
        **flat(message["properties"]),
    }


def lake_row(message: Message) -> dict[str, Any]:
    """The message as Data Lakes have it: no event_text, no uuid, the call's type, names as they were sent."""
    row = {k: v for k, v in warehouse_row(message).items() if k not in ("id", "uuid_ts", "event_text")}
    more = {"message_id": message["messageId"], "type": message["type"], "version": "2", "channel": "client"}
    return row | more | ({"event": message["event"]} if "event" in message else {})


def tables(rows: Sequence[Message]) -> dict[str, list[Message]]:
    """Rows by the event they are of: each has a table of its own."""
    found: dict[str, list[Message]] = {}
    for row in rows:
        found.setdefault(row.get("event", "pages"), []).append(row)
    return found


def as_parquet(rows: Sequence[Message]) -> bytes:
    file = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist([dict(row) for row in rows]), file)
    return file.getvalue()


def as_csv(rows: Sequence[Message], *, zone: str = "") -> str:
    """Rows with all their columns; times as a warehouse writes them, without a zone or with one behind."""
    file = io.StringIO()
    writer = csv.DictWriter(file, list(dict.fromkeys(k for row in rows for k in row)), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        times = {k: f"{v:%Y-%m-%d %H:%M:%S}{zone}" for k, v in row.items() if isinstance(v, datetime)}
        writer.writerow({**row, **times})
    return file.getvalue()


ACTIONS = ("event_name", "event_type", "user_id", "anonymous_id", "email", "properties", "traits", "context", "timestamp",
           "message_id", "integrations", "audience_name", "batch_size")  # fmt: skip


def actions_csv(messages: Sequence[Message], delimiter: str = ",") -> str:
    """What the S3 (Actions) destination writes: a bare header, every value quoted, no last line end."""
    lines = [delimiter.join(ACTIONS)]
    for message in messages:
        values = {snake(k): v for k, v in message.items()}
        values |= {"event_type": message["type"], "event_name": message.get("event")}
        cells = [values.get(name) for name in ACTIONS]
        texts = ["" if c is None else json.dumps(c) if isinstance(c, dict) else str(c) for c in cells]
        lines.append(delimiter.join('"' + text.replace('"', '""') + '"' for text in texts))
    return "\n".join(lines)


def as_lines(rows: Sequence[Message]) -> str:
    return "".join(json.dumps(row, default=str) + "\n" for row in rows)


def nested(messages: Sequence[Message]) -> bytes:
    """Parquet of the messages themselves: context and properties as structs."""
    return as_parquet([{**m, "properties": ORDER | PAGE | m["properties"]} for m in messages[:1]])


SHAPES: dict[str, Callable[[], dict[str, str | bytes]]] = {
    "S3 logs": lambda: {"logs/1.gz": gzip.compress(as_lines(MESSAGES).encode(), mtime=0)},
    "a log per call": lambda: {f"logs/{n}": as_lines([m]) for n, m in enumerate(MESSAGES)},
    "S3 (Actions)": lambda: {"1.csv": actions_csv(MESSAGES)},
    "S3 (Actions), tabs": lambda: {"1.txt": actions_csv(MESSAGES, "\t")},
    "S3 (Actions), colons": lambda: {"1.txt": actions_csv(MESSAGES, ":")},
    "warehouse, CSV": lambda: {
        f"{name}.csv": as_csv(rows) for name, rows in tables([warehouse_row(m) for m in MESSAGES]).items()
    },
    "warehouse, CSV with zones": lambda: {
        f"{name}.csv": as_csv(rows, zone=" UTC")
        for name, rows in tables([warehouse_row(m) for m in MESSAGES]).items()
    },
    "warehouse, Parquet": lambda: {
        f"{name}.parquet": as_parquet(rows)
        for name, rows in tables([warehouse_row(m) for m in MESSAGES]).items()
    },
    "warehouse, JSON lines": lambda: {
        f"{name}.json": as_lines(rows) for name, rows in tables([warehouse_row(m) for m in MESSAGES]).items()
    },
    "Data Lakes": lambda: {
        f"segment-data/data/src/segment_type={name}/day=2026-03-01/hr=12/part-0.parquet": as_parquet(rows)
        for name, rows in tables([lake_row(m) for m in MESSAGES]).items()
    },
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_events_give_the_same_rows_in_every_shape(read: Read, shape: str) -> None:
    found = sorted(read(SHAPES[shape]()).rows, key=lambda row: row["event_id"])
    expected = [COMMON | row for row in EXPECTED]
    assert [{name: row[name] for name in COMMON | EXPECTED[0]} for row in found] == [
        dict.fromkeys(EXPECTED[0]) | row for row in expected
    ]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_events_give_the_same_clicks_in_every_shape(read: Read, shape: str) -> None:
    clicks = [(c["click_id"], c["click_time"], c["partner"]) for c in read(SHAPES[shape]()).clicks]
    assert clicks == [("AbC:1", datetime(2026, 3, 1, 12), "impact")] * 2


def test_a_table_of_structs_is_read_like_a_log(read: Read) -> None:
    (found,) = read({"1.parquet": nested(MESSAGES)}).rows
    expected = COMMON | EXPECTED[0]
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (pa.int64(), 1001, "1001"),
        (pa.string(), "0001", "0001"),
        (pa.decimal128(38, 6), Decimal("7.5"), "7.500000"),
        (pa.float64(), 7.5, "7.5"),
    ],
)
def test_columns_may_have_any_type(read: Read, kind: pa.DataType, value: object, text: str) -> None:
    row = warehouse_row(MESSAGES[0])
    table = pa.Table.from_pylist([row]).drop_columns(["total", "order_id"])
    table = table.append_column("total", pa.array([value], kind)).append_column(
        "order_id", pa.array([value], kind)
    )
    file = io.BytesIO()
    parquet.write_table(table, file)
    found = read({"1.parquet": file.getvalue()}).values("order_id", "amount")
    assert found == [(text, Decimal(text))]


def test_a_column_that_made_room_for_another_is_not_taken_for_it(read: Read) -> None:
    # What a property called like a column of Segment's own becomes.
    row = {"_timestamp": "2020-01-01 00:00:00", "_id": "x", "_user_id": "y"} | warehouse_row(MESSAGES[0])
    found = read({"orders.csv": as_csv([row])}).values("event_id", "event_time", "customer_id")
    assert found == [("m-1", datetime(2026, 3, 1, 12), "000123")]


def test_the_same_event_delivered_twice_is_left_to_the_rule_of_duplicates(read: Read) -> None:
    text = as_lines(MESSAGES[:1])
    assert read({"1.json": text, "2.json": text}).superseded() == [False, False]


def test_logs_and_lakes_cut_nothing(read: Read) -> None:
    page = {"url": "https://shop.example/?q=".ljust(512 - 14, "x") + "&irclickid=AbC"}
    message = MESSAGES[0] | {"context": {"page": page}}
    files = {"1.gz": as_lines([message]), "2.csv": actions_csv([message])}
    lake = {"3.parquet": as_parquet([lake_row(message)])}
    assert (
        read(files | lake).values("click_id", "click_id_cut", "click_id_lost") == [("AbC", False, False)] * 3
    )


def test_a_call_of_another_kind_is_no_event_because_it_has_a_name(read: Read) -> None:
    common = {**BASE, "messageId": "m-1", "event": "Home", "properties": {"url": PAGE["url"]}}
    messages = [{**common, "type": kind} for kind in ("page", "screen", "identify", "group", "track")]
    found = read({"1.csv": actions_csv(messages)}).values("kind", "is_click")
    assert found == [("other", True), *[("other", False)] * 3, ("event", False)]


def test_columns_that_come_up_late_in_lines_of_a_table_are_found(read: Read) -> None:
    row = warehouse_row(MESSAGES[0])
    early = {name: row[name] for name in ("id", "timestamp", "sent_at")}
    found = read({"1.json": as_lines([*[early] * 1100, row])}).rows[-1]
    expected = COMMON | EXPECTED[0]
    assert {name: found[name] for name in expected} == expected


def test_lines_of_logs_and_of_tables_may_lie_side_by_side(read: Read) -> None:
    # The keys of the one must not hide those of the other.
    logs, tables = {"a.json": as_lines(MESSAGES)}, {"b.json": as_lines([warehouse_row(m) for m in MESSAGES])}
    names = [*COMMON, *EXPECTED[0]]
    together = read(logs | tables).values(*names)
    assert together[: len(MESSAGES)] == together[len(MESSAGES) :]
    assert [row[names.index("order_id")] for row in together] == ["0001", None, None, None, None] * 2


def test_logs_are_read_in_one_scan_however_many_there_are(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    scans: list[Layout] = []
    scan = DuckDBEngine.scan

    def counted(engine: DuckDBEngine, layout: Layout) -> Any:
        scans.append(layout)
        return scan(engine, layout)

    monkeypatch.setattr(DuckDBEngine, "scan", counted)
    files = {f"{n}.json": as_lines([m, *MESSAGES[:n]]) for n, m in enumerate(reversed(MESSAGES))}
    found = read(files)
    assert (len(scans), len(found.rows)) == (1, 15)
