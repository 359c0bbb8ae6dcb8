"""`source_row` is the 1-based data row of its file, whatever else is read and whatever cannot be."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Read = Callable[..., Any]

HEADER = "{activity_kind},{created_at},{nonce}\n"
# Records that no CSV reader can take apart, each told from the others by a number.
BROKEN = ["{n}", "event,1772366400,{n},more", 'event,1772366400,"{n}" stray', "event,1772366400,{n}\xff"]


def row(label: object) -> str:
    return f"event,1772366400,{label}\n"


def broken(n: int, kind: int = 0) -> str:
    return BROKEN[kind % len(BROKEN)].format(n=n) + "\n"


def numbers(found: Any) -> dict[tuple[str, str], int]:
    """(file, label) → row."""
    return {(r["source_file"], r["event_id"]): r["source_row"] for r in found.rows}


def test_rows_of_a_sound_file_are_counted_from_1(read: Read) -> None:
    found = read({"a.csv": HEADER + "".join(row(n) for n in range(1, 6))})
    assert numbers(found) == {("a.csv", str(n)): n for n in range(1, 6)}


def test_unreadable_records_are_data_rows_too(read: Read) -> None:
    files = ["B1", "1B", "BB1", "1BB2B3", "12B", "B1B2B3B", "1B2B3", "B", "BBB"]
    contents = {
        lines: HEADER + "".join(broken(n, n) if line == "B" else row(line) for n, line in enumerate(lines, 1))
        for lines in files
    }
    found = read({name: text.encode("latin-1") for name, text in contents.items()})
    expected = {(f, line): n for f in files for n, line in enumerate(f, 1) if line != "B"}
    assert numbers(found) == expected
    # A record's line counts the header.
    lines = {(r["source_file"], r["line"]) for r in found.unreadable}
    assert lines == {(f, n + 1) for f in files for n, line in enumerate(f, 1) if line == "B"}


@pytest.mark.parametrize("lines", ["B12", "1B2", "12B"])
def test_unreadable_records_of_a_single_file_are_data_rows_too(read: Read, lines: str) -> None:
    found = read({"a.csv": HEADER + "".join(broken(0) if line == "B" else row(line) for line in lines)})
    assert numbers(found) == {("a.csv", line): n for n, line in enumerate(lines, 1) if line != "B"}


def test_every_file_of_a_scan_is_counted_from_1(read: Read) -> None:
    files = {
        "a.csv": HEADER + row(1) + row(2) + row(3),
        "b.csv": HEADER + broken(1) + row(2),
        "c.csv": HEADER,
        "d.csv": HEADER + broken(1) + broken(2),
        "e.csv": HEADER + row(1) + broken(2) + row(3),
        "sub/f.csv": HEADER + row(1),
    }
    found = read(files)
    assert all(str(number) == label for (_, label), number in numbers(found).items())
    assert len(found.rows) == 7


def test_files_with_different_headers_are_counted_alike(read: Read) -> None:
    files = {
        "a.csv": HEADER + row(1) + broken(2) + row(3),
        "b.csv": "{nonce},{activity_kind},{created_at}\n1,event,1772366400\n2,event,1772366400\n",
        "c.json": "".join(
            json.dumps({"activity_kind": "event", "created_at": 1, "nonce": n}) + "\n" for n in (1, 2)
        ),
        "d.json": json.dumps([{"activity_kind": "event", "created_at": 1, "nonce": n} for n in (1, 2, 3)]),
    }
    found = read(files)
    assert all(str(number) == label for (_, label), number in numbers(found).items())
    assert len(found.rows) == 9


def test_line_breaks_inside_quotes_begin_no_row(read: Read) -> None:
    text = HEADER + 'event,1772366400,"1\n\n"\n' + broken(2) + '"event\n",1772366400,3\n' + broken(4) + row(5)
    assert set(numbers(read({"a.csv": text})).values()) == {1, 3, 5}


def test_blank_lines_without_anything_unreadable_are_no_rows(read: Read) -> None:
    text = HEADER + row(1) + "\n" + row(2) + "\n\n" + row(3) + "\n"
    assert numbers(read({"a.csv": text})) == {("a.csv", str(n)): n for n in (1, 2, 3)}


@pytest.mark.parametrize(
    ("lines", "blanks_left_out", "blanks_counted"),
    [("1 2  B3", [1, 2, 4], [1, 3, 7]), ("B 1", [2], [3]), ("1B 2", [1, 3], [1, 4])],
)
def test_blank_lines_and_unreadable_records_side_by_side(
    read: Read, lines: str, blanks_left_out: list[int], blanks_counted: list[int]
) -> None:
    text = "".join({"B": broken(0), " ": "\n"}.get(line, row(line)) for line in lines)
    # Either way of counting blank lines is one; a mixture of the two gives a row another row's number.
    assert list(numbers(read({"a.csv": HEADER + text})).values()) in (blanks_left_out, blanks_counted)


def test_gzip_changes_nothing(read: Read) -> None:
    text = (HEADER + row(1) + broken(2) + row(3)).encode()
    assert set(numbers(read({"a.csv.gz": gzip.compress(text)})).values()) == {1, 3}


def test_clicks_of_a_file_count_as_rows(read: Read) -> None:
    text = HEADER + row(1) + "click,1772366400,2\n" + row(3)
    assert set(numbers(read({"a.csv": text})).values()) == {1, 2, 3}


def test_many_rows_read_by_several_threads_keep_their_numbers(read: Read) -> None:
    # 20 MB: more than one buffer of the reader's.
    count, filler = 20_000, "x" * 1_000
    lines = [row(f"{n}-{filler}") if n % 4_000 else broken(n) for n in range(1, count + 1)]
    found = read({"a.csv": HEADER + "".join(lines)}, threads=2)
    assert len(found.rows) == count - 5
    assert all(int(label.partition("-")[0]) == number for (_, label), number in numbers(found).items())


FILES = st.lists(st.lists(st.booleans(), max_size=12), min_size=1, max_size=4)


@given(FILES, st.randoms(use_true_random=False))
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_rows_number_is_its_place_among_all_records_of_its_file(
    read: Read, tmp_path: Path, files: list[list[bool]], random: Any
) -> None:
    for path in tmp_path.iterdir():
        path.unlink()
    contents = {
        f"{n}.csv": HEADER + "".join(row(p) if ok else broken(p) for p, ok in enumerate(sound, 1))
        for n, sound in enumerate(files)
    }
    names = list(contents)
    random.shuffle(names)
    found = read({name: contents[name] for name in names})
    expected = {
        (f"{n}.csv", str(p)): p for n, sound in enumerate(files) for p, ok in enumerate(sound, 1) if ok
    }
    assert numbers(found) == expected
    assert len(found.unreadable) == sum(not ok for sound in files for ok in sound)
