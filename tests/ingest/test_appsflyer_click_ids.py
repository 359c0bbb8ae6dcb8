"""Where the ClickId stands in AppsFlyer's exports: which places, in which order, and whose rows."""

from collections.abc import Callable, Mapping
from typing import Any

Read = Callable[..., Any]
Export = Callable[..., str]

BASE = {
    "media_source": "impactradius_int",
    "event_time": "2026-03-01 08:00:00",
    "event_name": "install",
    "appsflyer_id": "1",
}


def rows(*more: Mapping[str, str]) -> list[dict[str, str]]:
    """Installs that differ in a few columns."""
    columns = dict.fromkeys([*BASE, *(name for row in more for name in row)], "")
    return [columns | BASE | dict(row) for row in more]


LINK = "https://x.example/?pid=impactradius_int&clickid="
REFERRER = "af_tranid=1&pid=impactradius_int&clickid="
PLACES = ["original_url", "af_sub1", "af_sub2", "af_sub3", "af_sub4", "af_sub5", "gp_referrer", "http_referrer",
          "deeplink_url", "postback_url"]  # fmt: skip


def at(place: str, click_id: str) -> dict[str, str]:
    if place.startswith("af_sub"):
        return {place: click_id}
    return {place: (REFERRER if place == "gp_referrer" else LINK) + click_id}


def test_a_click_id_is_found_in_every_documented_place(read: Read, export: Export) -> None:
    cases = rows(*(at(place, place) for place in PLACES))
    assert read({"x.csv": export(*cases)}).values("click_id") == PLACES


def test_the_first_place_with_a_click_id_wins(read: Read, export: Export) -> None:
    # Row n has ClickIds in the places from n on.
    cases = rows(*({k: v for p in PLACES[n:] for k, v in at(p, p).items()} for n in range(len(PLACES))))
    found = read({"x.csv": export(*cases)}).values("click_id")
    assert found == PLACES


def test_sub_parameters_are_looked_at_only_in_rows_of_impacts(read: Read, export: Export) -> None:
    sources = ["impactradius_int", "googleadwords_int", "organic", "", "restricted"]
    cases = rows(*({"media_source": s, "af_sub4": "Cj0KCQ"} for s in sources))
    assert read({"x.csv": export(*cases)}).values("click_id") == ["Cj0KCQ", None, None, None, None]


def test_another_sources_link_carries_no_click_id_of_impacts(read: Read, export: Export) -> None:
    links = [
        "https://x.example/?pid=partner_int&clickid=A",
        "https://x.example/?pid=impactradius_int&clickid=A",
        "https://x.example/?clickid=A",
    ]
    cases = rows(*({"media_source": "partner_int", "original_url": link} for link in links))
    assert read({"x.csv": export(*cases)}).values("click_id") == [None, "A", "A"]


def test_only_what_stands_in_a_url_is_decoded(read: Read, export: Export) -> None:
    cases = rows(
        {"original_url": LINK + "a%252Fb%20c"},
        {"af_sub1": "a%252Fb%20c"},
        {"original_url": LINK + "%FF%41"},
    )
    found = read({"x.csv": export(*cases)}).values("click_id_raw", "click_id")
    assert found == [("a%252Fb%20c", "a%2Fb c"), ("a%252Fb%20c", "a%252Fb%20c"), ("%FF%41", "%FF%41")]


def test_configured_click_id_references_take_the_place_of_the_built_in_ones(
    read: Read, export: Export
) -> None:
    fields = {"click_id": ["original_url?irclickid", "af_sub2"], "order_id": "event_value.no"}
    config = {"sources": {"appsflyer": {"fields": fields}}}
    cases = rows(
        {
            "event_name": "e",
            "original_url": LINK + "A&irclickid=B",
            "event_value": '{"no": 7, "af_order_id": 8}',
        },
        {"event_name": "e", "af_sub1": "A", "event_value": '{"af_order_id": 8}'},
        {"event_name": "e", "media_source": "x", "af_sub2": "C"},
    )
    found = read({"x.csv": export(*cases)}, config=config).values("click_id", "order_id")
    assert found == [("B", "7"), (None, None), ("C", None)]


def test_whose_link_it_is_matters_to_the_click_id_alone(read: Read, export: Export) -> None:
    config = {"sources": {"appsflyer": {"fields": {"campaign": "original_url?c"}}}}
    link = "https://x.example/?pid=partner_int&c=Spring&clickid=A"
    (case,) = rows({"media_source": "partner_int", "original_url": link})
    found = read({"x.csv": export(case)}, config=config).values("campaign", "click_id")
    assert found == [("Spring", None)]
