"""Where Branch's exports have impact.com's ClickId, and what is none."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Read = Callable[..., Any]

MS = 1772366400000
TOUCH = "last_attributed_touch_data"
FIELDS, PARTNER = f"{TOUCH}_custom_fields", f"{TOUCH}_tilde_advertising_partner_name"
HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
EVENT = {"id": "", "name": "PURCHASE", "timestamp": str(MS), "last_attributed_touch_type": "CLICK"}


def table(*rows: Mapping[str, str], partner: str = "Impact") -> str:
    base = {**EVENT, PARTNER: partner}
    file = io.StringIO()
    names = list(dict.fromkeys([*base, FIELDS, *(name for row in rows for name in row)]))
    writer = csv.DictWriter(file, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(base | {"id": str(n)} | dict(row) for n, row in enumerate(rows))
    return file.getvalue()


def inside(**fields: Any) -> dict[str, str]:
    """Custom fields as Branch writes them, slashes escaped; `tilde_` stands for the sign."""
    named = {name.replace("tilde_", "~").replace("plus_", "+"): value for name, value in fields.items()}
    return {FIELDS: json.dumps(named).replace("/", "\\/")}


def link(*parameters: str) -> str:
    return "https://acme.app.link/aBc?%243p=a_impact&" + "&".join(parameters) + "&_branch_match_id=99#top"


# One ClickId in each documented place, in the order in which they are tried.
PLACES: dict[str, Callable[[str], dict[str, str]]] = {
    "key of custom fields": lambda v: inside(tilde_click_id=v),
    "column": lambda v: {f"{TOUCH}_tilde_click_id": v},
    "link in custom fields": lambda v: inside(plus_url=link(f"%7Eclick_id={quote(v, safe='')}")),
    "key of the brand's own": lambda v: inside(irclickid=v),
    "link of a column": lambda v: {f"{TOUCH}_plus_url": link(f"~click_id={quote(v, safe='')}")},
    "external touch id": lambda v: {f"{TOUCH}_tilde_external_touch_id": v},
}


@pytest.mark.parametrize("place", PLACES)
def test_a_click_id_is_found_in_every_documented_place(read: Read, place: str) -> None:
    found = read({"x.csv": table(PLACES[place]("AbC:1/x+y=="))}).values("click_id")
    assert found == ["AbC:1/x+y=="]


def merged(*rows: Mapping[str, str]) -> dict[str, str]:
    """Rows laid over each other, their custom fields together."""
    fields = {k: v for row in rows for k, v in json.loads(row.get(FIELDS, "{}")).items()}
    together = {column: value for row in rows for column, value in row.items()}
    return together | ({FIELDS: json.dumps(fields)} if fields else {})


def test_the_first_place_with_a_click_id_wins(read: Read) -> None:
    # Row n has ClickIds in the places from n on.
    names = [name.replace(" ", "_") for name in PLACES]
    cells = [write(name) for name, write in zip(names, PLACES.values(), strict=True)]
    text = table(*(merged(*cells[n:]) for n in range(len(cells))))
    assert read({"x.csv": text}).values("click_id") == names


PARAMETERS = (
    "~click_id",
    "%7Eclick_id",
    "%7eclick_id",
    "~CLICK_ID",
    "irclickid",
    "clickid",
    "im_ref",
    "IRCLICKID",
)


@pytest.mark.parametrize("where", ["custom fields", "column", "webhook"])
@pytest.mark.parametrize("name", PARAMETERS)
def test_the_parameter_of_a_link_whatever_its_name(read: Read, where: str, name: str) -> None:
    url = link(f"{name}=A%3Ab%2520", "x=1")
    body = {
        "id": 0,
        "name": "PURCHASE",
        "timestamp": MS,
        TOUCH: {"~advertising_partner_name": "Impact", "+url": url},
    }
    text = {
        "custom fields": table(inside(plus_url=url)),
        "column": table({f"{TOUCH}_plus_url": url}),
        "webhook": json.dumps(body) + "\n",
    }[where]
    # Decoded once, and once only.
    assert read({"x": text}).values("click_id_raw", "click_id") == [("A%3Ab%2520", "A:b%20")]


def test_the_partners_parameter_comes_before_those_of_the_program(read: Read) -> None:
    for name in ("irclickid", "clickid", "im_ref"):
        for order in (1, -1):
            url = link(*[f"{name}=B", "~click_id=A"][::order])
            assert read({"x.csv": table(inside(plus_url=url))}).values("click_id") == ["A"]


@pytest.mark.parametrize("name", ["irclickid", "clickid", "im_ref"])
def test_a_key_that_a_link_has_given_to_the_touch(read: Read, name: str) -> None:
    body = {"name": "PURCHASE", "timestamp": MS, TOUCH: {name: "B", "~advertising_partner_name": "Impact"}}
    files = {"a.csv": table(inside(**{name: "A"})), "b.json": json.dumps(body)}
    assert read(files).values("click_id") == ["A", "B"]


def webhook(**touch: Any) -> str:
    data = {"~advertising_partner_name": "Impact", **touch}
    return json.dumps({"id": 1, "name": "PURCHASE", "timestamp": MS, TOUCH: data}) + "\n"


def test_the_key_of_a_webhook_comes_before_its_link(read: Read) -> None:
    text = webhook(**{"~click_id": "A", "+url": link("%7Eclick_id=B")}) + webhook(
        **{"+url": link("%7Eclick_id=B")}
    )
    assert read({"x.json": text}).values("click_id") == ["A", "B"]


# What anybody's links fill belongs to impact.com only if the row is impact.com's.
@pytest.mark.parametrize(
    "place", ["key of custom fields", "column", "link in custom fields", "external touch id"]
)
def test_another_networks_id_in_the_place_of_all_networks_is_no_click_id(read: Read, place: str) -> None:
    for partner in ("Google AdWords", "", "undisclosed"):
        assert read({"x.csv": table(PLACES[place]("G"), partner=partner)}).values("click_id") == [None]


@pytest.mark.parametrize("name", ["irclickid", "im_ref", "clickid"])
def test_impacts_own_parameter_is_a_click_id_whoever_is_credited(read: Read, name: str) -> None:
    rows = [inside(plus_url=link(f"{name}=A")), inside(**{name: "A"})]
    for partner in ("Google AdWords", ""):
        assert read({"x.csv": table(*rows, partner=partner)}).values("click_id") == ["A", "A"]


NOT_CLICK_IDS = (
    f"{TOUCH}_tilde_id",
    f"{TOUCH}_plus_touch_id",
    "last_cta_view_data_plus_touch_id",
    "di_match_click_token",
    "link_id",
    "click_id",
    "request_id",
)


def test_branchs_own_ids_are_not_taken_for_click_ids(read: Read) -> None:
    row = dict.fromkeys(NOT_CLICK_IDS, "949938143432171529") | inside(
        link_id="9", click_id="9", branch_match_id="9"
    )
    assert read({"x.csv": table(row)}).values("click_id_raw") == [None]


@pytest.mark.parametrize(
    "text",
    ["{", "{'~click_id': 'A'}", '{"~click_id": "A"', "[]", "null", "~click_id=A", '{"~click_id": null}', '{"~click_id": ""}'],
)  # fmt: skip
def test_custom_fields_that_do_not_parse_or_have_none_leave_the_row_whole(read: Read, text: str) -> None:
    found = read({"x.csv": table({FIELDS: text}, inside(tilde_click_id="A"))})
    assert found.values("click_id", "event_id") == [(None, "0"), ("A", "1")]
    assert found.unreadable == []


HIDDEN = {
    "hashed": {FIELDS: HASH},
    "hashed, in capitals": {FIELDS: HASH.upper()},
    "undisclosed": {FIELDS: "undisclosed"},
    "its key undisclosed": inside(tilde_click_id="Undisclosed"),
    "its column hashed": {f"{TOUCH}_tilde_click_id": HASH},
    "the external touch id hashed": {f"{TOUCH}_tilde_external_touch_id": HASH},
}


@pytest.mark.parametrize("row", HIDDEN.values(), ids=HIDDEN)
def test_a_click_id_that_is_hashed_or_undisclosed_is_withheld_not_missing(
    read: Read, row: dict[str, str]
) -> None:
    as_json = {k: v for k, v in (EVENT | {PARTNER: "Impact", "id": "7"} | row).items() if v}
    found = read({"a.csv": table(row), "b.json": json.dumps(as_json)})
    shown = next(iter(row.values())) if "{" not in next(iter(row.values())) else "Undisclosed"
    assert found.values("click_id_withheld", "click_id", "click_id_raw") == [(True, None, shown)] * 2


def test_a_click_id_that_stands_elsewhere_is_not_withheld(read: Read) -> None:
    row = {FIELDS: HASH, f"{TOUCH}_plus_url": link("~click_id=A"), f"{TOUCH}_tilde_external_touch_id": HASH}
    assert read({"x.csv": table(row)}).values("click_id_withheld", "click_id_raw") == [(False, "A")]


@pytest.mark.parametrize("text", ["", HASH[:63], HASH + "0", HASH[:63] + "g", "not undisclosed", "{}"])
def test_nothing_else_is_withheld(read: Read, text: str) -> None:
    assert read({"x.csv": table({FIELDS: text})}).values("click_id_withheld", "click_id_raw") == [
        (False, None)
    ]


def test_what_others_rows_withhold_is_nothing_to_impact(read: Read) -> None:
    assert read({"x.csv": table({FIELDS: HASH}, partner="Google AdWords")}).values("click_id_withheld") == [
        False
    ]


def test_configured_places_come_instead(read: Read) -> None:
    config = {"sources": {"branch": {"fields": {"click_id": ["custom_data.ir", f"{FIELDS}.+url?ref"]}}}}
    rows = [
        {"custom_data": '{"ir": "A"}'} | inside(tilde_click_id="X"),
        inside(tilde_click_id="X", plus_url=link("ref=B")),
        inside(tilde_click_id="X"),
    ]
    assert read({"x.csv": table(*rows)}, config=config).values("click_id") == ["A", "B", None]


def test_a_file_that_cannot_carry_a_click_id_is_told(read: Read) -> None:
    files = {
        "a.csv": f"id,name,timestamp,{PARTNER}\n1,OPEN,{MS},Impact\n",
        "b.csv": table({}),
        "c.json": webhook(),
    }
    found = read(files)
    assert {name: "click_id" in file.lacking for name, file in found.files.items()} == {
        "a.csv": True,
        "b.csv": False,
        "c.json": False,
    }


CLICK_IDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp", "Cn")),
    min_size=5,
    max_size=64,
)


@given(click_ids=st.lists(CLICK_IDS, min_size=20, max_size=40))
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_click_id_comes_out_of_every_place_as_it_went_in(read: Read, click_ids: Sequence[str]) -> None:
    rows = [write(click_id) for click_id in click_ids for write in PLACES.values()]
    links = [link(f"%7Eclick_id={quote(click_id, safe='')}") for click_id in click_ids]
    bodies = [webhook(**{"~click_id": click_id}) for click_id in click_ids]
    bodies += [webhook(**{"+url": url}) for url in links]
    found = read({"a.csv": table(*rows), "b.json": "".join(bodies)}).values("click_id")
    assert found == [click_id for click_id in click_ids for _ in PLACES] + [*click_ids] * 2
