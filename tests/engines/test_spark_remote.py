"""Spark and exports that lie elsewhere: on a file system behind HTTP (WebHDFS), which neither driver nor workers can open."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fake_webhdfs import FakeWebHdfs, Request
from test_corpus import CORPUS

from mmpsync.__main__ import run
from mmpsync.engines import spark_scans

AS_OF = "2026-03-20T00:00:00Z"
# What readers of local files and of others go about in different ways.
BROKEN = (
    *(
        "gzip-members.csv.gz",
        "json-array-utf-16.json",
        "json-lines-bad.jsonl",
        "lines-cr.csv",
        "lines-lf-then-crlf.csv",
    ),
    *("lines-in-quotes.csv", "parquet-bytes.parquet", "quote-never-closed.csv", "utf-16-le-with-bom.csv"),
    *("utf-8-cut-in-a-letter.csv", "utf-8-with-two-boms.csv"),
)
Reconciled = Callable[..., list[dict[str, Any]]]
RowsOf = Callable[[Path, str], list[dict[str, Any]]]
Command = Callable[..., "Told"]


@dataclass(frozen=True)
class Told:
    """What a command left with and said."""

    code: int
    stderr: str


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[FakeWebHdfs]:
    """What a cluster would have; `exports` and other fixtures put files into its root directory."""
    with FakeWebHdfs(tmp_path) as server:
        yield server


@pytest.fixture
def command(
    spark_master: str,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Command:
    """The command line of `mmpsync reconcile` on Spark, in this process, which has started Spark already."""
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))

    def reconcile(*arguments: str | Path) -> Told:
        words = ["reconcile", *map(str, arguments), "--engine", "spark", "--spark-master", spark_master]
        code = run([*words, "--as-of", AS_OF])
        return Told(code, capsys.readouterr().err)

    return reconcile


def test_files_behind_http_are_read_like_local_ones(
    storage: FakeWebHdfs, exports: Path, command: Command, reconciled: Reconciled, rows_of: RowsOf
) -> None:
    """Folders and patterns, CSV, gzip, JSON arrays and lines, Parquet, partitions, broken records, markers."""
    url = f"{storage.url}/{exports.name}"
    given = [f"{as_pattern(url)}/{pattern}" for pattern in ("{0,1}/*", "[2-2]", "**/*.gz", "3/*", "_*")]
    told = command(*given, "--spark-directory", f"{storage.url}/scratch", "--out", storage.folder / "remote")
    assert told.code == 1, told.stderr
    assert rows_of(storage.folder / "remote", url) == reconciled(
        str(exports), storage.folder / "local", "duckdb"
    )
    # The tables between steps were there, in a folder of their owner's, and are gone.
    assert {"LISTSTATUS", "OPEN", "CREATE", "RENAME", "DELETE"} <= {request.op for request in storage.seen}
    made = {request.path: request for request in storage.seen if request.op == "MKDIRS"}
    (own,) = [path for path in made if re.fullmatch(r"/scratch/mmpsync-\w+", path)]
    assert made[own].parameters["permission"] == "700"
    assert any(request.path.startswith(f"{own}/") for request in storage.seen if request.op == "CREATE")
    assert list((storage.folder / "scratch").iterdir()) == []
    opened = {Path(request.path).name for request in storage.seen if request.op == "OPEN"}
    assert opened.isdisjoint({"_SUCCESS", ".hidden.csv", "README.md"})


def test_broken_files_behind_http_are_read_like_local_ones(
    storage: FakeWebHdfs, reconciled: Reconciled
) -> None:
    corpus = storage.folder / "corpus"
    corpus.mkdir()
    for name in BROKEN:
        shutil.copy(CORPUS / name, corpus / name)
    local = reconciled(str(corpus), storage.folder / "local", "duckdb")
    assert reconciled(f"{storage.url}/corpus", storage.folder / "remote") == local


@pytest.mark.parametrize("name", ["gzip-cut.csv.gz", "gzip-without-its-end.csv.gz", "parquet-cut.parquet"])
def test_a_damaged_file_behind_http_is_named(storage: FakeWebHdfs, command: Command, name: str) -> None:
    shutil.copy(CORPUS / name, storage.folder / name)
    told = command(f"{storage.url}/{name}")
    assert told.code == 2
    assert f"error: {storage.url}/{name}: damaged" in one_line(told)


@pytest.mark.parametrize("path", ["exports", "exports/nothing.csv", "exports/*.nothing"])
def test_a_path_that_is_not_there_is_named(storage: FakeWebHdfs, command: Command, path: str) -> None:
    told = command(f"{storage.url}/{path}")
    assert told.code == 2
    assert one_line(told) == f"error: {storage.url}/{path}: no file is there, or none matches"


@pytest.mark.parametrize("op", ["GETFILESTATUS", "LISTSTATUS", "OPEN", "CREATE", "MKDIRS"])
def test_what_may_not_be_done_is_named(
    storage: FakeWebHdfs, exports: Path, command: Command, op: str
) -> None:
    storage.denied = lambda request: request.op == op
    url = as_pattern(f"{storage.url}/{exports.name}/2")
    told = command(url, "--spark-directory", f"{storage.url}/scratch")
    assert told.code == 2
    assert "Permission denied: user=" in one_line(told)


@pytest.mark.parametrize(
    "gone",
    [
        lambda request: request.op == "LISTSTATUS",
        lambda request: request.op == "OPEN" and "scratch" not in request.path,
        lambda request: "datanode" in request.parameters and request.op == "CREATE",
        lambda request: request.op == "RENAME",
        lambda request: request.op == "OPEN" and "/output_" in request.path,
    ],
    ids=["while listing", "while reading", "while writing", "while committing", "while bringing results"],
)
def test_a_server_that_goes_away_is_no_bug(
    storage: FakeWebHdfs, exports: Path, command: Command, gone: Callable[[Request], bool]
) -> None:
    storage.fails = gone
    url = as_pattern(f"{storage.url}/{exports.name}/2")
    told = command(url, "--spark-directory", f"{storage.url}/scratch", "--out", "run")
    assert told.code == 2, told.stderr
    assert storage.address.partition(":")[2] in one_line(told)
    assert not Path("run").exists()


def test_far_files_are_looked_into_together(storage: FakeWebHdfs, command: Command) -> None:
    both = threading.Barrier(2, timeout=60)

    def waits_for_the_other(request: Request) -> bool:
        if request.op == "OPEN" and "datanode" not in request.parameters:
            both.wait()
        return False

    (storage.folder / "far").mkdir()
    for name in ("one.csv", "other.csv"):
        (storage.folder / "far" / name).write_text("a,b\n1,2\n")
    storage.denied = waits_for_the_other
    told = command(f"{storage.url}/far")
    assert told.code == 2
    assert "not an export" in one_line(told)
    assert not both.broken


def test_a_file_that_is_gone_when_it_is_read_is_not_left_out(
    storage: FakeWebHdfs, exports: Path, command: Command
) -> None:
    file = exports / "0" / "acme_installs.csv"

    def removes(request: Request) -> bool:
        # The driver has looked at the file, and Spark has planned to read it.
        if request.op == "OPEN" and "GETFILEBLOCKLOCATIONS" in {each.op for each in storage.seen}:
            file.unlink(missing_ok=True)
        return False

    storage.denied = removes
    url = f"{storage.url}/{exports.name}/0/{file.name}"
    told = command(as_pattern(url))
    assert told.code == 2
    assert re.match(rf"error: {re.escape(url)}: cannot be read: .*File does not exist: /", one_line(told))


def test_text_that_is_too_large_to_be_handed_over_is_named(
    storage: FakeWebHdfs, exports: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spark_scans, "_MOST_CONTENT_BYTES", 1000)
    told = command(as_pattern(f"{storage.url}/{exports.name}/0"))
    assert told.code == 2
    assert re.search(r"acme_installs\.csv: 0\.\d GB, .*; split it, write it as Parquet", one_line(told))


def test_a_folder_that_cannot_be_removed_is_named(
    storage: FakeWebHdfs, exports: Path, command: Command
) -> None:
    storage.fails = lambda request: (
        request.op == "DELETE" and re.fullmatch(r"/s/mmpsync-\w+", request.path) is not None
    )
    told = command(exports / "2", "--spark-directory", f"{storage.url}/s")
    assert told.code == 2
    assert re.search(rf"engine.spark_directory: {storage.url}/s/mmpsync-\w+ cannot be", one_line(told))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "by a scheduler"])
@pytest.mark.usefixtures("spark_master")
def test_what_is_interrupted_leaves_nothing_behind(
    storage: FakeWebHdfs, exports: Path, number: signal.Signals
) -> None:
    """Signals reach every process of a group at once: the command, the JVM that it started, and the workers of that."""
    begun = threading.Event()

    def begins(request: Request) -> bool:
        if request.op == "CREATE" and "/_temporary/" in request.path:
            begun.set()
        return False

    storage.denied = begins
    places = ["--spark-directory", f"{storage.url}/scratch", "--out", storage.folder / "run"]
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "mmpsync",
            "reconcile",
            exports,
            "--engine",
            "spark",
            "--spark-master",
            "local[1]",
            *places,
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert begun.wait(120)
        os.killpg(process.pid, number)
        _, stderr = process.communicate()
    assert process.returncode == 130
    assert stderr.splitlines()[-1:] == ["interrupted; what was finished is kept"]
    assert "Traceback" not in stderr
    assert list((storage.folder / "scratch").iterdir()) == []
    assert not (storage.folder / "run").exists()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (
            "s3a://bucket/x",
            r"no file system for s3a://; add org\.apache\.hadoop:hadoop-aws:3\.\d+\.\d+ to spark\.jars\.packages",
        ),
        ("abfss://container@account/x", r"add org\.apache\.hadoop:hadoop-azure:3\.\d+\.\d+ to spark\.jars"),
        ("gs://bucket/x", r"add com\.google\.cloud\.bigdataoss:gcs-connector:"),
        ("s3://bucket/x", r"for Spark, write it s3a://"),
        ("nosuch://bucket/x", r"no file system for nosuch://; add the package that has it"),
    ],
)
def test_a_file_system_that_spark_lacks_is_named_with_its_package(
    command: Command, url: str, says: str
) -> None:
    for arguments in ([url], [".", "--spark-directory", url]):
        Path("export.csv").write_text("Attributed Touch Type,Event Name,Media Source\nclick,install,x\n")
        told = command(*arguments)
        assert told.code == 2
        assert re.search(says, one_line(told)), told.stderr


@pytest.mark.parametrize("flag", [[], [".", "--spark-directory"]])
def test_a_password_in_a_url_is_refused_and_not_repeated(command: Command, flag: list[str]) -> None:
    for url in ("s3a://testing:SECRET/x@bucket/exports", "ftp://me:SECRET@127.0.0.1:2121/exports"):
        told = command(*flag, url)
        assert told.code == 2
        assert "has a password in it" in told.stderr
        assert "SECRET" not in told.stderr


def as_pattern(url: str) -> str:
    return re.sub(r"([\[\]])", r"\\\1", url)


def one_line(told: Told) -> str:
    """What was said, which is no traceback, nor Java's."""
    assert "Traceback" not in told.stderr
    assert "\tat " not in told.stderr
    assert "bug in mmpsync" not in told.stderr
    lines = [line for line in told.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, told.stderr
    return lines[0]
