"""The run itself, as in run.json: for programs. Personal data in its examples is masked unless asked for."""

from mmpsync.report.interface import PAGE, Report, Screen
from mmpsync.run import Run

__all__ = ["REPORT"]


def _render(run: Run, _screen: Screen = PAGE, /) -> str:
    return run.to_json()


REPORT: Report[Run] = Report(name="json", render=_render)
