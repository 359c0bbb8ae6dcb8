import hashlib
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import pairwise
from xml.etree import ElementTree as ET

import html5lib
import pytest

from mmpsync.conclusions import GateCondition, GateResult
from mmpsync.reasons import BY_CODE, CATALOGUE
from mmpsync.report.formats import FORMATS
from mmpsync.report.html import REPORT
from mmpsync.report.interface import Screen
from mmpsync.report.outcome import NOT_JOINED
from mmpsync.run import Run
from mmpsync.summaries import ClickSummary, Money, ReasonSummary, Summary, VerdictSummary

Spoil = Callable[[Run, str], Run]
HTML = "{http://www.w3.org/1999/xhtml}"
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = (
    "<script>window.owned = 1</script>",
    "\"><img src=x onerror='window.owned = 1'>",
    "</script></style></title><svg onload=window.owned=1>",
    "{{ 7 * 7 }} {% raw %} ${7 * 7}",
    "javascript:alert(1)//&lt;&amp;&#39;",
    "\u202egnp.exe\u2066\x00\x1b[31m\ud800",
    "שלום עולם مرحبا",
    "W" * 400,
)


@pytest.fixture(scope="module")
def page(measured: Run) -> ET.Element:
    return parsed(html(measured))


def test_it_is_valid_and_everything_it_names_is_there(page: ET.Element) -> None:
    ids = [node.get("id") for node in page.iter() if node.get("id")]
    assert len(ids) == len(set(ids))
    for node in page.iter():
        for attribute in ("aria-labelledby", "aria-describedby", "for"):
            assert set(node.get(attribute, "").split()) <= set(ids)
        if (target := node.get("href")) is not None:
            assert target.startswith("#")
            assert target[1:] in ids


def test_it_loads_nothing_and_its_policy_forbids_everything_but_its_own_style_and_script(
    page: ET.Element,
) -> None:
    for node in page.iter():
        assert node.tag not in {f"{HTML}{tag}" for tag in ("link", "img", "iframe", "object", "form", "base")}
        assert not {"src", "srcset", "style", "action", "background"} & set(node.keys())
        assert not [name for name in node.keys() if name.startswith("on")]  # noqa: SIM118  no mapping
    style, script = only(page, "style"), only(page, "script")
    assert "url(" not in style
    assert "@import" not in style
    policies = [m.get("content") for m in page.iter(f"{HTML}meta") if m.get("http-equiv")]
    hashes = f"style-src {sha256(style)}; script-src {sha256(script)}"
    assert policies == [f"default-src 'none'; {hashes}; base-uri 'none'; form-action 'none'"]


def test_the_policy_stands_before_all_that_it_governs(page: ET.Element) -> None:
    names = [node.get("http-equiv") or node.tag.removeprefix(HTML) for node in page.iter()]
    assert names[:4] == ["html", "head", "meta", "Content-Security-Policy"]


def test_headings_descend_without_a_gap_below_a_single_first_one(page: ET.Element) -> None:
    levels = [int(node.tag[-1]) for node in page.iter() if re.fullmatch(rf"{HTML}h[1-6]", node.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below <= above + 1 for above, below in pairwise(levels))


def test_the_first_screen_answers_the_four_questions(page: ET.Element) -> None:
    first = text(next(node for node in page.iter(f"{HTML}section")))
    assert first.startswith("Gate failed 17,844 of 134,500 conversions cannot be paid as they are")
    assert (
        "Biggest problem: ClickId is missing, 12,034 rows (8.9% of scope) with 451,200.50 EUR, 33,330.10 USD."
        " Who can fix it: MMP set-up." in first
    )
    assert "Match rate 86.47% 114,067 of 131,911 rows; limit: at least 97%" in first
    assert "Money at risk 546,330.40 EUR 48,450.10 USD 12.00 (no currency) in 17,844 rows" in first
    assert "MMP set-up 12,352 rows At risk: 451,330.40 EUR, 33,330.10 USD" in first


def test_what_each_can_fix_adds_up_to_all_errors_and_all_money_at_risk(
    measured: Run, page: ET.Element
) -> None:
    fixers = [text(node) for node in page.iter(f"{HTML}li") if " rows " in text(node) and "-" in text(node)]
    shares = [found for line in fixers if (found := re.match(r"[a-zA-Z. -]+? ([\d,]+) rows", line))]
    errors = sum(reason.rows for reason in measured.reason_summaries if reason.severity == "error")
    assert sum(int(found[1].replace(",", "")) for found in shares) == errors
    euros = re.findall(r"At risk: .*?([\d,.]+) EUR", " ".join(fixers))
    at_risk = next(money.amount for money in measured.summary.at_risk if money.currency == "EUR")
    assert sum(Decimal(amount.replace(",", "")) for amount in euros) == at_risk


def test_every_reason_opens_to_what_it_means_who_fixes_it_and_how(measured: Run, page: ET.Element) -> None:
    for reason in measured.reason_summaries:
        entry, shown = BY_CODE[reason.code], text(by_id(page, reason.code))
        assert by_id(page, reason.code).tag == f"{HTML}details"
        for expected in (
            entry.title,
            entry.meaning,
            ", then ".join(entry.fixers),
            entry.fix,
            f"{reason.rows:,} row",
        ):
            assert "".join(expected.replace("`", "").split()) in "".join(shown.split()), reason.code
        for money in reason.amounts:
            assert f"{money.amount:,.2f}" in shown


def test_the_funnel_says_what_the_run_says(measured: Run, page: ET.Element) -> None:
    rows = [[text(cell) for cell in row] for row in by_id(page, "funnel").iter(f"{HTML}tr")]
    assert rows[0] == ["Stage", "Rows", "Share", "EUR", "USD", "no currency"]
    table = {row[0]: row[1:] for row in rows[1:]}
    assert table["Read"][0] == "1,234,567"
    assert table["in scope"][:2] == ["134,500", "10.9%"]
    for verdict in measured.summary.verdicts:
        assert table[verdict.verdict][0] == f"{verdict.rows:,}"
        found = {money.currency: f"{money.amount:,.2f}" for money in verdict.amounts}
        assert table[verdict.verdict][2:] == [found.get(code, "–") for code in ("EUR", "USD", None)]
    assert table["At risk"][2:] == ["546,330.40", "48,450.10", "12.00"]
    assert table["Match rate"][1:] == ["86.47%", "88.00%", "92.00%", "–"]


def test_there_is_a_chart_for_each_question_and_a_table_with_its_figures(page: ET.Element) -> None:
    charts = {text(next(figure.iter(f"{HTML}h3"))): figure for figure in page.iter(f"{HTML}figure")}
    assert list(charts) == [
        "Rows", "EUR", "USD", "By size, in rows", "By day", "By partner", "By app", "Click to install",
        "Parameters that are filled",
    ]  # fmt: skip
    for title, chart in charts.items():
        assert list(chart.iter(f"{SVG}svg"))
        labels = [node.get("aria-label", "") for node in chart.iter() if node.get("role") == "img"]
        assert [title in label for label in labels] == [True]
    for title in ("By day", "By partner", "By app", "Click to install", "Parameters that are filled"):
        assert len(list(charts[title].iter(f"{HTML}tr"))) > 1


def test_a_currency_of_which_nothing_is_clean_is_drawn_and_a_misspelt_one_is_not(run: Run) -> None:
    lost = VerdictSummary(
        verdict="unattributed",
        rows=9,
        amounts=(
            Money(currency="EURO", amount=Decimal(900)),
            Money(currency="GBP", amount=Decimal(700)),
            Money(currency="JPY", amount=Decimal(800)),
        ),
    )
    verdicts = tuple(lost if each.verdict == lost.verdict else each for each in run.summary.verdicts)
    spoilt = run.model_copy(update={"summary": run.summary.model_copy(update={"verdicts": verdicts})})
    funnel = by_id(parsed(html(spoilt)), "funnel")
    charts = [text(next(figure.iter(f"{HTML}h3"))) for figure in funnel.iter(f"{HTML}figure")]
    assert charts == ["Rows", "EUR", "USD", "JPY"]  # the largest sums in scope


def test_days_are_in_order_and_rows_without_a_day_last(page: ET.Element) -> None:
    chart = next(f for f in page.iter(f"{HTML}figure") if text(next(f.iter(f"{HTML}h3"))) == "By day")
    days = [text(next(row.iter(f"{HTML}th"))) for row in chart.iter(f"{HTML}tr")][1:]
    assert days == [*(f"2026-03-{day:02}" for day in range(1, 32)), "(none)"]


def test_groups_whose_installs_look_odd_are_named(page: ET.Element) -> None:
    assert "partner partner 1: consistent with click injection" in text(by_id(page, "measures"))


def test_a_baseline_is_compared_with(page: ET.Element) -> None:
    shown = text(by_id(page, "baseline"))
    assert "Since the run as of 2026-03-19 00:00 UTC" in shown
    assert "Match rate 88.00% 86.47% -1.53 points" in shown
    assert "No click has this ClickId 10 700 +690" in shown
    assert "partner partner 1 95.00% 90.00% -5.00 points" in shown


def test_the_gate_shows_each_condition_the_failed_ones_first(page: ET.Element) -> None:
    rows = [text(row) for row in by_id(page, "gate").iter(f"{HTML}tr")][1:]
    assert rows[0] == "match rate at least 97% 86.47% failed"
    assert "missing-click-id no row 12,034 failed" in rows
    assert rows[-1] == "duplicate-order at most 50 rows 45 passed"


def test_a_reason_that_only_stands_behind_others_says_of_how_many_rows(page: ET.Element) -> None:
    (found,) = page.findall(".//{*}details[@id='invalid-amount']/{*}summary/{*}span[@class='rows']")
    assert text(found) == "0 rows 7 behind another"


def test_why_a_share_of_few_rows_fails_nothing_is_said_whole(measured: Run) -> None:
    found = "62.96% of 123,456 rows, too few to judge"
    condition = GateCondition(name="match rate of partner x", limit="at least 90%", value=found, passed=True)
    run = measured.model_copy(update={"gate": GateResult(passed=True, conditions=(condition,))})
    assert found in text(by_id(parsed(html(run)), "gate"))


def test_no_id_or_customer_data_is_shown(measured: Run, secrets: tuple[str, ...]) -> None:
    for report in (REPORT, FORMATS["html"]):
        shown = str(report.render(measured))
        for secret in secrets:
            assert secret not in shown
            assert secret[:8] not in shown


def test_ids_are_shown_to_those_who_ask_for_them(measured: Run, secrets: tuple[str, ...]) -> None:
    shown = str(FORMATS["html"].render(measured, Screen(width=100, unmask=True)))
    for secret in secrets:
        assert secret in shown


def test_what_is_no_id_at_all_is_shown(page: ET.Element) -> None:
    shown = text(by_id(page, "examples"))
    assert "{clickid}" in shown
    assert "undefined" in shown


@pytest.fixture(scope="module")
def harmless(measured: Run, spoil: Spoil) -> ET.Element:
    return parsed(html(spoil(measured, "harmless")))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_whatever_the_data_hold_is_text(
    measured: Run, spoil: Spoil, harmless: ET.Element, hostile: str
) -> None:
    full = parsed(html(spoil(measured, hostile)))
    assert tags(full) == tags(harmless)
    assert not [node for node in full.iter() if any(name.startswith("on") for name in node.keys())]  # noqa: SIM118
    assert all(character.isprintable() or character == "\n" for character in text(full))


def test_direction_of_text_from_the_data_stays_within_it(measured: Run, spoil: Spoil) -> None:
    page = parsed(html(spoil(measured, "שלום")))
    assert "שלום" in text(page)
    for parent in page.iter():
        if parent.tag not in {f"{HTML}bdi", f"{SVG}text", f"{HTML}title", f"{HTML}span"}:
            assert "שלום" not in (parent.text or "") + "".join(child.tail or "" for child in parent), (
                parent.tag
            )


def test_the_same_run_gives_the_same_bytes(measured: Run) -> None:
    assert html(measured) == html(Run.model_validate_json(measured.to_json()))


def test_where_the_run_is_kept_is_not_told(measured: Run) -> None:
    assert str(measured.directory) not in html(measured)


def test_no_rows_is_told_plainly(run: Run) -> None:
    summary = Summary(
        rows=0,
        in_scope=0,
        verdicts=(),
        match_rate=None,
        match_rate_by_amount={},
        click_id_coverage=None,
        at_risk=(),
    )
    empty = run.model_copy(
        update={
            "summary": summary,
            "reason_summaries": (),
            "completeness": (),
            "gate": GateResult(passed=True),
            "clicks": ClickSummary(records=0),
        }
    )
    page = parsed(html(empty))
    assert text(page).count("Nothing to check") == 2
    assert "There is no row in the input" in text(page)
    assert "%" not in text(page)


def test_nothing_in_scope_is_no_success(run: Run) -> None:
    excluded = tuple(reason for reason in run.reason_summaries if reason.verdict == "excluded")
    verdicts = tuple(v for v in run.summary.verdicts if v.verdict == "excluded")
    summary = run.summary.model_copy(
        update={"in_scope": 0, "verdicts": verdicts, "match_rate": None, "at_risk": ()}
    )
    idle = run.model_copy(
        update={"summary": summary, "reason_summaries": excluded, "gate": GateResult(passed=True)}
    )
    shown = text(parsed(html(idle)))
    assert "Gate passed No row is in scope" in shown
    assert "1,100,064 rows left out of every rate, for the reasons below." in shown


def test_a_good_day_says_so(run: Run) -> None:
    verdicts = (VerdictSummary(verdict="clean", rows=3),)
    summary = run.summary.model_copy(
        update={"rows": 3, "in_scope": 3, "verdicts": verdicts, "match_rate": 1.0, "at_risk": ()}
    )
    fine = (ReasonSummary(code="matched", verdict="clean", severity="none", rows=3),)
    good = run.model_copy(
        update={"summary": summary, "reason_summaries": fine, "gate": GateResult(passed=True)}
    )
    shown = text(parsed(html(good)))
    assert "Gate passed Nothing is at risk in 3 conversions No errors and no warnings." in shown
    assert "What broke" not in shown
    assert "Money at risk none" in shown


def test_a_rate_without_clicks_says_what_it_is_worth(run: Run) -> None:
    alone = run.model_copy(update={"clicks": ClickSummary(records=0)})
    assert f"{NOT_JOINED}." in text(parsed(html(alone)))


def test_actions_of_impact_are_told_in_a_section_of_their_own(page: ET.Element) -> None:
    shown = text(by_id(page, "actions"))
    assert "1,500 action records read, from 2026-03-01 00:00 UTC to 2026-03-19 00:00 UTC." in shown
    assert "Explained by a row 1,200" in shown
    assert "Unexplained 250 99.50 EUR, 200 before or after all rows" in shown
    assert "unexplained_actions.parquet" in shown


def test_every_reason_of_the_catalogue_can_be_shown(run: Run) -> None:
    every = tuple(
        ReasonSummary(code=entry.code, verdict=entry.verdict, severity=entry.severity, rows=1, also=2)
        for entry in CATALOGUE
    )
    page = parsed(html(run.model_copy(update={"reason_summaries": every})))
    assert all(by_id(page, entry.code) is not None for entry in CATALOGUE)


def test_nothing_heavy_is_imported_before_a_page_is_made() -> None:
    heavy = "('altair', 'jinja2', 'vl_convert')"
    look = f"import sys, mmpsync.report.html; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", look], text=True) == "[]\n"
    assert REPORT.needs == ("altair", "jinja2", "vl_convert")


def html(run: Run) -> str:
    return str(REPORT.render(run))


def parsed(shown: str) -> ET.Element:
    """Parse as a browser does; raise ParseError for whatever the standard calls an error."""
    tree: ET.Element = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"), strict=True).parse(shown)
    return tree


def text(node: ET.Element) -> str:
    return " ".join(" ".join(_texts(node)).split()).replace(" ,", ",").replace(" .", ".").replace(" :", ":")


def _texts(node: ET.Element) -> Iterator[str]:
    if node.tag in {f"{HTML}style", f"{HTML}script", f"{SVG}svg"}:
        return
    yield node.text or ""
    for child in node:
        yield from _texts(child)
        yield child.tail or ""


def tags(page: ET.Element) -> list[str]:
    return [node.tag for node in page.iter() if node.tag.startswith(HTML) and node.tag != f"{HTML}br"]


def only(page: ET.Element, tag: str) -> str:
    found = list(page.iter(f"{HTML}{tag}"))
    assert len(found) == 1
    return found[0].text or ""


def by_id(page: ET.Element, name: str) -> ET.Element:
    return next(node for node in page.iter() if node.get("id") == name)


def sha256(content: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
