"""Options that several verbs share, and the configuration keys that they set."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from mmpsync.cli.completion import complete_level, complete_report, complete_source
from mmpsync.errors import UsageError

__all__ = [
    "ApiUrlOption",
    "AsOfOption",
    "ConfigOption",
    "EngineOption",
    "FailOnOption",
    "LedgerOption",
    "MemoryLimitOption",
    "ReportOption",
    "SourceOption",
    "SparkMasterOption",
    "TempDirOption",
    "ThreadsOption",
    "UnmaskOption",
    "by_source",
    "overrides",
]

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Configuration file; default: the one MMPSYNC_CONFIG names, else ./mmpsync.toml if there is one.",
    ),
]
ReportOption = Annotated[
    list[str] | None,
    typer.Option(
        "--report",
        metavar="FORMAT[=FILE]",
        autocompletion=complete_report,
        help="text, json, markdown, github, azure, junit, sarif, html, csv or xlsx, to a file or to stdout (-);"
        " repeatable; default: text.",
    ),
]
UnmaskOption = Annotated[
    bool,
    typer.Option(
        "--unmask",
        help="Show ids, e-mail and IP addresses as they are, which reports mask otherwise.",
    ),
]
SourceOption = Annotated[
    list[str] | None,
    typer.Option(
        "--source",
        metavar="NAME=PATH",
        autocompletion=complete_source,
        help="Read these as exports of that source, such as appsflyer, whatever they hold; repeatable.",
    ),
]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="TIME",
        help="Measure ages from here, such as 2026-03-01T08:00:00Z; default: now.",
    ),
]
FailOnOption = Annotated[
    str | None,
    typer.Option(
        "--fail-on",
        metavar="error|warning|never",
        autocompletion=complete_level,
        help="Leave with 1 when there are errors (the default), warnings as well, or never.",
    ),
]
ThreadsOption = Annotated[
    int | None,
    typer.Option("--threads", metavar="N", help="Threads the engine may use; default: one per core."),
]
MemoryLimitOption = Annotated[
    str | None,
    typer.Option(
        "--memory-limit",
        metavar="SIZE",
        help='Memory the engine may use, such as "2GB"; beyond it, it spills.',
    ),
]
TempDirOption = Annotated[
    Path | None,
    typer.Option(
        "--temp-dir",
        "--temp-directory",
        metavar="DIR",
        help="Where the engine spills to, and fetches remote files.",
    ),
]
EngineOption = Annotated[
    str | None,
    typer.Option(
        "--engine",
        metavar="duckdb|spark",
        help="What does the work: duckdb, inside this process (the default), or spark, on a cluster.",
    ),
]
SparkMasterOption = Annotated[
    str | None,
    typer.Option(
        "--spark-master",
        metavar="URL",
        help="Where Spark runs, such as local[4], yarn or spark://host:7077; default: as Spark is configured.",
    ),
]
SparkDirectoryOption = Annotated[
    str | None,
    typer.Option(
        "--spark-directory",
        metavar="URL",
        help="A folder that all of a cluster sees, such as s3a://bucket/tmp, for the tables of a run.",
    ),
]

LedgerOption = Annotated[
    Path | None,
    typer.Option(
        "--ledger", metavar="FILE", help="The ledger of pushes; default: push.ledger, else one per program."
    ),
]
ApiUrlOption = Annotated[
    str | None,
    typer.Option(
        "--api-url",
        metavar="URL",
        help="Another address than impact.com's; http://127.0.0.1:PORT is a rehearsal, with a ledger and folders of its own.",
    ),
]


def overrides(
    *,
    engine: str | None = None,
    spark_master: str | None = None,
    spark_directory: str | None = None,
    threads: int | None = None,
    memory_limit: str | None = None,
    temp_dir: Path | None = None,
    fail_on: str | None = None,
    ledger: Path | None = None,
    wait: str | None = None,
) -> dict[str, object]:
    """Return the flags that were given by configuration key, for `load_config(overrides=…)`."""
    flags = {
        "engine.name": engine,
        "engine.spark_master": spark_master,
        "engine.spark_directory": spark_directory,
        "engine.threads": threads,
        "engine.memory_limit": memory_limit,
        "engine.temp_directory": temp_dir,
        "gate.fail_on": fail_on,
        "push.ledger": ledger,
        "push.wait": wait,
    }
    return {key: value for key, value in flags.items() if value is not None}


def by_source(given: Sequence[str]) -> dict[str, list[str]]:
    """The paths of `NAME=PATH` options by name."""
    sources: dict[str, list[str]] = {}
    for option in given:
        name, mark, path = option.partition("=")
        if not (name and mark and path):
            raise UsageError(f"--source {option!r}: write it NAME=PATH, such as appsflyer=exports/odd.csv")
        sources.setdefault(name, []).append(path)
    return sources
