"""`mmpsync reconcile`: the main job, the nightly job and the CI gate."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mmpsync.cli.options import (
    ConfigOption,
    MemoryLimitOption,
    ReportOption,
    TempDirOption,
    ThreadsOption,
    UnmaskOption,
    overrides,
)
from mmpsync.errors import UsageError

if TYPE_CHECKING:
    from mmpsync.run import Run

__all__ = ["reconcile"]

RUNS = Path("runs")


def reconcile(
    exports: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="EXPORT",
            help="Files, folders or patterns; each file is recognised by its content, clicks and actions as well.",
            show_default=False,
        ),
    ] = None,
    *,
    conversions: Annotated[
        list[str] | None,
        typer.Option("--conversions", metavar="PATH", help="Read these as conversions; repeatable."),
    ] = None,
    clicks: Annotated[
        list[str] | None,
        typer.Option("--clicks", metavar="PATH", help="Read these as click records; repeatable."),
    ] = None,
    actions: Annotated[
        list[str] | None,
        typer.Option(
            "--actions",
            metavar="PATH",
            help="Leave out what these action records of impact.com have already; repeatable.",
        ),
    ] = None,
    sources: Annotated[
        list[str] | None,
        typer.Option(
            "--source",
            metavar="NAME=PATH",
            help="Read these as exports of that source, such as appsflyer, whatever they hold; repeatable.",
        ),
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            metavar="TIME",
            help="Measure ages from here, such as 2026-03-01T08:00:00Z; default: now.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Write the run here; default: runs/ and the time, in UTC, that it started.",
        ),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(
            "--baseline",
            metavar="RUN",
            help="Compare with this earlier run directory; `last` is the latest one beside --out.",
        ),
    ] = None,
    report: ReportOption = None,
    unmask: UnmaskOption = False,
    fail_on: Annotated[
        str | None,
        typer.Option(
            "--fail-on",
            metavar="error|warning|never",
            help="Leave with 1 when there are errors (the default), warnings as well, or never.",
        ),
    ] = None,
    with_source_columns: Annotated[
        bool,
        typer.Option(
            "--with-source-columns", help="Keep every row's original columns in the run's files too."
        ),
    ] = False,
    config: ConfigOption = None,
    threads: ThreadsOption = None,
    memory_limit: MemoryLimitOption = None,
    temp_dir: TempDirOption = None,
) -> None:
    """Join every conversion to its click and say what became of each row, and why.

    Leaves with 0 when the gate passed, 1 when it failed, 2 when an input cannot be used, 5 when no row was in it.
    """
    started = datetime.now(UTC)
    import mmpsync
    from mmpsync.config import load_config
    from mmpsync.report.destinations import deliver, destinations

    places = destinations(report or ["text"])
    flags = overrides(threads=threads, memory_limit=memory_limit, temp_dir=temp_dir)
    if fail_on is not None:
        flags["gate.fail_on"] = fail_on
    directory = out or _unused(RUNS / f"{started:%Y%m%dT%H%M%SZ}")
    earlier = _earlier(baseline, directory)
    with _progress() as progress:
        run = mmpsync.reconcile(
            exports or (),
            conversions=conversions or (),
            clicks=clicks or (),
            actions=actions or (),
            sources=_by_source(sources or ()),
            config=load_config(config, overrides=flags),
            as_of=as_of,
            out=directory,
            baseline=earlier,
            with_source_columns=with_source_columns,
            progress=progress,
        )
    if not any(place.report.name == "text" and place.file is None for place in places):
        typer.echo(f"run written to {run.directory}", err=True)
    deliver(run, places, unmask=unmask)
    raise typer.Exit(run.exit_code)


def _earlier(baseline: str | None, directory: Path) -> "Run | None":
    """The run to compare with; none before the first one."""
    from mmpsync.run import Run, latest_run

    if baseline is None:
        return None
    if baseline != "last":
        return Run.load(baseline)
    latest = latest_run(directory.parent)
    if latest is None:
        typer.echo(
            f"--baseline last: no run in {directory.parent} yet, so there is nothing to compare with",
            err=True,
        )
    return None if latest is None else Run.load(latest)


def _by_source(given: Sequence[str]) -> dict[str, list[str]]:
    """The paths of `NAME=PATH` options by name."""
    sources: dict[str, list[str]] = {}
    for option in given:
        name, mark, path = option.partition("=")
        if not (name and mark and path):
            raise UsageError(f"--source {option!r}: write it NAME=PATH, such as appsflyer=exports/odd.csv")
        sources.setdefault(name, []).append(path)
    return sources


def _unused(directory: Path) -> Path:
    """The directory, or one beside it when another run began in the same second."""
    number = 1
    unused = directory
    while unused.exists():
        number += 1
        unused = directory.with_name(f"{directory.name}-{number}")
    return unused


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Show on stderr which stage runs and for how long, if it is a terminal; leave nothing behind."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(
        *columns,
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
        redirect_stdout=False,
        redirect_stderr=False,
    ) as bar:

        def begin(stage: str) -> None:
            for task in bar.task_ids:
                bar.update(task, total=1, completed=1)
            bar.add_task(stage, total=None)

        yield begin
