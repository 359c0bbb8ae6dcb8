"""A stand-in for impact.com's API: a real HTTP server on loopback, stateful, and able to fail on a script.

with FakeImpact() as impact:
    impact.script.share = 0.2                       # every fifth request fails, in every way that is known
    client = ImpactClient(CREDENTIALS, api_url=impact.url)

`python -m fake_impact --port 8080` (with tests/ on the path) runs it for a person, until interrupted.
"""

from fake_impact.failures import Failure, Script
from fake_impact.server import FakeImpact
from fake_impact.state import SID, TOKEN, Limit, State

__all__ = ["SID", "TOKEN", "Failure", "FakeImpact", "Limit", "Script", "State"]
