"""Thresholds → pass or fail, each condition with its limit and what was found."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from mmpsync.conclusions import Baseline, GateCondition, GateResult, GroupChange
from mmpsync.config import Gate, GateGroup, Share
from mmpsync.summaries import Group, Money, ReasonSummary, Summary

__all__ = ["judge_gate"]


def judge_gate(
    gate: Gate,
    summary: Summary,
    reasons: tuple[ReasonSummary, ...],
    groups: tuple[Group, ...] = (),
    baseline: Baseline | None = None,
) -> GateResult:
    """Every limit of the configuration against what was found; without any, no gated reason may have rows."""
    if gate.fail_on == "never":
        return GateResult(passed=True)
    conditions = (
        *_of_rates(gate, summary, baseline),
        *_of_money("revenue at risk", gate.max_revenue_at_risk, summary.at_risk),
        *_of_reasons(gate, summary, reasons),
        *(
            condition
            for limits in gate.group
            for condition in _of_groups(limits, groups, () if baseline is None else baseline.groups)
        ),
    )
    return GateResult(passed=all(condition.passed for condition in conditions), conditions=conditions)


def _of_rates(gate: Gate, summary: Summary, baseline: Baseline | None) -> Iterator[GateCondition]:
    rows = summary.in_rate
    if gate.min_match_rate is not None and summary.match_rate is not None:
        yield _match_rate("match rate", gate.min_match_rate, summary.match_rate, rows, gate.min_rows)
    elif gate.min_match_rate is not None and summary.in_scope:
        # A gate that is asked for a rate and has none must not look as if it had passed.
        found = GateCondition(
            name="match rate",
            limit=f"at least {gate.min_match_rate}",
            value=f"none: of {summary.in_scope} rows in scope all are held or duplicates",
            passed=False,
        )
        yield _if_of_enough(found, summary.in_scope, gate.min_rows)
    if (
        gate.max_match_rate_drop is not None
        and baseline is not None
        and baseline.match_rate_change is not None
    ):
        change = baseline.match_rate_change
        yield _drop("match rate", gate.max_match_rate_drop, change, min(rows, baseline.rows), gate.min_rows)


def _of_reasons(gate: Gate, summary: Summary, reasons: Sequence[ReasonSummary]) -> Iterator[GateCondition]:
    for reason in reasons:
        if reason.found and (gate.fails_on(reason.severity) or reason.code in gate.tolerate):
            yield _within(gate, summary, reason)
        limits = gate.max_revenue_by_reason.get(reason.code, {})
        yield from _of_money(f"revenue with {reason.code}", limits, reason.amounts)


def _of_groups(
    limits: GateGroup, groups: Sequence[Group], changes: Sequence[GroupChange]
) -> Iterator[GateCondition]:
    of_dimension = [group for group in groups if group.dimension == limits.by]
    for missing in sorted(set(limits.names) - {group.name for group in of_dimension if group.name}):
        value = f"no such {limits.by} in this run"
        yield GateCondition(name=f"{limits.by} {missing}", limit="in the run", value=value, passed=True)
    for group in of_dimension:
        if limits.names and group.name not in limits.names:
            continue
        name = f"{limits.by} {group.name or '(none)'}"
        rows = group.in_rate
        if limits.min_match_rate is not None and group.match_rate is not None:
            yield _match_rate(
                f"match rate of {name}", limits.min_match_rate, group.match_rate, rows, limits.min_rows
            )
        yield from _of_money(f"revenue at risk of {name}", limits.max_revenue_at_risk, group.at_risk)
        for change in changes:
            same = (change.dimension, change.name) == (group.dimension, group.name)
            if same and limits.max_match_rate_drop is not None:
                fewest = min(rows, change.earlier_rows)
                yield _drop(
                    f"match rate of {name}",
                    limits.max_match_rate_drop,
                    change.change,
                    fewest,
                    limits.min_rows,
                )


def _within(gate: Gate, summary: Summary, reason: ReasonSummary) -> GateCondition:
    tolerated = gate.tolerate.get(reason.code, 0)
    if isinstance(tolerated, Share):
        share = Decimal(reason.found) / max(1, summary.in_scope)
        found = GateCondition(
            name=reason.code,
            limit=f"at most {tolerated} of the rows in scope",
            value=f"{share * 100:.2f}%",
            passed=share <= tolerated.value,
        )
        return _if_of_enough(found, summary.in_scope, gate.min_rows)
    limit = {0: "no row", 1: "at most 1 row"}.get(tolerated, f"at most {tolerated} rows")
    return GateCondition(
        name=reason.code, limit=limit, value=str(reason.found), passed=reason.found <= tolerated
    )


def _match_rate(name: str, limit: Share, rate: float, rows: int, fewest: int) -> GateCondition:
    found = GateCondition(
        name=name,
        limit=f"at least {limit}",
        value=f"{rate * 100:.2f}%",
        passed=Decimal(str(rate)) >= limit.value,
    )
    return _if_of_enough(found, rows, fewest)


def _drop(name: str, limit: Share, change: float, rows: int, fewest: int) -> GateCondition:
    found = GateCondition(
        name=f"{name} against the baseline",
        limit=f"at most {str(limit).removesuffix('%')} points lower",
        value=f"{change * 100:+.2f} points",
        passed=-Decimal(str(change)) <= limit.value,
    )
    return _if_of_enough(found, rows, fewest)


def _if_of_enough(condition: GateCondition, rows: int, fewest: int) -> GateCondition:
    """The condition on a share, which fails nothing where it is one of too few rows."""
    if rows >= fewest:
        return condition
    value = f"{condition.value} of {rows} rows, too few to judge"
    return condition.model_copy(update={"value": value, "passed": True})


def _of_money(name: str, limits: Mapping[str, Decimal], found: Sequence[Money]) -> Iterator[GateCondition]:
    amounts = {money.currency: money.amount for money in found}
    for currency, limit in limits.items():
        amount = amounts.get(currency, Decimal(0))
        yield GateCondition(
            name=name,
            limit=f"at most {limit:,.2f} {currency}",
            value=f"{amount:,.2f} {currency}",
            passed=amount <= limit,
        )
