"""Paths, patterns, folders and URLs to files, and what a file's path says of its rows."""

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path
from urllib.parse import unquote

from mmpsync.engines.interface import Remote
from mmpsync.errors import InputError
from mmpsync.ingest.sample import is_url

__all__ = ["Found", "find", "partitions", "told_by_path"]

# What lies beside exports in a folder and is none: not worth a word.
_COMPANIONS = frozenset(
    {
        *(".bat", ".cfg", ".css", ".html", ".ini", ".ipynb", ".js", ".lock", ".log", ".md", ".py", ".r"),
        *(".rst", ".sh", ".sql", ".toml", ".xml", ".yaml", ".yml"),
    }
)
# What Segment writes into a bucket to see whether it may.
_PLACEHOLDERS = frozenset({"dummy-object.txt"})
_FOLDER_MARKERS = ("_", ".")
# What stands in each of mmpsync's own run directories.
_OF_A_RUN = ("run.json", "exceptions.parquet")


@dataclass(frozen=True)
class Found:
    """A file to read; `named` when the user gave this very path, not a folder or pattern around it."""

    path: str
    named: bool


def find(paths: Sequence[str], remote: Remote | None = None) -> list[Found]:
    """The files that paths, patterns and folders (searched recursively) stand for, each once, sorted.

    URLs are looked up with `remote`.

    Hidden files, `_SUCCESS` and other markers, documents beside the exports and run directories are skipped in
    folders. Raises InputError for a path that does not exist or a pattern without a match.
    """
    found: dict[Path, Found] = {}
    for given in paths:
        for file in _expand(given, remote):
            _refuse_unspeakable(file.path)
            # However its path is written, a file is read once.
            same = Path(file.path).resolve()
            if same not in found or (file.named and not found[same].named):
                found[same] = file
    return sorted(found.values(), key=lambda file: file.path)


def _refuse_unspeakable(path: str) -> None:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError as error:
        shown = path.encode("utf-8", "backslashreplace").decode("utf-8")
        raise InputError(f"{shown}: the file's name is not UTF-8; rename the file") from error


def _expand(given: str, remote: Remote | None) -> Iterator[Found]:
    path = Path(given)
    if is_url(given) and remote is not None:
        yield from _among(remote.find(given))
    elif path.is_dir():
        if _is_run(path):
            raise InputError(
                f"{given}: a finished run, no exports; mmpsync report {shlex.quote(given)} shows it"
            )
        yield from (Found(str(file), named=False) for file in _walk(path))
    elif path.is_file():
        yield Found(given, named=True)
    elif has_magic(given) and "://" not in given and not path.exists():
        matches = sorted(glob(given, recursive=True))  # noqa: PTH207  patterns may be absolute
        if not matches:
            raise InputError(f"{given}: no file matches this pattern")
        for match in matches:
            if not Path(match).is_dir():
                yield Found(match, named=False)
            elif not _is_run(Path(match)):
                yield from _expand(match, remote)
    else:
        raise InputError(f"{given}: {_obstacle(given)}")


def _obstacle(given: str) -> str:
    """Why nothing that can be read stands at a path, and what to do."""
    if given == "-":
        return "exports are not read from stdin, because they are read twice; write them to a file first"
    if Path(given).exists():
        return "not a regular file; write it to one first, because exports are read twice"
    return "no such file or folder"


def _among(files: Iterable[tuple[str, str]]) -> Iterator[Found]:
    """What of remote files is worth a look; see `Remote.find`."""
    for url, below in files:
        parts = below.split("/")
        if not (any(map(_is_marker, parts)) or _is_companion(parts[-1])):
            yield Found(url, named=not below)


def _is_marker(name: str) -> bool:
    return name.startswith(_FOLDER_MARKERS)


def _is_companion(name: str) -> bool:
    return Path(name).suffix.lower() in _COMPANIONS or name in _PLACEHOLDERS


def _walk(folder: Path, above: frozenset[Path] = frozenset()) -> Iterator[Path]:
    try:
        entries = [(entry, entry.is_dir()) for entry in sorted(folder.iterdir())]
    except OSError as error:
        raise InputError(f"{folder}: cannot be searched: {error.strerror}") from error
    above |= {folder.resolve()}
    for entry, is_folder in entries:
        if _is_marker(entry.name):
            continue
        if is_folder:
            # A link to a folder above would never end.
            if entry.resolve() not in above and not _is_run(entry):
                yield from _walk(entry, above)
        elif entry.is_file() and not _is_companion(entry.name):
            yield entry


def _is_run(folder: Path) -> bool:
    try:
        return all((folder / name).exists() for name in _OF_A_RUN)
    except PermissionError:  # for whoever searches it to tell
        return False


def partitions(path: str) -> dict[str, str]:
    """The `key=value` folders of a path."""
    pairs = (part.partition("=") for part in Path(path).parts[:-1])
    return {key.lower(): unquote(value) for key, mark, value in pairs if mark and key.isidentifier()}


def told_by_path(path: str, patterns: Iterable[str]) -> dict[str, str]:
    """What the named groups of the patterns find in a path; of several places the last counts."""
    parts = Path(path).as_posix()
    found = [match for pattern in patterns for match in re.finditer(pattern, parts)]
    return {name: value for match in found for name, value in match.groupdict().items() if value is not None}
