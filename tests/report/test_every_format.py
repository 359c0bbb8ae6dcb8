"""Whatever the format: the same rows and money, and they add up.

Each reader below is a small program of its own that takes a report apart as its users would.
"""

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmpsync.conclusions import GateResult
from mmpsync.figures import currency, number
from mmpsync.reasons import BY_CODE, CATALOGUE, VERDICTS
from mmpsync.report.formats import FORMATS
from mmpsync.report.interface import PAGE
from mmpsync.run import Run
from mmpsync.summaries import (
    ActionSummary,
    ClickSummary,
    Ctit,
    CurrencyRows,
    FileSummary,
    Money,
    ReasonFile,
    ReasonSummary,
    Summary,
    VerdictSummary,
)

Figures = dict[str, tuple[int, dict[str | None, Decimal]]]
# Of impact.com's actions: how many are matched, unexplained, reattributed and repeated, and the unexplained money.
Actions = tuple[list[int], dict[str | None, Decimal]]
PATHS = ("a.csv", "b/c d.csv.gz", "e.parquet", "f|g.json")
OUT_OF_SCOPE = {"excluded", "unreadable"}
AT_RISK = {"unattributed", "incomplete"}

cents = st.integers(min_value=-5_000, max_value=10**9).map(lambda value: Decimal(value) / 100)
cells = st.lists(
    st.builds(
        CurrencyRows,
        currency=st.sampled_from([None, "EUR", "JPY", "USD"]),
        rows=st.integers(min_value=1, max_value=10**7),
        amount=st.none() | cents,
    ),
    min_size=1,
    unique_by=lambda cell: cell.currency,
)
places = st.dictionaries(st.sampled_from(PATHS), cells, min_size=1)
primary = st.sampled_from([entry.code for entry in CATALOGUE if not entry.is_remark])
found = st.dictionaries(primary, places, max_size=16)


def reason(code: str, files: Mapping[str, list[CurrencyRows]], also: int = 0) -> ReasonSummary:
    return ReasonSummary(
        code=code,
        verdict=BY_CODE[code].verdict,
        severity=BY_CODE[code].severity,
        rows=sum(cell.rows for of_file in files.values() for cell in of_file),
        also=also,
        amounts=total(
            Money(currency=cell.currency, amount=cell.amount)
            for of_file in files.values()
            for cell in of_file
            if cell.amount is not None
        ),
        files=tuple(
            ReasonFile(
                path=path, first_row=1, rows=sum(cell.rows for cell in of_file), currencies=tuple(of_file)
            )
            for path, of_file in sorted(files.items())
        ),
    )


def total(amounts: Any) -> tuple[Money, ...]:
    sums: dict[str | None, Decimal] = defaultdict(Decimal)
    for money in amounts:
        sums[money.currency] += money.amount
    return tuple(Money(currency=code, amount=sums[code]) for code in sorted(sums, key=lambda c: c or ""))


counts = st.integers(min_value=0, max_value=10**7)
actions = st.builds(
    ActionSummary,
    records=counts,
    matched=counts,
    unexplained=counts,
    # Lines of nothing are not shown.
    repeated=counts.map(lambda n: n + 1),
    reattributed=counts.map(lambda n: n + 1),
    unexplained_outside=counts,
    unexplained_amounts=st.lists(
        st.builds(Money, currency=st.sampled_from([None, "EUR", "JPY"]), amount=cents.filter(bool)),
        unique_by=lambda money: money.currency,
    ).map(total),
    states=st.dictionaries(st.sampled_from(["approved", "pending", "reversed"]), counts),
    files=st.just(()),
)


@st.composite
def runs(draw: st.DrawFn) -> Run:
    of_code = draw(found)
    also = draw(st.integers(min_value=0, max_value=9))
    reasons = tuple(
        reason(entry.code, of_code[entry.code], also) for entry in CATALOGUE if entry.code in of_code
    )
    verdicts = tuple(
        VerdictSummary(
            verdict=verdict,
            rows=sum(r.rows for r in reasons if r.verdict == verdict),
            amounts=total(money for r in reasons if r.verdict == verdict for money in r.amounts),
        )
        for verdict in VERDICTS
    )
    moment = datetime(2026, 3, 20, tzinfo=UTC)
    return Run(
        id="20260320T061500Z-0a1b2c3d",
        mmpsync_version="1.0.0",
        engine="duckdb",
        started=moment,
        finished=moment,
        as_of=moment,
        config={"gate.fail_on": "error"},
        assumptions=(),
        files=tuple(
            FileSummary(path=path, source="x", title="X", holds="conversions", format=path[-3:], rows=1)
            for path in PATHS
        ),
        left_out=(),
        clicks=ClickSummary(records=1),
        actions=draw(st.none() | actions),
        summary=Summary(
            rows=sum(v.rows for v in verdicts),
            in_scope=sum(v.rows for v in verdicts if v.verdict not in OUT_OF_SCOPE),
            verdicts=verdicts,
            match_rate=None,
            match_rate_by_amount={},
            click_id_coverage=None,
            at_risk=total(money for v in verdicts if v.verdict in AT_RISK for money in v.amounts),
        ),
        reason_summaries=reasons,
        groups=(),
        completeness=(),
        ctit=Ctit(installs=0),
        advice=(),
        gate=GateResult(passed=True),
    )


def of_json(report: str) -> Figures:
    return {
        r["code"]: (r["rows"], {m["currency"]: Decimal(m["amount"]) for m in r["amounts"]})
        for r in json.loads(report)["reason_summaries"]
    }


def of_csv(report: str) -> Figures:
    rows: dict[str, int] = defaultdict(int)
    money: dict[str, dict[str | None, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for line in csv.DictReader(io.StringIO(report, newline="")):
        rows[line["reason"]] += int(line["rows"])
        if line["amount"]:
            money[line["reason"]][line["currency"] or None] += Decimal(line["amount"])
    return {code: (rows[code], dict(money[code])) for code in rows}


def of_sarif(report: str) -> Figures:
    log = json.loads(report)["runs"][0]
    told = {
        r["reason"]: (r["rows"], {m["currency"]: Decimal(m["amount"]) for m in r["amounts"]})
        for r in log["properties"]["reasons"]
    }
    results: dict[str, int] = defaultdict(int)
    for result in log["results"]:
        results[result["ruleId"]] += result["occurrenceCount"]
    shown = {c: rows for c, (rows, _) in told.items() if BY_CODE[c].severity != "none"}
    assert results == {c: rows for c, rows in shown.items() if BY_CODE[c].verdict != "excluded"}
    assert log["properties"]["rows"] == sum(rows for rows, _ in told.values())
    return told


def of_junit(report: str) -> Figures:
    figures: Figures = {}
    for case in ET.fromstring(report).iterfind("testsuite[@name='mmpsync.rules']/testcase"):
        lines = [line.split(": ") for line in case.findtext("system-out", "").splitlines()]
        money = [value.split(" ", 1) for name, value in lines if name == "money"]
        rows = int(dict(lines)["rows"])
        if rows:
            amounts = {of_shown(code): Decimal(amount) for amount, code in money}
            figures[case.get("name", "")] = (rows, amounts)
    return figures


def of_markdown(report: str) -> Figures:
    figures: Figures = {}
    for line in report.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if len(cells) == 8 and cells[2].startswith("`"):
            money = [each.split(" ", 1) for each in cells[6].split("<br>") if each]
            amounts = {of_shown(code.strip("()")): plain(amount) for amount, code in money}
            figures[cells[2].strip("`")] = (int(plain(cells[4])), amounts)
    return figures


def of_xlsx(report: bytes) -> Figures:
    heads, *rows = openpyxl.load_workbook(io.BytesIO(report))["Reasons"].iter_rows(values_only=True)
    begin, end = heads.index("behind another") + 1, heads.index("who can fix it")
    figures: Figures = {}
    for row in rows:
        money = zip(heads[begin:end], row[begin:end], strict=True)
        amounts = {of_shown(str(c)): Decimal(str(round(a, 2))) for c, a in money if a is not None}
        figures[str(row[0])] = (row[4], amounts)
    return figures


def actions_of_json(report: str) -> Actions | None:
    found = json.loads(report)["actions"]
    if found is None:
        return None
    money = {each["currency"]: Decimal(each["amount"]) for each in found["unexplained_amounts"]}
    return [found[name] for name in ("matched", "unexplained", "reattributed", "repeated")], money


def actions_of_sarif(report: str) -> Actions | None:
    found = json.loads(report)["runs"][0]["properties"].get("actions")
    if found is None:
        return None
    money = {each["currency"]: Decimal(each["amount"]) for each in found["unexplainedAmounts"]}
    return [found[name] for name in ("matched", "unexplained", "reattributed", "repeated")], money


def actions_of_junit(report: str) -> Actions | None:
    found = {
        str(each.get("name")).removeprefix("actions."): str(each.get("value"))
        for each in ET.fromstring(report).iterfind("testsuite/properties/property")
        if str(each.get("name")).startswith("actions.")
    }
    if not found:
        return None
    told = [int(found.pop(name)) for name in ("matched", "unexplained", "reattributed", "repeated")]
    return told, {of_shown(k.removeprefix("unexplained.")): Decimal(v) for k, v in found.items()}


def actions_of_lines(lines: Mapping[str, tuple[Any, str]]) -> Actions | None:
    """Of label → count and note, as people see them."""
    if not lines:
        return None
    names = ("Explained by a row", "Unexplained", "Reattributed", "Read again")
    told = [int(plain(str(lines[name][0]))) for name in names]
    assert int(plain(str(lines["Actions"][0]))) == told[0] + told[1]
    money = re.findall(r"(-?[\d,]+\.\d\d) (\w{3}|\(no currency\))", lines["Unexplained"][1])
    return told, {of_shown(code.strip("()")): plain(amount) for amount, code in money}


def actions_of_markdown(report: str) -> Actions | None:
    _, _, section = report.partition("## Actions at impact.com\n\n")
    table = section.partition("\n\n")[0].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table]
    return actions_of_lines({label: (count, note) for label, count, note in rows})


def actions_of_xlsx(report: bytes) -> Actions | None:
    rows = list(openpyxl.load_workbook(io.BytesIO(report))["Summary"].iter_rows(max_col=3, values_only=True))
    heads = [n for n, row in enumerate(rows) if row[0] == "Actions at impact.com"]
    below = rows[heads[0] + 1 :] if heads else []
    end = next((n for n, row in enumerate(below) if row[0] is None), len(below))
    return actions_of_lines({str(row[0]): (row[1], str(row[2])) for row in below[:end]})


def actions_of_html(report: str) -> Actions | None:
    _, _, section = report.partition('<section id="actions"')
    rows = re.findall(
        r"<tr><th scope=\"row\">(.*?)</th><td class=\"n\">(.*?)</td><td><bdi>(.*?)</bdi>",
        section.partition("</table>")[0],
    )
    return actions_of_lines({label: (count, note) for label, count, note in rows})


def actions_of_text(report: str) -> Actions | None:
    _, _, section = report.partition("Actions at impact.com\n")
    rows = [
        re.split(r"\s{2,}", line.strip(), maxsplit=2) for line in section.partition("\n\n")[0].splitlines()
    ]
    return actions_of_lines({label: (count, "".join(note)) for label, count, *note in rows})


def plain(figure: str) -> Decimal:
    return Decimal(figure.replace(",", ""))


def of_shown(code: str) -> str | None:
    return None if code == currency(None) else code


READERS: Mapping[str, Callable[[Any], Figures]] = {
    "json": of_json,
    "csv": of_csv,
    "sarif": of_sarif,
    "junit": of_junit,
    "markdown": of_markdown,
    "xlsx": of_xlsx,
}
ACTIONS: Mapping[str, Callable[[Any], Actions | None]] = {
    "json": actions_of_json,
    "sarif": actions_of_sarif,
    "junit": actions_of_junit,
    "markdown": actions_of_markdown,
    "xlsx": actions_of_xlsx,
    "html": actions_of_html,
    "text": actions_of_text,
}
# A table of reasons, and what a CI run is told of rows.
WITHOUT_ACTIONS = {"csv", "github", "azure"}
# For people's eyes only: of these, the figures that stand there are compared.
SHOWING = {"text", "html", "github", "azure"}


def test_every_format_is_read_here() -> None:
    assert set(FORMATS) == set(READERS) | SHOWING == set(ACTIONS) | WITHOUT_ACTIONS


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=12)
@given(run=runs())
def test_every_format_carries_the_rows_and_money_of_every_reason_and_they_add_up(name: str, run: Run) -> None:
    figures = READERS[name](FORMATS[name].render(run))
    told = {r.code: (r.rows, {m.currency: m.amount for m in r.amounts}) for r in run.reason_summaries}
    zeros = name == "markdown"  # an amount of nothing is not shown
    assert figures == {
        code: (rows, {c: a for c, a in amounts.items() if a or not zeros})
        for code, (rows, amounts) in told.items()
    }
    assert sum(rows for rows, _ in figures.values()) == run.summary.rows
    for verdict in run.summary.verdicts:
        of_verdict = [figures[code] for code in figures if BY_CODE[code].verdict == verdict.verdict]
        assert sum(rows for rows, _ in of_verdict) == verdict.rows
        for money in verdict.amounts:
            sums = (amounts.get(money.currency, Decimal(0)) for _, amounts in of_verdict)
            assert sum(sums, Decimal(0)) == money.amount


@pytest.mark.parametrize("name", ACTIONS)
@settings(max_examples=6)
@given(run=runs())
def test_every_format_carries_what_became_of_the_actions(name: str, run: Run) -> None:
    report = FORMATS[name].render(run, replace(PAGE, width=200))
    told = run.actions and (
        [run.actions.matched, run.actions.unexplained, run.actions.reattributed, run.actions.repeated],
        {money.currency: money.amount for money in run.actions.unexplained_amounts},
    )
    assert ACTIONS[name](report) == told


@settings(max_examples=12)
@given(run=runs())
def test_text_shows_the_rows_of_every_reason_and_verdict(run: Run) -> None:
    lines = str(FORMATS["text"].render(run, replace(PAGE, width=140))).splitlines()
    for r in run.reason_summaries:
        assert any(f" {number(r.rows)} " in line and BY_CODE[r.code].title in line for line in lines)
    for verdict in run.summary.verdicts if run.summary.rows else ():
        assert any(re.match(rf" +{verdict.verdict} +{number(verdict.rows)}\b", line) for line in lines)


@settings(max_examples=3)
@given(run=runs())
def test_html_shows_the_rows_of_every_reason(run: Run) -> None:
    page = str(FORMATS["html"].render(run))
    for r in run.reason_summaries:
        (opened,) = re.findall(rf'<details[^>]* id="{r.code}".*?</details>', page, re.DOTALL)
        assert re.search(rf"\b{number(r.found)} row", opened), r.code


@pytest.mark.parametrize("name", ["github", "azure"])
@settings(max_examples=12)
@given(run=runs())
def test_annotations_tell_the_rows_of_the_ten_worst_reasons(name: str, run: Run) -> None:
    commands = [line for line in str(FORMATS[name].render(run)).splitlines() if "::" in line or "##" in line]
    loud = [r for r in run.reason_summaries if r.severity in {"error", "warning"}]
    assert len(commands) == max(min(len(loud), 10), not run.summary.rows)
    told = [
        (r.severity, number(r.rows))
        for r in sorted(loud, key=lambda r: (r.severity != "error", -r.rows, -r.also))
    ]
    for (severity, rows), command in zip(told, commands, strict=False):
        assert severity in command
        assert re.search(rf"\b{rows} rows?\b", command)


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=3)
@given(run=runs())
def test_the_same_run_gives_the_same_bytes(name: str, run: Run) -> None:
    again = Run.model_validate_json(run.to_json())
    assert FORMATS[name].render(run) == FORMATS[name].render(again)
