"""What `mmpsync` alone proposes, by what a folder holds."""

from pathlib import Path

import pytest

from mmpsync.cli.next_steps import next_steps

VERBS = ("init", "check", "reconcile", "report")


@pytest.mark.parametrize(
    ("files", "said", "commands"),
    [
        ([], "There are no exports and no mmpsync.toml here.", ["mmpsync demo demo", "mmpsync init EXPORT"]),
        (["may.csv.gz"], "Here are what look like exports (may.csv.gz).", ["mmpsync init may.csv.gz"]),
        (
            ["my exports/a/b/x.parquet"],
            "Here are what look like exports (my exports).",
            ["mmpsync init 'my exports'"],
        ),
        (["mmpsync.toml"], "Here is mmpsync.toml.", ["mmpsync check", "mmpsync reconcile EXPORT"]),
        (
            ["mmpsync.toml", "in/x.jsonl"],
            "Here are what look like exports (in) and mmpsync.toml.",
            ["mmpsync check in", "mmpsync reconcile in"],
        ),
        (
            ["mmpsync.toml", "runs/20260301T000000Z/run.json", "runs/20260301T000000Z/exceptions.csv"],
            "Here are mmpsync.toml and finished runs (runs).",
            ["mmpsync check", "mmpsync reconcile EXPORT", "mmpsync report last --report html=report.html"],
        ),
        (["notes.txt", ".hidden/x.csv", "_x.csv"], "There are no exports and no mmpsync.toml here.", None),
    ],
)
def test_the_next_commands_follow_from_the_folder(
    files: list[str], said: str, commands: list[str] | None, tmp_path: Path
) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("", "utf-8")
    found, steps = next_steps(tmp_path, VERBS)
    assert found == said
    if commands is not None:
        assert [step.command for step in steps] == commands


def test_push_is_proposed_for_a_run_where_there_is_such_a_verb(tmp_path: Path) -> None:
    (tmp_path / "runs" / "one").mkdir(parents=True)
    (tmp_path / "runs" / "one" / "run.json").write_text("{}", "utf-8")
    _, steps = next_steps(tmp_path, [*VERBS, "push"])
    assert steps[-1].command == "mmpsync push last"
