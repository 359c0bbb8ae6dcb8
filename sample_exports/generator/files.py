"""Files whose bytes are the same on every run, and lines that are damaged on purpose."""

import csv
import gzip
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import pyarrow as pa
from pyarrow import parquet

from generator.model import Damage

BOM = b"\xef\xbb\xbf"


def csv_line(cells: Iterable[str], *, damage: Damage | None = None, among: str = "") -> bytes:
    """One line of CSV; `among` is the text of the cell that the damage is done to."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    line = text.getvalue().encode()
    if damage is None:
        return line
    return _damaged(line, damage, f",{among},".encode())


def _damaged(line: bytes, damage: Damage, cell: bytes) -> bytes:
    if damage == "cells":
        return line[:-1] + b",unexpected,2\n"
    damaged = {"quote": b',"spring" sale,', "encoding": ",Frühlingsaktion,".encode("latin-1")}[damage]
    assert cell in line, f"{cell!r} is not in {line!r}"
    return line.replace(cell, damaged, 1)


def write(path: Path, content: bytes) -> None:
    """Write a file, folders and all; gzipped, without name and time, if it is called `.gz`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)


def write_parquet(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> None:
    """Write a Parquet file of text columns, compressed inside as AppsFlyer does, and its `_SUCCESS` marker."""
    table = pa.table({name: pa.array([row.get(name) for row in rows], pa.string()) for name in columns})
    write_table(path, table, compression="gzip")
    (path.parent / "_SUCCESS").write_bytes(b"")


def write_table(path: Path, table: pa.Table, *, compression: Literal["gzip", "snappy"]) -> None:
    """Write a table as Parquet, folders and all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(table, path, compression=compression, store_schema=False, write_statistics=False)
