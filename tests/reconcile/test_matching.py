"""Section 4 of the specification, line by line; `test_matching_reference.py` has the properties."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

NOON = datetime(2026, 3, 10, 12)  # noqa: DTZ001  UTC, as all times of the tables
HOUR, DAY, TICK = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)
TOLERANCE, WINDOW = timedelta(minutes=5), timedelta(days=30)
LONG = "AbCdEfGhIjKlMnOpQrStUvWxYz012345"

BEFORE, OUTSIDE = "conversion-before-click", "outside-referral-window"
CASE, ENCODING, TRUNCATED = "click-id-case-changed", "click-id-encoding-changed", "click-id-truncated"
ORPHAN, HELD, MATCHED = "orphan-click-id", "click-export-incomplete", "matched"

# Name, which is the ClickId of a conversion at noon → its clicks as distances from noon (null: a time that
# does not parse), the reason, and the distance of the matched click.
TIMES: dict[str, tuple[list[timedelta | None], str, timedelta | None]] = {
    "one-before": ([-HOUR], MATCHED, -HOUR),
    "the-latest-of-several-before": ([-3 * HOUR, -HOUR, -2 * HOUR], MATCHED, -HOUR),
    "several-on-both-sides": ([-2 * HOUR, -HOUR, HOUR, 2 * HOUR], MATCHED, -HOUR),
    "at-the-same-time": ([timedelta()], MATCHED, timedelta()),
    "at-the-tolerance": ([TOLERANCE], MATCHED, TOLERANCE),
    "at-the-tolerance-with-one-later": ([TOLERANCE, HOUR], MATCHED, TOLERANCE),
    "within-the-tolerance-is-later-than-before": ([-HOUR, TOLERANCE - TICK, HOUR], MATCHED, TOLERANCE - TICK),
    "just-over-the-tolerance": ([TOLERANCE + TICK], BEFORE, None),
    "just-over-the-tolerance-with-one-before": ([-HOUR, TOLERANCE + TICK], MATCHED, -HOUR),
    "all-later": ([HOUR, 2 * HOUR, DAY], BEFORE, None),
    "the-same-click-recorded-twice": ([-HOUR, -HOUR], MATCHED, -HOUR),
    "as-old-as-the-window": ([-WINDOW], MATCHED, -WINDOW),
    "just-older-than-the-window": ([-WINDOW - TICK], OUTSIDE, -WINDOW - TICK),
    "older-than-the-window-and-fresh": ([-WINDOW - DAY, -DAY], MATCHED, -DAY),
    "older-than-the-window-and-later": ([-WINDOW - DAY, HOUR], OUTSIDE, -WINDOW - DAY),
    "a-time-that-does-not-parse-beside-one-that-does": ([None, -HOUR], MATCHED, -HOUR),
}

# Name → ClickId of the conversion, ClickIds of the clicks an hour before, reason, suggestion.
NEAR_MISSES: dict[str, tuple[str, list[str], str, str | None]] = {
    "lower case": ("camelcase-1", ["CamelCase-1"], CASE, "CamelCase-1"),
    "upper case": ("CAMELCASE-2", ["CamelCase-2"], CASE, "CamelCase-2"),
    "the very id beats its twins": ("camelcase-3", ["CamelCase-3", "camelcase-3"], MATCHED, None),
    "several clicks of one id are one id": ("camelcase-4", ["CamelCase-4"] * 3, CASE, "CamelCase-4"),
    "two ids differ in case": ("camelcase-5", ["CamelCase-5", "CAMELcase-5"], CASE, None),
    "encoded once": ("a%2Fb-1", ["a/b-1"], ENCODING, "a/b-1"),
    "encoded twice": ("a%252Fb-2", ["a/b-2"], ENCODING, "a/b-2"),
    "encoded three times": ("a%25252Fb-3", ["a/b-3"], ENCODING, "a/b-3"),
    "encoded four times": ("a%2525252Fb-4", ["a/b-4"], ORPHAN, None),
    "decoded once too often": ("a/b-5", ["a%2Fb-5"], ENCODING, "a%2Fb-5"),
    "plus for blank": ("a+b-6", ["a b-6"], ENCODING, "a b-6"),
    "blank for plus": ("a%20b-7", ["a+b-7"], ENCODING, "a+b-7"),
    "plus encoded": ("a%2Bb-8", ["a+b-8"], ENCODING, "a+b-8"),
    "a blank in front": ("padded-9", [" padded-9"], ENCODING, " padded-9"),
    "a blank behind": ("padded-10", ["padded-10 "], ENCODING, "padded-10 "),
    "encoded, case changed too": ("A%2fB-11", ["a/b-11"], ENCODING, "a/b-11"),
    "escapes in another case": ("a%2fB-12", ["a%2FB-12"], CASE, "a%2FB-12"),
    "two ids decode to the same": ("a%2Fb-13", ["a/b-13", "A/b-13"], ENCODING, None),
    "case before encoding": ("A%2Fb-14", ["a%2Fb-14", "A/b-14"], CASE, "a%2Fb-14"),
    "cut to 20": (LONG[:20], [LONG], TRUNCATED, LONG),
    "cut to 31": ("1" + LONG[:30], ["1" + LONG], TRUNCATED, "1" + LONG),
    "cut to 19": ("2" + LONG[:18], ["2" + LONG], ORPHAN, None),
    "a beginning of two ids": ("3" + LONG[:25], ["3" + LONG, "3" + LONG[:30]], ORPHAN, None),
    "a beginning of one of two": ("4" + LONG[:25], ["4" + LONG, "4" + LONG[:24] + "x"], TRUNCATED, "4" + LONG),
    "several clicks of one whole id": ("5" + LONG[:25], ["5" + LONG] * 2, TRUNCATED, "5" + LONG),
    "longer than the id": ("6" + LONG, ["6" + LONG[:25]], ORPHAN, None),
    "another end": ("7" + LONG[:25] + "x", ["7" + LONG], ORPHAN, None),
    "cut off in front": (LONG[8:], ["8" + LONG], ORPHAN, None),
    "cut and case changed": ("9" + LONG[:25].lower(), ["9" + LONG], ORPHAN, None),
    "case before truncation": ("x" + LONG.lower(), ["x" + LONG, "x" + LONG.lower() + "1"], CASE, "x" + LONG),
    "cut behind a plus": ("y" + LONG[:18] + "+", ["y" + LONG[:18] + "+123"], TRUNCATED, "y" + LONG[:18] + "+123"),
    "cut behind an escape": ("z" + LONG[:18] + "%2F", ["z" + LONG[:18] + "%2F9"], TRUNCATED, "z" + LONG[:18] + "%2F9"),
    "cut to 20 with an escape": ("v" + LONG[:16] + "%2F", ["v" + LONG[:16] + "%2F901"], TRUNCATED, "v" + LONG[:16] + "%2F901"),
    "cut inside an escape": ("w" + LONG[:18] + "%", ["w" + LONG[:18] + "%2F9"], TRUNCATED, "w" + LONG[:18] + "%2F9"),
    "nothing like it": ("never-clicked", [], ORPHAN, None),
}  # fmt: skip


@pytest.fixture(scope="module")
def by_time(judge: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    clicks = [
        {"click_id": name, "click_time": None if distance is None else NOON + distance}
        for name, (distances, _, _) in TIMES.items()
        for distance in distances
    ]
    return judge({name: {"click_id": name} for name in TIMES}, clicks)


@pytest.mark.parametrize("name", TIMES)
def test_the_matched_click_is_the_latest_up_to_the_tolerance_after(
    by_time: dict[str, Any], name: str
) -> None:
    _, reason, distance = TIMES[name]
    matched = None if distance is None else NOON + distance
    assert (by_time[name].reason, by_time[name].matched_click_time) == (reason, matched)


@pytest.fixture(scope="module")
def by_likeness(judge: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    clicks = [{"click_id": known} for _, ids, _, _ in NEAR_MISSES.values() for known in ids] + [{}]
    return judge({name: {"click_id": value} for name, (value, *_) in NEAR_MISSES.items()}, clicks)


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_a_click_id_without_clicks_is_told_apart_by_what_it_is_like(
    by_likeness: dict[str, Any], name: str
) -> None:
    *_, reason, suggestion = NEAR_MISSES[name]
    assert (by_likeness[name].reason, by_likeness[name].suggestion) == (reason, suggestion)


def test_tolerance_and_window_are_configured(judge: Callable[..., dict[str, Any]]) -> None:
    rows = {name: {"click_id": name} for name in ("+1s", "+2s", "-1h", "-1h-")}
    clicks = [
        {"click_id": "+1s", "click_time": NOON + timedelta(seconds=1)},
        {"click_id": "+2s", "click_time": NOON + timedelta(seconds=2)},
        {"click_id": "-1h", "click_time": NOON - HOUR},
        {"click_id": "-1h-", "click_time": NOON - HOUR - TICK},
    ]
    config = {"program": {"clock_tolerance": "1s", "referral_window": "1h"}}
    reasons = {name: row.reason for name, row in judge(rows, clicks, config=config).items()}
    assert reasons == {"+1s": MATCHED, "+2s": BEFORE, "-1h": MATCHED, "-1h-": OUTSIDE}
    exact = judge({"at once": {"click_id": "at"}, "a tick": {"click_id": "later"}},
                  [{"click_id": "at", "click_time": NOON}, {"click_id": "later", "click_time": NOON + TICK}],
                  config={"program": {"clock_tolerance": "0s"}})  # fmt: skip
    assert {name: row.reason for name, row in exact.items()} == {"at once": MATCHED, "a tick": BEFORE}


def test_many_clicks_never_multiply_a_conversion_and_many_conversions_share_a_click(
    judge: Callable[..., dict[str, Any]],
) -> None:
    rows = {f"conversion {n}": {"event_time": NOON + n * HOUR} for n in range(5)}
    clicks = [{"click_time": NOON + n * HOUR - TICK} for n in range(-5, 5) for _ in range(2)]
    judged = judge(rows, clicks, as_of=NOON + DAY)
    assert {row.reason for row in judged.values()} == {MATCHED}
    assert [row.matched_click_time for row in judged.values()] == [NOON + n * HOUR - TICK for n in range(5)]


def test_an_unknown_id_is_held_where_the_click_records_do_not_cover_its_time(
    judge: Callable[..., dict[str, Any]],
) -> None:
    # Covered is from the earliest record to 24 hours after the latest, whatever their ClickIds.
    earliest, latest = NOON - 2 * DAY, NOON - DAY
    clicks = [{"click_time": earliest}, {"click_id": "b", "click_time": latest}, {"click_time": None}]
    rows = {
        "a tick before": {"event_time": earliest - TICK},
        "earliest": {"event_time": earliest},
        "between": {"event_time": latest},
        "24 h after": {"event_time": latest + DAY},
        "a tick more": {"event_time": latest + DAY + TICK},
        "no time": {"event_time": None, "event_time_raw": "yesterday"},
    }
    unknown = {name: row | {"click_id": f"unknown-{n}"} for n, (name, row) in enumerate(rows.items())}
    near = {f"{name}, near": row | {"click_id": "click"} for name, row in rows.items()}
    judged = judge(unknown | near, clicks)
    assert {name: judged[name].reason for name in rows} == {
        "a tick before": HELD,
        "earliest": ORPHAN,
        "between": ORPHAN,
        "24 h after": ORPHAN,
        "a tick more": HELD,
        "no time": ORPHAN,
    }
    assert judged["a tick more"].verdict == "held"
    # A near miss is one at any time.
    assert {judged[name].reason for name in near} == {CASE}


def test_a_conversion_without_a_time_has_no_matched_click_and_its_time_is_what_is_wrong(
    judge: Callable[..., dict[str, Any]],
) -> None:
    judged = judge({"known": {"event_time": None, "event_time_raw": "yesterday"}})
    assert judged["known"] == ("incomplete", "invalid-time", ("invalid-time",), None, None)


def test_a_known_id_whose_clicks_have_no_time_is_neither_an_orphan_nor_too_early(
    judge: Callable[..., dict[str, Any]],
) -> None:
    judged = judge({"known": {}, "unknown": {"click_id": "x"}}, [{"click_time": None}])
    assert judged["known"] == ("clean", MATCHED, (), None, None)
    assert judged["unknown"].reason == ORPHAN


def test_without_click_records_nothing_is_joined_and_that_is_no_error(
    judge: Callable[..., dict[str, Any]],
) -> None:
    rows = {
        "usable": {},
        "foreign": {"click_id": "Cj0KCQiA5rGuBhCnARIs"},
        "missing": {"click_id": None},
        "incomplete": {"order_id": None},
    }
    judged = judge(rows, [])
    assert judged["usable"] == ("clean", "not-joined", ("not-joined",), None, None)
    assert judged["foreign"].reason == "foreign-click-id"
    assert judged["missing"] == ("unattributed", "missing-click-id", ("missing-click-id",), None, None)
    assert judged["incomplete"].reasons == ("missing-parameter:order_id", "not-joined")


def test_only_usable_ids_of_rows_in_scope_are_matched(judge: Callable[..., dict[str, Any]]) -> None:
    rows = {
        "placeholder": {"click_id": "undefined"},
        "malformed": {"click_id": "a b"},
        "excluded": {"attribution": "test"},
    }
    clicks = [{"click_id": "undefined"}, {"click_id": "a b"}, {}]
    judged = judge(rows, clicks)
    assert {name: (row.reason, row.matched_click_time) for name, row in judged.items()} == {
        "placeholder": ("placeholder-click-id", None),
        "malformed": ("malformed-click-id", None),
        "excluded": ("test-row", None),
    }


def test_the_partner_is_the_one_that_impact_names_whatever_an_mmp_s_own_click_says(
    engine: Any, judgement: Callable[..., Any]
) -> None:
    """A click row of an MMP's export names the media source."""
    own = {"partner": "Acme Deals", "is_own": True}
    of_mmp = {"partner": "impact radius", "source_file": "eo_click.csv"}
    names = {"both": [own, of_mmp], "impact": [own], "mmp": [of_mmp]}
    clicks = [{**click, "click_id": name} for name, found in names.items() for click in found]
    rows = judgement([{"click_id": name, "order_id": name} for name in names], clicks).rows
    found = {row["click_id"]: row["partner"] for row in engine.rows(rows)}
    assert found == {"both": "Acme Deals", "impact": "Acme Deals", "mmp": "impact radius"}
