"""What damaged, foreign and oddly written files come to: a clear message or a clear finding, never a traceback.

A file that cannot be used ends the run with exit code 2 and a message that names it and says what to do. What
can be read of a damaged file is judged; what cannot is listed in unreadable.csv. Nothing is left out silently.
"""

import bz2
import gzip
import random
import re
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import mmpsync
from mmpsync.run import Run

AS_OF = "2026-03-20T00:00:00Z"
# A bug is 3; push has codes of its own.
DOCUMENTED_CODES = (0, 1, 2, 5)
FAILED_GATE, UNUSABLE, NOTHING_TO_CHECK = 1, 2, 5
# What a message tells to do, after what is wrong.
REMEDY = (
    r"[;:,.\n] *(or |If it is .*, |)(add|check|convert|copy|export|fetch|give|leave|save|take|unpack|write)\b"
)
HEADER = (
    "Attributed Touch Type", "Install Time", "Event Time", "Event Name", "Event Value", "Event Revenue",
    "Event Revenue Currency", "Media Source", "Campaign", "AppsFlyer ID", "App ID", "App Version", "Original URL",
)  # fmt: skip
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4


def sale(number: int, campaign: str = "spring") -> list[str]:
    """A purchase without a fault, known by its number in the app's version."""
    return [
        "click", "2026-03-01 11:00:00", "2026-03-02 10:00:00", "af_purchase", f'{{"af_order_id":"SO-{number}"}}', "9.99",
        "EUR", "impactradius_int", campaign, f"1772-{number}", "com.acme", f"{number}",
        f"https://app.example/com.acme?pid=impactradius_int&clickid=CLICK-{number:030d}",
    ]  # fmt: skip


def line(cells: Sequence[str], delimiter: str = ",") -> str:
    return (
        delimiter.join('"' + cell.replace('"', '""') + '"' if '"' in cell else cell for cell in cells) + "\n"
    )


def export(*rows: Sequence[str] | str, header: Sequence[str] = HEADER, delimiter: str = ",") -> str:
    """The text of a CSV; a row given as text stands there as it is."""
    return "".join(row if isinstance(row, str) else line(row, delimiter) for row in (header, *rows))


GOOD = export(*(sale(n) for n in range(1, 6)))
TOO_LONG = line([*sale(90), "more"])
TOO_SHORT = line(sale(91)[:-1])
STRAY_QUOTE = line(sale(92)).replace(",spring,", ',"spring" sale,')


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str
    directory: Path

    @property
    def run(self) -> Run:
        return Run.load(self.directory)


Reconcile = Callable[..., Done]
Places = Callable[[Path], dict[tuple[str, int], str]]
ReadTable = Callable[[Path], list[dict[str, Any]]]


@pytest.fixture
def reconcile(command: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path) -> Reconcile:
    """Run the real command in a folder of its own; whatever comes of it, it is no bug and no traceback."""

    def run(*arguments: str | Path) -> Done:
        done = command("reconcile", "--as-of", AS_OF, "--out", "run", *arguments, cwd=tmp_path)
        assert "Traceback" not in done.stderr
        assert done.returncode in DOCUMENTED_CODES, done.stderr
        return Done(done.returncode, done.stdout, done.stderr, tmp_path / "run")

    return run


@pytest.fixture(scope="session")
def places(read_table: ReadTable) -> Places:
    """The rows of a run directory: (file's name, row) → the number that `sale` gave it, or "unreadable"."""

    def places(directory: Path) -> dict[tuple[str, int], str]:
        found = {
            (Path(row["source_file"]).name, row["source_row"]): row["app_version"]
            for name in ("clean.parquet", "exceptions.parquet", "excluded.parquet")
            for row in read_table(directory / name)
        }
        broken = read_table(directory / "unreadable.csv")
        return found | {(Path(row["file"]).name, int(row["line"]) - 1): "unreadable" for row in broken}

    return places


def put(path: Path, content: bytes | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def noisy_export(size: int) -> bytes:
    """A CSV of about this many bytes that hardly compresses, so that damage lies beyond any sample of it."""
    noise = random.Random(1)
    return export(*(sale(n, noise.randbytes(400).hex()) for n in range(1, size // 1000))).encode()


def parquet_of(folder: Path, write_export: Callable[..., Path]) -> bytes:
    names = [name.lower().replace(" ", "_") for name in HEADER]
    return write_export(folder / "made.parquet", names, [sale(n) for n in range(1, 400)]).read_bytes()


# Files that cannot be used


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        pytest.param("photo.csv", PNG, "PNG", id="PNG"),
        pytest.param("report.csv", b"PK\x03\x04" + bytes(100), "ZIP archive or Excel", id="Excel"),
        pytest.param("packed.csv", bz2.compress(GOOD.encode()), "bzip2", id="bzip2"),
        pytest.param("binary.csv", bytes(range(256)) * 20, "binary", id="binary"),
        pytest.param("blank.csv", "  \n \n", "blank", id="blank"),
        pytest.param("cut.csv.gz", gzip.compress(GOOD.encode(), mtime=0)[:-60], "gzip", id="cut gzip"),
        pytest.param("cut.csv.gz", gzip.compress(GOOD.encode(), mtime=0)[:-3], "gzip", id="gzip without its end"),
        pytest.param("cut-late.csv.gz", gzip.compress(noisy_export(2_500_000), mtime=0)[:-1000], "(?i)gzip", id="gzip cut late"),
        pytest.param("cut.parquet", b"PAR1" + bytes(500), "Parquet", id="cut Parquet"),
        pytest.param("short.parquet", b"PAR1", "Parquet", id="short Parquet"),
        pytest.param("cut.json", '[{"event_name": "install", "media_source": "x", "event_time": "1", "af_sub1": "2"}, {"ev', "JSON", id="cut JSON"),
        pytest.param("sheet.csv", "a,b,c\n1,2,3\n", "columns seen: a, b, c", id="unknown table"),
        pytest.param("sheet.csv.gz", gzip.compress(b"a,b,c\n1,2,3\n"), "columns seen: a, b, c", id="unknown table in gzip"),
        pytest.param("notes.csv", "Dear all,\nplease find attached nothing.\n", "columns seen: Dear all", id="prose"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_named_with_what_is_wrong_and_what_to_do(
    reconcile: Reconcile, tmp_path: Path, name: str, content: bytes | str, says: str
) -> None:
    put(tmp_path / name, content)
    done = reconcile(name)
    assert (done.code, done.out) == (UNUSABLE, "")
    assert done.err.startswith("error: ")
    assert name in done.err
    assert re.search(says, done.err)
    assert re.search(REMEDY, done.err), done.err
    assert not done.directory.exists()


def test_a_truncated_parquet_file_is_named(reconcile: Reconcile, tmp_path: Path, write_export: Any) -> None:
    content = parquet_of(tmp_path / "made", write_export)
    put(tmp_path / "in" / "part-00000.parquet", content[: len(content) // 2])
    done = reconcile("in")
    assert done.code == UNUSABLE
    assert re.search(r"in/part-00000\.parquet: damaged Parquet file .*; fetch the file again", done.err)


@pytest.mark.parametrize("at", [4, 100])
def test_a_parquet_file_with_damaged_pages_is_named(
    reconcile: Reconcile, tmp_path: Path, write_export: Any, at: int
) -> None:
    """Its footer is whole, so that the damage, to the header of a page or to text, shows only when rows are read."""
    content = parquet_of(tmp_path / "made", write_export)
    put(tmp_path / "part-00000.parquet", content[:at] + b"\xff" * 200 + content[at + 200 :])
    done = reconcile("part-00000.parquet")
    assert done.code == UNUSABLE
    assert "part-00000.parquet" in done.err
    assert re.search(REMEDY, done.err), done.err


def test_gzip_data_whose_checksum_is_wrong_are_not_judged(reconcile: Reconcile, tmp_path: Path) -> None:
    """Beyond the first megabyte as well: bytes that changed on their way are other orders and other amounts."""
    packed = gzip.compress(noisy_export(2_500_000), mtime=0)
    put(tmp_path / "damaged.csv.gz", packed[:-8] + bytes(4) + packed[-4:])
    done = reconcile("damaged.csv.gz")
    assert done.code == UNUSABLE
    assert "damaged.csv.gz" in done.err


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("missing.csv", "missing.csv: no such file or folder"),
        ("missing/folder", "missing/folder: no such file or folder"),
        ("missing-*.csv", r"missing-\*.csv: no file matches this pattern"),
        ("hdfs://host/exports", "hdfs://host/exports: .*; copy the files here first"),
    ],
)
def test_a_path_without_a_file_is_named(reconcile: Reconcile, tmp_path: Path, given: str, says: str) -> None:
    put(tmp_path / "good.csv", GOOD)
    done = reconcile("good.csv", given)
    assert (done.code, done.out) == (UNUSABLE, "")
    assert re.search(says, done.err)


def test_unknown_tables_in_a_folder_are_all_named(reconcile: Reconcile, tmp_path: Path) -> None:
    """They may be exports of which a column was taken out: to leave them out silently would lose rows."""
    put(tmp_path / "in/good.csv", GOOD)
    put(tmp_path / "in/one.csv", "a,b\n1,2\n")
    put(tmp_path / "in/two.csv", export(sale(1)[:4], header=HEADER[:4]))
    done = reconcile("in")
    assert done.code == UNUSABLE
    assert "in/one.csv" in done.err
    assert "in/two.csv" in done.err
    assert "lacks media_source" in done.err
    assert "take it out of the folder" in done.err


# Files without rows


@pytest.mark.parametrize(
    ("name", "content"), [("empty.csv", b""), ("empty.csv.gz", gzip.compress(b"", mtime=0))]
)
def test_an_empty_file_is_listed_and_there_is_nothing_to_check(
    reconcile: Reconcile, tmp_path: Path, name: str, content: bytes
) -> None:
    put(tmp_path / name, content)
    done = reconcile(name)
    assert done.code == NOTHING_TO_CHECK
    assert [(left.path, left.why) for left in done.run.left_out] == [(name, "empty")]
    assert name in done.out


@pytest.mark.parametrize("content", [export(), export().rstrip("\n")])
def test_a_file_with_a_header_and_no_rows_is_said_to_have_none(
    reconcile: Reconcile, tmp_path: Path, content: str
) -> None:
    put(tmp_path / "header.csv", content)
    done = reconcile("header.csv")
    assert done.code == NOTHING_TO_CHECK
    assert [(file.path, file.rows) for file in done.run.files] == [("header.csv", 0)]
    assert [(entry.code, entry.files) for entry in done.run.advice] == [("no-rows", ("header.csv",))]
    assert "header.csv" in done.out


def test_a_folder_without_files_leaves_nothing_to_check(reconcile: Reconcile, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    assert reconcile("in").code == NOTHING_TO_CHECK


# A folder as it comes: all of it at once


def test_a_folder_of_good_damaged_and_foreign_files(
    reconcile: Reconcile, tmp_path: Path, read_table: ReadTable
) -> None:
    folder = tmp_path / "in"
    put(folder / "good.csv", GOOD)
    put(folder / "cut-off.csv", export(*(sale(n) for n in range(11, 15))) + line(sale(15))[:75])
    put(folder / "latin-1.csv", export(sale(21), sale(22, "Frühling"), sale(23)).encode("latin-1"))
    put(folder / "empty.csv", b"")
    put(folder / "header.csv", export())
    put(folder / "photo.csv", PNG)
    put(folder / "binary.csv", bytes(range(256)))
    for beside in ("_SUCCESS", "_temporary/0.csv", ".hidden.csv", ".git/config", "README.md", "notes.toml"):
        put(folder / beside, "neither,an,export\n1,2,3\n")
    done = reconcile("in")
    assert done.code == FAILED_GATE
    run = done.run
    assert {Path(f.path).name: (f.rows, f.unreadable) for f in run.files} == {
        "cut-off.csv": (4, 1),
        "good.csv": (5, 0),
        "header.csv": (0, 0),
        "latin-1.csv": (2, 1),
    }
    assert {Path(left.path).name: left.why for left in run.left_out} == {
        "binary.csv": "binary data, not an export",
        "empty.csv": "empty",
        "photo.csv": "a PNG image, not an export",
    }
    assert (run.summary.rows, run.summary.count("clean"), run.summary.count("unreadable")) == (13, 11, 2)
    assert [(entry.code, entry.files) for entry in run.advice] == [("no-rows", ("in/header.csv",))]
    cut, latin = read_table(done.directory / "unreadable.csv")
    assert (cut["file"], cut["line"], cut["text"]) == ("in/cut-off.csv", "6", line(sale(15))[:75])
    assert "quote" in cut["error"]
    assert (latin["file"], latin["line"]) == ("in/latin-1.csv", "3")
    assert "utf-8" in latin["error"].lower()
    assert "hling" in latin["text"]
    for name in ("cut-off.csv", "latin-1.csv", "header.csv", "empty.csv", "photo.csv", "binary.csv"):
        assert f"in/{name}" in done.out, f"{name} is not in the summary"


# Rows that cannot be read, among rows that can


MULTILINE = line(sale(1, "x")).replace(",x,", ',"two\nlines",')
MULTILINE_TOO_LONG = TOO_LONG.replace(",spring,", ',"of\nthree\nlines",')


@pytest.mark.parametrize(
    ("rows", "numbers"),
    [
        pytest.param([TOO_LONG, sale(2), sale(3)], {1: "unreadable", 2: "2", 3: "3"}, id="first"),
        pytest.param([sale(1), sale(2), TOO_SHORT], {1: "1", 2: "2", 3: "unreadable"}, id="last"),
        pytest.param([TOO_LONG, TOO_SHORT], {1: "unreadable", 2: "unreadable"}, id="all"),
        pytest.param(
            [sale(1), TOO_SHORT, TOO_LONG, STRAY_QUOTE, sale(5), TOO_LONG, sale(7)],
            {1: "1", 2: "unreadable", 3: "unreadable", 4: "unreadable", 5: "5", 6: "unreadable", 7: "7"},
            id="several",
        ),
        pytest.param(
            [MULTILINE, MULTILINE_TOO_LONG, sale(3), TOO_SHORT, sale(5)],
            {1: "1", 2: "unreadable", 3: "3", 4: "unreadable", 5: "5"},
            id="lines within cells",
        ),
        pytest.param(["\n", sale(1), "\n", TOO_LONG, "\n\n", sale(3)], {1: "1", 2: "unreadable", 3: "3"}, id="blank lines"),
    ],
)  # fmt: skip
def test_rows_keep_their_numbers_around_unreadable_ones(
    tmp_path: Path, places: Places, rows: list[Any], numbers: dict[int, str]
) -> None:
    expected = {("a.csv", number): row for number, row in numbers.items()}
    for end_of_line, run in (("\n", tmp_path / "LF"), ("\r\n", tmp_path / "CRLF")):
        put(tmp_path / "a.csv", export(*rows).replace("\n", end_of_line))
        mmpsync.reconcile(tmp_path / "a.csv", as_of=AS_OF, out=run)
        assert places(run) == expected, run.name


def test_rows_keep_their_numbers_in_every_file(reconcile: Reconcile, places: Places, tmp_path: Path) -> None:
    """Files of one header are read together, others apart; gzip and UTF-16 make no difference."""
    put(tmp_path / "in/a.csv", export(TOO_LONG, sale(2)))
    put(tmp_path / "in/b.csv", export(sale(3), TOO_LONG, sale(4)))
    put(tmp_path / "in/c.csv.gz", gzip.compress(export(sale(5), TOO_SHORT, sale(6)).encode()))
    put(tmp_path / "in/d.csv", export([*sale(7), "x"], sale(90), [*sale(8), "x"], header=[*HEADER, "IDFA"]))
    put(tmp_path / "in/e.csv", export(sale(9), TOO_LONG, sale(10)).encode("utf-16"))
    assert places(reconcile("in").directory) == {
        ("a.csv", 1): "unreadable", ("a.csv", 2): "2",
        ("b.csv", 1): "3", ("b.csv", 2): "unreadable", ("b.csv", 3): "4",
        ("c.csv.gz", 1): "5", ("c.csv.gz", 2): "unreadable", ("c.csv.gz", 3): "6",
        ("d.csv", 1): "7", ("d.csv", 2): "unreadable", ("d.csv", 3): "8",
        ("e.csv", 1): "9", ("e.csv", 2): "unreadable", ("e.csv", 3): "10",
    }  # fmt: skip


def test_a_carriage_return_in_a_cell_costs_its_row_at_most(
    reconcile: Reconcile, tmp_path: Path, places: Places
) -> None:
    """Unquoted, as careless exporters write what people typed; the night's other rows have nothing to do with it."""
    put(tmp_path / "a.csv", export(sale(1), sale(2, "spr\ring"), sale(3)))
    done = reconcile("a.csv")
    assert done.code != UNUSABLE, done.err
    found = places(done.directory)
    assert {found["a.csv", 1], found["a.csv", 3]} == {"1", "3"}
    assert found["a.csv", 2] in ("2", "unreadable")


def test_a_rows_number_stays_a_whole_number(
    reconcile: Reconcile, tmp_path: Path, read_table: ReadTable
) -> None:
    from pyarrow import parquet

    put(tmp_path / "a.csv", export(sale(1), TOO_LONG, ["", *sale(3)[1:6], "EURO", *sale(3)[7:]]))
    done = reconcile("a.csv")
    for name in ("clean.parquet", "exceptions.parquet", "excluded.parquet"):
        assert str(parquet.read_schema(done.directory / name).field("source_row").type) == "int64"
    assert [row["source_row"] for row in read_table(done.directory / "exceptions.csv")] == ["3"]


def test_a_record_that_is_no_json_is_unreadable(
    reconcile: Reconcile, tmp_path: Path, read_table: ReadTable
) -> None:
    record = '{"event_name": "install", "media_source": "organic", "event_time": "2026-03-02", "appsflyer_id": "1"}\n'
    put(tmp_path / "pushed.jsonl", record + record[:40] + "\n" + record.replace('"1"', '"2"'))
    done = reconcile("pushed.jsonl")
    assert [(v.verdict, v.rows) for v in done.run.summary.verdicts if v.rows] == [
        ("excluded", 2),
        ("unreadable", 1),
    ]
    assert [(row["line"], row["text"].strip()) for row in read_table(done.directory / "unreadable.csv")] == [
        ("2", record[:40])
    ]


@pytest.mark.parametrize("zipped", [False, True])
def test_files_cut_off_lose_no_row_however_many_they_are(
    tmp_path: Path,
    places: Places,
    zipped: bool,  # noqa: FBT001
) -> None:
    """As after a night's transfer that broke off: every cut falls into the quotes of the last row."""
    for number in range(12):
        content = (export(sale(1), sale(2)) + line(sale(3))[: 75 + number]).encode()
        put(tmp_path / "in" / f"{number}.csv", gzip.compress(content) if zipped else content)
    run = mmpsync.reconcile(tmp_path / "in", as_of=AS_OF, out=tmp_path / "run")
    rows = {1: "1", 2: "2", 3: "unreadable"}
    assert places(tmp_path / "run") == {
        (f"{n}.csv", row): what for n in range(12) for row, what in rows.items()
    }
    assert run.summary.count("unreadable") == 12


# The same rows, written otherwise


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xef\xbb\xbf" + GOOD.encode(), id="UTF-8 with BOM"),
        pytest.param(GOOD.encode("utf-16"), id="UTF-16"),
        pytest.param(GOOD.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(GOOD.rstrip("\n"), id="no end of the last line"),
        pytest.param(GOOD.replace("\n", "\n\n"), id="blank lines"),
        pytest.param(export(*(sale(n) for n in range(1, 6)), delimiter=";"), id="semicolons"),
        pytest.param(export(*(sale(n) for n in range(1, 6)), delimiter="\t"), id="tabs"),
        pytest.param(export(*(sale(n) for n in range(1, 6)), delimiter="|"), id="bars"),
        pytest.param(export(*(sale(n) for n in range(1, 6)), header=[h.upper() for h in HEADER]), id="capitals"),
        pytest.param(
            export(*(sale(n) for n in range(1, 6)), header=[h.lower().replace(" ", "_") for h in HEADER]),
            id="snake case",
        ),
        pytest.param(
            export(*(sale(n) for n in range(1, 6)), header=[f'"{h}"' for h in HEADER]).replace('"""', '"'),
            id="quoted header",
        ),
        pytest.param(
            export(*([*sale(n), "later"] for n in range(1, 6)), header=[*HEADER, "Campaign"]), id="a name twice"
        ),
        pytest.param(
            export(*([f" {cell} " for cell in sale(n)] for n in range(1, 6)), header=[f" {h} " for h in HEADER]),
            id="padded cells",
        ),
        pytest.param(GOOD.replace("\n", ",\n"), id="a comma after every row"),
        pytest.param(gzip.compress(GOOD[:300].encode()) + gzip.compress(GOOD[300:].encode()), id="two gzip members"),
    ],
)  # fmt: skip
def test_the_way_a_file_is_written_does_not_matter(
    tmp_path: Path, places: Places, content: bytes | str
) -> None:
    put(tmp_path / "a.csv", content)
    run = mmpsync.reconcile(tmp_path / "a.csv", as_of=AS_OF, out=tmp_path / "run")
    assert (run.summary.rows, run.summary.count("clean")) == (5, 5)
    assert places(tmp_path / "run") == {("a.csv", n): f"{n}" for n in range(1, 6)}
    assert {row["campaign"] for row in run.clean(arrow=True).to_pylist()} == {"spring"}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xfe\xff" + GOOD.encode("utf-16-be"), id="UTF-16 big-endian"),
        pytest.param(GOOD.encode("utf-16-le"), id="UTF-16 without BOM"),
        pytest.param(GOOD.replace("\n", "\r"), id="CR"),
        pytest.param(GOOD.replace("\n", "\r\n", 3), id="CRLF, then LF"),
        pytest.param(GOOD[:600] + GOOD[600:].replace("\n", "\r\n"), id="LF, then CRLF"),
        pytest.param(GOOD.replace("\n", "\r\r\n"), id="CR CRLF"),
        pytest.param("\n\r\n" + GOOD, id="blank lines before the header"),
        pytest.param(gzip.compress(GOOD.encode("utf-16-be")), id="UTF-16 in gzip"),
    ],
)
def test_rare_ways_of_writing_are_read_too(
    reconcile: Reconcile, tmp_path: Path, places: Places, content: bytes | str
) -> None:
    put(tmp_path / "a.csv", content)
    done = reconcile("a.csv")
    assert done.code == 0, done.err
    assert places(done.directory) == {("a.csv", n): f"{n}" for n in range(1, 6)}
    assert done.run.summary.count("clean") == 5


@pytest.mark.parametrize(
    "name",
    ["it's 100%25 “ü 春”.csv", 'a "b";c,d.csv', "a[1].csv", "{x}*?.csv", "-v.csv"],
)
def test_a_path_is_taken_as_it_is(reconcile: Reconcile, places: Places, tmp_path: Path, name: str) -> None:
    """As the name of a file and of its folder; what it would match as a pattern is another file."""
    put(tmp_path / name / name, export(sale(1)))
    for number, neighbour in enumerate(("a1.csv", "x.csv", "{x}abc.csv"), 2):
        put(tmp_path / name / neighbour, export(sale(number)))
    done = reconcile("--", f"{name}/{name}")
    assert done.code == 0
    assert places(done.directory) == {(name, 1): "1"}
    assert [file.path for file in done.run.files] == [f"{name}/{name}"]
    assert len(reconcile("--", name).run.files) == 4


def test_a_pattern_finds_its_files_and_leaves_out_none_silently(reconcile: Reconcile, tmp_path: Path) -> None:
    put(tmp_path / "in/a/1.csv", export(sale(1)))
    put(tmp_path / "in/b/c/2.csv", export(sale(2)))
    put(tmp_path / "in/b/c/photo.csv", PNG)
    run = reconcile("in/**/*.csv").run
    assert [file.path for file in run.files] == ["in/a/1.csv", "in/b/c/2.csv"]
    assert [left.path for left in run.left_out] == ["in/b/c/photo.csv"]


def test_a_file_counts_once_however_often_it_is_given(reconcile: Reconcile, tmp_path: Path) -> None:
    path = put(tmp_path / "in/a.csv", GOOD)
    assert reconcile("in", "in/a.csv", "./in/a.csv", "in/*.csv", path).run.summary.rows == 5


def test_a_folder_that_links_back_into_itself_is_read_once(reconcile: Reconcile, tmp_path: Path) -> None:
    put(tmp_path / "in/a/a.csv", GOOD)
    (tmp_path / "in/a/up").symlink_to(tmp_path / "in", target_is_directory=True)
    assert reconcile("in").run.summary.rows == 5


# Any damage at all

DAMAGES = settings(max_examples=8, phases=[Phase.explicit, Phase.generate])


@DAMAGES
@given(end=st.integers(len(export()), len(GOOD)))
def test_whatever_is_cut_off_the_rows_before_are_judged(
    tmp_path_factory: pytest.TempPathFactory, places: Places, end: int
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    run = mmpsync.reconcile(put(folder / "a.csv", GOOD[:end]), as_of=AS_OF, out=folder / "run")
    whole = GOOD[:end].count("\n") - 1
    found = places(folder / "run")
    assert {("a.csv", n): f"{n}" for n in range(1, whole + 1)}.items() <= found.items()
    assert run.summary.rows == len(found) == whole + (not GOOD[:end].endswith("\n"))


@DAMAGES
@given(
    spots=st.lists(
        st.tuples(st.integers(0, len(GOOD)), st.binary(min_size=1, max_size=3)), min_size=1, max_size=4
    )
)
def test_whatever_is_overwritten_a_run_adds_up_or_says_why_not(
    tmp_path_factory: pytest.TempPathFactory,
    places: Places,
    spots: list[tuple[int, bytes]],
) -> None:
    content = bytearray(GOOD.encode())
    for at, damage in spots:
        content[at : at + len(damage)] = damage
    folder = tmp_path_factory.mktemp("overwritten")
    path = put(folder / "a.csv", bytes(content))
    try:
        run = mmpsync.reconcile(path, as_of=AS_OF, out=folder / "run")
    except mmpsync.UsageError as error:
        run, complaint = None, str(error)
    if run is None:
        assert str(path) in complaint
    else:
        assert (
            sum(verdict.rows for verdict in run.summary.verdicts)
            == run.summary.rows
            == len(places(folder / "run"))
        )
