"""Where the files of one layout have what a reference names: in a column, a partition, or a key inside one.

Everything here is known from the header, the path and the first records, before any row is read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby

from mmpsync.engines.interface import Layout
from mmpsync.ingest.references import Reference, filled_in, normalise, of_field

__all__ = ["Place", "Resolver", "Unit"]

Unit = tuple[Reference, ...]
"""What is extracted into one column: a single reference, or query parameters of one column tried in order."""
Place = tuple[str, tuple[str, ...]]
"""Where a value stands: a column of the scan, or a partition behind a mark, and the path inside it."""
_PARTITION = "\0"


@dataclass(frozen=True)
class Resolver:
    """Finds references in the columns of one layout.

    `aliases` maps other spellings to the adapter's own. `link_source` is the URL parameter by which a link
    says whose it is; a link that names another than `own_sources` (lower case) yields no ClickId. `loose`:
    cells may be wrapped and their JSON broken. `fields`: what a reference to a field stands for.
    """

    layout: Layout
    click_id_params: Sequence[str]
    aliases: Mapping[str, str]
    partitions: Mapping[str, str]
    link_source: str | None = None
    own_sources: Sequence[str] = ()
    loose: bool = False
    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def units(self, references: Sequence[str]) -> list[Unit]:
        """The references, fields and placeholders filled in, as units in order."""
        texts = [text for reference in references for text in of_field(reference, self.fields)]
        parsed = [Reference.parse(text) for text in filled_in(texts, self.click_id_params)]
        units: list[Unit] = []
        for (_, is_query), group in groupby(parsed, key=lambda ref: (ref.column, ref.param is not None)):
            members = tuple(group)
            units += [members] if is_query else [(member,) for member in members]
        return units

    def has(self, references: Sequence[str]) -> bool:
        """Whether the layout has a column for any of the references, or a key that was seen."""
        columns = [ref.column for unit in self.units(references) for ref in unit if ref.constant is None]
        return any(self.has_seen(column) for column in columns)

    def yields(self, unit: Unit) -> bool:
        """Whether the layout has a column for the unit, or needs none."""
        return any(ref.constant is not None or self.places(ref.column) for ref in unit)

    def has_seen(self, name: str) -> bool:
        """Whether the layout has a column or partition of that name, or a key that was seen."""
        return bool(self._own(name) or self._others(normalise(name)))

    def places(self, name: str) -> list[Place]:
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

    def partition(self, column: str) -> str | None:
        """The value of the partition that a place names as its column; None for a column of the scan."""
        return self.partitions[column[1:]] if column.startswith(_PARTITION) else None

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
