"""The one way to impact.com's API: its addresses, authentication and version, pages and downloads."""

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

import httpx

from mmpsync.errors import ImpactError, UnreachableError
from mmpsync.impact.addresses import API_URL, checked_api_url, redirected, transport_to
from mmpsync.impact.answers import Answer, field_of
from mmpsync.impact.clock import Clock
from mmpsync.impact.credentials import Credentials
from mmpsync.impact.exchange import Ask, Exchange, Reply, Retries, Timeouts
from mmpsync.impact.limits import Gate, Pace, Told
from mmpsync.version import __version__

__all__ = ["IR_VERSION", "PATIENCE", "ImpactClient"]

IR_VERSION = "14"
PATIENCE = 3900.0  # seconds; the usual limit is per hour
_ACCEPTED, _REDIRECT = 202, 300
_MOST_REDIRECTS = 5
_PIECE = 1 << 16


class ImpactClient:
    """impact.com's API for one account. Threads may share it.

    Paths are written without the account, `client.get("APISubmissions/A-1")`, or host-relative as impact.com
    writes them, "/Advertisers/…/Jobs/1". `pace` is an own cap, `patience` the longest wait in seconds for a limit
    of the server's, and `told` hears of every wait for either. Raises UsageError for an address that would send the
    credentials in the clear.
    """

    def __init__(  # noqa: PLR0913  every one has a default, and a test or a flag that sets it
        self,
        credentials: Credentials,
        *,
        api_url: str = API_URL,
        version: str = IR_VERSION,
        pace: Pace | None = None,
        patience: float = PATIENCE,
        timeouts: Timeouts | None = None,
        retries: Retries | None = None,
        connections: int = 16,
        clock: Clock | None = None,
        chance: random.Random | None = None,
        transport: httpx.BaseTransport | None = None,
        told: Told = lambda *_: None,
    ) -> None:
        self.api_url = checked_api_url(api_url)
        self.clock = clock or Clock()
        self._credentials = credentials
        self._transport = transport or transport_to(self.api_url, connections)
        self._gate = Gate(self.clock, pace=pace, patience=patience, told=told)
        self._exchange = Exchange(
            credentials=credentials,
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "IR-Version": version,
                "User-Agent": f"mmpsync/{__version__}",
            },
            transport=self._transport,
            gate=self._gate,
            retries=retries or Retries(),
            timeouts=timeouts or Timeouts(),
            clock=self.clock,
            chance=chance or random.Random(),  # noqa: S311  jitter is no secret
        )

    def __repr__(self) -> str:
        """The address, and nothing of the credentials."""
        return f"ImpactClient({self.api_url!r})"

    def __enter__(self) -> Self:
        """Use it as a context, which closes its connections."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close all connections."""
        self._transport.close()

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Answer:
        """Read something; repeated after every kind of failure. Raises ImpactError, CredentialsError."""
        return self._answer(self._ask("GET", path, query=query))

    def put(self, path: str, form: Mapping[str, str] | None = None) -> Answer:
        """Ask for something that does no harm twice, such as a job's replay; repeated like `get`."""
        return self._answer(self._ask("PUT", path, form=form))

    def post(self, path: str, form: Mapping[str, str]) -> Answer:
        """Send a form once: repeated only where impact.com did not take it.

        That is when no connection came about, and after 429 and 5xx, which impact.com wants repeated. Raises
        UnansweredError when the request left and what became of it is not known, a gateway's 502 and 504 included.
        """
        return self._answer(self._ask("POST", path, form=form, repeatable=False))

    def pages(self, path: str, key: str, query: Mapping[str, str] | None = None) -> Iterator[list[Any]]:
        """The lists under `key` of a listing, page by page, following `@nextpageuri`."""
        seen = set()
        while path:
            document = self.get(path, query).document
            rows = field_of(document, key)
            yield rows if isinstance(rows, list) else [rows] if rows else []
            seen.add(path)
            path, query = str(field_of(document, "@nextpageuri") or ""), None
            if path in seen:
                raise ImpactError("the next page of a listing is one that was read before; try again later")

    @contextmanager
    def download(self, path: str) -> Iterator[Iterator[bytes] | None]:
        """The bytes of a file, in pieces, or None while it is not ready (202).

        A redirect is followed without credentials, to https only. A file that breaks off raises UnreachableError
        while it is read.
        """
        response = self._exchange.make(self._ask("GET", path, stream=True)).response
        try:
            for _ in range(_MOST_REDIRECTS):
                if response.status_code < _REDIRECT:
                    break
                response.close()
                url = redirected(
                    str(response.request.url), response.headers.get("location", ""), self.api_url
                )
                ask = Ask("GET", url, "download", is_signed=True, stream=True)
                response = self._exchange.make(ask).response
            else:
                raise ImpactError("a download is redirected again and again; try again later")
            yield None if response.status_code == _ACCEPTED else _pieces(response)
        finally:
            response.close()

    def hidden(self, text: str) -> str:
        """The text without the credentials, wherever impact.com may have put them in what it says."""
        return self._credentials.hidden(text)

    def be_patient(self, seconds: float) -> None:
        """Wait for a limit of the server's for so long at most, from now on."""
        self._gate.patience = seconds

    def stop(self) -> None:
        """Wake every thread that waits, and let no request leave any more."""
        self.clock.stop()

    def _answer(self, ask: Ask) -> Answer:
        reply: Reply = self._exchange.make(ask)
        if reply.response.status_code >= _REDIRECT:
            raise ImpactError(
                f"{ask.what}: impact.com answers with a redirect, which is not followed; is the API's address right?"
            )
        return Answer(reply.response.status_code, reply.document)

    def _ask(self, method: str, path: str, **parts: Any) -> Ask:
        what = self.hidden(f"{method} {path.partition('?')[0]}")
        return Ask(method, self._url(path), what, **parts)

    def _url(self, path: str) -> str:
        """The address of a path; a host-relative one is taken as it is, any other stands below the account."""
        if path.startswith("/") and not path.startswith("//"):
            return self.api_url + path
        if "//" in path:
            raise ImpactError("impact.com names a page on another host, which is not followed")
        return f"{self.api_url}/Advertisers/{self._credentials.account_sid}/{path}"


def _pieces(response: httpx.Response) -> Iterator[bytes]:
    try:
        yield from response.iter_bytes(_PIECE)
    except (httpx.TransportError, httpx.DecodingError) as error:
        raise UnreachableError(f"a download broke off ({type(error).__name__}); try again") from None
