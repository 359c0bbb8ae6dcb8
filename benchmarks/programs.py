"""The programs that are compared, and the data that they are given."""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from measure import Measured, Tool

__all__ = ["HERE", "add_options", "agree", "baseline", "generate", "mmpsync"]

HERE = Path(__file__).resolve().parent
_OUT = "out.parquet"


def add_options(parser: argparse.ArgumentParser) -> None:
    """What every benchmark can be told."""
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, default=HERE / "data", help="where the data is made and kept")
    parser.add_argument("--mmpsync", type=Path, default=Path(sys.executable).parent / "mmpsync")
    parser.add_argument("--write", action="store_true", help="put the results into benchmarks/README.md")


def generate(arguments: argparse.Namespace, clicks: int, conversions: int, form: str) -> dict[str, Any]:
    """The paths of the data by format, and the time as of which it is to be judged."""
    command = [sys.executable, HERE / "generate.py", "--out", arguments.data.resolve(), "--format", form]
    command += ["--clicks", clicks, "--conversions", conversions, "--seed", arguments.seed]
    made = subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE)
    files: dict[str, Any] = json.loads(made.stdout)
    return files


def mmpsync(command: Path, files: dict[str, str], as_of: str, *options: str) -> Tool:
    """The whole job of mmpsync; the planted faults may fail its gate."""
    if not command.exists():
        print(
            f"{command} does not exist: install mmpsync, or say where it is with --mmpsync", file=sys.stderr
        )
        raise SystemExit(2)
    words = ("reconcile", files["conversions"], "--clicks", files["clicks"], "--as-of", as_of, "--out", "run")
    return Tool((command.absolute(), *words, *options), makes="run/run.json", exit_codes=(0, 1))


def baseline(name: str, files: dict[str, str], *options: str) -> Tool:
    """One of the scripts that do the same for five reasons."""
    script = HERE / f"{name}_baseline.py"
    return Tool((sys.executable, script, files["conversions"], files["clicks"], _OUT, *options), makes=_OUT)


def agree(baselines: Sequence[Measured]) -> None:
    """Leave with 2 unless all scripts counted the same."""
    answers = {json.dumps(json.loads(run.stdout), sort_keys=True) for run in baselines}
    if len(answers) > 1:
        print("the baselines disagree:", *answers, sep="\n", file=sys.stderr)
        raise SystemExit(2)
