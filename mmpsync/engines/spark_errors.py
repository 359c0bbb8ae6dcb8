"""What goes wrong in Spark, its workers and its file systems, told as what it is: an error of the input, or of Spark's."""

import errno
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

from mmpsync import errors
from mmpsync.errors import ConfigError, InputError, MmpsyncError

__all__ = ["EVERYWHERE", "cause", "found", "handed_over", "kept", "opened", "told"]

EVERYWHERE = "a local file has to be there, under the same name, on every worker of Spark"
"""What to do about a file that a worker does not find."""
_BEGINS, _ENDS = "<mmpsync>", "</mmpsync>"
_HANDED_OVER = re.compile(f"{_BEGINS}(.*?){_ENDS}", re.DOTALL)
_OF_A_TRACE = re.compile(r"\s+at |\s+\.\.\. |Driver stacktrace")
_OUT_OF_MEMORY = ("OutOfMemoryError", "Java heap space", "memory limits", "Python worker exited unexpectedly")
_LOST = re.compile(
    r"ExecutorLostFailure|No module named '[\w.]+'|PYTHON_VERSION_MISMATCH|Cannot run program \"[^\"]*\""
)
# A file that Spark's own readers give up, and that is no fault of Spark's.
_UNREAD_FILE = re.compile(
    r"Encountered error while reading file (\S+?)\.?(?:\s|$)|Path does not exist: (.+?)\. SQLSTATE"
)
# The folder of an engine's own, in `spark_directory`.
_OWN_FOLDER = re.compile(r"[^\s'\"]*/mmpsync-[0-9a-f]{32}(?=/)")
_NO_FILE_SYSTEM = re.compile(r"No FileSystem for scheme|ClassNotFoundException: Class [\w.]+ not found")
_PACKAGES = {
    "s3a": "org.apache.hadoop:hadoop-aws:{hadoop}",
    "abfs": "org.apache.hadoop:hadoop-azure:{hadoop}",
    "abfss": "org.apache.hadoop:hadoop-azure:{hadoop}",
    "gs": "com.google.cloud.bigdataoss:gcs-connector:…",
}
_WRITTEN_OTHERWISE = {"s3": "s3a", "s3n": "s3a"}
_NAMES_EXCEPTION = re.compile(r"\w(?:Exception|Error)\b")
_BEFORE_EXCEPTION = re.compile(r'^(?:Caused by: |Exception in thread "[^"]*" |: )')
_CLASS_IN_FRONT = re.compile(r"^(?:[a-z][\w$]*\.)+(?=[A-Z]\w*(?:Exception|Error)\b)")


class _HandedOverError(Exception):
    """Carries an error of mmpsync's, as JSON, through Spark."""


@contextmanager
def handed_over(named: Callable[[str], str]) -> Iterator[None]:
    """In a worker: errors of mmpsync's are raised so that `told` finds them, paths in them as files are `named`."""
    try:
        yield
    except MmpsyncError as error:
        told = json.dumps([type(error).__name__, named(str(error))])
        raise _HandedOverError(f"{_BEGINS}{told}{_ENDS}") from error


@contextmanager
def told() -> Iterator[None]:
    """On the driver: what Spark raises, as the error of mmpsync's that is behind it, or as one of Spark's.

    A query that Spark does not take is neither: it is a bug of ours.
    """
    from py4j.protocol import Py4JJavaError  # noqa: PLC0415
    from pyspark.errors import AnalysisException, PySparkException  # noqa: PLC0415

    try:
        with _answered():
            yield
    except (PySparkException, Py4JJavaError) as error:
        message = str(error)
        if isinstance(error, AnalysisException) and _UNREAD_FILE.search(message) is None:
            raise
        raise _known(message) from error


@contextmanager
def found(url: str) -> Iterator[None]:
    """What Hadoop raises when it looks for files, as an InputError."""
    from py4j.protocol import Py4JJavaError  # noqa: PLC0415

    try:
        with _answered():
            yield
    except Py4JJavaError as error:
        raise InputError(f"{url}: cannot be looked into: {_advised(url, error)}") from error


@contextmanager
def opened(url: str) -> Iterator[None]:
    """What Hadoop raises when it reads a file, as an OSError."""
    from py4j.protocol import Py4JJavaError  # noqa: PLC0415

    try:
        with _answered():
            yield
    except Py4JJavaError as error:
        raise OSError(errno.EIO, _said(error), url) from error


@contextmanager
def kept(url: str) -> Iterator[None]:
    """What Hadoop raises in the engine's own folder, as a ConfigError."""
    from py4j.protocol import Py4JJavaError  # noqa: PLC0415

    try:
        with _answered():
            yield
    except Py4JJavaError as error:
        raise ConfigError(f"engine.spark_directory: {url} cannot be used: {_advised(url, error)}") from error


@contextmanager
def _answered() -> Iterator[None]:
    """Spark's driver is a process of its own, which may end."""
    from py4j.protocol import Py4JNetworkError  # noqa: PLC0415

    try:
        yield
    except (Py4JNetworkError, ConnectionError) as error:
        raise ConfigError(
            "Spark's driver, a Java process, has ended: was it killed, or is spark.driver.memory more than there is?"
        ) from error


def _known(message: str) -> MmpsyncError:
    found = _HANDED_OVER.search(message)
    if found:
        kind, said = json.loads(found.group(1))
        error: MmpsyncError = getattr(errors, kind)(said)
        return error
    if any(words in message for words in _OUT_OF_MEMORY):
        return ConfigError(
            "Spark ran out of memory: give it more, with spark.executor.memory and spark.driver.memory, or smaller files"
        )
    if (lost := _LOST.search(message)) is not None:
        return ConfigError(
            f"Spark's workers cannot go on ({lost.group()}): mmpsync has to be installed for the Python that they run,"
            " spark.pyspark.python, in the version that runs here"
        )
    said = cause(message)
    if (own := _OWN_FOLDER.search(said)) is not None:
        return ConfigError(
            f"engine.spark_directory: workers cannot use {own.group()}: {said}; every worker has to see the very"
            " folder that is called so here and, if it is on a disk, to run as the user who runs mmpsync"
        )
    if (unread := _UNREAD_FILE.search(message)) is not None:
        file = unquote(unread.group(1)) if unread.group(1) else unread.group(2)
        is_local = file.startswith(("file:", "/")) and "exist" in said
        return InputError(
            f"{file}: cannot be read: {said}; {EVERYWHERE if is_local else 'run again when it can be'}"
        )
    return ConfigError(f"Spark gave up: {said}; run again, and look into its logs")


def cause(message: str) -> str:
    """The one line of what Java prints that says what the matter is: no trace, the innermost exception."""
    lines = [line.strip() for line in message.splitlines() if line.strip() and not _OF_A_TRACE.match(line)]
    exceptions = [line for line in lines if _NAMES_EXCEPTION.search(line)]
    return _short(_BEFORE_EXCEPTION.sub("", (exceptions or lines or ["no reason given"])[-1]))


def _advised(url: str, error: Any) -> str:
    """What Hadoop says of a URL, and what to do."""
    said = _said(error)
    if _NO_FILE_SYSTEM.search(said) is None:
        return f"{said}; Spark's own configuration says how it is reached (spark.hadoop.fs.…)"
    scheme = url.partition(":")[0]
    if scheme in _WRITTEN_OTHERWISE:
        return f"for Spark, write it {_WRITTEN_OTHERWISE[scheme]}://"
    package = _PACKAGES.get(scheme, "the package that has it").format(hadoop=_hadoop_version())
    return (
        f"Spark has no file system for {scheme}://; add {package} to spark.jars.packages, in spark-defaults.conf or as"
        " --packages of spark-submit"
    )


def _hadoop_version() -> str:
    from pyspark import SparkContext  # noqa: PLC0415

    jvm: Any = SparkContext._jvm  # noqa: SLF001
    return str(jvm.org.apache.hadoop.util.VersionInfo.getVersion())


def _said(error: Any) -> str:
    return _short(str(error.java_exception.toString()).splitlines()[0])


def _short(said: str) -> str:
    """What Java says, the class of its exception without where that class comes from."""
    return _CLASS_IN_FRONT.sub("", said)
