"""Running programs one after another, each as a process of its own, and what each took."""

import ctypes
import importlib.metadata
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Measured", "Tool", "machine", "put_results", "run", "take_turns"]

README = Path(__file__).resolve().parent / "README.md"
_SHOWN = ("duckdb", "ibis-framework", "pandas", "polars", "pyarrow", "pyspark")


@dataclass(frozen=True)
class Tool:
    """A command, the exit codes with which it has done its work, and the file that it then has made.

    `starts_others`: its work is done by processes that it starts, which are measured with it (on Linux).
    """

    command: tuple[str | Path, ...]
    makes: str = "."
    exit_codes: tuple[int, ...] = (0,)
    starts_others: bool = False


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
    """Run a tool in an empty directory (inside `scratch`) of its own and measure it, and what it waits for.

    A child's peak memory begins with that of the process that starts it, so this one imports nothing big.
    """
    # Without compiled byte code an app in a checkout would start slower than an installed one.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with (
        tempfile.TemporaryDirectory(dir=scratch, prefix="run-") as directory,
        tempfile.TemporaryFile("w+") as stdout,
        tempfile.TemporaryFile("w+") as stderr,
    ):
        if tool.starts_others:
            _adopt_orphans()
        start = time.perf_counter()
        process = subprocess.Popen(
            tool.command,
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
        )
        watch = _Watch(process.pid) if tool.starts_others else None
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
        cpu = usage.ru_utime + usage.ru_stime
        if watch is not None:
            cpu += _cpu_of_orphans()
            kilobytes = watch.peak()
        return Measured(wall, cpu, kilobytes / 1024, stdout.read())


def _adopt_orphans() -> None:
    """Have processes whose parents end become this one's children."""
    set_child_subreaper = 36
    ctypes.CDLL(None).prctl(set_child_subreaper, 1, 0, 0, 0)


def _cpu_of_orphans() -> float:
    """Seconds of CPU of adopted processes, and what those waited for, once all of them have ended."""
    cpu = 0.0
    while True:
        try:
            _, _, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return cpu
        cpu += usage.ru_utime + usage.ru_stime


class _Watch:
    """The memory of a process and all below it, looked at now and then; what they share counts once."""

    def __init__(self, process: int) -> None:
        self._process, self._peak, self._over = process, 0, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def peak(self) -> int:
        """The most, in kilobytes."""
        self._over.set()
        self._thread.join()
        return self._peak

    def _look(self) -> None:
        while not self._over.wait(0.5):
            self._peak = max(self._peak, sum(map(_kilobytes, _below(self._process))))


def _below(process: int) -> Iterator[int]:
    yield process
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:
            continue
        for child in children:
            yield from _below(int(child))


def _kilobytes(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


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
