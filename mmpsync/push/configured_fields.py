"""What the configuration fills conversion fields with, read from the clean rows of a run."""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from mmpsync.config import Config
from mmpsync.engines.interface import Engine
from mmpsync.errors import InputError
from mmpsync.ingest.canonical import CONVERSION
from mmpsync.ingest.carried import CARRIED, carried_key, carried_references

__all__ = ["ConfiguredFields", "require_carried"]


@dataclass(frozen=True)
class ConfiguredFields:
    """The fields of `[push.fields]` and of the events, over the clean rows of a run."""

    config: Config
    rows: ir.Table

    @property
    def names(self) -> tuple[str, ...]:
        """Every field that is filled for one event or for all."""
        tables = [self.config.push.fields, *(event.fields for event in self.config.events.values())]
        return tuple(dict.fromkeys(name for table in tables for name in table))

    def value(self, name: str, usual: ir.Value | None) -> ir.Value | None:
        """The field's value: the event's own, else that for all events, else `usual`; None where there is none."""
        by_event = {
            key: event.fields[name] for key, event in self.config.events.items() if name in event.fields
        }
        everywhere = self.config.push.fields.get(name)
        value = usual if everywhere is None else self._carried(everywhere)
        if not by_event:
            return value
        other = ibis.null("string") if value is None else value.cast("string")
        return ibis.cases(
            *((self.rows.event == key, self._carried(refs)) for key, refs in by_event.items()), else_=other
        )

    def _carried(self, references: tuple[str, ...]) -> ir.StringValue:
        """What the references yield; one that is a canonical field's name stands for that, too."""
        found = [self.rows[CARRIED].get(carried_key(references))] if CARRIED in self.rows.columns else []
        found += [_text(self.rows[name]) for name in references if name in CONVERSION]
        found += [ibis.literal(ref[1:]) for ref in references if ref.startswith("=")]
        return ibis.coalesce(ibis.null("string"), *found)


def require_carried(engine: Engine, rows: ir.Table, config: Config, directory: str) -> None:
    """Raise InputError when the run does not carry what the configuration asks of it."""
    asked = [
        references
        for references in carried_references(config)
        if not all(name in CONVERSION or name.startswith("=") for name in references)
    ]
    if not asked:
        return
    carried: set[str] = set()
    if CARRIED in rows.columns:
        first = engine.rows(rows.select(keys=rows[CARRIED].keys()).limit(1))
        carried = set(first[0]["keys"]) if first else {carried_key(each) for each in asked}
    lacking = [" or ".join(each) for each in asked if carried_key(each) not in carried]
    if lacking:
        raise InputError(
            f"{directory}: does not hold what the configuration fills conversion fields from"
            f" ({'; '.join(lacking)}): reconcile again with this configuration"
        )


def _text(value: ir.Value) -> ir.StringValue:
    return value if value.type().is_string() else value.cast("string")
