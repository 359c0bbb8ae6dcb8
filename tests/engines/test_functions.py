"""The contract of every function of `engines.functions`, on the engine at hand."""

# ruff: noqa: DTZ001
# The times of canonical tables are UTC without saying so.

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from mmpsync.engines.duckdb import DuckDBEngine
from mmpsync.engines.functions import (
    json_elements,
    json_texts,
    md5,
    percent_decode,
    percent_decode_thrice,
    sha1,
    sha256,
    struct_text,
    to_utc,
)
from mmpsync.engines.interface import Layout

# The values of an expression over a column, for the column's values.
Apply = Callable[..., list[Any]]

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)))


@pytest.fixture(scope="module")
def apply(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apply]:
    engine = DuckDBEngine(threads=1)
    path = tmp_path_factory.mktemp("column") / "column.parquet"
    layout = Layout(paths=(str(path),), format="parquet", columns=("x",))

    def run(
        function: Callable[[ir.Value], ir.Value], values: Sequence[Any], kind: pa.DataType | None = None
    ) -> list[Any]:
        parquet.write_table(pa.table({"x": pa.array(values, kind or pa.string())}), path)
        table = engine.scan(layout)
        result = table.select("source_row", found=function(table.c0)).order_by("source_row")
        return [row["found"] for row in engine.rows(result)]

    yield run
    engine.close()


@given(st.lists(TEXT, min_size=1, max_size=30))
@settings(max_examples=60)
def test_what_was_percent_encoded_is_decoded_to_what_it_was(apply: Apply, texts: list[str]) -> None:
    assert apply(percent_decode, [quote(text, safe="") for text in texts]) == texts


@given(st.lists(TEXT, min_size=1, max_size=30))
@settings(max_examples=30)
def test_one_decoding_takes_off_one_encoding_and_no_more(apply: Apply, texts: list[str]) -> None:
    once = [quote(text, safe="") for text in texts]
    assert apply(percent_decode, [quote(text, safe="") for text in once]) == once


@given(st.lists(TEXT.filter(lambda text: "%" not in text), min_size=1, max_size=30))
@example(["a+b", "+", "a b", ""])
@settings(max_examples=30)
def test_text_without_a_percent_sign_stays_as_it_is_plus_included(apply: Apply, texts: list[str]) -> None:
    assert apply(percent_decode, texts) == texts


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        ("a%2Fb", "a/b"),
        ("a%2fb", "a/b"),
        ("%252F", "%2F"),
        ("a+b%20c", "a+b c"),
        ("%2B", "+"),
        ("%C3%BC", "ü"),
        ("%C3", "%C3"),  # not UTF-8: nothing is decoded, the rest neither
        ("%FF%2F", "%FF%2F"),
        ("100%", "100%"),
        ("%", "%"),
        ("%zz", "%zz"),
        ("%7Bclickid%7D", "{clickid}"),
        (None, None),
    ],
)
def test_percent_decode(apply: Apply, text: str | None, decoded: str | None) -> None:
    assert apply(percent_decode, [text]) == [decoded]


@given(st.lists(TEXT.map(lambda text: quote(quote(text, safe=""), safe="")), min_size=1, max_size=30))
@example([None])
@settings(max_examples=30)
def test_three_decodings_are_as_one_after_another(apply: Apply, texts: list[str]) -> None:
    for times in (0, 1, 2):
        decoded = texts
        for _ in range(3):
            decoded = apply(percent_decode, decoded)
        assert apply(percent_decode_thrice, texts) == decoded, times
        texts = [text and quote(text, safe="") for text in texts]


def test_one_undecodable_value_spoils_no_other(apply: Apply) -> None:
    assert apply(percent_decode, ["%FF", "%41", None, "%C3%28"]) == ["%FF", "A", None, "%C3%28"]


JSON = {
    "text": "x",
    "number": 12,
    "decimal": 19.5,
    "true": True,
    "null": None,
    "list": [1, "a"],
    "object": {"a": 1},
    "with space": "s",
    'with "quote"': "q",
    "with.dot": "d",
    "empty": "",
    "ünï": "ü\n",
}
PATHS = {
    '$."text"': "x",
    '$."number"': "12",
    '$."decimal"': "19.5",
    '$."true"': "true",
    '$."null"': None,
    '$."list"': '[1,"a"]',
    '$."object"': '{"a":1}',
    '$."object"."a"': "1",
    '$."object"."b"': None,
    '$."text"."a"': None,
    '$."with space"': "s",
    '$."with \\"quote\\""': "q",
    '$."with.dot"': "d",
    '$."with"."dot"': None,
    '$."empty"': "",
    '$."ünï"': "ü\n",
    '$."missing"': None,
    '$."Text"': None,
}


def test_json_texts_are_the_values_at_the_paths_in_their_order(apply: Apply) -> None:
    found = apply(lambda x: json_texts(x, ibis.array(list(PATHS))), [json.dumps(JSON)])
    assert dict(zip(PATHS, found[0], strict=True)) == PATHS


@pytest.mark.parametrize("document", ["", "no json", '{"a": ', '{"a": 1}}', "{'a': 1}", None])
def test_json_texts_of_what_is_no_json_are_null_and_spoil_no_other_row(
    apply: Apply, document: str | None
) -> None:
    found = apply(lambda x: json_texts(x, ibis.array(['$."a"'])), ['{"a": 1}', document, '{"a": 2}'])
    assert [None if texts is None else texts[0] for texts in found] == ["1", None, "2"]


@pytest.mark.parametrize("document", ["[]", '"text"', "1", "null", "{}", '[{"a": 1}]'])
def test_json_texts_of_json_without_the_key_are_null(apply: Apply, document: str) -> None:
    found = apply(lambda x: json_texts(x, ibis.array(['$."a"'])), [document])[0]
    assert found is None or found == [None]


@pytest.mark.parametrize(
    "digits", ["12345678901234567890123456", "100000000000.123456", "0.10", "1772366400123"]
)
def test_json_numbers_lose_no_digit(apply: Apply, digits: str) -> None:
    found = apply(lambda x: json_texts(x, ibis.array(['$."a"'])), [f'{{"a": {digits}}}'])[0]
    assert Decimal(found[0]) == Decimal(digits)


BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("zone", "local", "utc"),
    [
        ("UTC", datetime(2026, 3, 1, 12), datetime(2026, 3, 1, 12)),
        ("Europe/Berlin", datetime(2026, 3, 29, 1, 59, 59), datetime(2026, 3, 29, 0, 59, 59)),
        ("Europe/Berlin", datetime(2026, 3, 29, 3), datetime(2026, 3, 29, 1)),
        ("America/New_York", datetime(2026, 3, 8, 1, 59), datetime(2026, 3, 8, 6, 59)),
        ("America/New_York", datetime(2026, 3, 8, 3), datetime(2026, 3, 8, 7)),
        ("America/New_York", datetime(2026, 11, 1, 2), datetime(2026, 11, 1, 7)),
        ("Asia/Kolkata", datetime(2026, 3, 1, 12, 0, 0, 123456), datetime(2026, 3, 1, 6, 30, 0, 123456)),
        ("Australia/Lord_Howe", datetime(2026, 1, 1, 11), datetime(2026, 1, 1)),
        ("Asia/Kolkata", None, None),
    ],
)
def test_to_utc_respects_daylight_saving(
    apply: Apply, zone: str, local: datetime | None, utc: datetime | None
) -> None:
    assert apply(lambda x: to_utc(x, zone), [local], pa.timestamp("us")) == [utc]


# Hours that happen twice or never have no one right answer: whole days around the clock changes are left out.
@given(st.lists(st.datetimes(datetime(1990, 1, 1), datetime(2037, 1, 1)), min_size=1, max_size=40))
@settings(max_examples=40)
@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK, ZoneInfo("Asia/Kolkata"), timezone(timedelta(0), "UTC")])
def test_to_utc_is_what_python_says(apply: Apply, zone: ZoneInfo, locals_: list[datetime]) -> None:
    clear = [local for local in locals_ if is_clear(local, zone)]
    expected = [local.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None) for local in clear]
    assert apply(lambda x: to_utc(x, str(zone)), clear, pa.timestamp("us")) == expected


def is_clear(local: datetime, zone: ZoneInfo) -> bool:
    day = timedelta(days=1)
    return len({(local + more).replace(tzinfo=zone).utcoffset() for more in (-day, timedelta(0), day)}) == 1


@given(st.lists(TEXT, min_size=1, max_size=30))
@settings(max_examples=30)
def test_digests_are_those_of_the_utf8_text(apply: Apply, texts: list[str]) -> None:
    assert apply(sha1, texts) == [hashlib.sha1(text.encode()).hexdigest() for text in texts]
    assert apply(md5, texts) == [hashlib.md5(text.encode()).hexdigest() for text in texts]
    assert apply(sha256, texts) == [hashlib.sha256(text.encode()).hexdigest() for text in texts]


def test_digests_of_null_are_null(apply: Apply) -> None:
    assert apply(md5, [None]) == apply(sha1, [None]) == apply(sha256, [None]) == [None]


def test_json_elements_are_those_of_an_array_as_texts_and_spoil_no_other_row(apply: Apply) -> None:
    documents = ['[{"a": 1}, "x", 2.5, null, []]', "[]", '{"a": [1]}', "3", "[1", "", None]
    found = apply(json_elements, documents)
    assert found == [['{"a":1}', "x", "2.5", None, "[]"], [], [], [], None, None, None]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (pa.struct({"a": pa.string(), "b c": pa.int64()}), {"a": 'x "y"', "b c": None}),
        (pa.list_(pa.string()), ["a", None, "ü"]),
        (pa.list_(pa.struct({"a": pa.bool_()})), [{"a": True}]),
        (pa.map_(pa.string(), pa.string()), [("k", "v"), ("l", None)]),
    ],
    ids=str,
)
def test_struct_text_is_the_value_as_json(apply: Apply, kind: pa.DataType, value: Any) -> None:
    found = apply(struct_text, [value, None], kind)
    expected = dict(value) if pa.types.is_map(kind) else value
    assert json.loads(found[0]) == expected
    assert found[1] is None


def test_struct_text_takes_a_struct_put_together_of_columns(apply: Apply) -> None:
    found = apply(lambda x: struct_text(ibis.struct({"{braced}": x, "b": x})), ["1"])
    assert json.loads(found[0]) == {"{braced}": "1", "b": "1"}
