"""What changed since an earlier run, and the gate on it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from mmpsync.conclusions import GateResult
from mmpsync.config import Gate
from mmpsync.reasons import BY_CODE
from mmpsync.reconcile.baseline import compare
from mmpsync.reconcile.gate import judge_gate
from mmpsync.run import Run
from mmpsync.summaries import ClickSummary, Ctit, Group, ReasonSummary, Summary, VerdictSummary

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def summary(rate: float | None = 1.0, rows: int = 100) -> Summary:
    return Summary(
        rows=rows,
        in_scope=rows,
        verdicts=(VerdictSummary(verdict="clean", rows=rows),),
        match_rate=rate,
        match_rate_by_amount={},
        click_id_coverage=None,
        at_risk=(),
    )


def reasons(rows: dict[str, int]) -> tuple[ReasonSummary, ...]:
    return tuple(
        ReasonSummary(code=code, verdict=BY_CODE[code].verdict, severity=BY_CODE[code].severity, rows=n)
        for code, n in rows.items()
    )


def partner(name: str | None, rate: float | None, rows: int = 100, dimension: str = "partner") -> Group:
    return Group.model_validate(
        {"dimension": dimension, "name": name, "rows": rows, "verdicts": {"clean": rows}, "match_rate": rate}
    )


def earlier(
    rate: float | None = 1.0, found: dict[str, int] | None = None, *groups: Group, rows: int = 100
) -> Run:
    return Run(
        id="earlier",
        mmpsync_version="0",
        engine="duckdb",
        started=NOON,
        finished=NOON,
        as_of=NOON,
        config={},
        assumptions=(),
        files=(),
        left_out=(),
        clicks=ClickSummary(records=0),
        summary=summary(rate, rows),
        reason_summaries=reasons(found or {}),
        groups=groups,
        completeness=(),
        ctit=Ctit(installs=0),
        advice=(),
        gate=GateResult(passed=True),
    )


def gated(rate: float, before: Run, *groups: Group, **gate: Any) -> dict[str, bool]:
    now = summary(rate)
    found = judge_gate(Gate.model_validate(gate), now, (), groups, compare(before, now, (), groups))
    return {condition.name: condition.passed for condition in found.conditions}


def test_reasons_are_new_gone_or_changed_and_those_that_stayed_are_left_out() -> None:
    before = earlier(1.0, {"missing-click-id": 5, "orphan-click-id": 3, "matched": 90})
    now = compare(before, summary(), reasons({"missing-click-id": 7, "too-old": 1, "matched": 90}), ())
    assert [(c.code, c.status, c.earlier_rows, c.rows) for c in now.reasons] == [
        ("missing-click-id", "changed", 5, 7),
        ("too-old", "new", 0, 1),
        ("orphan-click-id", "gone", 3, 0),
    ]


def test_partners_and_days_of_both_runs_are_compared_the_largest_fall_first() -> None:
    before = earlier(
        0.99, {}, partner("A", 0.9), partner("B", 0.9), partner("C", 0.9), partner("2026-03-01", 0.5, dimension="day"),
        partner("x", 0.1, dimension="campaign"),
    )  # fmt: skip
    after = (
        partner("A", 0.8), partner("B", 0.9), partner("D", 0.1), partner("2026-03-01", 0.2, dimension="day"),
        partner("x", 0.9, dimension="campaign"),
    )  # fmt: skip
    now = compare(before, summary(0.97), (), after)
    assert now.match_rate_change == -0.02
    assert [(c.dimension, c.name, c.change) for c in now.groups] == [
        ("day", "2026-03-01", -0.3),
        ("partner", "A", -0.1),
    ]


@pytest.mark.parametrize(
    ("before", "now", "passes"), [(0.99, 0.97, True), (0.99, 0.969999, False), (0.9, 0.95, True)]
)
def test_the_match_rate_may_fall_by_so_many_points(before: float, now: float, *, passes: bool) -> None:
    assert gated(now, earlier(before), max_match_rate_drop="2%") == {
        "match rate against the baseline": passes
    }


def test_without_a_rate_in_one_of_the_runs_nothing_is_compared() -> None:
    assert gated(0.5, earlier(None), max_match_rate_drop="2%") == {}


def test_a_partner_s_match_rate_may_fall_by_so_many_points() -> None:
    limits = [{"by": "partner", "max_match_rate_drop": "5%", "min_rows": 50}]
    before = earlier(1.0, {}, partner("A", 0.9), partner("B", 0.9), partner("small", 0.9, rows=10))
    now = (partner("A", 0.84), partner("B", 0.86), partner("small", 0.1, rows=10))
    assert gated(1.0, before, *now, group=limits) == {
        "match rate of partner A against the baseline": False,
        "match rate of partner B against the baseline": True,
        "match rate of partner small against the baseline": True,
    }
