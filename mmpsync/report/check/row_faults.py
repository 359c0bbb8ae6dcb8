"""Findings about rows, those of one fault together: how many rows have it, and in which events most of them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mmpsync.figures import counted, number
from mmpsync.preflight.findings import Finding, Level
from mmpsync.preflight.result import CLICK_ID_FAULTS, NO_COLUMN, Check, Problem, Readiness

__all__ = ["RowFault", "because", "parted"]

_IN_ROWS = re.compile(r"(?P<said>.+) in [\d,]+ of [\d,]+ rows?")


@dataclass(frozen=True, kw_only=True)
class RowFault:
    """One fault that rows of some events have; `places` are these events with their rows that have it and all their rows."""

    code: str
    level: Level
    said: str
    fix: str
    places: tuple[tuple[str, int, int], ...]

    @property
    def rows(self) -> int:
        """The rows that have the fault."""
        return sum(rows for _, rows, _ in self.places)

    @property
    def how_much(self) -> str:
        """Its rows, and those of the events that have it: 9 of 80 rows."""
        return f"{number(self.rows)} of {counted(self.of, 'row')}"

    @property
    def of(self) -> int:
        """The rows of the events that have it."""
        return sum(of for _, _, of in self.places)


def parted(check: Check, findings: Sequence[Finding]) -> tuple[list[RowFault], list[Finding]]:
    """Part findings of one level into faults of rows, the one that most rows have first, and all others."""
    problems = {
        (each.place, problem.code, problem.parameter): (problem.rows, each.from_impact)
        for each in check.readiness
        for problem in each.problems
    }
    without_column = {each.place for each in check.readiness if NO_COLUMN in each.why}
    places: dict[tuple[str, str], list[tuple[str, int, int]]] = {}
    first: dict[tuple[str, str], Finding] = {}
    others = []
    for finding in findings:
        if finding.code == "missing-click-id" and finding.subject in without_column:
            continue  # that the column is missing says it
        said = _IN_ROWS.fullmatch(finding.message)
        parameter = re.search(r"\((\w+)\)$", said["said"]) if said else None
        of_rows = problems.get((finding.subject, finding.code, parameter[1] if parameter else None))
        if said is None or of_rows is None:
            others.append(finding)
            continue
        kind = (finding.code, said["said"])
        first.setdefault(kind, finding)
        places.setdefault(kind, []).append((finding.subject, *of_rows))
    faults = [
        RowFault(
            code=code,
            level=first[code, said].level,
            said=said,
            fix=first[code, said].fix,
            places=tuple(sorted(of_kind, key=lambda place: (-place[1] / place[2], -place[1], place[0]))),
        )
        for (code, said), of_kind in places.items()
    ]
    return sorted(faults, key=lambda fault: -fault.rows), others


def because(check: Check) -> list[list[str]]:
    """Name briefly, for each event in `check.readiness`, what keeps it from being ready, or from being told.

    "ClickIds", a parameter, else the code of the fault.
    """
    errors: dict[str, list[Finding]] = {}
    for finding in check.findings:
        if finding.level == "error":
            errors.setdefault(finding.subject, []).append(finding)
    return [
        list(each.why)
        if each.verdict == "cannot tell"
        else _blocking(each, errors.get(each.place, ())) or list(each.why)
        for each in check.readiness
    ]


def _blocking(each: Readiness, errors: Sequence[Finding]) -> list[str]:
    return list(dict.fromkeys(_brief(problem) for problem in each.problems if any(_of(problem, errors))))


def _of(problem: Problem, findings: Sequence[Finding]) -> Iterator[bool]:
    parameter = f" ({problem.parameter}) " if problem.parameter else ""
    for finding in findings:
        yield finding.code == problem.code and parameter in finding.message


def _brief(problem: Problem) -> str:
    if problem.code in CLICK_ID_FAULTS:
        return "ClickIds"
    return problem.parameter or problem.code
