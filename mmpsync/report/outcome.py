"""A run's outcome in words, for every report that begins with them: the gate, the biggest problem, what was read."""

import re
from collections.abc import Sequence
from typing import get_args

from mmpsync.conclusions import GateCondition
from mmpsync.figures import counted, moment, moneys, number, rate, share
from mmpsync.reasons import AT_RISK, BY_CODE, IN_SCOPE, Reason, Severity
from mmpsync.run import Run
from mmpsync.summaries import ReasonSummary

__all__ = [
    "NOTHING",
    "NOT_JOINED",
    "by_weight",
    "condition_value",
    "extent",
    "first_step",
    "fixers",
    "gate_word",
    "headline",
    "looked_at",
    "of_scope",
    "problem",
    "worst",
]

NOTHING = "Nothing to check: there is no row in the input."
NOT_JOINED = "No clicks were given: the match rate only says how many ClickIds look right; mmpsync fetch clicks brings them down"
_SEVERITIES = get_args(Severity)
_MOST_CURRENCIES = 3
_END_OF_SENTENCE = re.compile(r"(?<=\.)\s+(?=[A-Z])")


def by_weight(found: Sequence[ReasonSummary]) -> list[ReasonSummary]:
    """Sort: the worst severity first, then the most rows."""
    return sorted(found, key=lambda r: (_SEVERITIES.index(r.severity), -r.found, -r.also))


def gate_word(run: Run) -> str:
    """Say PASSED or FAILED, or OFF where nothing is gated."""
    if run.config.get("gate.fail_on") == "never":
        return "OFF"
    return "PASSED" if run.gate.passed else "FAILED"


def headline(run: Run) -> str:
    """Answer in one line: the gate and the match rate."""
    found = run.summary
    if not found.rows:
        return NOTHING
    scope = f"match rate {rate(found.match_rate)}" if found.in_scope else "no row in scope"
    return f"Gate {gate_word(run)}, {scope}"


def worst(run: Run) -> ReasonSummary | None:
    """Return the error with the most rows; without errors, the warning."""
    found = (r for r in by_weight(run.reason_summaries) if r.found and r.severity in {"error", "warning"})
    return next(found, None)


def problem(run: Run) -> tuple[str, str, str]:
    """Name the biggest problem in one sentence, in three parts: what it is to the run, its title, its extent."""
    found = worst(run)
    if found is not None:
        label = "Biggest problem" if found.severity == "error" else "No errors; biggest warning"
        return f"{label}: ", BY_CODE[found.code].title, f", {extent(run, found)}"
    if run.summary.in_scope:
        return "No errors and no warnings", "", ""
    left_out = counted(run.summary.count("excluded"), "row")
    return f"{left_out} left out of every rate, for the reasons below", "", ""


def extent(run: Run, reason: ReasonSummary) -> str:
    """Say how many rows a reason has, which share of the scope that is, and how much money is at risk."""
    rows = counted(reason.found, "row")
    if reason.verdict in IN_SCOPE:
        rows += f" ({of_scope(run, reason)} of scope)"
    money = moneys(reason.amounts, _MOST_CURRENCIES) if reason.verdict in AT_RISK else []
    return f"{rows}, {_listed(money)} at risk" if money else rows


def _listed(parts: Sequence[str]) -> str:
    *others, last = parts
    return f"{', '.join(others)} and {last}" if others else last


def of_scope(run: Run, reason: ReasonSummary) -> str:
    """Write the reason's share of the rows in scope, of which no unreadable row is one."""
    return share(reason.rows if reason.verdict in IN_SCOPE else 0, run.summary.in_scope)


def looked_at(run: Run) -> str:
    """Say how much was read, and as of when."""
    exports = counted(sum(file.holds == "conversions" for file in run.files), "file")
    scope = f"{number(run.summary.in_scope)} in scope"
    return f"{counted(run.summary.rows, 'row')} from {exports}, {scope}, as of {moment(run.as_of)}"


def condition_value(condition: GateCondition) -> str:
    """Write what a condition of the gate found, a number of rows in groups of three digits."""
    return number(int(condition.value)) if condition.value.isdecimal() else condition.value


def fixers(entry: Reason) -> str:
    """Name who can fix it, likeliest first; empty where there is nothing to fix."""
    return ", then ".join(fixer for fixer in entry.fixers if fixer != "nobody")


def first_step(entry: Reason) -> str:
    """Return the first sentence of how to fix it."""
    return _END_OF_SENTENCE.split(entry.fix)[0]
