"""The links of tests/cases/links, each with the findings it must have: an analyst adds a case there without Python."""

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mmpsync.config import Config
from mmpsync.preflight.links import CATALOGUE, inspect_link
from mmpsync.preflight.links.kinds import KINDS

FOLDER = Path(__file__).parents[2] / "cases" / "links"
CASES = [
    pytest.param(case, id=f"{path.stem}: {case['about']}")
    for path in sorted(FOLDER.glob("*.toml"))
    for case in tomllib.loads(path.read_text("utf-8"))["case"]
]


@pytest.mark.parametrize("case", CASES)
def test_a_link_has_exactly_these_findings(case: dict[str, Any]) -> None:
    report = inspect_link(case["link"], Config.model_validate(case.get("config", {})))
    assert [finding.code for finding in report.findings] == case["finds"]
    assert report.corrected == case.get("corrected")
    assert report.summary == case.get("summary", report.summary)


def test_no_case_has_a_key_that_nothing_reads() -> None:
    known = {"about", "link", "finds", "corrected", "summary", "config"}
    assert [parameter.id for parameter in CASES if set(parameter.values[0]) - known] == []


def test_every_code_of_the_catalogue_and_every_kind_occurs() -> None:
    cases = [parameter.values[0] for parameter in CASES]
    assert len(cases) >= 120
    found = Counter(code for case in cases for code in case["finds"])
    assert {fault.code for fault in CATALOGUE} - {*found} == set()
    kinds = Counter(inspect_link(case["link"], Config()).kind for case in cases if not case["finds"])
    assert {kind.key for kind in KINDS} - {*kinds} == set()
