"""Every broken file of tests/corpus comes to what expected.toml says, and no row of it is lost or made up."""

import csv
import re
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmpsync.__main__ import run as run_command
from mmpsync.run import Run

CORPUS = Path(__file__).parent / "corpus"
EXPECTED: dict[str, dict[str, Any]] = tomllib.loads((CORPUS / "expected.toml").read_text("utf-8"))
FILES = sorted(path.name for path in CORPUS.iterdir() if path.name not in ("expected.toml", ".gitattributes"))
AS_OF = "2026-03-20T00:00:00Z"
UNUSABLE = 2
# What a spreadsheet would run; a negative number is none.
FORMULA = re.compile(r"[=+@\t\r]|-(?!\d+(\.\d+)?$)")
ReadTable = Callable[[Path], list[dict[str, Any]]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, empty."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def reconcile(*paths: str) -> int:
    return run_command(["reconcile", "--as-of", AS_OF, "--out", "run", *paths])


def test_the_table_and_the_folder_hold_the_same_files_all_of_them_small() -> None:
    assert sorted(EXPECTED) == FILES
    assert max((CORPUS / name).stat().st_size for name in FILES) < 20_000


@pytest.mark.parametrize("name", FILES)
def test_a_broken_file_comes_to_what_the_table_says(
    folder: Path, capsys: pytest.CaptureFixture[str], read_table: ReadTable, name: str
) -> None:
    expected = EXPECTED[name]
    shutil.copy(CORPUS / name, folder / name)
    code = reconcile(name)
    said = capsys.readouterr()
    assert code == expected["code"], said.err
    assert "Traceback" not in said.err
    if code == UNUSABLE:
        assert said.out == ""
        assert said.err.startswith(f"error: {name}: ")
        assert expected["says"] in said.err
        assert [path.name for path in folder.iterdir()] == [name]
        return
    assert sorted(path.name for path in folder.iterdir()) == sorted(["run", name])
    run = Run.load(folder / "run")
    reasons = {reason.code: reason.rows for reason in run.reason_summaries if reason.rows}
    unreadable = expected.get("unreadable", 0)
    assert reasons.pop("unreadable-row", 0) == unreadable
    usual = reasons.pop("not-joined", 0)
    assert reasons == expected.get("reasons", {})
    assert usual + sum(reasons.values()) + unreadable == run.summary.rows == expected["rows"]
    check_rows(folder / "run", run, read_table)


def check_rows(directory: Path, run: Run, read_table: ReadTable) -> None:
    """Every row stands in one file, with the file it came from and a number of its own; no cell is a formula."""
    broken = read_table(directory / "unreadable.csv")
    rows = [
        row
        for name in ("clean", "exceptions", "excluded")
        for row in read_table(directory / f"{name}.parquet")
    ]
    places = [(row["source_file"], row["source_row"]) for row in rows]
    assert len(rows) + len(broken) == run.summary.rows == sum(v.rows for v in run.summary.verdicts)
    assert len(set(places)) == len(places)
    counted = {file.path: sum(file.verdicts.values()) for file in run.files}
    assert all(1 <= number <= counted[path] for path, number in places)
    for name in ("exceptions.csv", "unreadable.csv"):
        with (directory / name).open(encoding="utf-8", newline="") as file:
            assert not [cell for row in csv.reader(file) for cell in row if FORMULA.match(cell)]


def test_the_broken_files_of_a_folder_come_to_the_same_together(folder: Path, read_table: ReadTable) -> None:
    """Those that cannot be used at all are out of it; identical rows of different files are duplicates."""
    usable = [name for name in FILES if EXPECTED[name]["code"] != UNUSABLE]
    (folder / "in").mkdir()
    for name in usable:
        shutil.copy(CORPUS / name, folder / "in" / name)
    assert reconcile("in") == 1
    run = Run.load(folder / "run")
    found = {Path(file.path).name: (file.rows + file.unreadable, file.unreadable) for file in run.files}
    # An empty file is none of those that are read.
    empty = {"empty.csv", "gzip-of-nothing.csv.gz", "json-empty-array.json", "json-empty-actions.json"}
    assert {Path(file.path).name for file in run.left_out} == empty
    expected = {
        name: (EXPECTED[name]["rows"], EXPECTED[name].get("unreadable", 0))
        for name in usable
        if name not in empty
    }
    assert found == expected
    assert run.summary.rows == sum(rows for rows, _ in expected.values())
    check_rows(folder / "run", run, read_table)
