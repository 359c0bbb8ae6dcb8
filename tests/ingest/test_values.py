"""Values as text (semantics, section 1): null tokens, times, money, numbers, booleans."""

# ruff: noqa: DTZ001
# The times of canonical tables are UTC without saying so.

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mmpsync.engines.functions import cleaned as clean
from mmpsync.ingest.values import parse_amount, parse_boolean, parse_integer, parse_time

Apply = Callable[..., list[Any]]


def naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def spellings(word: str) -> st.SearchStrategy[str]:
    return st.tuples(*(st.sampled_from([c.lower(), c.upper()]) for c in word)).map("".join)


BLANKS = st.text(" \t", max_size=3)


@given(st.lists(st.one_of(*map(spellings, ["null", "none", "n/a", "nan", "\\N", ""])), min_size=1), st.data())
@settings(max_examples=40)
def test_null_tokens_are_null_in_any_case_and_between_blanks(
    apply: Apply, tokens: list[str], data: st.DataObject
) -> None:
    padded = [data.draw(BLANKS) + token + data.draw(BLANKS) for token in tokens]
    assert apply(clean, padded) == [None] * len(padded)


@pytest.mark.parametrize(
    "text", ["nul", "nulls", "none.", "n/a/", "na", "nanny", "\\M", "0", "-", "undefined", "nil"]
)
def test_what_is_no_null_token_is_a_value(apply: Apply, text: str) -> None:
    assert apply(clean, [text]) == [text]


INSIDE = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=12).map(
    lambda text: "x" + text + "x"
)


@given(
    st.lists(st.tuples(st.text(" \t\r\n", max_size=3), INSIDE, st.text(" \t\r\n", max_size=3)), min_size=1)
)
@example([("", "007", ""), ("", "1e5", ""), (" ", "a  b", "\t")])
@example([("", "x", "\r"), ("", "x", "\n")])
@settings(max_examples=40)
def test_surrounding_blanks_are_trimmed_and_nothing_else_is_touched(
    apply: Apply, cells: list[tuple[str, str, str]]
) -> None:
    assert apply(clean, ["".join(cell) for cell in cells]) == [inside for _, inside, _ in cells]


# -- Times

MOMENT = datetime(2026, 3, 1, 7, 5, 9, tzinfo=UTC)
ZONED = {
    "1772348709": MOMENT,
    "1772348709123": MOMENT.replace(microsecond=123_000),
    "1772348709123456": MOMENT.replace(microsecond=123_456),
    "0000000000": datetime(1970, 1, 1, tzinfo=UTC),
    "2026-03-01T07:05:09Z": MOMENT,
    "2026-03-01 07:05:09Z": MOMENT,
    "2026-03-01T07:05:09.5Z": MOMENT.replace(microsecond=500_000),
    "2026-03-01T07:05:09+00:00": MOMENT,
    "2026-03-01 07:05:09+0000": MOMENT,
    "2026-03-01 07:05:09.123+0000": MOMENT.replace(microsecond=123_000),
    "2026-03-01 07:05:09 UTC": MOMENT,
    "2026-03-01 07:05:09.123 UTC": MOMENT.replace(microsecond=123_000),
    "2026-03-01T12:35:09+05:30": MOMENT,
    "2026-03-01T02:05:09-0500": MOMENT,
    "2026-02-28T23:05:09.000-08:00": MOMENT,
    # As one vendor table of Adjust's shows it: no seconds, no blank before the zone.
    "2016-04-04T23:16UTC": datetime(2016, 4, 4, 23, 16, tzinfo=UTC),
}
LOCAL = {
    "2026-03-01 07:05:09": MOMENT,
    "2026-03-01T07:05:09": MOMENT,
    "2026-03-01 07:05:09.123": MOMENT.replace(microsecond=123_000),
    "2026-03-01T07:05:09.123456": MOMENT.replace(microsecond=123_456),
}


@pytest.mark.parametrize(("zone", "hours_ahead"), [("UTC", 0), ("Asia/Tokyo", 9)])
def test_every_documented_form_of_a_time_is_its_utc_instant(
    apply: Apply, zone: str, hours_ahead: int
) -> None:
    forms = [*ZONED, *LOCAL]
    found = dict(zip(forms, apply(lambda x: parse_time(x, zone), forms), strict=True))
    local = {form: naive(at - timedelta(hours=hours_ahead)) for form, at in LOCAL.items()}
    assert found == {form: naive(at) for form, at in ZONED.items()} | local


ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def iso(moment: datetime, separator: str, offset: str) -> str:
    return moment.strftime(f"%Y-%m-%d{separator}%H:%M:%S") + offset


@st.composite
def written_times(draw: st.DrawFn) -> tuple[str, datetime]:
    """An aware time written in one of the accepted forms, and the UTC instant that it is."""
    at = draw(st.datetimes(datetime(2002, 1, 1), datetime(2100, 1, 1), timezones=ZONES))
    digits = draw(st.sampled_from([0, 3, 6]))
    at = at.replace(microsecond=at.microsecond // 10 ** (6 - digits) * 10 ** (6 - digits))
    if draw(st.booleans()):
        micros = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        return str(micros // 10 ** (6 - digits)), naive(at)
    fraction = f".{at.microsecond:06}"[: digits + 1] if digits else ""
    separator = draw(st.sampled_from("T "))
    if draw(st.booleans()):
        zone = draw(st.sampled_from(["Z", "+00:00", "+0000", " UTC"]))
        return iso(at.astimezone(UTC), separator, fraction + zone), naive(at)
    offset = at.strftime("%z")
    zone = draw(st.sampled_from([offset, f"{offset[:3]}:{offset[3:]}"]))
    return iso(at, separator, fraction + zone), naive(at)


@given(st.lists(written_times(), min_size=1, max_size=40))
@settings(max_examples=40)
def test_a_time_in_any_accepted_form_is_its_utc_instant(
    apply: Apply, times: list[tuple[str, datetime]]
) -> None:
    # The zone of zone-less times has no say over times that have one.
    found = apply(lambda x: parse_time(x, "America/New_York"), [text for text, _ in times])
    assert dict(zip((t for t, _ in times), found, strict=True)) == dict(times)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-03-29 01:59:59", datetime(2026, 3, 29, 0, 59, 59)),
        ("2026-03-29 03:00:00", datetime(2026, 3, 29, 1)),
        ("2026-10-25T01:59:59.250", datetime(2026, 10, 24, 23, 59, 59, 250_000)),
        ("2026-10-25T03:00:00", datetime(2026, 10, 25, 2)),
    ],
)
def test_a_time_without_a_zone_is_local_to_the_sources_zone_daylight_saving_respected(
    apply: Apply, text: str, utc: datetime
) -> None:
    assert apply(lambda x: parse_time(x, "Europe/Berlin"), [text]) == [utc]


NONSENSE = [
    "test", "yesterday", "05.03.2026 14:05", "03/01/2026 07:05:09", "2026-13-01 00:00:00", "2026-02-30 00:00:00",
    "2026-03-01 25:00:00", "2026-03-01 07:61:09", "2026-03-01 07:05:61", "2026-3-1 7:5:9", "20260301T070509",
    "1", "123456789", "17723487091", "177234870912345", "17723487091234567", "-1772348709", "1772348709.5", "1.77e9",
    "2026-03-01 07:05:09 PM", "2026-03-01 07:05:09 CET", "2026-03-01 07:05:09+1", "2026-03-01T07:05:09Zebra",
    "aaaa-bb-cc dd:ee:ff", "----------T--------", "2026-03-01 07:05:0Z", "2026-03-01 07:05:09\n2026-03-01 07:05:09",
    "infinity", "epoch", "now", "today", "", "2026-03-01 07:05: 9", "2026-03-01 07:0 :09", "2026-03-01T 7:05:09Z",
    "2026-03-1T 07:05:09",
    # No date of Python's, nor of those who read Parquet with it: before the year 1, or after 9999 in another zone.
    "0000-01-01 00:00:00", "0000-01-01T00:00:00Z", "0000-06-01T00:00:00.5+05:00", "-026-03-01 07:05:09",
    "0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00",
]  # fmt: skip


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_what_is_no_time_is_null_and_spoils_no_other(apply: Apply, zone: str) -> None:
    found = apply(lambda x: parse_time(x, zone), [*NONSENSE, "1772348709"])
    assert {text: at for text, at in zip(NONSENSE, found, strict=False) if at is not None} == {}
    assert found[-1] == naive(MOMENT)


FORMS = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


@st.composite
def almost_times(draw: st.DrawFn) -> str:
    """A text as long as a plain time, of which some characters are others, in another place, or missing."""
    text = list(draw(st.sampled_from(["2026-03-01 07:05:09", "2026-03-01T07:05:09", "2026-03-01T07:05:09Z"])))
    size = len(text)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(text)))
        text[place : place + draw(st.integers(0, 2))] = draw(st.text("0123456789-+:. TZé", max_size=2))
    end = draw(st.sampled_from("0123456789Z"))
    return ("".join(text) + end * size)[:size].strip()


@given(st.lists(almost_times(), min_size=1))
@example(["2026-3-001 07:05:09", "2026-03-01 7:05:009", "02026-3-1 07:05:09", "2026-03-1T07:05:090Z"])
@settings(max_examples=200)
def test_a_time_lacks_no_digit_and_has_none_too_many(apply: Apply, texts: list[str]) -> None:
    texts = [text for text in texts if not FORMS.fullmatch(text) and "." not in text and "+" not in text]
    told = [text for text in texts if re.search(r"[Zz]$|[-+]\d\d:?(\d\d)?$|^\d+$", text) is None]
    found = apply(lambda x: parse_time(x, "UTC"), [*told, "2026-03-01 07:05:09"])
    assert {text: at for text, at in zip(told, found, strict=False) if at is not None} == {}


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",))), min_size=1))
@settings(max_examples=20)
def test_no_text_whatever_makes_a_cast_fail(apply: Apply, texts: list[str]) -> None:
    for parse in (lambda x: parse_time(x, "Europe/Berlin"), parse_amount, parse_integer, parse_boolean):
        assert len(apply(parse, texts)) == len(texts)


@pytest.mark.parametrize("text", ["0001-01-01 00:00:00", "9999-12-31T23:59:59"])
def test_the_first_and_the_last_moment_of_all_are_times(apply: Apply, text: str) -> None:
    at = datetime.fromisoformat(text)
    for spelt in (text, f"{text}Z", f"{text}.0Z"):
        assert apply(lambda x: parse_time(x, "UTC"), [spelt.replace(" ", "T")]) == [at]
    # In another zone they may be of a year that there is none of.
    for zone in ("Asia/Tokyo", "America/New_York"):
        assert apply(lambda x, zone=zone: parse_time(x, zone), [text]) == [None]
    assert apply(lambda x: parse_time(x, "UTC"), [at, at], pa.timestamp("us")) == [at, at]


def test_typed_times_that_python_has_no_date_for_are_null(apply: Apply) -> None:
    """Microseconds since 1970 of the years 0 and 30000, and of 9999's last second, which comes later in New York."""
    times = [-62_167_219_200_000_000, 884_541_340_800_000_000, 253_402_300_799_000_000]
    last = datetime(9999, 12, 31, 23, 59, 59)
    for kind, found in ((pa.timestamp("us"), None), (pa.timestamp("us", "UTC"), last)):
        assert apply(lambda x: parse_time(x, "America/New_York"), times, kind) == [None, None, found]


def test_typed_times_are_utc_when_they_have_a_zone_and_local_when_not(apply: Apply) -> None:
    at = datetime(2026, 7, 1, 12, 0, 0, 123_456)
    berlin = at - timedelta(hours=2)
    for kind in (pa.timestamp("us"), pa.timestamp("ns")):
        assert apply(lambda x: parse_time(x, "Europe/Berlin"), [at, None], kind) == [berlin, None]
    for zone in ("UTC", "America/New_York"):
        aware = at.replace(tzinfo=UTC)
        assert apply(lambda x: parse_time(x, "Europe/Berlin"), [aware], pa.timestamp("us", zone)) == [at]


# -- Money

MONEY = st.decimals(min_value=-(10**12) + 1, max_value=10**12 - 1, allow_nan=False, places=6)


@given(st.lists(st.tuples(MONEY, st.sampled_from(["", "+"]), st.integers(0, 6)), min_size=1, max_size=40))
@settings(max_examples=60)
def test_money_is_the_decimal_that_is_written_never_a_float(
    apply: Apply, amounts: list[tuple[Decimal, str, int]]
) -> None:
    rounded = [(round(amount, places), plus) for amount, plus, places in amounts]
    texts = [f"{amount:f}" if amount.is_signed() else f"{plus}{amount:f}" for amount, plus in rounded]
    found = apply(parse_amount, texts)
    assert found == [amount for amount, _ in rounded]
    assert all(isinstance(amount, Decimal) and amount.as_tuple().exponent == -6 for amount in found)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("19.99", "19.99"),
        ("-20.00", "-20"),
        ("+5", "5"),
        ("0", "0"),
        ("0.000001", "0.000001"),
        ("999999999999.999999", "999999999999.999999"),
        ("007.50", "7.5"),
        # More than the six decimals that are kept: float noise as AppsFlyer's USD column has it.
        ("3.4899999999999998", "3.49"),
    ],
)
def test_money(apply: Apply, text: str, amount: str) -> None:
    assert apply(parse_amount, [text]) == [Decimal(amount)]


NO_MONEY = [
    "1,299.90", "1.299,90", "1 299.90", "1'299.90", "1_000", "12,50", "$49.99", "49.99 EUR", "1e3", "1E-2", "NaN", "nan",
    "inf", "-Infinity", "1000000000000", "12345678901234567890", "--1", "+-1", "1.2.3", ".", "-", "", "0x10", "١٢",
    "12\n34", "true",
]  # fmt: skip


def test_what_is_no_money_is_null(apply: Apply) -> None:
    found = dict(zip(NO_MONEY, apply(parse_amount, NO_MONEY), strict=True))
    assert {text: amount for text, amount in found.items() if amount is not None} == {}


# -- Numbers and booleans


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
@settings(max_examples=30)
def test_integers_have_64_bits(apply: Apply, numbers: list[int]) -> None:
    assert apply(parse_integer, list(map(str, numbers))) == numbers


def test_what_is_no_integer_is_null(apply: Apply) -> None:
    texts = ["1.0", "1.5", "1e3", "9223372036854775808", "1,000", "one", "", "NaN", "0x1"]
    assert apply(parse_integer, texts) == [None] * len(texts)


@given(st.lists(st.one_of(*map(spellings, ["true", "t", "1", "yes"])), min_size=1))
@settings(max_examples=15)
def test_words_for_true(apply: Apply, words: list[str]) -> None:
    assert apply(parse_boolean, words) == [True] * len(words)


@given(st.lists(st.one_of(*map(spellings, ["false", "f", "0", "no"])), min_size=1))
@settings(max_examples=15)
def test_words_for_false(apply: Apply, words: list[str]) -> None:
    assert apply(parse_boolean, words) == [False] * len(words)


def test_what_is_no_boolean_is_null(apply: Apply) -> None:
    texts = ["y", "n", "2", "on", "off", "", "truee", "-1", "nope"]
    assert apply(parse_boolean, texts) == [None] * len(texts)
