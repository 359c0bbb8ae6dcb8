"""README, and the page it has of sources, say what is true now: output, verbs, options, reasons, settings."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from mmpsync.config import load_config
from mmpsync.exit_codes import ExitCode
from mmpsync.ingest.detect import ADAPTERS
from mmpsync.reasons import CATALOGUE
from mmpsync.report.formats import FORMATS

ROOT = Path(__file__).parents[1]
SHOWN_LINES = 40


@pytest.fixture(scope="module")
def readme() -> str:
    return (ROOT / "README.md").read_text("utf-8")


def between(text: str, name: str) -> str:
    found = re.search(f"<!-- {name} -->\n(.*?)<!-- /{name} -->", text, re.DOTALL)
    assert found, f"the page lacks the markers of {name}"
    return found.group(1)


def reasons_table() -> str:
    lines = ["| reason | verdict | severity | applies when |", "|---|---|---|---|"]
    for reason in CATALOGUE:
        severity = "–" if reason.severity == "none" else reason.severity
        lines.append(f"| `{reason.code}` | {reason.verdict} | {severity} | {reason.title} |")
    return "\n".join(lines) + "\n"


def reads_table() -> str:
    lines = ["| source | what is read | where its ClickId is looked for, in order |", "|---|---|---|"]
    for adapter in ADAPTERS:
        reports = "<br>".join(f"{report}: {formats}" for report, formats in adapter.reads)
        fields = {"conversions": adapter.fields, "clicks": adapter.clicks, "actions": adapter.actions}[
            adapter.holds
        ]
        places = ", ".join(
            f"`{place}`" + ("\\*" if place in adapter.shared else "") for place in fields.get("click_id", ())
        )
        lines.append(f"| {adapter.title} | {reports} | {places or '–'} |")
    return "\n".join(lines) + "\n"


def demo_output(tmp_path: Path) -> str:
    """The beginning of what `make demo` prints, as README shows it."""
    command = [
        *(sys.executable, "-m", "mmpsync", "reconcile", "sample_exports"),
        *("--config", "sample_exports/mmpsync.toml", "--as-of", "2026-03-20T00:00:00Z"),
        *("--out", str(tmp_path / "demo")),
    ]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={"COLUMNS": "100", "PATH": ""},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    lines = [line.rstrip() for line in done.stdout.splitlines()[:SHOWN_LINES]]
    return "```text\n" + "\n".join(lines) + "\n…\n```\n"


def test_the_demo_output_is_real_and_current(readme: str, tmp_path: Path) -> None:
    assert between(readme, "demo") == demo_output(tmp_path)


def test_what_is_read_is_what_the_adapters_say() -> None:
    assert between((ROOT / "docs" / "sources.md").read_text("utf-8"), "reads") == reads_table()


def test_every_reason_is_listed_in_order(readme: str) -> None:
    assert between(readme, "reasons") == reasons_table()


def test_the_configuration_shown_is_valid(readme: str, tmp_path: Path) -> None:
    shown = next(
        block for block in re.findall(r"```toml\n(.*?)```", readme, re.DOTALL) if "[program]" in block
    )
    path = tmp_path / "mmpsync.toml"
    path.write_text(shown, "utf-8")
    config = load_config(path, environ={})
    assert set(tomllib.loads(shown)) == {"program", "apps", "events", "sources", "gate", "push", "engine"}
    scalars = [
        key for key in config.effective() if key.split(".")[0] in {"program", "gate", "push", "engine"}
    ]
    assert [key for key in scalars if key.split(".")[1] not in shown] == []


@pytest.mark.parametrize(
    "verb",
    [
        ["init"],
        ["check"],
        ["reconcile"],
        ["report"],
        ["fetch", "clicks"],
        ["fetch", "actions"],
        ["push"],
        ["status"],
        ["explain"],
        ["demo"],
        ["config", "show"],
    ],
)
def test_every_verb_and_option_is_documented(readme: str, verb: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mmpsync", *verb, "--help"],
        env={"COLUMNS": "200", "PATH": "", "TERM": "dumb", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    assert f"`mmpsync {' '.join(verb)}" in readme
    options = set(re.findall(r"--[a-z][a-z-]+", done.stdout)) - {"--help", "--format", "--temp-directory"}
    settings = {"--config", "--threads", "--memory-limit", "--temp-dir"}
    assert [option for option in sorted(options - settings) if option not in readme] == []


def test_every_report_format_is_documented_and_no_other(readme: str) -> None:
    table = readme.split("### Report formats")[1].split("###", maxsplit=1)[0]
    assert re.findall(r"^\| `(\w+)` \| .* `--report .*`", table, re.MULTILINE) == list(FORMATS)


def test_every_exit_code_is_documented_and_no_other(readme: str) -> None:
    table = readme.split("### Exit codes")[1].split("###", maxsplit=1)[0]
    assert re.findall(r"^\| (\d+) \|", table, re.MULTILINE) == [str(code.value) for code in ExitCode]
