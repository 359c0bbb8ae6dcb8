"""The rows in scope by app, platform, event, partner, campaign, publisher and day of the event (UTC)."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from mmpsync.engines.interface import Engine
from mmpsync.reasons import VERDICTS
from mmpsync.reconcile.ctit import as_ctit, installs, measures
from mmpsync.reconcile.metrics import Tally, at_risk, match_rate
from mmpsync.summaries import Ctit, Dimension, Group

__all__ = ["DIMENSIONS", "MOST_DAYS", "MOST_GROUPS", "OTHERS", "groups"]

DIMENSIONS: Mapping[Dimension, Callable[[ir.Table], ir.StringValue]] = {
    "app": lambda rows: rows.app_id,
    "platform": lambda rows: rows.platform,
    "event": lambda rows: rows.event,
    "partner": lambda rows: rows.partner,
    "campaign": lambda rows: rows.campaign,
    "publisher": lambda rows: rows.publisher,
    "day": lambda rows: rows.event_time.strftime("%Y-%m-%d"),
}
# A dimension with more values than this is cut to the largest; the rest are one group.
MOST_GROUPS = 50
# A day with few rows is one to look at, not one to fold: of days all are kept that any export holds.
MOST_DAYS = 400
OTHERS = "(all others)"


def groups(engine: Engine, judged: ir.Table) -> Callable[[], tuple[Group, ...]]:
    """Begin to add up every dimension's groups; what comes back waits for them.

    They come dimension by dimension, largest first, each with its click-to-install times.
    """
    named = engine.materialize(_named(judged.filter(judged.in_scope)), "dimension_sums")
    places = engine.materialize(_places(named), "dimension_places")
    cut = _joined(named, places)
    most = _most(cut.dimension)
    kept = cut.place < most
    cut = cut.mutate(name=kept.ifelse(cut.name, OTHERS), place=kept.ifelse(cut.place, most))
    sums = cut.group_by("dimension", "place", "name", "verdict", "currency").agg(
        rows=cut.rows.sum().cast("int64"), amount=cut.amount.sum()
    )
    summed = engine.ask(sums.order_by("dimension", "place", "verdict", "currency"))
    timed = engine.ask(_ctit(judged, places))
    return lambda: _groups(summed(), timed())


def _groups(sums: Iterable[Mapping[str, Any]], ctit: Iterable[Mapping[str, Any]]) -> tuple[Group, ...]:
    cells: defaultdict[tuple[Dimension, str | None], list[Mapping[str, Any]]] = defaultdict(list)
    for row in sums:
        cells[row["dimension"], row["name"]].append(row)
    times = {(row["dimension"], row["name"]): as_ctit(row) for row in ctit}
    in_order = sorted(cells, key=lambda key: list(DIMENSIONS).index(key[0]))
    return tuple(_group(*key, cells[key], times.get(key)) for key in in_order)


def _most(dimension: ir.StringValue) -> ir.IntegerValue:
    return (dimension == "day").ifelse(MOST_DAYS, MOST_GROUPS)


def _named(rows: ir.Table) -> ir.Table:
    """Rows and money by each dimension, verdict and currency, all dimensions below each other."""
    sums = []
    for dimension, name in DIMENSIONS.items():
        grouped = rows.group_by(name=name(rows), verdict=rows.verdict, currency=rows.currency)
        total = grouped.agg(rows=rows.count(), amount=rows.amount.cast("decimal(38,6)").sum())
        sums.append(total.mutate(dimension=ibis.literal(dimension)))
    return ibis.union(*sums)


def _places(named: ir.Table) -> ir.Table:
    """Each group's place in its dimension by size, from 0."""
    sizes = named.group_by("dimension", "name").agg(size=named.rows.sum().cast("int64"))
    by_size = [sizes.size.desc(), sizes.name.asc(nulls_first=True)]
    return sizes.select(
        "dimension", "name", place=ibis.row_number().over(group_by="dimension", order_by=by_size)
    )


def _joined(named: ir.Table, places: ir.Table) -> ir.Table:
    same_name = named.name.identical_to(places.name)
    joined = named.join(places, [named.dimension == places.dimension, same_name])
    return joined.select(named, joined.place)


def _ctit(judged: ir.Table, places: ir.Table) -> ir.Table:
    """The click-to-install times of every group that is kept."""
    rows = installs(judged)
    groups = [ibis.struct({"dimension": each, "name": name(rows)}) for each, name in DIMENSIONS.items()]
    in_groups = rows.select("seconds", group=ibis.array(groups).unnest()).unpack("group")
    shown = _joined(in_groups, places.filter(places.place < _most(places.dimension)))
    return shown.group_by("dimension", "name").agg(**measures(shown))


def _group(
    dimension: Dimension, name: str | None, cells: Sequence[Mapping[str, Any]], ctit: Ctit | None
) -> Group:
    counted = Tally(cells)
    verdicts: dict[str, int] = {v: counted.count(verdict=v) for v in VERDICTS if counted.count(verdict=v)}
    return Group(
        dimension=dimension,
        name=name,
        rows=counted.count(),
        verdicts=verdicts,
        match_rate=match_rate(verdicts),
        at_risk=at_risk(counted),
        ctit=ctit,
    )
