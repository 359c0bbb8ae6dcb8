from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmpsync.config import Gate
from mmpsync.reasons import BY_CODE, CATALOGUE
from mmpsync.reconcile.gate import judge_gate
from mmpsync.reconcile.metrics import match_rate
from mmpsync.run import GateResult, ReasonSummary, Summary, VerdictSummary

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
    assert judged({}, rate=None, min_match_rate="100%").passed


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
