"""The check itself: for programs. Its schema is schemas/check-1.json in the package."""

from mmpsync.preflight.result import Check
from mmpsync.report.interface import PAGE, Report, Screen

__all__ = ["REPORT"]


def _render(check: Check, _screen: Screen = PAGE, /) -> str:
    return check.to_json()


REPORT: Report[Check] = Report(name="json", render=_render)
