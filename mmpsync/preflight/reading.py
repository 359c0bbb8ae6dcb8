"""The exports of a check: read and judged as a run reads and judges them, then looked at as a whole."""

from collections.abc import Callable
from datetime import UTC

from mmpsync.pipeline import Job, examined
from mmpsync.preflight.observed import observe
from mmpsync.preflight.readiness import readiness
from mmpsync.preflight.result import Exports
from mmpsync.preflight.row_findings import findings_of_rows

__all__ = ["read_exports"]


def read_exports(job: Job, progress: Callable[[str], None]) -> Exports:
    """Do the job but for its writing, and say what its rows show; `progress` is told each stage as it begins."""
    moment = job.as_of.astimezone(UTC).replace(tzinfo=None)
    with examined(job, progress) as found:
        run = found.run
        observed = observe(found, job.config, moment)
        judged = readiness(observed, job.config)
        return Exports(
            rows=run.summary.rows,
            files=run.files,
            left_out=run.left_out,
            assumptions=run.assumptions,
            readiness=judged,
            findings=findings_of_rows(observed, judged, run.advice, job.config, moment),
        )
