"""Everything that files are asked for, extracted once, into a column each; whatever needs a value refers to those.

Files of one layout are cut down to the cells that are read. Where the cells of several layouts are read alike they are
stacked before the values are taken out of them, all others after it, so that a folder of files whose columns merely
stand in another order makes no larger query.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import ibis
import ibis.expr.types as ir

from mmpsync.engines.functions import cleaned, json_texts, struct_text, trimmed, unwrapped, utf8_text
from mmpsync.ingest.loose import broken_json_text, value_of
from mmpsync.ingest.query_parameters import query_value
from mmpsync.ingest.references import json_path
from mmpsync.ingest.resolver import Place, Resolver, Unit

__all__ = ["Values", "extract"]


@dataclass(frozen=True)
class Values:
    """The extracted values of a scan: `table` has source_file, source_row and a column for every unit."""

    table: ir.Table
    columns: Mapping[Unit, str]
    resolver: Resolver

    def on(self, table: ir.Table) -> "Values":
        """The same columns in a table built on this one."""
        return Values(table, self.columns, self.resolver)

    def first(self, references: Sequence[str]) -> ir.Value | None:
        """The first value that the references yield; None when the file has none of the columns."""
        found = [value for _, value in self.units(references)]
        if len(found) > 1:
            return ibis.coalesce(*(_text(value) for value in found))
        return found[0] if found else None

    def text(self, references: Sequence[str]) -> ir.StringValue:
        """Like `first`, as text; null when the file has none of the columns."""
        value = self.first(references)
        return ibis.null("string") if value is None else _text(value)

    def units(self, references: Sequence[str]) -> list[tuple[bool, ir.Value]]:
        """The values of the units in order, each with whether it was taken from a query string."""
        return [
            (unit[0].param is not None, self.table[self.columns[unit]])
            for unit in self.resolver.units(references)
            if unit in self.columns
        ]


def extract(
    sources: Sequence[tuple[Resolver, ir.Table]],
    references: Iterable[Sequence[str]],
    *,
    keep: Sequence[str] = (),
    as_found: Sequence[str] = (),
) -> Values:
    """The value of every unit of these reference lists in a column of its own, all scans below each other.

    The resolvers differ in their layouts only. `keep` names other columns of the scans to take along;
    `as_found` are references whose values are not to be unwrapped.
    """
    first = sources[0][0]
    wanted = dict.fromkeys(unit for texts in references for unit in first.units(texts))
    yielding = [unit for unit in wanted if any(resolver.yields(unit) for resolver, _ in sources)]
    columns = {unit: f"u{n}" for n, unit in enumerate(yielding)}
    alike: dict[str, list[_Cells]] = {}
    for resolver, scan in sources:
        cells = _Cells.of(resolver, scan, columns, keep)
        alike.setdefault(cells.shape, []).append(cells)
    parts = [group[0].values(_stacked([cells.table for cells in group]), columns) for group in alike.values()]
    typed = [name for name in columns.values() if all(part[name].type().is_timestamp() for part in parts)]
    parts = [
        part.mutate(**{name: _text(part[name]) for name in columns.values() if name not in typed})
        for part in parts
    ]
    rows = _stacked(parts)
    rows = rows.mutate(**{n: _finished(rows[n], u) for u, n in columns.items()})
    if first.loose:
        kept = set(first.units(as_found))
        loose = [name for unit, name in columns.items() if unit[0].is_cell and unit not in kept]
        rows = rows.mutate(**{n: value_of(rows[n]) for n in loose if rows[n].type().is_string()})
    return Values(rows, columns, first)


@dataclass(frozen=True)
class _Cells:
    """The columns of one layout from which values are taken, `cell_0` and so on, beside `kept` ones.

    `documents` are their names in the layout, each with the paths that are asked of the JSON in it. Layouts of the
    same `shape` are read alike from here on, whatever the order of their columns.
    """

    resolver: Resolver
    table: ir.Table
    documents: Mapping[str, Sequence[str]]
    kept: Sequence[str]
    shape: str

    @classmethod
    def of(cls, resolver: Resolver, scan: ir.Table, units: Collection[Unit], keep: Sequence[str]) -> Self:
        """What the units' values are taken from, each column of the layout once."""
        places = [[p for ref in unit if ref.is_read for p in resolver.places(ref.column)] for unit in units]
        documents: dict[str, list[str]] = {}
        for column, steps in (place for found in places for place in found):
            paths = documents.setdefault(column, [])
            paths += [path for path in (json_path(steps),) if steps and path not in paths]
        numbers = {column: n for n, column in enumerate(documents)}
        read = [[(numbers[column], steps) for column, steps in found] for found in places]
        present = [[resolver.has_seen(ref.column) for ref in unit if ref.presence] for unit in units]
        kept = [name for name in ("source_file", "source_row", *keep) if name in scan.columns]
        table = _cut_down(resolver, scan, kept, list(documents))
        return cls(
            resolver, table, documents, kept, repr((read, present, list(documents.values()), table.schema()))
        )

    def values(self, rows: ir.Table, units: Mapping[Unit, str]) -> ir.Table:
        """The units' values as found, each under its name, null where this layout has no column for it.

        `rows` are those of the table, or of several layouts of its shape.
        """
        columns = {ref.column for unit in units for ref in unit if ref.param is not None}
        searched = {column for name in columns for column, steps in self.resolver.places(name) if not steps}
        texts = [cell for column, cell in self._names.items() if self.documents[column] or column in searched]
        rows = rows.mutate(**{f"text_{cell}": self._bare(rows[cell]) for cell in texts})
        lower = [cell for column, cell in self._names.items() if column in searched]
        rows = rows.mutate(**{f"lower_{cell}": rows[f"text_{cell}"].lower() for cell in lower})
        # Each JSON document is parsed once, for all the paths that are asked of it.
        parsed = [(self._names[column], paths) for column, paths in self.documents.items() if paths]
        rows = rows.mutate(
            **{f"json_{cell}": json_texts(rows[f"text_{cell}"], ibis.array(paths)) for cell, paths in parsed}
        )
        return rows.select(*self.kept, **{name: self._unit(rows, unit) for unit, name in units.items()})

    @cached_property
    def _names(self) -> dict[str, str]:
        """Column of the layout → its name here."""
        return {column: f"cell_{n}" for n, column in enumerate(self.documents)}

    def _unit(self, rows: ir.Table, unit: Unit) -> ir.Value:
        column = unit[0].column
        if unit[0].constant is not None:
            return ibis.literal(unit[0].constant)
        if unit[0].presence:
            return ibis.literal("yes") if self.resolver.has_seen(column) else ibis.null("string")
        params = [reference.param for reference in unit if reference.param is not None]
        places = self.resolver.places(column)
        found = [self._value(rows, place, as_url=bool(params)) for place in places]
        if not found:
            return ibis.null("string")
        value = found[0] if len(found) == 1 else ibis.coalesce(*map(_text, found))
        if not params:
            return value
        text = _text(value)
        is_cell = len(places) == 1 and not places[0][1]
        lower = rows[f"lower_{self._names[places[0][0]]}"] if is_cell else text.lower()
        is_click_id = any(param in self.resolver.click_id_params for param in params)
        return query_value(text, lower, params, self._owner if is_click_id else None)

    def _value(self, rows: ir.Table, place: Place, *, as_url: bool) -> ir.Value:
        column, steps = place
        cell = self._names[column]
        if not steps:
            return rows[f"text_{cell}"] if as_url else rows[cell]
        parsed, text = rows[f"json_{cell}"], rows[f"text_{cell}"]
        value = parsed[self.documents[column].index(json_path(steps))]
        if not self.resolver.loose:
            return value
        # What does not parse may still show the key and its value.
        return parsed.isnull().ifelse(broken_json_text(text, steps[-1]), value)

    def _bare(self, value: ir.Value) -> ir.StringValue:
        return unwrapped(_text(value)) if self.resolver.loose else _text(value)

    @property
    def _owner(self) -> tuple[str, Sequence[str]] | None:
        name = self.resolver.link_source
        return None if name is None else (name, self.resolver.own_sources)


def _cut_down(resolver: Resolver, scan: ir.Table, kept: Sequence[str], columns: Sequence[str]) -> ir.Table:
    """The columns of the layout, or keys of its records, as columns cell_0, cell_1 and so on."""
    partitions = {column: resolver.partition(column) for column in columns}
    read = [column for column, partition in partitions.items() if partition is None]
    if resolver.layout.format == "json" and read:
        paths = ibis.array([json_path((column,)) for column in read])
        scan = scan.select(*kept, record=json_texts(scan.c0, paths))
        cells = {column: scan.record[n] for n, column in enumerate(read)}
    else:
        cells = {column: scan[column] for column in read}
    cells |= {column: ibis.literal(value) for column, value in partitions.items() if value is not None}
    return scan.select(*kept, **{f"cell_{n}": cells[column] for n, column in enumerate(columns)})


def _stacked(tables: Sequence[ir.Table]) -> ir.Table:
    return ibis.union(*tables) if len(tables) > 1 else tables[0]


def _finished(value: ir.Value, unit: Unit) -> ir.Value:
    """The value with null tokens taken out; they are for cells, not for what a URL says of itself."""
    if unit[0].param is not None:
        return trimmed(value).nullif("")
    return cleaned(value) if unit[0].is_cell and value.type().is_string() else value


def _text(value: ir.Value) -> ir.StringValue:
    kind = value.type()
    if kind.is_nested() or kind.is_json():
        return struct_text(value)
    if kind.is_binary():
        return utf8_text(value)
    if kind.is_floating():
        return _plain(value.cast("string"))
    return value if kind.is_string() else value.cast("string")


def _plain(number: ir.StringValue) -> ir.StringValue:
    """A number without an exponent, nor a fraction of zeros that it has from its type alone."""
    exact = number.try_cast("decimal(38,9)").cast("string").re_replace(r"\.?0+$", "")
    return ibis.coalesce(exact, number)
