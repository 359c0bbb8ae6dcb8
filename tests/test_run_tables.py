"""Which rows stand in which table of a run directory, and what a cell may hold."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import mmpsync
from mmpsync.ingest.canonical import CONVERSION
from mmpsync.run import RUN_FILE, Run

# What a cell of an export may begin with for a spreadsheet to take it for a formula.
FORMULAS = ("=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1")
HEADER = (
    "Media Source", "Event Time", "Event Name", "AppsFlyer ID", "Original URL", "Event Value", "Event Revenue",
    "Event Revenue Currency", "Customer User ID", "Campaign", "App Version",
)  # fmt: skip


def purchase(order: str, *, click_id: str = "", source: str = "impactradius_int", **cells: str) -> list[str]:
    row = {
        "Media Source": source,
        "Event Time": "2026-03-10 12:00:00",
        "Event Name": "af_purchase",
        "AppsFlyer ID": f"user-{order}",
        "Original URL": f"https://x.test/?pid=impactradius_int&clickid={click_id}" if click_id else "",
        "Event Value": f'{{"af_order_id": "{order}"}}',
        "Event Revenue": "10",
        "Event Revenue Currency": "EUR",
        **cells,
    }
    return [row.get(name, "") for name in HEADER]


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory, write_export: Callable[..., Path]) -> list[Path]:
    """10 rows: 2 clean, 6 without a ClickId and with formulas in them, 1 organic, 1 with a cell too few."""
    folder = tmp_path_factory.mktemp("exports")
    rows = [
        purchase("1", click_id="c1", Campaign="=clean"),
        *(purchase(f"f{n}", Campaign=f'"{text}"' if text[0] in "\t\r" else text) for n, text in enumerate(FORMULAS)),
        purchase("2", click_id="c2"),
        purchase("3", source="organic", Campaign="=excluded"),
    ]  # fmt: skip
    conversions = write_export(folder / "events.csv", HEADER, [*rows, b"=HYPERLINK(1),too,few\n"])
    clicks = write_export(
        folder / "clicks.csv",
        ("Id", "EventDate", "MediaId", "MediaName", "UniqueClick"),
        [(click_id, "2026-03-10T11:00:00Z", "1", "=Partner", "1") for click_id in ("c1", "c2")],
    )
    return [conversions, clicks]


@pytest.fixture(scope="module")
def run(exports: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("runs") / "run"
    return mmpsync.reconcile(exports, out=out, as_of="2026-03-11")


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def test_only_their_owner_reads_the_files(exports: list[Path], tmp_path: Path) -> None:
    with umask(0):
        mmpsync.reconcile(exports, out=tmp_path / "run")
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o700
    assert {file.name: file.stat().st_mode & 0o777 for file in (tmp_path / "run").iterdir()} == dict.fromkeys(
        ["clean.parquet", "exceptions.csv", "exceptions.parquet", "excluded.parquet", RUN_FILE, "unreadable.csv"],
        0o600,
    )  # fmt: skip


def test_every_row_stands_in_one_table(run: Run, read_table: Callable[[Path], list[dict[str, Any]]]) -> None:
    assert run.directory is not None
    tables = {
        name: read_table(run.directory / name)
        for name in ("clean.parquet", "exceptions.parquet", "excluded.parquet", "unreadable.csv")
    }
    assert {name: len(rows) for name, rows in tables.items()} == {
        "clean.parquet": 2,
        "exceptions.parquet": 6,
        "excluded.parquet": 1,
        "unreadable.csv": 1,
    }
    verdicts = {name: {row.get("verdict") for row in rows} for name, rows in tables.items()}
    assert verdicts["clean.parquet"] == {"clean"}
    assert verdicts["excluded.parquet"] == {"excluded"}
    assert not verdicts["exceptions.parquet"] & {"clean", "excluded"}


@pytest.mark.parametrize(
    "name", ["clean.parquet", "exceptions.parquet", "excluded.parquet", "exceptions.csv"]
)
def test_a_table_has_the_canonical_columns_and_what_became_of_the_row(
    run: Run, read_table: Callable[[Path], list[dict[str, Any]]], name: str
) -> None:
    assert run.directory is not None
    judged = {"event", "partner", "verdict", "reason", "reasons", "matched_click_time", "suggestion"}
    assert set(read_table(run.directory / name)[0]) == {*CONVERSION, *judged}


def test_rows_stand_in_order_of_file_and_row(
    run: Run, read_table: Callable[[Path], list[dict[str, Any]]]
) -> None:
    assert run.directory is not None
    for name in ("clean.parquet", "exceptions.parquet"):
        places = [(row["source_file"], row["source_row"]) for row in read_table(run.directory / name)]
        assert places == sorted(places)


def test_no_cell_of_a_csv_is_a_formula_and_parquet_has_what_was_found(
    run: Run, read_table: Callable[[Path], list[dict[str, Any]]]
) -> None:
    assert run.directory is not None
    csv = {row["order_id"]: row for row in read_table(run.directory / "exceptions.csv")}
    assert len(csv) == len(FORMULAS)
    cells = [cell for row in csv.values() for name, cell in row.items() if name != "amount"]
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
    assert csv["f0"]["campaign"] == "'=1+1"
    found = {row["order_id"]: row["campaign"] for row in read_table(run.directory / "exceptions.parquet")}
    assert [found[f"f{n}"] for n in range(4)] == ["=1+1", "+1", "-1", "@SUM(1)"]


def test_an_unreadable_record_is_kept_with_its_place_and_its_text_as_text(
    run: Run, exports: list[Path], read_table: Callable[[Path], list[dict[str, Any]]]
) -> None:
    assert run.directory is not None
    (record,) = read_table(run.directory / "unreadable.csv")
    assert list(record) == ["file", "line", "error", "text"]
    # The header is line 1, before nine rows that can be read.
    assert (record["file"], record["line"]) == (str(exports[0]), "11")
    assert record["text"].startswith("'=HYPERLINK(1),too,few")
    assert record["error"]


def test_source_columns_stand_beside_the_canonical_ones_when_asked_for(
    exports: list[Path], tmp_path: Path, read_table: Callable[[Path], list[dict[str, Any]]]
) -> None:
    mmpsync.reconcile(exports, out=tmp_path / "run", with_source_columns=True)
    rows = read_table(tmp_path / "run" / "clean.parquet") + read_table(tmp_path / "run" / "exceptions.csv")
    assert all('"Media Source":"impactradius_int"' in row["source_columns"] for row in rows)
