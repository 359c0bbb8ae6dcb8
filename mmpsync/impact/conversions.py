"""Sending a conversion. It is queued then, which says nothing yet about whether it will be paid."""

from collections.abc import Mapping

from mmpsync.errors import RefusedError, UnansweredError
from mmpsync.impact.answers import text_of
from mmpsync.impact.client import ImpactClient

__all__ = ["submit"]

_PATH = "Conversions"


def submit(client: ImpactClient, fields: Mapping[str, str]) -> str:
    """Send a conversion's form once; returns the id of its submission, the tail of `QueuedUri`.

    The id, not the address: that holds the Account SID. Raises RefusedError, CredentialsError, UnreachableError,
    RateLimitError and StoppedError when impact.com took nothing, UnansweredError when that is not known.
    """
    answer = client.post(_PATH, fields)
    if answer.is_error:
        problems = [client.hidden(str(problem)) for problem in answer.problems]
        raise RefusedError(f"POST {_PATH}", answer.status, problems)
    number = text_of(answer.document, "QueuedUri").rstrip("/").rpartition("/")[2]
    if not number:
        raise UnansweredError(f"POST {_PATH}: the answer names no submission")
    return number
