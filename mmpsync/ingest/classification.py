"""Whose a row is and of what kind: the columns on which the reading of all other fields builds."""

from typing import get_args

import ibis
import ibis.expr.types as ir

from mmpsync.ingest.click_ids import click_ids
from mmpsync.ingest.conditions import choose, holds
from mmpsync.ingest.configured_source import ConfiguredSource
from mmpsync.ingest.extraction import Values
from mmpsync.ingest.interface import Kind

__all__ = ["classified"]


def classified(source: ConfiguredSource, found: Values) -> Values:
    """The values with `kind`, `media_source` and `is_impact` beside them.

    For an adapter whose rows are told by their ClickId there is `has_click_id`, too.
    """
    media_source = found.text(source.references("media_source"))
    if source.adapter.source_separator is not None:
        media_source = media_source.split(source.adapter.source_separator)[0]
    rows = found.table.mutate(kind=_kind(source, found), media_source=media_source)
    rows = rows.mutate(is_impact=_is_impact(source, found.on(rows)))
    if source.adapter.is_told_by_click_id:
        ids = click_ids(source, found.on(rows))
        rows = rows.mutate(has_click_id=ibis.or_(*(value.notnull() for _, value in ids)))
    return found.on(rows)


def _kind(source: ConfiguredSource, found: Values) -> ir.StringValue:
    """The configured kind, where there is one that rows can be of; else what the rules tell."""
    told = choose(source.adapter.kinds, found).fill_null("other")
    if configured := source.configured("kind"):
        word = found.text(configured["kind"]).lower()
        return ibis.cases((word.isin(get_args(Kind)), word), else_=told)
    return told


def _is_impact(source: ConfiguredSource, found: Values) -> ir.BooleanValue:
    """Whether the media source, a tracker or a mark says so; patterns do unless media sources are configured."""
    adapter, settings = source.adapter, source.settings
    media_source = found.table.media_source
    tests = [media_source.lower().isin(source.media_sources)]
    if adapter.media_source_pattern is not None and settings.media_sources is None:
        tests.append(media_source.re_search(adapter.media_source_pattern))
    trackers = [tracker for _, tracker in found.units(source.references("tracker"))]
    if settings.trackers:
        tokens = [token.lower() for token in settings.trackers]
        tests += [tracker.lower().isin(tokens) for tracker in trackers]
    if adapter.tracker_pattern is not None and settings.media_sources is None:
        tests += [tracker.re_search(adapter.tracker_pattern) for tracker in trackers]
    marks = [holds(mark, found) for mark in adapter.marks]
    return ibis.or_(*(test.fill_null(False) for test in tests), *marks)
