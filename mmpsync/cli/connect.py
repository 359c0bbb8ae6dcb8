"""The way to impact.com's API, as verbs take it."""

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from mmpsync.config import Config
    from mmpsync.impact.client import ImpactClient

__all__ = ["connect"]


def connect(
    settings: "Config", url: str, *, is_capped: bool = False, patience: float | None = None
) -> "ImpactClient":
    """A client with the credentials of the environment, which says on stderr when it has to wait.

    `is_capped` keeps it to push.rate; `patience` is the longest wait in seconds. Raises CredentialsError.
    """
    from mmpsync.impact.client import PATIENCE, ImpactClient
    from mmpsync.impact.credentials import Credentials
    from mmpsync.impact.limits import Pace

    rate = settings.push.rate if is_capped else None
    return ImpactClient(
        Credentials.from_environment(),
        api_url=url,
        version=str(settings.push.ir_version),
        pace=None if rate is None else Pace(rate.requests, rate.seconds),
        patience=PATIENCE if patience is None else patience,
        told=_tell_of_limit,
    )


def _tell_of_limit(whose: str, until: float) -> None:
    from datetime import UTC, datetime

    when = datetime.fromtimestamp(until, UTC)
    typer.echo(f"{whose} is used up; waiting until {when:%H:%M:%S} UTC", err=True)
