"""From paths to canonical tables: finds files, recognises them, reads conversions, hands over clicks and actions."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args

import ibis
import ibis.expr.types as ir

from mmpsync.conclusions import Advice
from mmpsync.config import Config
from mmpsync.config_problems import literal
from mmpsync.engines.interface import Engine, Layout, Remote
from mmpsync.errors import InputError
from mmpsync.ingest.canonical import CONVERSION, WORKING
from mmpsync.ingest.configured_source import ConfiguredSource
from mmpsync.ingest.detect import knows, recognise, unrecognised
from mmpsync.ingest.files import Found, find, told_by_path
from mmpsync.ingest.forced import read_as, sources_of_files
from mmpsync.ingest.formats import LeftOut, inspect
from mmpsync.ingest.interface import Adapter, Holds
from mmpsync.ingest.numbering import Numbering, number_rows
from mmpsync.ingest.sample import is_url
from mmpsync.ingest.translate import Translation, clicks_among

__all__ = ["Inputs", "ReadFile", "grouped", "lacks", "read"]

Role = Literal["any", "conversions", "clicks", "actions"]
# A query holds some 300 KB for each text file that it reads, to its end.
_FILES_AT_ONCE = 1_000
_INSPECTED_AT_ONCE = 16
_RECORDS = {"conversions": "conversions", "clicks": "click records", "actions": "action records"}
# Fields whose absence from a whole file is worth saying once, and what to say.
_TELLING_FIELDS = {
    "click_id": "No column of these files can carry a ClickId, so none of their rows can be joined",
    "order_id": "No column of these files can carry an order id",
    "media_source": "No column of these files names the media source, so no row is known to be impact.com's",
    "event_time": "No column of these files can carry the time of the event",
}
_TELLING: Mapping[Holds, Sequence[str]] = {
    "conversions": tuple(_TELLING_FIELDS),
    "clicks": ("click_id",),
    "actions": (),
}


@dataclass(frozen=True)
class ReadFile:
    """A file that is read, by which adapter, and which telling fields none of its columns can carry."""

    path: str
    adapter: Adapter
    layout: Layout
    holds: Holds
    lacking: tuple[str, ...]


@dataclass(frozen=True)
class Inputs:
    """What was read: conversions, stored, and how their rows are numbered; clicks and actions, still to be scanned."""

    conversions: ir.Table
    numbering: Numbering
    clicks: tuple[ir.Table, ...]
    actions: tuple[ir.Table, ...]
    files: tuple[ReadFile, ...]
    left_out: tuple[LeftOut, ...]


def read(  # noqa: PLR0913  every input is one
    engine: Engine,
    config: Config,
    paths: Mapping[Role, Sequence[str]],
    *,
    sources: Mapping[str, Sequence[str]] = MappingProxyType({}),
    with_source_columns: bool = False,
    told_by_row: Callable[[ir.Table], ir.Table] = lambda rows: rows,
) -> Inputs:
    """Read every file that `paths` stand for; `with_source_columns` keeps each row's original columns too.

    `sources` names the source of further paths, or of some of these, which are read as its exports. `told_by_row` adds
    to conversions what each of them alone tells; it is stored with them.
    Raises InputError or UnrecognisedInputError when one cannot be used: nothing is left out silently.
    """
    forced = [path for given in sources.values() for path in given]
    roles = _roles({**paths, "any": [*paths.get("any", ()), *forced]}, engine.remote)
    files, left_out = _recognised(roles, config, sources_of_files(sources, engine.remote), engine.remote)
    parts: list[ir.Table] = []
    clicks: list[ir.Table] = []
    actions: list[ir.Table] = []
    for translation, holds, layouts in grouped(files, config):
        scans = [(layout, engine.scan(layout)) for layout in layouts]
        if holds == "clicks":
            clicks.append(translation.clicks(scans))
        elif holds == "actions":
            actions.append(translation.actions(scans))
        else:
            parts += [
                translation.conversions(batch, with_source_columns=with_source_columns)
                for batch in _batches(scans)
            ]
    conversions = engine.store("conversions", *map(told_by_row, parts or [_nothing()]))
    numbering = number_rows(engine, conversions)
    if any(file.holds == "conversions" for file in files):
        clicks.append(clicks_among(conversions))
    return Inputs(conversions, numbering, tuple(clicks), tuple(actions), tuple(files), tuple(left_out))


def lacks(files: Sequence[ReadFile], config: Config) -> tuple[Advice, ...]:
    """What whole files lack, said once per source and field, with what the source, or the user, calls it."""
    found: dict[tuple[str, str], list[ReadFile]] = {}
    for file in files:
        for name in file.lacking:
            found.setdefault((name, file.adapter.name), []).append(file)
    return tuple(
        Advice(
            code=f"no-{name.replace('_', '-')}-column",
            message=_TELLING_FIELDS[name],
            fix=_remedy(name, ConfiguredSource(group[0].adapter, config)),
            files=tuple(file.path for file in group),
        )
        for (name, _), group in found.items()
    )


def _remedy(name: str, source: ConfiguredSource) -> str:
    key = f"sources.{source.adapter.name}.fields.{name}"
    if configured := source.configured(name):
        return f"{key} is {literal(configured[name])}, which none of these files has; name the column that has it."
    if name == "click_id" and source.adapter.click_id_advice:
        return source.adapter.click_id_advice
    return f"Add it to the export, or name the column in {key}."


def _roles(paths: Mapping[Role, Sequence[str]], remote: Remote) -> dict[Found, Role]:
    """Every file once, however its path is written; a role given for it beats "any"."""
    roles: dict[Path, tuple[Found, Role]] = {}
    for role in get_args(Role):
        for found in find(paths.get(role, ()), remote):
            file = Path(found.path).resolve()
            first, other = roles.get(file, (found, role))
            if other not in ("any", role):
                instead = "give it to the one that it is for"
                if role == "clicks":
                    instead = "give it without either, and both its conversions and its clicks are read"
                raise InputError(f"{found.path}: given to both --{other} and --{role}; {instead}")
            roles[file] = (first, role)
    return dict(sorted(roles.values(), key=lambda item: item[0].path))


def _inspected(files: Collection[Found], remote: Remote) -> Iterator[Layout | LeftOut]:
    """How each file is written; those that are far away are asked for together, because every answer takes its time."""

    def look(found: Found) -> Layout | LeftOut:
        return inspect(found.path, knows, remote)

    if any(is_url(found.path) for found in files):
        with ThreadPoolExecutor(_INSPECTED_AT_ONCE) as pool:
            yield from list(pool.map(look, files))
    else:
        yield from map(look, files)


def _recognised(
    roles: Mapping[Found, Role], config: Config, forced: Mapping[Path, str], remote: Remote
) -> tuple[list[ReadFile], list[LeftOut]]:
    files: list[ReadFile] = []
    left_out: list[LeftOut] = []
    unknown: list[Layout] = []
    for (found, role), layout in zip(roles.items(), _inspected(roles.keys(), remote), strict=True):
        if isinstance(layout, LeftOut):
            if found.named and layout.why != "empty":
                raise InputError(
                    f"{layout.path}: {layout.why}; give the export itself: CSV, Parquet or JSON, in UTF-8, gzipped or not"
                )
            left_out.append(layout)
        elif (source := forced.get(Path(found.path).resolve())) is not None:
            files.append(_read_file(read_as(layout, source, config), layout, role))
        elif (adapter := recognise(layout)) is None:
            unknown.append(layout)
        else:
            files.append(_read_file(Translation(adapter, config), layout, role))
    if unknown:
        raise unrecognised(unknown)
    return files, left_out


def _read_file(translation: Translation, layout: Layout, role: Role) -> ReadFile:
    path = layout.paths[0]
    named = told_by_path(path, translation.adapter.path_fields)
    layout = replace(layout, partitions=named | dict(layout.partitions))
    holds = translation.holds(layout)
    if role == "clicks" and holds == "conversions":
        holds = role
    if role not in ("any", holds):
        what = f"{_RECORDS[holds]} ({translation.adapter.title}), no {_RECORDS[role]}"
        raise InputError(f"{path}: holds {what}; give it to --{holds}")
    return ReadFile(
        path=path,
        adapter=translation.adapter,
        layout=layout,
        holds=holds,
        lacking=tuple(translation.lacking(layout, *_TELLING[holds])),
    )


def grouped(files: Iterable[ReadFile], config: Config) -> Iterator[tuple[Translation, Holds, list[Layout]]]:
    """What each adapter reads, with a layout, for one scan, for all files that are written the same way.

    Those have the same header, and the same partitions as far as they serve as columns. JSON has no header:
    any record may have any key.
    """
    readers: dict[tuple[str, Holds], dict[str, list[ReadFile]]] = {}
    for file in files:
        serving = {k: v for k, v in file.layout.partitions.items() if k in file.adapter.partition_fields}
        header = () if file.layout.format == "json" else file.layout.columns
        alike = repr(replace(file.layout, paths=(), columns=header, partitions=serving))
        readers.setdefault((file.adapter.name, file.holds), {}).setdefault(alike, []).append(file)
    for (_, holds), groups in readers.items():
        layouts = [part for group in groups.values() for part in _shared_out([file.layout for file in group])]
        yield Translation(next(iter(groups.values()))[0].adapter, config), holds, layouts


def _batches(scans: Iterable[tuple[Layout, ir.Table]]) -> Iterator[list[tuple[Layout, ir.Table]]]:
    """Scans of not too many files together."""
    batch: list[tuple[Layout, ir.Table]] = []
    for layout, scan in scans:
        if batch and len(layout.paths) + sum(len(other.paths) for other, _ in batch) > _FILES_AT_ONCE:
            yield batch
            batch = []
        batch.append((layout, scan))
    yield batch


def _shared_out(layouts: Sequence[Layout]) -> Iterator[Layout]:
    """Layouts of not too many files each, for files that are written the same way.

    The keys of JSON records come from all of them.
    """
    columns = layouts[0].columns
    if layouts[0].format == "json":
        columns = tuple(sorted({name for layout in layouts for name in layout.columns}))
    paths = tuple(path for layout in layouts for path in layout.paths)
    for first in range(0, len(paths), _FILES_AT_ONCE):
        yield replace(layouts[0], paths=paths[first : first + _FILES_AT_ONCE], columns=columns)


def _nothing() -> ir.Table:
    """Conversions of no file."""
    columns = {**CONVERSION, **WORKING}
    nothing = {name: ibis.null(kind) for name, kind in columns.items()}
    return ibis.range(0).unnest().name("n").as_table().select(**nothing)
