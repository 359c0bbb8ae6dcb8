"""Which files paths stand for."""

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from mmpsync.errors import InputError
from mmpsync.ingest.files import Found, find, partitions


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with exports, what lies beside them, and what a job leaves behind."""
    monkeypatch.chdir(tmp_path)
    files = ["b.csv", "a.csv", "deep/er/c.csv.gz", "deep/d.parquet", "deep/noending"]
    beside = [
        "README.md", "mmpsync.toml", "generate.py", "query.sql", ".hidden.csv", ".git/e.csv", "_SUCCESS", "deep/_SUCCESS",
        "deep/_temporary/0/part.csv", "_planted.json", "runs/1/run.json", "runs/1/exceptions.parquet",
        "runs/1/exceptions.csv",
    ]  # fmt: skip
    for name in files + beside:
        (tmp_path / "exports" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "exports" / name).write_text("a,b\n")
    return tmp_path


EXPORTS = [
    "exports/a.csv",
    "exports/b.csv",
    "exports/deep/d.parquet",
    "exports/deep/er/c.csv.gz",
    "exports/deep/noending",
]


def paths(given: Iterable[str]) -> list[str]:
    return [found.path for found in find(list(given))]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("given", ["exports", "exports/", "./exports"])
def test_a_folder_stands_for_the_exports_in_it_and_in_its_folders_sorted(given: str) -> None:
    assert paths([given]) == EXPORTS


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("exports/*.csv", EXPORTS[:2]),
        ("exports/[ab].csv", EXPORTS[:2]),
        ("exports/?.csv", EXPORTS[:2]),
        ("exports/**/*.gz", EXPORTS[3:4]),
        ("exports/dee*", EXPORTS[2:]),
        ("exports/runs/*", []),
    ],
)
def test_a_pattern_stands_for_what_matches_folders_included(pattern: str, expected: list[str]) -> None:
    assert paths([pattern]) == expected


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(folder: Path) -> None:
    (folder / "[ab].csv").write_text("a,b\n")
    (folder / "a.csv").write_text("a,b\n")
    assert find(["[ab].csv"]) == [Found("[ab].csv", named=True)]


@pytest.mark.usefixtures("folder")
def test_a_file_given_by_its_path_is_taken_whatever_it_is_called() -> None:
    assert find(["exports/README.md", "exports/.hidden.csv"]) == [
        Found("exports/.hidden.csv", named=True),
        Found("exports/README.md", named=True),
    ]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "given",
    [
        ["exports", "exports"],
        ["exports", "exports/a.csv", "exports/*.csv"],
        ["exports/deep", "exports"],
        ["exports", "./exports/a.csv"],
        ["exports", "exports//a.csv"],
        ["exports", "exports/deep/../a.csv"],
        ["exports", "{cwd}/exports/a.csv"],
    ],
    ids=" ".join,
)
def test_every_file_is_found_once_however_often_it_is_given(given: list[str]) -> None:
    assert len(paths(path.replace("{cwd}", str(Path.cwd())) for path in given)) == len(EXPORTS)


def test_every_file_is_found_once_however_many_links_lead_to_it(folder: Path) -> None:
    (folder / "exports/deep/again").symlink_to(folder / "exports")
    assert paths(["exports"]) == EXPORTS


@pytest.mark.usefixtures("folder")
def test_a_file_that_the_user_named_is_known_to_be_named() -> None:
    named = {found.path: found.named for found in find(["exports", "exports/a.csv"])}
    assert named == {path: path == "exports/a.csv" for path in EXPORTS}


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("missing.csv", "missing.csv: no such file or folder"),
        ("exports/*.orc", r"exports/\*.orc: no file matches"),
        ("-", "stdin.*read twice"),
        ("exports/runs/1", "exports/runs/1: a finished run.*mmpsync report exports/runs/1"),
    ],
)
def test_what_stands_for_no_file_is_an_error_that_says_so(given: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        find(["exports", given])


def test_a_folder_that_cannot_be_looked_into_is_an_error_that_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    (folder / "exports" / "closed").mkdir()
    monkeypatch.setattr(Path, "is_file", closed)
    monkeypatch.setattr(Path, "iterdir", closed)
    with pytest.raises(InputError, match="exports: cannot be searched: Permission denied"):
        find(["exports"])


def test_an_empty_folder_stands_for_no_file(folder: Path) -> None:
    (folder / "empty").mkdir()
    assert find(["empty"]) == []


def test_a_pipe_is_refused_because_it_can_be_read_only_once(folder: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"{activity_kind},{created_at}\ninstall,1772366400\n")
    os.close(writing)
    try:
        with pytest.raises(InputError, match=f"/dev/fd/{reading}"):
            find([f"/dev/fd/{reading}"])
    finally:
        os.close(reading)
    assert folder.exists()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("t=installs/dt=2026-03-01/h=0/app_id=id123/part-0.csv", {"t": "installs", "dt": "2026-03-01", "h": "0", "app_id": "id123"}),
        ("T=inapps/h=late/x", {"t": "inapps", "h": "late"}),
        ("app_id=com.acme%2Fshop/x", {"app_id": "com.acme/shop"}),
        ("a=b=c/x", {"a": "b=c"}),
        ("t=/x", {"t": ""}),
        ("no folder/t=installs.csv", {}),
        ("=x/1=y/x", {}),
    ],
)  # fmt: skip
def test_the_folders_of_a_path_tell_its_partitions(path: str, expected: dict[str, str]) -> None:
    assert partitions(path) == expected
