"""Exported is as good as sent: nothing is in two places, and nothing is exported that impact.com has."""

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mmpsync.config import Config
from mmpsync.errors import OutputError
from mmpsync.push.decisions import Choice, conversions
from mmpsync.push.entries import Outcome, State
from mmpsync.push.export import export
from mmpsync.push.ledger import Ledger
from mmpsync.push.plan import Plan, plan

CONFIG = Config.model_validate(
    {
        "program": {"campaign_id": 1000},
        "apps": {"com.acme.shop": {"tracker_id": 4001}},
        "events": {"purchase": {"names": ["af_purchase"], "code": "SALE"}},
    }
)


@pytest.fixture
def file_plan(clean_run: Any) -> Any:
    """A plan for a file, of so many orders."""
    plans: list[Plan] = []

    def make(rows: int) -> Plan:
        run = clean_run([{"order_id": f"O-{number}"} for number in range(1, rows + 1)])
        plans.append(plan(run, CONFIG, now=datetime(2026, 3, 20, tzinfo=UTC), way="file"))
        return plans[-1]

    yield make
    for each in plans:
        each.close()


def orders(file: Path) -> list[str]:
    with file.open(encoding="utf-8", newline="") as stream:
        return [line["OrderId"] for line in csv.DictReader(stream)]


def test_what_is_exported_is_in_the_ledger_and_not_sent(
    file_plan: Any, book: Ledger, tmp_path: Path, pushing: Any, fake: Any
) -> None:
    found = file_plan(3)
    written = export(found, tmp_path / "batch.csv", book, CONFIG, Choice())
    assert (written.conversions, written.path) == (3, tmp_path / "batch.csv")
    assert sorted(orders(tmp_path / "batch.csv")) == ["O-1", "O-2", "O-3"]
    assert [total.state for total in book.totals()] == [State.EXPORTED]
    pushed = pushing(found.batches)
    assert (pushed.sent, pushed.is_complete) == (0, True)
    assert fake.state.requests["POST"] == 0
    assert [path.name for path in tmp_path.glob(".batch*")] == []


def test_what_impact_com_has_or_may_have_is_not_exported(
    file_plan: Any, book: Ledger, tmp_path: Path
) -> None:
    found = file_plan(4)
    first, second, third, _ = conversions(found.batches)
    book.begin([first, second, third], run="R", now=1.0)
    book.record([Outcome(first.key, State.CONFIRMED), Outcome(second.key, State.PLANNED)], now=2.0)
    export(found, tmp_path / "batch.csv", book, CONFIG, Choice())
    assert sorted(orders(tmp_path / "batch.csv")) == ["O-2", "O-4"]


def test_a_second_export_is_empty_and_a_limit_holds(file_plan: Any, book: Ledger, tmp_path: Path) -> None:
    found = file_plan(5)
    export(found, tmp_path / "a.csv", book, CONFIG, Choice(limit=2))
    export(found, tmp_path / "b.csv", book, CONFIG, Choice())
    export(found, tmp_path / "c.csv", book, CONFIG, Choice())
    assert [orders(tmp_path / name) for name in ("a.csv", "b.csv", "c.csv")] == [
        ["O-1", "O-2"],
        ["O-3", "O-4", "O-5"],
        [],
    ]


@pytest.mark.parametrize("there", ["batch.csv", ".batch.csv.draft"])
def test_a_file_with_conversions_that_nobody_sends_any_more_is_not_overwritten(
    file_plan: Any, book: Ledger, tmp_path: Path, there: str
) -> None:
    export(file_plan(3), tmp_path / "batch.csv", book, CONFIG, Choice())
    (tmp_path / "batch.csv").rename(tmp_path / there)
    with pytest.raises(OutputError, match=there):
        export(file_plan(3), tmp_path / "batch.csv", book, CONFIG, Choice())
    assert sorted(orders(tmp_path / there)) == ["O-1", "O-2", "O-3"]


def test_a_folder_is_no_place_for_a_batch_file(file_plan: Any, book: Ledger, tmp_path: Path) -> None:
    for folder in (tmp_path, Path()):
        with pytest.raises(OutputError, match="is a directory"):
            export(file_plan(1), folder, book, CONFIG, Choice())
    assert book.totals() == []


def test_a_place_that_cannot_be_written_exports_nothing(
    file_plan: Any, book: Ledger, tmp_path: Path, states: Any
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        export(file_plan(2), tmp_path / "file" / "batch.csv", book, CONFIG, Choice())
    assert states() == {}
