"""Jobs of impact.com: work that it does on request and keeps the result of, known by an id.

Their status alone says how they stand: their dates may all be filled, whatever has happened (impact.com,
reference/download-a-job).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from mmpsync.errors import CredentialsError, ImpactError
from mmpsync.impact.answers import text_of, time_of, unwrapped
from mmpsync.impact.client import ImpactClient
from mmpsync.masking import brief

__all__ = ["Job", "NotReadyError", "download_job", "replay_job", "wait_for_job"]

_DONE = "COMPLETED"
_FAILED = frozenset({"CANCELLED", "ERROR", "FAILED"})
_LONGEST_PAUSE = 15.0
_LONGEST_MESSAGE = 120


class NotReadyError(ImpactError):
    """A job takes longer than is waited for."""


@dataclass(frozen=True)
class Job:
    """How a job stands; `created` is None where impact.com does not say it readably."""

    id: str
    status: str
    message: str
    created: datetime | None
    is_replayable: bool

    @property
    def is_done(self) -> bool:
        """Whether there is a result to download."""
        return self.status == _DONE

    @property
    def has_failed(self) -> bool:
        """Whether there will be none."""
        return self.status in _FAILED


def wait_for_job(client: ImpactClient, number: str, until: float) -> Job:
    """Read a job, again and again, until it is done or has failed. Raises NotReadyError at the epoch `until`.

    Raises RefusedError with status 404 for a job that impact.com does not keep any more.
    """
    pause = 1.0
    while True:
        job = _job(client, number)
        if job.is_done or job.has_failed:
            return job
        left = until - client.clock.now()
        if left <= 0 or not client.clock.sleep(min(pause, left)):
            raise NotReadyError(f"impact.com's job is still {job.status.lower() or 'not done'}")
        pause = min(_LONGEST_PAUSE, pause * 1.5)


def replay_job(client: ImpactClient, number: str) -> None:
    """Have a job that is done, or has failed, done once more; its id stays. Raises ImpactError.

    A refusal (403) says nothing about the credentials, which were good for reading the job.
    """
    try:
        client.put(f"{_path(number)}/Replay")
    except CredentialsError:
        raise ImpactError(
            "impact.com does not begin its job anew (403): it may be running, or the token's scope may not cover it"
        ) from None


@contextmanager
def download_job(client: ImpactClient, number: str) -> Iterator[Iterator[bytes]]:
    """The result of a job that is done, in pieces. Raises NotReadyError when it is not there yet."""
    with client.download(f"{_path(number)}/Download") as pieces:
        if pieces is None:
            raise NotReadyError("impact.com's job is done, but its result is not there yet")
        yield pieces


def _path(number: str) -> str:
    return f"Jobs/{quote(number, safe='')}"


def _job(client: ImpactClient, number: str) -> Job:
    found = unwrapped(client.get(_path(number)).document, "Job")
    return Job(
        id=number,
        status=text_of(found, "Status").upper(),
        message=brief(client.hidden(text_of(found, "StatusMessage")), _LONGEST_MESSAGE),
        created=time_of(found, "CreatedDate"),
        is_replayable=text_of(found, "Replayable").lower() != "false",
    )
