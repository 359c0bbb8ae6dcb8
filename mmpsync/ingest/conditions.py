"""The rules of an adapter as Ibis expressions: which kind a row is, and how its attribution is told."""

from collections.abc import Iterable, Sequence

import ibis
import ibis.expr.types as ir

from mmpsync.ingest.extraction import Values
from mmpsync.ingest.interface import (
    ClickIdFound,
    Condition,
    ImpactSource,
    Matches,
    Missing,
    OneOf,
    Present,
    Rule,
)
from mmpsync.ingest.resolver import Resolver

__all__ = ["choose", "holds", "possible", "read_by"]


def choose(rules: Sequence[Rule], found: Values) -> ir.StringValue:
    """The `then` of the first rule that holds, null if none does.

    A rule that no row of the file can fulfil falls away.
    """
    branches: list[tuple[ir.BooleanValue, ir.StringValue]] = []
    otherwise: ir.StringValue = ibis.null("string")
    for rule in rules:
        tests = [holds(condition, found) for condition in rule.when]
        if any(test is False for test in tests):
            continue
        tests = [test for test in tests if test is not True]
        if not tests:
            otherwise = ibis.literal(rule.then)
            break
        branches.append((ibis.and_(*tests), ibis.literal(rule.then)))
    return ibis.cases(*branches, else_=otherwise) if branches else otherwise


def holds(condition: Condition, found: Values) -> ir.BooleanValue | bool:
    """Whether a row fulfils the condition; a plain bool when that is the same for every row of the file."""
    if isinstance(condition, ImpactSource | ClickIdFound):
        return found.table["is_impact" if isinstance(condition, ImpactSource) else "has_click_id"]
    if found.first([condition.reference]) is None:
        return isinstance(condition, Missing)
    value = found.text([condition.reference])
    match condition:
        case Present():
            return value.notnull()
        case Missing():
            return value.isnull()
        case OneOf(values=values):
            return value.lower().isin(values).fill_null(False)
        case Matches(pattern=pattern):
            return value.re_search(pattern).fill_null(False)


def read_by(conditions: Iterable[Condition]) -> list[tuple[str]]:
    """The references that the conditions ask for."""
    return [(c.reference,) for c in conditions if not isinstance(c, ImpactSource | ClickIdFound)]


def possible(rules: Sequence[Rule], resolver: Resolver) -> set[str]:
    """The `then` of every rule that has conditions and a layout with the columns for them."""
    return {rule.then for rule in rules if rule.when and all(_may_hold(each, resolver) for each in rule.when)}


def _may_hold(condition: Condition, resolver: Resolver) -> bool:
    match condition:
        case Present(reference) | OneOf(reference) | Matches(reference):
            return resolver.has([reference])
        case _:
            return True
