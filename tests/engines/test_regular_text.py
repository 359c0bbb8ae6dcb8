"""Copies with regular lines: what they say is what the file said, and DuckDB reads them to the last record."""

import gzip
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mmpsync.engines import regular_text
from mmpsync.engines.duckdb import DuckDBEngine
from mmpsync.engines.interface import Layout
from mmpsync.engines.regular_text import regular_copy
from mmpsync.errors import ConfigError, InputError

NUMBERS = itertools.count()
# A row of 40 bytes: a file of many is read in several parts.
ROW = b"0123456789,abcdefghijklmnopqrstuvwxyzab\n"


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(threads=2)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("regular")


def csv_file(folder: Path, content: bytes, *, width: int = 2, **layout: object) -> Layout:
    path = folder / f"file_{next(NUMBERS)}"
    path.write_bytes(content)
    return Layout(paths=(str(path),), format="csv", columns=tuple("abcdef"[:width]), **layout)  # type: ignore[arg-type]


def copied(layout: Layout, *, wanted: bool = False) -> bytes | None:
    """What the copy holds; None when there is none."""
    copy = Path(layout.paths[0] + "_copy")
    made = regular_copy(layout.paths[0], layout, copy, wanted=wanted)
    assert made == copy.exists()
    return copy.read_bytes() if made else None


def read(engine: DuckDBEngine, layout: Layout) -> tuple[list[tuple[str | None, ...]], list[tuple[int, str]]]:
    """The rows of a file, and line and text of the records that are none."""
    columns = [f"c{n}" for n in range(len(layout.columns))]
    rows = [tuple(row[c] for c in columns) for row in engine.rows(engine.scan(layout).select(*columns))]
    broken = engine.rows(engine.unreadable().order_by("line"))
    return rows, [(row["line"], row["text"]) for row in broken if row["source_file"] == layout.paths[0]]


@pytest.mark.parametrize(
    "content",
    [
        b"a,b\n1,2\n3,4\n",
        b"a,b\r\n1,2\r\n3,4",
        b"\xef\xbb\xbfa,b\n1,2\n",
        b'a,b\n"1, ""x""","2"\n"",3\n',
        b'a,b\n5" x,y"z""\n',
        # The reader rejects one record, and no other is concerned.
        b'a,b\n"x" y,2\n3,4\n',
        b'a,b\n1,2\n3,"cut',
        b"a,b\n1,2\n\n\n",
        b"",
    ],
)
def test_a_file_with_regular_lines_needs_no_copy(folder: Path, content: bytes) -> None:
    assert copied(csv_file(folder, content)) is None


CHANGED = {
    "LF, then CR LF": (b"a,b\n1,2\r\n3,4\n", b"a,b\n1,2\n3,4\n"),
    "CR LF, then LF": (b"a,b\r\n1,2\n3,4\r\n", b"a,b\r\n1,2\r\n3,4\r\n"),
    "CR": (b'a,b\r1,"2\r3"\r\n4,5\n6,7\r', b'a,b\n1,"2\r3"\n4,5\n6,7\n'),
    "CR CR LF": (b"a,b\r\r\n1,2\r\r\n", b"a,b\n1,2\n"),
    "blank lines": (b"\n\na,b\n1,2\n\n\n3,4\n", b"a,b\n1,2\n3,4\n"),
    "a blank line that ends in CR LF, behind another that does": (b"a,b\n1,2\r\n\r\n3,4\n", b"a,b\n1,2\n3,4\n"),
    "a carriage return alone on a line": (b"a\n1\n\r\n3\n", b'a\n1\n"\r"\n3\n'),
    "a line end alone on a line behind the header": (b"a,b\n\r\n1,2\n", b"a,b\n1,2\n"),
    "a carriage return in a cell": (b'a,b\n1\r,2\n3,x"\ry\n', b'a,b\n"1\r",2\n3,"x""\ry"\n'),
    "a line end behind quotes": (b'a,b\n1,"2"\r\n"3","4"\n', b'a,b\n1,"2"\n"3","4"\n'),
}  # fmt: skip


@pytest.mark.parametrize(("content", "expected"), CHANGED.values(), ids=CHANGED.keys())
def test_what_is_irregular_is_changed_and_nothing_else(folder: Path, content: bytes, expected: bytes) -> None:
    assert copied(csv_file(folder, content, width=content.split(b"1")[0].count(b",") + 1)) == expected


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", ":"])
def test_every_delimiter_is_minded(folder: Path, delimiter: str) -> None:
    content = b'a,b\n1\r,"2,x\n"\r\n'.replace(b",", delimiter.encode())
    expected = b'a,b\n"1\r","2,x\n"\n'.replace(b",", delimiter.encode())
    assert copied(csv_file(folder, content, delimiter=delimiter)) == expected


PIECES = ["1", ",", ",", "\n", "\n", '"', '"', '""', "\r", "\r\n", "\r\r\n", " ", "\x1e", "é", "\0", '"x\ny"', "1,2\n", '1,"2"\r\n', '"a" x']  # fmt: skip
TEXT = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


@given(TEXT, st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from([6, 7, 8, 9, 11, 13]))
@settings(max_examples=150)
def test_it_is_no_matter_where_a_block_ends(folder: Path, text: str, end: str, size: int) -> None:
    layout = csv_file(folder, f"a,b{end}{text}".encode())
    whole = copied(layout, wanted=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(regular_text, "_BLOCK_BYTES", size)
        in_blocks = copied(layout, wanted=True)
    assert whole is not None
    assert in_blocks is not None
    assert in_blocks.rstrip(b"\r\n") == whole.rstrip(b"\r\n")


@given(TEXT, st.sampled_from(["\n", "\r\n"]))
@example('"', "\n")
@example('"\r', "\n")
@example('"x" "\n"y', "\n")
@example('1,"\n\n"', "\r\n")
@settings(max_examples=100)
def test_whatever_stands_between_two_rows_costs_neither(
    engine: DuckDBEngine, folder: Path, text: str, end: str
) -> None:
    content = f"a,b{end}first,1{end}{text}{end}last,9{end}".encode()
    rows, _ = read(engine, csv_file(folder, content))
    assert rows[0] == ("first", "1")
    assert rows[-1] == ("last", "9")


@given(st.lists(st.sampled_from(["1,2", "1", "1,2,3", "", "x\0,y", "\x1e,"]), max_size=8), st.data())
@settings(max_examples=60)
def test_every_line_without_quotes_is_a_row_or_unreadable_however_it_ends(
    engine: DuckDBEngine, folder: Path, lines: list[str], data: st.DataObject
) -> None:
    ends = data.draw(st.lists(st.sampled_from(["\n", "\r\n"]), min_size=len(lines), max_size=len(lines)))
    # Alone on its line a carriage return is a blank line's only behind another line that ends like this.
    ended = [(line, end if line else "\n") for line, end in zip(lines, ends, strict=True)]
    content = "a,b\n" + "".join(line + end for line, end in ended)
    records = [line.split(",") for line in lines if line]
    rows, broken = read(engine, csv_file(folder, content.encode()))
    assert rows == [tuple(cell or None for cell in cells) for cells in records if len(cells) == 2]
    assert [line for line, _ in broken] == [n for n, cells in enumerate(records, 2) if len(cells) != 2]


@pytest.mark.parametrize(
    ("record", "text"),
    [
        (b'3,"never closed\n', '3,"never closed'),
        (b'3,"early" closed, "again\n', '3,"early" closed, "again'),
        (b'3,"two\r\nlines" and more\n', '3,"two'),
    ],
)
def test_a_record_with_wrong_quotes_costs_its_line_and_is_kept_as_it_is(
    engine: DuckDBEngine, folder: Path, record: bytes, text: str
) -> None:
    rows, broken = read(engine, csv_file(folder, b"a,b\n1,2\n" + record + b"5,6\n7,8\n"))
    assert [row for row in rows if row[0] in ("1", "5", "7")] == [("1", "2"), ("5", "6"), ("7", "8")]
    assert broken[0] == (3, text)


def test_an_open_quote_among_megabytes_costs_its_line(engine: DuckDBEngine, folder: Path) -> None:
    """DuckDB alone loses all rows to the end of the part that it reads at a time."""
    content = b"a,b\n" + ROW * 200_000 + b'3,"x\n' + ROW * 600_000
    table = engine.scan(csv_file(folder, content))
    assert engine.rows(table.aggregate(n=table.count())) == [{"n": 800_000}]


@pytest.mark.parametrize("quote", [b"", b'"'])
def test_a_cell_of_twenty_megabytes_costs_its_record(
    engine: DuckDBEngine, folder: Path, quote: bytes
) -> None:
    cell = quote + b"x" * 20_000_000 + quote
    content = b"a,b\n" + ROW * 3 + b"3," + cell + b"\n" + ROW * 3
    rows, broken = read(engine, csv_file(folder, content, irregular=True))
    assert len(rows) == 6
    assert [(line, text[:6]) for line, text in broken] == [(5, ("3," + quote.decode() + "xxxx")[:6])]


def test_line_breaks_in_the_first_cell_begin_no_row_among_megabytes(
    engine: DuckDBEngine, folder: Path
) -> None:
    """To a reader that begins in the middle of such a cell, what follows a line break in it looks like a row."""
    row = b'"' + b"\n".join([b"x" * 200_000] * 5) + b'",2\n'
    table = engine.scan(csv_file(folder, b"a,b\n" + row * 59, irregular=True))
    assert engine.rows(table.aggregate(n=table.count())) == [{"n": 59}]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16"])
@given(text=st.text(st.characters(exclude_characters='"\r\n,\0', exclude_categories=("Cs",)), min_size=1))
@settings(max_examples=20)
def test_utf_16_says_the_same_as_utf_8(engine: DuckDBEngine, folder: Path, encoding: str, text: str) -> None:
    layout = csv_file(folder, f"a,b\n{text},2\n".encode(encoding), encoding=encoding)
    assert read(engine, layout) == ([(text, "2")], [])


def test_what_is_no_utf_16_costs_its_row(engine: DuckDBEngine, folder: Path) -> None:
    content = "a,b\n1,2\n3,X\n5,6\n7,".encode("utf-16-le").replace(b"X\0", b"\0\xdc") + b"8"
    rows, broken = read(engine, csv_file(folder, content, encoding="utf-16-le"))
    assert rows == [("1", "2"), ("5", "6")]
    assert [line for line, _ in broken] == [3, 5]


@pytest.mark.parametrize("root", [None, ""])
def test_json_in_utf_16_is_read(engine: DuckDBEngine, folder: Path, root: str | None) -> None:
    text = '[{"a": "ü广"}]' if root == "" else '{"a": "ü广"}\n'
    path = folder / f"json_{root}"
    path.write_bytes(gzip.compress(text.encode("utf-16")))
    layout = Layout(
        paths=(str(path),), format="json", columns=("a",), json_root=root, gzip=True, encoding="utf-16"
    )
    found = engine.rows(engine.scan(layout).select("c0", "source_file"))
    assert [(row["c0"].replace(" ", ""), row["source_file"]) for row in found] == [('{"a":"ü广"}', str(path))]


def test_lines_of_json_that_are_none_are_unreadable_with_their_number_and_text(
    engine: DuckDBEngine, folder: Path
) -> None:
    lines = [b'{"a": 1}', b"\xff", b"", b'{"a": "x\x1fy"}', b'{"a":\r2}', b'"', b'{"a": 3}']
    path = folder / "lines.jsonl"
    path.write_bytes(b"\n".join(lines[:4]) + b"\r\n" + b"\r\n".join(lines[4:]))
    layout = Layout(paths=(str(path),), format="json", columns=("a",))
    found = [row["c0"] for row in engine.rows(engine.scan(layout))]
    assert found == ['{"a": 1}', '{"a": 2}', '{"a": 3}']
    broken = engine.rows(engine.unreadable().order_by("line"))
    assert [(r["line"], r["row"], r["text"]) for r in broken if r["source_file"] == str(path)] == [
        (2, 2, "�"),
        (3, 3, '{"a": "x y"}'),
        (5, 5, '"'),
    ]


def test_a_copy_is_of_one_file_the_others_of_a_scan_stay_as_they_are(
    engine: DuckDBEngine, folder: Path
) -> None:
    names = [f"it's {n}.csv" for n in range(4)]
    contents = ["a,b\n1,1\n", "a,b\n2,2\r\n3,3\n", "a,b\n4,4\nbroken\n", 'a,b\n"5\n,5\n6,6\n']
    for name, content in zip(names, contents, strict=True):
        (folder / name).write_bytes(content.encode())
    paths = tuple(str(folder / name) for name in names)
    table = engine.scan(Layout(paths=paths, format="csv", columns=("a", "b")))
    found = {(row["c0"], Path(row["source_file"]).name) for row in engine.rows(table)}
    assert found == {
        ("1", names[0]),
        ("2", names[1]),
        ("3", names[1]),
        ("4", names[2]),
        (None, names[3]),
        ("6", names[3]),
    }
    broken = [row for row in engine.rows(engine.unreadable()) if row["source_file"] in paths]
    assert {(Path(row["source_file"]).name, row["line"], row["text"]) for row in broken} == {
        (names[2], 3, "broken"),
        (names[3], 2, '"5'),
    }


@pytest.mark.parametrize("end", ['3,"cut', '3,"', '3,"x\n5,6\n7,8\n', '3,"5"" \n'])
@pytest.mark.parametrize("count", [1, 2, 5, 9])
def test_a_quote_that_is_not_closed_loses_no_record_among_however_many_files(
    engine: DuckDBEngine, folder: Path, count: int, end: str
) -> None:
    """DuckDB reads many files in another way than few, and is silent of what it cannot read at their ends."""
    files = [csv_file(folder, f"a,b\n1,2\n{end}".encode()) for _ in range(count)]
    paths = tuple(file.paths[0] for file in files)
    rows = engine.rows(engine.scan(Layout(paths=paths, format="csv", columns=("a", "b"))))
    broken = [row for row in engine.rows(engine.unreadable()) if row["source_file"] in paths]
    assert len(rows) == count * (1 + end.count("\n5") * 2)
    assert [(row["line"], row["text"]) for row in broken] == [(3, end.split("\n", maxsplit=1)[0])] * count


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk to write to")
def test_a_copy_without_room_says_where_to_find_some(folder: Path) -> None:
    layout = csv_file(folder, b"a,b\n" + ROW * 1000)
    with pytest.raises(ConfigError, match=r"no room for a copy of .*; give --temp-dir"):
        regular_copy(layout.paths[0], layout, Path("/dev/full"), wanted=True)


def test_a_file_that_is_gone_by_now_is_named(folder: Path) -> None:
    layout = csv_file(folder, gzip.compress(ROW)[:-3], gzip=True)
    with pytest.raises(InputError, match=rf"{layout.paths[0]}: cannot be read"):
        regular_copy(layout.paths[0], layout, folder / "copy", wanted=True)
