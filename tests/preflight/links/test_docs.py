"""docs/links.md says what the code does: its tables are those of the kinds and of the catalogue."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mmpsync.config import Config
from mmpsync.preflight.links import CATALOGUE, inspect_link
from mmpsync.preflight.links.kinds import KINDS, Kind

PAGE = (Path(__file__).parents[3] / "docs" / "links.md").read_text("utf-8")


def between(mark: str) -> str:
    return PAGE.split(f"<!-- {mark} -->\n")[1].split(f"<!-- /{mark} -->")[0]


def kinds_table() -> Iterator[str]:
    yield "| link | hosts | names impact.com in | carries the ClickId in |"
    yield "|---|---|---|---|"
    for kind in KINDS:
        hosts = ", ".join(f"`*{host}`" if host[0] == "." else f"`{host}`" for host in kind.hosts)
        yield f"| {kind.title} | {hosts or 'yours'} | {partner(kind)} | {carriers(kind)} |"


def partner(kind: Kind) -> str:
    if kind.source == "adjust":
        return "its token"
    if kind.partner is None:
        return "–"
    known = " or ".join(
        f"`{kind.partner.parameter}={value}`"
        for value in kind.partner.allowed(Config(), kind.source or "impact")
    )
    return known or f"`{kind.partner.parameter}`"


def carriers(kind: Kind) -> str:
    return " or ".join(f"`{name}`" for name in kind.names(Config())) or "–"


def findings_table() -> Iterator[str]:
    yield "| finding | level | what it means | what to do |"
    yield "|---|---|---|---|"
    for fault in CATALOGUE:
        yield f"| **{fault.title}**<br>`{fault.code}` | {fault.level} | {fault.meaning} | {fault.fix} |"


@pytest.mark.parametrize(("mark", "lines"), [("kinds", kinds_table()), ("findings", findings_table())])
def test_a_table_is_what_the_code_says(mark: str, lines: Iterator[str]) -> None:
    assert between(mark).strip().splitlines() == list(lines)


def test_the_links_shown_as_good_are_good() -> None:
    links = [line for line in between("good").splitlines() if line.startswith("https://")]
    reports = [inspect_link(link, Config()) for link in links]
    assert [report.kind for report in reports] == [kind.key for kind in KINDS]
    assert {report.verdict for report in reports} == {"ready"}
