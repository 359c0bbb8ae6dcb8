"""What goes wrong in Spark's workers, told on the driver as what it is: an error of the input, or of Spark's."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mmpsync import errors
from mmpsync.errors import ConfigError, MmpsyncError

__all__ = ["handed_over", "told"]

_BEGINS, _ENDS = "<mmpsync>", "</mmpsync>"
_HANDED_OVER = re.compile(f"{_BEGINS}(.*?){_ENDS}", re.DOTALL)
_OF_A_TRACE = re.compile(r"\s+at |\s+\.\.\. |Driver stacktrace")
_OUT_OF_MEMORY = ("OutOfMemoryError", "Java heap space", "memory limits")
_LOST = re.compile(r"ExecutorLostFailure|No module named 'mmpsync|No module named 'duckdb")


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
        yield
    except AnalysisException:
        raise
    except (PySparkException, Py4JJavaError) as error:
        raise _known(str(error)) from error


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
    causes = [line.strip() for line in message.splitlines() if line.strip() and not _OF_A_TRACE.match(line)]
    return ConfigError(
        f"Spark gave up: {causes[-1].removeprefix('Caused by: ')}; run again, and look into its logs"
    )
