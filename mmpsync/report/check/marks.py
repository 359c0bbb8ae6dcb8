"""What CI services show beside a check: a finding as an annotation, the worst first."""

from collections.abc import Iterator

from mmpsync.masking import harmless
from mmpsync.preflight.result import Check
from mmpsync.report import azure as azure_log
from mmpsync.report import github as github_log
from mmpsync.report.annotations import Annotation, log
from mmpsync.report.check.words import NOTHING, headline, sentence
from mmpsync.report.interface import PAGE, Report, Screen

__all__ = ["AZURE", "GITHUB"]


def _annotations(check: Check) -> Iterator[Annotation]:
    said = headline(check)
    if said == NOTHING:
        yield Annotation("error", "", "Nothing to check", "There is no row in the exports.")
    paths = {file.path for file in check.files}
    for finding in check.findings:
        if finding.level == "info":
            continue
        lines = [sentence(finding.message), f"In {finding.subject}.", finding.fix]
        if finding.corrected:
            lines.append(f"Copy instead: {finding.corrected}")
        yield Annotation(
            level=finding.level,
            code=finding.code,
            title=finding.code,
            message="\n".join(harmless(line) for line in lines if line),
            file=finding.subject if finding.subject in paths else None,
        )


def _github(check: Check, _screen: Screen = PAGE, /) -> str:
    return log(headline(check), list(_annotations(check)), github_log.command)


def _azure(check: Check, _screen: Screen = PAGE, /) -> str:
    return log(headline(check), list(_annotations(check)), azure_log.command)


GITHUB: Report[Check] = Report(name="github", render=_github, lines=True)
AZURE: Report[Check] = Report(name="azure", render=_azure, lines=True)
