"""Spark, on a cluster of processes, gives the same run as DuckDB: every table row for row, every number of run.json."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import test_contract as contract
import test_laws as laws
from hypothesis import HealthCheck, given, settings
from pyarrow import parquet
from test_corpus import CORPUS, EXPECTED, UNUSABLE
from test_laws import write

import mmpsync
from mmpsync.config import Config, load_config
from mmpsync.push.plan import plan
from mmpsync.report.xlsx_exceptions import Exceptions
from mmpsync.run import Run

AS_OF = "2026-03-20T00:00:00Z"
SAMPLES = Path(__file__).parents[1] / "sample_exports"
TABLES = ("clean.parquet", "exceptions.parquet", "excluded.parquet")
TEXTS = ("exceptions.csv", "unreadable.csv")
# What two runs never share, and where they are told which engine they have.
ITS_OWN = ("id", "started", "finished", "engine")

__all__ = ["write"]  # a fixture
Reconcile = Callable[..., Run]


@pytest.fixture
def on_spark(spark_master: str) -> Reconcile:
    def reconcile(*paths: Path | str, config: Config, **others: Any) -> Run:
        engine = config.engine.model_copy(update={"name": "spark", "spark_master": spark_master})
        return mmpsync.reconcile(paths, config=config.model_copy(update={"engine": engine}), **others)

    return reconcile


@pytest.fixture
def on_both(
    on_spark: Reconcile, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., tuple[Path, Path]]:
    """Do the same on both engines; the two run directories, DuckDB's first."""

    def reconcile(*paths: Path | str, config: Config, **others: Any) -> tuple[Path, Path]:
        folder = tmp_path_factory.mktemp("runs")
        mmpsync.reconcile(paths, config=config, out=folder / "duckdb", as_of=AS_OF, **others)
        on_spark(*paths, config=config, out=folder / "spark", as_of=AS_OF, **others)
        return folder / "duckdb", folder / "spark"

    return reconcile


def are_the_same(duckdb: Path, spark: Path, *, in_order: bool = True) -> None:
    assert sorted(path.name for path in duckdb.iterdir()) == sorted(path.name for path in spark.iterdir())
    for name in sorted(path.name for path in duckdb.glob("*.parquet")):
        one, other = (parquet.read_table(run / name) for run in (duckdb, spark))
        same_rows(*((one, other) if in_order else map(by_place, (one, other))))
    for name in TEXTS:
        first, second = (records(run / name) for run in (duckdb, spark))
        assert (first == second) if in_order else (sorted(first) == sorted(second)), name
    assert told(duckdb) == told(spark)


def by_place(table: pa.Table) -> pa.Table:
    return table.sort_by([("source_file", "ascending"), ("source_row", "ascending")])


def records(path: Path) -> list[bytes]:
    """The records of a CSV, as they are written."""
    text = path.read_bytes()
    ends = [at for at in range(len(text)) if text[at : at + 1] == b"\n" and text.count(b'"', 0, at) % 2 == 0]
    return [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def same_rows(one: pa.Table, other: pa.Table) -> None:
    assert [(field.name, field.type) for field in one.schema] == [
        (field.name, field.type) for field in other.schema
    ]
    assert one.num_rows == other.num_rows
    differing = [pair for pair in zip(one.to_pylist(), other.to_pylist(), strict=True) if pair[0] != pair[1]]
    assert differing[:3] == []


def told(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run / "run.json").read_text("utf-8"))
    found["config"] = {k: v for k, v in found["config"].items() if not k.startswith("engine.")}
    return {key: value for key, value in found.items() if key not in ITS_OWN}


def test_on_broken_files(on_both: Callable[..., tuple[Path, Path]], tmp_path: Path) -> None:
    for name in EXPECTED:
        if EXPECTED[name]["code"] != UNUSABLE:
            shutil.copy(CORPUS / name, tmp_path / name)
    # DuckDB reads files that it has to mend behind all others, Spark where they stand.
    are_the_same(*on_both(tmp_path, config=Config()), in_order=False)


@settings(max_examples=2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(recipe=laws.RECIPES)
def test_on_whatever_a_brand_may_have_lying_about(
    on_both: Callable[..., tuple[Path, Path]],
    write: Callable[[laws.Files], Path],
    recipe: laws.Recipe,
) -> None:
    export = laws.Export(recipe)
    files: Mapping[str, Sequence[Any]] = {
        "appsflyer_1.csv": export.appsflyer[::2],
        "appsflyer_2.parquet": [row for row in export.appsflyer[1::2] if not row.damage],
        "adjust_1.csv.gz": export.adjust,
        "clicks_1.csv": export.clicks,
    }
    folder = write(files)
    config = load_config(folder / "mmpsync.toml", environ={})
    are_the_same(*on_both(folder / "exports", config=config))


def test_spark_judges_every_delivery_of_every_mmp_alike(on_spark: Reconcile, tmp_path: Path) -> None:
    """The contract of all adapters, every delivery with orders of its own, in one run."""
    deliveries = {}
    for number, (name, (cells, written)) in enumerate(contract.DELIVERIES.items()):
        rows = [
            replace(row, name=f"{row.name} {number}", order_id=own_order(row.order_id, number))
            for row in contract.CONVERSIONS
        ]
        path = tmp_path / "exports" / f"export-{number}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(written([cells(row) for row in rows]))
        deliveries[str(path)] = name, rows
    contract.write_clicks(tmp_path / "clicks.csv")
    run = on_spark(
        tmp_path / "exports",
        tmp_path / "clicks.csv",
        config=contract.CONFIG,
        as_of=contract.AS_OF,
        out=tmp_path / "run",
    )
    assert run.engine == "spark"
    found: dict[str, list[dict[str, Any]]] = {}
    for table in TABLES:
        for row in parquet.read_table(tmp_path / "run" / table).to_pylist():
            found.setdefault(row["source_file"], []).append(row)
    assert found.keys() == deliveries.keys()
    for path, (name, rows) in deliveries.items():
        assert found[path][0]["mmp"] == name.partition(",")[0]
        contract.are_judged_as_they_should_be(rows, found[path])


def test_spark_submit_runs_the_job_that_is_documented(tmp_path: Path) -> None:
    """A process of its own, its Spark started by spark-submit, its output read like that of any other run."""
    if shutil.which("java") is None:
        missing = "Spark needs Java: apt-get install default-jre-headless"
        pytest.fail(missing) if os.environ.get("CI") == "1" else pytest.skip(missing)
    page = (SAMPLES.parent / "docs" / "spark.md").read_text("utf-8")
    job = re.search(r"cat > job.py <<'END'\n(.*?)END\n", page, re.DOTALL)
    assert job is not None
    (tmp_path / "job.py").write_text(job.group(1))
    submit = Path(sys.executable).parent / "spark-submit"
    options = ["--master", "local[1]", "--driver-java-options", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"]
    arguments = ["reconcile", SAMPLES / "kochava", "--engine", "spark", "--as-of", AS_OF, "--out", "run"]
    done = subprocess.run(
        [submit, *options, "job.py", *arguments],
        cwd=tmp_path,
        env=os.environ | {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1", "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )
    run = Run.load(tmp_path / "run")
    assert done.returncode == run.exit_code == 1, done.stderr
    assert run.engine == "spark"
    assert "clean.parquet" in done.stdout
    assert run.clean(arrow=True).num_rows == run.summary.count("clean") > 0
    with plan(run, Config.model_validate({"program": {"campaign_id": 1}})) as planned:
        assert planned.summary is not None
    assert Exceptions(run.directory / "exceptions.parquet", unmask=True).rows == len(run.exceptions())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["job.py", "run"]


def own_order(order: str | None, number: int) -> str | None:
    """The order of one delivery; one that is too long stays so."""
    return order if order is None else f"{order}-{number}"
