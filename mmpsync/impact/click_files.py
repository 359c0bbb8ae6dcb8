"""Click exports as files, one a program and day, and a hidden note of the job of each that is under way."""

import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from mmpsync.whole import whole_file

__all__ = ["ClickFiles", "Note"]


@dataclass(frozen=True)
class Note:
    """The job that makes an export; `is_replayed` when it was begun anew already."""

    job: str
    is_replayed: bool = False


@dataclass(frozen=True)
class ClickFiles:
    """The click files of a program in a folder.

    A note stays while its file is not there, so that whoever comes after a kill goes on with the same job. It holds
    the job's id, not its address: that holds the Account SID.
    """

    folder: Path
    program: str

    def file(self, day: date) -> Path:
        """Where the clicks of a day are, or belong."""
        return self.folder / f"clicks_{self.program}_{day}.json"

    def note(self, day: date) -> Note | None:
        """The note of a day; None without one, or with one that nobody can read."""
        try:
            return Note(**json.loads(self._note_file(day).read_bytes()))
        except (OSError, ValueError, TypeError):
            return None

    def write_note(self, day: date, note: Note) -> None:
        """Note the job of a day. Raises OutputError."""
        with whole_file(self._note_file(day)) as draft:
            draft.write_text(json.dumps(asdict(note)), "utf-8")

    def drop_note(self, day: date) -> None:
        """Forget the job of a day."""
        self._note_file(day).unlink(missing_ok=True)

    def _note_file(self, day: date) -> Path:
        return self.folder / f".clicks_{self.program}_{day}.job"
