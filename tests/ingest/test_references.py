"""The grammar of field references (design, section 5), row by row."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmpsync.engines.duckdb import DuckDBEngine
from mmpsync.engines.interface import Layout
from mmpsync.ingest.extraction import extract
from mmpsync.ingest.references import Reference, normalise
from mmpsync.ingest.resolver import Resolver

Resolve = Callable[..., list[str | None]]
PARAMS = ("irclickid", "clickid", "im_ref")


@pytest.fixture(scope="module")
def resolve(engine: DuckDBEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Resolve]:
    """The first values that references yield, for rows of cells (or of JSON values) under a header."""
    path = tmp_path_factory.mktemp("fields") / "export"

    def run(
        references: Sequence[str],
        header: Sequence[str],
        *rows: Sequence[Any],
        as_json: bool = False,
        **settings: Any,
    ) -> list[str | None]:
        with path.open("w", encoding="utf-8", newline="") as file:
            if as_json:
                file.writelines(json.dumps(dict(zip(header, row, strict=False))) + "\n" for row in rows)
            else:
                csv.writer(file, lineterminator="\n").writerows([header, *rows])
        layout = Layout(
            paths=(str(path),),
            format="json" if as_json else "csv",
            columns=tuple(header),
            **settings.pop("layout", {}),
        )
        resolver = Resolver(layout, **{"click_id_params": PARAMS, "aliases": {}, "partitions": {}} | settings)
        found = extract([(resolver, engine.scan(layout))], [references])
        return [row["value"] for row in engine.rows(found.table.select(value=found.text(references)))]

    return run


def has(references: Sequence[str], *header: str, **settings: Any) -> bool:
    layout = Layout(paths=("x",), format="csv", columns=header)
    given = {"click_id_params": PARAMS, "aliases": {}, "partitions": {}} | settings
    return Resolver(layout, **given).has(references)


# -- A column


SPELLINGS = [
    "af_sub1", "AF_SUB1", "Af Sub1", "af sub 1", "{af_sub1}", "[af_sub1]", "\ufeffaf_sub1", "\ufeff{Af_Sub1}",
    " af_sub1 ", "__af__sub1__", "af\tsub1", "{ af_sub1 }",
]  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS, ids=ascii)
def test_case_bom_braces_brackets_blanks_and_underscores_of_a_name_do_not_count(
    resolve: Resolve, spelling: str
) -> None:
    assert resolve(["af_sub1"], ["x", spelling], ["1", "2"]) == ["2"]
    assert resolve([spelling], ["x", "af_sub1"], ["1", "2"]) == ["2"]


@pytest.mark.parametrize("other", ["af_sub", "af_sub11", "af-sub1", "afsub1.", "(af_sub1)", "af_sub1?"])
def test_anything_else_in_a_name_counts(other: str) -> None:
    assert normalise(other) != normalise("af_sub1")


@given(st.text(st.characters(exclude_categories=("Cs",))))
@settings(max_examples=200)
def test_normalising_twice_changes_nothing(name: str) -> None:
    assert normalise(normalise(name)) == normalise(name)


def test_adjusts_coalescing_placeholder_is_one_column_with_that_name(resolve: Resolve) -> None:
    assert resolve(["idfa||gps_adid"], ["{idfa||gps_adid}"], ["A"]) == ["A"]


def test_of_columns_with_one_name_the_first_counts(resolve: Resolve) -> None:
    assert resolve(["a"], ["{a}", "A"], ["1", "2"]) == ["1"]


def test_aliases_are_spellings_of_the_sources_own_name(resolve: Resolve) -> None:
    aliases = {"Sub Param 1": "af_sub1"}
    for spelling in ("Sub Param 1", "sub_param_1", "Sub_Param_1"):
        assert resolve(["af_sub1"], [spelling], ["x"], aliases=aliases) == ["x"]
    assert resolve(["sub_param_1"], ["Sub Param 1"], ["x"], aliases=aliases) == ["x"]


def test_the_sources_own_name_beats_an_alias(resolve: Resolve) -> None:
    aliases = {"Sub Param 1": "af_sub1"}
    assert resolve(["af_sub1"], ["Sub Param 1", "af_sub1"], ["alias", "own"], aliases=aliases) == ["own"]


def test_of_columns_alike_one_without_an_underscore_before_it_counts(resolve: Resolve) -> None:
    assert resolve(["user_id"], ["_user_id", "userId"], ["1", "2"]) == ["2"]
    assert resolve(["user_id"], ["_user_id"], ["1"]) == ["1"]


def test_an_alias_may_stand_for_a_key_inside_a_column(resolve: Resolve) -> None:
    aliases = {"context_page_url": "context.page.url"}
    assert resolve(["context.page.url"], ["Context_Page_URL"], ["x"], aliases=aliases) == ["x"]
    both = ['{"page": {"url": "inside"}}', "beside"]
    header = ["context", "context_page_url"]
    assert resolve(["context.page.url"], header, both, aliases=aliases) == ["inside"]


def test_json_records_may_differ_in_how_they_spell_a_key(resolve: Resolve) -> None:
    aliases = {"context_page_url": "context.page.url"}
    rows = [["a", None, None], [None, {"page": {"url": "b"}}, None], [None, None, "c"]]
    header = ["context_page_url", "context", "later"]
    assert resolve(["context.page.url", "Later"], header, *rows, as_json=True, aliases=aliases) == [
        "a",
        "b",
        "c",
    ]


def test_values_are_trimmed_and_null_tokens_are_null(resolve: Resolve) -> None:
    rows = [" x ", "NULL", "n/a", "", "\\N", "0"]
    assert resolve(["a"], ["a", "b"], *([row, "1"] for row in rows)) == ["x", None, None, None, None, "0"]


# -- A list of references


def test_the_first_reference_that_yields_a_value_wins_row_by_row(resolve: Resolve) -> None:
    rows = [("1", "2", "3"), ("", "2", "3"), ("null", "N/A", "3"), ("", "", "")]
    assert resolve(["a", "missing", "b", "c"], ["c", "b", "a"], *(row[::-1] for row in rows)) == [
        "1",
        "2",
        "3",
        None,
    ]


def test_a_file_without_any_of_the_columns_is_known_to_yield_nothing(resolve: Resolve) -> None:
    assert not has(["missing", "gone.deeper", "lost?irclickid"], "a", "b")
    assert has(["missing", "b"], "a", "b")
    assert has(["a.deeper.still"], "a")
    assert has(["a?irclickid"], "a")
    assert resolve(["missing"], ["a", "b"], ["1", "2"]) == [None]


# -- A key inside a JSON column


DOCUMENT = {
    "af_order_id": "O-1",
    "n": 7,
    "f": 1.5,
    "t": True,
    "nil": None,
    "deep": {"er": {"id": "x y"}},
    "dot.ted": "d",
}


@pytest.mark.parametrize(
    ("reference", "value"),
    [
        ("event_value.af_order_id", "O-1"),
        ("event_value.n", "7"),
        ("event_value.f", "1.5"),
        ("event_value.t", "true"),
        ("event_value.nil", None),
        ("event_value.deep.er.id", "x y"),
        ("event_value.deep.er", '{"id":"x y"}'),
        ("event_value.missing", None),
        ("event_value.n.deeper", None),
        ("Event Value.af_order_id", "O-1"),
    ],
)
def test_a_key_inside_a_json_column_also_nested(resolve: Resolve, reference: str, value: str | None) -> None:
    assert resolve([reference], ["Event Value"], [json.dumps(DOCUMENT)]) == [value]


@pytest.mark.parametrize("nested", [False, True], ids=["JSON as text", "JSON as JSON"])
def test_a_key_inside_a_column_of_json_records(resolve: Resolve, nested: bool) -> None:  # noqa: FBT001
    # AppsFlyer's Push API sends event_value as a string that holds JSON.
    rows = [[DOCUMENT if nested else json.dumps(DOCUMENT)]]
    for reference, value in {"event_value.af_order_id": "O-1", "event_value.deep.er.id": "x y"}.items():
        assert resolve([reference], ["event_value"], *rows, as_json=True) == [value]


def test_json_records_and_csv_cells_give_the_same_values(resolve: Resolve) -> None:
    rows = [["x", 1, True], [" x ", 2.5, False], ["null", None, ""], [None, 12345678901234567890123, "0010"]]
    for column in "abc":
        cells = [
            ["" if c is None else json.dumps(c) if not isinstance(c, str) else c for c in row] for row in rows
        ]
        assert resolve([column], "abc", *rows, as_json=True) == resolve([column], "abc", *cells)


@pytest.mark.parametrize(
    "cell", ['{"af_order_id": "O', "O-1", "[]", '"O-1"', "{'af_order_id': 'O-1'}", "", "null"]
)
def test_what_is_no_json_yields_nothing_and_spoils_no_other_row(resolve: Resolve, cell: str) -> None:
    rows = [['{"af_order_id": "O-1"}', "1"], [cell, "2"], ['{"af_order_id": "O-3"}', "3"]]
    assert resolve(["event_value.af_order_id"], ["event_value", "n"], *rows) == ["O-1", None, "O-3"]


def test_the_longest_column_name_before_a_dot_is_the_column(resolve: Resolve) -> None:
    header = ["context", "context.referrer", "context.referrer.id"]
    row = ['{"referrer": {"id": "1", "type": "t1"}, "page": "p"}', '{"id": "2", "type": "t2"}', "3"]
    wanted = {"context.referrer.id": "3", "context.referrer.type": "t2", "context.page": "p"}
    for reference, value in wanted.items():
        assert resolve([reference], header, row) == [value]


# -- A query parameter


def values(resolve: Resolve, references: Sequence[str], *urls: str, **settings: Any) -> list[str | None]:
    """What references yield for cells of the column `url`; a second column keeps blank cells in their rows."""
    return resolve(references, ["url", "n"], *([url, "1"] for url in urls), **settings)


@pytest.mark.parametrize(
    ("url", "value"),
    [
        ("https://x.example/?irclickid=AbC", "AbC"),
        ("https://x.example/a?b=1&irclickid=AbC&c=2#frag", "AbC"),
        ("irclickid=AbC", "AbC"),
        ("b=1&irclickid=AbC", "AbC"),
        ("?irclickid=AbC", "AbC"),
        ("https://x.example/?IRClickID=AbC", "AbC"),
        ("https://x.example/?b=1\\u0026irclickid=AbC\\u0026c=2", "AbC"),
        ("app://open?b=1;irclickid=AbC", "AbC"),
        ("https://x.example/#irclickid=AbC", "AbC"),
        # As found: neither decoded nor cut at what may well be part of it.
        ("https://x.example/?irclickid=a%2Bb+c%253A", "a%2Bb+c%253A"),
        ("https://x.example/?irclickid=a=b:c_d-e.f~g!", "a=b:c_d-e.f~g!"),
        ("https://x.example/?irclickid={clickid}", "{clickid}"),
        ("https://x.example/?irclickid=undefined", "undefined"),
        # No value, or somebody else's.
        ("https://x.example/?irclickid=", None),
        ("https://x.example/?irclickid", None),
        ("https://x.example/?irclickid=&b=1", None),
        ("https://x.example/?xirclickid=AbC", None),
        ("https://x.example/?irclickid2=AbC", None),
        ("https://x.example/irclickid=AbC", None),
        ("https://x.example/", None),
        ("", None),
    ],
)
def test_a_query_parameter_of_a_url_or_bare_query_string(
    resolve: Resolve, url: str, value: str | None
) -> None:
    assert values(resolve, ["url?irclickid"], url) == [value]


NAMES = ["irclickid", "im_ref", "~click_id", "x-id", "a.b"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("spell", [str, str.upper, lambda name: quote(name, safe="").replace("_", "%5F")])
def test_a_parameters_name_ignores_case_and_may_be_percent_encoded(
    resolve: Resolve, name: str, spell: Callable[[str], str]
) -> None:
    encoded = spell(name).replace("~", "%7E") if "%" in spell(name) else spell(name)
    assert values(resolve, [f"url?{name}"], f"https://x.example/?a=1&{encoded}=V%31") == ["V%31"]


def test_branchs_encoded_parameter_name_is_understood(resolve: Resolve) -> None:
    urls = [
        "https://x.example/?%7Eclick_id=A",
        "https://x.example/?%7eclick_id=A",
        "https://x.example/?~click_id=A",
    ]
    assert values(resolve, ["url?~click_id"], *urls) == ["A", "A", "A"]


def test_characters_that_patterns_know_mean_nothing_in_a_name(resolve: Resolve) -> None:
    assert values(resolve, ["url?a.b"], "?axb=1", "?a.b=2") == [None, "2"]
    assert values(resolve, ["url?im_ref"], "?imXref=1", "?im_ref=2") == [None, "2"]


VALUE = st.text(st.characters(exclude_characters="&#\0\\", exclude_categories=("Cs", "Cc", "Z")), min_size=1)


@given(st.lists(st.tuples(VALUE, st.permutations(["a=1", "b=2", ""])), min_size=1, max_size=20))
@settings(max_examples=40)
def test_the_value_of_a_parameter_is_what_stands_there_wherever_it_stands(
    resolve: Resolve, links: list[tuple[str, list[str]]]
) -> None:
    urls = [
        "https://x.example/?" + "&".join(part or f"clickid={value}" for part in parts)
        for value, parts in links
    ]
    assert values(resolve, ["url?clickid"], *urls) == [value for value, _ in links]


@pytest.mark.parametrize(
    "url",
    [
        "https://x.example/?irclickid=1&clickid=2&im_ref=3",
        "https://x.example/?im_ref=3&clickid=2&irclickid=1",
        "https://x.example/?CLICKID=2&IRCLICKID=1",
    ],
)
def test_the_order_of_the_configured_parameters_beats_their_order_in_the_url(
    resolve: Resolve, url: str
) -> None:
    assert values(resolve, ["url?{click_id}"], url) == ["1"]
    assert values(resolve, ["url?clickid", "url?irclickid"], url) == ["2"]
    assert values(resolve, ["url?{click_id}"], url, click_id_params=("clickid", "irclickid")) == ["2"]


@pytest.mark.parametrize(
    "url",
    [
        "https://x.example/?irclickid=&clickid=2",
        "https://x.example/?clickid=2&irclickid=",
        "https://x.example/?irclickid=&irclickid=&clickid=2",
        "https://x.example/?irclickid=&irclickid=2",
        "https://x.example/?irclickid=&irclickid=2&clickid=3",
    ],
)
def test_an_empty_parameter_is_passed_over_for_the_next(resolve: Resolve, url: str) -> None:
    assert values(resolve, ["url?{click_id}"], url) == ["2"]


def test_the_next_column_is_asked_when_one_has_no_such_parameter(resolve: Resolve) -> None:
    rows = [
        ["?a=1", "?clickid=2"],
        ["?clickid=", "?clickid=2"],
        ["", "?irclickid=2"],
        ["?irclickid=1", "?irclickid=2"],
    ]
    found = resolve(["url?{click_id}", "other?{click_id}"], ["url", "other"], *rows)
    assert found == ["2", "2", "2", "1"]


@pytest.mark.parametrize("cell", ["?irclickid=A ", " irclickid=A", "https://x.example/?irclickid=A\t"])
def test_blanks_around_a_url_are_no_part_of_its_last_value(resolve: Resolve, cell: str) -> None:
    assert values(resolve, ["url?irclickid"], cell) == ["A"]


def test_a_parameter_inside_a_json_column(resolve: Resolve) -> None:
    row = [json.dumps({"+url": "https://x.example/?a=1&irclickid=A%2F"}), "1"]
    assert resolve(["data.+url?irclickid"], ["data", "n"], row) == ["A%2F"]
    escaped = ['{"+url": "https://x.example/?a=1\\u0026irclickid=A"}', "1"]
    assert resolve(["data.+url?irclickid"], ["data", "n"], escaped) == ["A"]


OWN = {"link_source": "pid", "own_sources": ["impactradius_int"]}


@pytest.mark.parametrize(
    ("url", "value"),
    [
        ("https://x.example/?pid=impactradius_int&clickid=A", "A"),
        ("https://x.example/?clickid=A&PID=ImpactRadius_Int", "A"),
        ("https://x.example/?clickid=A", "A"),
        ("https://x.example/?pid=&clickid=A", "A"),
        ("https://x.example/?af_pid=other&clickid=A", "A"),
        ("https://x.example/?pid=impactradius%5Fint&clickid=A", "A"),
        ("https://x.example/?pid=googleadwords_int&clickid=A", None),
        ("https://x.example/?clickid=A&pid=impactradius_int2", None),
        # Several times: the first counts, wherever a link of the source's own seems to begin.
        ("https://x.example/?pid=impactradius_int&pid=other&clickid=A", "A"),
        ("pid=other&to=https://x.example/?pid=impactradius_int&clickid=A", None),
        ("https://x.example/?af_pid=a&pid=other&to=y/?pid=impactradius_int&clickid=A", None),
        ("https://x.example/?af_pid=a&to=y/?pid=impactradius_int&clickid=A", "A"),
        (r"https://x.example/?a=1\u0026pid=other&to=y/?pid=impactradius_int&clickid=A", None),
        ("https://\u0130.example/?pid=impactradius_int&clickid=A", "A"),
    ],
)
def test_a_link_that_names_another_source_yields_no_click_id(
    resolve: Resolve, url: str, value: str | None
) -> None:
    assert values(resolve, ["url?{click_id}"], url, **OWN) == [value]


def test_anothers_link_is_passed_over_for_the_next_column(resolve: Resolve) -> None:
    rows = [["?pid=other&clickid=1", "?pid=impactradius_int&clickid=2"]]
    assert resolve(["url?{click_id}", "other?{click_id}"], ["url", "other"], *rows, **OWN) == ["2"]


# -- Constants, partitions, parsing


def test_a_constant_is_the_value_of_every_row_and_no_column(resolve: Resolve) -> None:
    assert resolve(["=USD"], ["a", "b"], ["1", ""], ["", "2"]) == ["USD", "USD"]
    assert resolve(["a", "=none given"], ["a", "b"], ["1", ""], ["", "2"]) == ["1", "none given"]
    assert not has(["=USD"], "a")


def test_a_folder_of_the_path_serves_as_a_column(resolve: Resolve) -> None:
    serving: Mapping[str, Any] = {"partitions": {"app_id": "id123"}}
    assert resolve(["app_id"], ["a", "b"], ["1", "2"], **serving) == ["id123"]
    assert resolve(["app_id"], ["app_id", "b"], ["id9", "2"], **serving) == ["id9"]
    assert has(["app_id"], "a", **serving)


@pytest.mark.parametrize("as_json", [False, True])
def test_whether_a_file_has_a_column_is_the_same_for_all_its_rows(resolve: Resolve, *, as_json: bool) -> None:
    rows = [["1", "2"], [None, "2"]]
    assert resolve(["a_b!"], ["A B", "c"], *rows, as_json=as_json) == ["yes", "yes"]
    assert resolve(["c.d!"], ["A B", "c"], *rows, as_json=as_json) == ["yes", "yes"]
    assert resolve(["d!"], ["A B", "c"], *rows, as_json=as_json) == [None, None]


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("af_sub1", Reference(column="af_sub1")),
        ("event_value.af_order_id", Reference(column="event_value.af_order_id")),
        ("original_url?irclickid", Reference(column="original_url", param="irclickid")),
        ("data.+url?irclickid", Reference(column="data.+url", param="irclickid")),
        ("=USD", Reference(constant="USD")),
        ("=a?b", Reference(constant="a?b")),
        ("af_sub1!", Reference(column="af_sub1", presence=True)),
    ],
)
def test_references_are_parsed_as_the_grammar_says(text: str, reference: Reference) -> None:
    assert Reference.parse(text) == reference


def test_every_value_of_a_file_is_extracted_once(engine: DuckDBEngine, tmp_path: Path) -> None:
    path = tmp_path / "export"
    path.write_text("a,b\n1,2\n")
    layout = Layout(paths=(str(path),), format="csv", columns=("a", "b"))
    resolver = Resolver(layout, click_id_params=PARAMS, aliases={}, partitions={})
    found = extract([(resolver, engine.scan(layout))], [["a"], ["a", "b"], ["b", "=x"], ["A"]])
    # a, b and =x; "A" is another way of writing the first, so one more at most.
    assert len(found.table.columns) - len(["source_file", "source_row"]) <= 4
