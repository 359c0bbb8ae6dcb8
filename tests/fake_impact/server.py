"""HTTP/1.1 on loopback, by hand: what is scripted below the level of a web framework must be possible."""

import asyncio
import threading
from collections.abc import Callable
from email.utils import formatdate
from typing import Self

from fake_impact.failures import Failure, Script
from fake_impact.routes import Request, Response, answer
from fake_impact.state import State

__all__ = ["FakeImpact"]

REASONS = {200: "OK", 202: "Accepted", 302: "Found"}
NOTHING_TAKEN = {
    Failure.ERROR_500: 500,
    Failure.ERROR_503: 503,
    Failure.GATEWAY_BEFORE: 502,
}


class FakeImpact:
    """The server, in a thread of its own, as a context; `state` is what it knows, `script` what fails.

    `wait` is how many seconds a scripted limit says to wait, `delay` how long a slow answer takes.
    """

    def __init__(
        self, state: State | None = None, *, port: int = 0, wait: int = 1, delay: float = 0.05
    ) -> None:
        self.state = state or State()
        self.script = Script()
        self.wait, self.delay = wait, delay
        self.seen: list[Request] = []
        self.keep = True  # requests, for tests to look at
        self.before: Callable[[Request], None] = lambda _: None
        self._port = port
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.connections: set[asyncio.Transport] = set()

    def __enter__(self) -> Self:
        ready = self.loop.create_server(lambda: _Connection(self), "127.0.0.1", self._port)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(ready, self.loop).result(10)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self._close)
        self._thread.join(10)
        self.loop.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def requests(self, method: str, part: str = "") -> list[Request]:
        return [request for request in self.seen if request.method == method and part in request.target]

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def _close(self) -> None:
        self._server.close()
        for transport in list(self.connections):
            transport.abort()
        self.loop.call_soon(self.loop.stop)


class _Connection(asyncio.Protocol):
    def __init__(self, fake: FakeImpact) -> None:
        self._fake, self._received = fake, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._fake.connections.add(transport)

    def connection_lost(self, _: Exception | None) -> None:
        self._fake.connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (request := self._next()) is not None:
            if self._fake.keep:
                self._fake.seen.append(request)
            self._fake.state.requests[request.method] += 1
            self._fake.before(request)
            self._serve(request, self._fake.script.pick(request.method))

    def _next(self) -> Request | None:
        head, mark, rest = self._received.partition(b"\r\n\r\n")
        if not mark:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return None
        self._received = rest[length:]
        method, target, _ = first.split(" ")
        return Request(method, target, headers, rest[:length].decode())

    def _serve(self, request: Request, failure: Failure | None) -> None:
        if failure is Failure.HANG_BEFORE:
            return
        if failure is Failure.RESET_BEFORE:
            self._transport.abort()
        elif failure in NOTHING_TAKEN:
            self._send(request, Response(NOTHING_TAKEN[failure], raw=b"<html>Sorry</html>"))
        elif failure is not None and failure.name.startswith("LIMIT"):
            self._send(request, Response(429, {"Status": "ERROR"}, self._limit_headers(failure)))
        else:
            self._reply(request, answer(self._fake.state, request), failure)

    def _reply(self, request: Request, response: Response, failure: Failure | None) -> None:
        """Answer what was done, or do not."""
        if failure is Failure.SLOW:
            self._fake.loop.call_later(self._fake.delay, self._send, request, response)
        elif failure is Failure.RESET_AFTER:
            self._transport.abort()
        elif failure is Failure.GATEWAY_AFTER:
            self._send(request, Response(504, raw=b""))
        elif failure is Failure.NOT_JSON:
            self._send(request, Response(200, raw=b"<html>Maintenance</html>"))
        elif failure is not Failure.HANG_AFTER:
            self._send(request, response, half=failure is Failure.TRUNCATED)

    def _limit_headers(self, failure: Failure) -> dict[str, str]:
        wait = self._fake.wait
        now = self._fake.state.now().timestamp()
        used_up = {"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "0"}
        return {
            Failure.LIMIT_SECONDS: used_up | {"X-RateLimit-Reset": str(wait)},
            Failure.LIMIT_EPOCH: used_up | {"X-RateLimit-Reset": str(int(now) + wait)},
            Failure.LIMIT_HOUR: {"X-RateLimit-Remaining-hour": "0", "RateLimit-Reset": str(wait)},
            Failure.LIMIT_RETRY_AFTER: {"Retry-After": str(wait)},
            Failure.LIMIT_DATE: {"Retry-After": formatdate(now + wait, usegmt=True)},
        }.get(failure, {})

    def _send(self, request: Request, response: Response, *, half: bool = False) -> None:
        accepts = request.headers.get("accept", "")
        body, kind = response.encoded(as_json="json" in accepts or request.path.endswith(".json"))
        headers = {"Content-Type": kind, "Content-Length": str(len(body))} | response.headers
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        reason = REASONS.get(response.status, "Error")
        head = f"HTTP/1.1 {response.status} {reason}\r\n{lines}\r\n".encode("latin-1")
        if self._transport.is_closing():
            return
        self._transport.write(head + (body[: len(body) // 2] if half else body))
        if half:
            self._transport.close()
