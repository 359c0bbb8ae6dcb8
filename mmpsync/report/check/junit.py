"""A check as JUnit XML: a test case per kind of finding, which fails when the gate does; per event and per link, for the record."""

from collections.abc import Iterator, Sequence

from mmpsync.figures import counted
from mmpsync.masking import harmless
from mmpsync.preflight.findings import Finding
from mmpsync.preflight.result import Check
from mmpsync.report.check.words import NOTHING, headline
from mmpsync.report.interface import PAGE, Report, Screen
from mmpsync.report.junit_document import Case, Suite, document

__all__ = ["REPORT"]

_MOST_PLACES = 20


def _render(check: Check, _screen: Screen = PAGE, /) -> str:
    suites = (
        Suite(
            "mmpsync.check",
            (_looked(check),),
            {"check": check.id, "gate": "passed" if check.gate.passed else "failed"},
        ),
        Suite("mmpsync.check.findings", tuple(_findings(check))),
        Suite("mmpsync.check.readiness", tuple(_readiness(check))),
        Suite("mmpsync.check.links", tuple(_links(check))),
    )
    return document(suites, check.started, check.finished)


def _looked(check: Check) -> Case:
    if headline(check) == NOTHING:
        return Case("there is something to check", problem=NOTHING, is_error=True)
    return Case("there is something to check", tuple(f"looked at: {what}" for what in check.looked_at))


def _findings(check: Check) -> Iterator[Case]:
    failed = {condition.name for condition in check.gate.conditions if not condition.passed}
    by_code: dict[str, list[Finding]] = {}
    for finding in check.findings:
        by_code.setdefault(finding.code, []).append(finding)
    for code, found in by_code.items():
        output = (f"found: {len(found)}", f"level: {found[0].level}")
        problem = f"{code}: {counted(len(found), 'time')}" if code in failed else None
        yield Case(code, output, problem, tuple(_details(found)))


def _details(found: Sequence[Finding]) -> Iterator[str]:
    for finding in found[:_MOST_PLACES]:
        yield harmless(f"{finding.subject}: {finding.message}")
        if finding.corrected:
            yield harmless(f"Copy instead: {finding.corrected}")
    if len(found) > _MOST_PLACES:
        yield f"and {len(found) - _MOST_PLACES} more"
    for fix in dict.fromkeys(finding.fix for finding in found):
        yield harmless(f"How: {fix}")


def _readiness(check: Check) -> Iterator[Case]:
    """What the verdicts are; that a run fails for them, its findings say."""
    for each in check.readiness:
        figures = (
            f"rows: {each.rows}",
            f"from impact.com: {each.from_impact}",
            f"usable ClickIds: {each.usable}",
        )
        yield Case(
            harmless(each.place),
            (f"verdict: {each.verdict}", *figures, *map(harmless, (*each.why, each.needed))),
        )


def _links(check: Check) -> Iterator[Case]:
    for link in check.links:
        yield Case(harmless(link.url), (harmless(link.summary),))


REPORT: Report[Check] = Report(name="junit", render=_render)
