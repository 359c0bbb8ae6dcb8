"""The reasons as a table for spreadsheets and databases: a line per reason, file and currency.

`rows` and `amount` may be added up over any lines, `amount` within one currency. Rows that name no currency,
or have no amount, leave these cells empty.
"""

import csv
import io
import re

from mmpsync.masking import FORMULA, harmless
from mmpsync.reasons import BY_CODE
from mmpsync.report.interface import PAGE, Report, Screen
from mmpsync.report.outcome import fixers
from mmpsync.run import Run
from mmpsync.summaries import CurrencyRows

__all__ = ["COLUMNS", "REPORT", "cell"]

COLUMNS = (
    *("run", "as_of", "file", "reason", "verdict", "severity", "title", "who_can_fix_it"),
    *("first_row", "rows", "currency", "amount"),
)


def _render(run: Run, _screen: Screen = PAGE, /) -> str:
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(COLUMNS)
    for reason in run.reason_summaries:
        entry = BY_CODE[reason.code]
        about = (reason.code, reason.verdict, reason.severity, entry.title, fixers(entry))
        for file in reason.files:
            # A run.json of an earlier mmpsync does not tell rows by currency.
            for part in file.currencies or (CurrencyRows(currency=None, rows=file.rows),):
                amount = "" if part.amount is None else f"{part.amount:f}"
                figures = (file.first_row, part.rows, cell(part.currency or ""), amount)
                writer.writerow(
                    (run.id, f"{run.as_of:%Y-%m-%dT%H:%M:%SZ}", cell(file.path), *about, *figures)
                )
    return table.getvalue()


def cell(text: str) -> str:
    """Return the text on one line, with an apostrophe in front if a spreadsheet would run it."""
    shown = harmless(text)
    return f"'{shown}" if re.match(FORMULA, shown) else shown


REPORT: Report[Run] = Report(name="csv", render=_render)
