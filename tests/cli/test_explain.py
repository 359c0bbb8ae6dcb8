import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner, Result

from mmpsync.cli.explain import explain
from mmpsync.errors import UsageError
from mmpsync.reasons import CATALOGUE, VERDICT_MEANINGS, Reason

every_reason = pytest.mark.parametrize("reason", CATALOGUE, ids=lambda reason: reason.code)
at_both_widths = pytest.mark.parametrize("width", [80, 140])


@pytest.fixture(autouse=True)
def _no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)


def test_the_list_has_every_reason_once_with_severity_and_title() -> None:
    lines = [line.split(maxsplit=2) for line in run().stdout.splitlines() if line.startswith("  ")]
    listed = {code: (severity, title.strip()) for code, severity, title in lines}
    assert len(lines) == len(CATALOGUE)
    assert listed == {reason.code: (reason.severity, reason.title) for reason in CATALOGUE}


def test_the_list_is_grouped_by_verdict_in_the_order_of_the_catalogue() -> None:
    verdict, listed = "", []
    for line in run().stdout.splitlines():
        if line.startswith("  "):
            listed.append((verdict, line.split()[0]))
        elif line:
            verdict, meaning = line.split(" - ")
            assert meaning == VERDICT_MEANINGS[verdict]  # type: ignore[index]
    verdicts = list(dict.fromkeys(reason.verdict for reason in CATALOGUE))
    by_verdict = sorted(CATALOGUE, key=lambda reason: verdicts.index(reason.verdict))
    assert listed == [(reason.verdict, reason.code) for reason in by_verdict]


def test_the_list_says_how_to_go_on_but_not_on_stdout() -> None:
    result = run()
    assert "mmpsync explain REASON" in result.stderr
    assert "mmpsync explain REASON" not in result.stdout


@every_reason
@at_both_widths
def test_every_reason_is_told_in_full(reason: Reason, width: int) -> None:
    shown = one_line(run(reason.code, width=width).stdout)
    assert shown.startswith(reason.title)
    assert f"Reason {reason.code} " in shown
    assert f"Verdict {reason.verdict} - {VERDICT_MEANINGS[reason.verdict]} " in shown
    assert f"Severity {reason.severity} " in shown
    assert f"What it means {reason.meaning} " in shown
    assert f"Who can fix it {', then '.join(reason.fixers)} " in shown
    assert f"How {reason.fix} " in shown
    assert shown.endswith(f"Error in impact.com {reason.impact_error or 'none known'}")


@at_both_widths
def test_no_line_is_longer_than_the_terminal_is_wide(width: int) -> None:
    for arguments in [[], *([reason.code] for reason in CATALOGUE)]:
        result = run(*arguments, width=width)
        assert max(map(len, result.stdout.splitlines())) <= width


def test_a_row_of_the_list_fits_one_line_of_80() -> None:
    assert run(width=80).stdout.splitlines() == run(width=140).stdout.splitlines()


def test_a_reason_may_name_its_parameter() -> None:
    named, base = run("missing-parameter:order_id").stdout, run("missing-parameter").stdout
    added = [line.split() for line in named.splitlines() if line not in base.splitlines()]
    assert added == [["Parameter", "order_id"]]


def test_output_without_a_terminal_has_no_escape_codes() -> None:
    for arguments in ([], ["orphan-click-id"]):
        assert "\x1b" not in run(*arguments).stdout


def test_no_color_is_obeyed_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    coloured = "\x1b[31merror"
    assert coloured in run("orphan-click-id").stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert coloured not in run("orphan-click-id").stdout


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("orphan-clickid", "orphan-click-id"),
        ("orphan", "orphan-click-id"),
        ("ORGANIC", "organic"),
        ("missing_parameter:order_id", "missing-parameter"),
    ],
)
def test_an_unknown_reason_names_the_nearest_and_the_list(given: str, meant: str) -> None:
    with pytest.raises(UsageError) as caught:
        run(given)
    message = str(caught.value)
    assert repr(given) in message
    assert f"Did you mean {meant}" in message
    assert "`mmpsync explain`" in message
    assert caught.value.exit_code == 2


def test_an_unknown_reason_like_no_other_gets_no_guess() -> None:
    with pytest.raises(UsageError) as caught:
        run("xyz")
    assert str(caught.value) == "There is no reason called 'xyz'. `mmpsync explain` lists them all."


def test_importing_the_command_imports_no_rich() -> None:
    program = "import sys, typer; had = 'rich' in sys.modules; import mmpsync.cli.explain; "
    program += "sys.exit(not had and 'rich' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


def run(*arguments: str, width: int = 80) -> Result:
    app = typer.Typer()
    app.command()(explain)
    return CliRunner().invoke(app, arguments, env={"COLUMNS": str(width)}, catch_exceptions=False)


def one_line(text: str) -> str:
    return " ".join(text.split())
