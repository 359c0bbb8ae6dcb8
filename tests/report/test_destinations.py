import io
import os
import stat
from pathlib import Path

import pytest

from mmpsync.errors import OutputError, UsageError
from mmpsync.report.destinations import Destination, deliver, destinations, screen
from mmpsync.report.formats import FORMATS
from mmpsync.report.interface import Report, Screen
from mmpsync.run import Run

TEXT, JSON = FORMATS["text"], FORMATS["json"]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("FORCE_COLOR", "NO_COLOR", "COLUMNS", "TTY_COMPATIBLE"):
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
    monkeypatch.setattr("mmpsync.report.destinations.os.fdopen", _full_disk)
    with pytest.raises(OutputError, match=r"out.json cannot be written: No space left.*whole in runs"):
        deliver(run, [Destination(JSON, Path("out.json"))])
    assert [file.read_text() for file in tmp_path.iterdir()] == ["older"]


def _full_disk(handle: int, *_: object, **__: object) -> None:
    os.close(handle)
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
