"""`mmpsync check` and `mmpsync init` as commands: exit codes, where links come from, where reports go."""

import io
import json
from pathlib import Path

import pytest
from fake_impact import SID, TOKEN, FakeImpact

from mmpsync.__main__ import run

GOOD = "https://app.appsflyer.com/id1234567890?pid=impactradius_int&clickid={clickid}"
BAD = GOOD.replace("{clickid}", "{ClickId}")
COMPLETE = """
[program]
campaign_id = 1
[apps.id1234567890]
platform = "ios"
tracker_id = 4002
[events.install]
names = ["install"]
code = "INSTALL"
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("MMPSYNC_CONFIG", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)


def test_with_nothing_to_check_it_says_how_to_begin(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check"]) == 2
    assert "write one: mmpsync init EXPORT" in capsys.readouterr().err


def test_the_configuration_alone_passes_and_warnings_fail_where_they_are_to(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("mmpsync.toml").write_text(COMPLETE, "utf-8")
    assert run(["check"]) == 0
    assert capsys.readouterr().out == "Check PASSED, no error and no warning\nLooked at the configuration\n"
    Path("mmpsync.toml").write_text(COMPLETE.replace("campaign_id = 1", ""), "utf-8")
    assert run(["check"]) == 0
    assert run(["check", "--fail-on", "warning"]) == 1
    assert run(["check", "--fail-on", "sometimes"]) == 2


def test_links_come_from_the_command_line_a_file_and_stdin(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("links.txt").write_text(f"# ours\n{GOOD}\n\n{BAD}\n", "utf-8")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{GOOD}&x=1\n"))
    assert run(["check", "--link", GOOD, "--link", "links.txt", "--link", "-", "--report", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [link["url"] for link in found["links"]] == [GOOD, GOOD, BAD, f"{GOOD}&x=1"]
    assert found["looked_at"] == ["links"]
    assert run(["check", "--link", "gone.txt"]) != 0


def test_reports_go_where_those_of_a_run_go(capsys: pytest.CaptureFixture[str]) -> None:
    reports = [
        "text",
        "github",
        "json=out/check.json",
        "sarif=check.sarif",
        "html=check.html",
        "xlsx=check.xlsx",
    ]
    assert run(["check", "--link", BAD, *(part for each in reports for part in ("--report", each))]) == 1
    out = capsys.readouterr().out
    assert out.startswith("Check FAILED")
    assert "::error title=macro-misspelled::" in out
    written = {path.name: path.stat().st_mode & 0o777 for path in Path().rglob("check.*")}
    assert written == dict.fromkeys(("check.json", "check.sarif", "check.html", "check.xlsx"), 0o600)
    assert run(["check", "--link", BAD, "--report", "json", "--report", "text"]) == 2
    assert run(["check", "--link", BAD, "--report", "pdf"]) == 2


def test_init_keeps_a_file_that_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mmpsync.toml").write_text("mine", "utf-8")
    assert run(["init"]) == 2
    assert "--force" in capsys.readouterr().err
    assert run(["init", "--force"]) == 0
    assert "Next: mmpsync check\n" in capsys.readouterr().out
    assert run(["init", "--out", "other.toml"]) == 0
    assert "Next: mmpsync check --config other.toml\n" in capsys.readouterr().out
    assert run(["check", "--config", "other.toml"]) == 0
    assert run(["init", "gone/", "--out", "third.toml"]) == 2
    assert not Path("third.toml").exists()


def test_init_says_how_to_check_what_it_was_told_the_source_of(capsys: pytest.CaptureFixture[str]) -> None:
    Path("odd.csv").write_text("Event Name,Event Time\naf_purchase,2026-03-10 09:00:00\n", "utf-8")
    assert run(["init", "--source", "appsflyer=odd.csv"]) == 0
    assert "Next: mmpsync check --source appsflyer=odd.csv\n" in capsys.readouterr().out
    assert run(["check", "--source", "appsflyer=odd.csv"]) in {0, 1}


def test_online_asks_only_and_says_what_impact_com_answers(
    fake: FakeImpact, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("mmpsync.toml").write_text(COMPLETE, "utf-8")
    monkeypatch.setenv("IMPACT_ACCOUNT_SID", SID)
    monkeypatch.setenv("IMPACT_AUTH_TOKEN", TOKEN)
    assert run(["check", "--online", "--api-url", fake.url]) == 1
    assert "impact.com knows no program 1 of this account" in capsys.readouterr().out
    fake.state.programs["1"] = "ACTIVE"
    assert run(["check", "--online", "--api-url", fake.url]) == 0
    assert "Looked at the configuration; impact.com's answer" in capsys.readouterr().out
    assert {*fake.state.requests} == {"GET"}
    monkeypatch.setenv("IMPACT_AUTH_TOKEN", "not-the-token")
    assert run(["check", "--online", "--api-url", fake.url]) == 1
    told = capsys.readouterr().out
    assert "credentials-refused" in told
    assert "not-the-token" not in told
    assert run(["check", "--online", "--api-url", fake.url, "--fail-on", "never"]) == 0


def test_a_link_of_which_nothing_can_be_told_is_not_green(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--link", "https://bit.ly/3AbCdEf", "--fail-on", "warning"]) == 1
    assert capsys.readouterr().out.startswith("Check FAILED, 1 warning\n")
