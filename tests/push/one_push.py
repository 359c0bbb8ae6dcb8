"""A push as a process of its own, without a run behind it, to be killed: URL LEDGER ROWS; leaves with 0 or 4."""

import sys
from pathlib import Path

from mmpsync.impact.client import ImpactClient
from mmpsync.impact.credentials import Credentials
from mmpsync.impact.exchange import Retries, Timeouts
from mmpsync.push.decisions import Choice
from mmpsync.push.ledger import Ledger
from mmpsync.push.ledger_place import only_one
from mmpsync.push.session import Push, Settings, take_over

sys.path.insert(0, str(Path(__file__).parents[1]))
from fake_impact.plans import plan_of

SETTLING = 1.0  # seconds; long enough for what a killed process had sent to arrive on this very machine


def main(url: str, file: Path, rows: int) -> int:
    client = ImpactClient(
        Credentials.from_environment(),
        api_url=url,
        timeouts=Timeouts(connect=5, read=0.5),
        retries=Retries(first=0.02, longest=0.1, tries=8),
    )
    with only_one(file, client.clock, print), Ledger(file, api=url) as ledger, client:
        take_over(ledger, now=client.clock.now())
        push = Push(ledger, client, Settings(run="killed", wait=30, settling=SETTLING), lambda *_: None)
        push.settle()
        pushed = push.send(plan_of(rows), Choice())
    return 0 if pushed.is_complete else 4


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
