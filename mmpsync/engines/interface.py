"""What an engine is: it scans files, runs Ibis expressions and writes tables. Rows never leave it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal, Protocol

import ibis
import pyarrow as pa

__all__ = ["Engine", "Layout", "Remote"]


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A set of files that one scan reads: all with the same columns, written the same way.

    `columns` are the header's names in file order; scans call them `c0`, `c1`, … because a header may
    repeat a name or hold anything at all. For `format="json"` they are the keys seen in the records, and a scan has one
    column, `c0`, the record's text. `json_root` names the key under which the records stand as an array ("" for a
    bare array, None for one record a line). `irregular`: the text cannot be read as it stands, for blank lines before
    the header, a line of many megabytes and the like. `types` are a Parquet file's. `partitions` are the `key=value`
    folders in the paths.
    """

    paths: tuple[str, ...]
    format: Literal["csv", "parquet", "json"]
    columns: tuple[str, ...]
    types: tuple[str, ...] = ()
    delimiter: str = ","
    gzip: bool = False
    encoding: str = "utf-8"
    irregular: bool = False
    json_root: str | None = None
    partitions: Mapping[str, str] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """How many columns a scan has."""
        return 1 if self.format == "json" else len(self.columns)


class Remote(Protocol):
    """Files that are no local ones, by their URLs."""

    def find(self, url: str) -> list[tuple[str, str]]:
        """The files that a URL, a pattern or a folder (all below it) stands for.

        Each comes with what of its path was not named: nothing, its name where a pattern matched it, or its path
        below the folder. Raises InputError when there is none, or nobody can look.
        """

    def open(self, url: str) -> BinaryIO:
        """A file that `find` found, to be read from any place; raises OSError."""

    def local(self, url: str) -> Path | None:
        """Where a file that `find` found is on this machine's disk; None where it stays remote. Raises InputError."""


class Engine(Protocol):
    """Runs Ibis expressions over files.

    What yields a table begins the work and returns; so does what writes one, beside other work. What goes wrong is
    raised by whatever comes next that has to wait: a result, or `settle`.

    A scan has the columns `c0` … as text (typed for Parquet), `source_file` (the path as given) and
    `source_row` (1-based in its file), null where only the rows' order tells it: see `store`.
    """

    name: str

    @property
    def remote(self) -> Remote:
        """Where the engine finds files that are not local."""

    def scan(self, layout: Layout) -> ibis.Table:
        """A lazy table over the files of `layout`."""

    def materialize(self, table: ibis.Table, name: str, *, aside: bool = False) -> ibis.Table:
        """Run `table` once and keep the result, on disk when memory is short, until the engine closes.

        `aside`: it reads no scan, and may run beside whatever is begun after it and does not read it.
        """

    def store(self, name: str, *tables: ibis.Table) -> ibis.Table:
        """Like `materialize`, tables below each other, with their rows in order, which scans that only filter keep.

        Each table is run for itself: what is slow to plan, or has to be run again, is no more than it must be.

        The result has one column more, `position`, which counts the rows from 0.
        """

    def beside(self, name: str, rows: ibis.Table, facts: ibis.Table) -> ibis.Table:
        """Keep facts about every row of a stored table with it, and its rows in order.

        `facts` has one row for each `position` of `rows`; its columns take the place of those of the same name.
        """

    def unreadable(self) -> ibis.Table:
        """The records that scans run so far could not parse: `source_file`, `line`, `row`, `error`, `text`.

        `line` counts records from 1, a CSV's header included; `row` counts them without it.
        """

    def arrow(self, table: ibis.Table) -> pa.Table:
        """A small result as an Arrow table."""

    def rows(self, table: ibis.Table) -> list[dict[str, Any]]:
        """A small result as one dict a row."""

    def ask(self, table: ibis.Table) -> Callable[[], list[dict[str, Any]]]:
        """Begin to work out a small result; what comes back waits for its rows, whatever was begun meanwhile."""

    def write_parquet(self, table: ibis.Table, path: Path, *, group_rows: int = 122_880) -> None:
        """Write `table` to one Parquet file, rows in the table's order.

        So many rows are held at once by who writes the file, and by who reads it.
        """

    def write_csv(self, table: ibis.Table, path: Path) -> None:
        """Write `table` to one CSV file (UTF-8, RFC 4180, header), rows in the table's order."""

    def settle(self) -> None:
        """Wait until everything that was begun is done."""

    def close(self) -> None:
        """Free everything the engine holds, temporary files included."""
