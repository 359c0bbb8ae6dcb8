"""Folders for what a process keeps on disk: gone when it ends, and after it was killed, too."""

import errno
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mmpsync.scratch import Scratch

HOLDING = """
import sys
from pathlib import Path
from mmpsync.scratch import Scratch

scratch = Scratch(Path(sys.argv[1]), prefix=sys.argv[2])
(scratch.path / "rows.csv").write_text("rows")
print(scratch.path, flush=True)
sys.stdin.read()
"""


@contextmanager
def holding(parent: Path, prefix: str = "mmpsync-") -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Another process that has a folder in `parent` for as long as it is let live."""
    command = [sys.executable, "-c", HOLDING, str(parent), prefix]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process, Path(process.stdout.readline().strip())


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_a_folder_is_its_owners_only_and_gone_when_closed(tmp_path: Path) -> None:
    with Scratch(tmp_path) as scratch:
        (scratch.path / "rows.csv").write_text("rows")
        assert scratch.path.stat().st_mode & 0o777 == 0o700
        assert {file.stat().st_mode & 0o077 for file in scratch.path.glob(".*")} <= {0}
    assert not list(tmp_path.iterdir())
    scratch.close()


@pytest.mark.parametrize("prefix", ["mmpsync-", ".report.html."])
def test_what_a_killed_process_left_goes_with_the_next_and_what_a_living_one_has_stays(
    tmp_path: Path, prefix: str
) -> None:
    with holding(tmp_path, prefix) as (killed, left), holding(tmp_path, prefix) as (living, used):
        kill(killed)
        assert (left / "rows.csv").exists()
        with Scratch(tmp_path):
            assert not left.exists()
            assert (used / "rows.csv").exists()
        living.communicate("")
    assert not used.exists()


def test_nothing_is_cleared_away_that_was_not_marked_as_in_use(tmp_path: Path) -> None:
    for name in ("mmpsync-notes", ".config", "mmpsync-file", "exports"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "kept").write_text("kept")
    elsewhere = tmp_path / "elsewhere"
    with holding(tmp_path) as (killed, left):
        kill(killed)
    left.rename(elsewhere)
    (tmp_path / "mmpsync-link").symlink_to(elsewhere)
    with Scratch(tmp_path):
        pass
    names = {"mmpsync-notes", ".config", "mmpsync-file", "exports", "elsewhere", "mmpsync-link"}
    assert {path.name for path in tmp_path.iterdir()} == names
    assert (elsewhere / "rows.csv").exists()


def test_a_moved_folder_stays_without_a_mark(tmp_path: Path) -> None:
    with Scratch(tmp_path, prefix=".run.") as scratch:
        (scratch.path / "run.json").write_text("{}")
        scratch.move(tmp_path / "run")
    with Scratch(tmp_path):
        pass
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["run.json"]
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_place_that_nobody_may_write_to_is_an_error_of_the_systems(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Scratch(tmp_path / "missing")


def test_a_folder_is_held_where_files_cannot_be_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with holding(tmp_path) as (killed, left):
        kill(killed)

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    with Scratch(tmp_path) as scratch:
        assert not list(scratch.path.iterdir())
        assert left.exists()
