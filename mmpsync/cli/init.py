"""`mmpsync init`: a first mmpsync.toml, from what exports show."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from mmpsync.cli.options import SourceOption, by_source

__all__ = ["init"]


def init(
    exports: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="EXPORT",
            help="Exports to look at: files, folders or patterns. Without any, the file says what goes where.",
            show_default=False,
        ),
    ] = None,
    *,
    sources: SourceOption = None,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Write it here.")] = Path("mmpsync.toml"),
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file if there is one.")] = False,
) -> None:
    """Look at exports and write a commented mmpsync.toml for them.

    Apps, platforms, events, and where order ids and money are found, are filled in; what only you know is marked TODO.
    """
    from mmpsync.cli.progress import stages
    from mmpsync.preflight.initial import STAGE, write_first_config

    with stages() as progress:
        progress(STAGE)
        text = write_first_config(exports or (), by_source(sources or ()), out, force=force)
    todo = sum("TODO" in line for line in text.splitlines()[1:])
    typer.echo(f"{out} written; {todo} lines marked TODO need what only you know")
    named = [word for source in sources or () for word in ("--source", source)]
    elsewhere = ["--config", str(out)] if out != Path("mmpsync.toml") else []
    typer.echo(f"Next: {shlex.join(['mmpsync', 'check', *(exports or ()), *named, *elsewhere])}")
