"""Files that are read as the source the user says, whatever their content tells."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from mmpsync.config import Config
from mmpsync.engines.interface import Layout, Remote
from mmpsync.errors import InputError
from mmpsync.ingest.detect import named
from mmpsync.ingest.files import find
from mmpsync.ingest.translate import Translation

__all__ = ["read_as", "sources_of_files"]


def sources_of_files(sources: Mapping[str, Sequence[str]], remote: Remote | None = None) -> dict[Path, str]:
    """Every file that these paths stand for, resolved, with the source given for it.

    Raises ConfigError for a source that nobody reads, InputError for a file that is given for two.
    """
    given: dict[Path, str] = {}
    for source, paths in sources.items():
        named(source)
        for found in find(paths, remote):
            other = given.setdefault(Path(found.path).resolve(), source)
            if other != source:
                raise InputError(f"{found.path}: given as an export of both {other} and {source}; say which")
    return given


def read_as(layout: Layout, source: str, config: Config) -> Translation:
    """How a file is read as an export of `source`, be it with as few columns as a name and a time of events.

    Raises InputError, which names what was looked for, when it lacks even these.
    """
    translation = Translation(named(source), config)
    lacking = translation.lacking_essentials(layout)
    if lacking:
        looked_for = "; ".join(
            f"{name}, looked for in {', '.join(translation.tried(name))}" for name in lacking
        )
        raise InputError(
            f"{layout.paths[0]}: cannot be read as {translation.adapter.title}, as --source says: no column of it can carry"
            f" {looked_for}. Columns seen: {', '.join(layout.columns)}. If one of them does, name it in"
            f" {' and '.join(f'sources.{source}.fields.{name}' for name in lacking)}."
        )
    return translation
