"""`--baseline`: an earlier run, the latest one, none yet; and the gate on what changed."""

import subprocess
import sys
from pathlib import Path

import pytest

from mmpsync.run import Run

SAMPLES = Path(__file__).parents[2] / "sample_exports"
AS_OF = "2026-03-20T00:00:00Z"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a good run, of clean rows alone, and the settings for a gate on change."""
    folder = tmp_path_factory.mktemp("baseline")
    clicks = "Id,EventDate,MediaId,UniqueClick\n" + "".join(
        f"click-number-{n:012d},2026-03-10T10:00:00Z,7,1\n" for n in range(10)
    )
    (folder / "clicks.csv").write_text(clicks)
    header = "{activity_kind},{created_at},{adid},{network_name},{dcp_irclickid},{nonce}\n"
    rows = [
        f"install,1773140400,adid-{n},impact,click-number-{n:012d},nonce-{n}\n" for n in range(10)
    ]  # 2026-03-10 11:00
    (folder / "good.csv").write_text(header + "".join(rows))
    (folder / "bad.csv").write_text(header + "".join(rows[:8]) + rows[8].replace("click-number-", "none-"))
    (folder / "gate.toml").write_text(
        '[gate]\nmax_match_rate_drop = "2%"\ntolerate = { orphan-click-id = 5 }\n'
    )
    assert reconcile(folder, "good.csv", "runs/good").returncode == 0
    return folder


def reconcile(folder: Path, export: str, out: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "mmpsync",
        "reconcile",
        export,
        "clicks.csv",
        "--as-of",
        AS_OF,
        "--out",
        out,
    ]
    return subprocess.run([*command, *options], cwd=folder, capture_output=True, text=True, check=False)


def test_the_gate_fails_when_the_match_rate_falls_by_more_than_is_allowed(folder: Path) -> None:
    done = reconcile(folder, "bad.csv", "runs/bad", "--baseline", "runs/good", "--config", "gate.toml")
    assert done.returncode == 1, done.stderr
    assert "match rate 100.00% → 88.89%, -11.11 points; 10 → 9 rows" in done.stdout
    assert "orphan-click-id  0 → 1 rows  new" in done.stdout
    run = Run.load(folder / "runs" / "bad")
    assert run.baseline is not None
    assert run.baseline.run == Run.load(folder / "runs" / "good").id


def test_the_same_exports_are_no_change(folder: Path) -> None:
    done = reconcile(folder, "good.csv", "elsewhere/good", "--baseline", "runs/good", "--config", "gate.toml")
    assert done.returncode == 0, done.stderr


def test_last_is_the_latest_run_beside_the_new_one(folder: Path) -> None:
    done = reconcile(folder, "good.csv", "nightly/one", "--baseline", "last", "--config", "gate.toml")
    assert done.returncode == 0
    assert "no run in nightly yet" in done.stderr
    assert Run.load(folder / "nightly" / "one").baseline is None
    done = reconcile(folder, "bad.csv", "nightly/two", "--baseline", "last", "--config", "gate.toml")
    assert done.returncode == 1, done.stderr


def test_a_baseline_that_is_no_run_is_told(folder: Path) -> None:
    done = reconcile(folder, "good.csv", "runs/x", "--baseline", "clicks.csv")
    assert done.returncode == 2
    assert "clicks.csv: no run directory" in done.stderr
    assert not (folder / "runs" / "x").exists()
