"""A check as SARIF 2.1.0: a rule per kind of finding, a result per finding."""

from typing import Any

from mmpsync.masking import harmless
from mmpsync.preflight.findings import Finding
from mmpsync.preflight.result import Check
from mmpsync.report.check.words import sentence
from mmpsync.report.interface import PAGE, Report, Screen
from mmpsync.report.places import uri
from mmpsync.report.sarif_log import LEVELS, fingerprint, log, time

__all__ = ["REPORT"]

_CONFIG = "mmpsync.toml"


def _render(check: Check, _screen: Screen = PAGE, /) -> str:
    codes = list(dict.fromkeys(finding.code for finding in check.findings))
    first = {code: next(f for f in check.findings if f.code == code) for code in codes}
    paths = {file.path for file in check.files}
    results = [_result(finding, codes.index(finding.code), paths) for finding in check.findings]
    return log(
        check, f"mmpsync-check/{check.id}", [_rule(first[code]) for code in codes], results, _figures(check)
    )


def _rule(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.code,
        "name": "".join(word.capitalize() for word in finding.code.split("-")),
        "shortDescription": {"text": finding.code.replace("-", " ").capitalize()},
        "help": {"text": harmless(finding.fix) or "See the message."},
        "defaultConfiguration": {"level": LEVELS[finding.level]},
    }


def _result(finding: Finding, rule: int, paths: set[str]) -> dict[str, Any]:
    corrected = f" Copy instead: {finding.corrected}" if finding.corrected else ""
    # What is no finding about a file is settled in the configuration, so that it has a place to be shown at.
    artifact = uri(finding.subject) if finding.subject in paths else _CONFIG
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": LEVELS[finding.level],
        "message": {
            "text": harmless(f"{finding.subject}: {sentence(finding.message)} {finding.fix}{corrected}")
        },
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": artifact}}}],
        "partialFingerprints": {"codeAndSubject/v1": fingerprint(finding.code, finding.subject)},
    }


def _figures(check: Check) -> dict[str, Any]:
    return {
        "asOf": time(check.as_of),
        "gatePassed": check.gate.passed,
        "rows": check.rows,
        "readiness": [{"place": harmless(each.place), "verdict": each.verdict} for each in check.readiness],
    }


REPORT: Report[Check] = Report(name="sarif", render=_render)
