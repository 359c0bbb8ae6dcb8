"""What is told of a file before any row of it is read: its encoding, lines that are too long, gzip that is a trap."""

import gzip
from pathlib import Path

import pytest

from mmpsync.engines.interface import Layout
from mmpsync.errors import InputError
from mmpsync.ingest import sample
from mmpsync.ingest.formats import LeftOut, inspect
from mmpsync.ingest.sample import take_sample

HEADER, ROWS = "Event Time,Ümlaut,c\n", "1,2,3\n4,5,6\n"
LINE = b"0123456789,abcdefghijklmnopqrstuvwxyz,ab\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "export"


def put(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    return str(path)


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(
    ("mark", "encoding", "told"),
    [
        (b"", "utf-8", "utf-8"),
        (b"\xef\xbb\xbf", "utf-8", "utf-8"),
        (b"\xff\xfe", "utf-16-le", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be", "utf-16-be"),
        (b"", "utf-16-le", "utf-16-le"),
        (b"", "utf-16-be", "utf-16-be"),
    ],
)
def test_the_encoding_is_told_with_a_byte_order_mark_and_without(
    path: Path,
    mark: bytes,
    encoding: str,
    told: str,
    zipped: bool,  # noqa: FBT001
) -> None:
    content = mark + (HEADER + ROWS).encode(encoding)
    layout = inspect(put(path, gzip.compress(content) if zipped else content))
    assert isinstance(layout, Layout)
    assert (layout.encoding, layout.columns) == (told, ("Event Time", "Ümlaut", "c"))


@pytest.mark.parametrize("content", [b"a", b"", b"a,b\n1,\0\n" + b"2,3\n" * 20, b"\0a\0"])
def test_a_stray_nul_makes_no_utf_16(path: Path, content: bytes) -> None:
    assert take_sample(put(path, content)).encoding == ("utf-16-be" if content == b"\0a\0" else "utf-8")


@pytest.mark.parametrize(
    ("content", "is_table"),
    [
        (LINE * 20 + b"1,\0,3\n", True),
        (LINE * 2 + b"\0" * 500, False),
        (LINE + bytes(range(256)), False),
        (LINE * 200 + bytes(256), True),
    ],
)
def test_a_stray_control_character_makes_no_binary_file(path: Path, content: bytes, is_table: bool) -> None:  # noqa: FBT001
    assert isinstance(inspect(put(path, content)), Layout if is_table else LeftOut)


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(
    ("content", "irregular"),
    [
        (LINE * 600_000, False),
        (LINE * 2 + b"x" * 20_000_000 + b"\n" + LINE * 2, True),
        (LINE * 2 + b"x" * 20_000_000, True),
        (b"[" + b'{"a": 1},' * 2_000_000 + b'{"a": 1}]', False),
    ],
    ids=["short lines", "a long line", "a long line at the end", "a JSON array in one line"],
)
def test_a_line_of_many_megabytes_is_found_wherever_it_stands(
    path: Path,
    content: bytes,
    irregular: bool,  # noqa: FBT001
    zipped: bool,  # noqa: FBT001
) -> None:
    layout = inspect(put(path, gzip.compress(content, 1) if zipped else content))
    assert isinstance(layout, Layout)
    assert layout.irregular == irregular


@pytest.mark.parametrize(
    ("content", "irregular"),
    [
        ("a,b\n1,2\n", False),
        ('"a","b"\n1,2\n', False),
        (' "a", "b"\n1,2\n', False),
        ("\na,b\n1,2\n", True),
        ("\r\n\r\na,b\r\n", True),
        ("\ufeff\na,b\n1,2\n", True),
        ('a,"b\n1,2\n', True),
        ('"a" x,b\n1,2\n', True),
        ('"a\nx",b\n1,2\n', True),
        ("a,b\n" + "1,2\n" * 300_000, False),
        ("a,b\n" + '"1\n",2\n' * 300_000, True),
        ("a,b\n" + '1,"2\n3"\n' * 300_000, False),
    ],
)
def test_what_a_reader_cannot_take_as_it_is_is_told(path: Path, content: str, irregular: bool) -> None:  # noqa: FBT001
    """Blank lines before a header, quotes in it that do not end where a name ends, line breaks in first cells."""
    layout = inspect(put(path, content.encode()))
    assert isinstance(layout, Layout)
    assert layout.irregular == irregular


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ('a,"b,c', ("a", "b", "c")),
        ('"a,b,c', ("a", "b", "c")),
        ('a,"b" x,c', ("a", "b x", "c")),
        (' "a" ,b', ("a", "b")),
        ('\n\r\n"a",b', ("a", "b")),
    ],
)
def test_a_header_ends_with_its_line_whatever_its_quotes(
    path: Path, header: str, columns: tuple[str, ...]
) -> None:
    layout = inspect(put(path, f'{header}\n1,"x",3\n"4",5,6\n'.encode()))
    assert isinstance(layout, Layout)
    assert layout.columns == columns


# gzip


def bomb(header: bytes, megabytes: int) -> bytes:
    """An export of many members that are all the same, which takes no time to make."""
    member = gzip.compress(LINE * (1_000_000 // len(LINE)), mtime=0)
    return gzip.compress(header, mtime=0) + member * megabytes


def test_gzip_that_unpacks_to_gigabytes_of_the_same_is_refused_by_name(path: Path) -> None:
    with pytest.raises(
        InputError, match=r"export: unpacks to more than [\d,]+ MB, over 200 times its size.*; fetch it"
    ):
        inspect(put(path, bomb(b"a,b,c\n", 2000)))


def test_gzip_that_unpacks_to_two_hundred_times_its_size_is_read_when_that_is_not_much(path: Path) -> None:
    content = bomb(b"a,b,c\n", 5)
    assert len(gzip.decompress(content)) > 200 * len(content)
    assert isinstance(inspect(put(path, content)), Layout)


def test_gzip_of_less_than_two_hundred_times_its_size_is_read_however_much_it_is(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample, "_MOST_UNPACKED_BYTES", 1000)
    lines = b"".join(b"%d,%d,%d\n" % (n * n, n**3, n**5) for n in range(20_000))
    assert isinstance(inspect(put(path, gzip.compress(b"a,b,c\n" + lines))), Layout)


def test_gzip_of_what_is_no_table_is_not_unpacked_to_its_end(path: Path) -> None:
    zeros = gzip.compress(bytes(1_000_000), mtime=0) * 3000
    assert isinstance(inspect(put(path, zeros)), LeftOut)


def test_gzip_within_gzip_is_said_to_be_that(path: Path) -> None:
    left_out = inspect(put(path, gzip.compress(gzip.compress(b"a,b\n"))))
    assert left_out == LeftOut(str(path), "gzip-compressed twice, not an export")
