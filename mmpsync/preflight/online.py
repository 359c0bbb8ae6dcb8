"""`mmpsync check --online`: whether impact.com knows the credentials and answers for the program. Reads, and changes nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta

from mmpsync.config import Config
from mmpsync.errors import CredentialsError, ImpactError, RateLimitError, RefusedError
from mmpsync.impact.actions import action_pages
from mmpsync.impact.client import ImpactClient
from mmpsync.impact.programs import knows_program
from mmpsync.preflight.findings import Finding

__all__ = ["PATIENCE", "ask_impact"]

PATIENCE = 30.0
"""Seconds that a check waits for a limit of impact.com's: somebody sits before it."""
_ASKED_DAYS = timedelta(days=1)


def ask_impact(config: Config, now: datetime, connect: Callable[[], ImpactClient]) -> tuple[Finding, ...]:
    """Ask for the program's actions of the last day, and for itself; return what is wrong, nothing when it answers.

    `connect` reads the credentials and may raise CredentialsError, like the client itself.
    """
    program = config.program.campaign_id
    if program is None:
        fix = "Set program.campaign_id: the number of your program under Programs in impact.com."
        return (
            _finding("program-not-asked", "No program is set, so impact.com could not be asked for it", fix),
        )
    try:
        with connect() as client:
            next(action_pages(client, str(program), now - _ASKED_DAYS, now), None)
            return _of_program(client, str(program))
    except CredentialsError as error:
        return (
            _finding("credentials-refused", str(error), "Set both variables to the values of this account."),
        )
    except RefusedError as error:
        fix = "Compare program.campaign_id with the number under Programs in impact.com, and the account with its owner."
        return (_finding("program-refused", f"impact.com refuses program {program}: {error}", fix),)
    except RateLimitError as error:
        return (_finding("not-asked-for-a-limit", str(error), "Check again then."),)
    except ImpactError as error:
        return (_finding("impact-not-reached", str(error), "Check the network, and try again later."),)


def _of_program(client: ImpactClient, program: str) -> tuple[Finding, ...]:
    """Of a program that the account does not have, impact.com merely lists no actions."""
    try:
        if knows_program(client, program):
            return ()
    except (CredentialsError, RefusedError):
        return ()  # a token may be good for actions and not for programs
    message = f"impact.com knows no program {program} of this account"
    fix = "Set program.campaign_id to the number of your program under Programs in impact.com."
    return (_finding("program-unknown", message, fix),)


def _finding(code: str, message: str, fix: str) -> Finding:
    return Finding(code=code, level="error", subject="impact.com", message=message, fix=fix)
