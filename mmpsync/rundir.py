"""The run directory: written beside its final place under a temporary name, then moved there whole."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mmpsync.errors import OutputError
from mmpsync.run import RUN_FILE
from mmpsync.scratch import Scratch

__all__ = ["new_run_directory"]

_OWNER_ONLY_FILE, _OWNER_ONLY_FOLDER = 0o600, 0o700


@contextmanager
def new_run_directory(final: Path) -> Iterator[Path]:
    """A directory to write into, owner only, which becomes `final` when the block ends well.

    An earlier run at `final` is replaced; anything else that stands there is not touched. Raises OutputError
    when the place cannot be used.
    """
    final = final.resolve()
    if final == Path.cwd():
        raise OutputError(f"{final}: is the current folder; give --out a folder of its own")
    if final.exists() and not _replaceable(final):
        raise OutputError(f"{final}: exists and is no run directory; give another --out")
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        draft = Scratch(final.parent, prefix=f".{final.name}.")
    except OSError as error:
        raise OutputError(f"{final}: cannot be written: {error.strerror}") from error
    with draft:
        yield draft.path
        for file in draft.path.rglob("*"):
            file.chmod(_OWNER_ONLY_FOLDER if file.is_dir() else _OWNER_ONLY_FILE)
        try:
            _move(draft, final)
        except OSError as error:
            raise OutputError(f"{final}: cannot be written: {error.strerror}") from error


def _replaceable(final: Path) -> bool:
    return final.is_dir() and ((final / RUN_FILE).exists() or not any(final.iterdir()))


def _move(draft: Scratch, final: Path) -> None:
    if final.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{final.name}.", dir=final.parent))
        try:
            final.replace(old)
            draft.move(final)
        except BaseException:
            # Unless another run has taken the place meanwhile, the earlier one stays.
            with suppress(OSError):
                old.replace(final)
            raise
        finally:
            shutil.rmtree(old, ignore_errors=True)
    else:
        draft.move(final)
