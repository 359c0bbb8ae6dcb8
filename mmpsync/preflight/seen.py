"""What exports show to somebody who knows nothing of them yet: aggregates, for the first mmpsync.toml."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from mmpsync.config import Config, SourceName
from mmpsync.engines.interface import Engine, Layout
from mmpsync.ingest.inputs import Inputs, grouped
from mmpsync.ingest.translate import Translation
from mmpsync.preflight.places import EventKey, Place, find_places

__all__ = ["Seen", "SeenApp", "SeenEvent", "SeenSource", "look_at"]


@dataclass(frozen=True)
class SeenEvent:
    """A name of an event, its kind and rows; `valued` ones have an amount above zero."""

    name: str
    kind: str
    rows: int
    from_impact: int
    valued: int


@dataclass(frozen=True)
class SeenApp:
    """An app's id, its rows, and how many of them name each platform."""

    app: str
    rows: int
    platforms: Mapping[str, int]


@dataclass(frozen=True)
class SeenSource:
    """One source: its files, apps, events, media sources (each with its attribution and rows) and places of fields.

    `click_id_advice` is how an export comes to have a column with the ClickId.
    `rows` counts the rows of every event, by kind and name, and `impact` those of impact.com.
    """

    name: SourceName
    title: str
    files: int
    apps: tuple[SeenApp, ...]
    events: tuple[SeenEvent, ...]
    media_sources: tuple[tuple[str, str, int], ...]
    places: Mapping[str, Sequence[Place]]
    click_id_advice: str
    rows: Mapping[EventKey, int]
    impact: Mapping[EventKey, int]


@dataclass(frozen=True)
class Seen:
    """Everything that was read: sources, and how many files of click and action records."""

    sources: tuple[SeenSource, ...]
    clicks: int = 0
    actions: int = 0


def look_at(engine: Engine, inputs: Inputs, config: Config) -> Seen:
    """Add up what the inputs show, source by source, most rows first in every list."""
    conversions = inputs.conversions.filter(inputs.conversions.kind != "other")
    names = dict.fromkeys(file.adapter.name for file in inputs.files if file.holds == "conversions")
    layouts: dict[SourceName, list[tuple[Translation, list[Layout]]]] = {}
    for translation, holds, alike in grouped(inputs.files, config):
        if holds == "conversions":
            layouts.setdefault(translation.adapter.name, []).append((translation, alike))
    return Seen(
        sources=tuple(
            _source(engine, inputs, conversions.filter(conversions.mmp == name), name, layouts[name])
            for name in names
        ),
        clicks=sum(file.holds == "clicks" for file in inputs.files),
        actions=sum(file.holds == "actions" for file in inputs.files),
    )


def _source(
    engine: Engine,
    inputs: Inputs,
    rows: ir.Table,
    name: SourceName,
    readings: Sequence[tuple[Translation, list[Layout]]],
) -> SeenSource:
    files = [file for file in inputs.files if file.adapter.name == name and file.holds == "conversions"]
    places = find_places(engine, readings)
    return SeenSource(
        name=name,
        title=files[0].adapter.title,
        files=len(files),
        apps=_apps(engine, rows),
        events=_events(engine, rows),
        media_sources=_media_sources(engine, rows),
        places={name: list(of_field.values()) for name, of_field in places.of_field.items()},
        click_id_advice=files[0].adapter.click_id_advice,
        rows=places.rows,
        impact=places.impact,
    )


def _apps(engine: Engine, rows: ir.Table) -> tuple[SeenApp, ...]:
    counted = rows.filter(rows.app_id.notnull()).group_by("app_id", "platform").agg(n=ibis._.count())
    platforms: defaultdict[str, dict[str, int]] = defaultdict(dict)
    totals: defaultdict[str, int] = defaultdict(int)
    for row in engine.rows(counted.order_by("app_id", "platform")):
        totals[row["app_id"]] += row["n"]
        if row["platform"] is not None:
            platforms[row["app_id"]][row["platform"]] = row["n"]
    most_first = sorted(totals, key=lambda app: (-totals[app], app))
    return tuple(SeenApp(app, totals[app], platforms[app]) for app in most_first)


def _events(engine: Engine, rows: ir.Table) -> tuple[SeenEvent, ...]:
    counted = (
        rows.filter(rows.event_name.notnull())
        .group_by("event_name", "kind")
        .agg(
            rows=ibis._.count(),
            from_impact=ibis._.count(where=ibis._.attribution == "impact"),
            valued=ibis._.count(where=ibis._.amount > 0),
        )
        .order_by(ibis.desc("rows"), "event_name", "kind")
    )
    return tuple(
        SeenEvent(row["event_name"], row["kind"], row["rows"], row["from_impact"], row["valued"])
        for row in engine.rows(counted)
    )


def _media_sources(engine: Engine, rows: ir.Table) -> tuple[tuple[str, str, int], ...]:
    named = rows.filter(rows.media_source.notnull())
    counted = named.group_by("media_source", "attribution").agg(n=named.count())
    most_first = engine.rows(counted.order_by(ibis.desc("n"), "media_source", "attribution"))
    return tuple((row["media_source"], row["attribution"], row["n"]) for row in most_first)
