"""Where reports go: FORMAT[=FILE] as typed, and the writing of it, whole or not at all."""

import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from mmpsync.errors import OutputError, UsageError
from mmpsync.report.formats import FORMATS
from mmpsync.report.interface import Report, Screen
from mmpsync.run import Run

__all__ = ["STDOUT", "Destination", "deliver", "destinations", "screen"]

STDOUT = "-"
_NARROWEST, _WIDEST = 60, 140


@dataclass(frozen=True)
class Destination:
    """One report and the file it goes to; None is stdout."""

    report: Report
    file: Path | None


def destinations(wanted: Sequence[str]) -> tuple[Destination, ...]:
    """Read what was given to --report: `text`, `json=out.json`; without a file, or with `-`, it is stdout.

    Raises UsageError for an unknown format and for two reports in one place, and OutputError for a file
    that cannot be written, as far as that can be told beforehand.
    """
    found = tuple(_destination(text) for text in wanted)
    on_stdout = [place.report.name for place in found if place.file is None]
    if len(on_stdout) > 1:
        raise UsageError(
            f"--report: {' and '.join(on_stdout)} would all go to stdout; give all but one a file,"
            f" such as {on_stdout[-1]}=FILE"
        )
    files = [_real(place.file) for place in found if place.file is not None]
    for file in files:
        if files.count(file) > 1:
            raise UsageError(f"--report: more than one report would go to {file}; give each its own file")
    return found


def _destination(text: str) -> Destination:
    name, equals, file = text.partition("=")
    if name not in FORMATS:
        raise UsageError(f"--report {text}: there is no format {name!r}. Allowed: {', '.join(FORMATS)}.")
    if equals and not file:
        raise UsageError(f"--report {text}: name a file after the equals sign, or {STDOUT} for stdout")
    if file in {"", STDOUT}:
        return Destination(FORMATS[name], None)
    try:
        obstacle = _obstacle(Path(file))
    except OSError as error:
        obstacle = _reason(error)
    if obstacle:
        raise OutputError(f"--report {text}: {file} cannot be written: {obstacle}")
    return Destination(FORMATS[name], Path(file))


def _obstacle(file: Path) -> str | None:
    """Tell what would keep a file from being written; nobody should learn it after a long run."""
    if file.is_dir():
        return "it is a directory; name a file in it"
    folder = next(parent for parent in _real(file).parents if parent.exists())
    if not folder.is_dir():
        return f"{folder} is no directory"
    return None if os.access(folder, os.W_OK | os.X_OK) else f"no permission to write to {folder}"


def deliver(run: Run, places: Iterable[Destination]) -> None:
    """Render the run for every place: files first, then stdout. Raises OutputError.

    A file is created readable by its owner only, under a temporary name, and renamed once it is whole.
    """
    for place in sorted(places, key=lambda place: place.file is None):
        if place.file is None:
            sys.stdout.write(place.report.render(run, screen()))
            continue
        text = place.report.render(run)
        try:
            _write(place.file, text)
        except OSError as error:
            whole = f"; the run itself is whole in {run.directory}" if run.directory else ""
            raise OutputError(
                f"--report {place.report.name}: {place.file} cannot be written: {_reason(error)}{whole}"
            ) from error


def screen() -> Screen:
    """Tell how wide stdout is, within reason, and whether it shows colours: a terminal does, without NO_COLOR."""
    console = Console(file=sys.stdout)
    colour = console.is_terminal and console.color_system is not None and not console.no_color
    return Screen(width=min(max(console.width, _NARROWEST), _WIDEST), colour=colour)


def _write(file: Path, text: str) -> None:
    if file.exists() and not file.is_file():  # a pipe or a device, which nothing may be renamed onto
        file.write_text(text, "utf-8", errors="backslashreplace")
        return
    target = _real(file)
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)  # mode 0600
    draft = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
            stream.write(text)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _real(file: Path) -> Path:
    return Path(os.path.realpath(file))


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
