"""Actions of impact.com as a third side, through the command: exports, clicks, action records; what is written."""

import gzip
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import mmpsync
from mmpsync.ingest.canonical import ACTION
from mmpsync.run import Run

Command = Callable[..., Any]
ReadTable = Callable[[Path], list[dict[str, Any]]]

CLICK_ID = "QzWm0aXyzxyOUuS1FU0ABCdEfGhIjKlMnO0"
HEADER = (
    "Media Source", "Event Time", "Event Name", "Original URL", "AppsFlyer ID", "Event Value", "Event Revenue",
    "Event Revenue Currency", "App ID",
)  # fmt: skip
CLICKS = f"Id,EventDate,MediaId,MediaName,UniqueClick\n{CLICK_ID},2026-03-01T08:00:00Z,7,Blog,true\n"
CONFIG = """
[apps."com.acme.shop"]
tracker_id = 4001
[events.purchase]
names = ["af_purchase"]
code = "SALE"
required = ["order_id", "amount", "currency"]
[events.install]
names = ["install"]
code = "INSTALL"
"""
AS_OF = ("--as-of", "2026-03-20T00:00:00Z", "--config", "mmpsync.toml")


def purchase(
    order: str, amount: str = "12.50", *, name: str = "af_purchase", click_id: str = CLICK_ID
) -> Sequence[str]:
    """A purchase an hour after the click."""
    url = f"https://x.test/?pid=impactradius_int&irclickid={click_id}"
    value = json.dumps({"af_order_id": order})
    return (
        "impactradius_int",
        "2026-03-01 09:00:00",
        name,
        url,
        "1772-44",
        value,
        amount,
        "EUR",
        "com.acme.shop",
    )


def action(number: int, order: str, **differences: str) -> dict[str, str]:
    return {
        "Id": f"M.1000.{number}",
        "CampaignId": "1000",
        "ActionTrackerId": "4001",
        "EventCode": "SALE",
        "MediaPartnerId": "7",
        "MediaPartnerName": "Blog",
        "State": "PENDING",
        "Payout": "1.25",
        "Amount": "12.50",
        "Currency": "EUR",
        "EventDate": "2026-03-01T09:00:00Z",
        "Oid": order,
        **differences,
    }


# What becomes of the order of each purchase: its actions, verdict and reasons.
ORDERS: Mapping[str, tuple[list[dict[str, str]], str, str]] = {
    "open": ([], "clean", ""),
    "credited": ([{}], "excluded", "already-credited"),
    "approved": ([{"State": "APPROVED"}], "excluded", "already-credited"),
    "reversed": ([{"State": "REVERSED", "Amount": "0"}], "excluded", "reversed-at-impact"),
    "reattributed": ([{"State": "REVERSED"}, {"State": "PENDING"}], "excluded", "already-credited"),
    "less": ([{"Amount": "9.99"}], "excluded", "already-credited;amount-differs:amount"),
    "dollars": ([{"Currency": "USD"}], "excluded", "already-credited;amount-differs:currency"),
    "of another event": ([{"EventCode": "INSTALL"}], "clean", ""),
    "of an app that is not configured": ([{"ActionTrackerId": "4002"}], "excluded", "already-credited"),
}
ELSEWHERE = [
    action(900, "in no export", Amount="100", Currency="USD"),
    action(901, "too late", Amount="50", EventDate="2026-04-01T00:00:00Z"),
    action(902, "gone", State="REVERSED"),
    action(903, "", EventCode="INSTALL"),
]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, write_export: Callable[..., Path]) -> Path:
    """exports/ with a purchase for every order and an install, clicks.csv and four pages of actions/."""
    here = tmp_path_factory.mktemp("actions")
    rows = [purchase(order) for order in ORDERS]
    write_export(here / "exports" / "events.csv", HEADER, [*rows, purchase("", "", name="install")])
    (here / "clicks.csv").write_text(CLICKS)
    (here / "mmpsync.toml").write_text(CONFIG)
    found = [
        action(10 * n + m, order, **differences)
        for n, (order, (actions, _, _)) in enumerate(ORDERS.items(), 1)
        for m, differences in enumerate(actions)
    ]
    pages = {
        "page.json": json.dumps({"@page": "1", "@total": "4", "Actions": found[:4]}).encode(),
        "array.json": json.dumps(found[4:7]).encode(),
        "lines.jsonl.gz": gzip.compress("".join(f"{json.dumps(each)}\n" for each in found[7:]).encode()),
    }
    (here / "actions").mkdir()
    for name, content in pages.items():
        (here / "actions" / name).write_bytes(content)
    # The next day's export has the first action again, approved by now.
    again = found[0] | {"State": "APPROVED"}
    lines = [list(each.values()) for each in (*ELSEWHERE, again)]
    write_export(here / "actions" / "next day.csv", list(again), lines)
    return here


@pytest.fixture(scope="module")
def run(here: Path, command: Command) -> Run:
    result = command(
        "reconcile",
        "exports",
        "--clicks",
        "clicks.csv",
        "--actions",
        "actions",
        *AS_OF,
        "--out",
        "run",
        cwd=here,
    )
    assert (result.returncode, result.stderr) == (0, "")
    (here / "shown.txt").write_text(result.stdout)
    return Run.load(here / "run")


@pytest.fixture(scope="module")
def shown(run: Run, here: Path) -> list[str]:
    """The summary, line by line, single blanks between words."""
    assert run.actions is not None
    return [" ".join(line.split()) for line in (here / "shown.txt").read_text().splitlines()]


def test_every_order_is_what_its_actions_make_of_it(run: Run, read_table: ReadTable) -> None:
    assert run.directory is not None
    rows = [
        row
        for name in ("clean.parquet", "exceptions.parquet", "excluded.parquet")
        for row in read_table(run.directory / name)
    ]
    assert len(rows) == len(ORDERS) + 1
    found = {row["order_id"]: (row["verdict"], row["reasons"]) for row in rows if row["event"] == "purchase"}
    assert found == {order: (verdict, reasons) for order, (_, verdict, reasons) in ORDERS.items()}


def test_what_is_never_sent_again_shows_the_action_it_became(run: Run, read_table: ReadTable) -> None:
    assert run.directory is not None
    found = {row["order_id"]: row for row in read_table(run.directory / "excluded.parquet")}
    shown = {
        order: tuple(found[order][name] for name in ("action_id", "action_amount", "action_currency"))
        for order in ("less", "dollars", "reversed")
    }
    assert shown == {
        "less": ("M.1000.60", Decimal("9.99"), "EUR"),
        "dollars": ("M.1000.70", Decimal("12.50"), "USD"),
        "reversed": ("M.1000.40", None, None),
    }
    assert "action_id" not in read_table(run.directory / "clean.parquet")[0]


def test_actions_that_no_row_explains_are_listed(run: Run, read_table: ReadTable) -> None:
    assert run.directory is not None
    rows = read_table(run.directory / "unexplained_actions.parquet")
    assert list(rows[0]) == list(ACTION)
    # By time, then by order.
    assert [(row["action_id"], row["order_id"], row["state"]) for row in rows] == [
        ("M.1000.902", "gone", "reversed"),
        ("M.1000.900", "in no export", "pending"),
        ("M.1000.80", "of another event", "pending"),
        ("M.1000.903", None, "pending"),
        ("M.1000.901", "too late", "pending"),
    ]


def test_actions_are_counted(run: Run) -> None:
    assert run.actions is not None
    counted = run.actions.model_dump(exclude={"files", "earliest", "latest", "unexplained_amounts"})
    assert counted == {
        "records": 14,
        "matched": 7,
        "unexplained": 5,
        "repeated": 1,
        "reattributed": 1,
        "unexplained_outside": 1,
        "states": {"approved": 2, "pending": 8, "reversed": 2},
    }
    assert {money.currency: money.amount for money in run.actions.unexplained_amounts} == {
        "EUR": Decimal(75),
        "USD": Decimal(100),
    }
    files = {Path(file.path).name: file for file in run.actions.files}
    assert {name: (file.records, file.repeated) for name, file in files.items()} == {
        "array.json": (3, 0),
        "lines.jsonl.gz": (2, 0),
        "next day.csv": (5, 0),
        "page.json": (4, 1),
    }
    assert {Path(file.path).name: file.rows for file in run.files if file.holds == "actions"} == {
        name: file.records for name, file in files.items()
    }


def test_what_is_credited_leaves_the_rates_and_rows_and_money_add_up(run: Run) -> None:
    assert (run.summary.rows, run.summary.in_scope, run.summary.match_rate) == (10, 3, 1.0)
    assert sum(reason.rows for reason in run.reason_summaries) == 10
    for summaries in (run.reason_summaries, run.summary.verdicts):
        assert sum(money.amount for each in summaries for money in each.amounts) == 9 * Decimal("12.50")
    rows = Counter({reason.code: reason.found for reason in run.reason_summaries})
    assert rows == {"already-credited": 6, "reversed-at-impact": 1, "amount-differs": 2, "matched": 3}


def test_the_run_keeps_the_published_schema(run: Run) -> None:
    published = json.loads((Path(mmpsync.__file__).parent / "schemas" / "run-1.json").read_text("utf-8"))
    assert run.directory is not None
    jsonschema.validate(json.loads((run.directory / "run.json").read_text("utf-8")), published)


def test_the_summary_tells_of_them(shown: list[str]) -> None:
    at = shown.index("Actions at impact.com")
    assert shown[at + 1 : at + 7] == [
        "Actions 12 2 approved, 8 pending, 2 reversed",
        "Explained by a row 7",
        "Unexplained 5 75.00 EUR, 100.00 USD, 1 before or after all rows",
        "Reattributed 1 reversed, and the order credited anew",
        "Read again 1 records of an action that another record is of",
        "With another amount 2 amount 1, currency 1",
    ]
    assert "No errors; biggest warning: Other amount than at impact.com, 2 rows" in shown
    assert "Credited at impact.com already already-credited 6 60.0% of read" in shown
    assert "unexplained_actions.parquet 5 actions that no row explains" in shown


def test_a_gate_may_ask_that_amounts_agree(here: Path, command: Command) -> None:
    inputs = (
        "reconcile",
        "exports",
        "clicks.csv",
        "actions",
        *AS_OF,
        "--fail-on",
        "warning",
        "--out",
        "gated",
    )
    result = command(*inputs, cwd=here)
    assert result.returncode == 1
    failed = {c.name: c.value for c in Run.load(here / "gated").gate.conditions if not c.passed}
    assert failed == {"reversed-at-impact": "1", "amount-differs": "2"}


def test_from_python_and_found_in_a_folder_it_is_the_same(run: Run, here: Path) -> None:
    arguments: dict[str, Any] = {"config": here / "mmpsync.toml", "as_of": "2026-03-20"}
    named = mmpsync.reconcile(
        here / "exports", clicks=here / "clicks.csv", actions=here / "actions", **arguments
    )
    mixed = mmpsync.reconcile([here / "exports", here / "clicks.csv", here / "actions"], **arguments)
    for each in (named, mixed):
        assert each.summary == run.summary
        assert each.actions is not None
        assert run.actions is not None
        assert each.actions.model_dump(exclude={"files"}) == run.actions.model_dump(exclude={"files"})


def test_without_action_records_nothing_of_them_is_written(here: Path, command: Command) -> None:
    result = command("reconcile", "exports", "--clicks", "clicks.csv", *AS_OF, "--out", "alone", cwd=here)
    assert result.returncode == 0
    assert not (here / "alone" / "unexplained_actions.parquet").exists()
    assert json.loads((here / "alone" / "run.json").read_text("utf-8"))["actions"] is None
    assert "Actions" not in result.stdout


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("clicks.csv", "clicks.csv: holds click records (impact.com clicks), no action records; give it to --clicks"),
        ("exports", "holds conversions (AppsFlyer), no action records; give it to --conversions"),
        ("missing.json", "missing.json: no such file or folder"),
        ("mmpsync.toml", "mmpsync.toml"),
    ],
)  # fmt: skip
def test_what_is_no_action_leaves_with_2_and_says_what_it_is(
    here: Path, command: Command, given: str, words: str
) -> None:
    result = command("reconcile", "exports", "--actions", given, *AS_OF, "--out", "wrong", cwd=here)
    assert result.returncode == 2
    assert words in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr
    assert not (here / "wrong").exists()
