"""`mmpsync reconcile`: the main job, the nightly job and the CI gate."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mmpsync.cli.options import (
    AsOfOption,
    ConfigOption,
    EngineOption,
    FailOnOption,
    MemoryLimitOption,
    ReportOption,
    SourceOption,
    SparkDirectoryOption,
    SparkMasterOption,
    TempDirOption,
    ThreadsOption,
    UnmaskOption,
    by_source,
    overrides,
)
from mmpsync.cli.progress import stages
from mmpsync.errors import OutputError

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
    sources: SourceOption = None,
    as_of: AsOfOption = None,
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
    fail_on: FailOnOption = None,
    with_source_columns: Annotated[
        bool,
        typer.Option(
            "--with-source-columns", help="Keep every row's original columns in the run's files too."
        ),
    ] = False,
    config: ConfigOption = None,
    engine: EngineOption = None,
    spark_master: SparkMasterOption = None,
    spark_directory: SparkDirectoryOption = None,
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
    flags = overrides(
        engine=engine,
        spark_master=spark_master,
        spark_directory=spark_directory,
        threads=threads,
        memory_limit=memory_limit,
        temp_dir=temp_dir,
        fail_on=fail_on,
    )
    own = nullcontext(out) if out else _of_its_own(RUNS / f"{started:%Y%m%dT%H%M%SZ}")
    with own as directory:
        earlier = _earlier(baseline, directory)
        with stages() as progress:
            run = mmpsync.reconcile(
                exports or (),
                conversions=conversions or (),
                clicks=clicks or (),
                actions=actions or (),
                sources=by_source(sources or ()),
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


@contextmanager
def _of_its_own(directory: Path) -> Iterator[Path]:
    """The directory, or one beside it when another run began in the same second; gone again if no run came of it.

    It is there, empty, from the beginning, so that no other run takes it meanwhile. Raises OutputError.
    """
    number, own = 1, directory
    while not _made(own):
        number += 1
        own = directory.with_name(f"{directory.name}-{number}")
    try:
        yield own
    finally:
        for folder in (own, own.parent):
            with suppress(OSError):  # it is not empty
                folder.rmdir()


def _made(directory: Path) -> bool:
    """Make the directory; False when it is there already."""
    try:
        directory.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        if not directory.is_dir():
            raise
        return False
    except OSError as error:
        raise OutputError(f"{directory}: cannot be written: {error.strerror}") from error
    return True
