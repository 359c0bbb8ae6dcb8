"""What is told of an error of Spark's: one line, and no trace."""

import pytest
from py4j.protocol import Py4JNetworkError

from mmpsync.engines.spark_errors import cause, handed_over, kept, told
from mmpsync.errors import ConfigError, InputError

OWN = "file:/mnt/s/mmpsync-0123456789abcdef0123456789abcdef/found/part-0"
TRACE = """An error occurred while calling o1.save.
: org.apache.spark.SparkException: Job aborted.
\tat org.apache.spark.Some.thing(Some.scala:1)
Driver stacktrace:
Caused by: java.io.IOException: No space left on device
\tat java.base/java.io.Some.thing(Native Method)
\t... 12 more
"""


@pytest.mark.parametrize(
    ("message", "says"),
    [
        (TRACE, "IOException: No space left on device"),
        (
            'Exception in thread "main" org.apache.spark.SparkException: no\n\tat x.y(z)\n',
            "SparkException: no",
        ),
        ("first\nlast", "last"),
        ("\n", "no reason given"),
    ],
)
def test_the_innermost_cause_is_told(message: str, says: str) -> None:
    assert cause(message) == says


def test_a_driver_that_was_killed_is_no_bug() -> None:
    for during in (told(), kept("hdfs:///tmp")):
        with pytest.raises(ConfigError, match=r"Spark's driver, a Java process, has ended"), during:
            raise Py4JNetworkError
    with pytest.raises(ConfigError, match="has ended"), told():
        raise ConnectionRefusedError


@pytest.mark.parametrize(
    ("message", "kind", "says"),
    [
        (
            "[X] Encountered error while reading file s3a://b/a%20b.csv.  SQLSTATE: K\nCaused by: java.io.IOException: x",
            InputError,
            r"^s3a://b/a b\.csv: cannot be read: IOException: x; run",
        ),
        (
            f"[X] Encountered error while reading file {OWN}.\nCaused by: java.io.FileNotFoundException: File {OWN} is not",
            ConfigError,
            r"^engine\.spark_directory: workers cannot use file:/mnt/s/mmpsync-\w{32}: .* is not; every worker has",
        ),
        ("java.lang.OutOfMemoryError: Java heap space", ConfigError, "spark.executor.memory"),
        ("Python worker exited unexpectedly (crashed)", ConfigError, "ran out of memory"),
        ("ModuleNotFoundError: No module named 'pyarrow'", ConfigError, r"'pyarrow'.*spark\.pyspark\.python"),
        (
            "[PYTHON_VERSION_MISMATCH] x",
            ConfigError,
            r"spark\.pyspark\.python, in the version that runs here",
        ),
        (
            'IOException: Cannot run program "python9": error=2',
            ConfigError,
            r'"python9".*spark\.pyspark\.python',
        ),
        ("ModuleNotFoundError: No module named 'mmpsync'", ConfigError, r"spark\.pyspark\.python"),
        (TRACE, ConfigError, "^Spark gave up: IOException: No space left on device; run again"),
    ],
)
def test_what_spark_raises_is_told_as_what_it_is(message: str, kind: type[Exception], says: str) -> None:
    from pyspark.errors import PySparkException

    with pytest.raises(kind, match=says), told():
        raise PySparkException(message)


def test_what_a_worker_raises_is_told_as_it_was() -> None:
    from pyspark.errors import PySparkException

    place = "/tmp/mmpsync-x/file"
    with (
        pytest.raises(Exception, match="<mmpsync>") as raised,
        handed_over(lambda text: text.replace(place, "a.csv")),
    ):
        raise InputError(f"{place}: damaged")
    with pytest.raises(InputError, match=r"^a\.csv: damaged$"), told():
        raise PySparkException(f"PythonException: {raised.value}\n\tat x.y(z)")
