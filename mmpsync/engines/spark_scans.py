"""Which part of an expression the workers' own engines can run on each file for itself, and the work shared out."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

import ibis
import ibis.expr.operations as ops

from mmpsync.engines.duckdb_sql import duckdb_macros, duckdb_sql
from mmpsync.engines.interface import Layout
from mmpsync.engines.spark_reader import SCANNED, Reading
from mmpsync.errors import InputError

__all__ = ["Scan", "Share", "readings", "shares", "where_read"]

_MOST_FILES, _MOST_BYTES = 256, 128 << 20
# A larger local Parquet file is shared out itself.
_SHARED_OUT_BYTES = 256 << 20
# What Spark hands over of a file at once.
_MOST_CONTENT_BYTES = (1 << 31) - 1
# What Spark's reader takes out of a Parquet file just as DuckDB's does.
_TYPES_ALIKE = re.compile(
    r"(large_)?string|int(8|16|32|64)|float|double|bool|date32\[day\]|timestamp\[[um]s(, tz=UTC)?\]|decimal128\(.*\)"
)
_ROW_BY_ROW = (ops.Project, ops.Filter, ops.DropColumns, ops.FillNull, ops.DropNull, ops.TableUnnest)
_NOT_ROW_BY_ROW = (ops.Analytic, ops.Reduction, ops.WindowFunction, ops.Subquery)


@dataclass(frozen=True)
class Scan:
    """A scan: its table, and the shares in which its files are read."""

    table: ops.UnboundTable
    shares: tuple["Share", ...]


@dataclass(frozen=True)
class Share:
    """Files of a scan that are read in one way, task by task; see `Reading`."""

    way: Literal["paths", "contents", "rows"]
    prefix: str
    layouts: tuple[Layout, ...]

    @property
    def paths(self) -> list[str]:
        """All files of the share, in order."""
        return [path for layout in self.layouts for path in layout.paths]


def where_read(table: ibis.Table, scans: Mapping[str, Scan]) -> list[ops.Relation]:
    """The largest parts of the expression that take each row of some scan for itself."""
    root = table.op()
    alone: dict[ops.Relation, bool] = {}
    found: dict[ops.Relation, None] = {}

    def is_alone(node: ops.Relation) -> bool:
        if node not in alone:
            below = _relations(node)
            each = [is_alone(part) for part in below]
            alone[node] = _is_row_by_row(node, scans) and all(each)
            if not alone[node]:
                found.update({part: None for part, is_one in zip(below, each, strict=True) if is_one})
        return alone[node]

    return [root] if is_alone(root) else list(found)


def readings(
    node: ops.Relation, scans: Mapping[str, Scan], first_task: int | None
) -> Iterator[tuple[Share, Reading]]:
    """How a part of an expression that `where_read` found is read, share by share; tasks are numbered throughout."""
    schema, macros, below = node.schema.to_pyarrow(), duckdb_macros(), _scans_below(node)
    for table in _leaves(node):
        query = duckdb_sql(_over_one(node, table, below).to_expr())
        for share in scans[table.name].shares:
            reading = Reading(share.way, query, macros, schema, share.layouts, share.prefix)
            yield share, replace(reading, first_task=first_task)
            if first_task is not None:
                first_task += len(share.layouts)


def shares(layout: Layout, size: Callable[[str], int]) -> Iterator[Share]:
    """The files of a layout as they are shared out: neighbours together, up to what a task should have.

    `size` tells how large a file is, in bytes. Raises InputError for one that is too large to be handed over.
    """
    for (way, prefix), neighbours in groupby(layout.paths, lambda path: _way(path, layout, size)):
        files = list(neighbours)
        groups = _groups(files, size) if way == "paths" else [[path] for path in files]
        yield Share(way, prefix, tuple(replace(layout, paths=tuple(paths)) for paths in groups))


def _way(
    path: str, layout: Layout, size: Callable[[str], int]
) -> tuple[Literal["paths", "contents", "rows"], str]:
    is_remote = re.match(r"[a-z][a-z0-9+.-]+://", path) is not None
    has_rows = layout.format == "parquet" and all(map(_TYPES_ALIKE.fullmatch, layout.types))
    if has_rows and (is_remote or size(path) > _SHARED_OUT_BYTES):
        return "rows", ""
    if is_remote:
        if size(path) > _MOST_CONTENT_BYTES:
            raise InputError(
                f"{path}: {size(path) / 1e9:,.1f} GB, and Spark hands over at most {_MOST_CONTENT_BYTES / 1e9:,.1f} GB of a"
                " file that is no Parquet; split it, write it as Parquet, or have all workers mount where it is"
            )
        return "contents", ""
    # Workers have working directories of their own.
    return "paths", "" if Path(path).is_absolute() else f"{os.getcwd()}{os.sep}"  # noqa: PTH109  a text


def _groups(paths: Iterable[str], size: Callable[[str], int]) -> list[list[str]]:
    groups: list[list[str]] = []
    room = 0
    for path in paths:
        of_file = size(path)
        if of_file > room or len(groups[-1]) >= _MOST_FILES:
            groups.append([])
            room = max(_MOST_BYTES, of_file)
        groups[-1].append(path)
        room -= of_file
    return groups


def _relations(node: ops.Node) -> list[ops.Relation]:
    """The relations right below this one."""
    found: dict[ops.Relation, None] = {}
    seen: set[ops.Node] = set()
    below = list(node.__children__)
    while below:
        part = below.pop()
        if isinstance(part, ops.Relation):
            found[part] = None
        elif part not in seen:
            seen.add(part)
            below += part.__children__
    return list(found)


def _leaves(node: ops.Relation) -> list[ops.UnboundTable]:
    """The tables of a part, each once, those of the left side of a union before those of the right."""
    if isinstance(node, ops.UnboundTable):
        return [node]
    below = [node.left, node.right] if isinstance(node, ops.Union) else _relations(node)
    return list(dict.fromkeys(leaf for part in below for leaf in _leaves(part)))


def _is_row_by_row(node: ops.Relation, scans: Mapping[str, Scan]) -> bool:
    if isinstance(node, ops.UnboundTable):
        return node.name in scans
    if isinstance(node, ops.Union):
        return not node.distinct
    return isinstance(node, _ROW_BY_ROW) and not node.find(_NOT_ROW_BY_ROW)


def _scans_below(node: ops.Relation) -> dict[ops.Relation, frozenset[ops.Relation]]:
    """Of each relation of a part, itself among them, the tables that it is over."""
    found: dict[ops.Relation, frozenset[ops.Relation]] = {}

    def look(part: ops.Relation) -> frozenset[ops.Relation]:
        if part not in found:
            own = frozenset([part] if isinstance(part, ops.UnboundTable) else [])
            found[part] = own.union(*map(look, _relations(part)))
        return found[part]

    look(node)
    return found


def _over_one(
    node: ops.Relation, table: ops.UnboundTable, below: Mapping[ops.Relation, frozenset[ops.Relation]]
) -> ops.Relation:
    """The expression over this table alone, under the name that workers know it by."""

    def matters(part: ops.Node) -> bool:
        return not isinstance(part, ops.Relation) or table in below[part]

    def put(part: ops.Node, given: Mapping[str, Any] | None) -> ops.Node:
        if part == table:
            return ibis.table(table.schema, name=SCANNED).op()
        if isinstance(part, ops.Union) and not (matters(part.left) and matters(part.right)):
            side = "left" if matters(part.left) else "right"
            return (given or {}).get(side, getattr(part, side))
        return part.__recreate__(given) if given else part

    return node.replace(put, filter=matters)
