"""What the tests of ingest share: small exports read into Python values, and expressions over columns."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
import pytest
from pyarrow import parquet

from mmpsync.config import Config
from mmpsync.engines.duckdb import DuckDBEngine
from mmpsync.engines.interface import Layout
from mmpsync.ingest.inputs import Inputs, ReadFile
from mmpsync.ingest.inputs import read as read_inputs

Apply = Callable[..., list[Any]]
Read = Callable[..., "Reading"]
Export = Callable[..., str]


@dataclass(frozen=True)
class Reading:
    """What was read, files by their names in the folder that holds them; rows in the order of file and row."""

    rows: list[dict[str, Any]]
    clicks: list[dict[str, Any]]
    actions: list[dict[str, Any]]
    unreadable: list[dict[str, Any]]
    files: dict[str, ReadFile]
    inputs: Inputs

    def values(self, *columns: str) -> list[Any]:
        """One column's values, or tuples of several columns', row by row."""
        rows = [tuple(row[name] for name in columns) for row in self.rows]
        return [row[0] for row in rows] if len(columns) == 1 else rows

    def superseded(self) -> list[bool]:
        """Row by row, whether another that supersedes outranks it among those with its key."""
        best: dict[str, int] = {}
        for row in self.rows:
            if row["supersedes"]:
                best[row["supersede_key"]] = max(best.get(row["supersede_key"], 0), row["supersede_rank"])
        return [
            row["supersede_rank"] < best.get(row["supersede_key"], row["supersede_rank"]) for row in self.rows
        ]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write files (name → content) and read them as a run would.

    `roles` names the files given as each, `sources` those given as exports of each source.
    """

    def run(
        files: Mapping[str, str | bytes],
        *,
        config: Mapping[str, Any] | None = None,
        roles: Mapping[str, Sequence[str]] | None = None,
        sources: Mapping[str, Sequence[str]] | None = None,
        with_source_columns: bool = False,
        threads: int = 1,
    ) -> Reading:
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        given = {role: [str(tmp_path / name) for name in names] for role, names in (roles or {}).items()}
        forced = {
            source: [str(tmp_path / name) for name in names] for source, names in (sources or {}).items()
        }
        paths = given or {"any": [] if forced and roles == {} else [str(tmp_path)]}
        engine = DuckDBEngine(threads=threads)
        try:
            settings = Config.model_validate(config or {})
            found = read_inputs(
                engine, settings, paths, sources=forced, with_source_columns=with_source_columns
            )
            order = ["source_file", "source_row"]
            numbered = found.numbering.of(found.conversions)
            rows = engine.rows(numbered.order_by(order))
            clicks = [row for table in found.clicks for row in engine.rows(table)]
            actions = [row for table in found.actions for row in engine.rows(table)]
            broken = engine.rows(engine.unreadable().order_by("source_file", "line"))
        finally:
            engine.close()
        for row in (*rows, *clicks, *actions, *broken):
            row["source_file"] = str(Path(row["source_file"]).relative_to(tmp_path))
        named = {str(Path(file.path).relative_to(tmp_path)): file for file in found.files}
        return Reading(rows, clicks, actions, broken, named, found)

    return run


@pytest.fixture(scope="session")
def export() -> Export:
    """Rows, one mapping each, as CSV text; the header is that of the first row unless given."""

    def text(*rows: Mapping[str, str], header: Sequence[str] = (), delimiter: str = ",") -> str:
        names = list(header or rows[0])
        file = io.StringIO()
        writer = csv.DictWriter(file, names, restval="", delimiter=delimiter, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return file.getvalue()

    return text


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(threads=1)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def apply(engine: DuckDBEngine, tmp_path_factory: pytest.TempPathFactory) -> Apply:
    """The values of an expression over one column, for the column's values (text unless told otherwise)."""
    path = tmp_path_factory.mktemp("column") / "column.parquet"

    def run(
        function: Callable[[ir.Value], ir.Value], values: Sequence[Any], kind: pa.DataType | None = None
    ) -> list[Any]:
        parquet.write_table(pa.table({"x": pa.array(values, kind or pa.string())}), path)
        table = engine.scan(Layout(paths=(str(path),), format="parquet", columns=("x",)))
        found = table.select("source_row", found=function(table.c0)).order_by("source_row")
        return [row["found"] for row in engine.rows(found)]

    return run
