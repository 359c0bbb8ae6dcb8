"""The main job from left to right: files → canonical tables → verdicts → run directory."""

import uuid
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import ibis.expr.types as ir

from mmpsync.config import Config
from mmpsync.engines.chosen import open_engine
from mmpsync.engines.interface import Engine
from mmpsync.ingest.cuts import cut_texts
from mmpsync.ingest.inputs import Inputs, ReadFile, Role, lacks, read
from mmpsync.ingest.organic import without_organic
from mmpsync.ingest.withheld import withheld_values
from mmpsync.reconcile.action_summary import summarise
from mmpsync.reconcile.advice import advise
from mmpsync.reconcile.baseline import compare
from mmpsync.reconcile.ctit import total_ctit
from mmpsync.reconcile.gate import judge_gate
from mmpsync.reconcile.groups import groups
from mmpsync.reconcile.metrics import Tally, completeness, reason_summaries, summary, tally
from mmpsync.reconcile.rules import Context
from mmpsync.reconcile.verdicts import Judgement, judge
from mmpsync.run import RUN_FILE, Run
from mmpsync.rundir import new_run_directory, write_actions, write_tables
from mmpsync.scratch import Scratch
from mmpsync.summaries import ActionSummary, ClickSummary, FileSummary, LeftOutFile
from mmpsync.version import __version__

__all__ = ["STAGES", "Examined", "Job", "examined", "execute"]

STAGES = ("reading conversions", "joining clicks, judging", "adding up", "writing")


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
        return _run(self.engine, self.inputs, self.judgement, self.job)


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
            engine, job.config, job.paths, sources=job.sources, with_source_columns=job.with_source_columns
        )
        progress(STAGES[1])
        rows, clicks = inputs.conversions, inputs.clicks
        if job.before_launch:
            rows = engine.beside("tests_among_them", rows, _with_tests(rows))
            clicks = clicks if _has_own_clicks(inputs) else ()
        context = Context(job.config, _naive_utc(job.as_of), joined=False)
        judgement = judge(engine, rows, clicks, context, numbers=inputs.numbers, actions=inputs.actions)
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
    """Per row to whom it is attributed: test rows with a ClickId to impact.com, like live ones."""
    is_test = (conversions.attribution == "test") & conversions.click_id.notnull()
    return conversions.select("position", attribution=is_test.ifelse("impact", conversions.attribution))


def _run(engine: Engine, inputs: Inputs, judgement: Judgement, job: Job) -> Run:
    config = job.config
    judged = judgement.rows
    counted = tally(engine, judged, _of_conversions(engine.unreadable(), inputs))
    funnel = summary(engine, judged, counted)
    reasons = reason_summaries(engine, judged, counted)
    actions = _actions(engine, inputs, judgement)
    records = judgement.clicks.files | {
        file.path: file.records for file in (actions.files if actions else ())
    }
    files = _files(engine, inputs, counted, config, records)
    clicks = ClickSummary(
        records=judgement.clicks.records, earliest=judgement.clicks.earliest, latest=judgement.clicks.latest
    )
    grouped = groups(engine, judged)
    baseline = None if job.baseline is None else compare(job.baseline, funnel, reasons, grouped)
    return Run(
        id=f"{job.started:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}",
        mmpsync_version=__version__,
        engine=engine.name,
        started=job.started,
        finished=datetime.now(UTC),
        as_of=job.as_of,
        config=config.effective(),
        assumptions=_assumptions(config, files, clicks),
        files=files,
        left_out=tuple(LeftOutFile(path=left.path, why=left.why) for left in inputs.left_out),
        clicks=clicks,
        actions=actions,
        summary=funnel,
        reason_summaries=reasons,
        groups=grouped,
        completeness=completeness(engine, judged, config),
        ctit=total_ctit(engine, judged),
        advice=(
            *lacks(_needing(engine, judged, inputs.files)),
            *cut_texts(engine, inputs.conversions, [file.adapter for file in inputs.files]),
            *without_organic(engine, inputs),
            *withheld_values(engine, inputs.conversions, [file.adapter for file in inputs.files]),
            *advise(engine, judged, files, clicks, funnel),
        ),
        baseline=baseline,
        gate=judge_gate(config.gate, funnel, reasons, grouped, baseline),
    )


def _needing(engine: Engine, judged: ir.Table, files: Sequence[ReadFile]) -> Sequence[ReadFile]:
    """The files, an order id among what they lack only where a row needs one: installs do not, nor do page views."""
    if not any("order_id" in file.lacking for file in files):
        return files
    rows = judged.filter(judged.reasons.contains("missing-parameter:order_id"))
    needing = {row["source_file"] for row in engine.rows(rows.select("source_file").distinct())}
    return [
        file
        if file.path in needing
        else replace(file, lacking=tuple(name for name in file.lacking if name != "order_id"))
        for file in files
    ]


def _actions(engine: Engine, inputs: Inputs, judgement: Judgement) -> ActionSummary | None:
    if judgement.actions is None:
        return None
    return summarise(
        engine, judgement.actions, [file.path for file in inputs.files if file.holds == "actions"]
    )


def _of_conversions(unreadable: ir.Table, inputs: Inputs) -> ir.Table:
    paths = [file.path for file in inputs.files if file.holds == "conversions"]
    return unreadable.filter(unreadable.source_file.isin(paths))


def _files(
    engine: Engine, inputs: Inputs, counted: Tally, config: Config, records: Mapping[str, int]
) -> tuple[FileSummary, ...]:
    unreadable = engine.unreadable()
    broken = {
        row["source_file"]: row["n"]
        for row in engine.rows(unreadable.group_by("source_file").agg(n=unreadable.count()))
    }
    verdicts: dict[str, dict[str, int]] = {}
    for row in counted.rows:
        of_file = verdicts.setdefault(row["source_file"], {})
        of_file[row["verdict"]] = of_file.get(row["verdict"], 0) + row["rows"]
    return tuple(
        FileSummary(
            path=file.path,
            source=file.adapter.name,
            title=file.adapter.title,
            holds=file.holds,
            format=file.layout.format + (".gz" if file.layout.gzip else ""),
            rows=_rows(file.path, verdicts, records),
            unreadable=broken.get(file.path, 0),
            verdicts=verdicts.get(file.path, {}),
            lacking=file.lacking,
            timezone=config.source(file.adapter.name).timezone,
        )
        for file in inputs.files
    )


def _rows(path: str, verdicts: Mapping[str, Mapping[str, int]], records: Mapping[str, int]) -> int:
    """Rows of a file that could be read: its conversions, or its click or action records."""
    if path in verdicts:
        return sum(rows for verdict, rows in verdicts[path].items() if verdict != "unreadable")
    return records.get(path, 0)


def _assumptions(config: Config, files: Sequence[FileSummary], clicks: ClickSummary) -> tuple[str, ...]:
    said = []
    if not config.events:
        said.append("No events are configured: every event counts as payable under its own name.")
    if not clicks.records:
        said.append("No click records were given: ClickIds were not joined to clicks.")
    zones = sorted({(file.title, file.timezone) for file in files if file.holds == "conversions"})
    said += [f"{title} times without a zone were read as {zone}." for title, zone in zones]
    return tuple(said)
