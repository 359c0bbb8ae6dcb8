"""Which days are over, and how a person names days."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from mmpsync.errors import UsageError
from mmpsync.impact.days import Calendar

FIRST = date(2024, 4, 10)
NOON = Calendar(datetime(2026, 3, 20, 12, 0, tzinfo=UTC))
MORNING = Calendar(datetime(2026, 3, 20, 11, 59, tzinfo=UTC))


def zoned(zone: str, *time: int) -> Calendar:
    return Calendar(datetime(2026, 3, *time, tzinfo=UTC), ZoneInfo(zone))


def test_a_day_is_over_when_it_is_everywhere_as_long_as_the_accounts_time_zone_is_not_known() -> None:
    assert MORNING.latest_over == date(2026, 3, 18)
    assert NOON.latest_over == date(2026, 3, 19)
    assert NOON.over_at(date(2026, 3, 19)) == NOON.now


@pytest.mark.parametrize(
    ("calendar", "day"),
    [
        (zoned("UTC", 20, 0, 0), 19),
        (zoned("America/Los_Angeles", 20, 6, 59), 18),
        (zoned("America/Los_Angeles", 20, 7, 0), 19),
        (zoned("Asia/Tokyo", 19, 20, 0), 18),  # over in Tokyo, but not in UTC
        (zoned("Asia/Tokyo", 20, 0, 0), 19),
    ],
)
def test_a_day_is_over_when_it_is_in_the_accounts_time_zone_and_in_utc(calendar: Calendar, day: int) -> None:
    assert calendar.latest_over == date(2026, 3, day)
    assert calendar.over_at(calendar.latest_over) <= calendar.now < calendar.over_at(date(2026, 3, day + 1))


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("yesterday", "2026-03-19", "2026-03-19"),
        ("1d", "2026-03-19", "2026-03-19"),
        ("30d", "2026-02-18", "2026-03-19"),
        ("2026-03-01", "2026-03-01", "2026-03-01"),
        ("2026-02-27..2026-03-02", "2026-02-27", "2026-03-02"),
        ("2024-04-10", "2024-04-10", "2024-04-10"),
    ],
)
def test_days_by_name_number_and_span(text: str, first: str, last: str) -> None:
    days = NOON.days_over("--date", text, FIRST)
    assert (str(days[0]), str(days[-1])) == (first, last)
    assert [day.toordinal() for day in days] == list(range(days[0].toordinal(), days[-1].toordinal() + 1))


@pytest.mark.parametrize("text", ["2026-03-20", "2026-03-01..2026-03-20", "2027-01-01"])
def test_a_day_that_is_not_over_is_refused_with_the_latest_that_is(text: str) -> None:
    with pytest.raises(UsageError, match=r"is not over yet in every time zone .* is over is 2026-03-19"):
        NOON.days_over("--date", text, FIRST)
    with pytest.raises(UsageError, match=r"is not over yet, and .* is over is 2026-03-19"):
        zoned("Europe/Berlin", 20, 12, 0).days_over("--date", text, FIRST)


@pytest.mark.parametrize("text", ["2024-04-09", "2024-01-01..2026-03-01", "999999d", "900d"])
def test_a_day_before_the_first_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="before"):
        NOON.days_over("--date", text, FIRST)


@pytest.mark.parametrize(
    "text",
    ["", "today", "2026-3-1", "20260301", "2026-02-30", "2026-03-01..", "..2026-03-01", "0d", "-1d", "3w", "2026-03-01...2026-03-02", "2026-W10-1"],
)  # fmt: skip
def test_what_is_no_day_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match=r"--date .*write it like 2026-03-01"):
        NOON.days_over("--date", text, FIRST)
    with pytest.raises(UsageError, match=r"--from .*write it like 2026-03-01"):
        NOON.day("--from", text)


def test_a_span_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(UsageError, match="ends before it begins"):
        NOON.days_over("--date", "2026-03-02..2026-03-01", FIRST)


def test_a_day_alone_may_be_so_many_days_ago() -> None:
    assert NOON.day("--from", "30d") == date(2026, 2, 18)
    assert NOON.day("--from", "2026-01-31") == date(2026, 1, 31)
