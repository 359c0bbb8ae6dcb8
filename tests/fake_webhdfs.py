"""A remote file system for tests: the WebHDFS REST API over real HTTP on loopback, with a local folder behind it.

Name node and data nodes are one server; what moves bytes is redirected once, as the protocol has it. Answers have no
content type: the client that comes with Spark looks at one with a class of Jersey's that is not in its jars, and fails.
"""

import json
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

__all__ = ["FakeWebHdfs", "Request"]

_PREFIX = "/webhdfs/v1"
_BLOCK_BYTES = 1 << 16
_EXCEPTIONS = {
    400: "java.lang.UnsupportedOperationException",
    403: "org.apache.hadoop.security.AccessControlException",
    404: "java.io.FileNotFoundException",
}


@dataclass(frozen=True)
class Request:
    """What a client asks for; `path` begins with a slash."""

    method: str
    path: str
    parameters: dict[str, str] = field(compare=False)

    @property
    def op(self) -> str:
        """The operation, in capitals."""
        return self.parameters.get("op", "").upper()


class FakeWebHdfs:
    """The server, in threads of its own, as a context; `folder` is its root directory.

    `denied` says which requests are answered with 403, `fails` at which the server is gone for good.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seen: list[Request] = []
        self.denied: Callable[[Request], bool] = lambda _: False
        self.fails: Callable[[Request], bool] = lambda _: False
        self.is_gone = False
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.fake = self
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """The root directory, as Hadoop writes it."""
        return f"webhdfs://{self.address}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    fake: FakeWebHdfs

    def handle_error(self, *_: object) -> None:
        """Say nothing: clients may go away in the middle."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or every answer waits for the client to acknowledge its header

    def do_GET(self) -> None:
        self._answer()

    do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815  names of http.server's

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        split = urlsplit(self.path)
        path = unquote(split.path.removeprefix(_PREFIX)) or "/"
        self._request = Request(self.command, path, dict(parse_qsl(split.query, keep_blank_values=True)))
        self._local = self._fake.folder / path.strip("/")
        self._fake.seen.append(self._request)
        self._fake.is_gone = self._fake.is_gone or self._fake.fails(self._request)
        if self._fake.is_gone:
            self.close_connection = True
            return
        work = getattr(self, f"_{self._request.op.lower()}", None)
        if self._fake.denied(self._request):
            self._refuse(
                403, f"Permission denied: user={self._parameter('user.name', 'dr.who')}, path={path}"
            )
        elif work is None:
            self._refuse(400, f"{self._request.op} is not supported")
        else:
            try:
                work()
            except (FileNotFoundError, NotADirectoryError):
                self._refuse(404, f"File does not exist: {path}")

    @property
    def _fake(self) -> FakeWebHdfs:
        fake: FakeWebHdfs = self.server.fake  # type: ignore[attr-defined]
        return fake

    def _parameter(self, name: str, default: str) -> str:
        return self._request.parameters.get(name, default)

    def _gethomedirectory(self) -> None:
        self._tell({"Path": f"/user/{self._parameter('user.name', 'dr.who')}"})

    def _getfilestatus(self) -> None:
        self._tell({"FileStatus": _status(self._local, "")})

    def _liststatus(self) -> None:
        files = [(self._local, "")]
        if self._local.is_dir():
            files = [(file, file.name) for file in sorted(self._local.iterdir())]
        self._tell({"FileStatuses": {"FileStatus": [_status(*file) for file in files]}})

    def _getfileblocklocations(self) -> None:
        size = self._local.stat().st_size
        block = {"offset": 0, "length": size, "hosts": ["localhost"], "names": [self._fake.address]}
        block |= {"topologyPaths": [], "cachedHosts": [], "storageTypes": ["DISK"], "corrupt": False}
        self._tell({"BlockLocations": {"BlockLocation": [block] if size else []}})

    def _open(self) -> None:
        size = self._local.stat().st_size
        if self._is_redirected():
            return
        start = int(self._parameter("offset", "0"))
        most = int(self._parameter("length", str(size)))
        length = max(0, min(most, size - start))
        self._begin(200, length)
        with self._local.open("rb") as file:
            file.seek(start)
            while length and (block := file.read(min(length, _BLOCK_BYTES))):
                self.wfile.write(block)
                length -= len(block)

    def _create(self) -> None:
        if self._is_redirected():
            return
        self._local.parent.mkdir(parents=True, exist_ok=True)
        self._receive("wb")
        self._begin(201, 0)

    def _append(self) -> None:
        if self._is_redirected():
            return
        self._receive("ab")
        self._begin(200, 0)

    def _mkdirs(self) -> None:
        self._local.mkdir(int(self._parameter("permission", "755"), 8), parents=True, exist_ok=True)
        self._tell({"boolean": True})

    def _rename(self) -> None:
        target = self._fake.folder / self._parameter("destination", "").strip("/")
        target = target / self._local.name if target.is_dir() else target
        renamed = self._local.exists() and target.parent.is_dir()
        if renamed:
            self._local.rename(target)
        self._tell({"boolean": renamed})

    def _delete(self) -> None:
        existed = self._local.exists()
        if self._local.is_dir():
            shutil.rmtree(self._local)
        else:
            self._local.unlink(missing_ok=True)
        self._tell({"boolean": existed})

    def _setpermission(self) -> None:
        self._local.chmod(int(self._parameter("permission", "755"), 8))
        self._begin(200, 0)

    def _is_redirected(self) -> bool:
        """Whether a name node was asked for bytes, and has named a data node."""
        if "datanode" in self._request.parameters:
            return False
        asked = self._request.parameters | {"datanode": "1"}
        location = f"http://{self._fake.address}{_PREFIX}{quote(self._request.path)}?{urlencode(asked)}"
        if self._parameter("noredirect", "false") == "true":
            self._tell({"Location": location})
        else:
            self._begin(307, 0, {"Location": location})
        return True

    def _receive(self, mode: str) -> None:
        with self._local.open(mode) as file:
            if self.headers.get("Transfer-Encoding") != "chunked":
                file.write(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
                return
            while size := int(self.rfile.readline().split(b";")[0], 16):
                file.write(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()

    def _refuse(self, code: int, message: str) -> None:
        kind = _EXCEPTIONS[code]
        said = {"exception": kind.rpartition(".")[2], "javaClassName": kind, "message": message}
        self._tell({"RemoteException": said}, code)

    def _tell(self, value: Any, code: int = 200) -> None:
        content = json.dumps(value).encode()
        self._begin(code, len(content))
        self.wfile.write(content)

    def _begin(self, code: int, length: int, headers: dict[str, str] | None = None) -> None:
        self.send_response(code)
        for name, value in {"Content-Length": str(length), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()


def _status(file: Path, suffix: str) -> dict[str, Any]:
    of = file.stat()
    milliseconds = of.st_mtime_ns // 1_000_000
    return {
        "pathSuffix": suffix,
        "type": "DIRECTORY" if file.is_dir() else "FILE",
        "length": 0 if file.is_dir() else of.st_size,
        "permission": f"{of.st_mode & 0o777:o}",
        "owner": "hdfs",
        "group": "supergroup",
        "replication": 1,
        "blockSize": 128 << 20,
        "accessTime": milliseconds,
        "modificationTime": milliseconds,
        "fileId": of.st_ino,
        "childrenNum": 0,
        "storagePolicy": 0,
    }
