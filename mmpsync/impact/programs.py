"""Programs of the account: whether impact.com knows one, which also tells whether it takes the credentials.

The path still says Campaigns (impact.com, brand API, get program details).
"""

from dataclasses import dataclass
from urllib.parse import quote

from mmpsync.errors import ImpactError, RefusedError
from mmpsync.impact.answers import text_of, unwrapped
from mmpsync.impact.client import ImpactClient

__all__ = ["Program", "read_program"]

_UNKNOWN = frozenset({400, 404})


@dataclass(frozen=True)
class Program:
    """A program as impact.com shows it; `state` is ACTIVE, SETUP, DEACTIVATED … or "" when it shows none."""

    id: str
    name: str
    state: str


def read_program(client: ImpactClient, campaign_id: str) -> Program:
    """Ask for a program, which changes nothing: an answer means that credentials and program are good.

    Raises CredentialsError when impact.com refuses the credentials, or their scope does not cover programs;
    ImpactError for a program that the account does not have, and when no answer comes.
    """
    try:
        answer = client.get(f"Campaigns/{quote(campaign_id, safe='')}")
    except RefusedError as refused:
        if refused.status not in _UNKNOWN:
            raise
        raise ImpactError(
            f"impact.com knows no program {campaign_id} of this account; is program.campaign_id right?"
        ) from refused
    found = unwrapped(answer.document, "Campaign")
    return Program(campaign_id, text_of(found, "Name"), text_of(found, "State").upper())
