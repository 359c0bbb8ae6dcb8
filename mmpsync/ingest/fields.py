"""Field references: the small grammar of adapters and `mmpsync.toml`, resolved to Ibis expressions.

| reference                  | meaning                                                              |
|----------------------------|----------------------------------------------------------------------|
| `af_sub1`                  | a column; case, BOM, braces, brackets, blanks and underscores ignored |
| `event_value.af_order_id`  | a key inside a JSON column, also nested                              |
| `original_url?irclickid`   | a query parameter of a URL or bare query string                      |
| `original_url?{click_id}`  | the same for each of the program's `click_id_params`, in order       |
| `dcp_{click_id}`           | a column for each of the program's `click_id_params`, in order       |
| `=USD`                     | this very text, for every row                                        |
| `af_sub1!`                 | `yes`, for every row of a file that has the column (JSON: the key)   |

Everything that a file is asked for is extracted once, into columns; whatever needs a value refers to those.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

import ibis
import ibis.expr.types as ir

from mmpsync.engines.functions import (
    cleaned,
    json_texts,
    query_parameter,
    struct_text,
    trimmed,
    unwrapped,
    utf8_text,
)
from mmpsync.engines.interface import Layout
from mmpsync.ingest.loose import broken_json_text, value_of

__all__ = [
    "CLICK_ID_PLACEHOLDER",
    "Reference",
    "Resolver",
    "Values",
    "extract",
    "json_path",
    "normalise",
    "query_value",
]

CLICK_ID_PLACEHOLDER = "{click_id}"


@dataclass(frozen=True)
class Reference:
    """One parsed reference: a constant, or a column with an optional query parameter, or whether it is there."""

    column: str = ""
    param: str | None = None
    constant: str | None = None
    presence: bool = False

    @property
    def is_read(self) -> bool:
        """Whether its value is read from a row."""
        return self.constant is None and not self.presence

    @property
    def is_cell(self) -> bool:
        """Whether its value is that of a column, or of a key inside one."""
        return self.is_read and self.param is None

    @classmethod
    def parse(cls, text: str) -> "Reference":
        """The reference that `text` writes."""
        if text.startswith("="):
            return cls(constant=text[1:])
        if text.endswith("!"):
            return cls(column=text[:-1], presence=True)
        column, mark, param = text.partition("?")
        return cls(column=column, param=param if mark else None)


# What is extracted into one column: a single reference, or query parameters of one column tried in order.
Unit = tuple[Reference, ...]
# Where a value stands: a column of the scan, or a partition behind this mark, and the path inside it.
Place = tuple[str, tuple[str, ...]]
_PARTITION = "\0"


def normalise(name: str) -> str:
    """A column's name as it is compared: no BOM, braces, brackets, blanks, underscores; lower case."""
    name = name.strip().lstrip("\ufeff").strip()
    if name[:1] + name[-1:] in ("{}", "[]"):
        name = name[1:-1]
    return re.sub(r"[\s_{}\[\]]+", "", name).lower()


@dataclass(frozen=True)
class Resolver:
    """Finds references in the columns of one layout.

    `aliases` maps other spellings to the adapter's own. `link_source` is the URL parameter by which a link
    says whose it is; a link that names another than `own_sources` (lower case) yields no ClickId. `loose`:
    cells may be wrapped and their JSON broken.
    """

    layout: Layout
    click_id_params: Sequence[str]
    aliases: Mapping[str, str]
    partitions: Mapping[str, str]
    link_source: str | None = None
    own_sources: Sequence[str] = ()
    loose: bool = False

    def has(self, references: Sequence[str]) -> bool:
        """Whether the layout has a column for any of the references, or a key that was seen."""
        columns = [ref.column for unit in self.units(references) for ref in unit if ref.constant is None]
        return any(self._seen(column) for column in columns)

    def units(self, references: Sequence[str]) -> list[Unit]:
        """The references, placeholders filled in, as units in order."""
        texts = (
            text.replace(CLICK_ID_PLACEHOLDER, param)
            for text in references
            for param in (self.click_id_params if CLICK_ID_PLACEHOLDER in text else ("",))
        )
        parsed = [Reference.parse(text) for text in dict.fromkeys(texts)]
        units: list[Unit] = []
        for (_, is_query), group in groupby(parsed, key=lambda ref: (ref.column, ref.param is not None)):
            members = tuple(group)
            units += [members] if is_query else [(member,) for member in members]
        return units

    @cached_property
    def _columns(self) -> dict[str, list[str]]:
        """Normalised name → columns of the scan, or keys of its records."""
        is_json = self.layout.format == "json"
        # Of names that are alike, one that begins with an underscore was changed to make room for the other.
        named = sorted(enumerate(self.layout.columns), key=lambda column: column[1].startswith("_"))
        columns: dict[str, list[str]] = {}
        for position, name in named:
            columns.setdefault(normalise(name), []).append(name if is_json else f"c{position}")
        return columns

    @cached_property
    def _spellings(self) -> dict[str, list[str]]:
        """Normalised name of the adapter's own → the other spellings of it."""
        spellings: dict[str, list[str]] = {}
        for other, own in self.aliases.items():
            spellings.setdefault(normalise(own), []).append(other)
        return spellings

    def yields(self, unit: Unit) -> bool:
        """Whether the layout has a column for the unit, or needs none."""
        return any(ref.constant is not None or self._places(ref.column) for ref in unit)

    def _places(self, name: str) -> list[Place]:
        """Where to look for `name`, in order: where it was seen; records may differ in where they have it.

        In JSON any later record may have a key that was not seen.
        """
        key = normalise(name)
        own, others = self._own(name), self._others(key)
        if self.layout.format != "json":
            return (own or others)[:1]
        if not own:
            column, *inner = name.split(".")
            own = [(column, tuple(inner))]
            others = others or [(spelling, ()) for spelling in self._spellings.get(key, ())]
        return own + others

    def _seen(self, name: str) -> bool:
        return bool(self._own(name) or self._others(normalise(name)))

    def _own(self, name: str) -> list[Place]:
        """Where the layout has `name` as it is: a column, a partition or a key inside a column."""
        if columns := self._columns.get(normalise(name)):
            return [(column, ()) for column in columns]
        if name in self.partitions:
            return [(_PARTITION + name, ())]
        steps = name.split(".")
        for cut in range(len(steps) - 1, 0, -1):
            outer = normalise(".".join(steps[:cut]))
            columns = [*self._columns.get(outer, ()), *(column for column, _ in self._others(outer))]
            if columns:
                return [(column, tuple(steps[cut:])) for column in columns]
        return []

    def _others(self, key: str) -> list[Place]:
        """The columns that are other spellings of a normalised name, in the order of the file."""
        spelt = {normalise(other) for other in self._spellings.get(key, ())} - {key}
        found = (columns for name, columns in self._columns.items() if name in spelt)
        return [(column, ()) for columns in found for column in columns]

    def cells(self, scan: ir.Table, units: Iterable[Unit], keep: Sequence[str]) -> "Cells":
        """What the units' values are taken from, each column of the layout once."""
        places = {
            unit: [place for ref in unit if ref.is_read for place in self._places(ref.column)]
            for unit in units
        }
        documents: dict[str, list[str]] = {}
        for column, steps in (place for found in places.values() for place in found):
            paths = documents.setdefault(column, [])
            paths += [path for path in (json_path(steps),) if steps and path not in paths]
        numbers = {column: n for n, column in enumerate(documents)}
        read = [[(numbers[column], steps) for column, steps in found] for found in places.values()]
        present = [[self._seen(ref.column) for ref in unit if ref.presence] for unit in units]
        names = [name for name in ("source_file", "source_row", *keep) if name in scan.columns]
        table = self._cells(scan, names, list(documents))
        shape = repr((read, present, list(documents.values()), table.schema()))
        return Cells(self, table, documents, names, shape)

    def _cells(self, scan: ir.Table, names: Sequence[str], columns: Sequence[str]) -> ir.Table:
        """The columns of the layout, or keys of its records, as columns cell_0, cell_1 and so on."""
        read = [column for column in columns if not column.startswith(_PARTITION)]
        if self.layout.format != "json" or not read:
            cells = {column: scan[column] for column in read}
            rows = scan
        else:
            paths = ibis.array([json_path((column,)) for column in read])
            rows = scan.select(*names, record=json_texts(scan.c0, paths))
            cells = {column: rows.record[n] for n, column in enumerate(read)}
        cells |= {
            column: ibis.literal(self.partitions[column.removeprefix(_PARTITION)])
            for column in columns
            if column.startswith(_PARTITION)
        }
        return rows.select(*names, **{f"cell_{n}": cells[column] for n, column in enumerate(columns)})

    def raw(self, cells: "Cells", rows: ir.Table, units: Mapping[Unit, str]) -> ir.Table:
        """The units' values as found, each under its name, null where this layout has no column for it.

        `rows` are those of `cells`, or of several layouts of its shape.
        """
        documents = cells.documents
        read_in = [f"cell_{n}" for n in range(len(documents))]
        searched = {ref.column for unit in units for ref in unit if ref.param is not None}
        searched_in = {column for name in searched for column, steps in self._places(name) if not steps}
        is_text = [bool(paths) or column in searched_in for column, paths in documents.items()]
        texts = [name for name, needed in zip(read_in, is_text, strict=True) if needed]
        rows = rows.mutate(**{f"text_{name}": self._bare(rows[name]) for name in texts})
        searched_cells = [
            name for name, column in zip(read_in, documents, strict=True) if column in searched_in
        ]
        rows = rows.mutate(**{f"lower_{name}": rows[f"text_{name}"].lower() for name in searched_cells})
        # Each JSON document is parsed once, for all the paths that are asked of it.
        parsed = zip(read_in, documents.values(), strict=True)
        rows = rows.mutate(
            **{f"json_{c}": json_texts(rows[f"text_{c}"], ibis.array(p)) for c, p in parsed if p}
        )
        return rows.select(
            *cells.names, **{name: self._unit(rows, unit, documents) for unit, name in units.items()}
        )

    def _unit(self, rows: ir.Table, unit: Unit, documents: Mapping[str, Sequence[str]]) -> ir.Value:
        if unit[0].constant is not None:
            return ibis.literal(unit[0].constant)
        if unit[0].presence:
            return ibis.literal("yes") if self._seen(unit[0].column) else ibis.null("string")
        params = [reference.param for reference in unit if reference.param is not None]
        places = self._places(unit[0].column)
        found = [self._value(rows, place, documents, as_url=bool(params)) for place in places]
        if not found:
            return ibis.null("string")
        value = found[0] if len(found) == 1 else ibis.coalesce(*map(_text, found))
        if not params:
            return value
        text = _text(value)
        is_cell = len(places) == 1 and not places[0][1]
        lower = rows[f"lower_{_cell(documents, places[0][0])}"] if is_cell else text.lower()
        is_click_id = any(param in self.click_id_params for param in params)
        return query_value(text, params, self._owner if is_click_id else None, lower=lower)

    def _value(
        self, rows: ir.Table, place: Place, documents: Mapping[str, Sequence[str]], *, as_url: bool
    ) -> ir.Value:
        column, steps = place
        cell = _cell(documents, column)
        if not steps:
            return rows[f"text_{cell}"] if as_url else rows[cell]
        parsed, text = rows[f"json_{cell}"], rows[f"text_{cell}"]
        value = parsed[documents[column].index(json_path(steps))]
        # What does not parse may still show the key and its value.
        return parsed.isnull().ifelse(broken_json_text(text, steps[-1]), value) if self.loose else value

    def _bare(self, value: ir.Value) -> ir.StringValue:
        return unwrapped(_text(value)) if self.loose else _text(value)

    @property
    def _owner(self) -> tuple[str, Sequence[str]] | None:
        if self.link_source is None:
            return None
        return self.link_source, [*self.own_sources, *(s.replace("_", "%5f") for s in self.own_sources)]


@dataclass(frozen=True)
class Cells:
    """The columns of one layout from which values are taken, `cell_0` and so on, beside `names`.

    `documents` are their names in the layout, each with the paths that are asked of the JSON in it. Layouts of the
    same `shape` are read alike from here on, whatever the order of their columns.
    """

    resolver: Resolver
    table: ir.Table
    documents: Mapping[str, Sequence[str]]
    names: Sequence[str]
    shape: str


def extract(
    sources: Sequence[tuple[Resolver, ir.Table]],
    references: Iterable[Sequence[str]],
    *,
    keep: Sequence[str] = (),
    as_found: Sequence[str] = (),
) -> "Values":
    """The value of every unit of these reference lists in a column of its own, all scans below each other.

    The resolvers differ in their layouts only. `keep` names other columns of the scans to take along;
    `as_found` are references whose values are not to be unwrapped.
    """
    first = sources[0][0]
    wanted = dict.fromkeys(unit for texts in references for unit in first.units(texts))
    yielding = [unit for unit in wanted if any(resolver.yields(unit) for resolver, _ in sources)]
    columns = {unit: f"u{n}" for n, unit in enumerate(yielding)}
    alike: dict[str, list[Cells]] = {}
    for resolver, scan in sources:
        cells = resolver.cells(scan, columns, keep)
        alike.setdefault(cells.shape, []).append(cells)
    parts = [
        group[0].resolver.raw(group[0], _stacked([cells.table for cells in group]), columns)
        for group in alike.values()
    ]
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


def _cell(documents: Mapping[str, Sequence[str]], column: str) -> str:
    return f"cell_{list(documents).index(column)}"


def _stacked(tables: Sequence[ir.Table]) -> ir.Table:
    return ibis.union(*tables) if len(tables) > 1 else tables[0]


def _finished(value: ir.Value, unit: Unit) -> ir.Value:
    """The value with null tokens taken out; they are for cells, not for what a URL says of itself."""
    if unit[0].param is not None:
        return trimmed(value).nullif("")
    return cleaned(value) if unit[0].is_cell and value.type().is_string() else value


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


def query_value(
    text: ir.StringValue,
    params: Sequence[str],
    owner: tuple[str, Sequence[str]] | None = None,
    *,
    lower: ir.StringValue | None = None,
) -> ir.StringValue:
    r"""The first of these query parameters with a value, as found; null when there is none.

    A parameter's name ignores case and may itself be percent-encoded; `\u0026` counts as `&`. `owner` is a
    parameter that says whose the URL is, and the values (lower case) for which it may be read. `lower` is the text
    in lower case, if it is at hand.
    """
    lower = text.lower() if lower is None else lower
    found = [_first_of(text, lower, name) for name in params]
    value = ibis.coalesce(*found) if len(found) > 1 else found[0]
    if owner is None:
        return value
    name, own = owner
    is_own = _first_of(text, lower, name).lower().isin(own).fill_null(True)
    return is_own.ifelse(value, ibis.null("string"))


def _first_of(text: ir.StringValue, lower: ir.StringValue, name: str) -> ir.StringValue:
    """The first value of a query parameter, as found; null when there is none."""
    spelt = "".join(c if c.isalnum() else f"(?:{re.escape(c)}|%{ord(c):02X})" for c in name)
    # What of the name cannot be encoded; in front of it stand the rest of the name and a separator.
    ending = re.split(r"[^0-9A-Za-z]", name)[-1].lower() + "="
    rest = name[: len(name) - len(ending) + 1]
    longest = sum(1 if c.isalnum() else len("%5F") for c in rest)
    return query_parameter(text, lower, spelt, ending, longest + 1)


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


def json_path(steps: Sequence[str]) -> str:
    """The JSON path to the value under these keys, one inside the other."""
    return "$" + "".join('."' + step.replace('"', '\\"') + '"' for step in steps)
