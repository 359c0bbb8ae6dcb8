import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmpsync.conclusions import GateCondition, GateResult
from mmpsync.masking import harmless
from mmpsync.report.formats import FORMATS
from mmpsync.run import Run
from mmpsync.summaries import FileSummary, ReasonFile, Summary

COMMAND = re.compile(r"::(?P<level>\w+) (?P<properties>[^:]*)::(?P<message>.*)")


def commands(run: Run) -> list[dict[str, str]]:
    """The commands in a log, read as GitHub's runner does: only what begins a line is one."""
    found = []
    for line in str(FORMATS["github"].render(run)).splitlines():
        if line.lstrip().startswith("::"):
            match = COMMAND.fullmatch(line)
            assert match, line
            properties = dict(each.split("=", 1) for each in match["properties"].split(","))
            decoded = {name: unescaped(value) for name, value in properties.items()}
            found.append({"level": match["level"], "message": unescaped(match["message"])} | decoded)
    return found


def unescaped(text: str) -> str:
    for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, character)
    return text


def found_in(run: Run, path: str, first_row: int, form: str = "csv") -> Run:
    """The run, every reason of it in one file."""
    files = (ReasonFile(path=path, first_row=first_row, rows=7),)
    reasons = tuple(r.model_copy(update={"files": files}) for r in run.reason_summaries)
    file = FileSummary(path=path, source="x", title="X", holds="conversions", format=form, rows=9)
    return run.model_copy(update={"reason_summaries": reasons, "files": (file,)})


def test_there_is_one_for_each_reason_the_worst_first_and_ten_at_most(run: Run) -> None:
    shown = commands(run)
    assert [(c["level"], c["title"]) for c in shown[:3]] == [
        ("error", "Gate failed"),  # the match rate, which is no reason
        ("error", "ClickId is missing"),
        ("error", "Required parameter is missing"),
    ]
    assert len(shown) == 10
    assert len({c["title"] for c in shown}) == 10
    last = str(FORMATS["github"].render(run)).splitlines()[-1]
    assert last == "and 6 more; the report text has them all"


def test_a_message_says_how_much_where_and_what_to_do(run: Run) -> None:
    shown = next(
        c for c in commands(found_in(run, "exports/a,b.csv", 3)) if c["title"] == "ClickId is missing"
    )
    assert shown["message"].splitlines()[:2] == [
        "12,034 rows (8.9% of scope), 451,200.50 EUR and 33,330.10 USD at risk.",
        "First in exports/a,b.csv, row 3.",
    ]
    assert shown["message"].endswith("\nMore: mmpsync explain missing-click-id")
    assert (shown["file"], shown["line"]) == ("exports/a,b.csv", "4")


@pytest.mark.parametrize(
    ("form", "line"), [("csv", "4"), ("csv.gz", "4"), ("json", "3"), ("json.gz", "3"), ("parquet", None)]
)
def test_lines_are_counted_with_the_header_where_there_is_one(run: Run, form: str, line: str | None) -> None:
    assert {c.get("line") for c in commands(found_in(run, "a", 3, form)) if "file" in c} == {line}


def test_the_file_with_the_most_rows_is_named(run: Run) -> None:
    files = tuple(ReasonFile(path=path, first_row=1, rows=rows) for path, rows in (("a", 1), ("b", 9)))
    reasons = tuple(r.model_copy(update={"files": files}) for r in run.reason_summaries)
    shown = commands(run.model_copy(update={"reason_summaries": reasons}))
    assert {c.get("file", "b") for c in shown} == {"b"}


def test_errors_stand_before_warnings_and_nothing_else_is_one(run: Run) -> None:
    few = tuple(r for r in run.reason_summaries if r.severity != "error" or r.code == "duplicate-order")
    shown = commands(run.model_copy(update={"reason_summaries": few, "gate": GateResult(passed=True)}))
    assert [c["level"] for c in shown] == ["error", "warning", "warning", "warning"]


def test_no_row_is_an_error(run: Run) -> None:
    nothing = Summary(
        rows=0,
        in_scope=0,
        verdicts=(),
        match_rate=None,
        match_rate_by_amount={},
        click_id_coverage=None,
        at_risk=(),
    )
    empty = {"summary": nothing, "reason_summaries": (), "gate": GateResult(passed=True)}
    shown = commands(run.model_copy(update=empty))
    assert [(c["level"], c["title"]) for c in shown] == [("error", "Nothing to check")]


def test_a_good_day_is_one_line(run: Run) -> None:
    fine = tuple(r for r in run.reason_summaries if r.code == "matched")
    good = run.model_copy(update={"reason_summaries": fine, "gate": GateResult(passed=True)})
    assert FORMATS["github"].render(good) == "Gate PASSED, match rate 86.47%\n"


# What a gate found is written as a number if it is one.
NASTY = st.text(st.sampled_from("a%0D3AZP25:;,=]\n\r\x1b#[v so/"), min_size=1, max_size=30).filter(
    lambda text: not text.isdecimal()
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(NASTY)
def test_no_name_ends_a_command_or_begins_one(run: Run, nasty: str) -> None:
    conditions = (GateCondition(name=nasty, limit=nasty, value=nasty, passed=False),)
    nasty_run = found_in(run, nasty, 3).model_copy(
        update={"gate": GateResult(passed=False, conditions=conditions)}
    )
    shown = commands(nasty_run)
    assert len(shown) == 10
    assert {c["file"] for c in shown if "file" in c} == {harmless(nasty)}
    assert shown[0]["message"] == harmless(f"{nasty} is {nasty}, allowed: {nasty}")
