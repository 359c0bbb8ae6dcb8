from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmpsync import figures
from mmpsync.figures import NONE
from mmpsync.summaries import Example, Money


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (1, 3, "33.3%"),
        (3, 3, "100.0%"),
        (0, 3, NONE),
        (0, 0, NONE),
        (1, 10**6, "<0.1%"),
        (999_999, 10**6, ">99.9%"),
    ],
)
def test_a_share_is_never_rounded_to_nothing_or_to_everything(part: int, whole: int, shown: str) -> None:
    assert figures.share(part, whole) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, NONE),
        (0.0, "0.00%"),
        (1.0, "100.00%"),
        (0.9696, "96.96%"),
        (0.999999, ">99.99%"),
        (0.000001, "<0.01%"),
    ],
)
def test_a_rate_of_nothing_is_a_dash_and_a_rate_of_zero_is_zero(value: float | None, shown: str) -> None:
    assert figures.rate(value) == shown


@given(st.floats(min_value=0, max_value=1))
def test_only_everything_is_100_percent(value: float) -> None:
    assert (figures.rate(value) == "100.00%") == (value == 1)
    assert (figures.rate(value) == "0.00%") == (value == 0)


def test_things_are_counted_in_the_plural_unless_there_is_one() -> None:
    counts = [figures.counted(n, "row") for n in (0, 1, 2, 1234)]
    assert counts == ["0 rows", "1 row", "2 rows", "1,234 rows"]


def test_money_has_two_decimals_and_its_currency() -> None:
    assert figures.money(Money(currency="EUR", amount=Decimal("1234567.891"))) == "1,234,567.89 EUR"
    assert figures.money(Money(currency=None, amount=Decimal(-5))) == "-5.00 (no currency)"


@pytest.mark.parametrize(
    ("amount", "raw", "currency", "told"),
    [
        (Decimal("5.9"), None, "EUR", "5.90 EUR"),
        (None, "5,90", "EUR", '"5,90" EUR'),
        (None, "\x1b[31m5,90 " + "€" * 99, None, rf'"\x1b[31m5,90 {"€" * 10}…" (no currency)'),
        (None, None, "EUR", ""),
    ],
)
def test_what_is_no_amount_is_shown_as_it_stands_there(
    amount: Decimal | None, raw: str | None, currency: str | None, told: str
) -> None:
    row = Example(source_file="a.csv", source_row=1, amount=amount, amount_raw=raw, currency=currency)
    assert figures.money_of(row) == told


def test_a_currency_may_be_anything_at_all() -> None:
    assert figures.currency("\x1b[31mEuro, please") == r"\x1b[31mEur…"


def test_money_is_listed_per_currency_what_has_none_last_and_nothing_left_out_silently() -> None:
    values = [
        Money(currency=code, amount=Decimal(amount)) for code, amount in [(None, 1), ("CHF", 0), ("EUR", 2)]
    ]
    assert figures.moneys(values, 2) == ["2.00 EUR", "1.00 (no currency)"]
    assert figures.moneys(values, 1) == ["2.00 EUR", "1 more currency"]


def test_times_are_told_in_utc() -> None:
    time = datetime(2026, 3, 1, 8, tzinfo=timezone(timedelta(hours=2)))
    assert figures.moment(time) == "2026-03-01 06:00 UTC"
    assert figures.moment(time.astimezone(UTC).replace(tzinfo=None)) == "2026-03-01 06:00 UTC"
    assert figures.moment(None) == NONE


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"),
        (3.4, "3.4 s"),
        (59, "59 s"),
        (2_166, "36.1 min"),
        (3_600, "1 h"),
        (86_399, "24 h"),
        (777_600, "9 d"),
        (129_600_000, "1,500 d"),
        (-120, "-2 min"),
    ],
)
def test_a_duration_is_told_in_the_unit_that_suits_it(seconds: float, shown: str) -> None:
    assert figures.duration(seconds) == shown
