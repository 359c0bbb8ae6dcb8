import io
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mmpsync.errors import MissingExtraError, OutputError, UsageError
from mmpsync.report.destinations import Destination, deliver, destinations, screen
from mmpsync.report.formats import FORMATS
from mmpsync.report.interface import PAGE, Report, Screen
from mmpsync.run import Run

TEXT, JSON = FORMATS["text"], FORMATS["json"]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("FORCE_COLOR", "NO_COLOR", "COLUMNS", "TTY_COMPATIBLE", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("text", "report", "file"),
    [
        ("text", TEXT, None),
        ("json=-", JSON, None),
        ("json=out.json", JSON, "out.json"),
        ("json=a=b.json", JSON, "a=b.json"),
    ],
)
def test_a_destination_is_a_format_and_a_file(text: str, report: Report, file: str | None) -> None:
    assert destinations([text]) == (Destination(report, Path(file) if file else None),)


def test_an_unknown_format_names_the_formats() -> None:
    with pytest.raises(UsageError, match=rf"no format 'jsn'. Allowed: {', '.join(FORMATS)}\."):
        destinations(["jsn=out.json"])


def test_no_file_after_the_equals_sign_is_a_slip() -> None:
    with pytest.raises(UsageError, match=r"--report json=: name a file"):
        destinations(["json="])


def test_one_report_at_most_goes_to_stdout() -> None:
    with pytest.raises(UsageError, match=r"json and text would all go to stdout.*text=FILE"):
        destinations(["json", "text=-"])


def test_two_reports_never_share_a_file(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("out")
    with pytest.raises(UsageError, match="more than one report"):
        destinations(["json=out", "text=./link"])


@pytest.mark.parametrize(
    ("file", "why"),
    [("folder", "is a directory"), ("file/out.json", "is no directory"), ("x" * 300, "too long")],
)
def test_a_file_that_cannot_be_written_is_refused_beforehand(tmp_path: Path, file: str, why: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=why) as caught:
        destinations([f"json={file}"])
    assert file in str(caught.value)


def test_a_report_is_its_owners_and_replaces_an_older_one(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "new" / "folder" / "out.json"
    for _ in range(2):
        deliver(run, destinations([f"json={file}"]))
        assert file.read_text("utf-8") == JSON.render(run)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
        assert list(file.parent.iterdir()) == [file]
        file.chmod(0o644)


def test_what_a_link_points_to_is_replaced_and_the_link_stays(run: Run, tmp_path: Path) -> None:
    (tmp_path / "real.json").touch()
    (tmp_path / "link.json").symlink_to("real.json")
    deliver(run, destinations(["json=link.json"]))
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "real.json").read_text("utf-8") == JSON.render(run)


def test_a_device_is_written_to_and_not_replaced(run: Run) -> None:
    deliver(run, destinations(["json=/dev/null"]))
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_a_report_that_fails_leaves_the_older_one_and_nothing_else(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "out.json").write_text("older")
    monkeypatch.setattr(Path, "write_bytes", _full_disk)
    with pytest.raises(OutputError, match=r"out.json cannot be written: No space left.*whole in runs"):
        deliver(run, [Destination(JSON, Path("out.json"))])
    assert [file.read_text() for file in tmp_path.iterdir()] == ["older"]


def _full_disk(path: Path, data: bytes) -> int:
    with path.open("wb") as stream:
        stream.write(data[: len(data) // 2])
    raise OSError(28, "No space left on device")


def test_files_come_first_so_that_a_closed_stdout_costs_none(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout", _Closed())
    with pytest.raises(BrokenPipeError):
        deliver(run, destinations(["text", "json=out.json"]))
    assert (tmp_path / "out.json").exists()


class _Closed(io.StringIO):
    def write(self, _text: str) -> int:
        raise BrokenPipeError


def test_stdout_gets_the_report_and_nothing_else(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    deliver(run, destinations(["json"]))
    assert capsys.readouterr() == (JSON.render(run), "")


@pytest.mark.parametrize(("columns", "width"), [("20", 60), ("80", 80), ("300", 140)])
def test_lines_are_as_wide_as_the_terminal_within_reason(
    columns: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert screen() == Screen(width=width, colour=False)


def test_a_terminal_has_colours_unless_they_are_unwanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    assert screen().colour
    monkeypatch.setenv("NO_COLOR", "1")
    assert not screen().colour


BYTES = Report(name="bytes", render=lambda _run, _screen=PAGE, /: b"\x00\xff", binary=True)


def test_reports_that_are_lines_share_stdout_and_others_do_not() -> None:
    assert [place.report.name for place in destinations(["text", "github"])] == ["text", "github"]
    with pytest.raises(UsageError, match="text and json would all go to stdout"):
        destinations(["text", "json"])


def test_github_goes_to_the_summary_of_the_step_as_well(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = tmp_path / "step-summary.md"
    summary.write_text("# An earlier step\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    deliver(run, destinations(["github"]))
    assert capsys.readouterr().out == FORMATS["github"].render(run)
    assert summary.read_text("utf-8") == f"# An earlier step\n{FORMATS['markdown'].render(run)}"
    monkeypatch.delenv("GITHUB_STEP_SUMMARY")
    assert destinations(["github"]) == (Destination(FORMATS["github"], None),)


def test_a_step_summary_that_cannot_be_written_is_an_error_that_names_it(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    with pytest.raises(OutputError, match=f"{tmp_path} cannot be written: Is a directory"):
        deliver(run, destinations(["github"]))


def test_bytes_are_written_as_they_are(
    run: Run, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    deliver(run, [Destination(BYTES, tmp_path / "out.bin"), Destination(BYTES, None)])
    assert (tmp_path / "out.bin").read_bytes() == b"\x00\xff"
    assert capfdbinary.readouterr().out == b"\x00\xff"


def test_bytes_are_not_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    with pytest.raises(
        UsageError, match="--report xlsx: a terminal cannot show it; give it a file: xlsx=FILE"
    ):
        destinations(["xlsx"])
    assert destinations(["xlsx=out.xlsx", "text"])


def test_a_format_whose_modules_are_missing_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    there = {"xlsxwriter"}
    monkeypatch.setattr(
        "mmpsync.report.destinations.find_spec", lambda name: None if name in there else object()
    )
    with pytest.raises(MissingExtraError, match=r"--report xlsx needs .*: pip install 'mmpsync\[report\]'"):
        destinations(["text", "xlsx=out.xlsx"])
    assert destinations(["html=out.html"])


@pytest.mark.parametrize("report", FORMATS.values(), ids=FORMATS)
def test_a_format_needs_no_module_that_it_does_not_name(report: Report) -> None:
    program = f"""
import sys
sys.modules |= dict.fromkeys({{"altair", "jinja2", "vl_convert", "xlsxwriter"}} - set({report.needs}))
from mmpsync.run import Run
from mmpsync.report.formats import FORMATS
FORMATS[{report.name!r}].render(Run.model_validate_json(sys.stdin.read()))
"""
    assert (
        subprocess.run([sys.executable, "-c", program], input=EMPTY, text=True, check=False).returncode == 0
    )


EMPTY = """{"id": "x", "mmpsync_version": "1", "engine": "duckdb", "started": "2026-03-01T00:00:00Z",
"finished": "2026-03-01T00:00:00Z", "as_of": "2026-03-01T00:00:00Z", "config": {}, "assumptions": [],
"files": [], "left_out": [], "clicks": {"records": 0}, "summary": {"rows": 0, "in_scope": 0, "verdicts": [],
"match_rate": null, "match_rate_by_amount": {}, "click_id_coverage": null, "at_risk": []},
"reason_summaries": [], "groups": [], "completeness": [], "ctit": {"installs": 0}, "advice": [],
"gate": {"passed": true}}"""


def test_ids_are_shown_when_asked_for(
    run: Run, secrets: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for unmask in (False, True):
        deliver(run, destinations(["text", f"json={tmp_path / 'out.json'}"]), unmask=unmask)
        shown = "".join(capsys.readouterr().out.split())
        assert (secrets[0] in shown) == unmask
        assert (secrets[3] in (tmp_path / "out.json").read_text("utf-8")) == unmask
