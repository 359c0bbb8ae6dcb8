"""Annotations for GitHub Actions, as workflow commands; the step's summary is the report `markdown`.

Format: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from mmpsync.report.annotations import Annotation, annotations, log
from mmpsync.report.interface import PAGE, Report, Screen
from mmpsync.report.masking import harmless
from mmpsync.run import Run

__all__ = ["REPORT"]

_IN_MESSAGE = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_IN_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def _render(run: Run, _screen: Screen = PAGE, /) -> str:
    return log(run, [_command(each) for each in annotations(run)])


def _command(found: Annotation) -> str:
    properties = {"title": found.title}
    if found.file is not None:
        properties["file"] = harmless(found.file)
    if found.line is not None:
        properties["line"] = str(found.line)
    told = ",".join(f"{name}={value.translate(_IN_PROPERTY)}" for name, value in properties.items())
    return f"::{found.level} {told}::{found.message.translate(_IN_MESSAGE)}"


REPORT: Report[Run] = Report(name="github", render=_render, lines=True)
