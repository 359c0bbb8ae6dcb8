"""`mmpsync reconcile`: the main job, the nightly job and the CI gate."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from mmpsync.cli.options import ConfigOption, MemoryLimitOption, TempDirOption, ThreadsOption, overrides

__all__ = ["reconcile"]

RUNS = Path("runs")


def reconcile(
    exports: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="EXPORT",
            help="Files, folders or patterns; each file is recognised by its content, clicks as well.",
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
    report: Annotated[
        list[str] | None,
        typer.Option(
            "--report",
            metavar="FORMAT[=FILE]",
            help="text or json, to a file or to stdout (-); repeatable; default: text.",
        ),
    ] = None,
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
    with _progress() as progress:
        run = mmpsync.reconcile(
            exports or (),
            conversions=conversions or (),
            clicks=clicks or (),
            config=load_config(config, overrides=flags),
            as_of=as_of,
            out=out or _unused(RUNS / f"{started:%Y%m%dT%H%M%SZ}"),
            with_source_columns=with_source_columns,
            progress=progress,
        )
    if not any(place.report.name == "text" and place.file is None for place in places):
        typer.echo(f"run written to {run.directory}", err=True)
    deliver(run, places)
    raise typer.Exit(run.exit_code)


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
