"""A run directory is there whole or not at all, and its owner's only."""

from contextlib import suppress
from pathlib import Path
from stat import S_IMODE

import pytest

from mmpsync.errors import OutputError
from mmpsync.run import RUN_FILE
from mmpsync.rundir import new_run_directory


def write_run(directory: Path, text: str = "{}") -> None:
    (directory / RUN_FILE).write_text(text)


def fail(final: Path, error: type[BaseException]) -> None:
    """A run that gets as far as its files."""
    with new_run_directory(final) as draft:
        write_run(draft, "later")
        raise error


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_a_run_directory_is_not_there_before_it_is_whole(tmp_path: Path) -> None:
    final = tmp_path / "deep" / "run"
    with new_run_directory(final) as draft:
        write_run(draft)
        assert not final.exists()
    assert names(final) == [RUN_FILE]
    assert names(final.parent) == ["run"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_a_run_that_ends_badly_leaves_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error):
        fail(tmp_path / "run", error)
    assert names(tmp_path) == []


def test_a_run_that_ends_badly_leaves_the_earlier_one_as_it_was(tmp_path: Path) -> None:
    final = tmp_path / "run"
    with new_run_directory(final) as draft:
        write_run(draft, "earlier")
    with pytest.raises(RuntimeError):
        fail(final, RuntimeError)
    assert (final / RUN_FILE).read_text() == "earlier"
    assert names(tmp_path) == ["run"]


def test_an_earlier_run_is_replaced_as_a_whole(tmp_path: Path) -> None:
    final = tmp_path / "run"
    with new_run_directory(final) as draft:
        write_run(draft, "earlier")
        (draft / "report.html").write_text("of the earlier run")
    with new_run_directory(final) as draft:
        write_run(draft, "later")
        assert (final / RUN_FILE).read_text() == "earlier"
    assert names(final) == [RUN_FILE]
    assert (final / RUN_FILE).read_text() == "later"
    assert names(tmp_path) == ["run"]


def test_of_two_runs_that_end_in_one_place_at_once_one_stays_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    final = tmp_path / "run"
    with new_run_directory(final) as draft:
        write_run(draft, "earlier")
    replace = Path.replace

    def overtaken(path: Path, target: Path) -> Path:
        done = replace(path, target)
        if path == final:
            final.mkdir()
            write_run(final, "the other")
        return done

    monkeypatch.setattr(Path, "replace", overtaken)
    with pytest.raises(OutputError, match="cannot be written"), new_run_directory(final) as draft:
        write_run(draft, "later")
    assert (final / RUN_FILE).read_text() == "the other"
    assert names(tmp_path) == ["run"]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_run_that_cannot_take_its_place_leaves_the_earlier_one_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    final = tmp_path / "run"
    with new_run_directory(final) as draft:
        write_run(draft, "earlier")
    replace = Path.replace

    def fails(path: Path, target: Path) -> Path:
        if target == final and (path / RUN_FILE).read_text() == "later":
            raise error
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises((OutputError, KeyboardInterrupt)), new_run_directory(final) as draft:
        write_run(draft, "later")
    assert (final / RUN_FILE).read_text() == "earlier"
    assert names(tmp_path) == ["run"]


def test_an_empty_directory_is_used(tmp_path: Path) -> None:
    with new_run_directory(tmp_path) as draft:
        write_run(draft)
    assert names(tmp_path) == [RUN_FILE]


def test_a_folder_that_holds_anything_else_is_refused_and_not_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(OutputError, match="no run directory"), new_run_directory(tmp_path):
        pytest.fail("the block must not run")
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
    assert names(tmp_path) == ["thesis.txt"]


def test_a_file_is_refused_and_not_touched(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file")
    with pytest.raises(OutputError, match="no run directory"), new_run_directory(tmp_path / "run"):
        pytest.fail("the block must not run")
    assert (tmp_path / "run").read_text() == "a file"


def test_a_place_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file")
    with pytest.raises(OutputError, match="file"), new_run_directory(tmp_path / "file" / "run"):
        pytest.fail("the block must not run")


@pytest.mark.parametrize("target", ["nowhere", "an earlier run", "an empty folder"])
def test_a_link_is_followed_or_refused_but_never_a_bug(tmp_path: Path, target: str) -> None:
    if target != "nowhere":
        (tmp_path / target).mkdir()
    if target == "an earlier run":
        write_run(tmp_path / target)
    (tmp_path / "latest").symlink_to(tmp_path / target)
    with suppress(OutputError), new_run_directory(tmp_path / "latest") as draft:
        write_run(draft, "later")
    assert not [name for name in names(tmp_path) if name.startswith(".")]


def test_the_current_folder_is_used_or_refused_but_never_a_bug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with suppress(OutputError), new_run_directory(Path()) as draft:
        write_run(draft)
    assert not [name for name in names(tmp_path) if name.startswith(".")]


def test_only_their_owner_reads_the_files_however_they_were_made(tmp_path: Path) -> None:
    final = tmp_path / "run"
    with new_run_directory(final) as draft:
        write_run(draft)
        (draft / "clean.parquet").mkdir()
        for each in (draft / "clean.parquet" / "part-0.parquet", draft / RUN_FILE):
            each.touch()
            each.chmod(0o666)
        (draft / "clean.parquet").chmod(0o777)
    modes = {str(each.relative_to(tmp_path)): S_IMODE(each.stat().st_mode) for each in tmp_path.rglob("*")}
    assert modes == {
        "run": 0o700,
        f"run/{RUN_FILE}": 0o600,
        "run/clean.parquet": 0o700,
        "run/clean.parquet/part-0.parquet": 0o600,
    }
