"""Tables stored with their rows in order, in parts, and what is kept beside them row by row.

DuckDB puts tables of as many rows side by side at no cost (POSITIONAL JOIN), where a join would lose the order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mmpsync.engines.duckdb_queries import RunSql
from mmpsync.engines.duckdb_scans import identifier

__all__ = ["Part", "Stored"]


@dataclass(frozen=True)
class Part:
    """Tables side by side, whose rows are those of the whole from position `first` on."""

    tables: tuple[str, ...]
    first: int
    rows: int

    def beside(self, table: str, facts: str, run: RunSql) -> "Part":
        """The part with one table more: the rows of `facts` (SQL) for its positions, in order."""
        of_part = f"position >= {self.first} AND position < {self.first + self.rows}"
        run(f"CREATE TABLE {table} AS SELECT * FROM {facts} WHERE {of_part} ORDER BY position")
        astray = f"count(*) FILTER (WHERE position <> rowid + {self.first})"
        (found,) = run(f"SELECT count(*) AS rows, {astray} AS astray FROM {table}").to_pylist()
        if found != {"rows": self.rows, "astray": 0}:
            raise RuntimeError(f"{table} has not one row for each of {self.tables[0]}: {found}")
        return replace(self, tables=(*self.tables, table))

    def sql(self, columns: Mapping[str, int]) -> str:
        """A query for the rows with these columns (name → place of its table), and their position."""
        tables = " POSITIONAL JOIN ".join(f"{table} AS p{place}" for place, table in enumerate(self.tables))
        chosen = "".join(f"p{place}.{identifier(name)}, " for name, place in columns.items())
        return f"SELECT {chosen}p0.rowid + {self.first} AS position FROM {tables}"


@dataclass(frozen=True)
class Stored:
    """A stored table: its parts, and which of a part's tables has a column."""

    columns: Mapping[str, int]
    parts: tuple[Part, ...]

    @classmethod
    def of(cls, tables: Sequence[str], columns: Sequence[str], run: RunSql) -> "Stored":
        """The rows of these tables below each other."""
        parts, first = [], 0
        for table in tables:
            rows = run(f"SELECT count(*) AS n FROM {table}")["n"][0].as_py()
            parts.append(Part((table,), first, rows))
            first += rows
        return cls(dict.fromkeys(columns, 0), tuple(parts))

    def beside(self, name: str, facts: str, columns: Sequence[str], run: RunSql) -> "Stored":
        """The same with more columns, those of `facts` (SQL), which has a row for each position."""
        if len(self.parts) > 1:
            run(f"CREATE TABLE {name}_0 AS {facts}")
        source = f"({facts})" if len(self.parts) == 1 else f"{name}_0"
        parts = tuple(part.beside(f"{name}_{n}", source, run) for n, part in enumerate(self.parts, 1))
        if len(self.parts) > 1:
            run(f"DROP TABLE {name}_0")
        place = len(self.parts[0].tables)
        return Stored({**self.columns, **dict.fromkeys(columns, place)}, parts)

    def view(self, name: str) -> str:
        """The statement that makes a view of the whole."""
        return f"CREATE VIEW {name} AS {' UNION ALL '.join(part.sql(self.columns) for part in self.parts)}"
