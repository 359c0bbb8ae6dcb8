"""The main job from left to right: files → canonical tables → verdicts → run directory."""

import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import ibis.expr.types as ir

from mmpsync.assembly import assemble_run
from mmpsync.config import Config
from mmpsync.engines.chosen import open_engine
from mmpsync.engines.interface import Engine
from mmpsync.ingest.inputs import Inputs, Role, read
from mmpsync.reconcile.rules import Context
from mmpsync.reconcile.scope import scoped
from mmpsync.reconcile.verdicts import Judgement, judge
from mmpsync.run import RUN_FILE, Run
from mmpsync.run_tables import write_actions, write_tables
from mmpsync.rundir import new_run_directory
from mmpsync.scratch import Scratch

__all__ = ["STAGES", "Examined", "Job", "examined", "execute"]

STAGES = ("reading conversions", "joining clicks, judging", "adding up", "writing")
"""What `progress` is told, in order."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a run is asked to do, its arguments checked: see `mmpsync.reconcile`.

    `paths` are given by role, `sources` by the source that they are to be read as. Without `out` the rows live
    as long as the run that `execute` returns. `before_launch` judges test rows with a ClickId like live ones, and looks
    ClickIds up only where click records of impact.com's own are given: those that MMPs keep know nobody else's.
    """

    paths: Mapping[Role, Sequence[str]]
    config: Config
    started: datetime
    as_of: datetime
    sources: Mapping[str, Sequence[str]] = field(default_factory=dict)
    out: Path | None = None
    baseline: Run | None = None
    with_source_columns: bool = False
    before_launch: bool = False


@dataclass(frozen=True, kw_only=True)
class Examined:
    """What a job found, while its engine is open: its inputs as read, and every row judged."""

    job: Job
    engine: Engine
    inputs: Inputs
    judgement: Judgement

    @cached_property
    def run(self) -> Run:
        """Everything added up."""
        job = self.job
        return assemble_run(
            self.engine,
            self.inputs,
            self.judgement,
            job.config,
            started=job.started,
            as_of=job.as_of,
            baseline=job.baseline,
        )


def execute(job: Job, progress: Callable[[str], None]) -> Run:
    """Do the job; `progress` is told each of STAGES as it begins."""
    with examined(job, progress) as found:
        if job.out is not None:
            return _written(found, job.out, progress)
        scratch = Scratch()
        run = _written(found, scratch.path / "run", progress)
        weakref.finalize(run, scratch.close)
        return run


@contextmanager
def examined(job: Job, progress: Callable[[str], None]) -> Iterator[Examined]:
    """Do all of the job but adding up and writing; `progress` is told each stage as it begins."""
    engine = open_engine(job.config.engine)
    try:
        progress(STAGES[0])
        inputs = read(
            engine,
            job.config,
            job.paths,
            sources=job.sources,
            with_source_columns=job.with_source_columns,
            told_by_row=lambda rows: scoped(_with_tests(rows) if job.before_launch else rows, job.config),
        )
        progress(STAGES[1])
        clicks = () if job.before_launch and not _has_own_clicks(inputs) else inputs.clicks
        judgement = judge(
            engine,
            inputs.conversions,
            clicks,
            Context(job.config, _naive_utc(job.as_of)),
            numbered=inputs.numbering.of,
            actions=inputs.actions,
        )
        progress(STAGES[2])
        yield Examined(job=job, engine=engine, inputs=inputs, judgement=judgement)
    finally:
        engine.close()


def _written(found: Examined, out: Path, progress: Callable[[str], None]) -> Run:
    """The run, its rows written while everything is added up."""
    engine, judgement = found.engine, found.judgement
    with new_run_directory(out) as directory:
        write_tables(engine, judgement.rows, engine.unreadable(), directory)
        if judgement.actions is not None:
            write_actions(engine, judgement.actions.table, directory)
        run = found.run
        progress(STAGES[3])
        engine.settle()
        run = run.model_copy(update={"finished": datetime.now(UTC)})
        (directory / RUN_FILE).write_text(run.to_json(), "utf-8")
    return run.at(out)


def _naive_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _has_own_clicks(inputs: Inputs) -> bool:
    return any(file.holds == "clicks" and not file.adapter.is_mmp for file in inputs.files)


def _with_tests(conversions: ir.Table) -> ir.Table:
    """Test rows with a ClickId attributed to impact.com, like live ones; `is_test` tells them apart."""
    is_test = conversions.attribution == "test"
    attribution = (is_test & conversions.click_id.notnull()).ifelse("impact", conversions.attribution)
    return conversions.mutate(is_test=is_test, attribution=attribution)
