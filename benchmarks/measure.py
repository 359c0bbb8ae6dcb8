"""Running programs one after another, each as a process of its own, and what each took."""

import importlib.metadata
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Measured", "Tool", "machine", "put_results", "run", "take_turns"]

README = Path(__file__).resolve().parent / "README.md"
_SHOWN = ("duckdb", "ibis-framework", "pandas", "polars", "pyarrow", "pyspark")


@dataclass(frozen=True)
class Tool:
    """A command, the exit codes with which it has done its work, and the file that it then has made."""

    command: tuple[str | Path, ...]
    makes: str = "."
    exit_codes: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class Measured:
    """One run of one process: seconds on the clock, seconds of CPU, peak resident megabytes, what it printed."""

    wall: float
    cpu: float
    peak: float
    stdout: str

    @classmethod
    def over(cls, runs: list["Measured"]) -> "Measured":
        """The best times and the median of the peaks."""
        return cls(
            wall=min(run.wall for run in runs),
            cpu=min(run.cpu for run in runs),
            peak=statistics.median(run.peak for run in runs),
            stdout=runs[-1].stdout,
        )


def take_turns(
    tools: Mapping[str, Tool], repeat: int, scratch: Path | None = None, told: Callable[[str], None] = len
) -> dict[str, Measured]:
    """Run each tool once, then each again, so that a busy moment of the machine hits them all alike."""
    runs: dict[str, list[Measured]] = {name: [] for name in tools}
    for _ in range(repeat):
        for name, tool in tools.items():
            told(name)
            runs[name].append(run(tool, scratch))
    return {name: Measured.over(each) for name, each in runs.items()}


def run(tool: Tool, scratch: Path | None = None) -> Measured:
    """Run a tool in an empty directory (inside `scratch`) of its own and measure it, and what it starts.

    A child's peak memory begins with that of the process that starts it, so this one imports nothing big.
    """
    # Without compiled byte code an app in a checkout would start slower than an installed one.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with (
        tempfile.TemporaryDirectory(dir=scratch, prefix="run-") as directory,
        tempfile.TemporaryFile("w+") as stdout,
        tempfile.TemporaryFile("w+") as stderr,
    ):
        start = time.perf_counter()
        process = subprocess.Popen(
            tool.command,
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        stdout.seek(0)
        stderr.seek(0)
        # The file tells a failed gate (exit code 1) from a traceback (exit code 1 as well).
        if process.returncode not in tool.exit_codes or not Path(directory, tool.makes).exists():
            command = " ".join(str(word) for word in tool.command)
            print(
                f"exit code {process.returncode}, {tool.makes} wanted: {command}\n{stderr.read()}",
                file=sys.stderr,
            )
            raise SystemExit(2)
        kilobytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
        return Measured(wall, usage.ru_utime + usage.ru_stime, kilobytes / 1024, stdout.read())


def machine() -> str:
    """The machine and the versions, in a sentence."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = []
    for package in _SHOWN:
        try:
            versions.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} on {platform.machine()};"
        f" Python {platform.python_version()}, {', '.join(versions)}"
    )


def put_results(section: str, text: str) -> None:
    """Put results into the README, between the marks of a section."""
    page = README.read_text("utf-8")
    begin, end = f"<!-- {section} -->\n", f"<!-- /{section} -->"
    before, rest = page.split(begin)
    README.write_text(before + begin + text.strip() + "\n" + end + rest.split(end)[1], "utf-8")
