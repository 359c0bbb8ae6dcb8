"""From judged rows to a Run: everything added up, each file with what became of it, what was assumed, what to do."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import ibis.expr.types as ir

from mmpsync.conclusions import Advice
from mmpsync.config import Config
from mmpsync.engines.interface import Engine
from mmpsync.ingest.cuts import cut_texts
from mmpsync.ingest.inputs import Inputs, ReadFile, lacks
from mmpsync.ingest.organic import without_organic
from mmpsync.ingest.withheld import withheld_values
from mmpsync.reconcile.action_summary import summarise
from mmpsync.reconcile.advice import advise
from mmpsync.reconcile.baseline import compare
from mmpsync.reconcile.ctit import total_ctit
from mmpsync.reconcile.gate import judge_gate
from mmpsync.reconcile.groups import groups
from mmpsync.reconcile.metrics import Tally, completeness, reason_summaries, summary, tally
from mmpsync.reconcile.verdicts import Judgement
from mmpsync.run import Run
from mmpsync.summaries import ActionSummary, ClickSummary, FileSummary, LeftOutFile
from mmpsync.version import __version__

__all__ = ["assemble_run"]


def assemble_run(  # noqa: PLR0913  every input is one
    engine: Engine,
    inputs: Inputs,
    judgement: Judgement,
    config: Config,
    *,
    started: datetime,
    as_of: datetime,
    baseline: Run | None,
) -> Run:
    """Add up what was judged, compare it with the baseline, and let the gate answer."""
    judged = judgement.rows
    groups_told = groups(engine, judged)
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
    grouped = groups_told()
    compared = None if baseline is None else compare(baseline, funnel, reasons, grouped)
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
        actions=actions,
        summary=funnel,
        reason_summaries=reasons,
        groups=grouped,
        completeness=completeness(engine, judged, config),
        ctit=total_ctit(engine, judged),
        advice=(
            *_of_inputs(engine, inputs, judged, config),
            *advise(engine, judged, files, clicks, funnel, reasons),
        ),
        baseline=compared,
        gate=judge_gate(config.gate, funnel, reasons, grouped, compared),
    )


def _of_conversions(unreadable: ir.Table, inputs: Inputs) -> ir.Table:
    """The unreadable records of files that hold conversions."""
    paths = [file.path for file in inputs.files if file.holds == "conversions"]
    return unreadable.filter(unreadable.source_file.isin(paths))


def _actions(engine: Engine, inputs: Inputs, judgement: Judgement) -> ActionSummary | None:
    if judgement.actions is None:
        return None
    return summarise(
        engine, judgement.actions, [file.path for file in inputs.files if file.holds == "actions"]
    )


def _files(
    engine: Engine, inputs: Inputs, counted: Tally, config: Config, records: Mapping[str, int]
) -> tuple[FileSummary, ...]:
    """Every file with its rows by verdict; `records` are those of files of clicks and actions."""
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


def _of_inputs(engine: Engine, inputs: Inputs, judged: ir.Table, config: Config) -> tuple[Advice, ...]:
    """Advice on columns that files lack, and on values that their source cuts, leaves out or hides."""
    adapters = [file.adapter for file in inputs.files]
    return (
        *lacks(_with_needs(engine, judged, inputs.files), config),
        *cut_texts(engine, inputs.conversions, adapters),
        *without_organic(engine, inputs),
        *withheld_values(engine, inputs.conversions, adapters),
    )


def _with_needs(engine: Engine, judged: ir.Table, files: Sequence[ReadFile]) -> Sequence[ReadFile]:
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
