"""Predicates → all reasons, the primary one, the verdict: one row in, one row out."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import ibis
import ibis.expr.types as ir

from mmpsync.engines.interface import Engine
from mmpsync.ingest.canonical import CONVERSION
from mmpsync.reasons import CATALOGUE, SEPARATOR, VERDICTS
from mmpsync.reconcile.actions import ACTION_COLUMNS, ActionRecords, credit
from mmpsync.reconcile.duplicates import duplicate_orders, duplicate_rows
from mmpsync.reconcile.matching import ClickRecords, look_up
from mmpsync.reconcile.rules import Context, looked_up, predicates
from mmpsync.reconcile.scope import EXCLUSIONS, in_scope, superseded

__all__ = ["JUDGED", "Judgement", "judge"]

# The columns of an output row: what it is, and what became of it.
JUDGED = (*CONVERSION, "event", "verdict", "reason", "reasons", "matched_click_time", "partner", "suggestion")

# What is found out about a row, metrics' needs among it; all else stands in the conversions.
_FOUND = (
    "source_row", "verdict", "reason", "reasons", "matched_click_time", "partner", "suggestion", "in_scope", "first_click",
)  # fmt: skip


@dataclass(frozen=True)
class Judgement:
    """Every conversion with its verdict, in the order they were read in, and the records they were compared with.

    `actions` is None when no action records were given.
    """

    rows: ir.Table
    clicks: ClickRecords
    actions: ActionRecords | None = None


def judge(  # noqa: PLR0913  every input is one
    engine: Engine,
    conversions: ir.Table,
    clicks: tuple[ir.Table, ...],
    context: Context,
    *,
    numbered: Callable[[ir.Table], ir.Table] = lambda rows: rows,
    actions: tuple[ir.Table, ...] = (),
) -> Judgement:
    """Decide on every row of the stored conversions, which are `scoped`; `numbered` puts right their `source_row`.

    `rows` has the columns JUDGED plus what metrics ask of a row; with action records the ACTION_COLUMNS, too.
    """
    replaced = engine.materialize(superseded(conversions), "superseded")
    candidates = in_scope(conversions, replaced, "usable", "click_id", "event_time")
    candidates = candidates.filter(candidates.usable).select("position", "click_id", "event_time")
    tolerance = context.config.program.clock_tolerance
    repeated = engine.materialize(duplicate_rows(conversions, replaced), "repeated_rows", aside=True)
    orders = duplicate_orders(conversions, replaced, repeated, context.config)
    found = [
        replaced.mutate(superseded=True),
        repeated.mutate(duplicate_row=True),
        engine.materialize(orders, "repeated_orders", aside=True),
    ]
    records, matched = look_up(engine, clicks, candidates, tolerance)
    found.append(matched)
    context = replace(context, with_actions=bool(actions))
    credited = credit(engine, conversions, actions, context.config) if actions else None
    if credited is not None:
        found.append(credited.credits)
    judged = _judged(_facts(numbered(conversions), found), context)
    return Judgement(engine.beside("judged", conversions, judged), records(), credited)


def _facts(rows: ir.Table, found: Iterable[ir.Table]) -> ir.Table:
    """Per row, its own columns and what is known of it beside them, null where a table of `found` has no such row."""
    for n, facts in enumerate(found):
        # All in one join: to drop a key in between costs a query of its own.
        rows = rows.left_join(facts.rename({f"position_{n}": "position"}), [("position", f"position_{n}")])
    return rows.mutate(in_scope=~rows.is_excluded & rows.superseded.isnull())


def _judged(facts: ir.Table, context: Context) -> ir.Table:
    facts = looked_up(facts)
    kept = [name for name in ("position", *_FOUND, *ACTION_COLUMNS) if name in facts.columns]
    rules = predicates(facts, context)
    rows = facts.select(*kept, **rules)
    rows = rows.select(*kept, reasons=_listed(rows, rules))
    first = rows.reasons.split(SEPARATOR)[0].split(":")[0]
    rows = rows.mutate(reason=(rows.reasons == "").ifelse("matched", first))
    rows = rows.mutate(verdict=_verdict(rows.reason))
    if context.with_actions:
        # What is credited already was judged like any other row, and leaves the rates for it.
        rows = rows.mutate(in_scope=rows.in_scope & (rows.verdict != "excluded"))
    return rows


def _listed(rows: ir.Table, codes: Iterable[str]) -> ir.StringValue:
    """Those of the codes, in order, whose column of the same name holds; empty for none."""
    others = [code for code in codes if code not in EXCLUSIONS]

    def listed(codes: Iterable[str]) -> ir.StringValue:
        # concat_ws leaves nulls out.
        held = [rows[code].ifelse(ibis.literal(code), ibis.null("string")) for code in codes]
        return ibis.literal(SEPARATOR).join(held)

    # Putting texts together is slow; most rows have nothing to say, or one group of rules says it all.
    return ibis.cases(
        (~rows.in_scope, listed(EXCLUSIONS)),
        (ibis.or_(*(rows[code] for code in others)), listed(others)),
        else_="",
    )


def _verdict(reason: ir.StringValue) -> ir.StringValue:
    branches = []
    for verdict in VERDICTS:
        codes = [entry.code for entry in CATALOGUE if entry.verdict == verdict]
        branches.append((reason.isin(codes), ibis.literal(verdict)))
    return ibis.cases(*branches, else_=ibis.null("string"))
