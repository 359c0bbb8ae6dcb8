"""How many conversions a second `push --send` sends to the fake impact.com, and in how much memory.

`.venv/bin/python benchmarks/push.py [ROWS…]` sends that many of each, by default 1,000 and 5,000, and follows them.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from fake_impact import SID, TOKEN  # noqa: E402
from fake_impact.plans import row  # noqa: E402

from mmpsync.impact.client import ImpactClient  # noqa: E402
from mmpsync.impact.credentials import Credentials  # noqa: E402
from mmpsync.push.decisions import Choice  # noqa: E402
from mmpsync.push.interface import PLAN  # noqa: E402
from mmpsync.push.ledger import Ledger  # noqa: E402
from mmpsync.push.session import Push, Settings  # noqa: E402

PORT = 8097
URL = f"http://127.0.0.1:{PORT}"
BATCH = 1000


def measure(rows: int, first: int) -> None:
    """Push so many conversions, numbered from `first`."""

    def plan() -> Iterator[pa.RecordBatch]:
        for start in range(0, rows, BATCH):
            numbers = range(first + start, first + min(rows, start + BATCH))
            yield pa.RecordBatch.from_pylist([row(number) for number in numbers], schema=PLAN)

    seconds = {"sending": 0.0, "following": 0.0}
    began = time.perf_counter()
    with (
        tempfile.TemporaryDirectory() as folder,
        Ledger(Path(folder) / "ledger.sqlite", api=URL) as ledger,
        ImpactClient(Credentials(SID, TOKEN), api_url=URL) as client,
    ):

        def progress(stage: str, _: int) -> None:
            seconds[stage] = time.perf_counter() - began

        pushed = Push(ledger, client, Settings("benchmark"), progress).send(plan, Choice())
    assert pushed.is_complete, pushed
    rate = rows / seconds["sending"]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    total = seconds["following"]
    print(
        f"{rows:>9,} rows: {rate:.0f} sent a second, confirmed after {total:.1f} s, {memory:.0f} MB at most"
    )


def main() -> None:
    sizes = [int(size) for size in sys.argv[1:]] or [1_000, 5_000]
    command = [sys.executable, "-m", "fake_impact", "--port", str(PORT)]
    with subprocess.Popen(command, cwd=ROOT / "tests", stdout=subprocess.PIPE) as fake:
        assert fake.stdout is not None
        fake.stdout.readline()
        fake.stdout.readline()
        for number, rows in enumerate(sizes):
            measure(rows, 10_000_000 * (number + 1))
        fake.terminate()


if __name__ == "__main__":
    main()
