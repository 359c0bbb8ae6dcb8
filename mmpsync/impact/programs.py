"""Programs of the account: whether impact.com knows one.

The path still says Campaigns (impact.com, brand API, get program details).
"""

from urllib.parse import quote

from mmpsync.errors import RefusedError
from mmpsync.impact.client import ImpactClient

__all__ = ["knows_program"]

_UNKNOWN = frozenset({400, 404})


def knows_program(client: ImpactClient, campaign_id: str) -> bool:
    """Whether the account has a program; to ask changes nothing.

    Raises CredentialsError when impact.com refuses the credentials, or their scope does not cover programs;
    ImpactError when no answer comes.
    """
    try:
        client.get(f"Campaigns/{quote(campaign_id, safe='')}")
    except RefusedError as refused:
        if refused.status not in _UNKNOWN:
            raise
        return False
    return True
