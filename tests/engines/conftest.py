"""Exports of all formats, and whole runs over them on either engine."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

import mmpsync
from mmpsync.config import Config

AS_OF = "2026-03-20T00:00:00Z"
SAMPLES = Path(__file__).parents[2] / "sample_exports"
COPIED = (
    "appsflyer/acme_installs.csv",
    "impact",
    "segment/segment-logs",
    "appsflyer_data_locker",
    "adjust/acme4shop7io_2026-03-02T090000_43d8050bfd08a743cab100aa5c84942b_0275cf0b.csv.gz",
)


@pytest.fixture(scope="session")
def rows_of() -> Callable[[Path, str], list[dict[str, Any]]]:
    """Read all rows of a run directory; see `reconciled`."""
    return read_rows


@pytest.fixture
def reconciled(spark_master: str) -> Callable[..., list[dict[str, Any]]]:
    """All rows of a run but for their files' folder, by file and row, and what could not be read."""

    def reconcile(folder: str, out: Path, engine: str = "spark") -> list[dict[str, Any]]:
        master = spark_master if engine == "spark" else None
        config = Config.model_validate({"engine": {"name": engine, "spark_master": master}})
        run = mmpsync.reconcile([folder], config=config, as_of=AS_OF, out=out)
        assert run.summary.rows == sum(verdict.rows for verdict in run.summary.verdicts)
        return read_rows(out, folder)

    return reconcile


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    """Exports of all formats, one below a folder whose name patterns and URIs write otherwise."""
    folder = tmp_path / "exports of [today] 100%"
    for number, name in enumerate(COPIED):
        copy = shutil.copytree if (SAMPLES / name).is_dir() else shutil.copy
        (folder / str(number)).mkdir(parents=True)
        copy(SAMPLES / name, folder / str(number) / Path(name).name)
    for marker in ("_SUCCESS", ".hidden.csv", "README.md"):
        (folder / marker).write_text("no export")
    return folder


def read_rows(run: Path, folder: str) -> list[dict[str, Any]]:
    """All rows of a run directory but for the folder of their files, and the lines of what could not be read."""
    rows = [
        row | {"source_file": row["source_file"].removeprefix(folder)}
        for name in ("clean", "exceptions", "excluded")
        for row in parquet.read_table(run / f"{name}.parquet").to_pylist()
    ]
    with (run / "unreadable.csv").open(encoding="utf-8", newline="") as file:
        records = list(csv.DictReader(file))
    # What is wrong with a record is said in the words of the reader that finds it: DuckDB's, or that of mended copies.
    broken = sorted((each["file"].removeprefix(folder), each["line"], each["text"]) for each in records)
    return [
        *sorted(rows, key=lambda row: (row["source_file"], row["source_row"])),
        *({"broken": record} for record in broken),
    ]
