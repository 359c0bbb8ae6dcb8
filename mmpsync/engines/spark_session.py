"""A Spark session: the one that runs already, or one of its own, quiet and with the settings that results depend on."""

import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmpsync.engines.spark_errors import cause
from mmpsync.errors import ConfigError, MissingExtraError

if TYPE_CHECKING:
    from pyspark import SparkConf
    from pyspark.sql import SparkSession

__all__ = ["is_local", "open_session"]

_LOOPBACK = "127.0.0.1"
_LEAST_JAVA = 17
_NO_JAVA = (
    "--engine spark needs Java {least} or newer{found}: install it (Debian and Ubuntu: apt-get install"
    " openjdk-{least}-jre-headless) or let JAVA_HOME name it"
)
# What results depend on. A cast that fails is null and never an error (ANSI mode off); a time without a zone stays one;
# a file that is gone or damaged is never left out in silence.
_RESULTS: Mapping[str, str] = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.ansi.enabled": "false",
    "spark.sql.caseSensitive": "true",
    "spark.sql.mapKeyDedupPolicy": "LAST_WIN",
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.files.ignoreMissingFiles": "false",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
    "spark.sql.parquet.compression.codec": "snappy",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
}
# What whoever set up Spark may have set otherwise.
_DEFAULTS: Mapping[str, str] = {
    "spark.app.name": "mmpsync",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    # On a busy machine a worker takes its time to start.
    "spark.python.authenticate.socketTimeout": "120s",
}


def open_session(master: str | None) -> tuple["SparkSession", bool]:
    """A session for one engine, and whether Spark itself was started for it and ends with it.

    `master` is what spark-submit takes; without one, Spark's own configuration decides, which has local[*] where it
    says nothing. Raises MissingExtraError without PySpark, ConfigError without Java or when Spark does not start.
    """
    if master is not None and master.startswith("sc:"):
        raise ConfigError(
            f"engine.spark_master = {master!r}: Spark Connect shows no file systems, which mmpsync has to look into; give"
            " the cluster's own address (spark://HOST:7077, yarn, k8s://…), or use spark-submit"
        )
    try:
        from py4j.protocol import Py4JJavaError  # noqa: PLC0415
        from pyspark import SparkContext  # noqa: PLC0415
        from pyspark.sql import SparkSession  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError("--engine spark", "spark") from error
    # Nothing here goes through pandas.
    warnings.filterwarnings(
        "ignore", message="PySpark does not yet fully support pandas", category=FutureWarning
    )
    running = SparkContext._active_spark_context  # noqa: SLF001  the one way to ask without starting one
    context = _started(master) if running is None else running
    if master not in (None, context.master):
        raise ConfigError(f"engine.spark_master = {master!r}: Spark runs already, on {context.master!r}")
    try:
        session = SparkSession(context).newSession()
    except Py4JJavaError as error:
        raise ConfigError(
            f"Spark does not start: {context.master} cannot be reached, or refuses; its web page says what its address is"
        ) from error
    for name, value in _RESULTS.items():
        session.conf.set(name, value)
    if is_local(context.master):
        session.conf.set("spark.sql.shuffle.partitions", str(max(2, context.defaultParallelism)))
    return session, running is None


def is_local(master: str) -> bool:
    """Whether all of Spark runs on this machine."""
    return master.startswith("local")


def _started(master: str | None) -> Any:
    from pyspark import SparkConf, SparkContext  # noqa: PLC0415
    from pyspark.java_gateway import launch_gateway  # noqa: PLC0415

    asked = SparkConf(loadDefaults=False)
    if master is not None:
        asked.setMaster(master)
    if "PYSPARK_GATEWAY_PORT" not in os.environ:
        _require_java()
    own_network = {"SPARK_LOCAL_IP": _LOOPBACK} if master is not None and is_local(master) else {}
    with _log() as log, _environment(own_network), _own_interrupts():
        try:
            # Spark writes to stderr before it can be told not to. Once started, its JVM lives as long as this process:
            # what ends a whole group of processes leaves it to clean up.
            options = {"stderr": log, "start_new_session": True}
            gateway = SparkContext._gateway or launch_gateway(asked, popen_kwargs=options)  # noqa: SLF001
            conf = SparkConf(_jvm=gateway.jvm)
            if master is not None:
                conf.setMaster(master)
            _configure(conf)
            # The Python of the workers; that of a cluster is not this machine's.
            python = conf.get("spark.pyspark.python") or (sys.executable if _is_here(conf) else None)
            with _environment({"PYSPARK_PYTHON": python} if python else {}):
                context = SparkContext(conf=conf, gateway=gateway)
            # It prints a traceback when the JVM that it hears from ends.
            context._accumulatorServer.handle_error = lambda *_: None  # noqa: SLF001
            return context  # noqa: TRY300
        except Exception as error:
            raise ConfigError(f"Spark does not start: {_reason(error, Path(log.name))}") from error


def _configure(conf: "SparkConf") -> None:
    for name, value in _DEFAULTS.items():
        conf.setIfMissing(name, value)
    conf.setIfMissing("spark.sql.warehouse.dir", tempfile.gettempdir())
    if _is_here(conf):
        conf.setIfMissing("spark.driver.bindAddress", _LOOPBACK)
        conf.setIfMissing("spark.driver.host", _LOOPBACK)


@contextmanager
def _own_interrupts() -> Iterator[None]:
    """Ctrl-C goes on doing what it did: Spark's way of ending jobs asks a JVM that is waiting for them.

    What Py4J says of an interrupt to the log, with a traceback, is left out.
    """
    before = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, before)
        logging.getLogger().addFilter(_is_no_interrupt)


def _is_no_interrupt(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], KeyboardInterrupt))


@contextmanager
def _log() -> Iterator[Any]:
    with tempfile.NamedTemporaryFile(prefix="mmpsync-spark-", suffix=".log") as log:
        yield log


def _is_here(conf: "SparkConf") -> bool:
    return is_local(conf.get("spark.master", "local[*]") or "")


@contextmanager
def _environment(own: Mapping[str, str]) -> Iterator[None]:
    """Environment variables for a while, but for those that are set already."""
    added = {name: value for name, value in own.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


def _require_java() -> None:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    if java is None:
        raise ConfigError(
            _NO_JAVA.format(least=_LEAST_JAVA, found=f"; there is none in {home}" if home else "")
        )
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603
    version = re.search(r'version "(?:1\.)?(\d+)', said)
    if version is None or int(version.group(1)) < _LEAST_JAVA:
        raise ConfigError(
            _NO_JAVA.format(
                least=_LEAST_JAVA, found=f"; {java} is {said.splitlines()[0] if said else 'none'}"
            )
        )


def _reason(error: Exception, log: Path) -> str:
    lines = [line for line in log.read_text("utf-8", "replace").splitlines() if "WARN" not in line]
    return cause("\n".join([*lines, str(error)]) if "JAVA_GATEWAY" not in str(error) else "\n".join(lines))
