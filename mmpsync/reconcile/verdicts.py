"""Predicates → all reasons, the primary one, the verdict: one row in, one row out."""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from mmpsync.engines.interface import Engine
from mmpsync.ingest.canonical import CONVERSION
from mmpsync.reasons import CATALOGUE, VERDICTS
from mmpsync.reconcile.duplicates import duplicate_orders, duplicate_rows, with_digest
from mmpsync.reconcile.matching import ClickRecords, matches, relevant
from mmpsync.reconcile.rules import Context, predicates
from mmpsync.reconcile.scope import scoped

__all__ = ["JUDGED", "SEPARATOR", "Judgement", "judge"]

SEPARATOR = ";"
# The columns of an output row: what it is, and what became of it.
JUDGED = (*CONVERSION, "event", "verdict", "reason", "reasons", "matched_click_time", "partner", "suggestion")
_ROW = ("source_file", "source_row")


@dataclass(frozen=True)
class Judgement:
    """Every conversion with its verdict, in order of file and row, and the click records it was judged by."""

    rows: ir.Table
    clicks: ClickRecords


def judge(engine: Engine, conversions: ir.Table, clicks: tuple[ir.Table, ...], context: Context) -> Judgement:
    """Decide on every row. `rows` has the columns JUDGED plus `usable`, `in_scope` and `first_click`."""
    scope = engine.materialize(scoped(conversions, context.config), "scope")
    records = relevant(engine, clicks, scope)
    joined = records.records > 0
    context = Context(context.config, context.as_of, joined)
    facts = _facts(engine, conversions, scope, records, context)
    judged = engine.materialize(_judged(facts, context).order_by(_ROW), "judged")
    return Judgement(judged, records)


def _facts(
    engine: Engine, conversions: ir.Table, scope: ir.Table, records: ClickRecords, context: Context
) -> ir.Table:
    digests = engine.materialize(with_digest(conversions, scope), "digests")
    repeated = engine.materialize(duplicate_rows(digests), "repeated_rows")
    orders = engine.materialize(duplicate_orders(scope, repeated, digests, context.config), "repeated_orders")
    own = [name for name in scope.columns if name not in conversions.columns or name in (*_ROW, "order_id")]
    rows = _beside(conversions.drop("order_id"), scope.select(*own))
    rows = _beside(rows, repeated.mutate(duplicate_row=True))
    rows = _beside(rows, orders)
    if context.joined:
        tolerance = context.config.program.clock_tolerance
        rows = _beside(rows, matches(engine, scope, records, tolerance))
    else:
        none = {
            **dict.fromkeys(("partner", "near_miss", "suggestion"), "string"),
            **dict.fromkeys(("first_click", "matched_click_time"), "timestamp"),
        }
        rows = rows.mutate(
            known=False, all_later=False, covered=True, **{name: ibis.null(kind) for name, kind in none.items()}
        )
    return rows.mutate(
        duplicate_row=rows.duplicate_row.fill_null(False),
        duplicate_order=(~rows.conflicting_order).fill_null(False),
        conflicting_order=rows.conflicting_order.fill_null(False),
        known=rows.known.fill_null(False),
        all_later=rows.all_later.fill_null(False),
        covered=rows.covered.fill_null(True),
    )


def _beside(rows: ir.Table, facts: ir.Table) -> ir.Table:
    """`rows` with the columns of `facts`, null where it has nothing to say of a row."""
    joined = rows.left_join(facts, _ROW)
    return joined.drop(*(f"{name}_right" for name in _ROW))


def _judged(facts: ir.Table, context: Context) -> ir.Table:
    rules = predicates(facts, context)
    codes = [rule.ifelse(ibis.literal(code), ibis.null("string")) for code, rule in rules.items()]
    # Empty when nothing applies: concat_ws leaves nulls out.
    rows = facts.mutate(reasons=ibis.literal(SEPARATOR).join(codes))
    first = rows.reasons.re_extract(f"^([^{SEPARATOR}:]*)", 1)
    rows = rows.mutate(reason=(first == "").ifelse("matched", first))
    rows = rows.mutate(verdict=_verdict(rows.reason))
    extra = [name for name in ("source_columns",) if name in rows.columns]
    return rows.select(*JUDGED, *extra, "usable", "in_scope", "first_click")


def _verdict(reason: ir.StringValue) -> ir.StringValue:
    branches = []
    for verdict in VERDICTS:
        codes = [entry.code for entry in CATALOGUE if entry.verdict == verdict]
        branches.append((reason.isin(codes), ibis.literal(verdict)))
    return ibis.cases(*branches, else_=ibis.null("string"))
