"""Files whose source the user gives: which are meant, what is read of them, and what is refused."""

# ruff: noqa: DTZ001
# The times of canonical tables are UTC without saying so.

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mmpsync.config import Config
from mmpsync.errors import ConfigError, InputError, UnrecognisedInputError
from mmpsync.ingest.detect import ADAPTERS
from mmpsync.ingest.inputs import lacks

Read = Callable[..., Any]
Export = Callable[..., str]

NOON = datetime(2026, 3, 1, 12)
TIME = "2026-03-01 12:00:00"
# What each source calls the name and the time of an event, in a file that has little else.
BARE = {
    "appsflyer": {"Event Name": "af_purchase", "Event Time": TIME},
    "adjust": {"{event_name}": "purchase", "{created_at}": "1772366400"},
    "branch": {"name": "PURCHASE", "timestamp": "1772366400000"},
    "segment": {"event": "Order Completed", "timestamp": TIME},
    "kochava": {"event_name": "Purchase", "timestamp_utc": TIME},
}


@pytest.mark.parametrize("source", BARE)
def test_a_name_and_a_time_of_events_are_enough(read: Read, export: Export, source: str) -> None:
    row = BARE[source]
    text = export(row | {"spend": "1"})
    with pytest.raises(UnrecognisedInputError):
        read({"x.csv": text})
    found = read({"x.csv": text}, sources={source: ["x.csv"]})
    names = found.values("mmp", "kind", "event_name", "event_time", "click_id")
    assert names == [(source, "event", next(iter(row.values())), NOON, None)]


@pytest.mark.parametrize("source", BARE)
@pytest.mark.parametrize("name", ["Ereignis", "=purchase"])
def test_the_name_of_events_may_stand_where_the_user_says(
    read: Read, export: Export, source: str, name: str
) -> None:
    settings = {"sources": {source: {"fields": {"event_name": name, "event_time": "Zeit"}}}}
    text = export({"Zeit": TIME, "Ereignis": "purchase"})
    found = read({"x.csv": text}, config=settings, sources={source: ["x.csv"]})
    assert found.values("kind", "event_name", "event_time") == [("event", "purchase", NOON)]


def test_every_source_that_measures_conversions_is_tried_above() -> None:
    assert set(BARE) == {adapter.name for adapter in ADAPTERS if adapter.is_mmp}


def test_every_column_that_the_source_knows_is_read(read: Read, export: Export) -> None:
    more = {"[user_id]": "7", "{revenue_float}": "9.5", "{currency}": "eur", "{dcp_irclickid}": "A"}
    text = export(BARE["adjust"] | more)
    found = read({"x.csv": text}, sources={"adjust": ["x.csv"]})
    assert found.values("customer_id", "amount", "currency", "click_id") == [
        ("7", Decimal("9.5"), "EUR", "A")
    ]


def test_what_the_file_lacks_is_said_as_of_any_other(read: Read, export: Export) -> None:
    found = read({"x.csv": export(BARE["adjust"] | {"a": "b"})}, sources={"adjust": ["x.csv"]})
    said = {advice.code for advice in lacks(found.inputs.files, Config())}
    assert said >= {"no-click-id-column", "no-media-source-column"}


def test_rows_without_a_name_are_no_events(read: Read, export: Export) -> None:
    row = BARE["adjust"]
    text = export(row, row | {"{event_name}": ""})
    found = read({"x.csv": text}, sources={"adjust": ["x.csv"]})
    assert found.values("kind", "event_name") == [("event", "purchase"), ("other", None)]


def test_a_forced_file_beside_the_sources_own(read: Read, export: Export) -> None:
    own = {"{activity_kind}": "session", "{created_at}": "1772366400", "{event_name}": "purchase"}
    files = {"a.csv": export(own), "b.csv": export(BARE["adjust"])}
    found = read(files, sources={"adjust": ["b.csv"]})
    assert found.values("source_file", "kind") == [("a.csv", "other"), ("b.csv", "event")]


def test_clicks_are_forced_by_an_id_and_a_time(read: Read, export: Export) -> None:
    row = {"ClickId": "A", "ClickDate": "2026-03-01T12:00:00Z", "x": "1"}
    found = read({"x.csv": export(row)}, sources={"impact": ["x.csv"]})
    assert found.rows == []
    assert [(click["click_id"], click["click_time"]) for click in found.clicks] == [("A", NOON)]


def test_actions_are_forced_by_an_order_id_and_a_state(read: Read, export: Export) -> None:
    found = read(
        {"x.csv": export({"Oid": "O-1", "State": "APPROVED"})}, sources={"impact_actions": ["x.csv"]}
    )
    assert (found.rows, found.clicks) == ([], [])
    assert [action["order_id"] for action in found.actions] == ["O-1"]


def test_a_kind_that_the_columns_tell_is_told(read: Read, export: Export) -> None:
    row = {"install_date_utc": TIME, "spend": "1"}
    found = read({"x.csv": export(row)}, sources={"kochava": ["x.csv"]})
    assert found.values("kind", "event_name", "event_time") == [("install", "install", NOON)]


# -- Which files are meant


def test_a_folder_a_pattern_and_a_file_force_what_they_stand_for(read: Read, export: Export) -> None:
    text = export(BARE["adjust"] | {"a": "b"})
    files = {f"{place}.csv": text for place in ("odd/a", "odd/deep/b", "more/c", "d")}
    found = read(files, sources={"adjust": ["odd", "more/*.csv", "d.csv"]})
    assert sorted(found.files) == sorted(files)


def test_paths_need_not_be_given_twice(read: Read, export: Export) -> None:
    files = {"a.csv": export(BARE["adjust"] | {"a": "b"}), "b.csv": "never,read\n"}
    found = read(files, roles={}, sources={"adjust": ["a.csv"]})
    assert list(found.files) == ["a.csv"]
    assert len(found.rows) == 1


def test_other_files_are_recognised_as_ever(read: Read, export: Export) -> None:
    files = {"a.csv": export(BARE["adjust"] | {"a": "b"}), "b.csv": "never,heard,of\n"}
    with pytest.raises(UnrecognisedInputError, match=r"b\.csv"):
        read(files, sources={"adjust": ["a.csv"]})


def test_a_forced_source_beats_the_one_that_the_file_has(read: Read, export: Export) -> None:
    row = {
        "timestamp_utc": TIME,
        "event_name": "e",
        "attribution_network": "x",
        "timestamp": TIME,
        "name": "n",
    }
    assert read({"x.csv": export(row)}).values("mmp") == ["kochava"]
    assert read({"x.csv": export(row)}, sources={"branch": ["x.csv"]}).values("mmp", "event_name") == [
        ("branch", "n")
    ]


def test_a_forced_file_keeps_its_role(read: Read, export: Export) -> None:
    row = BARE["adjust"] | {"{activity_kind}": "click", "{label}": "A"}
    found = read({"x.csv": export(row)}, roles={"clicks": ["x.csv"]}, sources={"adjust": ["x.csv"]})
    assert (found.rows, len(found.clicks)) == ([], 1)


def test_a_file_of_two_sources_is_refused(read: Read, export: Export, tmp_path: Path) -> None:
    files = {"odd/x.csv": export(BARE["adjust"] | {"a": "b"})}
    with pytest.raises(InputError, match=rf"{tmp_path}/odd/x\.csv.*adjust.*kochava"):
        read(files, sources={"adjust": ["odd/x.csv"], "kochava": ["odd"]})


# -- What is refused


LACKING = [
    ("appsflyer", "Event Name,spend", "event_time"),
    ("appsflyer", "Event Time,Media Source", "event_name"),
    ("adjust", "{created_at},{adid}", "event_name"),
    ("impact", "Id,MediaId", "click_time"),
    ("kochava", "date,campaign", "event_time"),
]


@pytest.mark.parametrize(("source", "names", "lacking"), LACKING)
def test_a_file_without_a_name_or_a_time_is_refused_with_what_it_lacks(
    read: Read, source: str, names: str, lacking: str
) -> None:
    with pytest.raises(
        InputError, match=rf"(?s)x\.csv.*{lacking}.*sources\.{source}\.fields\.{lacking}"
    ) as error:
        read({"x.csv": names + "\n" + "," * names.count(",") + "\n"}, sources={source: ["x.csv"]})
    assert names.partition(",")[0] in str(error.value)


def test_where_a_name_was_looked_for_is_where_the_user_said(read: Read) -> None:
    config = {"sources": {"adjust": {"fields": {"event_name": "evnt"}}}}
    with pytest.raises(InputError, match=r"event_name, looked for in evnt[.,;]"):
        read({"x.csv": "{created_at},event\n1772366400,e\n"}, config=config, sources={"adjust": ["x.csv"]})


def test_a_configured_column_makes_up_for_what_the_source_calls_otherwise(read: Read, export: Export) -> None:
    text = export({"what": "purchase", "when": TIME, "id": "A"})
    fields = {"event_name": "what", "event_time": "when", "click_id": "id"}
    config = {"sources": {"adjust": {"fields": fields | {"kind": "=event"}}}}
    found = read({"x.csv": text}, config=config, sources={"adjust": ["x.csv"]})
    assert found.values("kind", "event_name", "event_time", "click_id") == [("event", "purchase", NOON, "A")]


def test_a_constant_is_a_name_as_well(read: Read, export: Export) -> None:
    text = export({"Install Time": TIME, "Event Time": TIME})
    config = {"sources": {"appsflyer": {"fields": {"event_name": "=install", "kind": "=install"}}}}
    found = read({"x.csv": text}, config=config, sources={"appsflyer": ["x.csv"]})
    assert found.values("kind", "event_name", "event_time") == [("install", "install", NOON)]


def test_an_unknown_source_is_refused(read: Read, export: Export) -> None:
    with pytest.raises(ConfigError, match="singular"):
        read({"x.csv": export(BARE["adjust"])}, sources={"singular": ["x.csv"]})


def test_what_is_no_table_is_refused_all_the_same(read: Read) -> None:
    with pytest.raises(InputError, match=r"x\.png.*PNG"):
        read({"x.png": b"\x89PNG\r\n"}, sources={"adjust": ["x.png"]})


def test_a_path_that_stands_for_nothing_is_refused(read: Read, export: Export) -> None:
    with pytest.raises(InputError, match=r"missing\.csv"):
        read({"x.csv": export(BARE["adjust"])}, sources={"adjust": ["missing.csv"]})
