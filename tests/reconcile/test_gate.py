from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmpsync.conclusions import GateResult
from mmpsync.config import Gate
from mmpsync.reasons import BY_CODE, CATALOGUE
from mmpsync.reconcile.gate import judge_gate
from mmpsync.reconcile.metrics import match_rate
from mmpsync.summaries import Group, Money, ReasonSummary, Summary, VerdictSummary

ERRORS = [reason.code for reason in CATALOGUE if reason.severity == "error"]
WARNINGS = [reason.code for reason in CATALOGUE if reason.severity == "warning"]
REST = [reason.code for reason in CATALOGUE if reason.severity in ("info", "none")]


def judged(
    reasons: dict[str, int], *, in_scope: int = 1000, rate: float | None = 1.0, **gate: Any
) -> GateResult:
    """The gate's answer on so many rows per primary reason."""
    summary = Summary(
        rows=in_scope,
        in_scope=in_scope,
        verdicts=(),
        match_rate=rate,
        match_rate_by_amount={},
        click_id_coverage=None,
        at_risk=(),
    )
    found = tuple(
        ReasonSummary(code=code, verdict=BY_CODE[code].verdict, severity=BY_CODE[code].severity, rows=rows)
        for code, rows in reasons.items()
    )
    return judge_gate(Gate.model_validate(gate), summary, found)


@pytest.mark.parametrize("code", ERRORS)
def test_an_error_fails_unless_nothing_is_gated(code: str) -> None:
    assert not judged({code: 1}).passed
    assert not judged({code: 1}, fail_on="error").passed
    assert not judged({code: 1}, fail_on="warning").passed
    assert judged({code: 1}, fail_on="never").passed


@pytest.mark.parametrize("code", WARNINGS)
def test_a_warning_fails_only_where_warnings_are_gated(code: str) -> None:
    assert judged({code: 1}).passed
    assert not judged({code: 1}, fail_on="warning").passed
    assert judged({code: 1}, fail_on="never").passed


def test_what_is_no_more_than_information_never_fails() -> None:
    every = dict.fromkeys(REST, 1000)
    assert all(judged(every, fail_on=level).passed for level in ("error", "warning", "never"))


def test_a_reason_without_rows_or_only_behind_others_fails_nothing() -> None:
    assert judged({"orphan-click-id": 0}) == GateResult(passed=True)


@pytest.mark.parametrize(("tolerated", "passes"), [(0, False), (24, False), (25, True), (26, True)])
def test_a_number_of_rows_is_tolerated_up_to_itself(tolerated: int, *, passes: bool) -> None:
    assert judged({"missing-click-id": 25}, tolerate={"missing-click-id": tolerated}).passed == passes


@pytest.mark.parametrize(
    ("rows", "tolerated", "passes"),
    [(10, "1%", True), (11, "1%", False), (9, "1%", True), (1, "0.1%", True), (1, "0.09%", False),
     (1, "0%", False), (1000, "100%", True)],
)  # fmt: skip
def test_a_share_is_tolerated_up_to_itself_of_the_rows_in_scope(
    rows: int, tolerated: str, *, passes: bool
) -> None:
    assert judged({"orphan-click-id": rows}, tolerate={"orphan-click-id": tolerated}).passed == passes


@given(st.integers(1, 10**9), st.integers(0, 10**9), st.integers(0, 10**5))
def test_a_share_is_compared_exactly(in_scope: int, rows: int, thousandths: int) -> None:
    tolerated = f"{Decimal(thousandths) / 1000:f}%"
    found = judged({"orphan-click-id": rows}, in_scope=in_scope, tolerate={"orphan-click-id": tolerated})
    assert found.passed == (rows * 100_000 <= thousandths * in_scope)


def test_each_reason_has_its_own_tolerance() -> None:
    reasons = {"orphan-click-id": 5, "missing-click-id": 5}
    assert not judged(reasons, tolerate={"orphan-click-id": 5}).passed
    assert judged(reasons, tolerate={"orphan-click-id": 5, "missing-click-id": "1%"}).passed


def test_a_tolerance_below_the_level_of_the_gate_is_kept_too() -> None:
    warned = {"view-through": 5}
    assert not judged(warned, fail_on="warning", tolerate={"view-through": 4}).passed
    assert judged(warned, fail_on="warning", tolerate={"view-through": 5}).passed


@pytest.mark.parametrize(("rate", "passes"), [(0.97, True), (0.969999, False), (0.970001, True), (1.0, True)])
def test_the_match_rate_must_reach_its_limit(rate: float, *, passes: bool) -> None:
    assert judged({}, rate=rate, min_match_rate="97%").passed == passes


def test_a_match_rate_of_nothing_fails_nothing() -> None:
    assert judged({}, in_scope=0, rate=None, min_match_rate="100%").passed


def test_a_match_rate_that_no_row_in_scope_gives_fails_the_gate_that_asks_for_it() -> None:
    # All are held, say, because the click records end before them.
    held = {"click-export-incomplete": 175}
    found = judged(held, in_scope=175, rate=None, min_match_rate="97%")
    assert not found.passed
    (condition,) = found.conditions
    assert (condition.limit, condition.value) == (
        "at least 97%", "none: of 175 rows in scope all are held or duplicates",
    )  # fmt: skip
    assert judged(held, in_scope=175, rate=None).passed
    assert judged(held, in_scope=175, rate=None, min_match_rate="97%", min_rows=176).passed


def test_a_match_rate_just_below_its_limit_is_not_rounded_up_to_it() -> None:
    # One conversion in ten million has no click: that is not all of them.
    verdicts = {"clean": 9_999_999, "unattributed": 1}
    summary = Summary(
        rows=10_000_000,
        in_scope=10_000_000,
        verdicts=tuple(VerdictSummary(verdict=verdict, rows=rows) for verdict, rows in verdicts.items()),
        match_rate=match_rate(verdicts),
        match_rate_by_amount={},
        click_id_coverage=None,
        at_risk=(),
    )
    assert not judge_gate(Gate.model_validate({"min_match_rate": "100%"}), summary, ()).passed


def test_with_never_nothing_is_gated_whatever_is_set() -> None:
    gate = {"fail_on": "never", "min_match_rate": "100%", "tolerate": {"orphan-click-id": 0}}
    assert judged({"orphan-click-id": 9}, rate=0.1, **gate) == GateResult(passed=True)


def test_every_condition_says_what_was_allowed_and_what_was_found() -> None:
    found = judged(
        {"missing-click-id": 30, "orphan-click-id": 10, "duplicate-order": 1},
        rate=0.954321,
        min_match_rate="97%",
        tolerate={"missing-click-id": 25, "orphan-click-id": "1%"},
    )
    assert not found.passed
    assert [(c.name, c.limit, c.value, c.passed) for c in found.conditions] == [
        ("match rate", "at least 97%", "95.43%", False),
        ("missing-click-id", "at most 25 rows", "30", False),
        ("orphan-click-id", "at most 1% of the rows in scope", "1.00%", True),
        ("duplicate-order", "no row", "1", False),
    ]


def money(**amounts: str) -> tuple[Money, ...]:
    return tuple(Money(currency=currency, amount=Decimal(amount)) for currency, amount in amounts.items())


def conditions(
    gate: dict[str, Any], *, at_risk: tuple[Money, ...] = (), groups: Sequence[Group] = ()
) -> dict[str, bool]:
    """Which conditions hold, by name and limit, of 40 rows in scope with a match rate of 50 %."""
    summary = Summary(
        rows=40,
        in_scope=40,
        verdicts=(VerdictSummary(verdict="clean", rows=20), VerdictSummary(verdict="held", rows=0)),
        match_rate=0.5,
        match_rate_by_amount={},
        click_id_coverage=None,
        at_risk=at_risk,
    )
    orphan = BY_CODE["orphan-click-id"]
    found = ReasonSummary(
        code=orphan.code,
        verdict=orphan.verdict,
        severity=orphan.severity,
        rows=20,
        amounts=money(EUR="80", USD="5"),
    )
    result = judge_gate(
        Gate.model_validate({"tolerate": {orphan.code: 20}} | gate), summary, (found,), tuple(groups)
    )
    assert result.passed == all(condition.passed for condition in result.conditions)
    return {f"{c.name}: {c.limit}": c.passed for c in result.conditions if c.name != orphan.code}


@pytest.mark.parametrize(("limit", "passes"), [("100", True), ("99.99", False), (101, True), (99.5, False)])
def test_money_at_risk_is_limited_per_currency(limit: str | float, *, passes: bool) -> None:
    gate = {"max_revenue_at_risk": {"EUR": limit, "GBP": 0}}
    found = conditions(gate, at_risk=money(EUR="100", USD="7000"))
    assert list(found.values()) == [passes, True]


def test_money_with_one_reason_is_limited_too() -> None:
    gate = {"max_revenue_by_reason": {"orphan-click-id": {"EUR": 79, "USD": 5}}}
    assert conditions(gate) == {
        "revenue with orphan-click-id: at most 79.00 EUR": False,
        "revenue with orphan-click-id: at most 5.00 USD": True,
    }


def test_a_share_of_too_few_rows_is_told_and_fails_nothing() -> None:
    assert conditions({"min_match_rate": "90%", "min_rows": 40}) == {"match rate: at least 90%": False}
    assert conditions({"min_match_rate": "90%", "min_rows": 41}) == {"match rate: at least 90%": True}


def test_groups_are_judged_each_for_itself() -> None:
    groups = [
        Group(
            dimension="partner", name=name, rows=rows, verdicts={"clean": rows, "held": 5}, match_rate=rate,
            at_risk=money(EUR="10"),
        )
        for name, rows, rate in (("A", 60, 0.95), ("B", 60, 0.5), (None, 6, 0.0))
    ]  # fmt: skip
    others = Group(dimension="app", name="B", rows=60, verdicts={}, match_rate=0.0)
    every = {"by": "partner", "min_match_rate": "90%", "min_rows": 55}
    assert conditions({"group": [every]}, groups=[*groups, others]) == {
        "match rate of partner A: at least 90%": True,
        "match rate of partner B: at least 90%": False,
        "match rate of partner (none): at least 90%": True,
    }
    named = {"by": "partner", "names": ["A", "unknown"], "max_revenue_at_risk": {"EUR": 9}}
    assert conditions({"group": [named]}, groups=groups) == {
        "partner unknown: in the run": True,
        "revenue at risk of partner A: at most 9.00 EUR": False,
    }


def test_nothing_fails_when_the_gate_is_off() -> None:
    assert conditions({"fail_on": "never", "min_match_rate": "90%", "max_revenue_at_risk": {"EUR": 0}}) == {}
