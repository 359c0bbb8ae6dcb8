"""The files that DuckDB reads in place of those that were given: fetched ones, and copies of what it cannot read.

Scans and complaints call each file by the path that it was given by.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path

from mmpsync.engines.duckdb_scans import json_lines, no_rows, quoted, scan_sql
from mmpsync.engines.interface import Layout
from mmpsync.engines.json_repair import repaired
from mmpsync.engines.open_quotes import may_end_in_quotes
from mmpsync.engines.regular_text import regular_copy
from mmpsync.errors import InputError

__all__ = ["Repairs"]

_CONTROL_CHARACTER = "unexpected control character"
_ODD_LINE_END = "state machine"
_NUMBER = re.compile("[0-9]+$")


class Repairs:
    """The scans (views) of an engine, and the copies in `folder` that stand in for files of theirs.

    `fetched` are files of other places that were brought to this machine's disk, by the paths that they were given by;
    their names, like those of the copies, end in a number.
    """

    def __init__(self, folder: Path, threads: int, fetched: Mapping[str, str]) -> None:
        self._folder = folder
        self._fetched = fetched
        self._numbers = count()
        # Of more files DuckDB reads each in one go, and loses a record at the end whose quote is not closed.
        self._most_read_together = 2 * threads
        self._scans: dict[str, Layout] = {}
        self._copies: dict[str, Layout] = {}
        self._checked: set[str] = set()

    def paths(self, format_: str | None = None) -> list[str]:
        """The files of all scans, or of those in one format."""
        layouts = [layout for layout in self._scans.values() if format_ in (None, layout.format)]
        return [path for layout in layouts for path in layout.paths]

    def on_disk(self, path: str) -> str:
        """Where a file is that was given by this path."""
        return self._fetched.get(path, path)

    @property
    def names(self) -> Mapping[str, str]:
        """What stands in for files, with the paths that these were given by."""
        copies = {layout.paths[0]: path for path, layout in self._copies.items()}
        return {here: path for path, here in self._fetched.items()} | copies

    @property
    def replaced(self) -> list[str]:
        """The files, where they are on disk, that copies are read instead of."""
        return [self.on_disk(path) for path in self._copies]

    def watch(self, view: str, layout: Layout) -> str:
        """The statement that makes a scan's view; copies what is known not to be readable as it is."""
        self._scans[view] = layout
        if layout.encoding != "utf-8" or layout.irregular:
            self._check(layout.paths, layout, wanted=True)
        elif layout.format == "csv" and not layout.gzip and len(layout.paths) > self._most_read_together:
            open_ended = [
                path for path in layout.paths if may_end_in_quotes(self.on_disk(path), layout.delimiter)
            ]
            self._check(open_ended, layout, wanted=True)
        return self._view(view)

    def repair(self, message: str) -> list[str]:
        """The statements after which the query that DuckDB complains of may go through; none if it will not."""
        if _ODD_LINE_END in message:
            named = re.search(r"^ *file = (.+)$", message, re.MULTILINE)
            return self._regular(self.names.get(named.group(1), named.group(1))) if named else []
        if _CONTROL_CHARACTER in message:
            return self._escaped(message)
        return []

    def recheck(self, rejecting: Iterable[str]) -> list[str]:
        """The statements after which files with rejects give each of their records its due; mostly none.

        A file whose lines are irregular gives rejects, and beside them DuckDB loses records or makes some up.
        """
        copied: set[str] = set()
        names = self.names
        for path in (names.get(here, here) for here in rejecting):
            for layout in self._layouts(path):
                copied |= self._check([path], layout, wanted=False)
        return self._views(copied)

    def original(self, message: str) -> str:
        """A message about what stands in for files as one about these."""
        # A name may be the beginning of another.
        for here, path in sorted(self.names.items(), reverse=True):
            message = message.replace(here, path)
        return message

    def json_lines(self) -> list[str]:
        """Queries over all lines of all JSON lines files; see `duckdb_scans.json_lines`."""
        return [
            self._union(layout, json_lines)
            for layout in self._scans.values()
            if layout.format == "json" and layout.json_root is None
        ]

    def no_rows(self) -> list[str]:
        """Queries over what stands in copies for records that are no rows; see `duckdb_scans.no_rows`."""
        of_csv = {path: copy for path, copy in self._copies.items() if copy.format == "csv"}
        some = next(iter(of_csv.values()), None)
        return [] if some is None else [self._union(replace(some, paths=tuple(of_csv)), no_rows)]

    def _layouts(self, path: str) -> list[Layout]:
        return [layout for layout in self._scans.values() if path in layout.paths]

    def _views(self, paths: set[str]) -> list[str]:
        return [
            self._view(view) for view, layout in self._scans.items() if not paths.isdisjoint(layout.paths)
        ]

    def _regular(self, path: str) -> list[str]:
        """Copies the file, and those read with it that need it too: each would stop the query anew."""
        copied: set[str] = set()
        for layout in self._layouts(path):
            copied |= self._check([path], layout, wanted=True) | self._check(
                layout.paths, layout, wanted=False
            )
        return self._views(copied)

    def _check(self, paths: Iterable[str], layout: Layout, *, wanted: bool) -> set[str]:
        """Which of the paths were copied now; without `wanted` a file is looked at once, and copied if need be."""
        copied = set()
        for path in paths:
            if path not in self._copies and (wanted or path not in self._checked):
                copy = self._folder / f"copy_{next(self._numbers)}"
                if self._is_copied(path, layout, copy, wanted=wanted):
                    here = (str(copy),)
                    self._copies[path] = replace(
                        layout, paths=here, gzip=False, encoding="utf-8", irregular=True
                    )
                    copied.add(path)
                self._checked.add(path)
        return copied

    def _is_copied(self, path: str, layout: Layout, copy: Path, *, wanted: bool) -> bool:
        try:
            return regular_copy(self.on_disk(path), layout, copy, wanted=wanted)
        except InputError as error:
            raise InputError(self.original(str(error))) from error

    def _escaped(self, message: str) -> list[str]:
        """Copies the JSON that the message names with its raw control characters escaped."""
        copied = set()
        scanned = {path: each for each in self._scans.values() for path in each.paths}
        for path, layout in scanned.items():
            found = self._copies.get(path, replace(layout, paths=(self.on_disk(path),)))
            copy = self._folder / f"escaped_{next(self._numbers)}"
            if f'"{found.paths[0]}"' in message and repaired(Path(found.paths[0]), copy):
                self._copies[path] = replace(found, paths=(str(copy),))
                copied.add(path)
        return self._views(copied)

    def _view(self, view: str) -> str:
        return f"CREATE OR REPLACE TEMP VIEW {view} AS {self._union(self._scans[view], scan_sql)}"

    def _union(self, layout: Layout, query: Callable[[Layout], str]) -> str:
        """The query over all files of a layout, whatever stands in for some, each called as it was given."""
        as_given = tuple(path for path in layout.paths if path not in self._copies)
        local = tuple(path for path in as_given if path not in self._fetched)
        parts = [query(replace(layout, paths=local))] if local else []
        fetched = {self._fetched[path]: path for path in as_given if path in self._fetched}
        if fetched:
            parts.append(_renamed(query(replace(layout, paths=tuple(fetched))), fetched))
        copies = {path: self._copies[path] for path in layout.paths if path in self._copies}
        for alike in {repr(replace(copy, paths=())): copy for copy in copies.values()}.values():
            here = {
                copy.paths[0]: path
                for path, copy in copies.items()
                if copy == replace(alike, paths=copy.paths)
            }
            parts.append(_renamed(query(replace(alike, paths=tuple(here))), here))
        return " UNION ALL ".join(f"({part})" for part in parts)


def _renamed(query: str, names: Mapping[str, str]) -> str:
    """A query over files that stand in for others, with these' names: file → the path that it was given by."""
    # By its number a name is found at once, however many there are.
    numbers = {int(_NUMBER.findall(here)[0]): path for here, path in names.items()}
    first, last = min(numbers), max(numbers)
    listed = ", ".join(quoted(numbers[n]) if n in numbers else "NULL" for n in range(first, last + 1))
    place = f"CAST(regexp_extract(source_file, {quoted(_NUMBER.pattern)}) AS INTEGER) - {first - 1}"
    return f"SELECT * REPLACE ([{listed}][{place}] AS source_file) FROM ({query})"
