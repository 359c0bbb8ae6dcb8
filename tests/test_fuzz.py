"""Exports that something happened to: whatever it was, the job ends as documented and no row is lost or made up.

In the suite a few hundred damaged files are read; MMPSYNC_FUZZ_MINUTES=10 goes on for as long, with other damage
every time.
"""

import contextlib
import csv
import gzip
import io
import itertools
import json
import os
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import Phase, given, seed, settings
from hypothesis import strategies as st
from pyarrow import parquet

from mmpsync.__main__ import run as run_command
from mmpsync.run import Run

SAMPLES = Path(__file__).parent.parent / "sample_exports"
MINUTES = float(os.environ.get("MMPSYNC_FUZZ_MINUTES", "0"))
AS_OF = "2026-03-20T00:00:00Z"
FAILED_GATE, UNUSABLE, NOTHING_TO_CHECK = 1, 2, 5
ROWS = 4
FOLDERS = ("appsflyer", "appsflyer_data_locker", "adjust", "branch", "kochava", "segment", "impact")
# What a spreadsheet would run; a negative number is none.
FORMULA = re.compile(r"[=+@\t\r]|-(?!\d+(\.\d+)?$)")


# Small sound exports


def sound(path: Path) -> bytes:
    """The first rows of an export, unpacked."""
    if ".parquet" in path.suffixes:
        file = io.BytesIO()
        parquet.write_table(parquet.read_table(path).slice(0, ROWS), file)
        return file.getvalue()
    content = path.read_bytes()
    content = gzip.decompress(content) if path.suffix == ".gz" else content
    if path.suffix == ".json":
        with contextlib.suppress(ValueError):  # it may as well hold a record a line
            return json.dumps(first_records(json.loads(content))).encode()
    return b"".join(content.splitlines(keepends=True)[: ROWS + 1])


def first_records(value: object) -> object:
    if isinstance(value, list):
        return value[:ROWS]
    assert isinstance(value, dict)
    return {key: first_records(each) if isinstance(each, list) else each for key, each in value.items()}


def in_other_formats(content: bytes) -> list[bytes]:
    """A CSV's rows as JSON lines, as a JSON array and as Parquet."""
    header, *rows = csv.reader(io.StringIO(content.decode(), newline=""))
    names = [name.strip("{}[]") for name in header]
    records = [dict(zip(names, row, strict=True)) for row in rows if len(row) == len(names)]
    file = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(records), file)
    return [
        "".join(json.dumps(r) + "\n" for r in records).encode(),
        json.dumps(records, indent=1).encode(),
        file.getvalue(),
    ]


def sound_exports() -> list[bytes]:
    """One export of every kind of file that every source has, and CSVs in other formats too."""
    found: dict[tuple[str, ...], bytes] = {}
    for folder in FOLDERS:
        for path in sorted(file for file in (SAMPLES / folder).rglob("*") if file.is_file()):
            kind = (folder, *path.suffixes[-2:])
            if kind not in found and path.stat().st_size and not path.name.startswith("_"):
                found[kind] = sound(path)
    texts = [content for (_, *suffixes), content in found.items() if ".csv" in suffixes]
    return [*found.values(), *itertools.chain.from_iterable(map(in_other_formats, texts))]


# What may happen to a file

Damage = Callable[[bytes], bytes]
BYTES = [
    b'"', b'""', b"'", b"\r", b"\n", b"\r\n", b"\n\n", b"\0", b"\xff", b"\xef\xbb\xbf", b",", b";", b"\t", b"|",
    b"{", b"}", b"[", b"]", b"\\", b":", b"\x1a", b"\x1e", b"\x1f", b"\x7f", b"\xed\xa0\x80", b"\xc3", b"\xe4",
    "\u2028".encode(), "\U0001f6d2".encode(), b"=1+1", b"-2+3", b"@SUM(A1)", b"../../etc/passwd", b"%00", b"%", b"1e400",
    b"NaN", b"-Infinity", b"9" * 40, b"0000-00-00 00:00:00", b"9999999999999", b"-1", b"null", b"\\N", b'"\x1e"\x1e',
]  # fmt: skip
PLACE = st.integers(0, 10_000)
SOME = st.one_of(st.sampled_from(BYTES), st.binary(min_size=1, max_size=4))


def named(name: str, damage: Damage) -> Damage:
    damage.__qualname__ = name
    return damage


def overwritten(place: int, what: bytes) -> Damage:
    def damage(content: bytes) -> bytes:
        at = place * len(content) // 10_000
        return content[:at] + what + content[at + len(what) :]

    return named(f"overwritten({place}, {what!r})", damage)


def inserted(place: int, what: bytes) -> Damage:
    def damage(content: bytes) -> bytes:
        at = place * len(content) // 10_000
        return content[:at] + what + content[at:]

    return named(f"inserted({place}, {what!r})", damage)


def without(place: int, size: int) -> Damage:
    def damage(content: bytes) -> bytes:
        at = place * len(content) // 10_000
        return content[:at] + content[at + size :]

    return named(f"without({place}, {size})", damage)


def again(place: int, size: int) -> Damage:
    def damage(content: bytes) -> bytes:
        at = place * len(content) // 10_000
        return content[: at + size] + content[at:]

    return named(f"again({place}, {size})", damage)


def cut(place: int) -> Damage:
    return named(f"cut({place})", lambda content: content[: place * len(content) // 10_000])


def replaced(old: bytes, new: bytes, times: int) -> Damage:
    return named(f"replaced({old!r}, {new!r}, {times})", lambda content: content.replace(old, new, times))


def encoded(encoding: str) -> Damage:
    return named(
        f"encoded({encoding!r})",
        lambda content: content.decode(errors="replace").encode(encoding, errors="replace"),
    )


def a_name_twice(content: bytes) -> bytes:
    header, end, rest = content.partition(b"\n")
    first, comma, others = header.partition(b",")
    return first + comma + first + comma + others.partition(b",")[2] + end + rest


def twice(content: bytes) -> bytes:
    return content + content


def zipped(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


REPLACED = [
    (b"\n", b"\r\n"), (b"\n", b"\r"), (b"\n", b"\n\n"), (b"\n", b""), (b"\n", b"\r\r\n"), (b'"', b"'"), (b'"', b'""'), (b'""', b'"'), (b'"', b""), (b",", b";"),
    (b",", b"\t"), (b",", b',"'), (b",", b'",'), (b":", b"="), (b"}", b""), (b" ", b"\0"), (b"2026", b"1026"), (b"2026", b"999999"), (b"-", b"/"),
]  # fmt: skip
DAMAGE: st.SearchStrategy[Damage] = st.one_of(
    st.builds(overwritten, PLACE, SOME),
    st.builds(inserted, PLACE, SOME),
    st.builds(without, PLACE, st.integers(1, 60)),
    st.builds(again, PLACE, st.integers(1, 400)),
    st.builds(cut, PLACE),
    st.sampled_from(REPLACED).flatmap(
        lambda pair: st.builds(replaced, st.just(pair[0]), st.just(pair[1]), st.sampled_from([-1, 1, 2, 3]))
    ),
    st.builds(
        encoded, st.sampled_from(["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "latin-1", "utf-32"])
    ),
    st.sampled_from([a_name_twice, twice, zipped]),
)


@dataclass(frozen=True)
class Damaged:
    """One of the sound exports, and what happens to it."""

    export: int
    damages: tuple[Damage, ...]

    def content(self, exports: Sequence[bytes]) -> bytes:
        content = exports[self.export % len(exports)]
        for damage in self.damages:
            content = damage(content)
        return content

    def __repr__(self) -> str:
        return f"{self.export}: {', '.join(damage.__qualname__ for damage in self.damages)}"


FILES = st.lists(
    st.builds(Damaged, st.integers(0, 1000), st.lists(DAMAGE, min_size=1, max_size=3).map(tuple)),
    min_size=8,
    max_size=8,
)


# What comes of it


def reconciled(folder: Path, out: Path) -> tuple[int, str]:
    """Exit code and messages of the command line for everything in the folder."""
    said = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
        code = run_command(["reconcile", "--as-of", AS_OF, "--out", str(out), str(folder)])
    return code, said.getvalue()


def check_all(folder: Path, contents: Sequence[bytes]) -> None:
    """Read the files together; those that cannot be used must be named, and are read no more."""
    exports = folder / "in"
    exports.mkdir()
    for number, content in enumerate(contents):
        (exports / f"file_{number}.x").write_bytes(content)
    while True:
        code, said = reconciled(exports, folder / "run")
        assert "Traceback" not in said
        assert code in (0, FAILED_GATE, UNUSABLE, NOTHING_TO_CHECK), said
        if code != UNUSABLE:
            break
        assert said.startswith("error: "), said
        assert [path.name for path in folder.iterdir()] == ["in"], "something is left of a run that failed"
        named_files = [path for path in exports.iterdir() if f"{path}:" in said]
        assert named_files, f"no file is named: {said}"
        for path in named_files:
            path.unlink()
    check_run(folder / "run", code)


def check_run(directory: Path, code: int) -> None:
    """Every row has one verdict, and stands in one file of the run."""
    run = Run.load(directory)
    rows = run.summary.rows
    assert (code == NOTHING_TO_CHECK) == (rows == 0)
    assert sum(verdict.rows for verdict in run.summary.verdicts) == rows
    assert sum(sum(file.verdicts.values()) for file in run.files) == rows
    for file in run.files:
        if file.holds == "conversions":
            assert sum(file.verdicts.values()) == file.rows + file.unreadable
        records = records_of(Path(file.path).read_bytes())
        if file.format.startswith("csv") and records is not None:
            assert file.rows + file.unreadable == records
    tables = {
        name: parquet.read_table(directory / f"{name}.parquet")
        for name in ("clean", "exceptions", "excluded")
    }
    with (directory / "unreadable.csv").open(encoding="utf-8", newline="") as file:
        unreadable = list(csv.DictReader(file))
    of_conversions = {file.path for file in run.files if file.holds == "conversions"}
    broken = [record for record in unreadable if record["file"] in of_conversions]
    assert sum(table.num_rows for table in tables.values()) + len(broken) == rows
    places = [
        (row["source_file"], row["source_row"])
        for table in tables.values()
        for row in table.select(["source_file", "source_row"]).to_pylist()
    ] + [(record["file"], int(record["line"]) - 1) for record in broken if is_csv(run, record["file"])]
    assert len(set(places)) == len(places), "two rows with one number"
    with (directory / "exceptions.csv").open(encoding="utf-8", newline="") as file:
        cells = list(csv.reader(file))
    assert len(cells) == tables["exceptions"].num_rows + 1
    assert not [cell for row in cells for cell in row if FORMULA.match(cell)]


def records_of(content: bytes) -> int | None:
    """How many data rows a CSV has, where its lines tell: no cell is quoted, and lines end in one way."""
    if content.startswith(b"\x1f\x8b"):
        content = gzip.decompress(content)
    if any(character in content for character in (b'"', b"\r", b"\0")):
        return None
    return sum(bool(line) for line in content.removeprefix(b"\xef\xbb\xbf").split(b"\n")) - 1


def is_csv(run: Run, path: str) -> bool:
    return any(file.path == path and file.format.startswith("csv") for file in run.files)


@pytest.fixture(scope="module")
def exports() -> list[bytes]:
    return sound_exports()


def test_whatever_happens_to_exports_the_job_ends_as_documented_and_adds_up(
    exports: list[bytes], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MMPSYNC_FUZZ_MINUTES", raising=False)
    assert len(exports) > len(FOLDERS)

    def check(number: int | None, **options: Any) -> None:
        @settings(phases=[Phase.explicit, Phase.generate], **options)
        @given(files=FILES)
        def check(files: list[Damaged]) -> None:
            check_all(tmp_path_factory.mktemp("damaged"), [file.content(exports) for file in files])

        (check if number is None else seed(number)(check))()

    if not MINUTES:
        check(None, max_examples=8)
    end = time.monotonic() + 60 * MINUTES
    for number in itertools.count(time.time_ns()):
        if time.monotonic() > end:
            break
        check(number, max_examples=20, derandomize=False, database=None)
