"""`mmpsync fetch clicks` and `mmpsync fetch actions`: impact.com's own records as files that `reconcile` reads."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mmpsync.cli.connect import connect
from mmpsync.cli.options import ApiUrlOption, ConfigOption
from mmpsync.errors import ImpactError, UsageError

if TYPE_CHECKING:
    from mmpsync.config import Config
    from mmpsync.impact.days import Calendar

__all__ = ["fetch_actions", "fetch_clicks"]

ProgramOption = Annotated[
    int | None,
    typer.Option(
        "--program", metavar="ID", min=1, help="impact.com's program; default: program.campaign_id."
    ),
]
FolderOption = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="DIR",
        help="Keep the files here; default: clicks/ or actions/, of a rehearsal rehearsal/clicks/ or rehearsal/actions/.",
    ),
]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of", metavar="TIME", help="Count days from here, such as 2026-03-01T08:00:00Z; default: now."
    ),
]


def fetch_clicks(
    *,
    program: ProgramOption = None,
    days: Annotated[
        str,
        typer.Option(
            "--date",
            metavar="DAYS",
            help="A day (2026-03-01), FROM..TO, the latest days that are over (30d), or the latest one.",
        ),
    ] = "yesterday",
    out: FolderOption = None,
    as_of: AsOfOption = None,
    api_url: ApiUrlOption = None,
    config: ConfigOption = None,
) -> None:
    """Fetch the clicks of days that are over, each day once: what is here already costs nothing.

    Prints the path of every day's file. impact.com makes ten exports a day: the latest days come first.

    The same command goes on the day after. Leaves with 0 when every day is here, 2 when one is missing.
    """
    from mmpsync.config import load_config
    from mmpsync.impact.click_fetch import EXPORT_PATIENCE, ClickFetch
    from mmpsync.impact.click_files import ClickFiles
    from mmpsync.impact.clicks import FIRST_DAY

    settings = load_config(config)
    url, number = _address(api_url), _program(program, settings)
    calendar = _calendar(as_of, settings)
    wanted = calendar.days_over("--date", days, FIRST_DAY)
    files = ClickFiles(_folder(out, "clicks", url), number)
    with connect(settings, url, patience=EXPORT_PATIENCE) as exporter, connect(settings, url) as client:
        found = ClickFetch(files, exporter, client, calendar, told=_tell).fetch(wanted)
    if found.here:
        _tell(f"{_days(found.here)} here already")
    _print(files.file(day) for day in sorted([*found.here, *found.fetched]))
    if found.missing:
        raise ImpactError(_missing(found.missing, len(wanted)))


def fetch_actions(
    *,
    program: ProgramOption = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="DAY",
            help="The first day of their events, or 30d for thirty days ago; default: program.max_event_age ago.",
        ),
    ] = None,
    end: Annotated[
        str | None,
        typer.Option("--to", metavar="DAY", help="The last day of their events; default: today."),
    ] = None,
    out: FolderOption = None,
    as_of: AsOfOption = None,
    api_url: ApiUrlOption = None,
    config: ConfigOption = None,
) -> None:
    """Fetch the actions of events on the days from the first to the last, in UTC, as they stand now.

    Prints the path of every file, one a day that has actions; an earlier one of the day is replaced.
    """
    from mmpsync.config import load_config
    from mmpsync.figures import counted
    from mmpsync.impact import action_files

    settings = load_config(config)
    url, number = _address(api_url), _program(program, settings)
    calendar = _calendar(as_of, settings)
    first, last = _span(calendar, start, end, settings)
    folder = _folder(out, "actions", url)
    with connect(settings, url) as client:
        found = action_files.fetch_actions(client, number, (first, last), folder, now=calendar.now)
    hint = "" if found.actions else f"; is {number} the right program?"
    _tell(f"{counted(found.actions, 'action')} of events from {first} to {last}{hint}")
    _print(found.files)


def _address(api_url: str | None) -> str:
    from mmpsync.impact.addresses import API_URL, checked_api_url

    return checked_api_url(api_url or API_URL)


def _program(program: int | None, settings: "Config") -> str:
    number = program or settings.program.campaign_id
    if number is None:
        raise UsageError("which program? Give --program ID, or set program.campaign_id in mmpsync.toml")
    return str(number)


def _folder(out: Path | None, name: str, url: str) -> Path:
    """Where files go; those of a rehearsal are kept apart, so that nobody takes them for impact.com's."""
    from mmpsync.impact.addresses import API_URL

    return out or (Path(name) if url == API_URL else Path("rehearsal") / name)


def _calendar(as_of: str | None, settings: "Config") -> "Calendar":
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    from mmpsync.api import read_moment
    from mmpsync.impact.days import Calendar

    now = datetime.now(UTC)
    moment = now if as_of is None else read_moment(as_of)
    if moment > now:
        raise UsageError(f"--as-of {as_of}: lies in the future, of which impact.com has no records")
    source = settings.source("impact")
    return Calendar(moment, ZoneInfo(source.timezone) if "timezone" in source.model_fields_set else None)


def _span(calendar: "Calendar", start: str | None, end: str | None, settings: "Config") -> tuple[date, date]:
    from mmpsync.impact.actions import FURTHEST_BACK

    today = calendar.today
    earliest = today - FURTHEST_BACK
    if start is None:
        first = max(today - settings.program.max_event_age, earliest)
    else:
        first = calendar.day("--from", start)
    last = today if end is None else calendar.day("--to", end)
    if first < earliest:
        raise UsageError(
            f"--from {start}: impact.com lists three years of actions; the earliest day is {earliest}"
        )
    if first > today:
        raise UsageError(f"--from {start}: lies after today, {today}")
    if first > last:
        raise UsageError(f"--to {end}: lies before {first}, where --from begins")
    return first, last


def _days(days: Iterable[date]) -> str:
    found = sorted(days)
    return f"{found[0]}:" if len(found) == 1 else f"{len(found)} days from {found[0]} to {found[-1]}:"


def _missing(missing: Mapping[date, str], wanted: int) -> str:
    by_reason = defaultdict(list)
    for day, why in missing.items():
        by_reason[why].append(day)
    lines = [f"{_days(days)} {why}" for why, days in by_reason.items()]
    if len(lines) == 1:
        return lines[0]
    return f"{len(missing)} of {wanted} days of clicks are missing\n  " + "\n  ".join(lines)


def _tell(text: str) -> None:
    typer.echo(text, err=True)


def _print(files: Iterable[Path]) -> None:
    for file in files:
        typer.echo(str(file))
