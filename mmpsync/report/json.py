"""The run itself, as in run.json: for programs."""

from mmpsync.report.interface import PAGE, Report, Screen
from mmpsync.run import Run

__all__ = ["REPORT"]


def _render(run: Run, _screen: Screen = PAGE, /) -> str:
    return run.to_json()


REPORT = Report(name="json", render=_render)
