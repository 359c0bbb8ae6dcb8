"""What is said of a run, or a check, as a whole: advice, what changed since an earlier run, the gate's answer."""

from datetime import datetime
from typing import Literal

from mmpsync.summaries import Dimension, Frozen

__all__ = [
    "Advice",
    "Baseline",
    "GateCondition",
    "GateResult",
    "GroupChange",
    "ReasonChange",
]


class Advice(Frozen):
    """A finding about files or set-up, not about single rows: what is wrong, and what to do."""

    code: str
    message: str
    fix: str = ""
    files: tuple[str, ...] = ()


class ReasonChange(Frozen):
    """A reason with more or fewer rows than in the baseline."""

    code: str
    status: Literal["new", "gone", "changed"]
    earlier_rows: int
    rows: int


class GroupChange(Frozen):
    """A partner or day whose match rate is not that of the baseline; `change` is the difference of the shares."""

    dimension: Dimension
    name: str | None
    earlier_rows: int
    rows: int
    earlier_match_rate: float | None
    match_rate: float | None
    change: float


class Baseline(Frozen):
    """The earlier run that this one is compared with, its `rows` and `match_rate`, and what changed since."""

    run: str
    as_of: datetime
    rows: int
    match_rate: float | None
    match_rate_change: float | None
    reasons: tuple[ReasonChange, ...] = ()
    groups: tuple[GroupChange, ...] = ()


class GateCondition(Frozen):
    """One condition of the gate: what was allowed, what was found."""

    name: str
    limit: str
    value: str
    passed: bool


class GateResult(Frozen):
    """The gate's answer: passed unless a condition failed."""

    passed: bool
    conditions: tuple[GateCondition, ...] = ()
