"""The planting of what `planted` says."""

from dataclasses import replace
from datetime import UTC, datetime

from generator.datasets import Dataset
from generator.faults import such_that
from generator.model import Row
from generator.planted import PLANTED
from generator.world import World


def plant(dataset: Dataset, world: World) -> list[Row]:
    """Make all rows of a dataset, each with the reason it is planted for."""
    rows: list[Row] = []
    for planted in PLANTED:
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
    world.idle_clicks(dataset.idle_clicks, datetime(2026, 2, 20, tzinfo=UTC), dataset.hours[-1])
    return rows
