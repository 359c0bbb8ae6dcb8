"""The tables of a run directory: each one Parquet file, or a folder of them when several wrote it."""

from pathlib import Path

__all__ = ["files_of"]


def files_of(table: Path) -> list[Path]:
    """The Parquet files of a table in the order of its rows; none when there is no such table."""
    if table.is_dir():
        return sorted(table.glob("*.parquet"))
    return [table] if table.is_file() else []
