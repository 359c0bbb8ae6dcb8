"""The recipes of docs/recipes.md and the action, run as they are written; only what they fetch is stood in for."""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mmpsync.config import load_config

ROOT = Path(__file__).parents[1]
RECIPES = (ROOT / "docs" / "recipes.md").read_text("utf-8")
LINK = "https://app.appsflyer.com/id1234567890?pid=impactradius_int&clickid="


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", RECIPES, re.DOTALL | re.MULTILINE)


def commands(recipe: Any) -> Iterator[str]:
    """The shell parts of a CI service's file."""
    if isinstance(recipe, dict):
        for key, value in recipe.items():
            if key in {"run", "script"}:
                yield value if isinstance(value, str) else "\n".join(value)
            else:
                yield from commands(value)
    elif isinstance(recipe, list):
        for item in recipe:
            yield from commands(item)


CI_COMMANDS = [command for block in blocks("yaml") for command in commands(yaml.safe_load(block))]


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """A checkout with exports and a link, all with faults, and no network: `pip` and the script that fetches exports do nothing."""
    shutil.copytree(ROOT / "sample_exports" / "adjust", tmp_path / "exports" / "adjust")
    shutil.copytree(ROOT / "sample_exports" / "impact", tmp_path / "exports" / "impact")
    for name in ("bin/pip", "fetch-exports.sh"):
        stand_in = tmp_path / name
        stand_in.parent.mkdir(exist_ok=True)
        stand_in.write_text("#!/bin/sh\n")
        stand_in.chmod(0o755)
    (tmp_path / "links.txt").write_text(f"{LINK}{{ClickId}}\n", "utf-8")  # the macro in a wrong spelling
    return tmp_path


def run(
    command: str, folder: Path, shell: str = "sh", **environment: str
) -> subprocess.CompletedProcess[str]:
    no_credentials = {"IMPACT_ACCOUNT_SID": "", "IMPACT_AUTH_TOKEN": ""}  # so that nothing is fetched
    path = os.pathsep.join((str(folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]))
    return subprocess.run(
        [*shell.split(), "-c", command],
        cwd=folder,
        env={
            **os.environ,
            **no_credentials,
            "PATH": path,
            "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("command", CI_COMMANDS, ids=[f"recipe-{n}" for n in range(1, len(CI_COMMANDS) + 1)])
def test_the_shell_parts_of_ci_recipes_run_as_written(command: str, workplace: Path) -> None:
    done = run(command, workplace)
    if "mmpsync" not in command:
        assert done.returncode == 0
        return
    assert done.returncode == 1, done.stderr  # the faults of the samples and of the link
    for report in re.findall(r"--report \w+=(\S+)", command):
        assert (workplace / report).stat().st_size


def test_the_check_before_a_launch_passes_once_the_link_is_mended(workplace: Path) -> None:
    (command,) = (command for command in CI_COMMANDS if "mmpsync check" in command)
    failed = run(command, workplace)
    assert failed.returncode == 1, failed.stderr
    assert "::error" in failed.stdout
    assert "FAILED" in (workplace / "summary.md").read_text("utf-8")
    (workplace / "links.txt").write_text(f"{LINK}{{clickid}}\n", "utf-8")
    passed = run(command, workplace)
    assert passed.returncode == 0, passed.stderr
    assert "PASSED" in (workplace / "check.html").read_text("utf-8")


def test_the_cron_script_compares_with_the_day_before(workplace: Path) -> None:
    (script,) = blocks("sh")
    first = run(script, workplace, "sh")
    assert first.returncode == 1, first.stderr
    assert "clicks are missing" in first.stdout  # and what is here is reconciled all the same
    assert "the gate failed" in first.stdout
    day = next((workplace / "runs").iterdir())
    day.rename(day.with_name("2026-03-01"))
    second = run(script, workplace, "sh")
    assert second.returncode == 1, second.stderr
    (report,) = (workplace / "reports").glob("*.md")
    assert "match rate" in report.read_text("utf-8").lower()


def test_the_airflow_command_runs_for_a_day(workplace: Path) -> None:
    (recipe,) = blocks("python")
    (command,) = (
        keyword.value.value
        for node in ast.walk(ast.parse(recipe))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "bash_command" and isinstance(keyword.value, ast.Constant)
    )
    assert isinstance(command, str)
    done = run(command.replace("{{ ds }}", "2026-03-20"), workplace, "bash -e")
    assert done.returncode == 1, done.stderr
    assert (workplace / "runs" / "2026-03-20" / "run.json").exists()


def test_the_action_runs_with_what_it_is_given(workplace: Path) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    install, reconcile = commands(action["runs"])
    here = {"GITHUB_ACTION_PATH": str(ROOT)}
    assert run(install, workplace, "bash -e", **here).returncode == 0
    given = {
        "EXPORTS": "exports/adjust\nexports/impact\n", "CONFIG": "", "BASELINE": "", "FAIL_ON": "never",
        "OUT": "out", "HTML": "report.html",
    }  # fmt: skip
    step = action["runs"]["steps"][-1]
    assert set(step["env"]) == set(given)
    done = run(reconcile, workplace, "bash -e", **here, **given)
    assert done.returncode == 0, done.stderr
    assert "712 rows of clicks" in (workplace / "summary.md").read_text("utf-8")
    compared = run(
        reconcile,
        workplace,
        "bash",
        **here,
        **{**given, "BASELINE": "out", "OUT": "next", "FAIL_ON": "error"},
    )
    assert compared.returncode == 1, compared.stderr
    assert run(
        reconcile, workplace, "bash -e", **here, **{**given, "EXPORTS": "$(touch owned)"}
    ).returncode not in {0, 1}
    assert not (workplace / "owned").exists()


def test_the_gate_of_the_recipes_is_a_configuration(tmp_path: Path) -> None:
    (settings,) = blocks("toml")
    file = tmp_path / "mmpsync.toml"
    file.write_text(settings)
    gate = load_config(file).gate
    assert str(gate.min_match_rate) == "97%"
    assert gate.group[0].by == "partner"
