"""Exports in object storage (S3, Google Cloud Storage), brought to this machine's disk to be read there.

Credentials, regions and endpoints are those that the environment, or the store's own configuration, has.
"""

import errno
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from glob import has_magic
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, BinaryIO

from mmpsync.engines.urls import refuse_secrets
from mmpsync.errors import ConfigError, InputError, MissingExtraError

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

__all__ = ["ObjectStorage"]

_S3, _GCS = ("s3", "s3a"), ("gs", "gcs")
# So many are fetched at a time, those next to come with the one that is asked for.
_AT_ONCE = 64


class ObjectStorage:
    """Files by their URLs, copied into `folder` when they are needed; see `Remote`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._systems: dict[str, AbstractFileSystem] = {}
        self._numbers: dict[str, int] = {}
        self._fetching = Lock()
        self.copies: dict[str, str] = {}
        """The files that are here, by their URLs."""

    def find(self, url: str) -> list[tuple[str, str]]:
        """The files that a URL, a pattern or a folder stands for; see `Remote`."""
        refuse_secrets(url, "the environment, or the store's own configuration,")
        scheme, _, path = url.partition("://")
        system = self._system(url)
        with _complaints(url):
            found = {path: ""} if system.isfile(path) else _matches(system, path)
        files = {
            f"{scheme}://{name}": below for name, below in sorted(found.items()) if not name.endswith("/")
        }
        if not files:
            raise InputError(f"{url}: no file is there, or none matches")
        for name in files:
            self._numbers.setdefault(name, len(self._numbers))
        return list(files.items())

    def open(self, url: str) -> BinaryIO:
        """A file that was found, to be read from any place; raises OSError."""
        return self.local(url).open("rb")

    def local(self, url: str) -> Path:
        """Where the copy of a file that was found is."""
        with self._fetching:
            if url not in self.copies:
                self._fetch(url)
        return Path(self.copies[url])

    def _fetch(self, url: str) -> None:
        scheme = url.partition("://")[0]
        found = list(self._numbers)
        next_ones = [
            each
            for each in found[self._numbers[url] :]
            if each not in self.copies and each.startswith(f"{scheme}://")
        ][:_AT_ONCE]
        self._folder.mkdir(mode=0o700, exist_ok=True)
        try:
            self._get(url, next_ones)
        except InputError:
            # Which of them it was shows when each is fetched alone.
            self._get(url, [url])

    def _get(self, url: str, files: Sequence[str]) -> None:
        copies = {each: str(self._folder / str(self._numbers[each])) for each in files}
        with _complaints(url):
            self._system(url).get([each.partition("://")[2] for each in copies], list(copies.values()))
        self.copies |= copies

    def _system(self, url: str) -> "AbstractFileSystem":
        scheme = url.partition("://")[0]
        if scheme not in self._systems:
            self._systems[scheme] = _opened(scheme, url)
        return self._systems[scheme]


def _opened(scheme: str, url: str) -> "AbstractFileSystem":
    if scheme not in (*_S3, *_GCS):
        raise InputError(
            f"{url}: mmpsync reads local files, s3:// and gs://; copy the files here first, or give --engine spark"
        )
    # A later run of the same process must not be told of files that were there before.
    options: dict[str, Any] = {"skip_instance_cache": True, "use_listings_cache": False}
    try:
        if scheme in _S3:
            from s3fs import S3FileSystem  # noqa: PLC0415

            return S3FileSystem(**options)
        # Its other one asks for more rights than to read.
        from gcsfs.core import GCSFileSystem  # noqa: PLC0415

        # What it logs, traceback and all, nobody but a handler of the user's own is to print: it is raised as well.
        logging.getLogger("gcsfs").addHandler(logging.NullHandler())
    except ImportError as error:
        raise MissingExtraError(
            f"{url}: to read {scheme}:// URLs", "s3" if scheme in _S3 else "gcs"
        ) from error
    with _complaints(url):
        return GCSFileSystem(**options)


def _matches(system: "AbstractFileSystem", path: str) -> dict[str, str]:
    """The files in a folder, or those that a pattern stands for, each with its path below the folder, or its name."""
    found: dict[str, str] = {}
    for top in system.glob(path) if has_magic(path) else [path.rstrip("/")]:
        if system.isfile(top):
            found[top] = top.rpartition("/")[2]
        else:
            found |= {name: name.removeprefix(f"{top}/") for name in system.find(top) if name not in found}
    return found


@contextmanager
def _complaints(url: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise InputError(f"{url}: no file is there, or none matches") from error
    except Exception as error:  # every store, and every library below it, has errors of its own
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise ConfigError(f"no room to fetch {url}; give --temp-dir a folder with more room") from error
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise InputError(
            f"{url}: cannot be read: {said[0]}; credentials and endpoint are those of the environment, or of the"
            " store's own configuration"
        ) from error
