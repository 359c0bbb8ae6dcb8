"""Records that are no rows stand in a copy as rows of a kind of their own; all others as they are."""

import re

import pytest

from mmpsync.engines.regular_rows import NO_ROW_PARTS, RegularRows

HEADER = b"a,b\n"


def rows(end: bytes = b"\n", width: int = 2) -> RegularRows:
    return RegularRows(b",", end, width)


def told(line: bytes) -> tuple[int, str, str]:
    """Number, error and text of a row that stands for what is none."""
    found = re.match(NO_ROW_PARTS, line.decode().removeprefix('"').removesuffix('",'))
    assert found is not None
    number, error, text = found.groups()
    return int(number), error, text


@pytest.mark.parametrize(
    "record",
    [
        b"1,2",
        b",",
        b'"1","2"',
        b'1,"2\n3"',
        b'"a ""b"" c",2',
        b'5" pipe,2',
        b' "1" ,2',
        b"1,2,",
        "ä,ö".encode(),
    ],
)
def test_what_is_a_row_stays_as_it_is(record: bytes) -> None:
    text = HEADER + record + b"\n" + record + b"\n3,4"
    assert rows().told_apart(text) == text


@pytest.mark.parametrize(
    ("record", "error", "text"),
    [
        (b"1", "Expected Number of Columns: 2 Found: 1", "1"),
        (b"1,2,3", "Expected Number of Columns: 2 Found: 3", "1,2,3"),
        (b'"1,2",""', "", ""),
        (b'"1" x,2', "Value with unterminated quote found.", "\x1a1\x1a x,2"),
        (
            b"\xff,2",
            "Invalid unicode (byte sequence mismatch) detected. This file is not utf-8 encoded.",
            "?,2",
        ),
        (b"\x1e\x1d7\x1dx\x1dy,2", "Holds control characters that no export has.", "\x1e\x1d7\x1dx\x1dy,2"),
    ],
)
def test_what_is_none_is_told_with_its_number_and_costs_no_other(
    record: bytes, error: str, text: str
) -> None:
    lines = rows().told_apart(HEADER + b'1,"2\n3"\n' + record + b"\n5,6\n").split(b"\n")
    assert lines[:3] + lines[4:] == [b"a,b", b'1,"2', b'3"', b"5,6", b""]
    assert lines[3] == record if not error else told(lines[3]) == (3, error, text)


def test_numbers_go_on_from_one_text_to_the_next() -> None:
    found = rows(b"\r\n")
    found.told_apart(b'a,b\r\n1,2\r\n3,"\r\n"\r\n\xff,4\r\n')
    assert [
        told(line)[0] for line in found.told_apart(b"5\r\n6,7\r\n8\r\n").split(b"\r\n") if line[:1] == b'"'
    ] == [5, 7]


def test_a_record_too_long_counts_as_one() -> None:
    found = rows()
    found.told_apart(HEADER + b"1,2\n")
    assert told(found.too_long(b"x" * 100_000).rstrip(b"\n"))[:2] == (3, "longer than 8388608 bytes")
    assert told(found.told_apart(b"5\n").rstrip(b"\n"))[0] == 4


def test_rows_are_fine_where_every_one_is() -> None:
    assert rows().are_fine(b"1,2\n3,4\n")
    assert rows().are_fine(b"")
    assert not rows().are_fine(b"1,2\n3\n")
    assert not rows().are_fine(b"1,2\n\xff,4\n")
    assert rows(width=1).are_fine(b"1\n2\n")
