"""The command `mmpsync`: its verbs and the options that come before them."""

from pathlib import Path
from typing import Annotated

import typer

from mmpsync import __version__
from mmpsync.cli.check import check
from mmpsync.cli.config_show import config_show
from mmpsync.cli.demo import demo
from mmpsync.cli.explain import explain
from mmpsync.cli.fetch import fetch_actions, fetch_clicks
from mmpsync.cli.init import init
from mmpsync.cli.next_steps import next_steps
from mmpsync.cli.push import push
from mmpsync.cli.reconcile import reconcile
from mmpsync.cli.report import report
from mmpsync.cli.status import status

__all__ = ["app"]

app = typer.Typer(name="mmpsync", invoke_without_command=True, pretty_exceptions_enable=False)
fetch_app = typer.Typer(no_args_is_help=True, help="Bring impact.com's own records down as files.")
config_app = typer.Typer(no_args_is_help=True, help="Look at the configuration.")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mmpsync {__version__}")
        raise typer.Exit


def _print_next_steps(context: typer.Context) -> None:
    said, steps = next_steps(Path(), context.command.list_commands(context))  # type: ignore[attr-defined]
    typer.echo(f"{said} Next:")
    width = max(len(step.command) for step in steps)
    for step in steps:
        typer.echo(f"  {step.command:<{width}}  {step.what_for}")
    typer.echo("All there is: mmpsync --help")


@app.callback()
def _options(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001  its callback does it all
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
    debug: Annotated[  # noqa: ARG001  `mmpsync.__main__` takes it, before the verb and after
        bool, typer.Option("--debug", help="Show the traceback of an error; so does MMPSYNC_DEBUG=1.")
    ] = False,
) -> None:
    """Reconcile mobile measurement partner exports with impact.com clicks, conversion by conversion.

    Without a verb it says what to do next, by what is in the current folder.
    """
    if context.invoked_subcommand is None:
        _print_next_steps(context)


app.command()(init)
app.command()(check)
app.command()(reconcile)
app.command()(report)
fetch_app.command("clicks")(fetch_clicks)
fetch_app.command("actions")(fetch_actions)
app.add_typer(fetch_app, name="fetch")
app.command()(push)
app.command()(status)
app.command()(explain)
app.command()(demo)
config_app.command("show")(config_show)
app.add_typer(config_app, name="config")
