"""JUnit XML, which GitLab, Azure, Jenkins and others show as test results: a test case per rule and per condition.

Test cases fail exactly when the gate does: a rule fails when its condition of the gate does, and what the gate
tolerates or does not look at has its figures in the test case's output. An input without rows is an error.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC
from xml.etree import ElementTree as ET

from mmpsync.reasons import CATALOGUE, Reason
from mmpsync.report.figures import currency, number
from mmpsync.report.interface import PAGE, Report, Screen
from mmpsync.report.masking import harmless
from mmpsync.report.outcome import NOTHING, condition_value, extent, fixers
from mmpsync.report.samples import samples
from mmpsync.run import GateCondition, ReasonSummary, Run

__all__ = ["REPORT"]

_MOST_FILES, _MOST_SAMPLES = 20, 3


@dataclass(frozen=True)
class _Case:
    """One test case; `problem` is the message of its failure, or of its error."""

    name: str
    output: tuple[str, ...] = ()
    problem: str | None = None
    details: tuple[str, ...] = ()
    is_error: bool = False


@dataclass(frozen=True)
class _Suite:
    name: str
    cases: tuple[_Case, ...]
    properties: dict[str, str] = field(default_factory=dict)

    def count(self, *, errors: bool) -> int:
        return sum(case.problem is not None and case.is_error == errors for case in self.cases)


def _render(run: Run, screen: Screen = PAGE, /) -> str:
    suites = (
        _Suite("mmpsync.input", (_input(run),), _figures(run)),
        _Suite("mmpsync.gate", tuple(_condition(condition) for condition in run.gate.conditions)),
        _Suite("mmpsync.rules", tuple(_rules(run, unmask=screen.unmask))),
    )
    root = ET.Element("testsuites", {"name": "mmpsync", **_counts(*suites)})
    for suite in suites:
        root.append(_suite(run, suite))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _input(run: Run) -> _Case:
    if run.summary.rows:
        return _Case("the input has rows", (f"rows: {run.summary.rows}",))
    return _Case("the input has rows", problem=NOTHING, is_error=True)


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


def _condition(condition: GateCondition) -> _Case:
    name = harmless(f"{condition.name}: {condition.limit}")
    found = harmless(f"found: {condition_value(condition)}")
    return _Case(name, (found,), None if condition.passed else f"{name}; {found}")


def _rules(run: Run, *, unmask: bool) -> Iterator[_Case]:
    found = {reason.code: reason for reason in run.reason_summaries}
    failed = {condition.name for condition in run.gate.conditions if not condition.passed}
    for entry in CATALOGUE:
        yield _rule(run, entry, found.get(entry.code), failed=entry.code in failed, unmask=unmask)


def _rule(run: Run, entry: Reason, found: ReasonSummary | None, *, failed: bool, unmask: bool) -> _Case:
    if found is None:
        return _Case(entry.code, ("rows: 0",))
    problem = f"{entry.title}: {extent(run, found)}" if failed else None
    return _Case(entry.code, _sums(found), problem, tuple(_details(entry, found, unmask=unmask)))


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


def _suite(run: Run, suite: _Suite) -> ET.Element:
    seconds = (run.finished - run.started).total_seconds() if suite.properties else 0
    about = {"time": f"{seconds:.3f}", "timestamp": f"{run.started.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"}
    element = ET.Element("testsuite", {"name": suite.name, **_counts(suite), "skipped": "0", **about})
    if suite.properties:
        properties = ET.SubElement(element, "properties")
        for name, value in suite.properties.items():
            ET.SubElement(properties, "property", name=name, value=harmless(value))
    for case in suite.cases:
        element.append(_case(suite.name, case))
    return element


def _case(suite: str, case: _Case) -> ET.Element:
    element = ET.Element("testcase", classname=suite, name=case.name, time="0")
    if case.problem is not None:
        kind = "error" if case.is_error else "failure"
        problem = ET.SubElement(element, kind, message=case.problem, type=case.name)
        problem.text = "\n".join((case.problem, *case.details))
    if case.output:
        ET.SubElement(element, "system-out").text = "\n".join(case.output)
    return element


def _counts(*suites: _Suite) -> dict[str, str]:
    return {
        "tests": str(sum(len(suite.cases) for suite in suites)),
        "failures": str(sum(suite.count(errors=False) for suite in suites)),
        "errors": str(sum(suite.count(errors=True) for suite in suites)),
    }


REPORT = Report(name="junit", render=_render)
