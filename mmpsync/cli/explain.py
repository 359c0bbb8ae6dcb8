"""`mmpsync explain`: the catalogue of reasons, for people."""

from difflib import get_close_matches
from typing import Annotated

import typer

from mmpsync.cli.completion import complete_reason
from mmpsync.errors import UsageError
from mmpsync.reasons import BY_CODE, CATALOGUE, VERDICT_MEANINGS, Reason, Severity

STYLES: dict[Severity, str] = {"error": "red", "warning": "yellow", "info": "cyan", "none": "green"}
PROSE_WIDTH = 100  # longer lines of prose are hard to read


def explain(
    reason: Annotated[
        str | None,
        typer.Argument(
            metavar="REASON",
            help="A reason from a report, such as orphan-click-id or missing-parameter:order_id.",
            autocompletion=complete_reason,
        ),
    ] = None,
) -> None:
    """Say what a reason means, who can fix it and how; without one, list them all."""
    if reason is None:
        _print_catalogue()
        return
    code, _, parameter = reason.partition(":")
    if code not in BY_CODE:
        raise UsageError(
            f"There is no reason called {reason!r}.{_near(code)} `mmpsync explain` lists them all."
        )
    _print_entry(BY_CODE[code], parameter)


def _print_catalogue() -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console()
    code_width, severity_width = max(map(len, BY_CODE)), max(map(len, STYLES))
    for verdict in dict.fromkeys(entry.verdict for entry in CATALOGUE):
        console.print(Text.assemble((verdict, "bold"), f" - {VERDICT_MEANINGS[verdict]}"))
        for entry in CATALOGUE:
            if entry.verdict == verdict:
                severity = (f"{entry.severity:<{severity_width}}", STYLES[entry.severity])
                console.print(Text.assemble(f"  {entry.code:<{code_width}}  ", severity, f"  {entry.title}"))
        console.print()
    Console(stderr=True).print("For one of them: mmpsync explain REASON")


def _print_entry(entry: Reason, parameter: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    table.add_row("Reason", Text(entry.code))
    if parameter:
        table.add_row("Parameter", Text(parameter))
    table.add_row("Verdict", Text(f"{entry.verdict} - {VERDICT_MEANINGS[entry.verdict]}"))
    table.add_row("Severity", Text(entry.severity, STYLES[entry.severity]))
    table.add_row("What it means", Text(entry.meaning))
    table.add_row("Who can fix it", Text(", then ".join(entry.fixers)))
    table.add_row("How", Text(entry.fix))
    table.add_row("Error in impact.com", Text(entry.impact_error or "none known"))

    console = Console()
    console.print(Text(entry.title, "bold"))
    console.print()
    console.print(table, width=min(console.width, PROSE_WIDTH))


def _near(code: str) -> str:
    # Part of a code first: "orphan" is closer to "organic", letter by letter, than to "orphan-click-id".
    near = [known for known in BY_CODE if code in known] or get_close_matches(code.lower(), BY_CODE)
    return f" Did you mean {' or '.join(near[:3])}?" if near else ""
