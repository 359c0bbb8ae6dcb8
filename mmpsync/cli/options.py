"""Options that several verbs share, and the configuration keys that they set."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "ApiUrlOption",
    "ConfigOption",
    "LedgerOption",
    "MemoryLimitOption",
    "ReportOption",
    "TempDirOption",
    "ThreadsOption",
    "UnmaskOption",
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
    typer.Option("--temp-dir", "--temp-directory", metavar="DIR", help="Where the engine spills to."),
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
    threads: int | None = None,
    memory_limit: str | None = None,
    temp_dir: Path | None = None,
    ledger: Path | None = None,
    wait: str | None = None,
) -> dict[str, object]:
    """Return the flags that were given by configuration key, for `load_config(overrides=…)`."""
    flags = {
        "engine.threads": threads,
        "engine.memory_limit": memory_limit,
        "engine.temp_directory": temp_dir,
        "push.ledger": ledger,
        "push.wait": wait,
    }
    return {key: value for key, value in flags.items() if value is not None}
