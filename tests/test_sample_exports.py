"""The sample exports hold what their README says, mmpsync finds exactly that, and generate.py makes them."""

import csv
import gzip
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import mmpsync
from mmpsync.reasons import BY_CODE
from mmpsync.run import Run

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "sample_exports"
PLANTED: dict[str, Any] = json.loads((SAMPLES / "_planted.json").read_text("utf-8"))
# Heading of a column of the README's tables → name in _planted.json.
COLUMNS = {
    "AppsFlyer CSV": "appsflyer_csv",
    "AppsFlyer Data Locker": "appsflyer_parquet",
    "Adjust": "adjust",
    "Branch": "branch",
    "Segment": "segment",
    "Kochava": "kochava",
    "total": "total",
}
# Primary reasons that take actions to see.
OF_ACTIONS = {"already-credited", "reversed-at-impact"}
LARGEST_FOLDER = 900_000
LARGEST_FILE = 100_000


def generate(script: Path, *arguments: str | Path) -> None:
    done = subprocess.run(
        [sys.executable, script, *arguments], capture_output=True, encoding="utf-8", check=False, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rows of appsflyer/ in Data Locker's form, as the README tells to make them."""
    folder = tmp_path_factory.mktemp("twin")
    generate(SAMPLES / "generate.py", "--twin", folder)
    return folder


def reconcile(*exports: Path, **options: Any) -> Run:
    return mmpsync.reconcile(exports, config=SAMPLES / "mmpsync.toml", as_of=PLANTED["as_of"], **options)


def assert_found(run: Run, name: str) -> None:
    """Reasons, verdicts, rows and money are those that were planted under this name."""
    assert {reason.code: reason.rows for reason in run.reason_summaries if reason.rows} == PLANTED[name]
    verdicts = {verdict.verdict: verdict.rows for verdict in run.summary.verdicts if verdict.rows}
    assert verdicts == PLANTED["verdicts"][name]
    assert run.summary.rows == PLANTED["rows"][name]
    amounts = {
        verdict.verdict: {money.currency or "": money.amount for money in verdict.amounts}
        for verdict in run.summary.verdicts
        if verdict.amounts
    }
    assert amounts == {
        verdict: {currency: Decimal(amount) for currency, amount in found.items()}
        for verdict, found in PLANTED["amounts"][name].items()
    }


def assert_explained(run: Run, name: str) -> None:
    """Of the actions, the rows under this name explain as many as were planted, and no others."""
    assert run.actions is not None
    planted = PLANTED["actions"]
    counted = run.actions.model_dump(
        include={"records", "repeated", "reattributed", "matched", "unexplained"}
    )
    assert counted == {
        **{count: planted[count] for count in ("records", "repeated", "reattributed")},
        "matched": planted["explained"][name],
        "unexplained": planted["unexplained"][name],
    }


EXPORTS = pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("appsflyer", "appsflyer_csv"),
        ("appsflyer_data_locker", "appsflyer_parquet"),
        ("adjust", "adjust"),
        ("branch", "branch"),
        ("segment", "segment"),
        ("kochava", "kochava"),
    ],
)


@EXPORTS
def test_every_export_has_the_planted_reasons(folder: str, name: str) -> None:
    run = reconcile(SAMPLES / folder, SAMPLES / "impact", SAMPLES / "impact_actions")
    assert_found(run, name)
    assert_explained(run, name)


@EXPORTS
def test_without_actions_what_impact_has_already_is_clean(folder: str, name: str) -> None:
    run = reconcile(SAMPLES / folder, SAMPLES / "impact")
    found = {reason.code: reason.rows for reason in run.reason_summaries if reason.rows}
    credited = PLANTED[name]["already-credited"] + PLANTED[name]["reversed-at-impact"]
    seen = {code: rows for code, rows in PLANTED[name].items() if code not in OF_ACTIONS}
    assert found == seen | {"matched": PLANTED[name]["matched"] + credited}
    assert run.actions is None


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_the_same_rows_in_data_lockers_form_have_the_same_reasons(twin: Path, form: str) -> None:
    run = reconcile(twin / form, SAMPLES / "impact", SAMPLES / "impact_actions")
    assert_found(run, "appsflyer_twin")
    assert_explained(run, "appsflyer_csv")


@pytest.fixture(scope="module")
def whole() -> Run:
    """The whole folder at once: orders and rows are compared across MMPs."""
    return reconcile(SAMPLES)


def test_the_whole_folder_has_the_planted_reasons(whole: Run) -> None:
    assert_found(whole, "total")
    assert_explained(whole, "total")
    # Documents, configuration, generator and _SUCCESS markers beside the exports are not worth a word.
    assert whole.left_out == ()
    # Nor are installs and page views without an order id; what a warehouse cut and Branch hashed is.
    assert [(advice.code, [Path(file).name for file in advice.files]) for advice in whole.advice] == [
        ("cut-text", ["order_completed.csv"]),
        ("withheld-values", [next(SAMPLES.glob("branch/daily/y=2026/m=03/d=10/*/topic=eo_install/*")).name]),
        ("clicks-older-than-conversions", []),
    ]


def test_every_file_is_read_as_what_its_folder_says(whole: Run) -> None:
    read: dict[str, set[tuple[str, str]]] = {}
    for file in whole.files:
        folder = Path(file.path).relative_to(SAMPLES).parts[0]
        read.setdefault(folder, set()).add((file.source, file.holds))
    rows, clicks = "conversions", "clicks"
    assert read == {
        "appsflyer": {("appsflyer", rows)},
        "appsflyer_data_locker": {("appsflyer", rows)},
        "adjust": {("adjust", rows)},
        # Two of these five have reports of clicks alone.
        "branch": {("branch", rows), ("branch", clicks)},
        "segment": {("segment", rows)},
        "kochava": {("kochava", rows), ("kochava", clicks)},
        "impact": {("impact", clicks)},
        "impact_actions": {("impact_actions", "actions")},
    }
    assert {file.format for file in whole.files} == {"csv", "csv.gz", "json", "json.gz", "parquet"}


def test_one_order_has_another_amount_at_impact_and_one_another_currency(whole: Run) -> None:
    behind = {reason.code: reason.found for reason in whole.reason_summaries}["amount-differs"]
    planted = PLANTED["actions"]
    assert (planted["amount-differs:amount"], planted["amount-differs:currency"], behind) == (1, 1, 2)


def test_clicks_of_mmps_are_impacts_clicks() -> None:
    """Those of Branch and Kochava are the same clicks again, so that they change no row; some are in backticks."""
    records = json.loads(next(SAMPLES.glob("kochava/click_*android*.json")).read_text("utf-8"), strict=False)
    assert {record["partner_click_id"][0] == "`" for record in records} == {True, False}
    run = reconcile(SAMPLES / "kochava", SAMPLES / "impact")
    alone = reconcile(SAMPLES / "appsflyer_data_locker", SAMPLES / "impact").clicks.records
    with (next(SAMPLES.glob("kochava/click_*ios*.csv"))).open(encoding="utf-8", newline="") as report:
        assert run.clicks.records == alone + len(records) + len(list(csv.DictReader(report)))


def test_a_column_that_no_row_needs_is_not_asked_for(tmp_path: Path) -> None:
    """An install needs no order id; purchases do, and their report is told so when it has none."""
    shutil.copytree(SAMPLES / "kochava", tmp_path / "kochava")
    report = next(tmp_path.glob("kochava/event_*android*.csv"))
    head, _, rows = report.read_text("utf-8").partition("\n")
    head = head.replace("custom_dimensions,dimension_data", "one,other")
    report.write_text(f"{head}\n{rows}", "utf-8")
    said = [(advice.code, advice.files) for advice in reconcile(tmp_path / "kochava").advice]
    assert ("no-order-id-column", (str(report),)) in said


def test_the_command_of_the_readme(command: Callable[..., Any], tmp_path: Path) -> None:
    prompt = re.search(
        r"^\$ mmpsync (reconcile sample_exports .*)$",
        (SAMPLES / "README.md").read_text("utf-8"),
        re.MULTILINE,
    )
    assert prompt is not None
    arguments = prompt[1].split()
    assert arguments[arguments.index("--as-of") + 1] == PLANTED["as_of"]
    done = command(*arguments, "--out", tmp_path / "run", cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    assert_found(Run.load(tmp_path / "run"), "total")
    for verdict, rows in PLANTED["verdicts"]["total"].items():
        assert re.search(rf"^ *{verdict} +{rows}\b", done.stdout, re.MULTILINE), verdict
    unexplained = content(tmp_path / "run" / "unexplained_actions.parquet")
    assert unexplained["order_id"].to_pylist() == ["SO-77C0FFEE1", "SO-77C0FFEE2"]
    excluded = content(tmp_path / "run" / "excluded.parquet").to_pylist()
    reasons = Counter(row["reasons"] for row in excluded if row["reason"] in OF_ACTIONS)
    assert reasons == {
        "already-credited": PLANTED["total"]["already-credited"] - 2,
        "already-credited;amount-differs:amount": 1,
        "already-credited;amount-differs:currency": 1,
        "reversed-at-impact": PLANTED["total"]["reversed-at-impact"],
    }
    # One action is of an install, by the order id that is derived for it.
    installs = [row["order_id"][:8] for row in excluded if row["action_id"] and row["kind"] == "install"]
    assert installs == ["install-"]


def test_without_clicks_nothing_is_joined() -> None:
    """What takes clicks to see becomes `not-joined`, `matched` included; everything else stays."""
    found = {r.code: r.rows for r in reconcile(SAMPLES / "appsflyer").reason_summaries if r.rows}
    unseen = {
        "matched",
        "click-id-case-changed",
        "click-id-encoding-changed",
        "click-id-truncated",
        "click-export-incomplete",
        "orphan-click-id",
        "conversion-before-click",
        "outside-referral-window",
        "short-click-to-install",
        *OF_ACTIONS,
    }
    planted = PLANTED["appsflyer_csv"]
    assert found == {code: rows for code, rows in planted.items() if code not in unseen} | {
        "not-joined": sum(planted[code] for code in unseen)
    }


def test_every_reason_is_planted() -> None:
    """But what says that no click records were given, and what always stands behind `already-credited`."""
    assert PLANTED["total"].keys() == BY_CODE.keys() - {"not-joined", "amount-differs"}


@pytest.mark.parametrize(
    ("name", "not_shown"),
    [
        ("branch", {"superseded"}),
        # Segment attributes nothing, and so nothing of it can be withheld, refused or credited to others.
        (
            "segment",
            {
                "rejected-by-mmp",
                "restricted-source",
                "conflicting-attribution",
                "organic-with-click-id",
                "view-through",
            },
        ),
        # Clicks have a report of their own there, and nobody knows what it says of a rejected install.
        ("kochava", {"superseded", "rejected-by-mmp", "not-a-conversion"}),
    ],
)
def test_what_an_mmp_can_show_is_planted(name: str, not_shown: set[str]) -> None:
    assert PLANTED["total"].keys() - PLANTED[name].keys() == not_shown


def test_the_tables_of_the_readme_are_what_is_planted() -> None:
    text = (SAMPLES / "README.md").read_text("utf-8")
    marked = text[text.index("<!-- planted -->") : text.index("<!-- /planted -->")]
    by_reason, by_verdict, actions = (table(part) for part in marked.split("\n\n"))
    for heading, name in COLUMNS.items():
        assert {code: int(row[heading]) for code, row in by_reason.items() if row[heading] != "0"} == PLANTED[
            name
        ]
        verdicts = {verdict: int(row[heading]) for verdict, row in by_verdict.items()}
        assert verdicts.pop("**rows**") == PLANTED["rows"][name]
        assert {v: rows for v, rows in verdicts.items() if rows} == PLANTED["verdicts"][name]
        for told, row in actions.items():
            assert int(row[heading]) == PLANTED["actions"][told][name]
    assert actions.keys() == {"explained", "unexplained"}
    assert {code: row["verdict"] for code, row in by_reason.items()} == {
        code: BY_CODE[code].verdict for code in PLANTED["total"]
    }


def table(markdown: str) -> dict[str, dict[str, str]]:
    """The rows of a Markdown table by their first cell."""
    lines = [line.strip("| ").split(" | ") for line in markdown.splitlines() if line.startswith("|")]
    head, _, *rows = lines
    return {row[0].strip("`"): dict(zip(head, row, strict=True)) for row in rows}


def test_generate_writes_what_is_committed(tmp_path: Path) -> None:
    """Compared by what is in the files: how zlib and pyarrow pack it depends on their versions."""
    again = tmp_path / "sample_exports"
    shutil.copytree(SAMPLES / "generator", again / "generator", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("generate.py", "README.md", "mmpsync.toml"):
        shutil.copy(SAMPLES / name, again / name)
    generate(again / "generate.py")
    assert files(again) == files(SAMPLES)
    for name in files(SAMPLES):
        assert content(again / name) == content(SAMPLES / name), name


def files(folder: Path) -> list[str]:
    found = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return sorted(path.relative_to(folder).as_posix() for path in found)


def content(path: Path) -> Any:
    if path.suffix == ".parquet":
        from pyarrow import parquet

        return parquet.ParquetFile(path).read()
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def test_the_folder_stays_small() -> None:
    sizes = {name: (SAMPLES / name).stat().st_size for name in files(SAMPLES)}
    assert sum(sizes.values()) < LARGEST_FOLDER
    assert {name: size for name, size in sizes.items() if size > LARGEST_FILE} == {}
