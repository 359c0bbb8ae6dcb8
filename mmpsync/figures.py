"""Numbers as people read them: counts, shares, money, times. None, and a share of nothing, is a dash."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

from mmpsync.masking import brief
from mmpsync.summaries import Example, Money

__all__ = [
    "NONE",
    "NO_NAME",
    "amount",
    "counted",
    "currency",
    "duration",
    "moment",
    "money",
    "money_of",
    "moneys",
    "number",
    "points",
    "rate",
    "share",
]

NONE = "\N{EN DASH}"
NO_NAME = "(none)"
"""The partner, day, app … of rows that say none."""
_LONGEST_CURRENCY = 12
_LONGEST_AMOUNT = 24


def number(count: int) -> str:
    """Write a count: 12,345."""
    return f"{count:,}"


def counted(count: int, thing: str) -> str:
    """Write a count and what is counted, in the plural unless it is one: 12,345 rows."""
    return f"{number(count)} {thing}{'' if count == 1 else 's'}"


def share(part: int, whole: int) -> str:
    """Write a part of a whole: 12.3%; no part is a dash."""
    return _percent(part / whole, digits=1) if part and whole else NONE


def rate(value: float | None) -> str:
    """Write a rate of 0 … 1, with two decimals because gates compare them: 97.25%; zero is 0.00%."""
    return NONE if value is None else _percent(value, digits=2)


def points(change: float | None) -> str:
    """Write the difference of two rates in percentage points: -1.25 points."""
    return NONE if change is None else f"{change * 100:+.2f} points"


def _percent(value: float, *, digits: int) -> str:
    """Round, but never a little to nothing, nor nearly everything to everything."""
    least = 1 / 10 ** (digits + 2)
    if 0 < value < least / 2:
        return f"<{least:.{digits}%}"
    if 1 - least / 2 <= value < 1:
        return f">{1 - least:.{digits}%}"
    return f"{value:.{digits}%}"


def amount(value: Decimal) -> str:
    """Write an amount with two decimals: 1,234.50."""
    return f"{value:,.2f}"


def currency(code: str | None) -> str:
    """Write a currency as the rows name it, which may be anything at all."""
    return "no currency" if code is None else brief(code, _LONGEST_CURRENCY)


def money(value: Money) -> str:
    """Write an amount and its currency: 1,234.50 EUR."""
    return f"{amount(value.amount)} {_code(value.currency)}"


def money_of(example: Example) -> str:
    """Write a row's amount and its currency, what is no amount in quotation marks: "1.234,50" EUR; nothing for neither."""
    if example.amount is not None:
        return money(Money(currency=example.currency, amount=example.amount))
    raw = brief(example.amount_raw or "", _LONGEST_AMOUNT)
    return f'"{raw}" {_code(example.currency)}' if raw else ""


def _code(code: str | None) -> str:
    return "(no currency)" if code is None else currency(code)


def moneys(values: Iterable[Money], most: int) -> list[str]:
    """Write money per currency, what has none last; of more than `most` currencies, how many there are."""
    nonzero = sorted((value for value in values if value.amount), key=lambda value: value.currency is None)
    shown, left_out = [money(value) for value in nonzero[:most]], len(nonzero) - most
    more = "more currency" if left_out == 1 else "more currencies"
    return [*shown, f"{number(left_out)} {more}"] if left_out > 0 else shown


def moment(time: datetime | None) -> str:
    """Write a time to the minute: 2026-03-01 08:00 UTC."""
    if time is None:
        return NONE
    utc = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    return f"{utc:%Y-%m-%d %H:%M} UTC"


def duration(seconds: float) -> str:
    """Write a span of time in the unit that suits it, to three digits: 3.4 s, 36.1 min, 5 h, 1,500 d."""
    sizes = ((86_400, "d"), (3_600, "h"), (60, "min"))
    size, unit = next(((size, unit) for size, unit in sizes if abs(seconds) >= size), (1, "s"))
    value = seconds / size
    return f"{value:,.0f} {unit}" if abs(value) >= 100 else f"{value:.3g} {unit}"  # noqa: PLR2004  two digits
