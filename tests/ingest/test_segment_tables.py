"""Segment in a warehouse: the tables that a brand exports, and text that was cut off there."""

# ruff: noqa: DTZ001
# The times of canonical tables are UTC without saying so.

import csv
import io
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from mmpsync.config import Config
from mmpsync.engines.duckdb import DuckDBEngine
from mmpsync.engines.interface import Layout
from mmpsync.ingest.cuts import cut_texts
from mmpsync.ingest.detect import recognise
from mmpsync.ingest.inputs import lacks
from mmpsync.ingest.inputs import read as read_inputs

Read = Callable[..., Any]

# The public example of a dbt package, and columns of real tables.
DBT_PAGES = (
    "id", "anonymous_id", "user_id", "received_at", "sent_at", "timestamp", "url", "path", "title", "search", "referrer",
    "context_campaign_source", "context_campaign_medium", "context_campaign_name", "context_campaign_term",
    "context_campaign_content", "context_ip", "context_user_agent",
)  # fmt: skip
TRACKS = (
    "id", "received_at", "uuid", "uuid_ts", "anonymous_id", "context_ip", "context_library_name", "context_page_path",
    "context_page_referrer", "context_page_title", "context_page_url", "context_user_agent", "event", "event_text",
    "original_timestamp", "sent_at", "timestamp", "user_id", "context_page_search", "context_campaign_source",
)  # fmt: skip
ORDERS_OF_2017 = (
    "id", "received_at", "uuid", "uuid_ts", "affiliation", "campaign_id", "checkout_id", "context_library_name",
    "currency", "customer_id", "discount", "event", "event_text", "ip_address", "order_id", "original_timestamp",
    "partner_id", "passed_compliance", "products", "promotion_id", "revenue", "sent_at", "shipping", "store_id", "sub_id",
    "subtotal", "tax", "_timestamp", "total", "user_id", "vouchers", "excise_tax", "timestamp",
)  # fmt: skip
IDENTIFIES = (
    "id", "received_at", "uuid_ts", "anonymous_id", "user_id", "context_page_url", "context_ip", "original_timestamp",
    "sent_at", "timestamp", "plan",
)  # fmt: skip
INSTALLED = (
    "id", "received_at", "uuid_ts", "anonymous_id", "build", "context_app_build", "context_app_name",
    "context_app_namespace", "context_app_version", "context_device_id", "context_device_type", "context_os_name", "event",
    "event_text", "original_timestamp", "sent_at", "timestamp", "version", "context_network_cellular",
)  # fmt: skip


ACTIONS = (
    "event_name", "event_type", "user_id", "anonymous_id", "email", "properties", "traits", "context", "timestamp",
    "message_id", "integrations", "audience_name", "audience_id", "audience_space_id", "audience_action", "batch_size",
)  # fmt: skip


def row_of(names: Sequence[str], **values: str) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows([names, [values.get(name, "") for name in names]])
    return file.getvalue()


LINK = "https://shop.example/?irclickid=A"
NAMED = {"event": "order_completed", "event_text": "Order Completed"}
TABLES: list[tuple[Sequence[str], dict[str, str], tuple[str, bool, str | None, str]]] = [
    (DBT_PAGES, {"url": LINK, "search": "?irclickid=A"}, ("other", True, "A", "impact")),
    (
        DBT_PAGES,
        {"url": "https://shop.example/", "search": "?name=ferret"},
        ("other", False, None, "unknown"),
    ),
    (TRACKS, {"context_page_url": LINK, **NAMED}, ("event", False, "A", "impact")),
    (TRACKS, {"context_page_search": "?im_ref=A", **NAMED}, ("event", False, "A", "impact")),
    (TRACKS, {"context_campaign_source": "google", **NAMED}, ("event", False, None, "other")),
    (ORDERS_OF_2017, {"order_id": "7", **NAMED}, ("event", False, None, "unknown")),
    (IDENTIFIES, {"context_page_url": LINK}, ("other", False, "A", "impact")),
    (INSTALLED, {"event": "application_installed"}, ("install", False, None, "unknown")),
]


@pytest.mark.parametrize("case", range(len(TABLES)))
def test_rows_of_tables_as_they_are_found_in_warehouses(read: Read, case: int) -> None:
    header, values, expected = TABLES[case]
    text = row_of(header, id="m-1", timestamp="2026-03-01 12:00:00", **values)
    found = read({"1.csv": text}).values(
        "kind", "is_click", "click_id", "attribution", "event_time", "event_id"
    )
    assert found == [(*expected, datetime(2026, 3, 1, 12), "m-1")]


def test_the_table_of_all_events_gives_way_to_those_with_their_properties(read: Read) -> None:
    common = {"id": "m-1", "timestamp": "2026-03-01 12:00:00", **NAMED}
    files = {
        # Read first, so that the order of the files is not what decides.
        "all.csv": row_of(TRACKS, **common, context_page_url=LINK),
        "orders.csv": row_of(ORDERS_OF_2017, **common, order_id="7", total="5"),
    }
    found = read(files)
    assert found.superseded() == [True, False]
    assert found.values("order_id") == [None, "7"]


def test_an_event_may_be_named_in_either_column(read: Read) -> None:
    columns = [name for name in INSTALLED if name != "event"]
    text = row_of(columns, id="m-1", event_text="Application Installed")
    assert read({"1.csv": text}).values("kind", "event_name") == [("install", "Application Installed")]


def test_a_file_is_not_said_to_lack_the_media_source_that_segment_does_not_tell(read: Read) -> None:
    found = read({"1.csv": row_of(INSTALLED, id="m-1", event="application_installed")})
    assert [advice.code for advice in lacks(found.inputs.files, Config())] == [
        "no-click-id-column",
        "no-order-id-column",
    ]
    assert "context_referrer_id" in lacks(found.inputs.files, Config())[0].fix


@pytest.mark.parametrize("names", [DBT_PAGES, TRACKS, ORDERS_OF_2017, IDENTIFIES, INSTALLED, ACTIONS])
def test_a_table_may_lack_what_is_not_needed(names: Sequence[str]) -> None:
    needed = [
        n for n in names if n in ("id", "message_id", "timestamp", "anonymous_id", "original_timestamp")
    ]
    for columns in (names, needed, needed[::-1], [*names, "more"]):
        found = recognise(Layout(paths=("x",), format="csv", columns=tuple(columns)))
        assert getattr(found, "name", None) == "segment"


# -- Text that was cut off

CUT = 512


def url(click_id: str, length: int = CUT, tail: str = "") -> str:
    """A URL of this many characters, with the ClickId at its end or the tail behind it."""
    start, end = "https://shop.example/?q=", f"&irclickid={click_id}{tail}" if click_id else tail
    return start + "x" * (length - len(start) - len(end)) + end


FOUND = {"a ClickId at the end of a cell that is full": (url("AbC"), (True, False)),
         "a ClickId before the end": (url("AbC", tail="&a=1"), (False, False)),
         "a shorter cell": (url("AbC", CUT - 1), (False, False)),
         "a wider column": (url("AbC", CUT + 1), (False, False)),
         "a full cell without a ClickId": (url(""), (False, True)),
         "a full cell that ends in the parameter's name": (url("", tail="&irclickid="), (False, True)),
         "a shorter cell without a ClickId": (url("", CUT - 1), (False, False))}  # fmt: skip
FLAGS = ("click_id_cut", "click_id_lost")


@pytest.mark.parametrize("name", FOUND)
@pytest.mark.parametrize("column", ["context_page_url", "context_page_referrer", "context_page_search"])
def test_where_a_warehouse_may_have_cut_off_a_click_id(read: Read, name: str, column: str) -> None:
    cell, expected = FOUND[name]
    text = row_of(TRACKS, id="m-1", timestamp="2026-03-01 12:00:00", **NAMED, **{column: cell})
    assert read({"1.csv": text}).values(*FLAGS) == [expected]


def test_a_click_id_that_stands_elsewhere_is_not_lost(read: Read) -> None:
    text = row_of(TRACKS, id="m-1", **NAMED, context_page_url=url(""), context_page_search="?irclickid=A")
    assert read({"1.csv": text}).values("click_id", *FLAGS) == [("A", False, False)]


def test_half_a_click_id_makes_no_click(read: Read) -> None:
    cells = [url("AbC"), url("AbC", tail="&a=1")]
    files = {
        f"{n}.csv": row_of(DBT_PAGES, id=f"m-{n}", timestamp="2026-03-01 12:00:00", url=cell)
        for n, cell in enumerate(cells)
    }
    found = read(files)
    assert found.values("is_click", "kind") == [(False, "other"), (True, "other")]


def test_how_many_rows_a_cut_may_have_cost_is_told_once(tmp_path: Path) -> None:
    for n, cell in enumerate([url("AbC"), url(""), url("AbC", tail="&a=1"), url("", CUT - 1)]):
        (tmp_path / f"{n}.csv").write_text(row_of(TRACKS, id=f"m-{n}", **NAMED, context_page_url=cell))
    engine = DuckDBEngine(threads=1)
    try:
        inputs = read_inputs(engine, Config(), {"any": [str(tmp_path)]})
        (advice,) = cut_texts(engine, inputs.conversions, [file.adapter for file in inputs.files])
    finally:
        engine.close()
    assert advice.code == "cut-text"
    assert advice.files == (str(tmp_path / "0.csv"), str(tmp_path / "1.csv"))
    assert "In 2 rows of these files" in advice.message
    assert "512 characters" in advice.message
    assert "S3 logs" in advice.fix
