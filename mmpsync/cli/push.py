"""`mmpsync push`: what would be sent to impact.com; with --send, sending it, each conversion once."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mmpsync.cli.connect import connect
from mmpsync.cli.options import ApiUrlOption, ConfigOption, LedgerOption, UnmaskOption, overrides
from mmpsync.cli.report import run_directory
from mmpsync.errors import UsageError
from mmpsync.exit_codes import ExitCode

if TYPE_CHECKING:
    from mmpsync.config import Config
    from mmpsync.push.decisions import Choice
    from mmpsync.push.plan import Plan
    from mmpsync.push.session import Progress, Push

__all__ = ["push"]


def push(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN",
            help="A run directory; `last` is the one in runs/ that ended last. Not needed with --follow.",
            show_default=False,
        ),
    ] = None,
    *,
    send: Annotated[bool, typer.Option("--send", help="Send it; without this, nothing is.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask before sending, for unattended use.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="Send so many conversions at most.")
    ] = None,
    only: Annotated[str | None, typer.Option("--only", metavar="EVENT", help="Send this event only.")] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Send nothing; ask for what is queued until it is complete.")
    ] = False,
    wait: Annotated[
        str | None,
        typer.Option(
            "--wait",
            metavar="TIME",
            help='Follow what was sent for so long, such as "30m"; default: push.wait.',
        ),
    ] = None,
    retry_rejected: Annotated[
        bool, typer.Option("--retry-rejected", help="Send again what impact.com rejected, after a fix.")
    ] = False,
    resend_unknown: Annotated[
        bool,
        typer.Option(
            "--resend-unknown",
            help="Send again also what impact.com may have, as far as anybody can tell; it may be paid twice.",
        ),
    ] = False,
    ledger: LedgerOption = None,
    api_url: ApiUrlOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the whole plan there, as Parquet.")
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="csv=FILE",
            help="Write it as a file for impact.com's batch submission, instead of sending it.",
        ),
    ] = None,
    unmask: UnmaskOption = False,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            metavar="TIME",
            help="Judge ages as of then, for rehearsals with old exports; default: now.",
        ),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Show what of a run would be sent to impact.com; with --send, send it and follow it to its end.

    Leaves with 0 when everything that was sent is confirmed, 4 when not, 2 when nothing could be sent.
    """
    from mmpsync.api import read_moment
    from mmpsync.config import load_config
    from mmpsync.impact.addresses import API_URL, checked_api_url
    from mmpsync.push.decisions import Choice
    from mmpsync.push.plan import plan
    from mmpsync.push.requests import Way
    from mmpsync.run import Run

    settings = load_config(config, overrides=overrides(ledger=ledger, wait=wait))
    url = checked_api_url(api_url or API_URL)
    if follow:
        if send:
            raise UsageError("--follow sends nothing; leave out --send, or --follow")
        _follow(settings, url)
        return
    if run is None:
        raise UsageError("name a run directory, or `last`: mmpsync push RUN")
    if send and to is not None:
        raise UsageError("--to writes a file instead of sending; leave out --send, or --to")
    if send and not yes and not sys.stdin.isatty():
        raise UsageError("--send asks before it sends, and there is no terminal to ask on; add --yes")
    choice = Choice(limit=limit, retry_rejected=retry_rejected, resend_unknown=resend_unknown)
    moment = None if as_of is None else read_moment(as_of)
    file = _batch_file(to)
    way: Way = "api" if file is None else "file"
    with plan(Run.load(run_directory(run)), settings, now=moment, only=only, way=way) as planned:
        if out is not None:
            planned.write(out)
            typer.echo(f"plan written to {out}", err=True)
        if file is not None:
            _export(planned, settings, url, choice, file)
        elif send:
            _send(planned, settings, url, choice, yes=yes)
        else:
            _show(planned, settings, url, choice, unmask=unmask)


def _batch_file(to: str | None) -> Path | None:
    if to is None:
        return None
    name, _, file = to.partition("=")
    if name != "csv" or not file:
        raise UsageError(f"--to {to}: write it csv=FILE")
    return Path(file)


def _show(planned: "Plan", settings: "Config", url: str, choice: "Choice", *, unmask: bool) -> None:
    """Show the plan and what the ledger knows of it; sends nothing, and makes no ledger."""
    from mmpsync.push.ledger import Ledger
    from mmpsync.push.ledger_place import api_name, ledger_of
    from mmpsync.push.preview import text
    from mmpsync.push.session import preview
    from mmpsync.push.texts import preview_text, show
    from mmpsync.report.destinations import screen

    sys.stdout.write(text(planned.summary, replace(screen(), unmask=unmask)) + "\n")
    file = ledger_of(settings, url)
    if file is None or not file.exists():
        show(preview_text(preview(planned.batches, None, choice), file))
    else:
        with Ledger(file, api=api_name(url)) as ledger:
            show(preview_text(preview(planned.batches, ledger, choice), file))
    typer.echo("nothing was sent; --send sends it", err=True)


def _send(planned: "Plan", settings: "Config", url: str, choice: "Choice", *, yes: bool) -> None:
    """Send, after asking, and follow."""
    from mmpsync.impact.addresses import API_URL
    from mmpsync.push.decisions import Decision
    from mmpsync.push.session import preview
    from mmpsync.push.texts import pushed_text, question, show, to_send

    with _pushing(settings, url, planned.summary.run) as push:
        push.settle()
        found = preview(planned.batches, push.ledger, choice)
        where = push.ledger.api if url != API_URL else "impact.com"
        if not found.rows[Decision.SEND]:
            typer.echo("nothing to send", err=True)
        elif yes:
            typer.echo(f"sending {to_send(found)} to {where}", err=True)
        elif not typer.confirm(question(found, where), err=True):
            typer.echo("nothing was sent", err=True)
            return
        pushed = push.send(planned.batches, choice)
        show(pushed_text(pushed, push.ledger.file))
    raise typer.Exit(_code(is_complete=pushed.is_complete))


def _export(planned: "Plan", settings: "Config", url: str, choice: "Choice", file: Path) -> None:
    """Write a batch file, and what is in it into the ledger."""
    from mmpsync.figures import counted
    from mmpsync.impact.clock import Clock
    from mmpsync.push.export import export
    from mmpsync.push.ledger import Ledger
    from mmpsync.push.ledger_place import api_name, needed_ledger, only_one
    from mmpsync.push.session import take_over

    place, clock = needed_ledger(settings, url), Clock()
    with only_one(place, clock, _tell), Ledger(place, api=api_name(url)) as ledger:
        take_over(ledger, now=clock.now())
        written = export(planned, file, ledger, settings, choice)
    rows, lines = counted(written.conversions, "conversion"), counted(written.lines, "line")
    typer.echo(f"{rows} in {lines} written to {written.path}")
    if written.left_out:
        typer.echo(f"without {', '.join(written.left_out)}, which such a file has no column for", err=True)
    typer.echo("hand it in at impact.com by SFTP, FTPS or e-mail; no push sends what is in it", err=True)


def _follow(settings: "Config", url: str) -> None:
    from mmpsync.push.entries import FINE
    from mmpsync.push.ledger_place import ledger_of
    from mmpsync.push.texts import ledger_text, show

    file = ledger_of(settings, url)
    if file is None or not file.exists():
        raise UsageError(f"there is no ledger{f' at {file}' if file else ''}: nothing was pushed yet")
    with _pushing(settings, url, run="") as push:
        push.settle()
        push.follow()
        totals = push.ledger.totals()
        show(ledger_text(totals, push.ledger.troubles(), file, push.ledger.api))
    is_complete = {total.state for total in totals} <= FINE
    raise typer.Exit(_code(is_complete=is_complete))


def _code(*, is_complete: bool) -> ExitCode:
    return ExitCode.DONE if is_complete else ExitCode.NOT_ALL_CONFIRMED


@contextmanager
def _pushing(settings: "Config", url: str, run: str) -> "Iterator[Push]":
    """A push that may begin: credentials at hand, the ledger locked, what a dead push left behind taken over."""
    from mmpsync.figures import counted
    from mmpsync.push.ledger import Ledger
    from mmpsync.push.ledger_place import api_name, needed_ledger, only_one
    from mmpsync.push.session import Push, Settings, take_over

    client = connect(settings, url, is_capped=True)
    file = needed_ledger(settings, url)
    how = Settings(run=run, concurrency=settings.push.concurrency, wait=settings.push.wait.total_seconds())
    with (
        only_one(file, client.clock, _tell),
        Ledger(file, api=api_name(url)) as ledger,
        client,
        _progress() as progress,
    ):
        if found := take_over(ledger, now=client.clock.now()):
            _tell(
                f"a push that ended early left {counted(found, 'conversion')} unknown: to be looked up in ten"
                " minutes, when impact.com's records can tell"
            )
        yield Push(ledger, client, how, progress)


def _tell(text: str) -> None:
    typer.echo(text, err=True)


@contextmanager
def _progress() -> "Iterator[Progress]":
    """Show on stderr how many conversions each stage has dealt with, if it is a terminal."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description} {task.completed:,.0f}"), TimeElapsedColumn())
    bar = Progress(
        *columns, console=Console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False
    )
    tasks: dict[str, TaskID] = {}

    def advance(stage: str, count: int) -> None:
        bar.start()  # not before there is something to show: a question may come first
        if stage not in tasks:
            tasks[stage] = bar.add_task(stage, total=None)
        bar.advance(tasks[stage], count)

    try:
        yield advance if sys.stderr.isatty() else lambda *_: None
    finally:
        bar.stop()
