"""A check as people read it, in the terminal above all: short however much is wrong, what blocks first, and nothing twice."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from mmpsync.conclusions import GateResult
from mmpsync.config import Config
from mmpsync.preflight.findings import Finding, Level
from mmpsync.preflight.links import inspect_link
from mmpsync.preflight.result import NO_COLUMN, Check, CheckedLink, Problem, Readiness
from mmpsync.reasons import BY_CODE
from mmpsync.report.check.formats import FORMATS
from mmpsync.report.interface import Screen

MOMENT = datetime(2026, 3, 11, tzinfo=UTC)
CLICK_ID = ("missing-click-id", "unexpanded-macro", "placeholder-click-id", "malformed-click-id", "foreign-click-id",
            "click-id-case-changed", "click-id-encoding-changed", "click-id-truncated", "orphan-click-id")  # fmt: skip
OTHERS = ("missing-parameter", "invalid-amount", "invalid-currency", "pii-in-parameter")
MILD = (
    "duplicate-row",
    "too-old",
    "zero-amount",
    "view-through",
    "missing-recommended",
    "short-click-to-install",
)


def check(readiness: Sequence[Readiness] = (), findings: Sequence[Finding] = (), **more: Any) -> Check:
    return Check(
        id="20260311T000000Z-0123abcd", mmpsync_version="0.1.0", started=MOMENT, finished=MOMENT, as_of=MOMENT,
        config={"gate.fail_on": "error"}, looked_at=("configuration", "exports", "links"), rows=4,
        readiness=tuple(readiness), findings=tuple(findings), gate=GateResult(passed=not findings, conditions=()), **more,
    )  # fmt: skip


def event(app: str, name: str, of: int = 40, **problems: int) -> tuple[Readiness, list[Finding]]:
    """An event with so many rows of each problem, and the findings that a check makes of it."""
    found = [
        Problem(code=code.replace("_", "-"), parameter=parameter(code), rows=n)
        for code, n in problems.items()
    ]
    lost = sum(each.rows for each in found if each.code in CLICK_ID)
    each = Readiness(
        source="appsflyer", title="AppsFlyer", app=app, event=name, verdict="not ready" if found else "ready", rows=of,
        from_impact=of, filled=of, usable=of - lost, problems=tuple(found),
    )  # fmt: skip
    return each, [of_problem(each, problem) for problem in found]


def parameter(code: str) -> str | None:
    return "customer_id" if code.startswith(("missing_parameter", "missing_recommended")) else None


def of_problem(each: Readiness, problem: Problem) -> Finding:
    level: Level = "warning" if problem.code in MILD else "error"
    what = f" ({problem.parameter})" if problem.parameter else ""
    message = f"{BY_CODE[problem.code].title}{what} in {problem.rows} of {each.from_impact} rows"
    return Finding(
        code=problem.code, level=level, subject=each.place, message=message, fix=BY_CODE[problem.code].fix
    )


def text(found: Check, width: int = 80) -> str:
    rendered = FORMATS["text"].render(found, Screen(width=width))
    assert isinstance(rendered, str)
    return rendered


def below(heading: str, whole: str) -> str:
    """What stands between this heading and the next line that begins at the margin."""
    lines = whole.split("\n")
    at = next(n for n, line in enumerate(lines) if line.startswith(heading))
    end = next((n for n in range(at + 1, len(lines)) if lines[n][:1].strip()), len(lines))
    return "\n".join(lines[at:end])


@pytest.fixture(scope="module")
def disaster() -> Check:
    """Twelve apps with three events each, and every fault there is in each of them."""
    codes = [code.replace("-", "_") for code in (*CLICK_ID, *OTHERS, *MILD)]
    apps = [f"com.acme.app{n:02}" for n in range(12)]
    pairs = [
        event(app, name, **{code: 1 + place % 3 for place, code in enumerate(codes)})
        for app in apps
        for name in ("install", "purchase", "signup")
    ]
    return check([each for each, _ in pairs], [one for _, found in pairs for one in found])


@pytest.mark.parametrize("width", [80, 140])
def test_however_much_is_wrong_it_is_read_in_two_screens(disaster: Check, width: int) -> None:
    assert len(disaster.findings) == 12 * 3 * 19
    lines = text(disaster, width).splitlines()
    assert len(lines) <= 170
    assert max(map(len, lines)) <= width


def test_no_remedy_and_no_fault_stands_there_twice(disaster: Check) -> None:
    whole = " ".join(text(disaster, 140).split())
    for finding in disaster.findings:
        said = finding.message.partition(" in ")[0]
        assert whole.count(finding.fix) == (0 if finding.code in MILD else 1), finding.code
        assert whole.count(f" {said} ") == 1, said


def test_what_findings_have_in_common_is_said_once() -> None:
    names = [
        Finding(
            code="unconfigured-events",
            level="info",
            subject=mmp,
            message=f"These events occur: {event}",
            fix="Nothing.",
        )
        for mmp, event in (("Adjust", '"view" (2)'), ("Branch", '"VIEW" (1)'))
    ]
    apps = [
        Finding(
            code="no-app-id",
            level="warning",
            subject=f"{mmp} · (no app id)",
            message="Rows lack it",
            fix="Add it.",
        )
        for mmp in ("Adjust", "Branch")
    ]
    whole = text(check(findings=[*apps, *names]))
    assert '  These events occur (unconfigured-events)\n    Adjust: "view" (2); Branch: "VIEW" (1)\n' in whole
    assert (
        "  Rows lack it (no-app-id)\n    Adjust · (no app id); Branch · (no app id)\n    → Add it.\n" in whole
    )


def test_a_fault_is_one_entry_with_its_rows_and_the_places_that_have_most_of_it(disaster: Check) -> None:
    errors = below("Errors", text(disaster, 140))
    assert errors.count(BY_CODE["unexpanded-macro"].title) == 1
    assert "(unexpanded-macro)" in errors
    assert "72 of 1,440 rows, in 36 events" in errors
    assert "; and 34 more" in " ".join(errors.split())


def test_what_most_rows_have_comes_first() -> None:
    one = event("com.acme", "install", missing_click_id=1, invalid_amount=30)
    two = event("com.acme", "purchase", missing_click_id=2)
    errors = below("Errors", text(check([one[0], two[0]], [*one[1], *two[1]])))
    assert errors.index("invalid-amount") < errors.index("missing-click-id")


def test_the_table_says_what_blocks_an_event() -> None:
    one = event("com.acme", "install", missing_click_id=9, orphan_click_id=9)
    two = event("com.acme", "purchase", missing_parameter=8, pii_in_parameter=8, zero_amount=8)
    three = event("com.acme", "signup")
    four = event("com.acme", "trial", missing_click_id=40)
    events = [one, two, three, four]
    table = below(
        "Readiness", text(check([e for e, _ in events], [f for _, found in events for f in found]), 120)
    )
    rows = {line.split()[0]: line for line in table.splitlines() if line.startswith("    ")}
    assert rows["install"].endswith("ClickIds")
    assert rows["purchase"].endswith("customer_id, pii-in-parameter")
    assert rows["signup"].split()[1] == "ready"
    assert rows["trial"].split()[-2:] == ["0%", "ClickIds"]


def test_where_little_is_wrong_every_place_is_named_with_what_to_do() -> None:
    one = event("com.acme", "install", zero_amount=1, missing_click_id=9)
    whole = text(check([one[0]], one[1]))
    assert "9 of 40 rows: AppsFlyer · com.acme · install" in below("Errors", whole)
    assert BY_CODE["zero-amount"].fix[:30] in " ".join(below("Warnings", whole).split())


def test_many_mild_things_are_a_table_that_says_where_more_is_told(disaster: Check) -> None:
    warnings = below("Warnings", text(disaster))
    assert "mmpsync explain" in warnings
    assert len(warnings.splitlines()) <= len(MILD) + 4
    for code in MILD:
        assert warnings.count(code) == 1


def test_what_is_wrong_with_a_link_stands_below_the_link_and_nowhere_else() -> None:
    links = [f"https://app.appsflyer.com/id{n}?pid=impactradius_int&clickid={{ClickId}}" for n in (1, 2)]
    reports = [inspect_link(link, Config()) for link in links]
    found = check(
        findings=[finding for report in reports for finding in report.findings],
        links=tuple(
            CheckedLink(url=r.url, verdict=r.verdict, summary=r.summary, corrected=r.corrected) for r in reports
        ),
    )  # fmt: skip
    whole = text(found, 200)
    assert "\nErrors" not in whole
    for link in links:
        assert whole.count(link) == 1
        assert whole.splitlines().count(link.replace("{ClickId}", "{clickid}")) == 1
    assert (
        whole.index(links[0])
        < whole.index("id1?pid=impactradius_int&clickid={clickid}")
        < whole.index(links[1])
    )
    assert "macro-misspelled" in whole


def test_of_many_links_those_that_are_ready_are_counted() -> None:
    ready = [
        CheckedLink(url=f"https://a.example/{n}", verdict="ready", summary="Landing page: ready")
        for n in range(60)
    ]
    bad = CheckedLink(url="https://b.example/", verdict="not ready", summary="Landing page: not ready")
    whole = text(check(links=(*ready, bad)))
    assert "https://b.example/" in whole
    assert "and 50 more links that are ready" in whole
    assert len(whole.splitlines()) < 40


def test_nothing_gated_is_a_check_that_is_finished() -> None:
    found = check(findings=event("a", "b", missing_click_id=1)[1]).model_copy(
        update={"config": {"gate.fail_on": "never"}}
    )
    assert text(found).startswith("Check FINISHED, 1 error\n")


def test_headings_count_faults_not_the_places_that_have_them(disaster: Check) -> None:
    errors, warnings = len(CLICK_ID) + len(OTHERS), len(MILD)
    markdown, html = (str(FORMATS[name].render(disaster, Screen(width=100))) for name in ("markdown", "html"))
    counted = f"{errors} errors and {warnings} warnings"
    assert text(disaster).startswith(f"Check FAILED, {counted}\n")
    assert markdown.startswith(f"# Check FAILED, {counted}\n")
    assert counted in html
    assert f"## Errors: {errors}\n" in markdown
    assert f">Errors: {errors}<" in html
    assert f">Warnings: {warnings}<" in html


def test_of_many_events_those_that_are_ready_are_counted() -> None:
    pairs = [event("com.acme", f"event {n:03}") for n in range(300)] + [
        event("com.acme", "last", missing_click_id=9)
    ]
    table = below("Readiness", text(check([each for each, _ in pairs], pairs[-1][1])))
    assert len(table.splitlines()) < 30
    assert "last" in table
    assert "and 285 more, all ready" in table


def test_in_markdown_and_html_a_fault_is_one_entry_too_and_the_table_brief(disaster: Check) -> None:
    markdown, html = (FORMATS[name].render(disaster, Screen(width=100)) for name in ("markdown", "html"))
    assert isinstance(markdown, str)
    assert isinstance(html, str)
    assert len(markdown.splitlines()) < 220
    assert "| ClickIds, customer\\_id, invalid-amount, invalid-currency, pii-in-parameter |" in markdown
    assert ">ClickIds, customer_id, invalid-amount, invalid-currency, pii-in-parameter<" in html
    for said in ("Macro instead of a ClickId", "Amount is not valid"):
        assert markdown.count(said) == 1
        assert html.count(said) == 1
    assert "72 of 1,440 rows" in markdown
    assert "72 of 1,440 rows" in html
    assert html.count("AppsFlyer · com.acme.app07 · signup") == len({f.code for f in disaster.findings})


def test_of_very_many_links_that_are_not_ready_the_rest_is_counted() -> None:
    reports = [inspect_link(f"https://a{n}.example/?irclickid={{ClickId}}", Config()) for n in range(90)]
    links = [
        CheckedLink(url=r.url, verdict=r.verdict, summary=r.summary, corrected=r.corrected) for r in reports
    ]
    whole = text(check(findings=[finding for report in reports for finding in report.findings], links=links))
    assert whole.count("Corrected, to copy") == 40
    assert "and 50 more links with findings, in the report json" in whole


def test_click_ids_that_no_column_can_carry_are_not_also_said_to_be_missing() -> None:
    each, found = event("com.acme", "install", missing_click_id=40)
    each = each.model_copy(update={"why": (NO_COLUMN,)})
    column = Finding(
        code="no-click-id-column", level="error", subject="a.csv", message="No column", fix="Add it."
    )
    result = check([each], [column, *found])
    whole = text(result)
    assert "no-click-id-column" in whole
    assert "missing-click-id" not in whole
    assert "ClickIds" in below("Readiness", whole)
    assert "missing-click-id" in str(FORMATS["json"].render(result))


def test_in_markdown_and_html_a_finding_says_what_is_wrong_before_its_code() -> None:
    findings = [
        Finding(
            code="no-tracker-id",
            level="warning",
            subject=f"apps.{app}",
            message="Its `tracker_id` is not set",
            fix="Set `tracker_id`.",
        )
        for app in ("one", "two")
    ]
    found = check(findings=findings)
    markdown, html = (FORMATS[name].render(found, Screen(width=100)) for name in ("markdown", "html"))
    assert isinstance(markdown, str)
    assert isinstance(html, str)
    assert (
        "### Its `tracker_id` is not set (`no-tracker-id`)\n\n- apps.one\n- apps.two\n\nSet `tracker_id`.\n"
        in markdown
    )
    assert (
        "Its <code>tracker_id</code> is not set" in html.partition("<summary>")[2].partition("</summary>")[0]
    )
    assert html.count("is not set") == 1


def test_in_markdown_the_corrected_link_is_there_to_copy() -> None:
    link = CheckedLink(
        url="https://a.b/?x=<y>", verdict="not ready", summary="x", corrected="https://a.b/?x={y}&z=1"
    )
    assert "Copy instead: `https://a.b/?x={y}&z=1`" in str(
        FORMATS["markdown"].render(check(links=(link,)), Screen(width=100))
    )


@pytest.mark.parametrize("name", ["text", "markdown"])
def test_an_event_with_a_name_that_is_a_text_does_not_fill_the_report(name: str) -> None:
    each, found = event("com.acme.shop", "x" * 3_000, missing_click_id=30)
    odd = Finding(
        code="cannot-tell", level="warning", subject=each.place, message="It cannot be told", fix=""
    )
    rendered = str(FORMATS[name].render(check([each], [*found, odd]), Screen(width=100)))
    assert rendered.count("x") < 1_000
