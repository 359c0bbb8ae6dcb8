"""The check from left to right: configuration, exports, links → findings, readiness, gate."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mmpsync.conclusions import GateCondition, GateResult
from mmpsync.config import Config, Gate
from mmpsync.preflight.configuration import findings_of_configuration
from mmpsync.preflight.findings import Finding
from mmpsync.preflight.links import LinkReport, inspect_link
from mmpsync.preflight.result import Check, CheckedLink, Exports, Looked
from mmpsync.version import __version__

if TYPE_CHECKING:
    from mmpsync.pipeline import Job

__all__ = ["Task", "perform"]

_LEVELS = ("error", "warning", "info")


@dataclass(frozen=True, kw_only=True)
class Task:
    """What a check is asked to look at; see `mmpsync.check`.

    `job` reads the exports, None for none of them. `links` are tracking links. `ask` asks impact.com.
    """

    config: Config
    started: datetime
    as_of: datetime
    job: "Job | None" = None
    links: Sequence[str] = ()
    configuration: bool = True
    ask: Callable[[], tuple[Finding, ...]] | None = None


def perform(task: Task, progress: Callable[[str], None]) -> Check:
    """Look at everything the task names; `progress` is told the stages of reading exports."""
    exports = _of_exports(task, progress)
    links = [inspect_link(url, task.config) for url in task.links]
    findings = (
        *(findings_of_configuration(task.config) if task.configuration else ()),
        *(task.ask() if task.ask is not None else ()),
        *(finding for link in links for finding in link.findings),
        *exports.findings,
    )
    worst_first = tuple(sorted(findings, key=lambda finding: _LEVELS.index(finding.level)))
    return Check(
        id=f"{task.started:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}",
        mmpsync_version=__version__,
        started=task.started,
        finished=datetime.now(UTC),
        as_of=task.as_of,
        config=task.config.effective(),
        looked_at=_looked_at(task),
        rows=exports.rows,
        files=exports.files,
        left_out=exports.left_out,
        links=tuple(_of_link(link) for link in links),
        assumptions=exports.assumptions,
        readiness=exports.readiness,
        findings=worst_first,
        gate=_gate(worst_first, task.config.gate),
    )


def _of_exports(task: Task, progress: Callable[[str], None]) -> Exports:
    if task.job is None:
        return Exports()
    # What reads rows is imported for rows only: links and configuration are checked at once.
    from mmpsync.preflight.reading import read_exports  # noqa: PLC0415

    return read_exports(task.job, progress)


def _of_link(link: LinkReport) -> CheckedLink:
    return CheckedLink(url=link.url, verdict=link.verdict, summary=link.summary, corrected=link.corrected)


def _looked_at(task: Task) -> tuple[Looked, ...]:
    looked: tuple[tuple[Looked, bool], ...] = (
        ("configuration", task.configuration),
        ("exports", task.job is not None),
        ("links", bool(task.links)),
        ("impact.com", task.ask is not None),
    )
    return tuple(what for what, was in looked if was)


def _gate(findings: Sequence[Finding], gate: Gate) -> GateResult:
    """A condition for every kind of finding that the gate looks at: there may be none of it."""
    counts: dict[str, int] = {}
    for finding in findings:
        if gate.fails_on(finding.level):
            counts[finding.code] = counts.get(finding.code, 0) + 1
    conditions = tuple(
        GateCondition(name=code, limit="none", value=str(count), passed=False)
        for code, count in counts.items()
    )
    return GateResult(passed=not conditions, conditions=conditions)
