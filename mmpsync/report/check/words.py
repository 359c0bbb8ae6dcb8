"""A check's outcome in words, for every report that begins with them."""

from collections.abc import Iterator, Mapping, Sequence

from mmpsync.exit_codes import ExitCode
from mmpsync.figures import counted, moment, number, share
from mmpsync.preflight.findings import Finding, Level
from mmpsync.preflight.result import Check, Readiness
from mmpsync.report.check.row_faults import RowFault, parted

__all__ = [
    "HEADINGS",
    "NOTHING",
    "Kind",
    "by_level",
    "click_ids",
    "counts",
    "gate_word",
    "headline",
    "in_common",
    "looked_at",
    "once",
    "sentence",
    "silent_apps",
    "verdicts",
]

NOTHING = "Nothing to check: there is no row in the exports."
HEADINGS: Mapping[Level, str] = {"error": "Errors", "warning": "Warnings", "info": "Information"}
_VERDICTS = ("ready", "not ready", "cannot tell")

Kind = tuple[str, Sequence[Finding]]
"""Findings of one code and level that have the same remedy: the code, and the findings."""


def gate_word(check: Check) -> str:
    """Say PASSED or FAILED, or FINISHED where nothing is gated."""
    if check.config.get("gate.fail_on") == "never":
        return "FINISHED"
    return "PASSED" if check.gate.passed else "FAILED"


def headline(check: Check) -> str:
    """Answer in one line: the check, and how much was found."""
    if check.exit_code == ExitCode.NOTHING_TO_CHECK:
        return NOTHING
    return f"Check {gate_word(check)}, {counts(check)}"


def counts(check: Check) -> str:
    """Count the errors and warnings, a fault once in however many places it is."""
    found = {
        level: sum(len(entries) for entries in once(check, findings)) for level, findings in by_level(check)
    }
    parts = [counted(found[level], level) for level in ("error", "warning") if level in found]
    return " and ".join(parts) or "no error and no warning"


def looked_at(check: Check) -> str:
    """Say what was looked at."""
    parts = []
    if "configuration" in check.looked_at:
        parts.append("the configuration")
    if "exports" in check.looked_at:
        exports = sum(file.holds == "conversions" for file in check.files)
        parts.append(
            f"{counted(check.rows, 'row')} from {counted(exports, 'file')}, as of {moment(check.as_of)}"
        )
    if "links" in check.looked_at:
        parts.append(counted(len(check.links), "link"))
    if "impact.com" in check.looked_at:
        parts.append("impact.com's answer")
    return "Looked at " + "; ".join(parts)


def verdicts(check: Check) -> str:
    """Count the events by verdict: 3 ready, 1 not ready."""
    found = {verdict: sum(each.verdict == verdict for each in check.readiness) for verdict in _VERDICTS}
    return ", ".join(f"{number(n)} {verdict}" for verdict, n in found.items() if n)


def by_level(check: Check) -> Iterator[tuple[Level, list[Finding]]]:
    """The findings of each level that has any, the worst first."""
    for level in HEADINGS:
        found = [finding for finding in check.findings if finding.level == level]
        if found:
            yield level, found


def once(check: Check, findings: Sequence[Finding]) -> tuple[list[Kind], list[RowFault]]:
    """Findings of one level as entries, each fault once: those that are not about rows, and those that are."""
    faults, others = parted(check, findings)
    return list(_kinds(others)), faults


def _kinds(findings: Sequence[Finding]) -> Iterator[Kind]:
    """Findings that share code, level and remedy together, in the order in which they were found."""
    grouped: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        grouped.setdefault((finding.code, finding.level, finding.fix), []).append(finding)
    for (code, _, _), group in grouped.items():
        yield code, group


def in_common(found: Sequence[Finding]) -> tuple[str, list[str]]:
    """Part findings of a kind into what all of them say, if there is such, and what each says besides."""
    if len({finding.message for finding in found}) == 1:
        return found[0].message, [finding.subject for finding in found]
    parted = [finding.message.partition(": ") for finding in found]
    if len({said for said, _, _ in parted}) > 1:
        return "", [f"{finding.subject}: {finding.message}" for finding in found]
    told = [f"{finding.subject}: {rest}" for finding, (_, _, rest) in zip(found, parted, strict=True)]
    return parted[0][0], told


def sentence(text: str) -> str:
    """End a text with one full stop, unless it ends with another mark."""
    return text if text.endswith((".", "!", "?", ":")) else f"{text}."


def click_ids(each: Readiness) -> str:
    """Write which share of the rows that need a ClickId have one that can be impact.com's."""
    return "0%" if each.from_impact and not each.usable else share(each.usable, each.from_impact)


def silent_apps(check: Check) -> list[str]:
    """The configured apps of which no row was read."""
    return list(dict.fromkeys(each.app or "" for each in check.readiness if not each.source))
