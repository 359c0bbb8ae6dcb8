"""How time and memory grow with the size of the input: ×1, ×4, ×16, Parquet, mmpsync with 1 GB for its engine.

Every run is a process of its own. Programs that hold whole files in memory are left out where those are larger than
this machine's, and Spark, where it would take the better part of an hour. Exit code: 0 every goal holds, 1 one is missed, 2 something failed to run.
"""

import argparse
import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

from measure import README, Measured, Tool, machine, put_results, run
from programs import add_options, agree, baseline, generate, mmpsync

STEPS = (1, 4, 16)
CLICKS_PER_CONVERSION = 25
MEMORY_LIMIT = "1GB"
MOST_MB = 1_600
MOST_GROWTH = 1.2  # times linear, from the middle size to the largest
SPARK = "mmpsync, Spark"
MOST_FOR_SPARK = 12_500_000
# Bytes of memory a click takes in pandas, whole rows read: measured with 5,000,000.
PANDAS_BYTES = 1_350
PLOT = README.with_name("growth.svg")


@dataclass(frozen=True)
class Point:
    tool: str
    clicks: int
    measured: Measured


def main() -> int:
    arguments = _parser().parse_args()
    points: list[Point] = []
    lines = ["| clicks | conversions | tool | wall s | CPU s | peak MB |", "|---:|---:|---|---:|---:|---:|"]
    print(*lines, sep="\n", flush=True)
    for step in STEPS:
        clicks = arguments.clicks * step // STEPS[-1]
        conversions = clicks // CLICKS_PER_CONVERSION
        data = generate(arguments, clicks, conversions, "parquet")
        found = [
            Point(name, clicks, run(tool, arguments.data))
            for name, tool in _tools(data["parquet"], data["as_of"], clicks, arguments)
        ]
        agree([point.measured for point in found if not point.tool.startswith("mmpsync")])
        for point in found:
            of = point.measured
            # The JVM and its workers can be measured on Linux alone.
            known = point.tool != SPARK or sys.platform == "linux"
            used = f"{of.cpu:.1f} | {of.peak:.0f}" if known else "– | –"
            lines.append(f"| {clicks:,} | {conversions:,} | {point.tool} | {of.wall:.1f} | {used} |")
            print(lines[-1], flush=True)
        points += found
    _, middle, largest = (point.measured for point in points if point.tool == "mmpsync")
    growth = largest.wall / (middle.wall * STEPS[2] / STEPS[1])
    goals = {
        f"peak memory of mmpsync at the largest size, in MB (<= {MOST_MB:,})": (largest.peak, MOST_MB),
        f"its time there, as a multiple of linear (<= {MOST_GROWTH})": (growth, MOST_GROWTH),
    }
    said = [
        f"- {what}: {value:,.2f}, {'holds' if value <= most else 'MISSES'}"
        for what, (value, most) in goals.items()
    ]
    print("", *said, sep="\n")
    if arguments.write:
        _plot(points)
        picture = f"![Time by size, both on logarithmic scales]({PLOT.name})"
        put_results("growth", "\n".join([f"{machine()}.", "", *lines, "", *said, "", picture]))
    return 0 if all(value <= most for value, most in goals.values()) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clicks", type=int, default=50_000_000, help="of the largest size")
    add_options(parser)
    return parser


def _tools(
    files: dict[str, str], as_of: str, clicks: int, arguments: argparse.Namespace
) -> Iterator[tuple[str, Tool]]:
    yield "mmpsync", mmpsync(arguments.mmpsync, files, as_of, "--memory-limit", MEMORY_LIMIT)
    if clicks <= MOST_FOR_SPARK and importlib.util.find_spec("pyspark") and shutil.which("java"):
        spark = mmpsync(arguments.mmpsync, files, as_of, "--engine", "spark")
        yield SPARK, replace(spark, starts_others=sys.platform == "linux")
    if clicks * PANDAS_BYTES < os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * 0.9:
        yield "pandas", baseline("pandas", files)
    yield "Polars, streaming", baseline("polars", files)
    yield "DuckDB SQL", baseline("duckdb", files)


def _plot(points: list[Point]) -> None:
    import altair as alt

    rows = [
        {"program": point.tool, "clicks": point.clicks, "seconds": point.measured.wall} for point in points
    ]
    chart = (
        alt.Chart(alt.Data(values=rows), width=560, height=320)
        .mark_line(point=True)
        .encode(
            x=alt.X("clicks:Q", scale=alt.Scale(type="log"), axis=alt.Axis(format="~s")),
            y=alt.Y("seconds:Q", scale=alt.Scale(type="log"), title="seconds"),
            color=alt.Color("program:N", title=None),
        )
    )
    chart.save(PLOT)


if __name__ == "__main__":
    sys.exit(main())
