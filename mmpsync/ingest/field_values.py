"""A row's fields as text: each read from the references that hold for the row's kind and platform."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from mmpsync.ingest.conditions import choose
from mmpsync.ingest.configured_source import ConfiguredSource
from mmpsync.ingest.extraction import Values

__all__ = ["FieldValues"]


@dataclass(frozen=True)
class FieldValues:
    """The fields of a source's rows, of which `kind` has to be known where they differ by it."""

    source: ConfiguredSource
    found: Values

    def text(self, name: str) -> ir.StringValue:
        """A field's value, in our words where the source has its own for it."""
        value = self._by_row(name, self.found.text)
        rules = () if self.source.configured(name) else self.source.adapter.wordings.get(name, ())
        return ibis.coalesce(choose(rules, self.found), value) if rules else value

    @property
    def currency(self) -> ir.StringValue:
        """The currency that goes with the amount that counts."""
        money = self.source.adapter.money
        if not money or self.source.configured("amount", "currency"):
            return self.text("currency")
        branches = [
            (self.found.text([amount]).notnull(), self.found.text(currency)) for amount, currency in money
        ]
        return ibis.cases(*branches, else_=self.text("currency"))

    def is_utc(self, name: str) -> ir.BooleanValue:
        """Whether a time's reference says that it is UTC, whatever the time zone of the files is said to be."""

        def told_by(references: Sequence[str]) -> ir.BooleanValue:
            utc = self.source.adapter.utc
            told = [(self.found.text([ref]).notnull(), ibis.literal(ref in utc)) for ref in references]
            return ibis.cases(*told, else_=False) if told else ibis.literal(False)

        return self._by_row(name, told_by)

    def _by_row(self, name: str, read: Callable[[Sequence[str]], ir.Value]) -> ir.Value:
        """What is read by the references that a field has in each row, by its kind and platform."""
        adapter, rows = self.source.adapter, self.found.table
        usual = self.source.references(name)
        special = [(rows.kind == kind, self.source.references(name, kind)) for kind in adapter.by_kind]
        platforms = {} if self.source.configured(name) else adapter.by_platform
        special += [
            (self.text("platform").lower() == platform, fields[name])
            for platform, fields in platforms.items()
            if name in fields
        ]
        branches = [(test, read(refs)) for test, refs in special if refs != usual]
        return ibis.cases(*branches, else_=read(usual)) if branches else read(usual)
