"""The exceptions of a run as the rows of a sheet, a batch at a time and never as Python objects."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from mmpsync.masking import harmless, mask_personal
from mmpsync.report.xlsx_cells import (
    LONGEST,
    Cells,
    SharedStrings,
    contents,
    numbers,
    numbers_or,
    rows,
    texts,
    times,
)
from mmpsync.report.xlsx_masking import DEVICE_IDS, IDS, OWN, masked_column
from mmpsync.tables import files_of

__all__ = ["Column", "Exceptions", "Kind"]

Kind = Literal["text", "id", "time", "money", "number"]
_BATCH_ROWS = 6_144
# A column with more values than this in a batch is not worth a table of them.
_MOST_SHARED = 4_096
_FIRST = (
    *("verdict", "reason", "reasons", "suggestion", "source_file", "source_row", "event", "event_time"),
    *("app_id", "platform", "media_source", "partner", "campaign", "publisher", "click_id_raw", "order_id"),
    *("amount", "currency"),
)
# Other columns say the same: `amount` shows its raw text where that is no amount.
_LEFT_OUT = ("click_id", "amount_raw", "is_primary", "source_columns")
_REPEATED = (
    *("verdict", "reason", "reasons", "source_file", "mmp", "kind", "event", "event_name", "app_id"),
    *("platform", "touch_type", "media_source", "attribution", "currency", "promo_code", "sku", "category"),
    *("campaign", "publisher", "country", "app_version", "partner"),
)


@dataclass(frozen=True)
class Column:
    """A column of the sheet."""

    name: str
    kind: Kind


class Exceptions:
    """exceptions.parquet: how many `rows` it has, which `columns` hold anything, and all of it as XML.

    Without `unmask` personal data is masked, and there is no column of device ids: masked ones tell nobody anything.
    """

    def __init__(self, path: Path, *, unmask: bool) -> None:
        self._files, self.unmask = files_of(path), unmask
        found = [_metadata(file) for file in self._files]
        self.rows = sum(metadata.num_rows for metadata in found)
        self.columns = tuple(column for column in _columns(found) if unmask or column.name not in DEVICE_IDS)

    def xml(
        self, styles: Mapping[Kind, str], shared: SharedStrings, most: int
    ) -> Iterator[tuple[memoryview, int]]:
        """Yield the rows in pieces, at most `most` in all, with how many are in each.

        `styles` are attributes of cells, see `xlsx_cells`.
        """
        names = [column.name for column in self.columns]
        beside = [name for name in ("amount_raw", "reasons") if name not in names]
        repeated = [name for name in (*names, *beside) if name in _REPEATED]
        left = most
        for read in self._batches([*names, *beside], repeated):
            batch = read.slice(0, left)
            left -= batch.num_rows
            if batch.num_rows:
                cells = [self._column(column, batch, styles, shared) for column in self.columns]
                yield contents(rows(cells)), batch.num_rows

    def _batches(self, columns: Sequence[str], repeated: Sequence[str]) -> Iterator[pa.RecordBatch]:
        for path in self._files:
            with parquet.ParquetFile(path, read_dictionary=repeated, pre_buffer=False) as file:
                yield from file.iter_batches(_BATCH_ROWS, columns=columns, use_threads=False)

    def _column(self, column: Column, batch: Any, styles: Mapping[Kind, str], shared: SharedStrings) -> Cells:
        values, style = batch[column.name], styles[column.kind]
        if column.kind == "time":
            return times(values, style, styles["text"])
        if column.kind == "number":
            return numbers(values, style)
        if column.kind == "money":
            # What stands where there should be an amount; hardly any row has such.
            other = pc.and_(pc.is_null(values), pc.is_valid(batch["amount_raw"]))
            if not pc.any(other).as_py():
                return numbers(values, style)
            return numbers_or(values, style, self._texts("amount_raw", batch, styles["text"]))
        if pa.types.is_dictionary(values.type):
            if len(values.dictionary) <= _MOST_SHARED:
                return shared.column(column.name, values, self._shown, style)
            place = batch.schema.get_field_index(column.name)
            batch = batch.set_column(place, column.name, values.dictionary_decode())
        return self._texts(column.name, batch, style)

    def _texts(self, name: str, batch: Any, style: str) -> Cells:
        return texts(batch[name] if self.unmask else masked_column(name, batch), style)

    def _shown(self, name: str, values: list[str]) -> list[str]:
        found = [harmless(text)[:LONGEST] for text in values]
        return found if self.unmask or name in OWN else [mask_personal(text) for text in found]


def _metadata(path: Path) -> parquet.FileMetaData:
    with parquet.ParquetFile(path) as file:
        return file.metadata


def _columns(files: Sequence[parquet.FileMetaData]) -> Iterator[Column]:
    """The columns that hold anything in any row, what an analyst looks at first."""
    schema = files[0].schema.to_arrow_schema()
    empty = set[str].intersection(*map(_empty, [file for file in files if file.num_rows] or files))
    if "amount_raw" not in empty:
        empty.discard("amount")
    in_order = sorted(schema.names, key=lambda name: _FIRST.index(name) if name in _FIRST else len(_FIRST))
    for name in in_order:
        if name not in _LEFT_OUT and name not in empty:
            yield Column(name, _kind(name, schema.field(name).type))


def _empty(metadata: parquet.FileMetaData) -> set[str]:
    """Names of columns that are null in every row; without rows, none is."""
    nulls: dict[str, int] = {}
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        for column in map(group.column, range(group.num_columns)):
            found = column.statistics.null_count if column.statistics is not None else None
            nulls[column.path_in_schema] = nulls.get(column.path_in_schema, 0) + (found or 0)
    return {name for name, count in nulls.items() if count == metadata.num_rows > 0}


def _kind(name: str, kind: pa.DataType) -> Kind:
    if pa.types.is_timestamp(kind):
        return "time"
    if pa.types.is_decimal(kind):
        return "money"
    if pa.types.is_integer(kind):
        return "number"
    return "id" if name.endswith("_id") or name in {*IDS, "click_id_raw", "suggestion"} else "text"
