"""How a file is written, by its content."""

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from mmpsync.engines.interface import Layout
from mmpsync.errors import InputError
from mmpsync.ingest.formats import LeftOut, inspect

Inspect = Callable[..., Layout | LeftOut]


@pytest.fixture
def look(tmp_path: Path) -> Inspect:
    def run(content: str | bytes, name: str = "export") -> Layout | LeftOut:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return inspect(str(path))

    return run


def parquet_file(**columns: pa.Array) -> bytes:
    file = io.BytesIO()
    parquet.write_table(pa.table(columns), file, compression="gzip")
    return file.getvalue()


CSV, JSON = "a,b\n1,2\n", '{"a": 1, "b": 2}\n'


@pytest.mark.parametrize(
    "name", ["x.csv", "x.parquet", "x.gz.parquet", "x.json", "x.gz", "x", "x.csv.gz", "x.txt"]
)
@pytest.mark.parametrize(
    ("content", "format_", "zipped"),
    [
        (CSV.encode(), "csv", False),
        (gzip.compress(CSV.encode()), "csv", True),
        (JSON.encode(), "json", False),
        (gzip.compress(JSON.encode()), "json", True),
        (parquet_file(a=pa.array(["1"]), b=pa.array([2])), "parquet", False),
    ],
    ids=["csv", "csv in gzip", "json", "json in gzip", "parquet"],
)
def test_the_format_is_told_by_the_content_never_by_the_name(
    look: Inspect,
    name: str,
    content: bytes,
    format_: str,
    zipped: bool,  # noqa: FBT001
) -> None:
    layout = look(content, name)
    assert (layout.format, layout.gzip, layout.columns) == (format_, zipped, ("a", "b"))


@pytest.mark.parametrize(
    ("header", "delimiter", "columns"),
    [
        ("a,b,c", ",", ("a", "b", "c")),
        ("a\tb\tc", "\t", ("a", "b", "c")),
        ("a;b;c", ";", ("a", "b", "c")),
        ("a|b|c", "|", ("a", "b", "c")),
        # Adjust's coalescing placeholders hold bars, Druid's TSV ends in a tab.
        ("{a||b},{activity_kind},{created_at}", ",", ("{a||b}", "{activity_kind}", "{created_at}")),
        ("{a||b},{c||d},{activity_kind},[e]", ",", ("{a||b}", "{c||d}", "{activity_kind}", "[e]")),
        ("a\tb\t", "\t", ("a", "b", "")),
        ('"My app; is, great";b;c', ";", ("My app; is, great", "b", "c")),
        ('"a","b ""c"""', ",", ("a", 'b "c"')),
        ('"two\nlines",b', ",", ("two\nlines", "b")),
        (" a , b ", ",", ("a", "b")),
        ("a,a,A", ",", ("a", "a", "A")),
        ("only", ",", ("only",)),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_the_delimiter_is_the_one_that_splits_the_header_most(
    look: Inspect, header: str, delimiter: str, columns: tuple[str, ...], end: str
) -> None:
    layout = look(header + end)
    assert (layout.format, layout.delimiter, layout.columns) == ("csv", delimiter, columns)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("content", ["{ü},b\n1,2\n", '{"{ü}": 1, "b": 2}\n', '[{"{ü}": 1, "b": 2}]'])
def test_a_byte_order_mark_is_no_part_of_the_first_name(look: Inspect, content: str, encoding: str) -> None:
    assert look(content.encode(encoding)).columns == ("{ü}", "b")


@pytest.mark.parametrize(
    "header",
    [
        "{activity_kind},{created_at},[user_id]",
        "[user_id],{activity_kind},{created_at}",
        '"{activity_kind}","[user_id]"',
        '{activity_kind},"My app, is great"',
        "{activity_kind}",
    ],
)
def test_a_header_of_adjusts_that_begins_with_a_brace_or_bracket_is_no_json(
    look: Inspect, header: str
) -> None:
    assert look(header + "\n1,2,3\n").format == "csv"


RECORDS = [{"a": 1, "b": {"c": [1]}}, {"d": "x"}]
JSON_SHAPES: dict[str, tuple[str, str | None]] = {
    "one a line": ("\n".join(map(json.dumps, RECORDS)), None),
    "one alone": (json.dumps({"a": 1, "b": 2, "d": 3}), None),
    "blank lines before": ("\n \n" + "\n".join(map(json.dumps, RECORDS)), None),
    "array": (json.dumps(RECORDS), ""),
    "array, indented": (json.dumps(RECORDS, indent=2), ""),
    "array over lines": ("[\n" + ",\n".join(map(json.dumps, RECORDS)) + "\n]", ""),
    "under a key": (json.dumps({"@page": "1", "Clicks": RECORDS}), "Clicks"),
    "under a key, others after it": (json.dumps({"Clicks": RECORDS, "@total": 2, "more": [1]}), "Clicks"),
    "under a key, indented": (json.dumps({"@page": "1", "Clicks": RECORDS}, indent=2), "Clicks"),
}


@pytest.mark.parametrize("shape", JSON_SHAPES)
def test_json_is_told_with_its_keys_and_where_its_records_stand(look: Inspect, shape: str) -> None:
    content, root = JSON_SHAPES[shape]
    layout = look(content)
    assert (layout.format, layout.columns, layout.json_root) == ("json", ("a", "b", "d"), root)


def test_json_records_under_a_key_are_told_in_a_file_larger_than_a_sample(look: Inspect) -> None:
    clicks = [{"Id": str(n), "PartnerRelated": {"SubId1": "x" * 100}} for n in range(20_000)]
    for indent in (None, 1):
        layout = look(json.dumps({"@page": "1", "Clicks": clicks}, indent=indent))
        assert (layout.format, layout.columns, layout.json_root) == (
            "json",
            ("Id", "PartnerRelated"),
            "Clicks",
        )


@pytest.mark.parametrize(("content", "columns"), [("{}", ()), ("[{}]", ())])
def test_json_without_keys_is_json_without_columns(
    look: Inspect, content: str, columns: tuple[str, ...]
) -> None:
    layout = look(content)
    assert (layout.format, layout.columns) == ("json", columns)


def test_a_parquet_files_columns_and_types_come_from_its_schema(look: Inspect) -> None:
    layout = look(parquet_file(a=pa.array([1]), b=pa.array(["x"])))
    assert dict(zip(layout.columns, layout.types, strict=True)) == {"a": "int64", "b": "string"}


@pytest.mark.parametrize("content", [CSV.encode(), JSON.encode(), parquet_file(a=pa.array(["1"]))])
def test_the_partitions_of_its_path_are_part_of_a_layout(look: Inspect, content: bytes) -> None:
    assert look(content, "t=installs/part-0").partitions == {"t": "installs"}


ZIP, PNG, SQLITE = b"PK\x03\x04rest", b"\x89PNG\r\n\x1a\n", b"SQLite format 3\0rest"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (gzip.compress(b"", mtime=0), "empty"),
        (b"[]", "empty"),
        (b"[ ]\n", "empty"),
        (b'{"@page": "1", "Actions": []}', "empty"),
        (b"\n \n\n", "blank"),
        (b"\xef\xbb\xbf", "blank"),
        (ZIP, "ZIP"),
        (gzip.compress(ZIP, mtime=0), "ZIP"),
        (PNG, "PNG"),
        (b"%PDF-1.7\n", "PDF"),
        (SQLITE, "SQLite"),
        (b"\xd0\xcf\x11\xe0rest", "Excel"),
        (b"\x28\xb5\x2f\xfdrest", "Zstandard"),
        (b"a,b\n1,\x00\x01\x02\n", "binary"),
    ],
)
def test_a_file_that_holds_no_table_is_left_out_with_the_reason(
    look: Inspect, content: bytes, why: str
) -> None:
    left_out = look(content)
    assert isinstance(left_out, LeftOut)
    assert why in left_out.why


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(CSV.encode() * 1000, mtime=0)[:40],
        b"\x1f\x8b\x08\0 no gzip at all",
        b"PAR1 no parquet at all",
        parquet_file(a=pa.array(["1"]))[:-8],
    ],
    ids=["cut gzip", "no gzip", "no parquet", "cut parquet"],
)
def test_a_damaged_file_is_an_error_that_names_it_and_says_what_to_do(look: Inspect, content: bytes) -> None:
    with pytest.raises(InputError, match=r"export: damaged.*fetch the file again"):
        look(content)


ODD: dict[str, Any] = {
    "lines that end in CR": "a,b\r1,2\r",
    "a CR in the header": "a\rb,c\n1,2\n",
    "an open quote": '"a,b\n1,2\n',
    "a megabyte in one cell": "a,b\n" + "x" * 1_200_000 + ",1\n",
    "a megabyte in the header": "a" * 1_200_000 + ",b\n1,2\n",
    "Latin-1": "name,größe\n".encode("latin-1"),
    "half a record": '{"a": 1, "b": "x',
    "broken JSON": '[{"a": 1}, {"a": 2,]',
    "JSON nested deeply": "[" + "[" * 5_000,
    "JSON object nested deeply": '{"a":' * 50_000,
    "a huge number": '{"a": ' + "9" * 10_000 + "}",
}


@pytest.mark.parametrize("content", ODD.values(), ids=ODD.keys())
def test_no_content_whatever_is_worse_than_an_input_error(look: Inspect, content: str | bytes) -> None:
    try:
        assert isinstance(look(content), Layout | LeftOut)
    except InputError as error:
        assert "export" in str(error)  # noqa: PT017  either is fine
