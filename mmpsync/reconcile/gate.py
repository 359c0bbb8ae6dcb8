"""Thresholds → pass or fail, each condition with its limit and what was found."""

from decimal import Decimal

from mmpsync.config import Gate, Share
from mmpsync.run import GateCondition, GateResult, ReasonSummary, Summary

__all__ = ["judge_gate"]

_GATED = {"error": ("error",), "warning": ("error", "warning"), "never": ()}


def judge_gate(gate: Gate, summary: Summary, reasons: tuple[ReasonSummary, ...]) -> GateResult:
    """Every reason of a gated severity must stay within what is tolerated, and the match rate above its limit."""
    conditions = [
        _within(gate, summary, reason)
        for reason in reasons
        if reason.rows and (reason.severity in _GATED[gate.fail_on] or reason.code in gate.tolerate)
    ]
    if gate.fail_on == "never":
        conditions = []
    elif gate.min_match_rate is not None and summary.match_rate is not None:
        conditions.insert(0, _match_rate(gate.min_match_rate, summary.match_rate))
    return GateResult(passed=all(c.passed for c in conditions), conditions=tuple(conditions))


def _within(gate: Gate, summary: Summary, reason: ReasonSummary) -> GateCondition:
    tolerated = gate.tolerate.get(reason.code, 0)
    if isinstance(tolerated, Share):
        share = Decimal(reason.rows) / max(1, summary.in_scope)
        return GateCondition(
            name=reason.code,
            limit=f"at most {tolerated} of the rows in scope",
            value=f"{share * 100:.2f}%",
            passed=share <= tolerated.value,
        )
    limit = "no row" if tolerated == 0 else f"at most {tolerated} rows"
    return GateCondition(
        name=reason.code, limit=limit, value=str(reason.rows), passed=reason.rows <= tolerated
    )


def _match_rate(limit: Share, found: float) -> GateCondition:
    return GateCondition(
        name="match rate",
        limit=f"at least {limit}",
        value=f"{found * 100:.2f}%",
        passed=Decimal(str(found)) >= limit.value,
    )
