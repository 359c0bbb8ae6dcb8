"""Every format that a run has, of a check with hostile and private values in it."""

import csv
import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import html5lib
import jsonschema
import openpyxl
import pytest
import xmlschema

from mmpsync.conclusions import GateCondition, GateResult
from mmpsync.preflight.findings import Finding
from mmpsync.preflight.result import Check, CheckedLink, Problem, Readiness
from mmpsync.report.check.csv import COLUMNS
from mmpsync.report.check.formats import FORMATS
from mmpsync.report.formats import FORMATS as FORMATS_OF_RUNS
from mmpsync.report.interface import PAGE, Screen
from mmpsync.summaries import FileSummary

SCHEMAS = Path(__file__).parents[1] / "schemas"
MOMENT = datetime(2026, 3, 11, tzinfo=UTC)
HOSTILE = "=cmd|'/C calc'!A1 <script>alert(1)</script> ::error::x\x1b[31m"
MAIL = "jane.doe@example.com"
LINK = "https://app.appsflyer.com/id1?pid=impactradius_int&clickid={ClickId}&x=" + "y" * 120


def finding(**more: Any) -> Finding:
    return Finding(
        **{"code": "app-not-configured", "level": "warning", "subject": "s", "message": "m", "fix": "f"}
        | more
    )


@pytest.fixture(scope="module")
def check() -> Check:
    corrected = LINK.replace("{ClickId}", "{clickid}")
    return Check(
        id="20260311T000000Z-0123abcd",
        mmpsync_version="0.1.0",
        started=MOMENT,
        finished=MOMENT,
        as_of=MOMENT,
        config={"gate.fail_on": "error"},
        looked_at=("configuration", "exports", "links"),
        rows=4,
        files=(
            FileSummary(path="in/x.csv", source="appsflyer", title="AppsFlyer", holds="conversions", format="csv", rows=4),
        ),
        links=(CheckedLink(url=LINK, verdict="not ready", summary="AppsFlyer link: not ready", corrected=corrected),),
        readiness=(
            Readiness(source="appsflyer", title="AppsFlyer", app="com.acme", event="install", verdict="ready", rows=1,
                      from_impact=1, filled=1, usable=1),
            Readiness(source="appsflyer", title="AppsFlyer", app="com.acme", event=HOSTILE, verdict="not ready", rows=3,
                      from_impact=3, problems=(Problem(code="missing-click-id", rows=3),),
                      why=("ClickId is missing in 3 of 3 rows",)),
            Readiness(source="", title="", app="id77", event="install", verdict="cannot tell", why=("no row",)),
        ),
        findings=(
            finding(code="macro-misspelled", level="error", subject=LINK, message="It reads {ClickId}.", corrected=corrected),
            finding(code="missing-click-id", level="error", subject=f"AppsFlyer · com.acme · {HOSTILE}", message="ClickId is missing"),
            finding(code="no-app-id", subject="in/x.csv", message=f"Seen: {HOSTILE} {MAIL}"),
            finding(code="unconfigured-events", level="info", message="These occur"),
        ),
        gate=GateResult(
            passed=False,
            conditions=tuple(
                GateCondition(name=name, limit="none", value="1", passed=False)
                for name in ("macro-misspelled", "missing-click-id")
            ),
        ),
    )  # fmt: skip


def render(check: Check, name: str, screen: Screen = PAGE) -> str:
    found = FORMATS[name].render(check, screen)
    assert isinstance(found, str)
    return found


def test_the_formats_are_those_of_a_run_with_the_same_manners() -> None:
    assert list(FORMATS) == list(FORMATS_OF_RUNS)
    for name, report in FORMATS.items():
        other = FORMATS_OF_RUNS[name]
        assert (report.binary, report.lines) == (other.binary, other.lines)
        assert set(report.needs) <= set(other.needs)


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "xlsx"])
def test_every_format_names_every_error_and_masks_what_is_personal(check: Check, name: str) -> None:
    text = render(check, name)
    for code in ("macro-misspelled", "missing-click-id"):
        assert code in text
    assert MAIL not in text
    assert "\x1b" not in text
    if name not in ("json", "junit"):
        assert MAIL.replace("@", "&#64;" if name == "markdown" else "@") in render(
            check, name, Screen(width=300, unmask=True)
        )


@pytest.mark.parametrize("width", [60, 140])
def test_in_the_terminal_a_corrected_link_is_on_one_line_however_narrow_it_is(
    check: Check, width: int
) -> None:
    text = render(check, "text", Screen(width=width))
    assert check.links[0].corrected in text.splitlines()
    assert text.startswith("Check FAILED, 2 errors and 1 warning\n")
    assert "Readiness: 1 ready, 1 not ready, 1 cannot tell" in text
    assert "no row is of id77" in text


def test_json_is_the_check(check: Check) -> None:
    assert Check.model_validate_json(render(check, "json", Screen(width=80, unmask=True))) == check


def test_junit_keeps_its_schema_and_fails_as_the_gate_does(check: Check) -> None:
    text = render(check, "junit")
    xmlschema.XMLSchema10(SCHEMAS / "junit.xsd").validate(text)
    assert re.search(r'<testsuites name="mmpsync" tests="(\d+)" failures="2" errors="0">', text)
    empty = render(check.model_copy(update={"rows": 0}), "junit")
    assert 'failures="2" errors="1"' in empty


def test_sarif_keeps_its_schema_with_a_result_per_finding(check: Check) -> None:
    log = json.loads(render(check, "sarif"))
    schema = json.loads((SCHEMAS / "sarif.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(log)
    results = log["runs"][0]["results"]
    assert [(r["ruleId"], r["level"]) for r in results] == [
        ("macro-misspelled", "error"),
        ("missing-click-id", "error"),
        ("no-app-id", "warning"),
        ("unconfigured-events", "note"),
    ]
    assert results[2]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "in/x.csv"


def test_annotations_are_commands_and_nothing_in_them_is_one(check: Check) -> None:
    github = render(check, "github").splitlines()
    assert [line.partition(" ")[0] for line in github[1:]] == ["::error", "::error", "::warning"]
    assert "file=in/x.csv" in github[3]
    azure = render(check, "azure").splitlines()
    assert azure[1].partition("]")[0] == "##vso[task.logissue type=error;code=macro-misspelled;"
    assert not any("::error::x" in line[2:] for line in github)


def test_csv_has_a_line_per_finding_and_no_formula(check: Check) -> None:
    rows = list(csv.reader(io.StringIO(render(check.model_copy(
        update={"findings": (finding(message=HOSTILE), finding())}), "csv"))))  # fmt: skip
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 3
    assert rows[1][5].startswith("'=cmd")


def test_html_is_one_whole_page_that_runs_nothing_of_the_data(check: Check) -> None:
    text = render(check, "html")
    parser = html5lib.HTMLParser(strict=True)
    document = parser.parse(text)
    scripts = document.findall(".//{http://www.w3.org/1999/xhtml}script")
    assert len(scripts) == 1
    assert "&lt;script&gt;alert(1)" in text
    assert "<script>alert" not in text
    assert not re.search(r'(?:src|href)="(?!#)', text)
    assert check.links[0].corrected is not None
    assert check.links[0].corrected.replace("&", "&amp;") in text


def test_xlsx_has_a_sheet_for_everything_and_no_formula(check: Check) -> None:
    data = FORMATS["xlsx"].render(check)
    assert isinstance(data, bytes)
    assert data == FORMATS["xlsx"].render(check)
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames == ["Summary", "Readiness", "Findings", "Links"]
    assert [row[3] for row in book["Readiness"].iter_rows(min_row=2, values_only=True)] == [
        "ready",
        "not ready",
        "cannot tell",
    ]
    assert book["Findings"].max_row == 5
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert not any(MAIL in str(cell.value) for cell in cells)


def test_an_input_without_rows_is_said_first(check: Check) -> None:
    empty = check.model_copy(update={"rows": 0})
    assert empty.exit_code == 5
    for name in ("text", "markdown", "github", "html"):
        assert "Nothing to check: there is no row in the exports." in render(empty, name)
