"""Values that a push will ask for: carried through the run by their field references, beside the canonical columns.

They stand in one column, a map from a reference list to the text that it yields in the row. A run whose
configuration refers to nothing has no such column.
"""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from mmpsync.config import Config
from mmpsync.config_problems import literal

__all__ = ["CARRIED", "carried_key", "carried_references", "carried_values"]

CARRIED = "push_fields"


def carried_references(config: Config) -> tuple[tuple[str, ...], ...]:
    """Every list of references that `[push.fields]` and the events' fields name, each once."""
    tables = [config.push.fields, *(event.fields for event in config.events.values())]
    return tuple(dict.fromkeys(references for table in tables for references in table.values()))


def carried_key(references: Sequence[str]) -> str:
    """The key under which the map has what these references yield."""
    return literal(list(references))


def carried_values(references: Sequence[Sequence[str]], values: Sequence[ir.StringValue]) -> ir.MapValue:
    """The column of a row's values; all rows have the same keys."""
    return ibis.map(ibis.array([carried_key(each) for each in references]), ibis.array(list(values)))
