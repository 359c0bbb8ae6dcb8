"""The check from left to right: configuration, exports, links → findings, readiness, gate."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from mmpsync.config import Config, FailOn
from mmpsync.pipeline import Job, examined
from mmpsync.preflight.configuration import findings_of_configuration
from mmpsync.preflight.findings import Finding
from mmpsync.preflight.observed import observe
from mmpsync.preflight.readiness import readiness
from mmpsync.preflight.result import Check, Looked, Readiness
from mmpsync.preflight.row_findings import findings_of_rows
from mmpsync.run import FileSummary, GateCondition, GateResult, LeftOutFile
from mmpsync.version import __version__

__all__ = ["Task", "perform"]

_GATED: Mapping[FailOn, tuple[str, ...]] = {"error": ("error",), "warning": ("error", "warning"), "never": ()}
_LEVELS = ("error", "warning", "info")


@dataclass(frozen=True, kw_only=True)
class Task:
    """What a check is asked to look at; see `mmpsync.check`.

    `job` reads the exports, None for none of them. `links` are tracking links.
    """

    config: Config
    started: datetime
    as_of: datetime
    job: Job | None = None
    links: Sequence[str] = ()
    configuration: bool = True


@dataclass(frozen=True, kw_only=True)
class _Rows:
    """What the exports came to."""

    rows: int = 0
    files: tuple[FileSummary, ...] = ()
    left_out: tuple[LeftOutFile, ...] = ()
    assumptions: tuple[str, ...] = ()
    readiness: tuple[Readiness, ...] = ()
    findings: tuple[Finding, ...] = field(default=())


def perform(task: Task, progress: Callable[[str], None]) -> Check:
    """Look at everything the task names; `progress` is told the stages of reading exports."""
    exports = _Rows() if task.job is None else _of_exports(task.job, task.as_of, progress)
    findings = (
        *(findings_of_configuration(task.config) if task.configuration else ()),
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
        links=tuple(task.links),
        assumptions=exports.assumptions,
        readiness=exports.readiness,
        findings=worst_first,
        gate=_gate(worst_first, task.config.gate.fail_on),
    )


def _of_exports(job: Job, as_of: datetime, progress: Callable[[str], None]) -> _Rows:
    moment = as_of.astimezone(UTC).replace(tzinfo=None)
    with examined(job, progress) as found:
        run = found.run
        observed = observe(found, job.config, moment)
        judged = readiness(observed, job.config)
        return _Rows(
            rows=run.summary.rows,
            files=run.files,
            left_out=run.left_out,
            assumptions=run.assumptions,
            readiness=judged,
            findings=findings_of_rows(observed, judged, run.advice, job.config, moment),
        )


def _looked_at(task: Task) -> tuple[Looked, ...]:
    looked: tuple[tuple[Looked, bool], ...] = (
        ("configuration", task.configuration),
        ("exports", task.job is not None),
        ("links", bool(task.links)),
    )
    return tuple(what for what, was in looked if was)


def _gate(findings: Sequence[Finding], fail_on: FailOn) -> GateResult:
    """A condition for every kind of finding that the gate looks at: there may be none of it."""
    counts: dict[str, int] = {}
    for finding in findings:
        if finding.level in _GATED[fail_on]:
            counts[finding.code] = counts.get(finding.code, 0) + 1
    conditions = tuple(
        GateCondition(name=code, limit="none", value=str(count), passed=False)
        for code, count in counts.items()
    )
    return GateResult(passed=not conditions, conditions=conditions)
