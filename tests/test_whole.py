"""A file that is written whole or not at all."""

from pathlib import Path
from stat import S_IMODE

import pytest

from mmpsync.errors import OutputError
from mmpsync.whole import draft_of, whole_file


def test_it_is_there_when_the_block_ends_well_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "new" / "file"
    with whole_file(file) as draft:
        draft.write_text("whole")
        assert not file.exists()
    assert [(each.name, each.read_text()) for each in file.parent.iterdir()] == [("file", "whole")]
    assert (S_IMODE(file.stat().st_mode), S_IMODE(file.parent.stat().st_mode)) == (0o600, 0o700)


def test_what_is_not_private_has_the_modes_of_any_new_file(tmp_path: Path) -> None:
    file, usual = tmp_path / "new" / "file", tmp_path / "usual" / "file"
    usual.parent.mkdir()
    usual.touch()
    with whole_file(file, private=False) as draft:
        draft.write_text("whole")
    for ours, theirs in ((file, usual), (file.parent, usual.parent)):
        assert ours.stat().st_mode == theirs.stat().st_mode


def test_a_draft_says_what_is_wrong_as_the_system_does(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileExistsError), draft_of(tmp_path / "file" / "below"):
        pass


def test_otherwise_what_was_there_stays(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("before")

    def interrupted() -> None:
        with whole_file(file) as draft:
            draft.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("file", "before")]


def test_a_link_stays_one_and_its_target_is_written(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with whole_file(tmp_path / "link") as draft:
        draft.write_text("whole")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "whole"


@pytest.mark.parametrize("place", ["", "file/below"])
def test_a_place_that_cannot_be_written_is_told(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"), whole_file(tmp_path / place):
        pass
