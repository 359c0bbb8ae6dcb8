"""Where reports go: FORMAT[=FILE] as typed, and the writing of it, whole or not at all."""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Generic

from rich.console import Console

from mmpsync.errors import MissingExtraError, OutputError, UsageError
from mmpsync.report.formats import FORMATS
from mmpsync.report.interface import PAGE, Report, Result, Screen
from mmpsync.run import Run
from mmpsync.whole import draft_of

__all__ = ["STDOUT", "Destination", "deliver", "destinations", "destinations_of", "screen"]

STDOUT = "-"
_EXTRA = "report"
_NARROWEST, _WIDEST = 60, 140
# GitHub Actions: what is appended to the file named here stands on the run's page, as Markdown.
_STEP_SUMMARY = "GITHUB_STEP_SUMMARY"


@dataclass(frozen=True)
class Destination(Generic[Result]):
    """One report and the file it goes to, None being stdout; `append` adds it to what the file holds."""

    report: Report[Result]
    file: Path | None
    append: bool = False


def destinations(wanted: Sequence[str]) -> tuple[Destination[Run], ...]:
    """Read what was given to --report, for a run: see `destinations_of`."""
    return destinations_of(FORMATS, wanted)


def destinations_of(
    formats: Mapping[str, Report[Result]], wanted: Sequence[str]
) -> tuple[Destination[Result], ...]:
    """Read what was given to --report: `text`, `json=out.json`; without a file, or with `-`, it is stdout.

    `github` goes to two places: annotations to stdout, and `markdown` to the step's summary. Raises
    UsageError for an unknown format and for two reports in one place, MissingExtraError for a format whose
    modules are not installed, and OutputError for a file that cannot be written, as far as that can be told
    beforehand.
    """
    found = tuple(place for text in wanted for place in _destinations(formats, text))
    on_stdout = [place.report for place in found if place.file is None]
    if len(on_stdout) > 1 and not all(report.lines for report in on_stdout):
        names = [report.name for report in on_stdout]
        raise UsageError(
            f"--report: {' and '.join(names)} would all go to stdout; give all but one a file,"
            f" such as {names[-1]}=FILE"
        )
    files = [_real(place.file) for place in found if place.file is not None and not place.append]
    for file in files:
        if files.count(file) > 1:
            raise UsageError(f"--report: more than one report would go to {file}; give each its own file")
    return found


def _destinations(formats: Mapping[str, Report[Result]], text: str) -> Iterator[Destination[Result]]:
    place = _destination(formats, text)
    yield place
    if place.report.name == "github" and (summary := os.environ.get(_STEP_SUMMARY)):
        yield Destination(formats["markdown"], Path(summary), append=True)


def _destination(formats: Mapping[str, Report[Result]], text: str) -> Destination[Result]:
    name, equals, file = text.partition("=")
    if name not in formats:
        raise UsageError(f"--report {text}: there is no format {name!r}. Allowed: {', '.join(formats)}.")
    report = formats[name]
    if any(find_spec(module) is None for module in report.needs):
        raise MissingExtraError(f"--report {name}", _EXTRA)
    if equals and not file:
        raise UsageError(f"--report {text}: name a file after the equals sign, or {STDOUT} for stdout")
    if file in {"", STDOUT}:
        if report.binary and sys.stdout.isatty():
            raise UsageError(f"--report {text}: a terminal cannot show it; give it a file: {name}=FILE")
        return Destination(report, None)
    try:
        obstacle = _obstacle(Path(file))
    except OSError as error:
        obstacle = _reason(error)
    if obstacle:
        raise OutputError(f"--report {text}: {file} cannot be written: {obstacle}")
    return Destination(report, Path(file))


def _obstacle(file: Path) -> str | None:
    """Tell what would keep a file from being written; nobody should learn it after a long run."""
    if file.is_dir():
        return "it is a directory; name a file in it"
    folder = next(parent for parent in _real(file).parents if parent.exists())
    if not folder.is_dir():
        return f"{folder} is no directory"
    return None if os.access(folder, os.W_OK | os.X_OK) else f"no permission to write to {folder}"


def deliver(result: Result, places: Iterable[Destination[Result]], *, unmask: bool = False) -> None:
    """Render a run, or a check, for every place: files first, then stdout. Raises OutputError.

    A file is created readable by its owner only, under a temporary name, and renamed once it is whole.
    `unmask` shows ids as they are.
    """
    for place in sorted(places, key=lambda place: place.file is None):
        if place.file is None:
            _print(place.report.render(result, replace(screen(), unmask=unmask)))
            continue
        report = place.report.render(result, replace(PAGE, unmask=unmask))
        try:
            _write(place.file, _encoded(report), append=place.append)
        except OSError as error:
            directory = result.directory if isinstance(result, Run) else None
            whole = f"; the run itself is whole in {directory}" if directory else ""
            raise OutputError(
                f"--report {place.report.name}: {place.file} cannot be written: {_reason(error)}{whole}"
            ) from error


def _print(report: str | bytes) -> None:
    if isinstance(report, bytes):
        sys.stdout.flush()
        sys.stdout.buffer.write(report)
    else:
        sys.stdout.write(report)


def _encoded(report: str | bytes) -> bytes:
    return report if isinstance(report, bytes) else report.encode("utf-8", errors="backslashreplace")


def screen() -> Screen:
    """Tell how wide stdout is, within reason, and whether it shows colours: a terminal does, without NO_COLOR."""
    console = Console(file=sys.stdout)
    colour = console.is_terminal and console.color_system is not None and not console.no_color
    return Screen(width=min(max(console.width, _NARROWEST), _WIDEST), colour=colour)


def _write(file: Path, report: bytes, *, append: bool) -> None:
    if append or (file.exists() and not file.is_file()):  # a pipe or a device: nothing may be renamed onto it
        with file.open("ab") as stream:
            stream.write(report)
        return
    with draft_of(file) as draft:
        draft.write_bytes(report)


def _real(file: Path) -> Path:
    return Path(os.path.realpath(file))


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
