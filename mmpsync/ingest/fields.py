"""Field references: the small grammar of adapters and `mmpsync.toml`, resolved to Ibis expressions.

| reference                  | meaning                                                              |
|----------------------------|----------------------------------------------------------------------|
| `af_sub1`                  | a column; case, BOM, braces, brackets, blanks and underscores ignored |
| `event_value.af_order_id`  | a key inside a JSON column, also nested                              |
| `original_url?irclickid`   | a query parameter of a URL or bare query string                      |
| `original_url?{click_id}`  | the same for each of the program's `click_id_params`, in order       |
| `dcp_{click_id}`           | a column for each of the program's `click_id_params`, in order       |
| `=USD`                     | this very text, for every row                                        |

Everything that a file is asked for is extracted once, into columns; whatever needs a value refers to those.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

import ibis
import ibis.expr.types as ir

from mmpsync.engines.functions import json_texts, struct_text, utf8_text
from mmpsync.engines.interface import Layout
from mmpsync.ingest.values import clean, trimmed

__all__ = ["Reference", "Resolver", "Values", "extract", "normalise", "query_value"]

CLICK_ID_PLACEHOLDER = "{click_id}"


@dataclass(frozen=True)
class Reference:
    """One parsed reference: a constant, or a column with an optional query parameter."""

    column: str = ""
    param: str | None = None
    constant: str | None = None

    @classmethod
    def parse(cls, text: str) -> "Reference":
        """The reference that `text` writes."""
        if text.startswith("="):
            return cls(constant=text[1:])
        column, mark, param = text.partition("?")
        return cls(column=column, param=param if mark else None)


# What is extracted into one column: a single reference, or query parameters of one column tried in order.
Unit = tuple[Reference, ...]


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
    says whose it is; a link that names another than `own_sources` (lower case) yields no ClickId.
    """

    layout: Layout
    click_id_params: Sequence[str]
    aliases: Mapping[str, str]
    partitions: Mapping[str, str]
    link_source: str | None = None
    own_sources: Sequence[str] = ()

    def has(self, references: Sequence[str]) -> bool:
        """Whether the layout has a column for any of the references, or a key that was seen."""
        columns = [ref.column for unit in self.units(references) for ref in unit if ref.constant is None]
        return any(self._seen(column) is not None for column in columns)

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
    def _columns(self) -> dict[str, str]:
        """Normalised name → column of the scan, or key of a JSON record."""
        is_json = self.layout.format == "json"
        aliases = {normalise(other): normalise(own) for other, own in self.aliases.items()}
        own: dict[str, str] = {}
        other: dict[str, str] = {}
        for position, name in enumerate(self.layout.columns):
            key, place = normalise(name), name if is_json else f"c{position}"
            own.setdefault(key, place)
            if key in aliases:
                other.setdefault(aliases[key], place)
        return other | own

    def yields(self, unit: Unit) -> bool:
        """Whether the layout has a column for the unit, or needs none."""
        return any(ref.constant is not None or self._place(ref.column) is not None for ref in unit)

    def _place(self, name: str) -> tuple[str, tuple[str, ...]] | None:
        """Where to look for `name`: where it was seen, or, in JSON, where any later record may have it."""
        if (place := self._seen(name)) is not None or self.layout.format != "json":
            return place
        return "c0", tuple(name.split("."))

    def _seen(self, name: str) -> tuple[str, tuple[str, ...]] | None:
        """The scan's column that carries `name`, and the path inside it; None when there is none."""
        if (column := self._columns.get(normalise(name))) is not None:
            return ("c0", (column,)) if self.layout.format == "json" else (column, ())
        if name in self.partitions:
            return ("", (name,))
        steps = name.split(".")
        for cut in range(len(steps) - 1, 0, -1):
            column = self._columns.get(normalise(".".join(steps[:cut])))
            if column is not None:
                inner = tuple(steps[cut:])
                return ("c0", (column, *inner)) if self.layout.format == "json" else (column, inner)
        return None

    def raw(self, scan: ir.Table, units: Mapping[Unit, str], keep: Sequence[str]) -> ir.Table:
        """The units' values as found, each under its name, null where this layout has no column for it."""
        places = [self._place(ref.column) for unit in units for ref in unit if ref.constant is None]
        documents: dict[str, list[str]] = {}
        for column, steps in (place for place in places if place is not None and place[0]):
            paths = documents.setdefault(column, [])
            wanted = {_json_path(steps), _json_path(steps[:1])} if steps else set()
            paths += sorted(wanted - set(paths))
        # Each JSON document is parsed once, for all the paths that are asked of it.
        rows = scan.select(
            "source_file",
            "source_row",
            *(name for name in keep if name in scan.columns),
            *documents,
            **{f"json_{c}": json_texts(_text(scan[c]), ibis.array(p)) for c, p in documents.items() if p},
        )
        return rows.select(
            "source_file",
            "source_row",
            *(name for name in keep if name in rows.columns),
            **{name: self._unit(rows, unit, documents) for unit, name in units.items()},
        )

    def _unit(self, rows: ir.Table, unit: Unit, documents: Mapping[str, Sequence[str]]) -> ir.Value:
        if unit[0].constant is not None:
            return ibis.literal(unit[0].constant)
        place = self._place(unit[0].column)
        if place is None:
            return ibis.null("string")
        column, steps = place
        if not column:
            value = ibis.literal(self.partitions[steps[0]])
        elif steps:
            paths = documents[column]
            value = rows[f"json_{column}"][paths.index(_json_path(steps))]
            if len(steps) > 1 and self.layout.format == "json":
                # A value may be a text that holds JSON itself, as AppsFlyer's event_value is.
                outer = rows[f"json_{column}"][paths.index(_json_path(steps[:1]))]
                value = ibis.coalesce(value, json_texts(outer, ibis.array([_json_path(steps[1:])]))[0])
        else:
            value = rows[column]
        params = [reference.param for reference in unit if reference.param is not None]
        if not params:
            return value
        is_click_id = any(param in self.click_id_params for param in params)
        return query_value(_text(value), params, self._owner if is_click_id else None)

    @property
    def _owner(self) -> tuple[str, Sequence[str]] | None:
        if self.link_source is None:
            return None
        return self.link_source, [*self.own_sources, *(s.replace("_", "%5f") for s in self.own_sources)]


def extract(
    sources: Sequence[tuple[Resolver, ir.Table]],
    references: Iterable[Sequence[str]],
    *,
    keep: Sequence[str] = (),
) -> "Values":
    """The value of every unit of these reference lists in a column of its own, all scans below each other.

    The resolvers differ in their layouts only. `keep` names other columns of the scans to take along.
    """
    first = sources[0][0]
    wanted = dict.fromkeys(unit for texts in references for unit in first.units(texts))
    yielding = [unit for unit in wanted if any(resolver.yields(unit) for resolver, _ in sources)]
    columns = {unit: f"u{n}" for n, unit in enumerate(yielding)}
    parts = [resolver.raw(scan, columns, keep) for resolver, scan in sources]
    typed = [name for name in columns.values() if all(part[name].type().is_timestamp() for part in parts)]
    parts = [
        part.mutate(**{name: _text(part[name]) for name in columns.values() if name not in typed})
        for part in parts
    ]
    rows = ibis.union(*parts) if len(parts) > 1 else parts[0]
    return Values(rows.mutate(**{n: _finished(rows[n], u) for u, n in columns.items()}), columns, first)


def _finished(value: ir.Value, unit: Unit) -> ir.Value:
    """The value with null tokens taken out; they are for cells, not for what a URL says of itself."""
    if unit[0].param is not None:
        return trimmed(value).nullif("")
    return clean(value) if unit[0].constant is None and value.type().is_string() else value


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
    text: ir.StringValue, params: Sequence[str], owner: tuple[str, Sequence[str]] | None = None
) -> ir.StringValue:
    r"""The first of these query parameters with a value, as found; null or empty when there is none.

    A parameter's name ignores case and may itself be percent-encoded; `\u0026` counts as `&`. `owner` is a
    parameter that says whose the URL is, and the values (lower case) for which it may be read.
    """
    escaped = "\\u0026"
    plain = text.contains(escaped).ifelse(text.replace(escaped, "&"), text)
    # A substring search is many times cheaper than a regular expression, and mostly answers no.
    branches = [
        (_may_have(plain, name) & plain.re_search(f"{_param(name)}=[^&#]"), _extracted(plain, name))
        for name in params
    ]
    value = ibis.cases(*branches, else_=ibis.null("string"))
    if owner is None:
        return value
    name, own = owner
    is_own = ~_may_have(plain, name) | _extracted(plain, name).lower().isin([*own, ""])
    return is_own.ifelse(value, ibis.null("string"))


def _param(name: str) -> str:
    """A regular expression for a parameter's name where one may stand."""
    spelt = "".join(c if c.isalnum() else f"(?:{re.escape(c)}|%{ord(c):02X})" for c in name)
    return rf"(?i)(?:^|[?&;#\s]){spelt}"


def _may_have(text: ir.StringValue, name: str) -> ir.BooleanValue:
    plain_end = re.split(r"[^0-9A-Za-z]", name)[-1]
    return text.ilike(f"%{plain_end}=%")


def _extracted(text: ir.StringValue, name: str) -> ir.StringValue:
    return text.re_extract(f"{_param(name)}=([^&#]+)", 1)


def _text(value: ir.Value) -> ir.StringValue:
    kind = value.type()
    if kind.is_nested() or kind.is_json():
        return struct_text(value)
    if kind.is_binary():
        return utf8_text(value)
    return value if kind.is_string() else value.cast("string")


def _json_path(steps: Sequence[str]) -> str:
    return "$" + "".join('."' + step.replace('"', '\\"') + '"' for step in steps)
