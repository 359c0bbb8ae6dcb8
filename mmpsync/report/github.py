"""Annotations for GitHub Actions, as workflow commands; the step's summary is the report `markdown`.

Format: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from mmpsync.masking import harmless
from mmpsync.report.annotations import Annotation, annotations, log
from mmpsync.report.interface import PAGE, Report, Screen
from mmpsync.report.outcome import headline
from mmpsync.run import Run

__all__ = ["REPORT", "command"]

_IN_MESSAGE = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_IN_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def _render(run: Run, _screen: Screen = PAGE, /) -> str:
    return log(headline(run), annotations(run), command)


def command(found: Annotation) -> str:
    """Write a finding as a command to the log."""
    properties = {"title": found.title}
    if found.file is not None:
        properties["file"] = harmless(found.file)
    if found.line is not None:
        properties["line"] = str(found.line)
    told = ",".join(f"{name}={value.translate(_IN_PROPERTY)}" for name, value in properties.items())
    return f"::{found.level} {told}::{found.message.translate(_IN_MESSAGE)}"


REPORT: Report[Run] = Report(name="github", render=_render, lines=True)
