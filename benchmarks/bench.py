"""Measure mmpsync against pandas and against hand-written DuckDB SQL, on the same data, in one go.

Every run is a process of its own, the three take turns, and all may use every core. Of the repeats, times are the
best and peak memory (resident) is the median. Exit code: 0 every goal holds, 1 one is missed, 2 something failed to run.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
FULL, QUICK = (5_000_000, 500_000), (500_000, 50_000)  # clicks, conversions
STARTS = 10


@dataclass(frozen=True)
class Tool:
    """A command, the exit codes with which it has done its work, and the file that it then has made."""

    command: tuple[str | Path, ...]
    makes: str = "."
    exit_codes: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class Measured:
    """One run of one process: seconds on the clock, seconds of CPU, peak resident megabytes, what it printed."""

    wall: float
    cpu: float
    peak: float
    stdout: str

    @classmethod
    def over(cls, runs: list["Measured"]) -> "Measured":
        return cls(
            wall=min(run.wall for run in runs),
            cpu=min(run.cpu for run in runs),
            peak=statistics.median(run.peak for run in runs),
            stdout=runs[-1].stdout,
        )


@dataclass(frozen=True)
class Goal:
    what: str
    ratio: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def holds(self) -> bool:
        return self.ratio >= self.at_least if self.at_least is not None else self.ratio <= (self.at_most or 0)

    def __str__(self) -> str:
        wanted = f">= {self.at_least:g}" if self.at_least is not None else f"<= {self.at_most:g}"
        return f"| {self.what} | {self.ratio:.2f} | {wanted} | {'holds' if self.holds else 'MISSES'} |"


def main() -> int:
    arguments = _parser().parse_args()
    clicks, conversions = QUICK if arguments.quick else (arguments.clicks, arguments.conversions)
    if not arguments.mmpsync.exists():
        print(
            f"{arguments.mmpsync} does not exist: install mmpsync, or say where it is with --mmpsync",
            file=sys.stderr,
        )
        return 2
    data = _generate(arguments, clicks, conversions)

    print(
        f"{clicks:,} clicks, {conversions:,} conversions, {os.cpu_count()} cores, best of {arguments.repeat}\n"
    )
    print("| input | tool | wall s | CPU s | peak MB |\n|---|---|---:|---:|---:|")
    goals: list[Goal] = []
    for kind in ("csv", "parquet") if arguments.format == "both" else (arguments.format,):
        goals += _compare(kind, data[kind], data["as_of"], arguments)
    goals += _compare_starts(arguments.mmpsync)

    print("\n| goal | measured | wanted | |\n|---|---:|---:|---|", *goals, sep="\n")
    if (clicks, conversions) != FULL:
        print(
            "\nThe goals are set for 5,000,000 clicks and 500,000 conversions; in smaller runs, fixed costs count for more."
        )
    return 0 if all(goal.holds for goal in goals) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clicks", type=int, default=FULL[0])
    parser.add_argument("--conversions", type=int, default=FULL[1])
    parser.add_argument("--quick", action="store_true", help="500,000 clicks and 50,000 conversions")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--format", choices=("csv", "parquet", "both"), default="both")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--data", type=Path, default=HERE / "data", help="where the data is made and kept")
    parser.add_argument("--mmpsync", type=Path, default=Path(sys.executable).parent / "mmpsync")
    return parser


def _generate(arguments: argparse.Namespace, clicks: int, conversions: int) -> dict[str, Any]:
    command = [
        sys.executable,
        HERE / "generate.py",
        "--out",
        arguments.data.resolve(),
        "--format",
        arguments.format,
    ]
    command += ["--clicks", clicks, "--conversions", conversions, "--seed", arguments.seed]
    made = subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE)
    files: dict[str, Any] = json.loads(made.stdout)
    return files


def _compare(kind: str, files: dict[str, str], as_of: str, arguments: argparse.Namespace) -> list[Goal]:
    conversions, clicks = files["conversions"], files["clicks"]
    reconcile = ("reconcile", conversions, "--clicks", clicks, "--as-of", as_of, "--out", "run")
    python, out = sys.executable, "out.parquet"
    tools = {
        "mmpsync": Tool((arguments.mmpsync.absolute(), *reconcile), makes="run/run.json", exit_codes=(0, 1)),
        "pandas": Tool((python, HERE / "pandas_baseline.py", conversions, clicks, out), makes=out),
        "pandas, chosen columns": Tool(
            (python, HERE / "pandas_baseline.py", conversions, clicks, out, "--columns"), makes=out
        ),
        "duckdb": Tool((python, HERE / "duckdb_baseline.py", conversions, clicks, out), makes=out),
    }
    best = _take_turns(tools, arguments.repeat, scratch=arguments.data)
    for name, run in best.items():
        print(f"| {kind} | {name} | {run.wall:.2f} | {run.cpu:.2f} | {run.peak:.0f} |", flush=True)
    mmpsync, pandas, duckdb = best["mmpsync"], best["pandas"], best["duckdb"]
    answers = {run.stdout.strip() for name, run in best.items() if name != "mmpsync"}
    if len({json.dumps(json.loads(answer), sort_keys=True) for answer in answers}) > 1:
        print(f"the baselines disagree on {kind}:", *answers, sep="\n", file=sys.stderr)
        raise SystemExit(2)
    return [
        Goal(f"{kind}: pandas / mmpsync, time", pandas.wall / mmpsync.wall, at_least=4),
        Goal(f"{kind}: mmpsync / pandas, peak memory", mmpsync.peak / pandas.peak, at_most=0.25),
        Goal(f"{kind}: mmpsync / duckdb, time", mmpsync.wall / duckdb.wall, at_most=2),
    ]


def _compare_starts(mmpsync: Path) -> list[Goal]:
    goals = []
    for flag in ("--help", "--version"):
        tools = {
            "mmpsync": Tool((mmpsync.absolute(), flag)),
            "bare Typer app": Tool((sys.executable, HERE / "bare_typer.py", flag)),
        }
        _take_turns(tools, 1)  # byte code is compiled and files are read once before it counts
        best = _take_turns(tools, STARTS)
        for name, run in best.items():
            print(f"| {flag} | {name} | {run.wall:.3f} | {run.cpu:.3f} | {run.peak:.0f} |", flush=True)
        ratio = best["mmpsync"].wall / best["bare Typer app"].wall
        goals.append(Goal(f"start-up, {flag}: mmpsync / bare Typer app, time", ratio, at_most=2))
    return goals


def _take_turns(tools: dict[str, Tool], repeat: int, scratch: Path | None = None) -> dict[str, Measured]:
    runs = [{name: _run(tool, scratch) for name, tool in tools.items()} for _ in range(repeat)]
    return {name: Measured.over([turn[name] for turn in runs]) for name in tools}


def _run(tool: Tool, scratch: Path | None) -> Measured:
    """Run a tool in an empty directory (inside `scratch`) of its own and measure it, and what it starts.

    A child's peak memory begins with that of the process that starts it, so this one imports nothing big.
    """
    # Without compiled byte code an app in a checkout would start slower than an installed one.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with (
        tempfile.TemporaryDirectory(dir=scratch, prefix="run-") as directory,
        tempfile.TemporaryFile("w+") as stdout,
        tempfile.TemporaryFile("w+") as stderr,
    ):
        start = time.perf_counter()
        process = subprocess.Popen(
            tool.command,
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        stdout.seek(0)
        stderr.seek(0)
        # The file tells a failed gate (exit code 1) from a traceback (exit code 1 as well).
        if process.returncode not in tool.exit_codes or not Path(directory, tool.makes).exists():
            command = " ".join(str(word) for word in tool.command)
            print(
                f"exit code {process.returncode}, {tool.makes} wanted: {command}\n{stderr.read()}",
                file=sys.stderr,
            )
            raise SystemExit(2)
        kilobytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
        return Measured(wall, usage.ru_utime + usage.ru_stime, kilobytes / 1024, stdout.read())


if __name__ == "__main__":
    sys.exit(main())
