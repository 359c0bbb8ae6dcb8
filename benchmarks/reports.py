"""Measure what every format of a report takes over a run with a million exceptions.

`.venv/bin/python benchmarks/reports.py` makes the exports (see generate.py) and the run unless they are there. Each
format is rendered by a process of its own, start-up included. Exit code: 0 every goal holds, 1 one is missed, 2
something failed to run.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from bench import Goal
from measure import Tool, take_turns
from programs import HERE

FORMATS = ("text", "json", "csv", "markdown", "github", "azure", "junit", "sarif", "html", "xlsx")
# Every row of impact.com's has a fault: 1,022,652 exceptions.
ROWS = ("--conversions", "1700000", "--clicks", "1000000")
FAULTS = (
    "--missing",
    ".2",
    "--macro",
    ".1",
    "--case",
    ".1",
    "--orphan",
    ".3",
    "--before",
    ".15",
    "--outside",
    ".15",
)
MOST_SECONDS, MOST_MEGABYTES = 5, 500


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--data", type=Path, default=HERE / "data", help="where the data is made and kept")
    parser.add_argument("--unmask", action="store_true", help="show personal data, which are more columns")
    parser.add_argument("formats", nargs="*", metavar="FORMAT", help="default: all")
    arguments = parser.parse_args()
    mmpsync, run = Path(sys.executable).parent / "mmpsync", arguments.data.resolve() / "reports-run"
    if not run.exists():
        _reconcile(mmpsync, arguments.data.resolve(), run)
    flags = ("--unmask",) if arguments.unmask else ()
    tools = {
        name: Tool((mmpsync, "report", run, "--report", f"{name}=out", *flags), makes="out")
        for name in arguments.formats or FORMATS
    }
    print("| format | wall s | CPU s | peak MB |\n|---|---:|---:|---:|", flush=True)
    goals = []
    for name, tool in tools.items():
        taken = take_turns({name: tool}, arguments.repeat, scratch=arguments.data)[name]
        print(f"| {name} | {taken.wall:.2f} | {taken.cpu:.2f} | {taken.peak:.0f} |", flush=True)
        goals.append(Goal(f"{name}: seconds", taken.wall, at_most=MOST_SECONDS))
        goals.append(Goal(f"{name}: megabytes", taken.peak, at_most=MOST_MEGABYTES))
    missed = [goal for goal in goals if not goal.holds]
    print("", *missed or ["Every goal holds."], sep="\n")
    return 1 if missed else 0


def _reconcile(mmpsync: Path, data: Path, run: Path) -> None:
    generate = (sys.executable, HERE / "generate.py", "--format", "parquet", "--out", data, *ROWS, *FAULTS)
    made = json.loads(subprocess.run(generate, check=True, stdout=subprocess.PIPE).stdout)
    files, as_of = made["parquet"], made["as_of"]
    command = (mmpsync, "reconcile", files["conversions"], "--clicks", files["clicks"], "--as-of", as_of)
    options = ("--fail-on", "never", "--out", run)
    subprocess.run((*command, *options), check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
