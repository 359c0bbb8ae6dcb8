from decimal import Decimal

import pytest
from rich.cells import cell_len

from mmpsync.report.formats import FORMATS
from mmpsync.report.interface import Screen
from mmpsync.run import Run
from mmpsync.summaries import ActionSummary, Money, ReasonSummary

ACTIONS = ActionSummary(
    records=12_420,
    matched=12_000,
    unexplained=345,
    repeated=70,
    reattributed=5,
    unexplained_outside=40,
    unexplained_amounts=(Money(currency="EUR", amount=Decimal("1234.5")), Money(currency="USD", amount=Decimal(7))),
    states={"approved": 12_000, "pending": 300, "reversed": 45},
    files=(),
)  # fmt: skip
DIFFERS = ReasonSummary(
    code="amount-differs",
    verdict="excluded",
    severity="warning",
    rows=0,
    also=12,
    parameters={"currency": 9, "amount": 3},
)


def text(run: Run, width: int = 100) -> str:
    return str(FORMATS["text"].render(run, Screen(width=width)))


def section(shown: str) -> list[str]:
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    start = lines.index("Actions at impact.com") + 1
    return lines[start : lines.index("", start)]


@pytest.fixture
def with_actions(run: Run) -> Run:
    return run.model_copy(update={"actions": ACTIONS, "reason_summaries": (*run.reason_summaries, DIFFERS)})


def test_actions_are_told_with_what_is_not_explained(with_actions: Run) -> None:
    assert section(text(with_actions)) == [
        "Actions 12,345 12,000 approved, 300 pending, 45 reversed",
        "Explained by a row 12,000",
        "Unexplained 345 1,234.50 EUR, 7.00 USD, 40 before or after all rows",
        "Reattributed 5 reversed, and the order credited anew",
        "Read again 70 records of an action that another record is of",
        "With another amount 12 amount 3, currency 9",
    ]
    assert "unexplained_actions.parquet" in text(with_actions)


def test_what_there_is_none_of_is_not_told(run: Run) -> None:
    few = ActionSummary(records=1, matched=1, unexplained=0, repeated=0, reattributed=0, unexplained_outside=0,
                        states={"pending": 1}, files=())  # fmt: skip
    assert section(text(run.model_copy(update={"actions": few}))) == [
        "Actions 1 1 pending",
        "Explained by a row 1",
        "Unexplained 0",
    ]


def test_without_actions_no_word_of_them(run: Run) -> None:
    assert "Actions at impact.com" not in text(run)
    assert "unexplained_actions" not in text(run)


def test_a_remark_is_not_counted_among_the_excluded_rows(with_actions: Run) -> None:
    assert "amount-differs" not in text(with_actions).split("Actions at impact.com")[0].split("Excluded")[1]


def test_a_remark_is_a_warning_all_the_same(with_actions: Run) -> None:
    alone = with_actions.model_copy(update={"reason_summaries": (DIFFERS,)})
    assert "No errors; biggest warning: Other amount than at impact.com, 12 rows\n" in text(alone)


@pytest.mark.parametrize("width", [60, 80, 140])
def test_whatever_a_record_says_lines_fit_and_nothing_moves_the_cursor(with_actions: Run, width: int) -> None:
    nasty = "\x1b[31m\u202e" + "[red]x[/red]" * 9
    states = {
        "states": {nasty: 7, "pending": 1},
        "unexplained_amounts": (Money(currency=nasty, amount=Decimal(1)),),
    }
    shown = text(with_actions.model_copy(update={"actions": ACTIONS.model_copy(update=states)}), width)
    for line in shown.split("\n"):
        assert line.isprintable()
        assert cell_len(line) <= width
