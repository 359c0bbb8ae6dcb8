"""A file that is written whole or not at all, readable by its owner only."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmpsync.errors import OutputError
from mmpsync.scratch import Scratch

__all__ = ["whole_file"]

_OWNER_ONLY = 0o600


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """A draft to write to, which takes the place of `path` when the block ends well. Raises OutputError."""
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise OutputError(f"{path}: cannot be written: it is a directory; name a file in it")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Whoever writes to it may make the file anew, open to all: nobody else can look into its folder.
        with Scratch(target.parent, prefix=f".{target.name}.") as folder:
            draft = folder.path / target.name
            yield draft
            draft.chmod(_OWNER_ONLY)
            draft.replace(target)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error
