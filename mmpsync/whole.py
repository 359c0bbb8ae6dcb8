"""A file that is written whole or not at all, readable by its owner only unless it is meant for others."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmpsync.errors import OutputError
from mmpsync.scratch import Scratch

__all__ = ["draft_of", "whole_file"]

_OWNER_ONLY_FILE, _OWNER_ONLY_FOLDER = 0o600, 0o700
_AS_USUAL = 0o777  # less what the umask takes away


@contextmanager
def whole_file(path: str | Path, *, private: bool = True) -> Iterator[Path]:
    """Like `draft_of`, but raises OutputError, which names the file, for every OSError, the block's included."""
    try:
        if Path(path).is_dir():
            raise OutputError(f"{path}: cannot be written: it is a directory; name a file in it")
        with draft_of(path, private=private) as draft:
            yield draft
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error


@contextmanager
def draft_of(path: str | Path, *, private: bool = True) -> Iterator[Path]:
    """A draft to write to, which takes the place of `path` when the block ends well; a link stays one.

    It is its owner's only, and so is a folder made for it, unless it is not `private`. Raises OSError.
    """
    target = Path(os.path.realpath(path))
    target.parent.mkdir(mode=_OWNER_ONLY_FOLDER if private else _AS_USUAL, parents=True, exist_ok=True)
    # Whoever writes to it may make the file anew, open to all: nobody else can look into its folder.
    with Scratch(target.parent, prefix=f".{target.name}.") as folder:
        draft = folder.path / target.name
        yield draft
        if private:
            draft.chmod(_OWNER_ONLY_FILE)
        draft.replace(target)
