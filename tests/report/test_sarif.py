import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmpsync.reasons import BY_CODE, CATALOGUE
from mmpsync.report.formats import FORMATS
from mmpsync.run import Run
from mmpsync.summaries import FileSummary, ReasonFile

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "sarif.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def sarif(run: Run) -> dict[str, Any]:
    document = json.loads(str(FORMATS["sarif"].render(run)))
    VALIDATOR.validate(document)
    (log,) = document["runs"]
    return dict(log)


def spread(run: Run, *files: ReasonFile, form: str = "csv") -> Run:
    """The run, each of its reasons in these files."""
    reasons = tuple(r.model_copy(update={"files": files}) for r in run.reason_summaries)
    read = tuple(
        FileSummary(path=file.path, source="x", title="X", holds="conversions", format=form, rows=99)
        for file in files
    )
    return run.model_copy(update={"reason_summaries": reasons, "files": read})


def place(result: dict[str, Any]) -> dict[str, Any]:
    (location,) = result["locations"]
    return dict(location["physicalLocation"])


def test_the_rules_are_the_catalogue(run: Run) -> None:
    rules = sarif(run)["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [entry.code for entry in CATALOGUE]
    for rule in rules:
        entry = BY_CODE[rule["id"]]
        assert rule["shortDescription"]["text"] == entry.title
        assert rule["fullDescription"]["text"] == entry.meaning
        assert entry.fix in rule["help"]["text"]


def test_there_is_a_result_for_each_reason_and_file(run: Run) -> None:
    files = (
        ReasonFile(path="a.csv", first_row=3, rows=7),
        ReasonFile(path="b.csv", first_row=1, rows=2),
    )
    log = sarif(spread(run, *files))
    found = [(r["ruleId"], place(r)["artifactLocation"]["uri"], r["occurrenceCount"]) for r in log["results"]]
    wanted = [
        r.code for r in run.reason_summaries if r.verdict != "excluded" and r.severity != "none"
    ]  # somebody else's rows, and those that are fine, are no findings
    assert found == [(code, path, rows) for code in wanted for path, rows in (("a.csv", 7), ("b.csv", 2))]
    for result in log["results"]:
        rule = log["tool"]["driver"]["rules"][result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        assert rule["defaultConfiguration"]["level"] == result["level"]


def test_a_result_says_how_many_rows_where_the_first_is_and_what_to_do(run: Run) -> None:
    log = sarif(spread(run, ReasonFile(path="a.csv", first_row=1_234, rows=5_678)))
    (result,) = (r for r in log["results"] if r["ruleId"] == "missing-click-id")
    assert result["level"] == "error"
    text = result["message"]["text"]
    assert text.startswith("ClickId is missing: 5,678 rows of a.csv, first in row 1,234. In the MMP, ")
    assert place(result)["region"] == {"startLine": 1_235}


@pytest.mark.parametrize(
    ("form", "line"), [("csv", 4), ("csv.gz", 4), ("json", 3), ("json.gz", 3), ("parquet", None)]
)
def test_lines_are_counted_with_the_header_where_there_is_one(run: Run, form: str, line: int | None) -> None:
    log = sarif(spread(run, ReasonFile(path="a", first_row=3, rows=1), form=form))
    assert {place(r).get("region", {}).get("startLine") for r in log["results"]} == {line}


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("exports/a b.csv", "exports/a%20b.csv"),
        ("./exports/größe#1.csv", "exports/gr%C3%B6%C3%9Fe%231.csv"),
        ("/data/a.csv", "file:///data/a.csv"),
        ("s3://bucket/t=x/dt=2026-03-01/a b.csv", "s3://bucket/t=x/dt=2026-03-01/a%20b.csv"),
        ("a:b.csv", "a%3Ab.csv"),
    ],
)
def test_a_path_is_written_as_a_uri(run: Run, path: str, uri: str) -> None:
    log = sarif(spread(run, ReasonFile(path=path, first_row=3, rows=1)))
    assert {place(r)["artifactLocation"]["uri"] for r in log["results"]} == {uri}


def test_the_same_finding_has_the_same_fingerprint_tomorrow(run: Run) -> None:
    today = sarif(spread(run, ReasonFile(path="a.csv", first_row=3, rows=7)))
    grown = spread(run, ReasonFile(path="a.csv", first_row=1, rows=9)).model_copy(update={"id": "another"})
    prints = [
        [r["partialFingerprints"]["reasonAndFile/v1"] for r in log["results"]]
        for log in (today, sarif(grown))
    ]
    assert prints[0] == prints[1]
    assert len(set(prints[0])) == len(prints[0])


def test_the_invocation_tells_how_the_run_ended(run: Run) -> None:
    (invocation,) = sarif(run)["invocations"]
    assert invocation == {
        "executionSuccessful": True,
        "exitCode": 1,
        "startTimeUtc": "2026-03-20T06:15:00.000Z",
        "endTimeUtc": "2026-03-20T06:16:00.000Z",
    }


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec=None), min_size=1, max_size=40))
def test_whatever_a_file_is_called_the_log_is_valid(run: Run, nasty: str) -> None:
    assert sarif(spread(run, ReasonFile(path=nasty, first_row=1, rows=1)))["results"]
