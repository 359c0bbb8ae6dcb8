"""Section 4 of the specification as a brute-force search over small data, beside which matching must stand."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

NOON = datetime(2026, 3, 10, 12)  # noqa: DTZ001  UTC, as all times of the tables
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
TOLERANCE, WINDOW = 5 * MINUTE, 30 * DAY

BEFORE, OUTSIDE = "conversion-before-click", "outside-referral-window"
CASE, ENCODING, TRUNCATED = "click-id-case-changed", "click-id-encoding-changed", "click-id-truncated"
ORPHAN, HELD = "orphan-click-id", "click-export-incomplete"
SECTION_4 = {BEFORE, OUTSIDE, CASE, ENCODING, TRUNCATED, ORPHAN, HELD}

# Stems bring ids to the 20 characters from which on a beginning counts.
STEMS = ("", "x", "abcdefghijklmnop", "abcdefghijklmnopqrs")
PIECES = ("a", "A", "b", "%61", "%2561", "+", "%2B", "%20", "/", "%2F")
# What may befall a ClickId on its way, and what leads to the 20 characters' edge.
MISHAPS = (
    str,
    str.lower,
    str.upper,
    quote,
    unquote,
    lambda value: quote(quote(value)),
    lambda value: value[:-1],
    lambda value: value[:-2],
    lambda value: value[:20],
    lambda value: value[:19],
    lambda value: value + "b",
)
# Minutes from noon: on both sides of tolerance, window and coverage, often at their very edge.
DISTANCES = st.sampled_from(
    [None, -43_201, -43_200, -43_199, -1441, -1440, -60, -6, -5, -1, 0, 1, 4, 5, 6, 60, 1440, 1441]
)
Records = list[tuple[str, int | None]]


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Records, Records]:
    """Conversions and clicks whose ids meet often: equal, twins in case or encoding, beginnings of each other."""
    pieces = st.lists(st.sampled_from(PIECES), min_size=1, max_size=5).map("".join)
    pool = draw(st.lists(st.builds(str.__add__, st.sampled_from(STEMS), pieces), min_size=2, max_size=8))
    ids = st.builds(lambda value, mishap: mishap(value), st.sampled_from(pool), st.sampled_from(MISHAPS))
    # A world costs the same whatever its size.
    records = st.tuples(ids.filter(usable), DISTANCES)
    return draw(st.lists(records, min_size=40, max_size=40)), draw(st.lists(records, min_size=1, max_size=20))


def usable(click_id: str) -> bool:
    return bool(click_id) and " " not in click_id


def at(distance: int | None) -> datetime | None:
    return None if distance is None else NOON + distance * MINUTE


def search(
    conversion: tuple[str, int | None], clicks: Records
) -> tuple[str | None, datetime | None, str | None]:
    """The reason, if any, the matched click's time and the suggestion."""
    click_id, distance = conversion
    time = at(distance)
    if click_id in {known for known, _ in clicks}:
        reason, matched = by_time(time, [at(moment) for known, moment in clicks if known == click_id])
        return reason, matched, None
    reason, suggestion = by_likeness(click_id, {known for known, _ in clicks})
    if reason is None:
        times = [moment for moment in (at(moment) for _, moment in clicks) if moment is not None]
        covered = not times or time is None or min(times) <= time <= max(times) + DAY
        reason = ORPHAN if covered else HELD
    return reason, None, suggestion


def by_time(time: datetime | None, clicks: Sequence[datetime | None]) -> tuple[str | None, datetime | None]:
    known = [moment for moment in clicks if moment is not None]
    if time is None or not known:
        return None, None
    before = [moment for moment in known if moment <= time + TOLERANCE]
    if not before:
        return BEFORE, None
    return (OUTSIDE if max(before) < time - WINDOW else None), max(before)


def by_likeness(click_id: str, known: set[str]) -> tuple[str | None, str | None]:
    for reason, key in ((CASE, str.lower), (ENCODING, loose_key)):
        alike = [other for other in known if key(other) == key(click_id)]
        if alike:
            return reason, alike[0] if len(alike) == 1 else None
    longer = [other for other in known if other.startswith(click_id)]
    return (TRUNCATED, longer[0]) if len(click_id) >= 20 and len(longer) == 1 else (None, None)


def loose_key(click_id: str) -> str:
    return unquote(unquote(unquote(click_id))).replace("+", " ").lower().strip()


@settings(max_examples=15, deadline=None, derandomize=True, phases=[Phase.generate])
@given(worlds())
def test_matching_finds_what_a_search_of_all_pairs_finds(
    judge: Callable[..., dict[str, Any]], world: tuple[Records, Records]
) -> None:
    conversions, clicks = world
    assert judged(judge, conversions, clicks) == [search(conversion, clicks) for conversion in conversions]


def judged(
    judge: Callable[..., dict[str, Any]], conversions: Records, clicks: Records
) -> list[tuple[str | None, datetime | None, str | None]]:
    rows = {
        str(n): {"click_id": click_id, "event_time": at(distance)}
        for n, (click_id, distance) in enumerate(conversions)
    }
    given_clicks = [{"click_id": click_id, "click_time": at(distance)} for click_id, distance in clicks]
    found = judge(rows, given_clicks)
    return [
        (_only(found[name].reasons), found[name].matched_click_time, found[name].suggestion) for name in rows
    ]


def _only(reasons: Sequence[str]) -> str | None:
    """The reason of section 4; a row has one at most."""
    matching = [reason for reason in reasons if reason in SECTION_4]
    assert len(matching) <= 1
    return matching[0] if matching else None


@pytest.mark.parametrize("shift", [timedelta(), timedelta(days=40)], ids=["within", "far after"])
def test_one_id_with_many_clicks_and_many_conversions_is_no_product(
    judge: Callable[..., dict[str, Any]], shift: timedelta
) -> None:
    # 200,000 clicks, one a second, and 2,000 conversions of the one id: 400 million pairs.
    first, seconds = NOON - 3 * DAY, 200_000
    clicks = [{"click_time": first + timedelta(seconds=n)} for n in range(seconds)]
    last = clicks[-1]["click_time"]
    times = [first + shift + timedelta(seconds=117 * n, milliseconds=1) for n in range(2_000)]
    found = judge({str(n): {"event_time": time} for n, time in enumerate(times)}, clicks, as_of=times[-1])
    latest = [min(last, time.replace(microsecond=0) + TOLERANCE) for time in times]
    assert [found[str(n)].matched_click_time for n in range(2_000)] == latest
    outside = [time - click > WINDOW for time, click in zip(times, latest, strict=True)]
    assert [found[str(n)].reason == OUTSIDE for n in range(2_000)] == outside
