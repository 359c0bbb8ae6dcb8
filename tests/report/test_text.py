import re
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from syrupy.assertion import SnapshotAssertion

from mmpsync.conclusions import GateResult
from mmpsync.figures import NONE
from mmpsync.reasons import BY_CODE
from mmpsync.report.formats import FORMATS
from mmpsync.report.interface import Screen
from mmpsync.report.outcome import NOT_JOINED
from mmpsync.run import Run
from mmpsync.summaries import ClickSummary, Example, FileSummary, LeftOutFile, Money, Summary, VerdictSummary

at_every_width = pytest.mark.parametrize("width", [60, 80, 100, 140])
at_both_widths = pytest.mark.parametrize("width", [80, 140])
SGR = re.compile(r"\x1b\[[0-9;]*m")


@at_both_widths
def test_it_looks_like_this(run: Run, width: int, snapshot: SnapshotAssertion) -> None:
    assert text(run, width) == snapshot


@at_every_width
def test_no_line_is_wider_than_the_screen(run: Run, width: int) -> None:
    assert max(map(cell_len, text(run, width).splitlines())) <= width


@at_every_width
def test_every_reason_shows_its_title_and_rows_on_one_line_and_its_code(run: Run, width: int) -> None:
    lines = text(run, width).splitlines()
    for reason in run.reason_summaries:
        start = BY_CODE[reason.code].title.split()[0]
        those = [line for line in lines if line.strip().startswith(start)]
        assert any(f" {reason.rows:,} " in line for line in those), reason.code
        assert any(reason.code in line for line in lines)


def test_errors_stand_before_warnings_and_the_most_rows_first(run: Run) -> None:
    lines = text(run, 140).splitlines()
    at = [lines.index(heading) for heading in ("Errors", "Warnings", "Information", "What to do", "Excluded")]
    assert at == sorted(at)
    rows = [int(found[1].replace(",", "")) for line in lines[at[0] : at[1]] if (found := _rows(line))]
    assert rows == sorted(rows, reverse=True)
    assert len(rows) == 13


def _rows(line: str) -> re.Match[str] | None:
    return re.match(rf"  \S.* [a-z-]+ +([\d,]+)  +(?:[<\d.]+%|{NONE})", line)


@at_every_width
def test_no_id_or_customer_data_is_shown(run: Run, secrets: tuple[str, ...], width: int) -> None:
    shown = "".join(text(run, width).split())
    for secret in secrets:
        assert secret not in shown
        assert secret[:8] not in shown


def test_markup_in_the_data_is_text(run: Run) -> None:
    assert "[red]af_purchase[/red]" in text(run, 140)
    assert "exports/notes [draft].txt" in text(run, 140)
    assert "1.00 [red]x[/red]" in text(full_of(run, "[red]x[/red]"), 140)


def test_no_escape_sequence_reaches_the_terminal(run: Run) -> None:
    assert "\x1b" not in text(run, 80)
    coloured = FORMATS["text"].render(run, Screen(width=80, colour=True))
    assert "\x1b" in coloured
    assert "\x1b" not in SGR.sub("", coloured)


def test_colour_changes_nothing_but_colour(run: Run) -> None:
    coloured = SGR.sub("", FORMATS["text"].render(run, Screen(width=80, colour=True)))
    assert [line.rstrip() for line in coloured.splitlines()] == text(run, 80).splitlines()


def test_severities_and_the_verdict_are_words(run: Run) -> None:
    lines = text(run, 80).splitlines()
    assert lines[0] == "Gate FAILED, match rate 86.47%"
    assert {"Errors", "Warnings", "Information"} <= set(lines)


def test_the_worst_errors_come_with_their_remedy_and_the_rest_by_name(run: Run) -> None:
    shown = one_line(text(run, 80))
    assert "1. ClickId is missing · MMP set-up, then mmpsync configuration, then app team In the MMP" in shown
    assert "9. " not in shown
    assert "And 4 more: placeholder-click-id, malformed-click-id, unreadable-row, pii-in-parameter" in shown


def test_currencies_are_never_added_up(run: Run) -> None:
    several = [verdict for verdict in run.summary.verdicts if len(verdict.amounts) > 1]
    assert {verdict.verdict for verdict in several} >= {"clean", "unattributed", "incomplete"}
    for verdict in several:
        total = sum((money.amount for money in verdict.amounts), Decimal(0))
        assert f"{total:,.2f}" not in text(run, 80)


def test_more_currencies_than_fit_get_lines_of_their_own(run: Run) -> None:
    many = tuple(Money(currency=f"C{n:02}", amount=Decimal(1000 + n)) for n in range(25))
    verdicts = (VerdictSummary(verdict="clean", rows=25, amounts=many),)
    shown = text(with_summary(run, verdicts=verdicts, match_rate_by_amount={"C00": 1.0}), 80)
    assert re.search(
        rf"\n +in scope +clean +at risk +match rate\nC00 +1,000.00 +1,000.00 +{NONE} +100.00%\n", shown
    )
    assert "C19 " in shown
    assert "C20" not in shown
    assert "\n… 5 more\n" in shown


def test_no_rows_is_told_plainly(run: Run) -> None:
    empty = with_summary(
        run, rows=0, in_scope=0, verdicts=(), match_rate=None, match_rate_by_amount={}, at_risk=()
    ).model_copy(update={"reason_summaries": (), "gate": GateResult(passed=True)})
    shown = text(empty, 80)
    assert shown.startswith("Nothing to check: there is no row in the input.\n\nFiles\n")
    assert "%" not in shown
    assert "clean.parquet" not in shown


def test_nothing_in_scope_is_no_success(run: Run) -> None:
    excluded = tuple(r for r in run.reason_summaries if r.verdict == "excluded")
    verdicts = tuple(v for v in run.summary.verdicts if v.verdict == "excluded")
    idle = with_summary(run, in_scope=0, verdicts=verdicts, match_rate=None, at_risk=()).model_copy(
        update={"reason_summaries": excluded, "gate": GateResult(passed=True)}
    )
    lines = text(idle, 80).splitlines()
    assert lines[0] == "Gate PASSED, no row in scope"
    assert lines[1] == "1,100,064 rows left out of every rate, for the reasons below"


def test_a_good_day_is_short(run: Run) -> None:
    fine = tuple(r for r in run.reason_summaries if r.code == "matched")
    good = run.model_copy(update={"reason_summaries": fine, "gate": GateResult(passed=True)})
    shown = text(good, 80)
    assert shown.startswith("Gate PASSED, match rate 86.47%\nNo errors and no warnings\n")
    for absent in ("Errors", "What to do", "Excluded", "Gate:", "Next:"):
        assert f"\n{absent}" not in shown


def test_a_warning_is_the_biggest_problem_only_without_errors(run: Run) -> None:
    mild = tuple(r for r in run.reason_summaries if r.severity != "error")
    shown = text(run.model_copy(update={"reason_summaries": mild}), 80)
    assert "No errors; biggest warning: Row was already read, 2,000 rows (1.5% of scope)\n" in shown


def test_a_gate_that_is_off_has_not_passed(run: Run) -> None:
    off = run.model_copy(update={"config": {"gate.fail_on": "never"}, "gate": GateResult(passed=True)})
    assert text(off, 80).startswith("Gate OFF, match rate")


def test_a_rate_without_clicks_says_what_it_is_worth(run: Run) -> None:
    alone = run.model_copy(update={"clicks": ClickSummary(records=0)})
    assert f"\n{NOT_JOINED}\n" in text(alone, 120)
    assert "mmpsync fetch clicks" in NOT_JOINED


def test_a_run_that_was_not_written_names_no_files(run: Run) -> None:
    assert "clean.parquet" not in text(Run.model_validate_json(run.to_json()), 80)


def test_a_page_has_a_width_of_its_own_and_no_colour(run: Run) -> None:
    assert FORMATS["text"].render(run) == text(run, 100)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    nasty=st.text(st.characters(codec=None), min_size=12, max_size=200),
    width=st.integers(min_value=60, max_value=140),
)
def test_whatever_the_data_hold_lines_fit_and_nothing_moves_the_cursor(
    run: Run, nasty: str, width: int
) -> None:
    shown = text(full_of(run, nasty), width)
    for line in shown.split("\n"):
        assert line.isprintable()
        assert cell_len(line) <= width


def full_of(run: Run, nasty: str) -> Run:
    """The run with `nasty` wherever text from the data can stand."""
    example = Example(
        source_file=nasty,
        source_row=1,
        event_name=nasty,
        media_source=nasty,
        click_id_raw=nasty,
        order_id=nasty,
        amount=Decimal(1),
        currency=nasty,
        suggestion=nasty,
    )
    money = (Money(currency=nasty, amount=Decimal(1)),)
    file = FileSummary(
        path=nasty, source="adjust", title="Adjust", holds="conversions", format="csv", rows=1, unreadable=1
    )
    return with_summary(run, verdicts=(VerdictSummary(verdict="clean", rows=1, amounts=money),)).model_copy(
        update={
            "reason_summaries": tuple(
                r.model_copy(update={"examples": (example,), "amounts": money}) for r in run.reason_summaries
            ),
            "files": (file,),
            "left_out": (LeftOutFile(path=nasty, why=nasty),),
            "advice": tuple(
                a.model_copy(update={"message": nasty, "fix": nasty, "files": (nasty,)}) for a in run.advice
            ),
            "assumptions": (nasty,),
        }
    )


def with_summary(run: Run, **changes: object) -> Run:
    summary = Summary.model_validate(run.summary.model_dump() | changes)
    return run.model_copy(update={"summary": summary})


def text(run: Run, width: int) -> str:
    return FORMATS["text"].render(run, Screen(width=width))


def one_line(shown: str) -> str:
    return " ".join(shown.split())
