"""The way to impact.com's API, as verbs take it."""

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from mmpsync.config import Config
    from mmpsync.impact.client import ImpactClient

__all__ = ["connect"]


def connect(
    settings: "Config", url: str, *, rate: float | None = None, patience: float | None = None
) -> "ImpactClient":
    """A client with the credentials of the environment, which says on stderr when it has to wait.

    `rate` is an own cap in requests a second, `patience` the longest wait in seconds. Raises CredentialsError.
    """
    from mmpsync.impact.client import PATIENCE, ImpactClient
    from mmpsync.impact.credentials import Credentials

    return ImpactClient(
        Credentials.from_environment(),
        api_url=url,
        version=str(settings.push.ir_version),
        rate=rate,
        patience=PATIENCE if patience is None else patience,
        told=_tell_of_limit,
    )


def _tell_of_limit(until: float) -> None:
    from datetime import UTC, datetime

    when = datetime.fromtimestamp(until, UTC)
    typer.echo(f"impact.com's rate limit is used up; waiting until {when:%H:%M:%S} UTC", err=True)
