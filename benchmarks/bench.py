"""Measure mmpsync against pandas, Polars and hand-written DuckDB SQL, on the same data, in one go.

Every run is a process of its own, all take turns, and all may use every core. Of the repeats, times are the
best and peak memory (resident) is the median. Exit code: 0 every goal holds, 1 one is missed, 2 something failed to run.
"""

import argparse
import sys
from dataclasses import dataclass

from measure import Measured, Tool, machine, put_results, take_turns
from programs import HERE, add_options, agree, baseline, generate, mmpsync

FULL, QUICK, SMALL = (5_000_000, 500_000), (500_000, 50_000), (10_000, 1_000)  # clicks, conversions
STARTS = 10
IMPORTS = "import ibis, duckdb, pandas"


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


class Page:
    """What is printed, kept to be written."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, *lines: object) -> None:
        for line in map(str, lines):
            print(line, flush=True)
            self.lines.append(line)

    def row(self, kind: str, name: str, run: Measured, digits: int = 2) -> None:
        self.add(f"| {kind} | {name} | {run.wall:.{digits}f} | {run.cpu:.{digits}f} | {run.peak:.0f} |")


def main() -> int:
    arguments = _parser().parse_args()
    clicks, conversions = QUICK if arguments.quick else (arguments.clicks, arguments.conversions)
    data = generate(arguments, clicks, conversions, arguments.format)
    small = generate(arguments, *SMALL, "csv")

    page = Page()
    page.add(
        f"{clicks:,} clicks, {conversions:,} conversions, best of {arguments.repeat}. {machine()}.",
        "",
        "| input | tool | wall s | CPU s | peak MB |",
        "|---|---|---:|---:|---:|",
    )
    goals: list[Goal] = []
    for kind in ("csv", "parquet") if arguments.format == "both" else (arguments.format,):
        goals += _compare(page, kind, data[kind], data["as_of"], arguments)
    goals += _compare_small(page, small["csv"], small["as_of"], arguments)
    goals += _compare_starts(page, arguments)

    page.add("", "| goal | measured | wanted | |", "|---|---:|---:|---|", *goals)
    if (clicks, conversions) != FULL:
        page.add(
            "",
            "The goals are set for 5,000,000 clicks and 500,000 conversions; in smaller runs, fixed costs count for more.",
        )
    if arguments.write:
        put_results("results", "\n".join(page.lines))
    return 0 if all(goal.holds for goal in goals) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clicks", type=int, default=FULL[0])
    parser.add_argument("--conversions", type=int, default=FULL[1])
    parser.add_argument("--quick", action="store_true", help="500,000 clicks and 50,000 conversions")
    parser.add_argument("--format", choices=("csv", "parquet", "both"), default="both")
    parser.add_argument("--repeat", type=int, default=3)
    add_options(parser)
    return parser


def _compare(
    page: Page, kind: str, files: dict[str, str], as_of: str, arguments: argparse.Namespace
) -> list[Goal]:
    tools = {
        "mmpsync": mmpsync(arguments.mmpsync, files, as_of),
        "pandas": baseline("pandas", files),
        "pandas, chosen columns": baseline("pandas", files, "--columns"),
        "Polars, streaming": baseline("polars", files),
        "DuckDB SQL": baseline("duckdb", files),
    }
    best = take_turns(tools, arguments.repeat, scratch=arguments.data)
    for name, run in best.items():
        page.row(kind, name, run)
    own, *others = best.values()
    agree(others)
    pandas, _, polars, duckdb = others
    return [
        Goal(f"{kind}: pandas / mmpsync, time", pandas.wall / own.wall, at_least=6),
        Goal(f"{kind}: mmpsync / pandas, peak memory", own.peak / pandas.peak, at_most=0.25),
        Goal(f"{kind}: Polars / mmpsync, time", polars.wall / own.wall, at_least=1.5),
        Goal(f"{kind}: mmpsync / DuckDB SQL, time", own.wall / duckdb.wall, at_most=1.4),
    ]


def _compare_small(
    page: Page, files: dict[str, str], as_of: str, arguments: argparse.Namespace
) -> list[Goal]:
    tools = {
        "mmpsync": mmpsync(arguments.mmpsync, files, as_of),
        f"`{IMPORTS}`": Tool((sys.executable, "-c", IMPORTS)),
    }
    take_turns(tools, 1, scratch=arguments.data)  # files are read once before it counts
    best = take_turns(tools, arguments.repeat, scratch=arguments.data)
    for name, run in best.items():
        page.row("1,000 rows", name, run)
    own, imports = best.values()
    return [Goal("1,000 rows: mmpsync / the imports alone, time", own.wall / imports.wall, at_most=2.5)]


def _compare_starts(page: Page, arguments: argparse.Namespace) -> list[Goal]:
    goals = []
    for flag in ("--help", "--version"):
        tools = {
            "mmpsync": Tool((arguments.mmpsync.absolute(), flag)),
            "bare Typer app": Tool((sys.executable, HERE / "bare_typer.py", flag)),
        }
        take_turns(tools, 1)  # byte code is compiled and files are read once before it counts
        best = take_turns(tools, STARTS)
        for name, run in best.items():
            page.row(flag, name, run, digits=3)
        own, bare = best.values()
        goals.append(
            Goal(f"start-up, {flag}: mmpsync / bare Typer app, time", own.wall / bare.wall, at_most=1.5)
        )
    return goals


if __name__ == "__main__":
    sys.exit(main())
