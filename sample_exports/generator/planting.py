"""The planting of what `planted` and `credited` say."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from generator.credited import CREDITED
from generator.datasets import Dataset
from generator.faults import such_that
from generator.model import Row
from generator.planted import PLANTED, Planted
from generator.world import World


def plant(dataset: Dataset, world: World) -> list[Row]:
    """Make all rows of a dataset, each with the reason it is planted for."""
    rows = _rows(PLANTED, dataset, world)
    world.idle_clicks(dataset.idle_clicks, datetime(2026, 2, 20, tzinfo=UTC), dataset.hours[-1])
    return rows + _rows(CREDITED, dataset, world)


def shown(reason: str) -> str:
    """Say how a reason shows in the rows."""
    shows = (planted.shows for planted in (*PLANTED, *CREDITED) if planted.reason == reason)
    return "; ".join(dict.fromkeys(shows))


def _rows(plan: Iterable[Planted], dataset: Dataset, world: World) -> list[Row]:
    rows: list[Row] = []
    for planted in plan:
        wanted = planted.counts[dataset.place]
        fault = such_that(dataset.holds, planted.fault)
        made = case = 0
        while made < wanted:
            event = planted.events[case % len(planted.events)]
            found = fault(world, event, case)
            rows += [replace(row, reason=row.reason or planted.reason) for row in found]
            made += sum(row.reason is None for row in found)
            case += 1
        assert made == wanted, (
            f"{planted.reason} ({planted.shows}): {wanted} is no multiple of what a case makes"
        )
    return rows
