"""Where the ClickId stands in Segment's calls: which places, in which order, under which names."""

import gzip
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

Read = Callable[..., Any]
Place = Callable[[str], Mapping[str, Any]]


def link(click_id: str) -> str:
    return f"https://shop.example/x?utm_source=impact&irclickid={click_id}&a=1"


def query(click_id: str) -> str:
    return f"?utm_source=impact&irclickid={click_id}"


# In the order in which they are tried; a page is a level of keys, which places share.
PLACES: dict[str, Place] = {
    "the referrer": lambda c: {"context": {"referrer": {"type": "impactRadius", "id": c}}},
    "a property called as the parameter": lambda c: {"properties": {"irclickid": c}},
    "a property in camel case": lambda c: {"properties": {"clickId": c}},
    "a property in snake case": lambda c: {"properties": {"click_id": c}},
    "a property with the network's name": lambda c: {"properties": {"impact_click_id": c}},
    "the page's URL": lambda c: {"context": {"page": {"url": link(c)}}},
    "the page's query": lambda c: {"context": {"page": {"search": query(c)}}},
    "the call's own URL": lambda c: {"properties": {"url": link(c)}},
    "the call's own query": lambda c: {"properties": {"search": query(c)}},
    "the page before": lambda c: {"context": {"page": {"referrer": link(c)}}},
    "the referrer's URL": lambda c: {"context": {"referrer": {"url": link(c)}}},
    "Branch's link": lambda c: {"properties": {"last_attributed_touch_data_click_id": c}},
}


def merged(*trees: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for tree in trees:
        for key, value in tree.items():
            found[key] = merged(found.get(key, {}), value) if isinstance(value, Mapping) else value
    return found


def log(*messages: Mapping[str, Any]) -> bytes:
    """Orders that differ in where their ClickId stands."""
    common = {"type": "track", "event": "Order Completed", "timestamp": "2026-03-01T12:00:00Z", "context": {}}
    lines = [json.dumps(merged(common, {"messageId": f"m-{n}"}, m)) + "\n" for n, m in enumerate(messages)]
    return gzip.compress("".join(lines).encode(), mtime=0)


def test_a_click_id_is_found_in_every_documented_place(read: Read) -> None:
    found = read({"1.gz": log(*(at(f"C{n}") for n, at in enumerate(PLACES.values())))}).values("click_id")
    assert dict(zip(PLACES, found, strict=True)) == {name: f"C{n}" for n, name in enumerate(PLACES)}


def test_the_first_place_with_a_click_id_wins(read: Read) -> None:
    # Row n has ClickIds in the places from n on.
    trees = [at(f"C{n}") for n, at in enumerate(PLACES.values())]
    found = read({"1.gz": log(*(merged(*trees[n:]) for n in range(len(trees))))}).values("click_id")
    assert found == [f"C{n}" for n in range(len(trees))]


@pytest.mark.parametrize(
    ("referrer", "click_id"),
    [
        ({"type": "impactRadius", "id": "A"}, "A"),
        ({"type": "IMPACTRADIUS", "id": "A"}, "A"),
        ({"type": "dataxu", "id": "A"}, None),
        ({"type": "millennial-media", "id": "A"}, None),
        ({"id": "A"}, None),
    ],
)
def test_the_referrers_id_counts_only_where_its_type_says_that_it_is_impacts(
    read: Read, referrer: Mapping[str, str], click_id: str | None
) -> None:
    assert read({"1.gz": log({"context": {"referrer": referrer}})}).values("click_id") == [click_id]


@pytest.mark.parametrize("name", ["irclickid", "clickid", "CLICKID", "clickId", "im_ref"])
def test_the_parameter_is_called_as_the_brand_likes(read: Read, name: str) -> None:
    url = f"https://shop.example/?{name}=AbC"
    cases: list[Mapping[str, Any]] = [
        {"context": {"page": {"url": url}}},
        {"properties": {"url": f"acme://open?{name}=AbC"}},
        {"properties": {"url": f"acme.app.example/x?{name}=AbC"}},
    ]
    assert read({"1.gz": log(*cases)}).values("click_id") == ["AbC"] * 3


def test_a_parameter_of_the_brands_own_is_looked_for_everywhere(read: Read) -> None:
    config = {"program": {"click_id_params": ["partner_ref"]}}
    cases: list[Mapping[str, Any]] = [
        {"properties": {"partner_ref": "A"}},
        {"context": {"page": {"url": "https://shop.example/?partner_ref=B"}}},
        {"context": {"page": {"search": "?partner_ref=C"}}},
        {"context": {"page": {"search": "?irclickid=D"}}},
    ]
    assert read({"1.gz": log(*cases)}, config=config).values("click_id") == ["A", "B", "C", None]


def test_only_what_stands_in_a_url_is_decoded(read: Read) -> None:
    cases = [
        {"context": {"referrer": {"type": "impactRadius", "id": "a%252Fb%20c"}}},
        {"context": {"page": {"url": link("a%252Fb%20c+d")}}},
    ]
    found = read({"1.gz": log(*cases)}).values("click_id_raw", "click_id")
    assert found == [("a%252Fb%20c", "a%252Fb%20c"), ("a%252Fb%20c+d", "a%2Fb c+d")]
