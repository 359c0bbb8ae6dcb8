import csv
import io

import pytest

from mmpsync.report.csv import COLUMNS
from mmpsync.report.formats import FORMATS
from mmpsync.run import Run
from mmpsync.summaries import CurrencyRows, Money, ReasonFile, ReasonSummary


def lines(run: Run) -> list[dict[str, str]]:
    report = str(FORMATS["csv"].render(run))
    return list(csv.DictReader(io.StringIO(report, newline="")))


def spread(run: Run, *files: ReasonFile) -> Run:
    reason = ReasonSummary(
        code="orphan-click-id", verdict="unattributed", severity="error", rows=3, files=files
    )
    return run.model_copy(update={"reason_summaries": (reason,)})


def test_there_is_a_line_for_each_reason_file_and_currency(run: Run) -> None:
    cells = (CurrencyRows(currency=None, rows=2), CurrencyRows(currency="EUR", rows=1, amount="12.500000"))
    files = (
        ReasonFile(path="a.csv", first_row=7, rows=3, currencies=cells),
        ReasonFile(path="b.csv", first_row=1, rows=1, currencies=cells[:1]),
    )
    shared = {
        "run": run.id,
        "as_of": "2026-03-20T00:00:00Z",
        "reason": "orphan-click-id",
        "verdict": "unattributed",
        "severity": "error",
        "title": "No click has this ClickId",
        "who_can_fix_it": "mmpsync configuration, then partner, then impact.com",
    }
    assert lines(spread(run, *files)) == [
        shared | {"file": "a.csv", "first_row": "7", "rows": "2", "currency": "", "amount": ""},
        shared | {"file": "a.csv", "first_row": "7", "rows": "1", "currency": "EUR", "amount": "12.500000"},
        shared | {"file": "b.csv", "first_row": "1", "rows": "2", "currency": "", "amount": ""},
    ]


def test_a_run_of_an_earlier_mmpsync_has_a_line_for_each_reason_and_file(run: Run) -> None:
    (line,) = lines(spread(run, ReasonFile(path="a.csv", first_row=7, rows=3)))
    assert (line["rows"], line["currency"], line["amount"]) == ("3", "", "")


def test_without_a_reason_there_is_the_header_alone(run: Run) -> None:
    report = FORMATS["csv"].render(run.model_copy(update={"reason_summaries": ()}))
    assert report == ",".join(COLUMNS) + "\n"


@pytest.mark.parametrize("nasty", ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0"])
def test_no_cell_is_a_formula(run: Run, nasty: str) -> None:
    cells = (CurrencyRows(currency=nasty, rows=1, amount=1),)
    (line,) = lines(spread(run, ReasonFile(path=nasty, first_row=1, rows=1, currencies=cells)))
    assert line["file"] == line["currency"] == f"'{nasty}"


def test_a_negative_amount_stays_a_number(run: Run) -> None:
    cells = (CurrencyRows(currency="EUR", rows=1, amount="-5.25"),)
    (line,) = lines(spread(run, ReasonFile(path="a", first_row=1, rows=1, currencies=cells)))
    assert line["amount"] == "-5.25"


@pytest.mark.parametrize("nasty", ["a,b", 'a "quoted" b', "a\nb\rc\td", "\x00\x1b\ud800", " a "])
def test_every_line_has_every_cell(run: Run, nasty: str) -> None:
    money = CurrencyRows(currency=nasty, rows=1, amount=1)
    given = spread(run, ReasonFile(path=nasty, first_row=1, rows=1, currencies=(money, money)))
    report = str(FORMATS["csv"].render(given))
    rows = list(csv.reader(io.StringIO(report, newline="")))
    assert [len(row) for row in rows] == [len(COLUMNS)] * 3
    assert report.count("\n") == 3
    assert "\r" not in report


def test_sums_by_reason_are_those_of_the_run(run: Run) -> None:
    cells = (CurrencyRows(currency="EUR", rows=3, amount="1.10"),)
    file = ReasonFile(path="a.csv", first_row=7, rows=3, currencies=cells)
    given = spread(run, file, file.model_copy(update={"path": "b.csv"}))
    reason = given.reason_summaries[0].model_copy(
        update={"rows": 6, "amounts": (Money(currency="EUR", amount="2.20"),)}
    )
    found = lines(given.model_copy(update={"reason_summaries": (reason,)}))
    assert sum(int(line["rows"]) for line in found) == reason.rows
