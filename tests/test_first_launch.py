"""docs/first-launch.md holds: every command runs as written, in order, and prints what the page shows."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[1] / "docs" / "first-launch.md").read_text("utf-8")
MARK = "<<<command {} done>>>"


def commands() -> list[tuple[str, list[str]]]:
    """The commands of all console blocks in order, each with the lines of output that are shown."""
    found: list[tuple[str, list[str]]] = []
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            elif line.startswith("> "):
                found[-1] = (f"{found[-1][0]}\n{line[2:]}", found[-1][1])
            else:
                found[-1][1].append(line)
    return found


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    """What each command printed, run one after the other by one shell in an empty folder."""
    folder = tmp_path_factory.mktemp("launch")
    binaries = tmp_path_factory.mktemp("bin")
    (binaries / "mmpsync").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mmpsync "$@"\n', "utf-8")
    (binaries / "mmpsync").chmod(0o755)
    script = "".join(
        f"{command}\ncode=$?; echo '{MARK.format(n)}'; (exit $code)\n"
        for n, (command, _) in enumerate(commands())
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MMPSYNC_")}
    done = subprocess.run(
        ["bash"],
        input=script,
        cwd=folder,
        env=environment | {"PATH": f"{binaries}:{os.environ['PATH']}", "COLUMNS": "120", "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    pieces = re.split("|".join(re.escape(MARK.format(n)) for n in range(len(commands()))), done.stdout)
    return [piece.strip("\n").splitlines() for piece in pieces]


def test_every_command_prints_what_the_page_shows(outputs: list[list[str]]) -> None:
    for (command, shown), printed in zip(commands(), outputs, strict=False):
        expected = "\n".join(re.escape(line) if line != "…" else r"(?:.*\n)*?.*" for line in shown)
        assert re.fullmatch(expected, "\n".join(printed)), (command, printed)


def test_the_page_ends_with_a_green_check() -> None:
    last, shown = commands()[-1]
    assert last.startswith("mmpsync check ")
    assert shown[0] == "Check PASSED, no error and no warning"
