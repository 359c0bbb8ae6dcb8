"""Input that is large in an unusual way costs no more memory than other input, and no row but its own.

Files are made here, for none of a megabyte belongs among the tests. Each is read by a process of its own, whose peak
memory the kernel tells. MMPSYNC_LARGE_TESTS=1 adds those that take long.
"""

import gzip
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mmpsync.run import Run

MB = 1 << 20
AS_OF = "2026-03-20T00:00:00Z"
HEADER = "Event Time,Event Name,Event Value,Media Source,Campaign,AppsFlyer ID,App ID,Original URL"
DONE, FAILED_GATE, UNUSABLE = 0, 1, 2
# What a run takes that reads next to nothing, and then some: with DuckDB's own words for what it cannot read, most
# of these took gigabytes.
MOST_MB = 700
LONG_ONES = pytest.mark.skipif(not os.environ.get("MMPSYNC_LARGE_TESTS"), reason="takes long")


def sale(number: int, campaign: str = "spring") -> str:
    url = f"https://app.example/?pid=impactradius_int&clickid=CLICK-{number:030d}"
    value = f'"{{""af_order_id"":""SO-{number}""}}"'
    return (
        f"2026-03-02 10:00:00,af_purchase,{value},impactradius_int,{campaign},1772-{number},com.acme,{url}\n"
    )


def export(*between: str) -> str:
    """Two sales before what is given, and three behind it."""
    return "".join([HEADER, "\n", sale(1), sale(2), *between, sale(3), sale(4), sale(5)])


LINES = "a line of a text\n"
# What stands between sound rows: the exit code, rows in all, and how many are unreadable.
CASES: dict[str, tuple[Callable[[], str], int, int, int]] = {
    "a cell of 5 MB": (lambda: export(sale(9, "x" * 5 * MB)), DONE, 6, 0),
    "a quoted cell of 5 MB": (lambda: export(sale(9, '"' + "words, " * (5 * MB // 7) + '"')), DONE, 6, 0),
    "a cell of 20 MB": (lambda: export(sale(9, "x" * 20 * MB)), FAILED_GATE, 6, 1),
    "a quoted cell of 20 MB": (lambda: export(sale(9, '"' + "x," * 10 * MB + '"')), FAILED_GATE, 6, 1),
    "20 MB behind a quote that is not closed": (
        lambda: export(sale(9, '"' + "x," * 10 * MB)), FAILED_GATE, 6, 1,
    ),
    # Where the record would end nobody knows: every line of it costs itself.
    "lines of 12 MB behind a quote that is not closed": (
        lambda: export(sale(9, '"' + LINES * (12 * MB // len(LINES)))), FAILED_GATE, 6 + 740_171, 740_171 + 1,
    ),
    "lines of a megabyte that are no rows": (
        lambda: export(LINES * (MB // len(LINES))), FAILED_GATE, 5 + 61_680, 61_680,
    ),
    "10,000 columns": (
        lambda: "".join(
            line + ("," + ",".join(f"{n} of many" for n in range(10_000 - 8)) if not at else "," * 9_992) + "\n"
            for at, line in enumerate(export().splitlines())
        ),
        DONE, 5, 0,
    ),
    "10,000 columns, and rows of eight": (
        lambda: "".join(
            line + ("," + ",".join(f"{n} of many" for n in range(10_000 - 8)) if not at else "") + "\n"
            for at, line in enumerate(export(sale(6) * 200).splitlines())
        ),
        FAILED_GATE, 205, 205,
    ),
}  # fmt: skip
TAKES_LONG = {
    "a quoted cell of 5 MB",
    "a cell of 20 MB",
    "a quoted cell of 20 MB",
    "lines of 12 MB behind a quote that is not closed",
    "10,000 columns, and rows of eight",
}


# A process's peak memory begins with that of the one that starts it: it has to be a small one.
MEASURE = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
_, status, used = os.wait4(process.pid, 0)
process.returncode = os.waitstatus_to_exitcode(status)
print(process.returncode, used.ru_maxrss)
"""


def reconcile(path: Path) -> tuple[int, str, float]:
    """Exit code, messages and peak memory in MB of the command for one file."""
    command = [sys.executable, "-m", "mmpsync", "reconcile", "--as-of", AS_OF, "--out", "run", path.name]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MMPSYNC_")}
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *command],
        cwd=path.parent,
        env=inherited,
        capture_output=True,
        check=True,
    )
    code, kilobytes = map(int, done.stdout.split())
    return code, done.stderr.decode(), kilobytes / (1 << 20 if sys.platform == "darwin" else 1024)


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="only a Unix kernel tells a process's peak memory")
@pytest.mark.parametrize("zipped", [False, pytest.param(True, marks=LONG_ONES)], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=LONG_ONES if name in TAKES_LONG else ()) for name in CASES]
)
def test_what_is_too_large_costs_itself_and_no_memory(tmp_path: Path, name: str, *, zipped: bool) -> None:
    content, expected_code, rows, unreadable = CASES[name]
    path = tmp_path / "export.csv"
    data = content().encode()
    path.write_bytes(gzip.compress(data, 1, mtime=0) if zipped else data)
    code, said, peak = reconcile(path)
    assert code == expected_code, said
    run = Run.load(tmp_path / "run")
    assert (run.summary.rows, run.summary.count("unreadable")) == (rows, unreadable)
    assert peak < MOST_MB


def bomb() -> Iterator[bytes]:
    """A sound export, and a gigabyte of the same letter behind it."""
    yield export().encode()
    yield from [b"x" * MB] * 1_100


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="only a Unix kernel tells a process's peak memory")
def test_a_gzip_bomb_is_refused_before_it_fills_memory_or_disk(tmp_path: Path) -> None:
    path = tmp_path / "bomb.csv.gz"
    with gzip.GzipFile(path, "wb", compresslevel=1, mtime=0) as file:
        for block in bomb():
            file.write(block)
    assert path.stat().st_size < 6 * MB
    code, said, peak = reconcile(path)
    assert code == UNUSABLE
    assert "unpacks to more than 1,024 MB" in said
    assert not (tmp_path / "run").exists()
    assert peak < MOST_MB
