"""SARIF 2.1.0, which code scanning services read: the catalogue as rules, a result per reason and file.

Rows that are fine or for somebody else to pay are no results; the figures of all reasons stand in the run's
properties. Format: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from collections.abc import Iterator
from typing import Any

from mmpsync.figures import counted, number
from mmpsync.masking import harmless
from mmpsync.reasons import BY_CODE, CATALOGUE, Reason
from mmpsync.report.interface import PAGE, Report, Screen
from mmpsync.report.outcome import first_step, fixers
from mmpsync.report.places import first_line, uri
from mmpsync.report.sarif_log import LEVELS, fingerprint, log, time
from mmpsync.run import Run
from mmpsync.summaries import Money, ReasonFile, ReasonSummary

__all__ = ["REPORT"]

_RULES = {entry.code: place for place, entry in enumerate(CATALOGUE)}


def _render(run: Run, _screen: Screen = PAGE, /) -> str:
    rules = [_rule(entry) for entry in CATALOGUE]
    return log(run, f"mmpsync/{run.id}", rules, list(_results(run)), _figures(run))


def _rule(entry: Reason) -> dict[str, Any]:
    # The catalogue marks what is to be typed with backquotes, as Markdown does.
    help_text = f"Who can fix it: {fixers(entry) or 'nobody'}. How: {entry.fix}"
    return {
        "id": entry.code,
        "name": "".join(word.capitalize() for word in entry.code.split("-")),
        "shortDescription": {"text": entry.title},
        "fullDescription": {"text": entry.meaning},
        "help": {"text": help_text, "markdown": help_text},
        "defaultConfiguration": {"level": LEVELS[entry.severity]},
        "properties": {"tags": [entry.verdict, *entry.fixers]},
    }


def _results(run: Run) -> Iterator[dict[str, Any]]:
    for reason in run.reason_summaries:
        if reason.verdict != "excluded" and reason.severity != "none":
            for file in reason.files:
                yield _result(run, reason, file)


def _result(run: Run, reason: ReasonSummary, file: ReasonFile) -> dict[str, Any]:
    entry = BY_CODE[reason.code]
    place: dict[str, Any] = {"artifactLocation": {"uri": uri(file.path)}}
    line = first_line(run, file)
    if line is not None:
        place["region"] = {"startLine": line}
    rows = f"{counted(file.rows, 'row')} of {harmless(file.path)}, first in row {number(file.first_row)}"
    return {
        "ruleId": reason.code,
        "ruleIndex": _RULES[reason.code],
        "level": LEVELS[reason.severity],
        "message": {"text": f"{entry.title}: {rows}. {first_step(entry)}"},
        "locations": [{"physicalLocation": place}],
        "occurrenceCount": file.rows,
        # The same finding in the same file tomorrow is no new alert.
        "partialFingerprints": {"reasonAndFile/v1": fingerprint(reason.code, file.path)},
        "properties": {"rows": file.rows, "firstRow": file.first_row},
    }


def _figures(run: Run) -> dict[str, Any]:
    found = run.summary
    return {
        "asOf": time(run.as_of),
        "gatePassed": run.gate.passed,
        "matchRate": found.match_rate,
        "rows": found.rows,
        "rowsInScope": found.in_scope,
        "atRisk": _money(found.at_risk),
        "rowsByVerdict": {verdict.verdict: verdict.rows for verdict in found.verdicts},
        "reasons": [
            {"reason": r.code, "rows": r.rows, "also": r.also, "amounts": _money(r.amounts)}
            for r in run.reason_summaries
        ],
        **_actions(run),
    }


def _actions(run: Run) -> dict[str, Any]:
    if run.actions is None:
        return {}
    found = run.actions
    counts = found.model_dump(include={"matched", "unexplained", "reattributed", "repeated"})
    return {"actions": {**counts, "unexplainedAmounts": _money(found.unexplained_amounts)}}


def _money(amounts: tuple[Money, ...]) -> list[dict[str, str | None]]:
    return [{"currency": each.currency, "amount": f"{each.amount:f}"} for each in amounts]


REPORT: Report[Run] = Report(name="sarif", render=_render)
