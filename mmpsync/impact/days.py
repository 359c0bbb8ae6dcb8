"""Days as a person names them, and which of them are over."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

from mmpsync.errors import UsageError

__all__ = ["Calendar"]

_LAST_ZONE = timezone(timedelta(hours=-12))  # where a day ends last
_DAY = timedelta(days=1)
_BACK = re.compile(r"([1-9][0-9]{0,5})d")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Calendar:
    """Which days are over for an account, as of `now`; `zone` is None where its time zone is not known.

    impact.com does not say whether a day of clicks is one in UTC or in the account's time zone, so it is over when
    it is in both; with the time zone unknown, when it is everywhere.
    """

    now: datetime
    zone: tzinfo | None = None

    @property
    def today(self) -> date:
        """The day that it is in UTC."""
        return self.now.astimezone(UTC).date()

    @property
    def latest_over(self) -> date:
        """The latest day that is over."""
        return min(self.now.astimezone(zone).date() for zone in self._zones) - _DAY

    def over_at(self, day: date) -> datetime:
        """The moment at which a day is over."""
        return max(datetime.combine(day + _DAY, time(), zone).astimezone(UTC) for zone in self._zones)

    def days_over(self, option: str, text: str, earliest: date) -> Sequence[date]:
        """The days that an option names: "yesterday", the latest that is over; "30d", the latest thirty; a day; FROM..TO.

        Raises UsageError for anything else, and for a day that is not over or before the earliest.
        """
        first, last = self._span(option, text)
        if first < earliest:
            raise UsageError(f"{option} {text}: begins {first}; impact.com has none before {earliest}")
        if last > self.latest_over:
            where = "" if self.zone else " in every time zone (sources.impact.timezone says which counts)"
            raise UsageError(
                f"{option} {text}: {last} is not over yet{where}, and impact.com keeps a day's first export for good;"
                f" the latest day that is over is {self.latest_over}"
            )
        return [first + number * _DAY for number in range((last - first).days + 1)]

    def day(self, option: str, text: str) -> date:
        """The day that an option names: a day, or the one so many days before today ("30d"). Raises UsageError."""
        if back := _BACK.fullmatch(text):
            return _before(option, text, self.today, int(back[1]))
        return _date(option, text, text, "2026-03-01, or 30d for thirty days ago")

    @property
    def _zones(self) -> tuple[tzinfo, tzinfo]:
        return UTC, self.zone or _LAST_ZONE

    def _span(self, option: str, text: str) -> tuple[date, date]:
        latest = self.latest_over
        if text == "yesterday":
            return latest, latest
        if back := _BACK.fullmatch(text):
            return _before(option, text, latest, int(back[1]) - 1), latest
        begin, dots, end = text.partition("..")
        first = _date(option, text, begin, "2026-03-01, 2026-03-01..2026-03-07, 30d or yesterday")
        last = _date(option, text, end, "2026-03-01..2026-03-07") if dots else first
        if last < first:
            raise UsageError(f"{option} {text}: ends before it begins")
        return first, last


def _before(option: str, text: str, day: date, days: int) -> date:
    try:
        return day - days * _DAY
    except OverflowError:
        raise UsageError(f"{option} {text}: that is before the calendar begins") from None


def _date(option: str, text: str, part: str, examples: str) -> date:
    try:
        return date.fromisoformat(part if _DATE.fullmatch(part) else "")
    except ValueError:
        raise UsageError(f"{option} {text}: {part!r} is no day; write it like {examples}") from None
