"""Where Kochava's reports carry impact.com's ClickId, in which shapes, and what is not one."""

import json
from collections.abc import Callable
from typing import Any

import pytest

Read = Callable[..., Any]
Export = Callable[..., str]

EPOCH = "1772366400"
REQUESTS = {"click": "click_original_request", "install": "install_original_request"}
# A ClickId is up to 64 characters and may hold colons, underscores and hyphens.
ID = "QzWm0aX:yz_xyOUuS1-FU0ABCdEfGhIjKlMnO0"


def event(**columns: str) -> dict[str, str]:
    return {"timestamp_utc": EPOCH, "event_name": "Purchase", "attribution_network": "Impact"} | columns


def install(**columns: str) -> dict[str, str]:
    return {"install_date_utc": EPOCH, "attribution_network_name": "Impact"} | columns


SHAPES = {
    "query string": f"site_id=7&click_id={ID}&idfa=x",
    "query string with a question mark": f"?click_id={ID}&site_id=7",
    "URL": f"https://control.kochava.com/v1/cpi/click?campaign_id=ko&click_id={ID}",
    "escaped ampersands": f"site_id=7\\u0026click_id={ID}\\u0026idfa=x",
    "JSON string": json.dumps(f"site_id=7&click_id={ID}").replace("&", "\\u0026"),
    "object": json.dumps({"site_id": "7", "click_id": ID, "meta_data": {"a": "b"}}),
    "object with blanks": json.dumps({"site_id": "7", "click_id": ID}, indent=1),
    "object in a JSON string": json.dumps(json.dumps({"site_id": "7", "click_id": ID})),
    "object cut off behind the id": f'{{"click_id":"{ID}","site_id":"7',
    "object cut off inside another value": f'{{"a": {{"b": "c"}}, "click_id" : "{ID}", "meta_data": {{"k": "v',
    "object with bare quotes in a value": f'{{"ua":"an "odd" one","click_id":"{ID}"}}',
    "object with single quotes": f"{{'click_id': '{ID}', 'site_id': None}}",
    "object with escaped quotes": f'{{\\"click_id\\":\\"{ID}\\",\\"site_id\\":\\"7\\"}}',
    "object with a trailing comma": f'{{"click_id":"{ID}",}}',
    "in backticks": f"`site_id=7&click_id={ID}`",
    "object in backticks": f'`{{"click_id":"{ID}"}}`',
}


@pytest.mark.parametrize("report", REQUESTS)
def test_every_shape_of_a_request_yields_the_click_id(read: Read, export: Export, report: str) -> None:
    row = event if report == "click" else install
    rows = [row(**{REQUESTS[report]: shape}) for shape in SHAPES.values()]
    for content in (export(*rows), json.dumps(rows)):
        found = dict(zip(SHAPES, read({"x": content}).values("click_id"), strict=True))
        assert found == dict.fromkeys(SHAPES, ID)


@pytest.mark.parametrize("report", REQUESTS)
def test_a_request_may_be_an_object_of_a_json_record(read: Read, report: str) -> None:
    row = event if report == "click" else install
    records = [
        row() | {REQUESTS[report]: value} for value in ({"click_id": ID}, {"site_id": "7"}, None, "", [])
    ]
    assert read({"x": json.dumps(records)}).values("click_id") == [ID, None, None, None, None]


NOTHING = {
    "no such key": '{"site_id": "7"}',
    "no such parameter": "site_id=7",
    "empty": "click_id=&site_id=7",
    "empty in an object": '{"click_id": "", "site_id": "7"}',
    "null": '{"click_id": null}',
    "another key that ends alike": '{"kochava_click_id": "x", "partnerclick_id": "x"}',
    "another parameter that ends alike": "kochava_click_id=x&xclick_id=x",
    "another key of a broken object": '{"kochava_click_id":"x","site',
    "inside another object": '{"meta_data": {"click_id": "x"}}',
    "neither": "nothing at all",
}


@pytest.mark.parametrize("report", REQUESTS)
def test_what_is_no_click_id_of_the_request_is_none(read: Read, export: Export, report: str) -> None:
    row = event if report == "click" else install
    rows = [row(**{REQUESTS[report]: shape}) for shape in NOTHING.values()]
    found = dict(zip(NOTHING, read({"x": export(*rows)}).values("click_id"), strict=True))
    assert found == dict.fromkeys(NOTHING)


def test_values_of_a_query_string_are_decoded_once_and_those_of_an_object_never(
    read: Read, export: Export
) -> None:
    text = export(
        install(install_original_request="click_id=a%253Ab+c"),
        install(install_original_request='{"click_id": "a%253Ab+c"}'),
        install(install_original_request='{"click_id": "a%253Ab+c'),
    )
    found = read({"x.csv": text}).values("click_id_raw", "click_id")
    assert found == [("a%253Ab+c", "a%3Ab+c"), ("a%253Ab+c", "a%253Ab+c"), ("a%253Ab+c", "a%253Ab+c")]


def test_backticks_are_no_part_of_a_click_id_and_stay_in_what_was_found(read: Read, export: Export) -> None:
    click = {"click_date_utc": EPOCH, "click_network_name": "Impact", "partner_click_id": "`AbC:1`"}
    (found,) = read({"x.csv": export(click)}).clicks
    assert (found["click_id_raw"], found["click_id"]) == ("`AbC:1`", "AbC:1")


@pytest.mark.parametrize("macro", ["{click_id}", "{clickid}", "%7Bclickid%7D"])
def test_a_macro_is_kept_for_the_rule_that_knows_it(read: Read, export: Export, macro: str) -> None:
    text = export(install(install_original_request=f"click_id={macro}&site_id=7"))
    assert read({"x.csv": text}).values("click_id_raw") == [macro]


PLACES = [
    ("partner_click_id", "{}"),
    ("click_original_request", "click_id={}"),
    ("install_original_request", "click_id={}"),
    ("click_original_request_querystring", "click_id={}"),
    ("install_original_request_querystring", "click_id={}"),
    ("click_original_request", "irclickid={}"),
    ("install_original_request", "clickid={}"),
    ("install_original_request", '{{"im_ref": "{}"}}'),
]


@pytest.mark.parametrize(("column", "form"), PLACES)
def test_every_place_and_key_of_a_click_id(read: Read, export: Export, column: str, form: str) -> None:
    row = install(**{column: form.format("A")})
    assert read({"x.csv": export(row)}).values("click_id") == ["A"]


def test_the_key_click_id_comes_before_others_and_the_clicks_own_column_first(
    read: Read, export: Export
) -> None:
    request = "irclickid=B&clickid=C&click_id=A"
    text = export(
        install(install_original_request=request, partner_click_id="P"),
        install(install_original_request=request, partner_click_id=""),
        install(install_original_request="im_ref=D&clickid=C", partner_click_id=""),
    )
    assert read({"x.csv": text}).values("click_id") == ["P", "A", "C"]


def test_what_every_networks_links_have_counts_in_rows_of_impacts_only(read: Read, export: Export) -> None:
    requests = ["click_id=A", '{"click_id": "A"}', "clickid=A", "irclickid=A", '{"im_ref": "A"}']
    rows = [
        install(install_original_request=request) | {"attribution_network_name": network}
        for network in ("Impact", "Facebook", "UNATTRIBUTED", "")
        for request in requests
    ]
    found = read({"x.csv": export(*rows)}).values("click_id")
    assert found == ["A"] * 5 + [None, None, None, "A", "A"] * 3


def test_the_programs_own_parameters_name_the_keys(read: Read, export: Export) -> None:
    text = export(install(install_original_request='{"my_click": "A", "site_id": "7"}'))
    config = {"program": {"click_id_params": ["my_click"]}}
    assert read({"x.csv": text}, config=config).values("click_id") == ["A"]


def test_kochavas_own_ids_are_never_impacts(read: Read, export: Export) -> None:
    text = export(install(click_id="KC-1", kochava_click_id="KC-2", install_kochava_device_id="KD"))
    found = read({"x.csv": text}).values("click_id", "mmp_click_id", "mmp_device_id")
    assert found == [(None, "KC-2", "KD")]
    assert "click_id" in read({"x.csv": text}).files["x.csv"].lacking
