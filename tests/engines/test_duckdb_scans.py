"""What `Engine.scan` promises of every format: text, file and row, and nothing dropped."""

import csv
import gzip
import io
import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from mmpsync.engines.duckdb import DuckDBEngine
from mmpsync.engines.interface import Layout

Rows = list[tuple[Any, ...]]
Scan = Callable[..., Rows]
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(threads=2)
    yield engine
    engine.close()


@pytest.fixture
def scan(engine: DuckDBEngine, tmp_path: Path) -> Scan:
    """The rows of one file, as `rows_of` has them."""

    def run(content: bytes | str, name: str = "export", **layout: Any) -> Rows:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return rows_of(
            engine, Layout(paths=(str(path),), **{"format": "csv", "columns": ("a", "b")} | layout)
        )

    return run


def rows_of(engine: DuckDBEngine, layout: Layout) -> Rows:
    """The rows of a scan in its order: cells, file name, row of the file."""
    columns = [f"c{i}" for i in range(layout.width)]
    rows_in: Counter[str] = Counter()
    rows = []
    for row in engine.rows(engine.scan(layout)):
        rows_in[row["source_file"]] += 1
        place = rows_in[row["source_file"]]
        # A scan leaves it open where the order of the rows tells it.
        assert row["source_row"] in (place, None)
        rows.append((*(row[c] for c in columns), Path(row["source_file"]).name, place))
    return rows


def unreadable_in(engine: DuckDBEngine, path: Path) -> list[tuple[int, str]]:
    """Line and text of the records of a file that could not be parsed."""
    rows = engine.rows(engine.unreadable().order_by("line"))
    return [(row["line"], row["text"]) for row in rows if row["source_file"] == str(path)]


def test_csv_cells_are_text_whatever_they_look_like(scan: Scan) -> None:
    content = 'a,b\n007,1e5\n2026-03-01,true\n"a ""b"", c","x\ny"\n,""\n'
    assert scan(content) == [
        ("007", "1e5", "export", 1),
        ("2026-03-01", "true", "export", 2),
        ('a "b", c', "x\ny", "export", 3),
        (None, None, "export", 4),
    ]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_the_one_of_the_layout(scan: Scan, delimiter: str) -> None:
    content = delimiter.join("ab") + "\n" + delimiter.join(("x,;|\ty".replace(delimiter, ""), "2")) + "\n"
    assert scan(content, delimiter=delimiter) == [("x,;|\ty".replace(delimiter, ""), "2", "export", 1)]


@pytest.mark.parametrize(
    "content",
    [
        "a,b\r\n1,2\r\n3,4\r\n",
        "a,b\n1,2\n3,4",
        "\ufeffa,b\n1,2\n3,4\n",
        "a,b\n1,2\n\n3,4\n\n",
        'a,"b"\n"1","2"\n"3","4"\n',
        # As `cat` puts files of several sources together.
        "a,b\n1,2\r\n3,4\n",
        "a,b\r\n1,2\n3,4\r\n",
    ],
    ids=["crlf", "no end of line", "byte order mark", "blank lines", "all quoted", "lf, crlf", "crlf, lf"],
)
def test_the_ways_of_ending_and_quoting_lines_make_no_difference(scan: Scan, content: str) -> None:
    assert scan(content) == [("1", "2", "export", 1), ("3", "4", "export", 2)]


def test_utf_16_is_read_when_the_layout_says_so(scan: Scan) -> None:
    assert scan("a,b\n1,Ünïcödé 广告\n".encode("utf-16"), encoding="utf-16") == [
        ("1", "Ünïcödé 广告", "export", 1)
    ]


def test_a_cell_of_two_megabytes_is_read_whole(scan: Scan) -> None:
    assert scan(f"a,b\n1,{'x' * 2_000_000}\n")[0][1] == "x" * 2_000_000


def test_a_header_without_rows_is_no_row(scan: Scan) -> None:
    assert scan("a,b\n") == []


CELL = st.text(st.characters(exclude_characters='"\0\r\n,', exclude_categories=("Cs",)), max_size=4)


@given(st.lists(st.lists(CELL, min_size=1, max_size=4), max_size=30), st.booleans())
@example([["1"], ["1", "2", "3"], ["x"] * 4], False)
@example([["1", "2"]] * 3 + [["1"]], True)
@settings(max_examples=50)
def test_every_record_is_a_row_or_unreadable_never_both_and_never_neither(
    engine: DuckDBEngine,
    tmp_path_factory: pytest.TempPathFactory,
    records: list[list[str]],
    zipped: bool,  # noqa: FBT001  drawn
) -> None:
    records = [[cell or "x" for cell in record] for record in records]
    text = "".join(",".join(record) + "\n" for record in [["a", "b"], *records]).encode()
    path = tmp_path_factory.getbasetemp() / f"drawn_{next(NUMBERS)}"
    path.write_bytes(gzip.compress(text) if zipped else text)
    layout = Layout(paths=(str(path),), format="csv", columns=("a", "b"), gzip=zipped)
    rows = [row[:2] for row in rows_of(engine, layout)]
    assert rows == [tuple(record) for record in records if len(record) == 2]
    # A record's line counts the header.
    expected = [(n, ",".join(record)) for n, record in enumerate(records, 2) if len(record) != 2]
    assert unreadable_in(engine, path) == expected


def test_gzip_is_read_also_in_several_members(scan: Scan) -> None:
    content = gzip.compress(b"a,b\n1,2\n") + gzip.compress(b"3,4\n")
    assert scan(content, gzip=True) == [("1", "2", "export", 1), ("3", "4", "export", 2)]


@pytest.mark.parametrize("format_", ["csv", "json", "parquet"])
def test_rows_follow_the_files_of_a_scan_in_their_order(
    engine: DuckDBEngine, tmp_path: Path, format_: str
) -> None:
    for name, rows in (("b", 2), ("a", 3)):
        records = [{"n": f"{name}{n}"} for n in range(rows)]
        texts = {
            "csv": "n\n" + "".join(f"{r['n']}\n" for r in records),
            "json": json.dumps(records),
            "parquet": "",
        }
        (tmp_path / name).write_text(texts[format_])
        if format_ == "parquet":
            parquet.write_table(pa.Table.from_pylist(records), tmp_path / name, row_group_size=2)
    paths = (str(tmp_path / "b"), str(tmp_path / "a"))
    found = rows_of(engine, Layout(paths=paths, format=format_, columns=("n",), json_root=""))
    names = [json.loads(cell)["n"] if format_ == "json" else cell for cell, *_ in found]
    assert names == ["b0", "b1", "a0", "a1", "a2"]


NAMES = [
    "it's.csv",
    "[1].csv",
    "a*b?.csv",
    "{a,b}.csv",
    "back\\slash.csv",
    "50%.csv",
    "$HOME.csv",
    "ü 广.csv",
]


@pytest.mark.parametrize("format_", ["csv", "parquet", "json"])
@pytest.mark.parametrize("name", NAMES)
def test_no_character_of_a_path_has_a_meaning(
    engine: DuckDBEngine, tmp_path: Path, name: str, format_: str
) -> None:
    for decoy in ("1.csv", "aXbY.csv", "a", "b"):
        (tmp_path / decoy).write_text("a\nwrong\n")
    path = tmp_path / name
    content = {"csv": "a\nright\n", "json": '["right"]'.replace('"right"', '{"a": "right"}'), "parquet": ""}
    path.write_text(content[format_])
    if format_ == "parquet":
        parquet.write_table(pa.table({"a": ["right"]}), path)
    table = engine.scan(Layout(paths=(str(path),), format=format_, columns=("a",), json_root=""))
    rows = engine.rows(table.select("c0", "source_file"))
    assert len(rows) == 1
    assert "right" in rows[0]["c0"]
    assert rows[0]["source_file"] == str(path)


@pytest.mark.parametrize("given_path", ["sub/a.csv", "./sub/a.csv", "sub//a.csv", "sub/../sub/a.csv"])
def test_source_file_is_the_path_as_given(
    engine: DuckDBEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given_path: str
) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/a.csv").write_text("a\n1\n")
    monkeypatch.chdir(tmp_path)
    rows = engine.rows(engine.scan(Layout(paths=(given_path,), format="csv", columns=("a",))))
    assert [row["source_file"] for row in rows] == [given_path]


@pytest.mark.parametrize("folder", ["dt=2026-03-01/h=late", "c0=1", "source_row=7/source_file=x", "x=%FF"])
@pytest.mark.parametrize("format_", ["csv", "parquet", "json"])
def test_folders_named_like_partitions_change_no_column(
    engine: DuckDBEngine, tmp_path: Path, folder: str, format_: str
) -> None:
    path = tmp_path / folder / "export"
    path.parent.mkdir(parents=True)
    path.write_text({"csv": "a\nx\n", "json": '[{"a":"x"}]', "parquet": ""}[format_])
    if format_ == "parquet":
        parquet.write_table(pa.table({"a": ["x"]}), path)
    layout = Layout(paths=(str(path),), format=format_, columns=("a",), json_root="")
    cell = '{"a":"x"}' if format_ == "json" else "x"
    assert rows_of(engine, layout) == [(cell, "export", 1)]


@pytest.mark.parametrize("record", ["3\r,4", "\r", "3,4\r5,6"], ids=repr)
def test_a_stray_carriage_return_costs_no_more_than_its_own_record(
    engine: DuckDBEngine, scan: Scan, tmp_path: Path, record: str
) -> None:
    rows = [row[:2] for row in scan(f"a,b\n1,2\n{record}\n7,8\n", name="stray")]
    broken = unreadable_in(engine, tmp_path / "stray")
    assert rows[0] == ("1", "2")
    assert rows[-1] == ("7", "8")
    assert len(rows) + len(broken) >= 3


def parquet_bytes(column: pa.Array, **options: Any) -> bytes:
    file = io.BytesIO()
    parquet.write_table(pa.table({'odd "name"\'': column}), file, **options)
    return file.getvalue()


NOON = datetime(2026, 3, 1, 12, 0, 0, 123456)  # noqa: DTZ001  written without a zone
TYPES = [
    (pa.bool_(), [True, None], {}),
    (pa.int32(), [-1, None], {}),
    (pa.int64(), [2**62, None], {}),
    (pa.uint64(), [2**63, None], {}),
    (pa.float32(), [0.5, None], {}),
    (pa.float64(), [0.1, None], {}),
    (pa.decimal128(38, 9), [Decimal("1.500000000"), None], {}),
    (pa.string(), ["Ünï", None], {}),
    (pa.large_string(), ["x", None], {}),
    (pa.date32(), [date(2026, 3, 1), None], {}),
    (pa.timestamp("us"), [NOON, None], {}),
    (pa.timestamp("us"), [NOON, None], {"use_deprecated_int96_timestamps": True}),
    (pa.timestamp("ms", "UTC"), [datetime(2026, 3, 1, 12, tzinfo=UTC), None], {}),
    (pa.list_(pa.int32()), [[1, 2], None], {}),
    (pa.struct({"a": pa.string()}), [{"a": "x"}, None], {}),
]


@pytest.mark.parametrize(
    ("kind", "values", "options"), TYPES, ids=[str(kind) + "".join(o) for kind, _, o in TYPES]
)
@pytest.mark.parametrize("compression", ["gzip", "snappy"])
def test_parquet_values_of_every_type_are_what_was_written(
    scan: Scan, kind: pa.DataType, values: list[Any], options: dict[str, Any], compression: str
) -> None:
    content = parquet_bytes(pa.array(values, kind), compression=compression, **options)
    found = scan(content, format="parquet", columns=('odd "name"\'',))
    assert found == [(value, "export", row) for row, value in enumerate(values, 1)]


def test_parquet_rows_are_numbered_per_row_group_and_file_alike(engine: DuckDBEngine, tmp_path: Path) -> None:
    for name in ("a", "b"):
        path = tmp_path / name
        parquet.write_table(pa.table({"n": [f"{name}{n}" for n in range(1, 8)]}), path, row_group_size=3)
    layout = Layout(paths=(str(tmp_path / "a"), str(tmp_path / "b")), format="parquet", columns=("n",))
    found = rows_of(engine, layout)
    assert [value for value, *_ in found] == [f"{name}{n}" for name in "ab" for n in range(1, 8)]


RECORDS = [{"a": 1, "b": 'x "y"\n[', "c": {"d": [1, 2]}}, {"a": None}, {"b": "Ünï ,;|\t"}]
SHAPES = {
    "one record a line": ("\n".join(json.dumps(r, ensure_ascii=False) for r in RECORDS), None),
    "lines that end": ("".join(json.dumps(r) + "\n" for r in RECORDS), None),
    "lines that end in CR LF": ("".join(json.dumps(r) + "\r\n" for r in RECORDS), None),
    "blank lines between": ("\n\n".join(json.dumps(r) for r in RECORDS) + "\n\n", None),
    "byte order mark": ("\ufeff" + "\n".join(json.dumps(r) for r in RECORDS), None),
    "array": (json.dumps(RECORDS), ""),
    "array, indented": (json.dumps(RECORDS, indent=2), ""),
    "array, byte order mark": ("\ufeff" + json.dumps(RECORDS), ""),
    "array under a key": (json.dumps({"@page": "1", "Clicks": RECORDS, "more": {"Clicks": []}}), "Clicks"),
    "array under a key, indented": (json.dumps({"my Clicks": RECORDS, "@page": "1"}, indent=1), "my Clicks"),
}


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_json_of_every_shape_is_one_row_a_record_in_order(scan: Scan, shape: str, zipped: bool) -> None:  # noqa: FBT001
    text, root = SHAPES[shape]
    content = gzip.compress(text.encode()) if zipped else text.encode()
    rows = scan(content, format="json", columns=("a", "b", "c"), json_root=root, gzip=zipped)
    assert [json.loads(record) for record, *_ in rows] == RECORDS
    assert [row for *_, row in rows] == [1, 2, 3]


def test_a_line_that_is_no_json_is_unreadable(scan: Scan, engine: DuckDBEngine, tmp_path: Path) -> None:
    rows = scan('{"a": 1}\nno json\n{"a": \n{"a": 2}\n', name="broken", format="json", columns=("a",))
    assert [json.loads(record)["a"] for record, *_ in rows if record.endswith("}")] == [1, 2]
    assert unreadable_in(engine, tmp_path / "broken") == [(2, "no json"), (3, '{"a": ')]
    assert len(rows) == 2


def test_scanned_csv_equals_what_python_reads(scan: Scan) -> None:
    text = 'a,b\n"x, ""y""",\' z \'\n" padded ",\\n\n#no comment,NULL\n'
    expected = [tuple(cells) for cells in list(csv.reader(io.StringIO(text)))[1:]]
    assert [row[:2] for row in scan(text)] == expected
