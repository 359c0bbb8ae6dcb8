"""The links of tests/cases/links, each with the findings it must have: an analyst adds a case there without Python."""

import re
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


@pytest.mark.parametrize("case", CASES)
def test_findings_are_short_whole_sentences_for_a_marketer(case: dict[str, Any]) -> None:
    for finding in inspect_link(case["link"], Config.model_validate(case.get("config", {}))).findings:
        assert finding.subject == case["link"]
        for prose in (finding.message, finding.fix):
            assert prose.endswith((".", "?"))
            assert prose.isprintable()
            assert len(prose) <= 300
            assert not re.search(
                r"(?i)\b(url|uri|query|regex|parse[sd]?|fragment|null|string)\b", re.sub("`[^`]*`", "", prose)
            )


@pytest.mark.parametrize(
    "link",
    [
        "https://a.onelink.me/%1B[31m?pid=%1B[2J&clickid=\x1b[31mred\x07",
        "https://a.onelink.me/x?pid=\x9b31m&clickid=`rm`&%0A%0D=\udcff",
        "\x1b]0;title\x07 nothing",
        "https://a.sjv.io/c/1/2/3?u=https://b.example/?\udcff\x1b[31m=1",
    ],
)
def test_a_hostile_link_cannot_write_on_the_terminal_through_a_message(link: str) -> None:
    report = inspect_link(link, Config())
    assert report.summary.isprintable()
    for finding in report.findings:
        assert finding.message.isprintable()
        assert finding.fix.isprintable()
        assert (finding.corrected or "").isprintable()


def test_a_link_of_any_length_has_messages_of_a_line_or_two() -> None:
    parameters = "&".join(
        f"clickid={number}&p{number}=https://x.example/?clickid={number}" for number in range(3000)
    )
    report = inspect_link(f"https://a.onelink.me/x?pid={'y' * 100_000}&{parameters}", Config())
    assert [finding.code for finding in report.findings] == ["partner-wrong", "given-twice"]
    assert all(len(finding.message) <= 400 for finding in report.findings)
    assert len(report.summary) <= 400


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
