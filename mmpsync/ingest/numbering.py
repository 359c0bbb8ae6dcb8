"""Row numbers: from positions in a scan to the data rows of each file, unreadable records counted."""

import ibis
import ibis.expr.types as ir

from mmpsync.engines.interface import Engine

__all__ = ["number_rows"]


def number_rows(engine: Engine, conversions: ir.Table) -> ir.Table:
    """Per `position` of the stored conversions its `source_row`: 1-based in its file, unreadable records counted."""
    starts = engine.materialize(
        conversions.group_by("source_file").agg(first_position=conversions.position.min()), "file_starts"
    )
    joined = conversions.join(starts, "source_file")
    by_position = joined.position - joined.first_position + 1
    rows = joined.select("position", "source_file", source_row=ibis.coalesce(joined.source_row, by_position))
    # To ask first whether there are any would have everything wait for the conversions to be read.
    broken = engine.unreadable().semi_join(starts, "source_file").select("source_file", "row")
    numbered = _with_unreadable(rows, engine.materialize(broken, "unreadable_rows"))
    return engine.materialize(numbered, "row_numbers")


def _with_unreadable(rows: ir.Table, broken: ir.Table) -> ir.Table:
    """Per position the row's number, anew in files with unreadable records, those counted."""
    ranked = broken.mutate(before=ibis.row_number().over(group_by=broken.source_file, order_by=broken.row))
    # Data rows that could be read before a record: neither the header nor earlier such records are.
    gaps = ranked.select(
        "source_file",
        position=ibis.null("int64"),
        source_row=ranked.row - 1 - ranked.before,
        gap=ibis.literal(1),
    )
    of_broken = rows.semi_join(broken, "source_file")
    both = of_broken.select("source_file", "position", "source_row", gap=ibis.literal(0)).union(gaps)
    in_order = ibis.window(group_by="source_file", order_by=["source_row", "gap"])
    numbered = both.mutate(number=ibis.row_number().over(in_order) + 1)
    numbered = numbered.filter(numbered.gap == 0).select("position", "number")
    joined = rows.left_join(numbered, "position")
    return joined.select("position", source_row=ibis.coalesce(joined.number, joined.source_row))
