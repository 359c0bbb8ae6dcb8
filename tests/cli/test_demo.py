"""`mmpsync demo`: the sample exports, from a checkout or from the package, and nothing that is there already lost."""

import tomllib
from pathlib import Path

import pytest

from mmpsync.__main__ import run
from mmpsync.cli.demo import AS_OF, CONTENTS, samples
from mmpsync.config import load_config

ROOT = Path(__file__).parents[2]
LARGEST = 1_000_000


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_it_writes_all_sample_exports_and_their_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "my demo"
    assert run(["demo", str(target)]) == 0
    assert sorted(path.name for path in target.iterdir()) == ["exports", "mmpsync.toml"]
    expected = {
        name: data
        for name, data in files(ROOT / "sample_exports").items()
        if name.partition("/")[0] in CONTENTS
    }
    assert files(target / "exports") == expected
    assert sum(map(len, expected.values())) < LARGEST
    assert load_config(target / "mmpsync.toml", environ={}).program.campaign_id == 1000
    said = capsys.readouterr().out
    assert said.splitlines()[-2:] == [f"  cd '{target}'", f"  mmpsync reconcile exports --as-of {AS_OF}"]


def test_what_is_there_is_kept_unless_forced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mmpsync.toml").write_text("mine", "utf-8")
    assert run(["demo", str(tmp_path)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert (tmp_path / "mmpsync.toml").read_text("utf-8") == "mine"
    assert not (tmp_path / "exports").exists()
    assert run(["demo", str(tmp_path), "--force"]) == 0
    assert (tmp_path / "mmpsync.toml").read_text("utf-8") != "mine"


def test_a_file_is_no_place_for_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    assert run(["demo", str(tmp_path / "notes.txt")]) == 2
    assert "notes.txt: is a file; name a folder" in capsys.readouterr().err


def test_what_could_not_be_copied_is_told_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in CONTENTS:
        (tmp_path / "from" / name).mkdir(parents=True)
    (tmp_path / "from" / CONTENTS[0] / "gone.csv").symlink_to(tmp_path / "nowhere")
    monkeypatch.setattr("mmpsync.cli.demo.samples", lambda: tmp_path / "from")
    assert run(["demo", str(tmp_path / "new")]) == 2
    said = capsys.readouterr().err
    assert f"{tmp_path / 'new' / 'exports' / CONTENTS[0] / 'gone.csv'}: cannot be written: " in said
    assert "No such file" in said
    assert "--force" in said


def test_the_package_carries_the_same_folders() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packed = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    names = [*CONTENTS, "mmpsync.toml"]
    assert packed == {f"sample_exports/{name}": f"mmpsync/sample_exports/{name}" for name in names}
    assert samples() == ROOT / "sample_exports"
