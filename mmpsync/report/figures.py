"""Numbers as people read them: counts, shares, money, times. None, and a share of nothing, is a dash."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from mmpsync.report.masking import harmless
from mmpsync.run import Money

__all__ = ["NONE", "amount", "counted", "currency", "moment", "money", "moneys", "number", "rate", "share"]

NONE = "–"
_LONGEST_CURRENCY = 12


def number(count: int) -> str:
    """A count: 12,345."""
    return f"{count:,}"


def counted(count: int, thing: str) -> str:
    """A count and what is counted, in the plural if it is not one: 12,345 rows."""
    return f"{number(count)} {thing}{'' if count == 1 else 's'}"


def share(part: int, whole: int) -> str:
    """A part of a whole: 12.3%; never rounded to nothing or to everything; no part is a dash."""
    return _percent(part / whole, 1) if part and whole else NONE


def rate(value: float | None) -> str:
    """A rate of 0 … 1 with two decimals, as gates compare it: 97.25%."""
    return NONE if value is None else _percent(value, 2)


def _percent(value: float, digits: int) -> str:
    step = 10.0**-digits
    if 0 < value * 100 < step / 2:
        return f"<{step:.{digits}f}%"
    if 100 - step / 2 <= value * 100 < 100:
        return f">{100 - step:.{digits}f}%"
    return f"{value:.{digits}%}"


def amount(value: Decimal | None) -> str:
    """An amount with two decimals: 1,234.50."""
    return NONE if value is None else f"{value:,.2f}"


def currency(code: str | None) -> str:
    """A currency as the rows name it, which may be anything at all."""
    if code is None:
        return "no currency"
    shown = harmless(code)
    return shown if len(shown) <= _LONGEST_CURRENCY else f"{shown[: _LONGEST_CURRENCY - 1]}…"


def money(value: Money) -> str:
    """An amount and its currency: 1,234.50 EUR."""
    return f"{amount(value.amount)} {currency(value.currency)}"


def moneys(values: Sequence[Money], most: int) -> list[str]:
    """Money per currency, at most so many, and how many more there are."""
    nonzero = [value for value in values if value.amount]
    shown = [money(value) for value in nonzero[:most]]
    return [*shown, f"and {number(len(nonzero) - most)} more"] if len(nonzero) > most else shown


def moment(time: datetime | None) -> str:
    """A time to the minute, in UTC: 2026-03-01 08:00 UTC."""
    return NONE if time is None else f"{_utc(time):%Y-%m-%d %H:%M} UTC"


def _utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
