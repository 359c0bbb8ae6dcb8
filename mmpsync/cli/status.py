"""`mmpsync status`: what the ledger knows of everything that was pushed."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mmpsync.cli.options import ApiUrlOption, ConfigOption, LedgerOption, overrides
from mmpsync.errors import InputError, UsageError

if TYPE_CHECKING:
    from mmpsync.push.ledger import Ledger

__all__ = ["status"]

_TEXT, _STDOUT = "text", "-"


def status(
    *,
    failed: Annotated[
        bool,
        typer.Option("--failed", help="Only what impact.com does not have: rejected, unknown, not sent."),
    ] = False,
    report: Annotated[
        str,
        typer.Option(
            "--report",
            metavar="FORMAT[=FILE]",
            help="text sums up; csv and json list every conversion. To a file, or to stdout.",
        ),
    ] = _TEXT,
    ledger: LedgerOption = None,
    api_url: ApiUrlOption = None,
    config: ConfigOption = None,
) -> None:
    """Show what of all pushes is confirmed, queued, rejected or unknown; asks nobody and changes nothing."""
    from mmpsync.config import load_config
    from mmpsync.impact.addresses import API_URL, checked_api_url
    from mmpsync.push.ledger import Ledger
    from mmpsync.push.ledger_place import needed_ledger
    from mmpsync.push.listing import LISTINGS

    name, _, place = report.partition("=")
    if name not in (_TEXT, *LISTINGS):
        raise UsageError(
            f"--report {report}: there is no such format. Allowed: {', '.join((_TEXT, *LISTINGS))}."
        )
    settings = load_config(config, overrides=overrides(ledger=ledger))
    file = needed_ledger(settings, checked_api_url(api_url or API_URL))
    if not file.exists():
        raise InputError(f"{file}: there is no ledger; nothing was pushed yet, or it is elsewhere: --ledger")
    with Ledger(file) as book:
        if name == _TEXT:
            _sum_up(book, Path(place) if place not in ("", _STDOUT) else None, failed=failed)
        else:
            _list(book, name, Path(place) if place not in ("", _STDOUT) else None, failed=failed)


def _sum_up(ledger: "Ledger", file: Path | None, *, failed: bool) -> None:
    from mmpsync.push.texts import ledger_text
    from mmpsync.report.destinations import screen
    from mmpsync.report.interface import PAGE
    from mmpsync.report.text_style import laid_out
    from mmpsync.whole import whole_file

    totals = [] if failed else ledger.totals()
    sections = ledger_text(totals, ledger.troubles(), ledger.file, ledger.api)
    if file is None:
        sys.stdout.write(laid_out(sections, screen()))
        return
    with whole_file(file) as draft:
        draft.write_text(laid_out(sections, PAGE), "utf-8")


def _list(ledger: "Ledger", name: str, file: Path | None, *, failed: bool) -> None:
    from mmpsync.push.entries import TROUBLED, State
    from mmpsync.push.listing import LISTINGS
    from mmpsync.whole import whole_file

    pieces = LISTINGS[name](ledger.entries(TROUBLED if failed else tuple(State)))
    if file is None:
        sys.stdout.writelines(pieces)
        return
    with whole_file(file) as draft, draft.open("w", encoding="utf-8") as stream:
        stream.writelines(pieces)
