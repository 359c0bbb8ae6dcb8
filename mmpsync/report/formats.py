"""The formats there are, by name."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from mmpsync.report import azure, csv, github, html, json, junit, markdown, sarif, text, xlsx
from mmpsync.report.interface import PAGE, Report, Screen
from mmpsync.report.private import masked
from mmpsync.run import Run

__all__ = ["FORMATS"]


def _private(report: Report[Run]) -> Report[Run]:
    """The same format, which sees no personal data unless ids are asked for."""

    def render(run: Run, screen: Screen = PAGE, /) -> str | bytes:
        return report.render(run if screen.unmask else masked(run), screen)

    return replace(report, render=render)


FORMATS: Mapping[str, Report[Run]] = MappingProxyType(
    {
        module.REPORT.name: _private(module.REPORT)
        for module in (text, json, markdown, github, azure, junit, sarif, html, csv, xlsx)
    }
)
