"""A folder as a brand with Segment has it, logs and tables side by side, and impact.com's clicks: what becomes of each row."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

import mmpsync

CONFIG = """
[events.install]
names = ["Application Installed"]
[events.sale]
names = ["Order Completed"]
required = ["order_id", "amount", "currency"]
"""
AT = "2026-03-01T12:00:00.000Z"
CLICKS = ("aB:1", "aB2", "aB3", "inStall", "abcdefghijklmnopqrstuvwxyz")
IMPACT = {"referrer": {"type": "impactRadius", "id": "aB:1"}}


def message(name: str, event: str | None, context: Mapping[str, Any], **properties: Any) -> dict[str, Any]:
    kind = "page" if event is None else "track"
    times = dict.fromkeys(("originalTimestamp", "receivedAt", "sentAt", "timestamp"), AT)
    common = {
        "_metadata": {},
        "anonymousId": f"visitor of {name}",
        "context": context,
        "messageId": name,
        "type": kind,
    }
    return common | times | {"properties": properties} | ({} if event is None else {"event": event})


def order(name: str, context: Mapping[str, Any], **properties: Any) -> dict[str, Any]:
    return message(
        name, "Order Completed", context, order_id=f"O-{name}", total=10, currency="EUR", **properties
    )


def page(click_id: str) -> dict[str, Any]:
    return {"page": {"url": f"https://shop.example/?irclickid={click_id}"}}


LOGGED = [
    (order("by referrer", IMPACT), "clean", "matched"),
    (order("by URL", page("aB%3A1")), "clean", "matched"),
    (order("by property", {}, clickId="aB2"), "clean", "matched"),
    (order("seen on a page only", page("landed")), "clean", "matched"),
    (message("the page", None, page("landed")), "excluded", "not-a-conversion"),
    (message("another page", None, {}), "excluded", "not-a-conversion"),
    (order("no ClickId", {"campaign": {"source": "impact"}}), "unattributed", "missing-click-id"),
    (order("from Google", {"campaign": {"source": "google"}}), "excluded", "other-source"),
    (order("direct", {}), "excluded", "organic"),
    (order("macro", page("{clickid}")), "unattributed", "unexpanded-macro"),
    (order("lower case", page("ab2")), "unattributed", "click-id-case-changed"),
    (order("twice encoded", page("aB%253A1")), "unattributed", "click-id-encoding-changed"),
    (order("shortened", page("abcdefghijklmnopqrstu")), "unattributed", "click-id-truncated"),
    (order("unknown", page("nobody")), "unattributed", "orphan-click-id"),
    (order("worthless", page("aB3")) | {"properties": {"order_id": "O-w"}}, "incomplete", "missing-parameter"),
    (order("test", page("aB3&impacttest=1")), "excluded", "test-row"),
    (message("install", "Application Installed", {"referrer": {"type": "impactRadius", "id": "inStall"}}), "clean", "matched"),
    (message("organic install", "Application Installed", {}), "excluded", "organic"),
    (message("open", "Application Opened", {}), "excluded", "not-a-conversion"),
    (message("visit", "Product Viewed", page("aB3")), "excluded", "unmapped-event"),
]  # fmt: skip
REPLAYED = (order("by referrer", IMPACT), "duplicate", "duplicate-row")
TRACKS = (
    "id",
    "anonymous_id",
    "timestamp",
    "received_at",
    "event",
    "event_text",
    "context_page_url",
    "context_campaign_source",
)
ORDERS = (*TRACKS, "order_id", "total", "currency")


def url(end: str) -> str:
    """A URL that a warehouse has cut off."""
    return "https://shop.example/?q=".ljust(512 - len(end), "x") + end


def table_row(name: str, url: str, **more: str) -> dict[str, str]:
    named = {"event": "order_completed", "event_text": "Order Completed"}
    times = dict.fromkeys(("timestamp", "received_at"), "2026-03-01 12:00:00")
    return {"id": name, "anonymous_id": "v", "context_page_url": url, **named, **times, **more}


def sale(name: str) -> dict[str, str]:
    return {"order_id": f"O-{name}", "total": "10.0", "currency": "EUR"}


TABLED = [
    (table_row("table", "https://shop.example/?irclickid=aB3"), "excluded", "superseded"),
    (table_row("table", "https://shop.example/?irclickid=aB3", **sale("table")), "clean", "matched"),
    (table_row("cut", url("&irclickid=xY"), **sale("cut")), "unattributed", "click-id-truncated"),
    (table_row("cut off later", url("&irclickid=aB3"), **sale("later")), "clean", "matched"),
    (table_row("lost", url(""), **sale("lost")), "excluded", "organic"),
]


def as_csv(header: Sequence[str], rows: Sequence[Mapping[str, str]]) -> str:
    file = io.StringIO()
    writer = csv.DictWriter(file, header, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def log(messages: Sequence[Mapping[str, Any]]) -> bytes:
    return gzip.compress("".join(f"{json.dumps(m)}\n" for m in messages).encode(), mtime=0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """exports/ with a day of logs, a replay of one event, and two tables of a warehouse; the clicks; a configuration."""
    day = tmp_path / "exports" / "segment-logs" / "src" / "1772323200000"
    day.mkdir(parents=True)
    (day.parent / "dummy-object.txt").write_text("written to see whether it may\n")
    (day / "1772366400000.ab.1.2.3.gz").write_bytes(log([m for m, _, _ in LOGGED]))
    (day / "1772370000000.ab.1.2.3.gz").write_bytes(log([REPLAYED[0]]))
    warehouse = tmp_path / "exports" / "warehouse"
    warehouse.mkdir()
    # Before the other in every list of files.
    (warehouse / "all_tracks.csv").write_text(as_csv(TRACKS, [TABLED[0][0]]))
    (warehouse / "order_completed.csv").write_text(as_csv(ORDERS, [row for row, _, _ in TABLED[1:]]))
    clicks = [
        {"Id": i, "EventDate": "2026-03-01T08:00:00Z", "MediaId": "7", "UniqueClick": "true"} for i in CLICKS
    ]
    (tmp_path / "clicks.csv").write_text(as_csv(list(clicks[0]), clicks))
    (tmp_path / "mmpsync.toml").write_text(CONFIG)
    return tmp_path


def test_every_row_of_the_folder_gets_the_verdict_it_deserves(
    folder: Path, command: Callable[..., Any], read_table: Callable[[Path], list[dict[str, Any]]]
) -> None:
    done = command(
        "reconcile", "exports", "--clicks", "clicks.csv", "--as-of", "2026-03-10", "--out", "run", cwd=folder
    )
    assert done.returncode == 1, done.stderr
    assert "missing-click-id" in done.stdout
    tables = [read_table(folder / "run" / f"{name}.parquet") for name in ("clean", "exceptions", "excluded")]
    found = sorted((row["event_id"], row["verdict"], row["reason"]) for table in tables for row in table)
    logged = [(m["messageId"], verdict, reason) for m, verdict, reason in (*LOGGED, REPLAYED)]
    tabled = [(row["id"], verdict, reason) for row, verdict, reason in TABLED]
    assert found == sorted([*logged, *tabled])


def test_where_text_was_cut_off_is_told_and_nothing_that_needs_no_remedy(folder: Path) -> None:
    run = mmpsync.reconcile(
        folder / "exports", clicks=folder / "clicks.csv", config=folder / "mmpsync.toml", as_of="2026-03-10"
    )
    told = {advice.code: [Path(path).name for path in advice.files] for advice in run.advice}
    # The order ids of all_tracks.csv stand in the other table.
    assert told == {"cut-text": ["order_completed.csv"]}
    assert "In 3 rows" in run.advice[0].message
