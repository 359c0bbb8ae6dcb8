"""`mmpsync demo`: the sample exports and their configuration, to try mmpsync on."""

import shlex
import shutil
from pathlib import Path
from typing import Annotated

import typer

from mmpsync.errors import OutputError

__all__ = ["AS_OF", "CONTENTS", "demo", "samples"]

AS_OF = "2026-03-20T00:00:00Z"
"""The day on which the sample exports are of yesterday."""
_CONFIG = "mmpsync.toml"
_EXPORTS = "exports"
CONTENTS = (
    "adjust",
    "appsflyer",
    "appsflyer_data_locker",
    "branch",
    "impact",
    "impact_actions",
    "kochava",
    "segment",
)
"""The folders of sample_exports that are exports; pyproject.toml packs the same ones."""


def demo(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Write them here; it is made if need be.")],
    *,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there already.")] = False,
) -> None:
    """Write sample exports of five MMPs and a mmpsync.toml for them, to try everything on.

    They are invented, and full of planted faults.
    """
    if directory.is_file():
        raise OutputError(f"{directory}: is a file; name a folder to write the sample exports into")
    taken = [path for path in (directory / _CONFIG, directory / _EXPORTS) if path.exists()]
    if taken and not force:
        raise OutputError(f"{taken[0]}: is there already; name another folder, or overwrite it with --force")
    source = samples()
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name in CONTENTS:
            shutil.copytree(source / name, directory / _EXPORTS / name, dirs_exist_ok=True)
        shutil.copyfile(source / _CONFIG, directory / _CONFIG)
    except shutil.Error as error:
        place, why = error.args[0][0][1:]
        raise OutputError(
            f"{place}: cannot be written: {why}; run again with --force when it can, or delete {directory}"
        ) from error
    except OSError as error:
        raise OutputError(f"{error.filename or directory}: cannot be written: {error.strerror}") from error
    typer.echo(f"{directory / _EXPORTS} and {directory / _CONFIG} written. Next:")
    if directory.resolve() != Path.cwd():
        typer.echo(f"  cd {shlex.quote(str(directory))}")
    typer.echo(f"  mmpsync reconcile {_EXPORTS} --as-of {AS_OF}")


def samples() -> Path:
    """Where the sample exports are: in the package, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    packed = package / "sample_exports"
    return packed if packed.is_dir() else package.parent / "sample_exports"
