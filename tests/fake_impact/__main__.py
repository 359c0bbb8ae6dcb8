"""`PYTHONPATH=tests python -m fake_impact`: the fake for a person to try things with, until interrupted."""

import argparse
import contextlib
import threading

from fake_impact.server import FakeImpact
from fake_impact.state import SID, TOKEN

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--port", type=int, default=8080)
parser.add_argument("--share", type=float, default=0.0, help="how many requests fail, 0 to 1")
arguments = parser.parse_args()
with FakeImpact(port=arguments.port) as fake:
    fake.script.share = arguments.share
    fake.keep = False
    fake.state.reads_to_complete = 0
    print(f"export IMPACT_ACCOUNT_SID={SID} IMPACT_AUTH_TOKEN={TOKEN}", flush=True)  # noqa: T201
    print(f"mmpsync push RUN --api-url {fake.url}", flush=True)  # noqa: T201
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
