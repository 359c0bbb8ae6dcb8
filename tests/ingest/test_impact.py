"""impact.com's click records: ClickExport as CSV and JSON, nested names written loosely."""

# ruff: noqa: DTZ001
# The times of canonical tables are UTC without saying so.

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

Read = Callable[..., Any]
Export = Callable[..., str]

PLAIN = {
    "Id": "AbC:1_d%2F",
    "ProgramId": "1000",
    "ProgramName": "Acme Shop",
    "ProfileId": "p-1",
    "IpAddress": "9d5ed678fe57bcca610140957afab571",
    "EventDate": "2026-03-01T07:05:09-05:00",
    "MediaId": "10087",
    "MediaName": "Deal Site 春",
    "AdId": "1",
    "CustomerCountry": "US",
    "DeviceType": "PHONE",
    "Os": "iOS",
    "ReferringUrl": "n/a",
    "LandingPageUrl": "https://acme.example/",
    "SharedId": "",
    "UniqueClick": "true",
}
CLICK = {
    "click_id_raw": "AbC:1_d%2F",
    # No URL: the id is the id.
    "click_id": "AbC:1_d%2F",
    "click_time": datetime(2026, 3, 1, 12, 5, 9),
    "is_own": True,
    "media_id": "10087",
    "partner": "Deal Site 春",
    "campaign": "Acme Shop",
    "publisher": "sub one",
    "app_id": None,
    "platform": "iOS",
}


def of(click: dict[str, Any]) -> dict[str, Any]:
    return {name: click[name] for name in CLICK} | {
        "platform": "iOS" if click["platform"] in ("ios", "iOS") else None
    }


NESTED = ["PartnerRelated{SubId1}", "PartnerRelated.SubId1", "PartnerRelated_SubId1", "PartnerRelatedSubId1",
          "Partner Related Sub Id 1", "SubId1", "subid1"]  # fmt: skip


def test_a_click_of_a_csv_however_its_nested_names_are_written(read: Read, export: Export) -> None:
    found = read({nested: export(PLAIN | {nested: "sub one"}) for nested in NESTED})
    assert found.rows == []
    assert {click["source_file"]: of(click) for click in found.clicks} == dict.fromkeys(NESTED, CLICK)


RECORD = {
    **PLAIN,
    "MediaId": 10087,
    "UniqueClick": True,
    "SharedId": None,
    "PartnerRelated": {"SubId1": "sub one", "SubId2": "null"},
    "BrandRelated": {"AdCampaign": None},
}
SHAPES = {
    "array": json.dumps([RECORD]),
    "array, indented": json.dumps([RECORD], indent=2),
    "under a key": json.dumps({"@page": "1", "Clicks": [RECORD]}),
    "one a line": json.dumps(RECORD) + "\n",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_click_of_a_json_file_of_any_shape(read: Read, shape: str) -> None:
    found = read({"clicks.json": SHAPES[shape]})
    assert found.rows == []
    assert [of(click) for click in found.clicks] == [CLICK]


@pytest.mark.parametrize(
    "spell",
    [str.lower, str.upper, lambda name: name.replace("Id", "_Id"), lambda name: f" {name} "],
    ids=["lower", "upper", "underscores", "blanks"],
)
def test_a_click_whatever_its_columns_are_called(
    read: Read, export: Export, spell: Callable[[str], str]
) -> None:
    row = {spell(name): value for name, value in (PLAIN | {"SubId1": "sub one"}).items()}
    assert [of(click) for click in read({"x.csv": export(row)}).clicks] == [CLICK]


def test_campaign_and_program_name_the_same(read: Read, export: Export) -> None:
    row = {name.replace("Program", "Campaign"): value for name, value in PLAIN.items()}
    (click,) = read({"x.csv": export(row)}).clicks
    assert click["campaign"] == "Acme Shop"


def test_what_stands_for_nothing_is_null(read: Read, export: Export) -> None:
    row = PLAIN | {"MediaName": "null", "ProgramName": "n/a", "Os": "", "EventDate": "soon"}
    (click,) = read({"x.csv": export(row)}).clicks
    assert (click["partner"], click["campaign"], click["platform"], click["click_time"]) == (None,) * 4
    assert click["click_id"] == PLAIN["Id"]


def test_several_clicks_of_one_click_id_are_several_records(read: Read, export: Export) -> None:
    again = PLAIN | {"EventDate": "2026-03-01T12:06:00Z"}
    clicks = read({"x.csv": export(PLAIN, again, PLAIN)}).clicks
    assert [click["click_id"] for click in clicks] == [PLAIN["Id"]] * 3
    assert clicks[1]["click_time"] == datetime(2026, 3, 1, 12, 6)


def test_a_record_without_an_id_has_no_click_id(read: Read, export: Export) -> None:
    clicks = read({"x.csv": export(PLAIN, PLAIN | {"Id": "null"})}).clicks
    assert [click["click_id"] for click in clicks if click["click_id"] is not None] == [PLAIN["Id"]]


def test_times_without_a_zone_are_in_the_configured_one(read: Read, export: Export) -> None:
    config = {"sources": {"impact": {"timezone": "America/New_York"}}}
    text = export(PLAIN | {"EventDate": "2026-03-08 03:00:00"})
    (click,) = read({"x.csv": text}, config=config).clicks
    assert click["click_time"] == datetime(2026, 3, 8, 7)


def test_configured_references_take_the_place_of_the_built_in_ones(read: Read, export: Export) -> None:
    config = {"sources": {"impact": {"fields": {"partner": "MediaId", "click_id": "ProfileId"}}}}
    (click,) = read({"x.csv": export(PLAIN)}, config=config).clicks
    assert (click["partner"], click["click_id"]) == ("10087", "p-1")
