import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import mmpsync.preflight.links as package
from mmpsync.preflight.links import BY_CODE, CATALOGUE, LinkFault

SOURCES = sorted(Path(package.__file__).parent.glob("*.py"))

every_fault = pytest.mark.parametrize("fault", CATALOGUE, ids=lambda fault: fault.code)


def test_every_code_is_found_once() -> None:
    assert [BY_CODE[fault.code] for fault in CATALOGUE] == list(CATALOGUE)
    assert len(BY_CODE) == len(CATALOGUE)


def test_every_code_is_raised_somewhere_and_none_that_the_catalogue_lacks() -> None:
    raised = {code for path in SOURCES if path.name != "catalogue.py" for code in codes_in(path)}
    assert {fault.code for fault in CATALOGUE} <= raised


def codes_in(path: Path) -> Iterator[str]:
    yield from re.findall(r'"([a-z]+(?:-[a-z]+)+)"', path.read_text("utf-8"))


@every_fault
def test_codes_are_kebab_case(fault: LinkFault) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", fault.code)


@every_fault
def test_titles_fit_a_table_cell(fault: LinkFault) -> None:
    assert 0 < len(fault.title) <= 40
    assert not fault.title.endswith(".")
    assert "`" not in fault.title


@every_fault
def test_prose_is_a_few_whole_sentences(fault: LinkFault) -> None:
    for prose in (fault.meaning, fault.fix):
        assert prose.endswith(".")
        assert prose == " ".join(prose.split())
        assert prose.count("`") % 2 == 0
        assert len(prose) <= 240


@every_fault
def test_a_marketer_is_not_told_the_words_of_programmers(fault: LinkFault) -> None:
    words = f"{fault.title} {fault.meaning} {fault.fix}".lower()
    assert not re.search(
        r"\b(url|uri|query string|regex|parse[sd]?|unicode|fragment|percent-encod|null|string|host name)\b",
        words,
    )
