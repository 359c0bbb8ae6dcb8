"""What to do next, told by what is in a folder: names of files only, so that the answer is there at once."""

import os
import shlex
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Step", "next_steps"]

_CONFIG = "mmpsync.toml"
_RUNS = "runs"
_DEEPEST, _MOST_ENTRIES, _MOST_SHOWN = 6, 3_000, 3
_EXPORTS = (".csv", ".tsv", ".parquet", ".json", ".jsonl", ".ndjson")
_NO_EXPORTS = {_RUNS, "node_modules", "__pycache__", "venv", "build", "dist"}


@dataclass(frozen=True)
class Step:
    """A command to type, and what for."""

    command: str
    what_for: str


def next_steps(folder: Path, verbs: Collection[str]) -> tuple[str, tuple[Step, ...]]:
    """Say what the folder holds, and which commands come next; `verbs` are those that there are."""
    exports = _exports(folder)
    has_config = (folder / _CONFIG).is_file()
    has_run = any((folder / _RUNS).glob("*/run.json"))
    what = shlex.join(exports[:_MOST_SHOWN])
    held = [
        f"what look like exports ({', '.join(exports[:_MOST_SHOWN])}{' and more' if exports[_MOST_SHOWN:] else ''})"
        if exports
        else "",
        _CONFIG if has_config else "",
        f"finished runs ({_RUNS})" if has_run else "",
    ]
    steps = []
    if not has_config and exports:
        steps.append(Step(f"mmpsync init {what}", f"looks at the exports and writes a commented {_CONFIG}"))
    if has_config:
        steps.append(Step(f"mmpsync check {what}".rstrip(), "says whether everything is ready for launch"))
        steps.append(Step(f"mmpsync reconcile {what or 'EXPORT'}", "judges every row: matched, or why not"))
    if has_run:
        steps.append(Step("mmpsync report last --report html=report.html", "shows the latest run as a page"))
        if "push" in verbs:
            steps.append(Step("mmpsync push last", "shows what would be sent to impact.com"))
    if not steps:
        steps.append(Step("mmpsync demo demo", "writes sample exports to try everything on"))
        steps.append(Step("mmpsync init EXPORT", "the first step with exports of your own"))
    found = " and ".join(filter(None, held))
    verb = "is" if found == _CONFIG else "are"
    return f"Here {verb} {found}." if found else "There are no exports and no mmpsync.toml here.", tuple(
        steps
    )


def _exports(folder: Path) -> list[str]:
    """The names in the folder that are files with the name of an export, or folders with such a file in them."""
    found = []
    for entry in _entries(folder):
        is_export = (
            any(_is_export(name) for name in _files_below(entry))
            if entry.is_dir()
            else _is_export(entry.name)
        )
        if is_export:
            found.append(entry.name)
    return found


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name)[:_MOST_ENTRIES]:
                if entry.name not in _NO_EXPORTS and not entry.name.startswith((".", "_")):
                    yield entry
    except OSError:
        return


def _files_below(folder: os.DirEntry[str]) -> Iterator[str]:
    """The names of files in a folder, not too deep and not too many."""
    looked_at = 0
    for path, folders, files in os.walk(folder.path):
        looked_at += len(files) + len(folders)
        if looked_at > _MOST_ENTRIES or path.count(os.sep) - folder.path.count(os.sep) >= _DEEPEST:
            folders.clear()
        yield from files


def _is_export(name: str) -> bool:
    return name.lower().removesuffix(".gz").endswith(_EXPORTS)
