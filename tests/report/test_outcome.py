import pytest

from mmpsync.conclusions import GateCondition
from mmpsync.reasons import BY_CODE, CATALOGUE
from mmpsync.report import outcome
from mmpsync.report.places import foremost
from mmpsync.run import Run
from mmpsync.summaries import ReasonFile, ReasonSummary


def reason(code: str, rows: int) -> ReasonSummary:
    entry = BY_CODE[code]
    return ReasonSummary(code=code, verdict=entry.verdict, severity=entry.severity, rows=rows)


def test_the_worst_severity_comes_first_and_then_the_most_rows() -> None:
    given = [reason(code, rows) for code, rows in (
        ("matched", 99), ("organic", 50), ("view-through", 9), ("orphan-click-id", 1), ("missing-click-id", 2),
    )]  # fmt: skip
    assert [r.code for r in outcome.by_weight(given)] == [
        "missing-click-id",
        "orphan-click-id",
        "view-through",
        "organic",
        "matched",
    ]


def test_a_gate_that_is_off_has_neither_passed_nor_failed(run: Run) -> None:
    assert outcome.gate_word(run) == "FAILED"
    assert outcome.gate_word(run.model_copy(update={"config": {"gate.fail_on": "never"}})) == "OFF"


@pytest.mark.parametrize(("value", "shown"), [("12345", "12,345"), ("86.47%", "86.47%"), ("-1", "-1")])
def test_rows_that_a_condition_found_are_grouped(value: str, shown: str) -> None:
    condition = GateCondition(name="x", limit="y", value=value, passed=False)
    assert outcome.condition_value(condition) == shown


def test_only_rows_in_scope_have_a_share_of_it(run: Run) -> None:
    shares = {r.code: outcome.of_scope(run, r) for r in run.reason_summaries}
    assert shares["missing-click-id"] == "8.9%"
    assert shares["organic"] == shares["unreadable-row"] == "–"
    assert "scope" not in outcome.extent(run, next(r for r in run.reason_summaries if r.code == "organic"))


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.code)
def test_the_first_step_is_a_sentence_of_the_remedy(entry: outcome.Reason) -> None:
    step = outcome.first_step(entry)
    assert entry.fix.startswith(step)
    assert step.endswith(".")


def test_the_file_with_the_most_rows_is_foremost() -> None:
    files = tuple(ReasonFile(path=path, first_row=1, rows=n) for path, n in (("a", 2), ("b", 5), ("c", 5)))
    found = foremost(files)
    assert found is not None
    assert found.path == "b"
    assert foremost(()) is None
