"""`mmpsync check`: whether links, exports and configuration are what impact.com needs, before launch."""

import sys
from typing import Annotated

import typer

from mmpsync.cli.options import (
    ApiUrlOption,
    AsOfOption,
    ConfigOption,
    FailOnOption,
    MemoryLimitOption,
    ReportOption,
    SourceOption,
    TempDirOption,
    ThreadsOption,
    UnmaskOption,
    by_source,
    overrides,
)
from mmpsync.cli.progress import stages
from mmpsync.errors import UsageError

__all__ = ["check"]


def check(
    exports: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="EXPORT",
            help="Exports of a test campaign, or of yesterday: files, folders or patterns.",
            show_default=False,
        ),
    ] = None,
    *,
    links: Annotated[
        list[str] | None,
        typer.Option(
            "--link",
            metavar="URL|FILE|-",
            help="A tracking link, a file of them (a list or a table), or - for these on stdin; repeatable.",
        ),
    ] = None,
    clicks: Annotated[
        list[str] | None,
        typer.Option("--clicks", metavar="PATH", help="Look ClickIds up in these click records; repeatable."),
    ] = None,
    online: Annotated[
        bool,
        typer.Option("--online", help="Ask impact.com, read-only, whether it knows credentials and program."),
    ] = False,
    api_url: ApiUrlOption = None,
    sources: SourceOption = None,
    as_of: AsOfOption = None,
    report: ReportOption = None,
    unmask: UnmaskOption = False,
    fail_on: FailOnOption = None,
    config: ConfigOption = None,
    threads: ThreadsOption = None,
    memory_limit: MemoryLimitOption = None,
    temp_dir: TempDirOption = None,
) -> None:
    """Say before launch whether ClickIds and everything that you pay on will arrive.

    Without EXPORT and --link it checks mmpsync.toml alone.

    Leaves with 0 when the gate passed, 1 when it failed, 2 when an input cannot be used, 5 when no row is in the exports.
    """
    import mmpsync
    from mmpsync.config import load_config
    from mmpsync.preflight.links import read_links
    from mmpsync.report.check.formats import FORMATS
    from mmpsync.report.destinations import deliver, destinations_of

    places = destinations_of(FORMATS, report or ["text"])
    loaded = load_config(
        config,
        overrides=overrides(threads=threads, memory_limit=memory_limit, temp_dir=temp_dir, fail_on=fail_on),
    )
    if not (exports or sources or links) and set(loaded.origins().values()) <= {"default"}:
        raise UsageError(
            "nothing to check: there is no mmpsync.toml here. Name exports or a --link to look at, or write one: mmpsync init EXPORT"
        )
    with stages() as progress:
        found = mmpsync.check(
            exports or (),
            clicks=clicks or (),
            links=read_links(links or (), sys.stdin),
            sources=by_source(sources or ()),
            config=loaded,
            as_of=as_of,
            online=online,
            api_url=api_url,
            progress=progress,
        )
    deliver(found, places, unmask=unmask)
    raise typer.Exit(found.exit_code)
