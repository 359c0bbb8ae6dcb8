"""The file systems that Spark sees, through Hadoop: inputs in object storage, and the engine's own folder there."""

import io
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, cast

from pyarrow import parquet

from mmpsync.engines.spark_errors import found, kept, opened
from mmpsync.engines.spark_session import is_local
from mmpsync.engines.urls import refuse_secrets
from mmpsync.errors import ConfigError, InputError
from mmpsync.scratch import Scratch

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["Files", "literal"]

_BUFFER_BYTES = 1 << 20
_SHARED_FOLDER = "/tmp"  # noqa: S108  of the cluster's file system; the engine's own is made below
_CONFIGURATION = "Spark's own configuration (spark.hadoop.fs.…)"
_ESCAPED = str.maketrans({character: f"\\{character}" for character in "\\*?[]{},"})


class Files:
    """What is in object storage (see `Remote`), and a folder of one engine's that driver and workers share.

    `may_be_many`: the folder is on disks, and every machine of the cluster may have another of the same name.
    """

    def __init__(self, session: "SparkSession", directory: str | None, temp_directory: Path | None) -> None:
        context: Any = session.sparkContext
        self._jvm = context._jvm  # noqa: SLF001  Spark's own way to Hadoop's file systems
        self._conf = context._jsc.hadoopConfiguration()  # noqa: SLF001
        self._sizes: dict[str, int] = {}
        if directory is not None:
            refuse_secrets(directory, _CONFIGURATION)
        root = directory or self._shared(context.master)
        self._root = f"{root.rstrip('/')}/mmpsync-{uuid.uuid4().hex}" if root else None
        self.may_be_many = False
        if self._root is not None:
            self._make(self._root)
            self.may_be_many = not is_local(context.master) and self._is_disk(self._root)
        self._local = Scratch(temp_directory)

    def _shared(self, master: str) -> str | None:
        """Where a cluster keeps what all of it sees; None for this machine's own disk."""
        default = str(self._conf.get("fs.defaultFS", "file:///"))
        if not default.startswith("file:"):
            return f"{default.rstrip('/')}{_SHARED_FOLDER}"
        if is_local(master):
            return None
        raise ConfigError(
            "engine.spark_directory: name a folder that every worker of the cluster sees, such as"
            " s3a://bucket/tmp, hdfs:///tmp or file:///mnt/shared; Spark keeps the tables of a run there"
        )

    def _make(self, folder: str) -> None:
        """A folder for its owner alone, where the file system knows such; a run's tables hold user data."""
        with kept(folder):
            path = self._path(folder)
            owner_only = self._jvm.org.apache.hadoop.fs.permission.FsPermission("700")
            path.getFileSystem(self._conf).mkdirs(path, owner_only)

    def _is_disk(self, folder: str) -> bool:
        path = self._path(folder)
        return str(path.getFileSystem(self._conf).getScheme()) == "file"

    def find(self, url: str) -> list[tuple[str, str]]:
        """The files that a URL stands for; see `Remote`."""
        refuse_secrets(url, _CONFIGURATION)
        files: dict[str, tuple[int, str]] = {}
        with found(url):
            for match in self._matches(url):
                place = _named(match)
                if match.isFile():
                    files[place] = (
                        int(match.getLen()),
                        "" if place == _named_url(url) else match.getPath().getName(),
                    )
                else:
                    path = match.getPath()
                    for each in _listed(path.getFileSystem(self._conf).listFiles(path, True)):
                        files.setdefault(
                            _named(each),
                            (int(each.getLen()), _named(each).removeprefix(f"{place.rstrip('/')}/")),
                        )
        if not files:
            raise InputError(f"{url}: no file is there, or none matches")
        self._sizes.update({place: size for place, (size, _) in files.items()})
        return [(place, below) for place, (_, below) in files.items()]

    def _matches(self, url: str) -> Iterator[Any]:
        """What a pattern matches; in Hadoop's own, two asterisks are no more than one."""
        before, any_depth, behind = url.partition("/**/")
        path = self._path(before if any_depth else url)
        matches = list(path.getFileSystem(self._conf).globStatus(path) or ())
        if not any_depth:
            yield from matches
        elif any(match.isDirectory() for match in matches):
            yield from self._matches(f"{before}/{behind}")
            yield from self._matches(f"{before}/*/**/{behind}")

    def open(self, url: str) -> BinaryIO:
        """A file, to be read from any place."""
        with opened(url):
            path = self._path(url)
            stream = path.getFileSystem(self._conf).open(path)
        return cast("BinaryIO", io.BufferedReader(_HadoopFile(url, stream, self._sizes[url]), _BUFFER_BYTES))

    def local(self, url: str) -> None:
        """Nothing is brought to the driver."""

    def size(self, path: str) -> int:
        """How large a file is, in bytes."""
        return self._sizes[path] if path in self._sizes else Path(path).stat().st_size

    def uri(self, path: str, way: str) -> str:
        """The file as Spark's own readers tell it: with their rows they escape what a URI does not hold."""
        found = self._path(path if "://" in path else f"file://{Path(path).absolute()}")
        return str(found.toUri().toString() if way == "rows" else found.toString())

    @contextmanager
    def columns_only(self, path: str) -> Iterator[Path]:
        """A local Parquet file with the columns of this one, remote or not."""
        if path not in self._sizes:
            yield Path(path)
            return
        file = self._local.path / "columns.parquet"
        with self.open(path) as remote:
            parquet.write_table(parquet.read_schema(remote).empty_table(), file)
        yield file
        file.unlink()

    def place(self, name: str) -> str:
        """The URL of a table in the folder."""
        return f"{self._root or f'file://{self._local.path}'}/{name}"

    def expect(self, place: str, form: Literal["parquet", "text"], lines: int) -> None:
        """Raise ConfigError if so many lines were put there and not all have come here."""
        seen = sum(_lines(part.removeprefix("file://"), form) for part in self._parts(place))
        if seen < lines:
            raise ConfigError(
                f"engine.spark_directory: {self._root} is not one folder to all of the cluster: workers have put {lines:,}"
                f" rows there, and {seen:,} have come; name one that every worker and this machine share"
            )

    def fetch(self, place: str, target: Path) -> None:
        """Bring the parts of a table into the folder `target`, in order."""
        target.mkdir(mode=0o700)
        for number, part in enumerate(self._parts(place)):
            self._bring(part, target / f"part-{number:05}.parquet")

    def join(self, place: str, target: Path, columns: Sequence[str]) -> None:
        """Put the parts of a CSV, each with the header unless it has no rows, behind one another."""
        with target.open("wb") as whole:
            whole.write(",".join(columns).encode() + b"\n")
            for part in self._parts(place):
                piece = self._local.path / "piece.csv"
                self._bring(part, piece)
                with piece.open("rb") as text:
                    text.readline()
                    shutil.copyfileobj(text, whole)
                piece.unlink()

    def close(self) -> None:
        """Remove the folder."""
        self._local.close()
        if self._root is not None:
            try:
                with kept(self._root):
                    path = self._path(self._root)
                    path.getFileSystem(self._conf).delete(path, True)
            except ConfigError as error:
                raise ConfigError(
                    f"{self._root} is left behind, with rows of the exports; remove it. {error}"
                ) from error

    def _path(self, url: str) -> Any:
        return self._jvm.org.apache.hadoop.fs.Path(url)

    def _parts(self, place: str) -> Iterator[str]:
        with kept(place):
            path = self._path(place)
            statuses = path.getFileSystem(self._conf).listStatus(path)
            urls = {str(status.getPath().getName()): _named(status) for status in statuses}
        yield from (urls[name] for name in sorted(urls) if name.startswith("part-"))

    def _bring(self, url: str, target: Path) -> None:
        if url.startswith("file://"):
            shutil.move(url.removeprefix("file://"), target)
            return
        without_checksum_file = True
        with kept(url):
            path = self._path(url)
            there = self._path(f"file://{target.absolute()}")
            path.getFileSystem(self._conf).copyToLocalFile(False, path, there, without_checksum_file)


def literal(url: str) -> str:
    """The URL as a pattern that matches it alone."""
    return url.translate(_ESCAPED)


class _HadoopFile(io.RawIOBase):
    """A file of Hadoop's."""

    def __init__(self, url: str, stream: Any, size: int) -> None:
        self._url, self._stream, self._size = url, stream, size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.tell(), io.SEEK_END: self._size}[whence]
        with opened(self._url):
            self._stream.seek(start + offset)
        return start + offset

    def tell(self) -> int:
        return int(self._stream.getPos())

    def readinto(self, buffer: Any) -> int:
        with opened(self._url):
            data = self._stream.readNBytes(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


def _lines(file: str, form: Literal["parquet", "text"]) -> int:
    if form == "parquet":
        return int(parquet.read_metadata(file).num_rows)
    with Path(file).open("rb") as text:
        return sum(block.count(b"\n") for block in iter(lambda: text.read(_BUFFER_BYTES), b""))


def _named(status: Any) -> str:
    """A file's URL, always with two slashes behind the scheme."""
    return _named_url(str(status.getPath().toString()))


def _named_url(url: str) -> str:
    scheme, _, rest = url.partition(":")
    return url if rest.startswith("//") else f"{scheme}://{rest}"


def _listed(files: Any) -> Iterator[Any]:
    while files.hasNext():
        yield files.next()
