"""How Spark is started, and what is said when it cannot be. No test here starts it."""

import subprocess
import sys
from pathlib import Path

import pytest

from mmpsync.engines.spark_session import is_local, open_session
from mmpsync.errors import ConfigError, MissingExtraError


def test_spark_connect_is_refused_with_what_to_give_instead() -> None:
    with pytest.raises(ConfigError, match=r"'sc://host:15002'.*spark://HOST:7077.*spark-submit"):
        open_session("sc://host:15002")


def test_without_pyspark_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'mmpsync\[spark\]'"):
        open_session(None)


@pytest.mark.usefixtures("no_spark_runs")
@pytest.mark.parametrize("home", ["", "JAVA_HOME"])
def test_without_java_it_is_said_what_to_install(
    home: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    if home:
        monkeypatch.setenv(home, str(tmp_path))
    with pytest.raises(ConfigError, match=r"needs Java 17 or newer.*apt-get install"):
        open_session("local[1]")


@pytest.mark.usefixtures("no_spark_runs")
def test_a_java_that_is_too_old_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"1.8.0_402\"' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(ConfigError, match=r"Java 17 or newer; .*bin/java is openjdk version .1\.8\.0_402"):
        open_session("local[1]")


@pytest.fixture
def no_spark_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    pyspark = pytest.importorskip("pyspark")
    monkeypatch.setattr(pyspark.SparkContext, "_active_spark_context", None)
    monkeypatch.delenv("PYSPARK_GATEWAY_PORT", raising=False)


def test_masters_on_this_machine_are_known() -> None:
    assert [
        master for master in ("local", "local[*]", "local-cluster[2,1,1024]") if not is_local(master)
    ] == []
    assert [
        master for master in ("yarn", "spark://host:7077", "k8s://https://host") if is_local(master)
    ] == []


def test_whoever_does_without_spark_imports_nothing_of_it() -> None:
    script = (
        "import sys, mmpsync.pipeline, mmpsync.cli.reconcile; "
        "assert not [name for name in sys.modules if name.startswith(('pyspark', 'py4j'))]"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
