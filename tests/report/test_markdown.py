import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from syrupy.assertion import SnapshotAssertion

from mmpsync.conclusions import Advice, GateCondition, GateResult
from mmpsync.masking import harmless
from mmpsync.report.formats import FORMATS
from mmpsync.report.interface import Screen
from mmpsync.report.markdown_text import coded
from mmpsync.report.outcome import NOT_JOINED
from mmpsync.run import Run
from mmpsync.summaries import Example, FileSummary, Group, LeftOutFile, Money, Summary, VerdictSummary

HOSTILE = (
    "==",
    "a | b || c",
    "```\ncode\n```",
    "`code` ``more``",
    "<script>alert(1)</script><details>",
    "![img](https://evil.example/x.png)[link](javascript:alert(1))",
    "https://evil.example www.evil.example",
    "# head\n## head\n- item\n1. item",
    "**bold** __bold__ ~~gone~~ *it* _it_",
    "&lt;b&gt; &amp; &#64;",
    "@everyone #123 :smile: $x$",
    "\\| \\` \\",
    "::error::owned ##vso[task.setvariable variable=x]owned",
    "\x1b[31m\u202e\r\n\ttail",
    "- item",
    "+",
    "---",
    "1. item",
    "    code",
)


def markdown(run: Run, *, unmask: bool = False) -> str:
    return str(FORMATS["markdown"].render(run, Screen(width=100, unmask=unmask)))


def tokens(report: str) -> list[Token]:
    """All that Markdown makes of it, as GitHub reads it: with tables, with HTML."""
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(report)


def inlines(report: str) -> list[Token]:
    return [child for token in tokens(report) for child in token.children or ()]


def test_it_looks_like_this(measured: Run, snapshot: SnapshotAssertion) -> None:
    assert markdown(measured) == snapshot


def test_every_table_has_as_many_cells_in_each_row_as_heads(measured: Run) -> None:
    tables = [part for part in markdown(measured).split("\n\n") if part.startswith("| ")]
    assert len(tables) == 6  # funnel, reasons, gate, actions, partners, what is excluded
    for table in tables:
        assert len({line.count(" | ") for line in table.splitlines()}) == 1


def test_ids_are_shown_when_asked_for(run: Run, secrets: tuple[str, ...]) -> None:
    masked, whole = markdown(run), markdown(run, unmask=True)
    for secret in secrets[:3]:
        assert secret not in masked
        assert secret in whole


def test_no_row_is_told_plainly(run: Run) -> None:
    empty = run.model_copy(
        update={
            "summary": Summary(
                rows=0, in_scope=0, verdicts=(), match_rate=None, match_rate_by_amount={},
                click_id_coverage=None, at_risk=(),
            ),
            "reason_summaries": (),
            "gate": GateResult(passed=True),
        }
    )  # fmt: skip
    shown = markdown(empty)
    assert shown.startswith("# Nothing to check: there is no row in the input.\n")
    assert "%" not in shown


def test_a_rate_without_clicks_says_what_it_is_worth(run: Run) -> None:
    alone = run.model_copy(update={"clicks": run.clicks.model_copy(update={"records": 0})})
    assert f"\n\n{NOT_JOINED}.\n\n" in markdown(alone)


def test_failed_conditions_stand_first(run: Run) -> None:
    results = re.findall(r"^\| (passed|\*\*failed\*\*) \|", markdown(run), re.MULTILINE)
    assert results == ["**failed**"] * (len(results) - 1) + ["passed"]


def test_it_fits_into_the_summary_of_a_step_whatever_the_data_hold(run: Run) -> None:
    huge = full_of(run, "x" * 10_000)
    many = {
        "groups": huge.groups * 500,
        "left_out": huge.left_out * 500,
        "gate": GateResult(passed=False, conditions=huge.gate.conditions * 500),
    }
    shown = markdown(huge.model_copy(update=many))
    assert len(shown.encode()) < 1_000_000  # of the 1 MiB that GitHub shows
    assert "and 450 more, in run.json" in shown


@pytest.mark.parametrize("nasty", HOSTILE)
def test_text_from_the_data_is_text(run: Run, nasty: str) -> None:
    check_is_text(run, nasty)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(st.sampled_from("ab1 |`*_~<>[]()!#&@:/.$\\\n\r\x00\x1b-+="), min_size=1, max_size=20).filter(
        str.strip
    )
)
def test_no_text_from_the_data_is_markup(run: Run, nasty: str) -> None:
    check_is_text(run, nasty)


def check_is_text(run: Run, nasty: str) -> None:
    """Lay out a run that has a harmless word everywhere, and one that has `nasty` there: the same elements."""
    plain, report = markdown(full_of(run, "plain")), markdown(full_of(run, nasty))
    assert shape(report) == shape(plain)
    shown = [token.content for token in inlines(report) if token.type == "text"]
    told = " ".join(harmless(nasty).split())
    assert any(told in " ".join(text.split()) for text in ("".join(shown), *shown)) or len(nasty) > 30
    for line in report.splitlines():
        assert not line.lstrip().startswith("::")
        assert "##vso[" not in line


@given(st.text("`a<*\\\\ [](#:|\n", max_size=30) | st.sampled_from(HOSTILE))
def test_of_prose_only_what_stands_in_backquotes_is_more_than_text(words: str) -> None:
    found = tokens(f"- {coded(words)} end")
    assert [token.type for token in found if token.nesting == 1] == [
        "bullet_list_open",
        "list_item_open",
        "paragraph_open",
    ]
    assert {token.type for token in inlines(f"- {coded(words)} end")} <= {
        "text",
        "text_special",
        "code_inline",
    }


def test_what_stands_in_backquotes_is_literal() -> None:
    (first, code, last) = inlines(coded("Write `{clickid}`, in *lower* case"))
    assert (first.content, code.type, code.content) == ("Write ", "code_inline", "{clickid}")
    assert last.content.endswith("case")


def shape(report: str) -> list[Any]:
    """The elements of a report without their texts."""
    kinds = [(token.type, token.tag) for token in tokens(report)]
    return [kinds, [(token.type, token.tag) for token in inlines(report) if token.type != "text"]]


def full_of(run: Run, nasty: str) -> Run:
    """The run with `nasty` wherever text from the data can stand."""
    example = Example(
        source_file=nasty, source_row=1, event_name=nasty, media_source=nasty, amount=1, currency=nasty,
    )  # fmt: skip
    money = (Money(currency=nasty, amount=1),)
    verdicts = (VerdictSummary(verdict="clean", rows=1, amounts=money),)
    file = FileSummary(
        path=nasty, source="x", title=nasty, holds="conversions", format="csv", rows=1, unreadable=1
    )
    group = Group(
        dimension="partner", name=nasty, rows=1, verdicts={"clean": 1}, match_rate=1.0, at_risk=money
    )
    return run.model_copy(
        update={
            "summary": run.summary.model_copy(update={"verdicts": verdicts, "at_risk": money}),
            "reason_summaries": tuple(
                r.model_copy(update={"examples": (example,), "amounts": money}) for r in run.reason_summaries
            ),
            "files": (file,),
            "left_out": (LeftOutFile(path=nasty, why=nasty),),
            "groups": (group,),
            "advice": (Advice(code="x", message=nasty, fix=nasty, files=(nasty,)),),
            "assumptions": (nasty,),
            "gate": GateResult(
                passed=False,
                conditions=(GateCondition(name=nasty, limit=nasty, value=nasty, passed=False),),
            ),
        }
    )
