"""Predicates → all reasons, the primary one, the verdict: one row in, one row out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import ibis
import ibis.expr.types as ir

from mmpsync.engines.interface import Engine
from mmpsync.ingest.canonical import CONVERSION
from mmpsync.reasons import CATALOGUE, VERDICTS
from mmpsync.reconcile.actions import ACTION_COLUMNS, FLAGS, ActionRecords, credit
from mmpsync.reconcile.duplicates import duplicate_orders, duplicate_rows
from mmpsync.reconcile.matching import ClickRecords, matches, relevant
from mmpsync.reconcile.rules import Context, predicates
from mmpsync.reconcile.scope import EXCLUSIONS, scoped

__all__ = ["JUDGED", "SEPARATOR", "Judgement", "judge"]

SEPARATOR = ";"
# The columns of an output row: what it is, and what became of it.
JUDGED = (*CONVERSION, "event", "verdict", "reason", "reasons", "matched_click_time", "partner", "suggestion")

# What is found out about a row, metrics' needs among it; all else stands in the conversions.
_FOUND = (
    "source_row", "order_id", "event", "verdict", "reason", "reasons", "matched_click_time", "partner", "suggestion", "usable",
    "in_scope", "first_click",
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
    numbers: ir.Table | None = None,
    actions: tuple[ir.Table, ...] = (),
) -> Judgement:
    """Decide on every row of the stored conversions, whose `numbers` in their files they may say themselves.

    `rows` has the columns JUDGED plus what metrics ask of a row; with action records the ACTION_COLUMNS, too.
    """
    scope = engine.materialize(scoped(conversions, numbers, context.config), "scope")
    records = relevant(engine, clicks, scope)
    context = replace(context, joined=records.records > 0, with_actions=bool(actions))
    credited = credit(engine, conversions, scope, actions, context.config) if actions else None
    facts = _facts(engine, conversions, scope, records, context)
    if credited is not None:
        facts = _beside(facts, credited.credits)
        facts = facts.mutate(**{flag: facts[flag].fill_null(False) for flag in FLAGS})
    rows = conversions.drop("source_row", "order_id").join(facts, "position")
    return Judgement(engine.beside("judged", conversions, _judged(rows, context)), records, credited)


def _facts(
    engine: Engine, conversions: ir.Table, scope: ir.Table, records: ClickRecords, context: Context
) -> ir.Table:
    """Per row, what is known of it beside its own columns."""
    repeated = engine.materialize(duplicate_rows(conversions, scope), "repeated_rows")
    orders = engine.materialize(
        duplicate_orders(conversions, scope, repeated, context.config), "repeated_orders"
    )
    own = [
        name
        for name in scope.columns
        if name not in conversions.columns or name in ("position", "source_row", "order_id")
    ]
    rows = _beside(scope.select(*own), repeated.mutate(duplicate_row=True))
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
            known=False,
            all_later=False,
            covered=True,
            **{name: ibis.null(kind) for name, kind in none.items()},
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
    return rows.left_join(facts, "position").drop("position_right")


def _judged(facts: ir.Table, context: Context) -> ir.Table:
    rules = predicates(facts, context)
    kept = [name for name in ("position", *_FOUND, *ACTION_COLUMNS) if name in facts.columns]
    rows = facts.select(*kept, **{f"rule_{n}": rule for n, rule in enumerate(rules.values())})
    names = {f"rule_{n}": code for n, code in enumerate(rules)}
    rows = rows.mutate(reasons=_listed(rows, names))
    first = rows.reasons.split(SEPARATOR)[0].split(":")[0]
    rows = rows.mutate(reason=(rows.reasons == "").ifelse("matched", first))
    rows = rows.mutate(verdict=_verdict(rows.reason))
    if context.with_actions:
        # What is credited already was judged like any other row, and leaves the rates for it.
        rows = rows.mutate(in_scope=rows.in_scope & (rows.verdict != "excluded"))
    extra = [name for name in ACTION_COLUMNS if name in rows.columns]
    return rows.select("position", *_FOUND, *extra)


def _listed(rows: ir.Table, names: Mapping[str, str]) -> ir.StringValue:
    """The codes of the rules that hold, in order; empty for none. `names`: column of a rule → its code."""
    excluding = [name for name, code in names.items() if code in EXCLUSIONS]
    others = [name for name in names if name not in excluding]

    def listed(columns: Sequence[str]) -> ir.StringValue:
        # concat_ws leaves nulls out.
        codes = [rows[name].ifelse(ibis.literal(names[name]), ibis.null("string")) for name in columns]
        return ibis.literal(SEPARATOR).join(codes)

    # Putting texts together is dear; most rows have nothing to say, or one group of rules says it all.
    return ibis.cases(
        (~rows.in_scope, listed(excluding)),
        (ibis.or_(*(rows[name] for name in others)), listed(others)),
        else_="",
    )


def _verdict(reason: ir.StringValue) -> ir.StringValue:
    branches = []
    for verdict in VERDICTS:
        codes = [entry.code for entry in CATALOGUE if entry.verdict == verdict]
        branches.append((reason.isin(codes), ibis.literal(verdict)))
    return ibis.cases(*branches, else_=ibis.null("string"))
