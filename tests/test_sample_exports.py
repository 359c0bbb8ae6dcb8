"""The sample exports hold what their README says, mmpsync finds exactly that, and generate.py makes them."""

import gzip
import json
import re
import shutil
import subprocess
import sys
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
    "total": "total",
}
LARGEST_FOLDER = 500_000


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


@pytest.mark.parametrize(
    ("folder", "name"),
    [("appsflyer", "appsflyer_csv"), ("appsflyer_data_locker", "appsflyer_parquet"), ("adjust", "adjust")],
)
def test_every_export_has_the_planted_reasons(folder: str, name: str) -> None:
    assert_found(reconcile(SAMPLES / folder, SAMPLES / "impact"), name)


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_the_same_rows_in_data_lockers_form_have_the_same_reasons(twin: Path, form: str) -> None:
    assert_found(reconcile(twin / form, SAMPLES / "impact"), "appsflyer_twin")


def test_the_whole_folder_has_the_planted_reasons() -> None:
    run = reconcile(SAMPLES)
    assert_found(run, "total")
    # Documents, configuration, generator and _SUCCESS markers beside the exports are not worth a word.
    assert run.left_out == ()
    assert [(entry.code, entry.files) for entry in run.advice] == [("clicks-older-than-conversions", ())]


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
    }
    planted = PLANTED["appsflyer_csv"]
    assert found == {code: rows for code, rows in planted.items() if code not in unseen} | {
        "not-joined": sum(planted[code] for code in unseen)
    }


def test_every_reason_is_planted() -> None:
    assert PLANTED["total"].keys() == BY_CODE.keys() - {"not-joined"}


def test_the_tables_of_the_readme_are_what_is_planted() -> None:
    text = (SAMPLES / "README.md").read_text("utf-8")
    marked = text[text.index("<!-- planted -->") : text.index("<!-- /planted -->")]
    by_reason, by_verdict = (table(part) for part in marked.split("\n\n"))
    for heading, name in COLUMNS.items():
        assert {code: int(row[heading]) for code, row in by_reason.items() if row[heading] != "0"} == PLANTED[
            name
        ]
        verdicts = {verdict: int(row[heading]) for verdict, row in by_verdict.items()}
        assert verdicts.pop("**rows**") == PLANTED["rows"][name]
        assert {v: rows for v, rows in verdicts.items() if rows} == PLANTED["verdicts"][name]
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
    assert sum((SAMPLES / name).stat().st_size for name in files(SAMPLES)) < LARGEST_FOLDER
