"""Folders for what a process keeps on disk while it works, cleared away even if the process was killed."""

import os
import shutil
import sys
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

if sys.platform != "win32":  # what a killed process leaves there stays
    import fcntl

__all__ = ["Scratch"]

_PREFIX = "mmpsync-"
# A lock on this file is let go by the system when its process ends, however that ends.
_IN_USE = ".mmpsync-in-use"


class Scratch:
    """A new folder in `parent` (default: the system's for temporary files), its owner's only, gone when closed.

    What other processes left in `parent` when they were killed is removed first. Raises OSError.
    """

    def __init__(self, parent: Path | None = None, *, prefix: str = _PREFIX) -> None:
        parent = parent or Path(tempfile.gettempdir())
        _clear(parent)
        self._folder = tempfile.TemporaryDirectory(prefix=prefix, dir=parent)
        self.path = Path(self._folder.name)
        self._release = weakref.finalize(self, _release, _hold(self.path))

    def move(self, to: Path) -> None:
        """Give the folder, with all that is in it, another place, where it stays. Raises OSError."""
        (self.path / _IN_USE).unlink(missing_ok=True)
        self.path.replace(to)

    def close(self) -> None:
        """Remove the folder with all that is in it; does nothing the second time."""
        self._folder.cleanup()
        self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _hold(folder: Path) -> int | None:
    """Mark a folder as in use: the open file that does; None where files cannot be locked."""
    if sys.platform == "win32":
        return None
    # It gets its name when it is locked, so that nobody ever sees one that is not.
    draft = folder / f"{_IN_USE}.draft"
    file = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        draft.unlink()
        return None
    draft.rename(folder / _IN_USE)
    return file


def _release(file: int | None) -> None:
    if file is not None:
        os.close(file)


def _clear(parent: Path) -> None:
    """Remove this user's folders in `parent` that a process marked as in use, and which no process holds."""
    with suppress(OSError):
        for entry in os.scandir(parent):
            if entry.name.startswith((_PREFIX, ".")) and entry.is_dir(follow_symlinks=False):
                with suppress(OSError), _abandoned(Path(entry.path)) as folder:
                    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _abandoned(folder: Path) -> Iterator[Path]:
    """The folder, held so that nobody else removes it; raises OSError if it is in use, another's, or none of these."""
    if sys.platform == "win32" or folder.stat().st_uid != os.getuid():
        raise PermissionError
    file = os.open(folder / _IN_USE, os.O_RDWR | os.O_NOFOLLOW)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield folder
    finally:
        os.close(file)
