"""The first day: exports in, a mmpsync.toml out."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from mmpsync.config import Config
from mmpsync.engines.duckdb import DuckDBEngine
from mmpsync.errors import InputError, OutputError
from mmpsync.ingest.inputs import read
from mmpsync.preflight.first_config import first_config
from mmpsync.preflight.seen import Seen, look_at
from mmpsync.whole import whole_file

__all__ = ["STAGE", "refuse_to_overwrite", "write_first_config"]

STAGE = "looking at exports"


def write_first_config(
    exports: Sequence[str], sources: Mapping[str, Sequence[str]], out: Path, *, force: bool
) -> str:
    """Write the file whole, and return its text; `sources` are exports to be read as that source's.

    Raises InputError for exports that cannot be used, and OutputError for a file that is there, unless `force`d, or
    that cannot be written.
    """
    refuse_to_overwrite(out, force=force)
    text = first_config(_seen(exports, sources))
    with whole_file(out, private=False) as draft:  # others may have to read it, and it holds no user data
        draft.write_text(text, "utf-8")
    return text


def refuse_to_overwrite(file: Path, *, force: bool) -> None:
    """Raise OutputError when a file is there that must not be lost."""
    if file.exists() and not force:
        raise OutputError(f"{file}: is there already; --force overwrites it")


def _seen(exports: Sequence[str], sources: Mapping[str, Sequence[str]]) -> Seen:
    if not exports and not sources:
        return Seen(())
    config = Config()  # what is configured already must not colour what is seen
    engine = DuckDBEngine(threads=None, memory_limit=None, temp_directory=None)
    try:
        seen = look_at(engine, read(engine, config, {"any": exports}, sources=sources), config)
    finally:
        engine.close()
    if seen == Seen(()):
        named = ", ".join([*exports, *(path for paths in sources.values() for path in paths)])
        raise InputError(f"{named}: there is no export in it; name the files, or the folder that they are in")
    return seen
