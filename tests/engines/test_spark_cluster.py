"""Spark's own cluster: master, worker, driver and executors are processes that have nothing but addresses of each other."""

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from test_engines_agree import are_the_same

import mmpsync
from mmpsync.config import load_config
from mmpsync.run import Run

AS_OF = "2026-03-20T00:00:00Z"
SAMPLES = Path(__file__).parents[2] / "sample_exports"
JVM = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
SETTINGS = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.extraJavaOptions": JVM,
    "spark.executor.extraJavaOptions": JVM,
    "spark.pyspark.python": sys.executable,
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.shuffle.partitions": "2",
}
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a master that has one worker, for as long as the tests of this file run."""
    with ExitStack() as daemons:
        yield cluster(daemons, tmp_path_factory.mktemp("worker"))


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Command:
    """Run `mmpsync reconcile` on a cluster, as configured for it."""
    monkeypatch.chdir(SAMPLES.parent)
    settings = "".join(f"{name} {value}\n" for name, value in SETTINGS.items())
    (tmp_path / "spark-defaults.conf").write_text(settings)

    def reconcile(*arguments: str | Path, master: str | None = None) -> subprocess.CompletedProcess[str]:
        master = master or request.getfixturevalue("master")
        words = ["reconcile", "--engine", "spark", "--spark-master", master, *map(str, arguments)]
        return subprocess.run(
            [sys.executable, "-m", "mmpsync", *words, "--as-of", AS_OF],
            env=os.environ | {"SPARK_CONF_DIR": str(tmp_path), "COLUMNS": "100"},
            capture_output=True,
            text=True,
            check=False,
        )

    return reconcile


def test_on_the_sample_exports(command: Command, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    config = SAMPLES / "mmpsync.toml"
    done = command(
        *(SAMPLES.name, "--config", config, "--with-source-columns", "--out", tmp_path / "spark"),
        *("--spark-directory", f"file://{shared}"),
    )
    run = Run.load(tmp_path / "spark")
    assert done.returncode == run.exit_code, done.stderr
    assert run.engine == "spark"
    files = [path for path in run.directory.rglob("*") if path.is_file()]
    assert {path.name.partition("-")[0] for path in run.directory.glob("*.parquet/*")} == {"part"}
    assert {oct(path.stat().st_mode & 0o777) for path in files} == {"0o600"}
    assert {oct(path.stat().st_mode & 0o777) for path in run.directory.glob("*.parquet")} == {"0o700"}
    mmpsync.reconcile(
        [SAMPLES.name],
        config=load_config(config, environ={}),
        with_source_columns=True,
        as_of=AS_OF,
        out=tmp_path / "duckdb",
    )
    are_the_same(tmp_path / "duckdb", tmp_path / "spark")
    assert list(shared.iterdir()) == []


def test_a_cluster_needs_a_folder_that_all_of_it_sees(command: Command, tmp_path: Path) -> None:
    done = command(SAMPLES / "kochava", "--out", tmp_path / "run")
    assert done.returncode == 2
    assert "engine.spark_directory: name a folder that every worker of the cluster sees" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()


def test_a_folder_that_workers_have_on_disks_of_their_own_loses_no_row_in_silence(
    command: Command, tmp_path: Path
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    with ExitStack() as daemons:
        master = cluster(daemons, tmp_path / "worker", before=with_a_disk_of_its_own(shared))
        out, directory = tmp_path / "run", f"file://{shared}"
        done = command(SAMPLES / "kochava", "--out", out, "--spark-directory", directory, master=master)
    assert done.returncode == 2, done.stdout
    assert "is not one folder to all of the cluster: workers have put" in done.stderr
    assert not out.exists()
    assert list(shared.iterdir()) == []


def test_files_that_workers_do_not_have_are_told_so(command: Command, tmp_path: Path) -> None:
    exports, shared = tmp_path / "exports", tmp_path / "shared"
    shared.mkdir()
    text = shutil.copytree(SAMPLES / "kochava", exports / "text")
    parquet = shutil.copytree(SAMPLES / "appsflyer_data_locker", exports / "parquet")
    with ExitStack() as daemons:
        master = cluster(daemons, tmp_path / "worker", before=with_a_disk_of_its_own(exports))
        for folder in (text, parquet):
            out = tmp_path / "run"
            done = command(folder, "--out", out, "--spark-directory", f"file://{shared}", master=master)
            assert done.returncode == 2, done.stdout
            assert "a local file has to be there, under the same name, on every worker" in done.stderr
            assert str(folder) in done.stderr
            assert "damaged" not in done.stderr
            assert not out.exists()


def test_a_master_that_is_none_is_told_in_a_line(command: Command) -> None:
    done = command(SAMPLES / "kochava", "--spark-master", "host:7077")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "error: Spark does not start: SparkException: Master must either be yarn or start with spark, k8s, or local"
    ]


def cluster(daemons: ExitStack, work: Path, *, before: Sequence[str] = ()) -> str:
    """The address of a new master with one worker, the command of which has `before` in front."""
    if shutil.which("java") is None:
        missing = "Spark needs Java: apt-get install default-jre-headless"
        pytest.fail(missing) if os.environ.get("CI") == "1" else pytest.skip(missing)
    address = ["--host", "127.0.0.1", "--port", "0", "--webui-port", "0"]
    master = daemon(daemons, "master.Master", *address, begun=r"Starting Spark master at (spark://\S+)")
    room = ["--cores", "2", "--memory", "2g", "--work-dir", work]
    begun = r"Successfully registered with master (\S+)"
    daemon(daemons, "worker.Worker", *address, *room, master, begun=begun, before=before)
    return master


def with_a_disk_of_its_own(folder: Path) -> list[str]:
    """What makes a command see another, empty disk at that place."""
    before = ["unshare", "--mount", "sh", "-c", f'mount -t tmpfs none "{folder}" && exec "$@"', "sh"]
    if subprocess.run([*before, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("another disk at the same place takes a mount namespace (unshare, as root)")
    return before


def daemon(
    daemons: ExitStack, name: str, *arguments: str | Path, begun: str, before: Sequence[str] = ()
) -> str:
    """Start a daemon of Spark's until `daemons` closes; what the line says by which it tells that it has begun."""
    import pyspark

    process = subprocess.Popen(
        [
            *before,
            Path(pyspark.__file__).parent / "bin" / "spark-class",
            f"org.apache.spark.deploy.{name}",
            *arguments,
        ],
        env=os.environ
        | {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "256m", "SPARK_DAEMON_JAVA_OPTS": JVM},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    daemons.enter_context(process)  # waits for it, and closes what it writes to
    rest = threading.Thread(target=process.stderr.read)
    daemons.callback(lambda: rest.join() if rest.is_alive() else None)
    daemons.callback(process.terminate)
    said = []
    for line in process.stderr:
        said.append(line)
        if found := re.search(begun, line):
            rest.start()
            return found.group(1)
    pytest.fail(f"{name} does not start: {''.join(said)}")
