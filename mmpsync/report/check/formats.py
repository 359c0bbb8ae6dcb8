"""The formats of a check, by the names that a run's have."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from mmpsync.preflight.result import Check
from mmpsync.report.check import json, text
from mmpsync.report.check.private import masked
from mmpsync.report.interface import PAGE, Report, Screen

__all__ = ["FORMATS"]


def _private(report: Report[Check]) -> Report[Check]:
    """The same format, which sees no personal data unless ids are asked for."""

    def render(check: Check, screen: Screen = PAGE, /) -> str | bytes:
        return report.render(check if screen.unmask else masked(check), screen)

    return replace(report, render=render)


FORMATS: Mapping[str, Report[Check]] = MappingProxyType(
    {module.REPORT.name: _private(module.REPORT) for module in (text, json)}
)
