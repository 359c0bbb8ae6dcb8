"""The ClickId of a row: the places in which it may stand, and the one value that is taken from them."""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from mmpsync.engines.functions import percent_decode, unwrapped
from mmpsync.ingest.configured_source import ConfiguredSource
from mmpsync.ingest.extraction import Values
from mmpsync.ingest.interface import Adapter
from mmpsync.ingest.withheld import around_click_id, disclosed

__all__ = ["as_columns", "click_id", "click_ids"]


def click_ids(source: ConfiguredSource, found: Values) -> list[tuple[bool, ir.StringValue]]:
    """What stands in the places of a ClickId, in order: (from a query string?, value).

    The rows need `is_impact`: places that anybody's links may fill are looked at in rows of impact.com's only.
    """
    places = [
        (from_url, found.table.is_impact.ifelse(value, ibis.null("string")) if is_shared else value)
        for is_shared, references in source.click_id_places
        for from_url, value in found.units(references)
    ]
    return places + [(False, value) for value in around_click_id(source.adapter.withheld, found)]


def as_columns(ids: Sequence[tuple[bool, ir.StringValue]]) -> list[ir.StringValue]:
    """The values of `click_ids` under names, for the stage in front of `click_id`."""
    return [value.name(f"click_id_{n}") for n, (_, value) in enumerate(ids)]


def click_id(
    text: ir.Table, ids: Sequence[tuple[bool, ir.StringValue]], adapter: Adapter
) -> dict[str, ir.Value]:
    """The first ClickId as found, and decoded once where it was taken from a query string.

    `text` has the columns of `ids`.
    """
    found = [(from_url, text[f"click_id_{n}"]) for n, (from_url, _) in enumerate(ids)]
    shown = [(from_url, disclosed(value, adapter.withheld)) for from_url, value in found]
    bare = [(from_url, unwrapped(value).nullif("") if adapter.loose else value) for from_url, value in shown]
    canonical = [percent_decode(value) if from_url else value for from_url, value in bare]
    raw = ibis.coalesce(ibis.null("string"), *(value for _, value in shown))
    instead = [] if adapter.withheld is None else [value for _, value in found]
    return {
        "click_id_raw": ibis.coalesce(raw, *instead),
        "click_id": ibis.coalesce(ibis.null("string"), *canonical),
        "click_id_withheld": raw.isnull() & ibis.or_(*(value.notnull() for value in instead)),
    }
