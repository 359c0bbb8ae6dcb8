"""The one result of a check that its reports and its exit code are made from."""

import json
from datetime import datetime
from typing import Any, Literal

from mmpsync.conclusions import GateResult
from mmpsync.exit_codes import ExitCode
from mmpsync.preflight.findings import Finding
from mmpsync.summaries import FileSummary, Frozen, LeftOutFile, Level

__all__ = [
    "CLICK_ID_FAULTS",
    "Check",
    "CheckedLink",
    "Exports",
    "Looked",
    "ParameterState",
    "Problem",
    "Readiness",
    "Verdict",
]

Verdict = Literal["ready", "not ready", "cannot tell"]
Looked = Literal["configuration", "exports", "links", "impact.com"]
CLICK_ID_FAULTS = frozenset(
    {
        "missing-click-id",
        "unexpanded-macro",
        "placeholder-click-id",
        "malformed-click-id",
        "foreign-click-id",
        "click-id-case-changed",
        "click-id-encoding-changed",
        "click-id-truncated",
        "orphan-click-id",
    }
)
"""The reasons that say that a row has no ClickId of impact.com's, whatever stands in its place."""
NO_COLUMN = "no column of the export can carry the ClickId"
"""The ground of a verdict that every missing ClickId follows from."""


class Problem(Frozen):
    """A reason of the catalogue that some of an event's rows have; `parameter` where it names one."""

    code: str
    parameter: str | None = None
    rows: int


class ParameterState(Frozen):
    """How many of the rows that should carry a parameter do."""

    name: str
    level: Level
    rows: int
    filled: int


class Readiness(Frozen):
    """Whether one event of one app arrives with everything that impact.com needs.

    `rows` are all rows of the event, `from_impact` those that impact.com would have to credit: attributed to it,
    or with a ClickId. Of these, `filled` carry a ClickId and `usable` one that can be impact.com's. `why` are
    the grounds of the verdict, and `needed` what would settle one that cannot be told. `source` and `title` are
    empty for an app of the configuration of which no row was read.
    """

    source: str
    title: str
    app: str | None
    event: str
    verdict: Verdict
    rows: int = 0
    from_impact: int = 0
    filled: int = 0
    usable: int = 0
    parameters: tuple[ParameterState, ...] = ()
    problems: tuple[Problem, ...] = ()
    why: tuple[str, ...] = ()
    needed: str = ""

    @property
    def place(self) -> str:
        """What it is about: AppsFlyer · com.acme.shop · purchase."""
        parts = (self.title, self.app or "(no app id)", self.event)
        return " · ".join(part for part in parts if part)


class CheckedLink(Frozen):
    """One tracking link: what it was understood to be, in a line, and the link with everything mended in it."""

    url: str
    verdict: str
    summary: str
    corrected: str | None = None


class Exports(Frozen):
    """What exports came to, before they stand in a Check."""

    rows: int = 0
    files: tuple[FileSummary, ...] = ()
    left_out: tuple[LeftOutFile, ...] = ()
    assumptions: tuple[str, ...] = ()
    readiness: tuple[Readiness, ...] = ()
    findings: tuple[Finding, ...] = ()


class Check(Frozen):
    """A finished check: what was looked at, what was found, and whether each event is ready for launch."""

    schema_version: Literal[1] = 1
    id: str
    mmpsync_version: str
    started: datetime
    finished: datetime
    as_of: datetime
    config: dict[str, Any]
    looked_at: tuple[Looked, ...]
    rows: int = 0
    files: tuple[FileSummary, ...] = ()
    left_out: tuple[LeftOutFile, ...] = ()
    links: tuple[CheckedLink, ...] = ()
    assumptions: tuple[str, ...] = ()
    readiness: tuple[Readiness, ...] = ()
    findings: tuple[Finding, ...] = ()
    gate: GateResult

    @property
    def exit_code(self) -> int:
        """0 passed, 1 the gate failed, 5 exports were given and no row is in them."""
        if "exports" in self.looked_at and self.rows == 0:
            return ExitCode.NOTHING_TO_CHECK
        return ExitCode.DONE if self.gate.passed else ExitCode.GATE_FAILED

    def to_json(self) -> str:
        """The check as JSON of the published schema, indented, keys in schema order."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"
