"""What Tab proposes, through the shell's own way in, and that it names what there is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mmpsync.cli.completion import REPORT_FORMATS, complete_reason, complete_source
from mmpsync.config import SOURCES
from mmpsync.reasons import CATALOGUE
from mmpsync.report.formats import FORMATS


def test_what_is_proposed_is_what_there_is() -> None:
    assert list(REPORT_FORMATS) == list(FORMATS)
    assert [code for code, _ in complete_reason("")] == [reason.code for reason in CATALOGUE]
    assert list(complete_source("")) == [f"{name}=" for name in SOURCES]


@pytest.mark.parametrize(
    ("words", "proposed"),
    [
        ("mmpsync che", ["check"]),
        ("mmpsync explain orphan", ["orphan-click-id"]),
        ("mmpsync check --report j", ["json", "junit"]),
        ("mmpsync reconcile --source ap", ["appsflyer="]),
        ("mmpsync check --fail-on w", ["warning"]),
    ],
)
def test_bash_gets_its_proposals(words: str, proposed: list[str], tmp_path: Path) -> None:
    place = {
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
        "_MMPSYNC_COMPLETE": "complete_bash",
    }
    done = subprocess.run(
        [sys.executable, "-m", "mmpsync"],
        cwd=tmp_path,
        env=os.environ | place,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, proposed, "")
