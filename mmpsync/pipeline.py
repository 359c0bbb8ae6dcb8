"""The main job from left to right: files → canonical tables → verdicts → run directory."""

import tempfile
import uuid
import weakref
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import ibis.expr.types as ir

from mmpsync.config import Config
from mmpsync.engines.duckdb import DuckDBEngine
from mmpsync.engines.interface import Engine
from mmpsync.ingest.inputs import Inputs, Role, lacks, read
from mmpsync.reconcile.advice import advise
from mmpsync.reconcile.ctit import total_ctit
from mmpsync.reconcile.gate import judge_gate
from mmpsync.reconcile.groups import groups
from mmpsync.reconcile.metrics import Tally, completeness, reason_summaries, summary, tally
from mmpsync.reconcile.rules import Context
from mmpsync.reconcile.verdicts import Judgement, judge
from mmpsync.run import RUN_FILE, ClickSummary, FileSummary, LeftOutFile, Run
from mmpsync.rundir import new_run_directory, write_tables
from mmpsync.version import __version__

__all__ = ["STAGES", "execute"]

STAGES = ("reading conversions", "joining clicks, judging", "adding up", "writing")


def execute(  # noqa: PLR0913  what a run depends on, spelt out
    paths: Mapping[Role, Sequence[str]],
    config: Config,
    *,
    started: datetime,
    as_of: datetime,
    out: Path | None,
    with_source_columns: bool,
    progress: Callable[[str], None],
) -> Run:
    """The job behind `mmpsync.reconcile`, its arguments checked."""
    options = config.engine
    engine = DuckDBEngine(
        threads=options.threads, memory_limit=options.memory_limit, temp_directory=options.temp_directory
    )
    try:
        progress(STAGES[0])
        inputs = read(engine, config, paths, with_source_columns=with_source_columns)
        progress(STAGES[1])
        context = Context(config, _naive_utc(as_of), joined=False)
        judgement = judge(engine, inputs.conversions, inputs.clicks, context)
        progress(STAGES[2])
        run = _run(engine, inputs, judgement, config, started=started, as_of=as_of)
        progress(STAGES[3])
        return _written(engine, judgement, run, out)
    finally:
        engine.close()


def _naive_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _run(  # noqa: PLR0913  everything a run tells of
    engine: Engine,
    inputs: Inputs,
    judgement: Judgement,
    config: Config,
    *,
    started: datetime,
    as_of: datetime,
) -> Run:
    judged = judgement.rows
    counted = tally(engine, judged, _of_conversions(engine.unreadable(), inputs))
    funnel = summary(engine, judged, counted)
    reasons = reason_summaries(engine, judged, counted)
    files = _files(engine, inputs, judgement, counted, config)
    clicks = ClickSummary(
        records=judgement.clicks.records, earliest=judgement.clicks.earliest, latest=judgement.clicks.latest
    )
    return Run(
        id=f"{started:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}",
        mmpsync_version=__version__,
        engine=engine.name,
        started=started,
        finished=datetime.now(UTC),
        as_of=as_of,
        config=config.effective(),
        assumptions=_assumptions(config, files, clicks),
        files=files,
        left_out=tuple(LeftOutFile(path=left.path, why=left.why) for left in inputs.left_out),
        clicks=clicks,
        summary=funnel,
        reason_summaries=reasons,
        groups=groups(engine, judged),
        completeness=completeness(engine, judged, config),
        ctit=total_ctit(engine, judged),
        advice=(*lacks(inputs.files), *advise(engine, judged, files, clicks, funnel)),
        gate=judge_gate(config.gate, funnel, reasons),
    )


def _of_conversions(unreadable: ir.Table, inputs: Inputs) -> ir.Table:
    paths = [file.path for file in inputs.files if file.holds == "conversions"]
    return unreadable.filter(unreadable.source_file.isin(paths))


def _files(
    engine: Engine, inputs: Inputs, judgement: Judgement, counted: Tally, config: Config
) -> tuple[FileSummary, ...]:
    records = engine.unreadable()
    broken = {
        row["source_file"]: row["n"]
        for row in engine.rows(records.group_by("source_file").agg(n=records.count()))
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
            rows=_rows(file.path, verdicts, judgement.clicks.files),
            unreadable=broken.get(file.path, 0),
            verdicts=verdicts.get(file.path, {}),
            lacking=file.lacking,
            timezone=config.source(file.adapter.name).timezone,
        )
        for file in inputs.files
    )


def _rows(path: str, verdicts: Mapping[str, Mapping[str, int]], clicks: Mapping[str, int]) -> int:
    """Rows of a file that could be read: its conversions, or its click records."""
    if path in verdicts:
        return sum(rows for verdict, rows in verdicts[path].items() if verdict != "unreadable")
    return clicks.get(path, 0)


def _assumptions(config: Config, files: Sequence[FileSummary], clicks: ClickSummary) -> tuple[str, ...]:
    said = []
    if not config.events:
        said.append("No events are configured: every event counts as payable under its own name.")
    if not clicks.records:
        said.append("No click records were given: ClickIds were not joined to clicks.")
    zones = sorted({(file.title, file.timezone) for file in files if file.holds == "conversions"})
    said += [f"{title} times without a zone were read as {zone}." for title, zone in zones]
    return tuple(said)


def _written(engine: Engine, judgement: Judgement, run: Run, out: Path | None) -> Run:
    if out is None:
        scratch = tempfile.TemporaryDirectory(prefix="mmpsync-run-")
        kept = _written(engine, judgement, run, Path(scratch.name) / "run")
        weakref.finalize(kept, scratch.cleanup)
        return kept
    with new_run_directory(out) as directory:
        write_tables(engine, judgement.rows, engine.unreadable(), directory)
        (directory / RUN_FILE).write_text(run.to_json(), "utf-8")
    return run.at(out)
