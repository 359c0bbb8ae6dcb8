"""One request, made until it is answered for good: which failures are tried again, when, and how often.

Requests go through httpx's transport rather than its client: that halves the time per request, follows no redirect
by itself, and logs no address, which would hold the Account SID.
"""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from mmpsync.errors import (
    CredentialsError,
    ImpactError,
    RefusedError,
    StoppedError,
    UnansweredError,
    UnreachableError,
)
from mmpsync.impact.answers import problems_in
from mmpsync.impact.clock import Clock
from mmpsync.impact.credentials import Credentials
from mmpsync.impact.limits import TOO_MANY, Gate, wait_told

__all__ = ["Ask", "Exchange", "Reply", "Retries", "Timeouts"]

# A gateway that gives up says nothing about what the servers behind it did with the request.
_GATEWAY = frozenset({502, 504, 520, 522, 524})
_REFUSED_CREDENTIALS = frozenset({401, 403})
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_REDIRECT, _CLIENT_ERROR, _SERVER_ERROR = 300, 400, 500


@dataclass(frozen=True)
class Timeouts:
    """In seconds: to connect, and between two bytes of an answer."""

    connect: float = 10.0
    read: float = 60.0

    def as_extension(self) -> dict[str, float]:
        """As httpx's transport takes them."""
        return {"connect": self.connect, "read": self.read, "write": self.read, "pool": self.read}


@dataclass(frozen=True)
class Retries:
    """How often a request is made at most, and how long it is waited in between.

    The n-th wait is `first` doubled n times, at most `longest`, in seconds, and up to half of it less at random.
    Answers of 429 are counted for themselves, because the server says when to come again.
    """

    tries: int = 6
    limited: int = 20
    first: float = 0.5
    longest: float = 60.0

    def pause(self, failures: int, chance: random.Random) -> float:
        """Seconds to wait after so many failures."""
        whole = min(self.longest, self.first * 2.0 ** min(failures - 1, 30))
        return whole * (0.5 + chance.random() / 2)


@dataclass(frozen=True)
class Ask:
    """A request: `what` names it in errors, without secrets; `repeatable` when it does no harm twice.

    `is_signed` marks an address that carries its own right of access, which gets no credentials; `stream` leaves
    a successful answer's body unread.
    """

    method: str
    url: str = field(repr=False)
    what: str
    query: Mapping[str, str] | None = None
    form: Mapping[str, str] | None = field(default=None, repr=False)
    repeatable: bool = True
    is_signed: bool = False
    stream: bool = False


@dataclass(frozen=True)
class Reply:
    """An answer below 400; `document` is its body if it is 2xx and was to be read."""

    response: httpx.Response
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class _Failure:
    what: str
    may_be_taken: bool = False
    is_limit: bool = False


@dataclass(frozen=True)
class Exchange:
    """How requests are made: by whom, with which headers, over what, and how patiently."""

    credentials: Credentials
    headers: Mapping[str, str]
    transport: httpx.BaseTransport
    gate: Gate
    retries: Retries
    timeouts: Timeouts
    clock: Clock
    chance: random.Random

    def make(self, ask: Ask) -> Reply:
        """Make a request until impact.com answers it. Raises ImpactError or CredentialsError."""
        failures = limited = 0
        while True:
            self.gate.pass_through()
            found = self._once(ask)
            if isinstance(found, Reply):
                return found
            if found.may_be_taken and not ask.repeatable:
                raise UnansweredError(f"{ask.what}: {found.what}")
            failures, limited = failures + (not found.is_limit), limited + found.is_limit
            if failures >= self.retries.tries or limited >= self.retries.limited:
                raise UnreachableError(
                    f"{ask.what}: {found.what}, {failures + limited} times; try again later"
                )
            if not found.is_limit and not self.clock.sleep(self.retries.pause(failures, self.chance)):
                raise StoppedError

    def _once(self, ask: Ask) -> Reply | _Failure:
        headers = dict(self.headers)
        if not ask.is_signed:
            headers["Authorization"] = self.credentials.authorization
        request = httpx.Request(
            ask.method,
            ask.url,
            params=ask.query or None,
            data=ask.form,
            headers=headers,
            extensions={"timeout": self.timeouts.as_extension()},
        )
        try:
            response = self.transport.handle_request(request)
            response.request = request
            if not ask.stream or response.status_code >= _CLIENT_ERROR:
                response.read()
        except _NEVER_LEFT as error:
            return _Failure(f"no connection ({type(error).__name__})")
        except (httpx.TransportError, httpx.DecodingError) as error:
            return _Failure(f"no whole answer ({type(error).__name__})", may_be_taken=True)
        return self._judged(ask, response)

    def _judged(self, ask: Ask, response: httpx.Response) -> Reply | _Failure:
        """Tell a final answer from a failure to try again; raises for what no repetition mends."""
        status = response.status_code
        wait = wait_told(status, response.headers, self.clock.now())
        if status == TOO_MANY and not wait:
            wait = self.retries.pause(3, self.chance)
        if wait:
            self.gate.close(wait)
        if status == TOO_MANY:
            return _Failure("impact.com's rate limit is used up", is_limit=True)
        if status >= _SERVER_ERROR:
            return _Failure(f"impact.com answers {status}", may_be_taken=status in _GATEWAY)
        if status >= _CLIENT_ERROR:
            raise self._refusal(ask, response)
        if ask.stream or status >= _REDIRECT:
            return Reply(response)
        try:
            document = json.loads(response.content)
        except ValueError:
            document = None
        if not isinstance(document, Mapping):
            return _Failure("the answer is no JSON object", may_be_taken=True)
        return Reply(response, document)

    def _refusal(self, ask: Ask, response: httpx.Response) -> ImpactError | CredentialsError:
        status = response.status_code
        if status in _REFUSED_CREDENTIALS and not ask.is_signed:
            return CredentialsError(
                f"{ask.what}: impact.com refuses the credentials ({status}); are IMPACT_ACCOUNT_SID and"
                " IMPACT_AUTH_TOKEN right, and does the token's scope cover this?"
            )
        problems = [self.credentials.hidden(str(problem)) for problem in problems_in(response.content)]
        return RefusedError(ask.what, status, problems)
