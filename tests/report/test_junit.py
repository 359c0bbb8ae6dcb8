from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmpsync.conclusions import GateCondition, GateResult
from mmpsync.masking import harmless
from mmpsync.reasons import CATALOGUE
from mmpsync.report.formats import FORMATS
from mmpsync.report.interface import Screen
from mmpsync.run import Run
from mmpsync.summaries import Example, Money, ReasonFile, Summary

SCHEMA = xmlschema.XMLSchema10(Path(__file__).parent / "schemas" / "junit.xsd")
HOSTILE = ("]]>", "<failure/>", "&lt;&#10;", "a\nb\r\tc", "\x00\x0b\x1b\ufffe\ud800", "\"quoted'")


def junit(run: Run, *, unmask: bool = False) -> ET.Element:
    report = str(FORMATS["junit"].render(run, Screen(width=100, unmask=unmask)))
    SCHEMA.validate(report)
    return ET.fromstring(report)


def cases(root: ET.Element, suite: str) -> dict[str, ET.Element]:
    return {str(c.get("name")): c for c in root.iterfind(f"testsuite[@name='{suite}']/testcase")}


def failed(root: ET.Element, suite: str) -> list[str]:
    return [name for name, case in cases(root, suite).items() if case.find("failure") is not None]


def text(case: ET.Element, tag: str) -> str:
    return case.findtext(tag, "")


def test_there_is_a_case_for_every_rule_and_every_condition(run: Run) -> None:
    root = junit(run)
    assert list(cases(root, "mmpsync.rules")) == [entry.code for entry in CATALOGUE]
    assert list(cases(root, "mmpsync.gate")) == [
        f"{condition.name}: {condition.limit}" for condition in run.gate.conditions
    ]


def test_what_the_gate_fails_fails_and_nothing_else(run: Run) -> None:
    root = junit(run)
    of_gate = [condition for condition in run.gate.conditions if not condition.passed]
    assert len(failed(root, "mmpsync.gate")) == len(of_gate) == 12
    assert failed(root, "mmpsync.rules") == [
        entry.code for entry in CATALOGUE if entry.code in {c.name for c in of_gate}
    ]
    assert "duplicate-order" not in failed(root, "mmpsync.rules")  # 45 rows, 50 are tolerated


def test_where_nothing_is_gated_nothing_fails(run: Run) -> None:
    root = junit(run.model_copy(update={"gate": GateResult(passed=True)}))
    assert root.get("failures") == root.get("errors") == "0"
    assert text(cases(root, "mmpsync.rules")["missing-click-id"], "system-out").startswith("rows: 12034\n")


def test_no_row_is_an_error(run: Run) -> None:
    summary = Summary(
        rows=0, in_scope=0, verdicts=(), match_rate=None, match_rate_by_amount={}, click_id_coverage=None,
        at_risk=(),
    )  # fmt: skip
    empty = {"summary": summary, "reason_summaries": (), "gate": GateResult(passed=True)}
    root = junit(run.model_copy(update=empty))
    assert (root.get("failures"), root.get("errors")) == ("0", "1")
    (case,) = cases(root, "mmpsync.input").values()
    assert case.find("error") is not None


def test_the_counts_are_those_of_the_cases(run: Run) -> None:
    root = junit(run)
    for element in (root, *root.iterfind("testsuite")):
        for count, path in (("tests", ".//testcase"), ("failures", ".//failure"), ("errors", ".//error")):
            assert element.get(count) == str(len(element.findall(path)))


def test_a_failure_says_what_it_means_who_fixes_it_how_and_where(run: Run) -> None:
    files = (ReasonFile(path="a.csv", first_row=2, rows=12_034),)
    reasons = tuple(r.model_copy(update={"files": files}) for r in run.reason_summaries)
    root = junit(run.model_copy(update={"reason_summaries": reasons}))
    failure = cases(root, "mmpsync.rules")["missing-click-id"].find("failure")
    assert failure is not None
    assert failure.get("message") == (
        "ClickId is missing: 12,034 rows (8.9% of scope), 451,200.50 EUR and 33,330.10 USD at risk"
    )
    lines = str(failure.text).splitlines()
    assert [line.split(": ")[0] for line in lines[1:5]] == ["What it means", "Who can fix it", "How", "a.csv"]
    assert lines[4] == "a.csv: 12,034, first in row 2"


def test_the_output_has_a_figure_a_line(run: Run) -> None:
    case = cases(junit(run), "mmpsync.rules")["missing-parameter"]
    assert text(case, "system-out").splitlines() == [
        "rows: 3300",
        "also: 120",
        "money: 12 no currency",
        "money: 88000 EUR",
        "money: 1100 USD",
    ]


def test_the_funnel_stands_in_the_properties(run: Run) -> None:
    found = {str(p.get("name")): p.get("value") for p in junit(run).iter("property")}
    assert found["rows.unattributed"] == "14542"
    assert found["match_rate"] == "0.864706"
    assert sum(int(str(v)) for name, v in found.items() if name.startswith("rows.")) == run.summary.rows


def test_ids_are_shown_when_asked_for(run: Run, secrets: tuple[str, ...]) -> None:
    whole = ET.tostring(junit(run, unmask=True), encoding="unicode")
    assert secrets[0] in whole
    assert secrets[0] not in ET.tostring(junit(run), encoding="unicode")


@pytest.mark.parametrize("nasty", HOSTILE)
def test_no_text_breaks_the_document(run: Run, nasty: str) -> None:
    check_is_text(run, nasty)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec=None), min_size=1, max_size=40))
def test_any_text_is_text(run: Run, nasty: str) -> None:
    check_is_text(run, nasty)


def check_is_text(run: Run, nasty: str) -> None:
    files = (ReasonFile(path=nasty, first_row=1, rows=1),)
    example = Example(source_file=nasty, source_row=1, event_name=nasty, currency=nasty, amount=Decimal(1))
    money = (Money(currency=nasty, amount=Decimal(1)),)
    reasons = tuple(
        r.model_copy(update={"files": files, "examples": (example,), "amounts": money})
        for r in run.reason_summaries
    )
    conditions = (
        GateCondition(name=nasty, limit=nasty, value=nasty, passed=False),
        *run.gate.conditions,
    )
    gate = GateResult(passed=False, conditions=conditions)
    root = junit(run.model_copy(update={"reason_summaries": reasons, "gate": gate}), unmask=True)
    assert next(iter(cases(root, "mmpsync.gate"))) == harmless(f"{nasty}: {nasty}")
    failure = text(cases(root, "mmpsync.rules")["missing-click-id"], "failure")
    assert f"{harmless(nasty)}: 1, first in row 1" in failure
