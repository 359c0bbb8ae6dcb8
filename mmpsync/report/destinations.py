"""Where reports go: FORMAT[=FILE] as typed, and the writing of it, whole or not at all."""

import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
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
    """Read what was given to --report: `text`, `json=out.json`; `-` or nothing for the file is stdout.

    Raises UsageError for an unknown format and for two reports in one place, OutputError for a directory.
    """
    found = tuple(_destination(text) for text in wanted)
    places = [None if d.file is None else d.file.resolve() for d in found]
    for place in dict.fromkeys(places):
        if places.count(place) > 1:
            raise UsageError(_crowded(place, [d.report.name for d in found if d.file is None]))
    return found


def _destination(text: str) -> Destination:
    name, equals, file = text.partition("=")
    if name not in FORMATS:
        raise UsageError(f"--report {text}: no format {name!r}; there are {', '.join(FORMATS)}")
    if equals and not file:
        raise UsageError(f"--report {text}: name the file after the equals sign, or {STDOUT} for stdout")
    if Path(file).is_dir() and file:
        raise OutputError(f"--report {text}: {file} is a directory; name a file in it")
    return Destination(FORMATS[name], None if file in {"", STDOUT} else Path(file))


def _crowded(place: Path | None, on_stdout: Sequence[str]) -> str:
    if place is not None:
        return f"--report: more than one report would go to {place}; give each a file of its own"
    names = " and ".join(on_stdout)
    return f"--report: {names} would all go to stdout; give all but one a file, such as {on_stdout[-1]}=FILE"


def deliver(run: Run, places: Iterable[Destination]) -> None:
    """Render the run for every place: files first, then stdout. Raises OutputError.

    A file is created readable by its owner only, under a temporary name, and renamed once it is whole.
    """
    for place in sorted(places, key=lambda place: place.file is None):
        if place.file is None:
            sys.stdout.write(place.report.render(run, screen()))
        else:
            try:
                _write(place.file, place.report.render(run))
            except OSError as error:
                reason = error.strerror or str(error)
                raise OutputError(f"--report {place.report.name}={place.file}: cannot be written: {reason}") from error


def screen() -> Screen:
    """What stdout is: its width, within reason, and whether it shows colours (a terminal, and no NO_COLOR)."""
    console = Console(file=sys.stdout)
    colour = console.is_terminal and console.color_system is not None and not console.no_color
    return Screen(width=min(max(console.width, _NARROWEST), _WIDEST), colour=colour)


def _write(file: Path, text: str) -> None:
    if file.exists() and not file.is_file():  # a pipe or a device, which nothing may be renamed onto
        file.write_text(text, "utf-8", errors="backslashreplace")
        return
    target = file.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)  # mode 0600
    try:
        with open(handle, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
            stream.write(text)
        os.replace(draft, target)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(draft)
