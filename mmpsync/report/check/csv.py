"""A check's findings as a table, a line each."""

import csv
import io

from mmpsync.preflight.result import Check
from mmpsync.report.csv import cell
from mmpsync.report.interface import PAGE, Report, Screen

__all__ = ["COLUMNS", "REPORT"]

COLUMNS = ("check", "as_of", "level", "code", "subject", "message", "fix", "corrected")


def _render(check: Check, _screen: Screen = PAGE, /) -> str:
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(COLUMNS)
    for finding in check.findings:
        texts = (
            finding.level,
            finding.code,
            finding.subject,
            finding.message,
            finding.fix,
            finding.corrected or "",
        )
        writer.writerow((check.id, f"{check.as_of:%Y-%m-%dT%H:%M:%SZ}", *map(cell, texts)))
    return table.getvalue()


REPORT: Report[Check] = Report(name="csv", render=_render)
