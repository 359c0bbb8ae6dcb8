"""Annotations for Azure Pipelines, as logging commands.

Format: https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands
"""

import re
from collections.abc import Mapping

from mmpsync.masking import harmless
from mmpsync.report.annotations import Annotation, annotations, log
from mmpsync.report.interface import PAGE, Report, Screen
from mmpsync.report.outcome import headline
from mmpsync.run import Run

__all__ = ["REPORT", "command"]

_IN_MESSAGE = str.maketrans({"\r": "%0D", "\n": "%0A"})
_IN_PROPERTY = str.maketrans({"\r": "%0D", "\n": "%0A", ";": "%3B", "]": "%5D"})
# Only a per cent sign that would be decoded: not every agent takes %AZP25 for one.
_DECODED = re.compile("%(?=0D|0A|3B|5D|AZP25)", re.IGNORECASE)


def _render(run: Run, _screen: Screen = PAGE, /) -> str:
    return log(headline(run), annotations(run), command)


def command(found: Annotation) -> str:
    """Write a finding as a command to the log."""
    properties: dict[str, str] = {"type": found.level}
    if found.file is not None:
        properties["sourcepath"] = harmless(found.file)
    if found.line is not None:
        properties["linenumber"] = str(found.line)
    if found.code:
        properties["code"] = found.code
    told = "".join(f"{name}={_escaped(value, _IN_PROPERTY)};" for name, value in properties.items())
    message = _escaped(f"{found.title}: {found.message}", _IN_MESSAGE)
    return f"##vso[task.logissue {told}]{message}"


def _escaped(text: str, special: Mapping[int, str | int | None]) -> str:
    return _DECODED.sub("%AZP25", text).translate(special)


REPORT: Report[Run] = Report(name="azure", render=_render, lines=True)
