"""`mmpsync config show`: every value of the configuration and where it came from."""

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from mmpsync.cli.options import ConfigOption

if TYPE_CHECKING:
    from mmpsync.config import Config

__all__ = ["Format", "config_show"]

_WIDEST_KEY = 44  # of 80 columns


class Format(StrEnum):
    """How `mmpsync config show` writes."""

    TEXT = "text"
    JSON = "json"


def config_show(
    config: ConfigOption = None,
    output: Annotated[
        Format, typer.Option("--format", help="A table for people, or JSON by dotted key.")
    ] = Format.TEXT,
) -> None:
    """Print every value of the configuration and where it came from."""
    from mmpsync.config import load_config

    loaded = load_config(config)
    if output is Format.JSON:
        _print_json(loaded)
    else:
        _print_table(loaded)


def _print_json(config: "Config") -> None:
    origins = config.origins()
    document = {key: {"value": value, "origin": origins[key]} for key, value in config.effective().items()}
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2))


def _print_table(config: "Config") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from mmpsync.config_problems import literal

    values, origins = config.effective(), config.origins()
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("from", no_wrap=True)
    table.add_column("key", overflow="fold", width=min(_WIDEST_KEY, max(map(len, values))))
    table.add_column("value", overflow="fold")
    legend: dict[str, list[str]] = {}
    for key, value in values.items():
        kind = _kind(origins[key])
        if kind != "default" and origins[key] not in legend.setdefault(kind, []):
            legend[kind].append(origins[key])
        shown = "not set" if value is None else literal(value)
        table.add_row(kind, Text(key), Text(shown), style="dim" if kind == "default" else "")
    console = Console(highlight=False)
    console.print(table)
    if legend:
        console.print()
    for kind, places in legend.items():
        names = ", ".join(place.removeprefix(f"{kind} ") for place in places)
        console.print(Text(f"{kind}: {names}"), soft_wrap=True)


def _kind(origin: str) -> str:
    """Name an origin in one word, so that key and value have room; the whole of it stands below the table."""
    word = origin.partition(" ")[0]
    return word if word in {"default", "environment"} else "file"
