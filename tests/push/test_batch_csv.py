"""impact.com's batch file: a line for each item, rows of one order side by side, values as they are."""

import csv
import json
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from mmpsync.config import Config
from mmpsync.errors import UsageError
from mmpsync.push.batch_csv import write_batch_csv
from mmpsync.push.plan import plan
from mmpsync.run import Run

NOW = datetime(2026, 3, 20, tzinfo=UTC)
CONFIG = Config.model_validate(
    {
        "program": {"campaign_id": 1000},
        "apps": {"com.acme.shop": {"tracker_id": 4001}},
        "events": {
            "purchase": {"names": ["p"], "code": "SALE"},
            "signup": {"names": ["s"], "code": "SIGN-UP"},
        },
        "push": {"fields": {"Items": "items", "Text1": "t"}},
    }
)
PRODUCTS = [
    {"sku": "S-1", "category": "Shoes", "quantity": 2, "price": "5.50", "name": "Boot"},
    {"sku": "=S,2", "category": 'Hats "n" caps', "quantity": 1, "price": "3.99"},
]
CleanRun = Callable[..., Run]


def lines_of(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_line_for_each_item_rows_of_one_order_together(clean_run: CleanRun, tmp_path: Path) -> None:
    rows = [
        {"order_id": "B", "amount": Decimal("14.99")},
        {"order_id": "A", "sku": "S", "category": "C", "quantity": 3, "amount": Decimal("9.99")},
        {"order_id": "B", "event": "signup", "amount": None, "currency": None},
        {"order_id": "C", "amount": Decimal(5)},
        {"order_id": None},
    ]
    carried = {
        ("items",): [json.dumps(PRODUCTS), None, None, None, None],
        ("t",): [None, "+49 is no formula", None, None, None],
    }
    file = tmp_path / "out" / "2026-03-20_conversions.csv"
    with plan(clean_run(rows, carried), CONFIG, now=NOW, way="file") as found:
        written = write_batch_csv(found, file, CONFIG)
    lines = lines_of(file)
    assert [*lines[0]] == [
        "CampaignId", "ActionTrackerId", "EventCode", "EventDate", "OrderId", "ClickId", "CustomerId",
        "CurrencyCode", "Amount", "Category", "Sku", "Quantity", "AppPackage", "Text1",
    ]  # fmt: skip
    shown = [[line[name] for name in ("OrderId", "EventCode", "Amount", "Sku", "Quantity")] for line in lines]
    assert shown == [
        ["A", "SALE", "9.99", "S", "3"],
        ["B", "SALE", "11.00", "S-1", "2"],
        ["B", "SALE", "3.99", "=S,2", "1"],
        ["B", "SIGN-UP", "", "", ""],
        ["C", "SALE", "5.00", "", ""],
    ]
    assert len([order for order, _ in groupby(line["OrderId"] for line in lines)]) == 3
    # It is for impact.com, not for a spreadsheet: nothing is put in front of what looks like a formula.
    assert (lines[0]["Text1"], lines[2]["Category"]) == ("+49 is no formula", 'Hats "n" caps')
    assert (written.conversions, written.lines, written.left_out) == (4, 5, ("ItemName",))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_the_same_plan_gives_the_same_bytes_and_the_amounts_of_lines_add_up(
    clean_run: CleanRun, tmp_path: Path
) -> None:
    rows = [{"order_id": f"O-{n % 7}-{n}", "amount": Decimal(n)} for n in range(50)]
    carried = {("items",): [None] * 50, ("t",): [None] * 50}
    with plan(clean_run(rows, carried), CONFIG, now=NOW, way="file") as found:
        for name in ("one.csv", "two.csv"):
            write_batch_csv(found, tmp_path / name, CONFIG)
        assert found.summary.amounts[0].amount == sum(range(50))
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    assert sum(Decimal(line["Amount"]) for line in lines_of(tmp_path / "one.csv")) == sum(range(50))


def test_a_plan_for_the_api_is_not_written_and_nothing_to_send_is_a_header(
    clean_run: CleanRun, tmp_path: Path
) -> None:
    run = clean_run([{"order_id": None}], {("items",): [None], ("t",): [None]})
    with plan(run, CONFIG, now=NOW) as found, pytest.raises(UsageError, match="make one for a file"):
        write_batch_csv(found, tmp_path / "b.csv", CONFIG)
    with plan(run, CONFIG, now=NOW, way="file") as found:
        written = write_batch_csv(found, tmp_path / "b.csv", CONFIG)
    assert (written.conversions, written.lines) == (0, 0)
    assert (tmp_path / "b.csv").read_text().count("\n") == 1
