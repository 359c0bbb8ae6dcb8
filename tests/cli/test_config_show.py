import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mmpsync.__main__ import run
from mmpsync.cli.options import overrides
from mmpsync.config import load_config
from mmpsync.config_problems import literal

FILE = """
[program]
campaign_id = 1000
[apps."com.acme.shop"]
platform = "android"
[events.purchase]
names = ["af_purchase", "Order Completed", "checkout_success_event", "Käufe"]
[sources.appsflyer.fields]
click_id = ["original_url?irclickid", "af_sub1"]
[gate]
min_match_rate = "97%"
tolerate = { outside-referral-window = "0.5%" }
"""

Show = Callable[..., str]


@pytest.fixture
def show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Show:
    for name in [*os.environ]:
        if name.startswith("MMPSYNC_") or name in {"FORCE_COLOR", "TTY_COMPATIBLE"}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    Path("mmpsync.toml").write_text(FILE, encoding="utf-8")

    def call(*arguments: str) -> str:
        assert run(["config", "show", *arguments]) == 0
        printed = capsys.readouterr()
        assert printed.err == ""
        return printed.out

    return call


def test_json_has_every_value_and_its_origin(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMPSYNC_ENGINE_MEMORY_LIMIT", "1GB")
    document = json.loads(show("--format", "json"))
    config = load_config()
    assert {key: entry["value"] for key, entry in document.items()} == config.effective()
    assert {key: entry["origin"] for key, entry in document.items()} == config.origins()
    assert document["engine.memory_limit"] == {
        "value": "1GB",
        "origin": "environment MMPSYNC_ENGINE_MEMORY_LIMIT",
    }


def test_text_has_a_line_per_key_in_the_order_of_the_file(show: Show) -> None:
    lines = show().splitlines()
    assert lines[0].split() == ["from", "key", "value"]
    keys = [line.split()[1] for line in lines[1:] if line.startswith(("file ", "default ", "environment "))]
    assert keys == list(load_config().effective())


def test_text_is_aligned_and_at_most_80_columns_wide(show: Show) -> None:
    head, *lines = show().splitlines()
    assert max(map(len, lines)) <= 80
    value_at = head.index("value")
    for line in lines[: lines.index("")]:
        assert line[value_at - 1] == " "
        assert line[value_at] != " "


def test_no_value_is_cut_off_in_80_columns(show: Show) -> None:
    printed = "".join(show().split())
    effective = load_config().effective()
    assert [
        key for key, value in effective.items() if value and "".join(literal(value).split()) not in printed
    ] == []


def test_a_table_without_keys_is_a_pair_of_braces(show: Show) -> None:
    (line,) = (line for line in show().splitlines() if " events.purchase.fields " in line)
    assert line.split()[-1] == "{}"


def test_text_says_where_values_come_from(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMPSYNC_ENGINE_MEMORY_LIMIT", "1GB")
    monkeypatch.setenv("MMPSYNC_ENGINE_THREADS", "2")
    text = show()
    rows = [line.split() for line in text.splitlines()]
    assert ["file", "program.campaign_id", "1000"] in rows
    assert ["file", "gate.tolerate.outside-referral-window", '"0.5%"'] in rows
    assert ["environment", "engine.memory_limit", '"1GB"'] in rows
    assert ["default", "engine.temp_directory", "not", "set"] in rows
    assert text.endswith(
        "\n\nfile: mmpsync.toml\nenvironment: MMPSYNC_ENGINE_THREADS, MMPSYNC_ENGINE_MEMORY_LIMIT\n"
    )


def test_a_given_file_is_shown_as_given(show: Show, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text("[engine]\nthreads = 3", encoding="utf-8")
    assert show("--config", str(other)).endswith(f"\n\nfile: {other}\n")


def test_credentials_never_appear(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMPACT_ACCOUNT_SID", "sid-hunter2")
    monkeypatch.setenv("IMPACT_AUTH_TOKEN", "token-hunter2")
    for form in ("text", "json"):
        assert "hunter2" not in show("--format", form)


@pytest.mark.usefixtures("show")
def test_flags_become_the_keys_they_override() -> None:
    flags = overrides(
        engine="spark",
        spark_master="local[4]",
        spark_directory="hdfs:///tmp",
        threads=4,
        memory_limit="2GB",
        temp_dir=Path("spill"),
    )
    config = load_config(overrides=flags)
    assert config.engine.model_dump() == {
        "name": "spark",
        "threads": 4,
        "memory_limit": "2GB",
        "temp_directory": Path("spill"),
        "spark_master": "local[4]",
        "spark_directory": "hdfs:///tmp",
    }
    origins = {key: config.origins()[key] for key in flags}
    assert origins == {
        "engine.name": "flag --engine",
        "engine.spark_master": "flag --spark-master",
        "engine.spark_directory": "flag --spark-directory",
        "engine.threads": "flag --threads",
        "engine.memory_limit": "flag --memory-limit",
        "engine.temp_directory": "flag --temp-directory",
    }
    assert overrides() == {}
