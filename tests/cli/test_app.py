import errno
import inspect
import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import typer

import mmpsync
from mmpsync.__main__ import _at_home, run
from mmpsync.errors import InputError, MmpsyncError

HEAVY = {"adbc_driver_duckdb", "duckdb", "httpx", "ibis", "numpy", "pandas", "pyarrow", "pydantic", "pyspark"}


def environment() -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MMPSYNC_")}
    return inherited | {"COLUMNS": "80"}


def mmpsync_command(
    *arguments: str | bytes, cwd: Path, stdout: int = subprocess.PIPE, more: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mmpsync", *arguments],
        cwd=cwd,
        env=environment() | (more or {}),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


@pytest.fixture
def verb_raises(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Make `mmpsync config show` raise."""

    def arrange(error: BaseException) -> None:
        def fail(*_: object, **__: object) -> None:
            raise error

        monkeypatch.setattr("mmpsync.config.load_config", fail)

    return arrange


# Exit codes, through the real command


def test_version(tmp_path: Path) -> None:
    done = mmpsync_command("--version", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"mmpsync {mmpsync.__version__}\n", "")


def test_help_names_every_verb(tmp_path: Path) -> None:
    done = mmpsync_command("--help", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    for verb in (
        "init",
        "check",
        "reconcile",
        "fetch",
        "push",
        "status",
        "explain",
        "demo",
        "config",
        "--debug",
        "--version",
    ):
        assert f" {verb} " in done.stdout


def test_help_breaks_its_paragraphs_where_the_screen_ends_and_nowhere_else() -> None:
    from mmpsync.cli.app import app

    groups = [app, *(group.typer_instance for group in app.registered_groups)]
    for command in (command for group in groups if group for command in group.registered_commands):
        told = inspect.getdoc(command.callback) or ""
        assert all("\n" not in paragraph for paragraph in told.split("\n\n")), command.name


def test_a_group_without_a_verb_shows_help_and_is_exit_2(tmp_path: Path) -> None:
    done = mmpsync_command("config", cwd=tmp_path)
    assert done.returncode == 2
    assert "Usage: mmpsync config [OPTIONS] COMMAND" in done.stdout
    assert done.stderr == ""


def test_without_arguments_it_says_what_to_do_next(tmp_path: Path) -> None:
    done = mmpsync_command(cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(
        "There are no exports and no mmpsync.toml here. Next:\n  mmpsync demo demo "
    )
    assert done.stdout.endswith("All there is: mmpsync --help\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--verison"], "error: No such option: --verison (Possible options: --version)\n"),
        (["config", "show", "--colour"], "error: No such option: --colour\n"),
        (
            ["config", "show", "--format", "xml"],
            "error: Invalid value for '--format': 'xml' is not one of 'text', 'json'.\n",
        ),
        (["reconcil"], "error: No such command 'reconcil'. Did you mean 'reconcile'?\n"),
    ],
)
def test_a_command_line_that_cannot_be_understood_is_exit_2_with_a_hint(
    arguments: list[str], message: str, tmp_path: Path
) -> None:
    done = mmpsync_command(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert done.stderr.splitlines()[-1].startswith("How to use it: mmpsync ")
    assert done.stderr.splitlines()[-1].endswith(" --help")


def test_a_configuration_error_is_exit_2_on_stderr_without_traceback_or_colour(tmp_path: Path) -> None:
    (tmp_path / "mmpsync.toml").write_text("[engine]\nthreads = 0", encoding="utf-8")
    done = mmpsync_command("config", "show", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: mmpsync.toml: engine.threads = 0 cannot be used. Allowed: a whole number, 1 or more.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "more"),
    [
        (["--debug", "config", "show"], {}),
        (["config", "show", "--debug"], {}),
        (["config", "show"], {"MMPSYNC_DEBUG": "1"}),
    ],
)
def test_debug_shows_the_traceback_before_the_message(
    arguments: list[str], more: dict[str, str], tmp_path: Path
) -> None:
    done = mmpsync_command(*arguments, cwd=tmp_path, more={"MMPSYNC_CONFIG": "gone"} | more)
    assert done.returncode == 2
    assert done.stderr.startswith("Traceback (most recent call last):\n")
    assert done.stderr.splitlines()[-1] == "error: environment MMPSYNC_CONFIG: gone: there is no such file."


def test_debug_after_two_dashes_is_no_flag(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "--", "--debug"]) == 2
    assert "There is no reason called '--debug'" in capsys.readouterr().err


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_is_exit_130_with_a_short_line(tmp_path: Path, sent: signal.Signals) -> None:
    os.mkfifo(tmp_path / "slow.toml")
    with (
        subprocess.Popen(
            [sys.executable, "-m", "mmpsync", "config", "show", "--config", "slow.toml"],
            cwd=tmp_path,
            env=environment(),
            stderr=subprocess.PIPE,
            encoding="utf-8",
        ) as process,
        (tmp_path / "slow.toml").open("w"),  # waits until the command reads
    ):
        stderr = ended_by(sent, process)
    assert process.returncode == 130
    assert stderr == "interrupted; what was finished is kept\n"


def ended_by(sent: signal.Signals, process: subprocess.Popen[str]) -> str:
    """What it says; a signal that comes just before Python begins to wait for a file is heard with the next one."""
    for _ in range(12):
        process.send_signal(sent)
        with suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=5)[1]
    pytest.fail("it goes on")


def test_who_presses_twice_does_not_break_off_the_cleaning_up(tmp_path: Path) -> None:
    script = (
        "import os, signal, mmpsync.config\n"
        "from mmpsync.__main__ import main\n"
        "def twice(*_):\n"
        "    try:\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "    finally:\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "        print('cleaned up')\n"
        "mmpsync.config.load_config = twice\n"
        "main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "config", "show"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (130, "cleaned up\n")


def test_a_hangup_that_nohup_has_ignored_stays_ignored(tmp_path: Path) -> None:
    (tmp_path / "slow.toml").write_text("")
    script = (
        "import os, signal, mmpsync.config\n"
        "from mmpsync.__main__ import main\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "load = mmpsync.config.load_config\n"
        "mmpsync.config.load_config = lambda file: (os.kill(os.getpid(), signal.SIGHUP), load(file))[1]\n"
        "main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "config", "show", "--config", "slow.toml"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("closed", "arguments", "code"),
    [(">&-", "config show", 0), ("2>&-", "explain nothing", 2), ("<&- >&- 2>&-", "explain", 0)],
)
def test_what_is_said_to_a_closed_stream_goes_nowhere(
    tmp_path: Path, closed: str, arguments: str, code: int
) -> None:
    command = f"{shlex.quote(sys.executable)} -m mmpsync {arguments} {closed}"
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (code, b"")


@pytest.mark.parametrize("given", [["--config=~/own.toml"], ["--config", "~/own.toml"]])
def test_a_tilde_is_the_home_directory_also_where_no_shell_replaces_it(
    tmp_path: Path, given: list[str]
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "own.toml").write_text("[program]\ncampaign_id = 77\n")
    done = mmpsync_command("config", "show", *given, cwd=tmp_path, more={"HOME": str(tmp_path / "home")})
    assert (done.returncode, done.stderr) == (0, "")
    assert " 77 " in done.stdout


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("--report=html=~/r.html", "--report=html=/home/me/r.html"),
        ("html=~/r.html", "html=/home/me/r.html"),
        ("~", "/home/me"),
        ("./~/x.csv", "./~/x.csv"),
        ("a~/x.csv", "a~/x.csv"),
        ("~$x.csv", "~$x.csv"),
        ("https://x.test/?a=~/b", "https://x.test/?a=~/b"),
    ],
)
def test_a_tilde_counts_only_where_a_path_begins(
    typed: str, meant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert _at_home(typed) == meant


def test_an_interrupted_query_is_an_interrupt(tmp_path: Path) -> None:
    script = (
        "import contextlib, ibis, mmpsync.config\n"
        "from mmpsync.__main__ import run\n"
        "from mmpsync.engines.duckdb import DuckDBEngine\n"
        "def query(*_, **__):\n"
        "    many = ibis.range(10**6).unnest().name('i').as_table()\n"
        "    endless = many.cross_join(many.view()).drop('i_right').cross_join(many.view())\n"
        "    with contextlib.closing(DuckDBEngine()) as engine:\n"
        "        print('started', flush=True)\n"
        "        engine.rows(endless.aggregate(n=endless.i.hash().max()))\n"
        "mmpsync.config.load_config = query\n"
        "raise SystemExit(run(['config', 'show']))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "started\n"
            process.send_signal(signal.SIGINT)
            _, stderr = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, stderr) == (130, "interrupted; what was finished is kept\n")


@pytest.mark.parametrize("arguments", [["config", "show"], ["explain"], ["--help"], ["--version"]])
def test_output_that_nobody_reads_is_quiet(arguments: list[str], tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = mmpsync_command(*arguments, cwd=tmp_path, stdout=writer)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("arguments", [["config", "show"], ["--version"]])
def test_a_full_disk_is_no_bug(arguments: list[str], tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = mmpsync_command(*arguments, cwd=tmp_path, stdout=full.fileno())
    assert done.returncode == 2
    assert done.stderr == f"error: {os.strerror(errno.ENOSPC)}: standard output\n"


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENAMETOOLONG])
def test_what_the_file_system_refuses_is_no_bug(
    verb_raises: Callable[[BaseException], None], capsys: pytest.CaptureFixture[str], number: int
) -> None:
    verb_raises(OSError(number, os.strerror(number), "closed/run"))
    assert run(["config", "show"]) == 2
    assert capsys.readouterr().err == f"error: {os.strerror(number)}: closed/run\n"


def test_a_name_that_is_no_text_is_shown_escaped(tmp_path: Path) -> None:
    done = mmpsync_command("config", "show", "--config", b"\x1b[31m\xff.toml", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "error: \\x1b[31m\\udcff.toml: there is no such file.\n"


# Exit codes, of what a verb raises


def test_a_bug_is_exit_3_and_says_so(
    verb_raises: Callable[[BaseException], None], capsys: pytest.CaptureFixture[str]
) -> None:
    verb_raises(ZeroDivisionError("division by zero"))
    assert run(["config", "show"]) == 3
    assert capsys.readouterr().err == (
        "error: this is a bug in mmpsync: ZeroDivisionError: division by zero; "
        "run again with --debug for the traceback\n"
    )
    assert run(["config", "show", "--debug"]) == 3
    shown = capsys.readouterr().err
    assert shown.startswith("Traceback (most recent call last):\n")
    assert shown.endswith("error: this is a bug in mmpsync: ZeroDivisionError: division by zero\n")


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (InputError("first line\nsecond line"), 2, "error: first line\nsecond line\n"),
        (MmpsyncError("odd"), 3, "error: odd\n"),
        (KeyboardInterrupt(), 130, "interrupted; what was finished is kept\n"),
        (typer.Abort(), 130, "interrupted; what was finished is kept\n"),
        (typer.BadParameter("not that"), 2, "error: Invalid value: not that\n"),
        (typer.Exit(1), 1, ""),
        (typer.Exit(5), 5, ""),
        (OSError(errno.ENOSPC, "No space left", "out.csv"), 2, "error: No space left: out.csv\n"),
        (EOFError("file ended early"), 3, "error: this is a bug in mmpsync: EOFError: file ended early"),
        (RecursionError(), 3, "error: this is a bug in mmpsync: RecursionError: "),
    ],
)
def test_every_error_becomes_its_exit_code(
    error: BaseException,
    code: int,
    message: str,
    verb_raises: Callable[[BaseException], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    verb_raises(error)
    assert run(["config", "show"]) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert message in printed.err


def test_an_error_for_a_reason_of_its_own_is_not_taken_for_that_reason(
    verb_raises: Callable[[BaseException], None], capsys: pytest.CaptureFixture[str]
) -> None:
    for cause in (EOFError("cut short"), BrokenPipeError()):
        error = InputError("x.csv.gz is damaged")
        error.__cause__ = error.__context__ = cause
        verb_raises(error)
        assert run(["config", "show"]) == 2
        assert capsys.readouterr().err == "error: x.csv.gz is damaged\n"


# Start-up


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        (["--help"], set()),
        (["--version"], set()),
        ([], {"pydantic"}),  # typer reads options with it, where it is installed
        (["init", "--help"], {"pydantic"}),
        (["check", "--help"], {"pydantic"}),
        (["reconcile", "--help"], {"pydantic"}),
        (["config", "show", "--help"], {"pydantic"}),
    ],
)
def test_help_and_version_import_nothing_heavy(
    arguments: list[str], allowed: set[str], tmp_path: Path
) -> None:
    script = (
        "import json, sys\n"
        "from mmpsync.__main__ import run\n"
        f"assert run({arguments!r}) == 0\n"
        "print(json.dumps([name.partition('.')[0] for name in sys.modules]), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment(), capture_output=True, check=True
    )
    assert HEAVY & set(json.loads(done.stderr)) <= allowed
