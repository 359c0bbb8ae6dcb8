"""The formats of a check, by the names that a run's have."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from mmpsync.preflight.result import Check
from mmpsync.report.check import csv, html, json, junit, markdown, sarif, text, xlsx
from mmpsync.report.check.marks import AZURE, GITHUB
from mmpsync.report.check.private import masked
from mmpsync.report.interface import PAGE, Report, Screen

__all__ = ["FORMATS"]


def _private(report: Report[Check]) -> Report[Check]:
    """The same format, which sees no personal data unless ids are asked for."""

    def render(check: Check, screen: Screen = PAGE, /) -> str | bytes:
        return report.render(check if screen.unmask else masked(check), screen)

    return replace(report, render=render)


_REPORTS: tuple[Report[Check], ...] = (
    text.REPORT,
    json.REPORT,
    markdown.REPORT,
    GITHUB,
    AZURE,
    junit.REPORT,
    sarif.REPORT,
    html.REPORT,
    csv.REPORT,
    xlsx.REPORT,
)
FORMATS: Mapping[str, Report[Check]] = MappingProxyType(
    {report.name: _private(report) for report in _REPORTS}
)
