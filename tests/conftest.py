"""What several test files share: exports in any format, the real command, reproducible properties."""

import csv
import gzip
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

pytest_plugins = ["fake_impact.fixtures", "fake_impact.push_fixtures"]

# Two worker processes beside the driver's, as on a cluster. Their JVMs live for short queries, many of them.
SPARK_MASTER = "local-cluster[2,1,1024]"
SPARK_JVM = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
SPARK_SETTINGS = {
    "spark.driver.extraJavaOptions": SPARK_JVM,
    "spark.executor.extraJavaOptions": SPARK_JVM,
    "spark.sql.codegen.wholeStage": "false",
    # As a careless administrator may have it.
    "spark.sql.files.ignoreCorruptFiles": "true",
    "spark.sql.files.ignoreMissingFiles": "true",
    "spark.sql.shuffle.partitions": "2",
}

# The same examples on every run and every machine; a run that takes seconds is no fault of the example.
settings.register_profile("reproducible", derandomize=True, deadline=None, print_blob=False)
settings.load_profile("reproducible")

# A data row is its cells, or the very line as it shall stand in the file.
Record = Sequence[str] | bytes
WriteExport = Callable[[Path, Sequence[str], Iterable[Record]], Path]
Command = Callable[..., subprocess.CompletedProcess[str]]
ReadTable = Callable[[Path], list[dict[str, Any]]]


def pytest_configure(config: pytest.Config) -> None:
    # Ibis calls what DuckDB has deprecated; nothing of it is ours to change.
    config.addinivalue_line("filterwarnings", "ignore:fetch_arrow_table:DeprecationWarning")


@pytest.fixture(scope="session")
def spark_master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """What to give as `engine.spark_master`: a cluster that all tests of a process share."""
    if shutil.which("java") is None:
        missing = "Spark needs Java: apt-get install default-jre-headless"
        if os.environ.get("CI") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    from mmpsync.engines.spark_session import open_session

    settings = [f"--conf {shlex.quote(f'{name}={value}')}" for name, value in SPARK_SETTINGS.items()]
    environment = {
        "PYSPARK_SUBMIT_ARGS": f"{' '.join(settings)} pyspark-shell",
        # Its workers write their logs below.
        "SPARK_WORKER_DIR": str(tmp_path_factory.mktemp("spark")),
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        session, _ = open_session(SPARK_MASTER)
    yield SPARK_MASTER
    session.stop()


@pytest.fixture(scope="session")
def write_export() -> WriteExport:
    """Write rows as a file in the format that its name ends with: csv, tsv, parquet or jsonl, also `.gz`."""

    def write(path: Path, header: Sequence[str], rows: Iterable[Record]) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        if ".parquet" in path.suffixes:
            write_parquet(path, header, rows)
            return path
        content = as_json_lines(header, rows) if ".jsonl" in path.suffixes else as_csv(header, rows, path)
        path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
        return path

    return write


def as_csv(header: Sequence[str], rows: Iterable[Record], path: Path) -> bytes:
    delimiter = "\t" if ".tsv" in path.suffixes else ","
    return b"".join(row if isinstance(row, bytes) else csv_line(row, delimiter) for row in [header, *rows])


def csv_line(cells: Sequence[str], delimiter: str = ",") -> bytes:
    # Not csv.writer: before Python 3.13 it leaves a carriage return unquoted, and the row in two.
    special = {delimiter, '"', "\r", "\n"}
    quoted = ('"' + cell.replace('"', '""') + '"' if special & set(cell) else cell for cell in cells)
    return (delimiter.join(quoted) + "\n").encode()


def as_json_lines(header: Sequence[str], rows: Iterable[Record]) -> bytes:
    """Write a record a line; what is empty is left out."""
    found = (dict(zip(header, row, strict=True)) for row in rows if not isinstance(row, bytes))
    lines = (json.dumps({key: value for key, value in record.items() if value}) for record in found)
    return "".join(f"{line}\n" for line in lines).encode()


def write_parquet(path: Path, header: Sequence[str], rows: Iterable[Record]) -> None:
    """Write text columns; what is empty is null."""
    import pyarrow as pa
    from pyarrow import parquet

    found = list(rows)
    columns = {
        name: pa.array([row[n] or None for row in found], pa.string()) for n, name in enumerate(header)
    }
    parquet.write_table(pa.table(columns), path)


@pytest.fixture(scope="session")
def read_table() -> ReadTable:
    """Read a table of a run directory, Parquet or CSV, as one dict per row."""

    def read(path: Path) -> list[dict[str, Any]]:
        if path.suffix == ".parquet":
            from pyarrow import parquet

            return list(parquet.read_table(path).to_pylist())
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    return read


@pytest.fixture(scope="session")
def command() -> Command:
    """Run the real command: `command("reconcile", …, cwd=folder)`; nothing of the caller's environment counts."""

    def run(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MMPSYNC_")}
        return subprocess.run(
            [sys.executable, "-m", "mmpsync", *map(str, arguments)],
            cwd=cwd,
            env=inherited | {"COLUMNS": "100", "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=120,
        )

    return run
