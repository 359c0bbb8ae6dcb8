"""Row numbers: from positions in a scan to the data rows of each file, unreadable records counted."""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from mmpsync.engines.interface import Engine

__all__ = ["Numbering", "number_rows"]


@dataclass(frozen=True)
class Numbering:
    """Where each file begins, and the rows of files with unreadable records, numbered anew."""

    starts: ir.Table
    anew: ir.Table

    def of(self, rows: ir.Table) -> ir.Table:
        """Rows of the stored conversions, their `source_row` 1-based in their file, unreadable records counted."""
        anew = self.anew.rename(numbered="position")
        # In one join: to drop a key in between costs a query of its own.
        joined = rows.left_join(anew, [("position", "numbered")]).join(self.starts, "source_file")
        by_position = joined.position - joined.first_position + 1
        number = ibis.coalesce(joined.number, joined.source_row, by_position)
        return joined.select(*(number.name(name) if name == "source_row" else name for name in rows.columns))


def number_rows(engine: Engine, conversions: ir.Table) -> Numbering:
    """Begin to number the stored conversions."""
    starts = conversions.group_by("source_file").agg(first_position=conversions.position.min())
    starts = engine.materialize(starts, "file_starts")
    # To ask first whether there are any would have everything wait for the conversions to be read.
    broken = engine.unreadable().semi_join(starts, "source_file").select("source_file", "row")
    broken = engine.materialize(broken, "unreadable_rows")
    of_broken = conversions.semi_join(broken, "source_file").join(starts, "source_file")
    rows = of_broken.select(
        "source_file",
        "position",
        source_row=ibis.coalesce(of_broken.source_row, of_broken.position - of_broken.first_position + 1),
    )
    return Numbering(starts, engine.materialize(_numbered(rows, broken), "numbered_anew"))


def _numbered(rows: ir.Table, broken: ir.Table) -> ir.Table:
    """Per position of files with unreadable records its `number`, those counted."""
    ranked = broken.mutate(before=ibis.row_number().over(group_by=broken.source_file, order_by=broken.row))
    # Data rows that could be read before a record: neither the header nor earlier such records are.
    gaps = ranked.select(
        "source_file",
        position=ibis.null("int64"),
        source_row=ranked.row - 1 - ranked.before,
        gap=ibis.literal(1),
    )
    both = rows.mutate(gap=ibis.literal(0)).union(gaps)
    in_order = ibis.window(group_by="source_file", order_by=["source_row", "gap"])
    numbered = both.mutate(number=ibis.row_number().over(in_order) + 1)
    return numbered.filter(numbered.gap == 0).select("position", "number")
