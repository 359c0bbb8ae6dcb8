"""The exports, one dataset each: when their people do things, and what their formats can hold."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from generator import branch, kochava, segment
from generator.model import Row


def _anything(_: Row) -> bool:
    return True


@dataclass(frozen=True)
class Dataset:
    """One export.

    `place`: in a `Planted`'s counts. `hours`: in which its people do things. `idle_clicks`: clicks without a
    conversion. `holds`: whether the format that a row would be written in can hold what it says.
    """

    name: str
    place: int
    hours: tuple[datetime, ...]
    idle_clicks: int
    holds: Callable[[Row], bool] = _anything


def _hours(first: datetime, count: int) -> tuple[datetime, ...]:
    return tuple(first + timedelta(hours=n) for n in range(count))


def _working_hours(days: tuple[datetime, ...]) -> tuple[datetime, ...]:
    return tuple(hour for day in days for hour in _hours(day + timedelta(hours=8), 12))


ADJUST_HOURS = tuple(
    datetime(2026, 3, day, hour, tzinfo=UTC)
    for day, hour in ((2, 9), (3, 18), (5, 10), (5, 11), (9, 7), (10, 20), (12, 13))
)
CSV = Dataset("appsflyer_csv", 0, _hours(datetime(2026, 3, 1, tzinfo=UTC), 8 * 24), idle_clicks=12)
LOCKER = Dataset("appsflyer_parquet", 1, _hours(datetime(2026, 3, 9, tzinfo=UTC), 5 * 24), idle_clicks=6)
ADJUST = Dataset("adjust", 2, ADJUST_HOURS, idle_clicks=8)
BRANCH = Dataset("branch", 3, _working_hours(branch.DAYS), idle_clicks=4, holds=branch.holds)
SEGMENT = Dataset("segment", 4, _working_hours(segment.DAYS), idle_clicks=4, holds=segment.holds)
KOCHAVA = Dataset("kochava", 5, _working_hours(kochava.DAYS), idle_clicks=4)
DATASETS = (CSV, LOCKER, ADJUST, BRANCH, SEGMENT, KOCHAVA)
