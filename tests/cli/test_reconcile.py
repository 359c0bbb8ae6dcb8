"""The command as users call it, in a process of its own, on exports of three rows."""

import inspect
import json
import os
import pty
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import mmpsync
from mmpsync.cli.reconcile import _of_its_own, reconcile
from mmpsync.pipeline import STAGES
from mmpsync.report.formats import FORMATS

CLICK_ID = "QzWm0aXyzxyOUuS1FU0ABCdEfGhIjKlMnO0"
HEADER = "Media Source,Event Time,Event Name,Original URL,AppsFlyer ID,Event Value,Event Revenue,Event Revenue Currency"
CLICKS = f"Id,EventDate,MediaId,MediaName,UniqueClick\n{CLICK_ID},2026-03-01T08:00:00Z,7,Blog,true\n"
AS_OF = ("--as-of", "2026-03-20T00:00:00Z")
REACHES_PYTHON_AS_IT_IS = {
    "exports",
    "conversions",
    "clicks",
    "actions",
    "config",
    "as_of",
    "out",
    "with_source_columns",
}


def purchase(order: str, click_id: str | None = CLICK_ID) -> str:
    """A purchase an hour after the click, with or without its ClickId."""
    url = f"https://app.appsflyer.com/x?pid=impactradius_int&irclickid={click_id}" if click_id else ""
    order_id = f'"{{""af_order_id"":""{order}""}}"'
    return f"impactradius_int,2026-03-01 09:00:00,af_purchase,{url},1772-44,{order_id},12.50,EUR"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with exports/ (two good purchases), bad/ (one of two lost its ClickId), empty/ and clicks.csv."""
    write(tmp_path / "exports" / "events.csv", HEADER, purchase("A-1"), purchase("A-2"))
    write(tmp_path / "bad" / "events.csv", HEADER, purchase("A-1"), purchase("A-2", None))
    write(tmp_path / "empty" / "events.csv", HEADER)
    (tmp_path / "clicks.csv").write_text(CLICKS)
    return tmp_path


def write(file: Path, *lines: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text("".join(f"{line}\n" for line in lines))


def run(here: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), cwd=here, env=environment(environ), capture_output=True, text=True, check=False
    )


def command(*arguments: str) -> Sequence[str]:
    return [sys.executable, "-m", "mmpsync", "reconcile", *arguments]


def environment(more: Mapping[str, str]) -> dict[str, str]:
    unwanted = ("MMPSYNC_", "FORCE_COLOR", "NO_COLOR", "COLUMNS", "TTY_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    return {**kept, "COLUMNS": "80", "TERM": "xterm-256color", **more}


def test_a_run_that_passes_leaves_with_0_and_writes_what_it_shows(here: Path) -> None:
    result = run(here, "exports", "--clicks", "clicks.csv", *AS_OF, "--out", "today")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("Gate PASSED, match rate 100.00%\nNo errors and no warnings\n")
    assert "\nWritten to\n  today\n" in result.stdout
    assert stat.S_IMODE((here / "today").stat().st_mode) == 0o700
    files = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (here / "today").iterdir()}
    assert files == dict.fromkeys(
        (
            "clean.parquet",
            "exceptions.csv",
            "exceptions.parquet",
            "excluded.parquet",
            "run.json",
            "unreadable.csv",
        ),
        0o600,
    )


def test_a_run_that_fails_leaves_with_1_and_is_whole(here: Path) -> None:
    result = run(here, "bad", "--clicks", "clicks.csv", *AS_OF)
    assert result.returncode == 1
    assert result.stdout.startswith(
        "Gate FAILED, match rate 50.00%\nBiggest problem: ClickId is missing, 1 row "
    )
    assert "Next: mmpsync explain missing-click-id\n" in result.stdout
    (directory,) = (here / "runs").iterdir()
    assert re.fullmatch(r"\d{8}T\d{6}Z", directory.name)
    assert f"\n  runs/{directory.name}\n" in result.stdout
    assert mmpsync.Run.load(directory).exit_code == 1


def test_no_row_leaves_with_5(here: Path) -> None:
    result = run(here, "empty", *AS_OF)
    assert result.returncode == 5
    assert result.stdout.startswith("Nothing to check: there is no row in the input.\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "no input: name the exports"),
        (("missing.csv",), "missing.csv: "),
        (("other.csv",), "other.csv"),
        (("exports", "--config", "wrong.toml"), "gate.fail_onn"),
        (("exports", "--config", "none.toml"), "none.toml: there is no such file"),
        (("exports", "--as-of", "yesterday"), "--as-of 'yesterday': not a time"),
        (("exports", "--source", "other.csv"), "--source 'other.csv': write it NAME=PATH"),
        (("exports", "--source", "=other.csv"), "--source '=other.csv': write it NAME=PATH"),
        (("exports", "--source", "apsflyer=other.csv"), '(did you mean "appsflyer"?)'),
        (("exports", "--source", "adjust=missing.csv"), "missing.csv: no such file"),
        (("exports", "--source", "adjust=other.csv"), "no column of it can carry event_name"),
        (("exports", "--fail-on", "sometimes"), "flag --fail-on"),
        (("exports", "--memory-limit", "much"), "flag --memory-limit"),
        (("exports", "--report", "jsn"), "Allowed: text, json, markdown,"),
        (("exports", "--report", "json=exports"), "it is a directory"),
        (("exports", "--nonsense"), "No such option"),
    ],
)
def test_what_cannot_be_used_leaves_with_2_and_no_trace(
    here: Path, arguments: Sequence[str], words: str
) -> None:
    write(here / "other.csv", "name,colour", "apple,red")
    write(here / "wrong.toml", "[gate]", 'fail_onn = "error"')
    before = sorted(here.rglob("*"))
    result = run(here, *arguments, *(["--out", "today"] if arguments else []))
    assert result.returncode == 2
    assert words in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    assert sorted(here.rglob("*")) == before


def test_without_out_what_fails_leaves_no_trace_either(here: Path) -> None:
    before = sorted(here.rglob("*"))
    assert run(here, "missing.csv").returncode == 2
    assert run(here, "exports", "--config", "none.toml").returncode == 2
    assert sorted(here.rglob("*")) == before


def test_runs_that_begin_in_one_second_have_a_directory_each(here: Path) -> None:
    first = Path(here, "runs", "20260320T000000Z")
    with _of_its_own(first) as one, _of_its_own(first) as two:
        assert (one.name, two.name) == ("20260320T000000Z", "20260320T000000Z-2")
        (two / "run.json").write_text("{}")
    assert [path.name for path in (here / "runs").iterdir()] == ["20260320T000000Z-2"]


def test_json_on_stdout_is_alone_there(here: Path) -> None:
    result = run(here, "bad", *AS_OF, "--out", "today", "--report", "json")
    assert result.returncode == 1
    assert result.stdout == (here / "today" / "run.json").read_text("utf-8")
    assert json.loads(result.stdout)["summary"]["rows"] == 2
    assert result.stderr == "run written to today\n"


def test_reports_go_where_they_are_told(here: Path) -> None:
    result = run(here, "bad", *AS_OF, "--out", "today", "--report", "json=new/run.json", "--report", "text")
    assert (here / "new" / "run.json").read_text() == (here / "today" / "run.json").read_text()
    assert result.stdout.startswith("Gate FAILED")
    assert result.stderr == ""


def test_the_flag_beats_the_environment_and_the_environment_the_file(here: Path) -> None:
    write(here / "mmpsync.toml", "[gate]", 'fail_on = "error"')
    variable = {"MMPSYNC_GATE_FAIL_ON": "never"}
    assert run(here, "bad", *AS_OF, **variable).returncode == 0
    assert run(here, "bad", *AS_OF, "--fail-on", "error", **variable).returncode == 1


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_a_run_that_is_stopped_leaves_nothing(here: Path, number: signal.Signals, code: int) -> None:
    os.mkfifo(here / "slow.toml")
    before = sorted(here.rglob("*"))
    process = subprocess.Popen(
        command("exports", "--config", "slow.toml", "--out", "today"),
        cwd=here,
        env=environment({}),
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            with (here / "slow.toml").open(
                "w"
            ):  # waits until the command reads, which waits for this to close
                process.send_signal(number)
            _, stderr = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == code
    assert "Traceback" not in stderr
    assert sorted(here.rglob("*")) == before


def test_progress_is_for_terminals_and_on_stderr(here: Path) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command("exports", *AS_OF),
        cwd=here,
        env=environment({}),
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
    ) as process:
        os.close(theirs)
        stderr = _everything(ours).decode()
        stdout, _ = process.communicate()
    assert STAGES[0] in stderr
    assert STAGES[0] not in stdout
    assert stdout.startswith("Gate PASSED")


def _everything(terminal: int) -> bytes:
    parts = []
    with suppress(OSError):  # how Linux says that the other end is closed
        while part := os.read(terminal, 65536):
            parts.append(part)
    os.close(terminal)
    return b"".join(parts)


def test_every_argument_of_the_python_api_is_an_option_and_the_other_way_round() -> None:
    api, options = (set(inspect.signature(each).parameters) for each in (mmpsync.reconcile, reconcile))
    assert api - options == {"progress"}
    # A baseline is loaded before it is handed over: `last` is one, too.
    spark = {"spark_master", "spark_directory"}
    of_config = {"fail_on", "engine", "threads", "memory_limit", "temp_dir", *spark}
    assert options - api == {"report", "unmask", *of_config}
    # Of NAME=PATH options comes a mapping.
    assert api & options == REACHES_PYTHON_AS_IT_IS | {"sources", "baseline"}


def test_every_option_arrives(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(here)
    arrived: dict[str, Any] = {}
    monkeypatch.setattr(mmpsync, "reconcile", lambda exports, **options: _finished(arrived, exports, options))
    write(here / "own.toml", "[program]", "campaign_id = 1000")
    arguments = "a b --conversions c --conversions d --clicks e --clicks f --as-of 2026-03-01 --out today"
    arguments += " --actions k --actions l"
    forced = "--source adjust=g --source kochava=h=i --source adjust=j"
    settings = "--config own.toml --fail-on warning --threads 2 --memory-limit 1GB --temp-dir ."
    settings += " --engine spark --spark-master local[2] --spark-directory hdfs:///tmp"
    given = f"{arguments} {forced} {settings} --with-source-columns --report json=x.json --unmask"
    result = invoke(*given.split())
    assert result == 0
    config = arrived.pop("config").effective()
    arrived.pop("progress")
    assert arrived == {
        "exports": ["a", "b"],
        "conversions": ["c", "d"],
        "clicks": ["e", "f"],
        "actions": ["k", "l"],
        "sources": {"adjust": ["g", "j"], "kochava": ["h=i"]},
        "as_of": "2026-03-01",
        "out": Path("today"),
        "baseline": None,
        "with_source_columns": True,
    }
    assert config["program.campaign_id"] == 1000
    assert (config["gate.fail_on"], config["engine.threads"]) == ("warning", 2)
    assert (config["engine.memory_limit"], config["engine.temp_directory"]) == ("1GB", ".")
    assert (config["engine.spark_master"], config["engine.spark_directory"]) == ("local[2]", "hdfs:///tmp")
    assert (here / "x.json").read_text() == "{}"


def _finished(arrived: dict[str, Any], exports: Sequence[str], options: Mapping[str, Any]) -> SimpleNamespace:
    arrived.update(options, exports=exports)
    return SimpleNamespace(directory=options["out"], exit_code=0, to_json=lambda: "{}")


def test_help_names_every_format() -> None:
    app = typer.Typer()
    app.command()(reconcile)
    shown = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"}).stdout
    for name in FORMATS:
        assert re.search(rf"--report .*\b{name}\b", shown)


def test_importing_the_command_imports_nothing_heavy() -> None:
    heavy = ("pandas", "pyarrow", "ibis", "duckdb", "pydantic", "rich.progress")
    program = f"import sys, mmpsync.cli.reconcile; sys.exit(any(name in sys.modules for name in {heavy}))"
    subprocess.run([sys.executable, "-c", program], check=True)


def invoke(*arguments: str) -> int:
    app = typer.Typer()
    app.command()(reconcile)
    return CliRunner().invoke(app, arguments, catch_exceptions=False).exit_code


def test_what_cannot_be_written_is_told_by_name_and_place_in_the_systems_words_and_leaves_nothing(
    here: Path,
) -> None:
    (here / "full").mkdir()
    limited = ["sh", "-c", 'ulimit -f 2; exec "$@"', "sh", *command("exports", *AS_OF, "--out", "full/run")]
    done = subprocess.run(limited, cwd=here, env=environment({}), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(
        r"error: \w+\.parquet: cannot be written beside \S+full: File too large\n", done.stderr
    )
    assert list((here / "full").iterdir()) == []
