"""JUnit XML, which GitLab, Azure, Jenkins and others show as test results: a test case per rule and per condition.

Test cases fail exactly when the gate does: a rule fails when its condition of the gate does, and what the gate
tolerates or does not look at has its figures in the test case's output. An input without rows is an error.
"""

from collections.abc import Iterator
from datetime import UTC

from mmpsync.conclusions import GateCondition
from mmpsync.figures import currency, number
from mmpsync.masking import harmless
from mmpsync.reasons import CATALOGUE, Reason
from mmpsync.report.interface import PAGE, Report, Screen
from mmpsync.report.junit_document import Case, Suite, document
from mmpsync.report.outcome import NOTHING, condition_value, extent, fixers
from mmpsync.report.samples import samples
from mmpsync.run import Run
from mmpsync.summaries import ReasonSummary

__all__ = ["REPORT"]

_MOST_FILES, _MOST_SAMPLES = 20, 3


def _render(run: Run, screen: Screen = PAGE, /) -> str:
    suites = (
        Suite("mmpsync.input", (_input(run),), _figures(run)),
        Suite("mmpsync.gate", tuple(_condition(condition) for condition in run.gate.conditions)),
        Suite("mmpsync.rules", tuple(_rules(run, unmask=screen.unmask))),
    )
    return document(suites, run.started, run.finished)


def _input(run: Run) -> Case:
    if run.summary.rows:
        return Case("the input has rows", (f"rows: {run.summary.rows}",))
    return Case("the input has rows", problem=NOTHING, is_error=True)


def _figures(run: Run) -> dict[str, str]:
    found = run.summary
    return {
        "run": run.id,
        "as_of": run.as_of.astimezone(UTC).isoformat(),
        "gate": "passed" if run.gate.passed else "failed",
        "match_rate": "" if found.match_rate is None else str(found.match_rate),
        "in_scope": str(found.in_scope),
        **{f"rows.{verdict.verdict}": str(verdict.rows) for verdict in found.verdicts},
        **_actions(run),
    }


def _actions(run: Run) -> dict[str, str]:
    if run.actions is None:
        return {}
    counts = run.actions.model_dump(include={"matched", "unexplained", "reattributed", "repeated"})
    money = {
        f"unexplained.{currency(each.currency)}": f"{each.amount:f}"
        for each in run.actions.unexplained_amounts
    }
    return {f"actions.{name}": str(value) for name, value in {**counts, **money}.items()}


def _condition(condition: GateCondition) -> Case:
    name = harmless(f"{condition.name}: {condition.limit}")
    found = harmless(f"found: {condition_value(condition)}")
    return Case(name, (found,), None if condition.passed else f"{name}; {found}")


def _rules(run: Run, *, unmask: bool) -> Iterator[Case]:
    found = {reason.code: reason for reason in run.reason_summaries}
    failed = {condition.name for condition in run.gate.conditions if not condition.passed}
    for entry in CATALOGUE:
        yield _rule(run, entry, found.get(entry.code), failed=entry.code in failed, unmask=unmask)


def _rule(run: Run, entry: Reason, found: ReasonSummary | None, *, failed: bool, unmask: bool) -> Case:
    if found is None:
        return Case(entry.code, ("rows: 0",))
    problem = f"{entry.title}: {extent(run, found)}" if failed else None
    return Case(entry.code, _sums(found), problem, tuple(_details(entry, found, unmask=unmask)))


def _sums(found: ReasonSummary) -> tuple[str, ...]:
    """One figure a line: rows, rows that have the reason behind another, money."""
    also = (f"also: {found.also}",) if found.also else ()
    money = (f"money: {each.amount:f} {currency(each.currency)}" for each in found.amounts)
    return (f"rows: {found.rows}", *also, *money)


def _details(entry: Reason, found: ReasonSummary, *, unmask: bool) -> Iterator[str]:
    yield f"What it means: {entry.meaning}"
    yield f"Who can fix it: {fixers(entry)}"
    yield f"How: {entry.fix}"
    for file in found.files[:_MOST_FILES]:
        yield f"{harmless(file.path)}: {number(file.rows)}, first in row {number(file.first_row)}"
    if len(found.files) > _MOST_FILES:
        yield f"and {number(len(found.files) - _MOST_FILES)} more files"
    for line in samples(found, _MOST_SAMPLES, unmask=unmask) if found.examples else ():
        yield f"For example {line}"


REPORT: Report[Run] = Report(name="junit", render=_render)
