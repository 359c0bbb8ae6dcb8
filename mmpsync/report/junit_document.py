"""A JUnit XML document: suites of test cases."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from mmpsync.masking import harmless

__all__ = ["Case", "Suite", "document"]


@dataclass(frozen=True)
class Case:
    """One test case; `problem` is the message of its failure, or of its error."""

    name: str
    output: tuple[str, ...] = ()
    problem: str | None = None
    details: tuple[str, ...] = ()
    is_error: bool = False


@dataclass(frozen=True)
class Suite:
    """Test cases under one name; one with properties is that which took the time."""

    name: str
    cases: tuple[Case, ...]
    properties: dict[str, str] = field(default_factory=dict)

    def count(self, *, errors: bool) -> int:
        """How many cases failed, or are errors."""
        return sum(case.problem is not None and case.is_error == errors for case in self.cases)


def document(suites: Sequence[Suite], started: datetime, finished: datetime) -> str:
    """The whole file."""
    root = ET.Element("testsuites", {"name": "mmpsync", **_counts(*suites)})
    for suite in suites:
        root.append(_suite(suite, started, finished))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(suite: Suite, started: datetime, finished: datetime) -> ET.Element:
    seconds = (finished - started).total_seconds() if suite.properties else 0
    about = {"time": f"{seconds:.3f}", "timestamp": f"{started.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"}
    element = ET.Element("testsuite", {"name": suite.name, **_counts(suite), "skipped": "0", **about})
    if suite.properties:
        properties = ET.SubElement(element, "properties")
        for name, value in suite.properties.items():
            ET.SubElement(properties, "property", name=name, value=harmless(value))
    for case in suite.cases:
        element.append(_case(suite.name, case))
    return element


def _case(suite: str, case: Case) -> ET.Element:
    element = ET.Element("testcase", classname=suite, name=case.name, time="0")
    if case.problem is not None:
        kind = "error" if case.is_error else "failure"
        problem = ET.SubElement(element, kind, message=case.problem, type=case.name)
        problem.text = "\n".join((case.problem, *case.details))
    if case.output:
        ET.SubElement(element, "system-out").text = "\n".join(case.output)
    return element


def _counts(*suites: Suite) -> dict[str, str]:
    return {
        "tests": str(sum(len(suite.cases) for suite in suites)),
        "failures": str(sum(suite.count(errors=False) for suite in suites)),
        "errors": str(sum(suite.count(errors=True) for suite in suites)),
    }
