"""Row numbers: from positions in a scan to the data rows of each file, unreadable records counted."""

import ibis
import ibis.expr.types as ir

from mmpsync.engines.interface import Engine

__all__ = ["number_rows"]


def number_rows(engine: Engine, conversions: ir.Table) -> ir.Table:
    """The stored conversions with `source_row` 1-based in its file, unreadable records counted.

    The engine tells of an unreadable record its line, blank lines counted: in a file with both, a number may
    be off by as many.
    """
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
    """Adds to each row's number how many unreadable records stand before it."""
    ranked = broken.mutate(before=ibis.row_number().over(group_by=broken.source_file, order_by=broken.row))
    # Data rows that could be read before a record: neither the header nor earlier such records are.
    gaps = ranked.select("source_file", source_row=ranked.row - 1 - ranked.before, gap=ibis.literal(1))
    rows = conversions.semi_join(broken, "source_file")
    both = rows.select("source_file", "source_row", gap=ibis.literal(0)).union(gaps)
    by_position = ibis.window(group_by="source_file", order_by=["source_row", "gap"], rows=(None, 0))
    counted = both.mutate(gaps=both.count(where=both.gap == 1).over(by_position))
    shifts = counted.filter(counted.gap == 0).select("source_file", "source_row", "gaps")
    shifts = engine.materialize(shifts, "row_shifts")
    joined = conversions.left_join(shifts, ["source_file", "source_row"])
    return joined.mutate(source_row=joined.source_row + joined.gaps.fill_null(0)).select(*conversions.columns)
