"""The formats there are, by name."""

from collections.abc import Mapping
from types import MappingProxyType

from mmpsync.report import json, text
from mmpsync.report.interface import Report

__all__ = ["FORMATS"]

FORMATS: Mapping[str, Report] = MappingProxyType(
    {report.name: report for report in (text.REPORT, json.REPORT)}
)
