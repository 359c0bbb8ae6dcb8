"""The command as users call it: a run is made once, and shown again in every format."""

import io
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import openpyxl
import pytest

from mmpsync.report.formats import FORMATS
from mmpsync.run import Run

HEADER = (
    "Media Source,Event Time,Event Name,Original URL,AppsFlyer ID,Event Value,Event Revenue,"
    "Event Revenue Currency,Customer User ID"
)
CUSTOMER = "customer-4711-0815"
AS_OF = ("--as-of", "2026-03-20T00:00:00Z")
ALL = [f"{name}={name}.out" for name in FORMATS]


def purchase(order: str, click_id: str) -> str:
    url = f"https://app.appsflyer.com/x?pid=impactradius_int&irclickid={click_id}"
    order_id = f'"{{""af_order_id"":""{order}""}}"'
    time = "2026-03-01 09:00:00"
    return f"impactradius_int,{time},af_purchase,{url},1772-44,{order_id},12.50,EUR,{CUSTOMER}"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with runs/first, whose gate failed, and its reports in every format, as reconcile wrote them."""
    here = tmp_path_factory.mktemp("made")
    rows = (purchase("A-1", "good"), purchase("A-2", "lost"), purchase("A-3", ""))
    (here / "events.csv").write_text("".join(f"{line}\n" for line in (HEADER, *rows)))
    (here / "clicks.csv").write_text(
        "Id,EventDate,MediaId,MediaName,UniqueClick\ngood,2026-03-01T08:00:00Z,7,Blog,true\n"
    )
    reports = [argument for report in ALL for argument in ("--report", report)]
    done = mmpsync(here, "reconcile", "events.csv", "clicks.csv", *AS_OF, "--out", "runs/first", *reports)
    assert done.returncode == 1, done.stderr
    return here


def mmpsync(cwd: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "mmpsync", *arguments],
        cwd=cwd,
        env=environment(environ),
        capture_output=True,
        check=False,
        timeout=120,
    )


def environment(more: Mapping[str, str]) -> dict[str, str]:
    unwanted = ("MMPSYNC_", "FORCE_COLOR", "NO_COLOR", "COLUMNS", "TTY_", "GITHUB_", "TF_BUILD")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    return {**kept, "COLUMNS": "80", **more}


def test_a_run_is_shown_again_to_the_same_bytes_in_every_format(made: Path, tmp_path: Path) -> None:
    reports = [argument for name in FORMATS for argument in ("--report", f"{name}={tmp_path / name}")]
    done = mmpsync(made, "report", "runs/first", *reports)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    for name in FORMATS:
        assert (tmp_path / name).read_bytes() == (made / f"{name}.out").read_bytes(), name


def test_without_a_format_it_is_text_and_the_gate_is_not_judged_again(made: Path) -> None:
    done = mmpsync(made, "report", "runs/first")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().startswith("Gate FAILED, match rate 33.33%\n")


def test_last_is_the_run_that_ended_last(made: Path, tmp_path: Path) -> None:
    for name, age in (("b", 30), ("c", 20), ("a", 10)):
        shutil.copytree(made / "runs" / "first", tmp_path / "runs" / name)
        run = tmp_path / "runs" / name / "run.json"
        run.write_text(run.read_text().replace('"id": "', f'"id": "{name}-'))
        os.utime(run, (1_800_000_000 - age, 1_800_000_000 - age))
    done = mmpsync(tmp_path, "report", "last", "--report", "json")
    assert Run.model_validate_json(done.stdout).id.startswith("a-")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("last",), "last: there is no run in runs/ yet; name a run directory"),
        (("nowhere",), "nowhere: no run directory (run.json: No such file or directory)"),
        ((".", "--report", "pdf"), "there is no format 'pdf'. Allowed: text, json,"),
        ((".", "--report", "xlsx=folder"), "it is a directory; name a file in it"),
        ((), "Missing argument 'RUN'"),
    ],
)
def test_what_cannot_be_used_leaves_with_2_and_no_trace(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    (tmp_path / "folder").mkdir()
    done = mmpsync(tmp_path, "report", *arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert words in " ".join(done.stderr.decode().split())
    assert "Traceback" not in done.stderr.decode()
    assert list(tmp_path.rglob("*")) == [tmp_path / "folder"]


@pytest.mark.parametrize("verb", ["reconcile", "report"])
def test_a_missing_extra_says_what_to_install_before_anything_is_read(tmp_path: Path, verb: str) -> None:
    program = "import sys; sys.modules['xlsxwriter'] = None; from mmpsync.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, verb, "nowhere", "--report", "xlsx=out.xlsx"],
        cwd=tmp_path,
        env=environment({}),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert b"--report xlsx needs an optional part of mmpsync: pip install 'mmpsync[report]'" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_ids_are_shown_when_asked_for(made: Path, tmp_path: Path) -> None:
    for arguments, shown in ((("report", "runs/first"), False), (("report", "runs/first", "--unmask"), True)):
        mmpsync(made, *arguments, "--report", f"xlsx={tmp_path / 'out.xlsx'}")
        assert (CUSTOMER in customers(tmp_path / "out.xlsx")) == shown
    out = ("--out", str(tmp_path / "run"), "--unmask", "--report", f"xlsx={tmp_path / 'out.xlsx'}")
    mmpsync(made, "reconcile", "events.csv", "clicks.csv", *AS_OF, *out)
    assert CUSTOMER in customers(tmp_path / "out.xlsx")


def customers(file: Path) -> set[object]:
    heads, *rows = openpyxl.load_workbook(file)["Exceptions"].iter_rows(values_only=True)
    return {row[heads.index("customer_id")] for row in rows}


def test_a_workbook_goes_through_a_pipe_but_never_to_a_terminal(made: Path) -> None:
    done = mmpsync(made, "report", "runs/first", "--report", "xlsx")
    assert done.stdout == (made / "xlsx.out").read_bytes()
    assert openpyxl.load_workbook(io.BytesIO(done.stdout)).sheetnames[0] == "Summary"
    ours, theirs = pty.openpty()
    on_terminal = subprocess.run(
        [sys.executable, "-m", "mmpsync", "report", "runs/first", "--report", "xlsx"],
        cwd=made,
        env=environment({}),
        stdout=theirs,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(theirs)
    os.close(ours)
    assert on_terminal.returncode == 2
    assert b"a terminal cannot show it; give it a file: xlsx=FILE" in on_terminal.stderr


def test_on_github_there_are_text_annotations_and_a_summary(made: Path, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    reports = ("--report", "text", "--report", "github")
    done = mmpsync(made, "report", "runs/first", *reports, GITHUB_STEP_SUMMARY=str(summary))
    lines = done.stdout.decode().splitlines()
    assert "Next: mmpsync explain missing-click-id" in lines
    commands = [line for line in lines if line.startswith("::")]
    assert [line.split(",")[0] for line in commands] == [
        "::error title=ClickId is missing",
        "::error title=No click has this ClickId",
    ]
    assert "file=events.csv,line=4::1 row (33.3%25 of scope), 12.50 EUR at risk." in commands[0]
    assert summary.read_text("utf-8") == (made / "markdown.out").read_text("utf-8")


def test_importing_the_command_imports_nothing_heavy() -> None:
    heavy = ("pandas", "pyarrow", "ibis", "duckdb", "pydantic", "xlsxwriter", "jinja2", "altair")
    program = f"import sys, mmpsync.cli.report; sys.exit(any(name in sys.modules for name in {heavy}))"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_showing_a_run_needs_no_engine(made: Path) -> None:
    program = (
        "import sys; sys.modules |= dict.fromkeys(['duckdb', 'ibis']);"
        "from mmpsync.__main__ import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "report", "runs/first", "--report", "xlsx=again.xlsx"],
        cwd=made,
        env=environment({}),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
