"""docs/push.md is true: its sequence runs as it stands there, against the fake impact.com, and is exactly once."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from fake_impact import SID, TOKEN, FakeImpact

from mmpsync.push.entries import State

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs" / "push.md"
MANY = 20
AS_OF = "2026-03-20T00:00:00Z"
ENOUGH = ("mmpsync.toml", "adjust", "impact")  # of the sample exports; all of them take long
CANARIES = (SID, TOKEN, "@mail.example")


def commands() -> list[list[str]]:
    """The commands of the sequence, without `mmpsync`."""
    found = re.search(r"<!-- sequence -->\n```console\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    assert found
    return [shlex.split(line.removeprefix("$ "))[1:] for line in found[1].splitlines()]


def run(arguments: list[str], cwd: Path, data: Path) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MMPSYNC_")}
    return subprocess.run(
        [sys.executable, "-m", "mmpsync", *arguments],
        cwd=cwd,
        env={
            **inherited,
            "IMPACT_ACCOUNT_SID": SID,
            "IMPACT_AUTH_TOKEN": TOKEN,
            "XDG_DATA_HOME": str(data),
            "COLUMNS": "100",
            "NO_COLOR": "1",
            "PYTHONPATH": str(ROOT),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )


def test_from_the_sample_exports_to_confirmed_and_a_second_push_sends_nothing(tmp_path: Path) -> None:
    (tmp_path / "sample_exports").mkdir()
    for name in ENOUGH:
        (tmp_path / "sample_exports" / name).symlink_to(ROOT / "sample_exports" / name)
    reconcile, show, send, status = commands()
    with FakeImpact() as fake:
        fake.state.reads_to_complete = 0
        rehearsal = ["--api-url", fake.url]
        aged = [*rehearsal, "--as-of", AS_OF]
        done = [run(reconcile, tmp_path, tmp_path / "data"), run([*show, *aged], tmp_path, tmp_path / "data")]
        assert fake.seen == []  # a dry run opens no connection
        done.append(run([*send, *aged, "--yes"], tmp_path, tmp_path / "data"))
        sent = len(fake.state.submissions)
        done.append(run([*status, *rehearsal], tmp_path, tmp_path / "data"))
        done.append(run([*send, *aged, "--yes"], tmp_path, tmp_path / "data"))
        assert [result.returncode for result in done] == [0] * 5, [result.stderr for result in done]
        assert fake.state.requests["POST"] == sent == len(fake.state.actions) > MANY
        assert set(fake.state.accepted().values()) == {1}
    assert f"{sent} of {sent} conversions confirmed, {sent} sent now" in done[2].stdout
    assert f"{sent} of {sent} conversions confirmed, 0 sent now" in done[4].stdout
    assert re.search(rf"confirmed +{sent} ", done[3].stdout)
    for result in done:
        assert [secret for secret in CANARIES if secret in result.stdout + result.stderr] == []


def test_every_state_and_flag_of_the_page_exists() -> None:
    from mmpsync.cli.push import push

    page = DOCS.read_text("utf-8")
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == [state.value for state in State]
    flags = set(re.findall(r"--([a-z][a-z-]+)", page)) - {"report", "failed"}
    known = {name.replace("_", "-") for name in push.__annotations__} | {"config"}
    assert flags <= known
