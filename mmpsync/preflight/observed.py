"""What the rows of exports show, event by event: aggregates that the engine adds up, as small frozen values."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import ibis
import ibis.expr.types as ir

from mmpsync.config import Config
from mmpsync.engines.interface import Engine
from mmpsync.ingest.canonical import as_found
from mmpsync.ingest.configured_source import ConfiguredSource
from mmpsync.ingest.inputs import ReadFile
from mmpsync.pipeline import Examined
from mmpsync.preflight.result import CLICK_ID_FAULTS
from mmpsync.reasons import SEPARATOR

__all__ = ["EventRows", "Observed", "UnconfiguredEvent", "observe"]

# More names of events than anybody reads.
_MOST_NAMES = 200


@dataclass
class EventRows:
    """The rows of one event in one app, as one source reports them.

    `from_impact` are those in scope. Of these, `filled` have a ClickId, `usable` one that can be impact.com's, and
    `without_column` stand in files that have no place for one; `asked` counts the rows that carry each parameter,
    and `reasons` those with each reason, written with its parameter behind a colon.
    """

    rows: int = 0
    from_impact: int = 0
    filled: int = 0
    usable: int = 0
    without_column: int = 0
    platforms: dict[str, int] = field(default_factory=dict)
    carried: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class UnconfiguredEvent:
    """A name that occurs and that no configured event has."""

    name: str
    rows: int
    from_impact: int


Place = tuple[str, str | None]
"""A source and an app's id."""


@dataclass(frozen=True, kw_only=True)
class Observed:
    """Everything that readiness is judged by.

    `events` by source, app and event; `unconfigured` names by source and app, the most frequent first; `tests`
    counts test rows, `latest` is the last time of an event before tomorrow (UTC), both by source; `lacking_click_id`
    and `untold_tests` are sources none of whose files has a column for a ClickId, or one that marks tests.
    """

    events: Mapping[tuple[str, str | None, str], EventRows]
    unconfigured: Mapping[Place, Sequence[UnconfiguredEvent]]
    tests: Mapping[str, int]
    latest: Mapping[str, datetime]
    titles: Mapping[str, str]
    lacking_click_id: frozenset[str]
    untold_tests: frozenset[str]


def observe(found: Examined, config: Config, as_of: datetime) -> Observed:
    """Add up what the judged rows show. `as_of` is UTC without a zone, as the engine's times are."""
    files = [file for file in found.inputs.files if file.holds == "conversions"]
    rows = found.judgement.rows
    conversions = rows.filter((rows.kind != "other") & (rows.reason != "superseded"))
    tests = found.inputs.conversions
    tests = tests.filter(tests.is_test).group_by("mmp").agg(n=ibis._.count())
    soon = conversions.filter(
        conversions.event_time <= ibis.literal(as_of, "timestamp") + ibis.interval(days=1)
    )
    latest = soon.group_by("mmp").agg(latest=soon.event_time.max())
    return Observed(
        events=_events(found.engine, conversions.filter(conversions.event.notnull()), files, config),
        unconfigured=_unconfigured(found.engine, conversions.filter(conversions.event.isnull())),
        tests={row["mmp"]: row["n"] for row in found.engine.rows(tests)},
        latest={row["mmp"]: row["latest"] for row in found.engine.rows(latest)},
        titles={file.adapter.name: file.adapter.title for file in files},
        lacking_click_id=_sources(files) - _sources([f for f in files if "click_id" not in f.lacking]),
        untold_tests=_sources(files)
        - _sources([f for f in files if ConfiguredSource(f.adapter, config).tells_tests(f.layout)]),
    )


def _sources(files: Sequence[ReadFile]) -> frozenset[str]:
    return frozenset(file.adapter.name for file in files)


def _events(
    engine: Engine, rows: ir.Table, files: Sequence[ReadFile], config: Config
) -> dict[tuple[str, str | None, str], EventRows]:
    place = ["mmp", "app_id", "event"]
    lacking = [file.path for file in files if "click_id" in file.lacking]
    asked = sorted({name for e in config.events.values() for name in (*e.required, *e.recommended)})
    scope = rows.in_scope
    columns = {
        "rows": rows.count(),
        "from_impact": rows.count(where=scope),
        "filled": rows.count(where=scope & rows.click_id_raw.notnull()),
        "without_column": rows.count(where=scope & rows.source_file.isin(lacking))
        if lacking
        else ibis.literal(0),
        **{f"has_{name}": rows.count(where=scope & rows[as_found(name)].notnull()) for name in asked},
    }
    found: defaultdict[tuple[str, str | None, str], EventRows] = defaultdict(EventRows)
    for row in engine.rows(rows.group_by(*place, "platform").agg(**columns)):
        of_event = found[row["mmp"], row["app_id"], row["event"]]
        for name in ("rows", "from_impact", "filled", "without_column"):
            setattr(of_event, name, getattr(of_event, name) + row[name])
        for name in asked:
            of_event.carried[name] = of_event.carried.get(name, 0) + row[f"has_{name}"]
        if row["platform"] is not None:
            platforms = of_event.platforms
            platforms[row["platform"]] = platforms.get(row["platform"], 0) + row["rows"]
    in_scope = rows.filter(scope)
    for row in engine.rows(in_scope.group_by(*place, "reasons").agg(rows=in_scope.count())):
        of_event = found[row["mmp"], row["app_id"], row["event"]]
        reasons = list(filter(None, row["reasons"].split(SEPARATOR)))
        for reason in reasons:
            of_event.reasons[reason] = of_event.reasons.get(reason, 0) + row["rows"]
        if CLICK_ID_FAULTS.isdisjoint(reason.partition(":")[0] for reason in reasons):
            of_event.usable += row["rows"]
    return dict(sorted(found.items(), key=lambda item: tuple(part or "" for part in item[0])))


def _unconfigured(engine: Engine, rows: ir.Table) -> dict[Place, list[UnconfiguredEvent]]:
    named = rows.filter(rows.event_name.notnull())
    counted = named.group_by("mmp", "app_id", "event_name").agg(
        rows=named.count(), from_impact=named.count(where=named.attribution == "impact")
    )
    most_first = counted.order_by(ibis.desc("rows"), "mmp", "app_id", "event_name").limit(_MOST_NAMES)
    found: defaultdict[Place, list[UnconfiguredEvent]] = defaultdict(list)
    for row in engine.rows(most_first):
        event = UnconfiguredEvent(row["event_name"], row["rows"], row["from_impact"])
        found[row["mmp"], row["app_id"]].append(event)
    return dict(found)
