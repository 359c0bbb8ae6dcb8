"""Row numbers: from positions in a scan to the data rows of each file, unreadable records counted."""

import ibis
import ibis.expr.types as ir

from mmpsync.engines.interface import Engine

__all__ = ["number_rows"]


def number_rows(engine: Engine, conversions: ir.Table) -> ir.Table:
    """The stored conversions with `source_row` 1-based in its file, unreadable records counted."""
    starts = engine.materialize(
        conversions.group_by("source_file").agg(first_position=conversions.position.min()), "file_starts"
    )
    joined = conversions.join(starts, "source_file")
    by_position = joined.position - joined.first_position + 1
    conversions = joined.mutate(source_row=ibis.coalesce(joined.source_row, by_position)).drop(
        "first_position"
    )
    broken = engine.unreadable()
    if not engine.rows(broken.semi_join(starts, "source_file").limit(1)):
        return conversions
    return _shifted(engine, conversions, broken)


def _shifted(engine: Engine, conversions: ir.Table, broken: ir.Table) -> ir.Table:
    """Numbers the rows of files with unreadable records anew, those counted."""
    ranked = broken.mutate(before=ibis.row_number().over(group_by=broken.source_file, order_by=broken.row))
    # Data rows that could be read before a record: neither the header nor earlier such records are.
    gaps = ranked.select("source_file", source_row=ranked.row - 1 - ranked.before, gap=ibis.literal(1))
    rows = conversions.semi_join(broken, "source_file")
    both = rows.select("source_file", "source_row", gap=ibis.literal(0)).union(gaps)
    in_order = ibis.window(group_by="source_file", order_by=["source_row", "gap"])
    numbered = both.mutate(number=ibis.row_number().over(in_order) + 1)
    numbers = numbered.filter(numbered.gap == 0).select("source_file", "source_row", "number")
    numbers = engine.materialize(numbers, "row_numbers")
    joined = conversions.left_join(numbers, ["source_file", "source_row"])
    return joined.mutate(source_row=ibis.coalesce(joined.number, joined.source_row)).select(
        *conversions.columns
    )
