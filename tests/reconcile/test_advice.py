from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from mmpsync.conclusions import Advice
from mmpsync.engines.duckdb import DuckDBEngine
from mmpsync.reconcile.advice import advise, shifted_sources
from mmpsync.reconcile.metrics import reason_summaries, summary, tally
from mmpsync.summaries import ClickSummary, FileSummary

NOON = datetime(2026, 3, 10, 12)  # noqa: DTZ001  UTC, as all times of the tables
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


def early(by: timedelta, mmp: str = "acme") -> dict[str, Any]:
    """A conversion that much earlier than its first click."""
    return {
        "mmp": mmp,
        "verdict": "unattributed",
        "reason": "conversion-before-click",
        "first_click": NOON + by,
    }


@pytest.fixture(scope="module")
def shifts(
    engine: DuckDBEngine, judged_table: Callable[..., Any]
) -> Callable[[list[dict[str, Any]]], list[tuple[str, int]]]:
    return lambda rows: shifted_sources(engine, judged_table(rows))


# A clock two hours behind makes a conversion that came so long after its click look that much earlier.
DELAYS = [5 * SECOND, 20 * SECOND, MINUTE, 3 * MINUTE, 9 * MINUTE, 20 * MINUTE, 45 * MINUTE, 59 * MINUTE]


@pytest.mark.parametrize("hours", [1, 2, 5, 9])
def test_rows_too_early_by_the_same_hours_point_to_a_time_zone(
    shifts: Callable[..., list[tuple[str, int]]], hours: int
) -> None:
    assert shifts([early(hours * HOUR - delay) for delay in DELAYS]) == [("acme", hours)]


def test_rows_off_by_whole_hours_and_a_few_seconds_count_as_off_by_those_hours(
    shifts: Callable[..., list[tuple[str, int]]],
) -> None:
    # Two clocks are never quite alike: some of these clicks come seconds after their conversions.
    assert shifts([early(2 * HOUR + n * SECOND) for n in (-9, -5, -2, 1, 2, 4, 6, 8)]) == [("acme", 2)]


def test_rows_too_early_by_anything_point_to_nothing(shifts: Callable[..., list[tuple[str, int]]]) -> None:
    assert shifts([early(n * HOUR - 10 * MINUTE) for n in range(1, 13)]) == []


def test_each_source_is_looked_at_by_itself(shifts: Callable[..., list[tuple[str, int]]]) -> None:
    two = [early(2 * HOUR - delay, "acme") for delay in DELAYS]
    seven = [early(7 * HOUR - delay, "apex") for delay in DELAYS]
    mixed = [early(n * HOUR - MINUTE, "other") for n in range(1, 11)]
    assert shifts([*two, *seven, *mixed]) == [("acme", 2), ("apex", 7)]


def test_a_few_others_do_not_hide_a_shift_and_a_minority_makes_none(
    shifts: Callable[..., list[tuple[str, int]]],
) -> None:
    shifted = [early(2 * HOUR - MINUTE)] * 8
    assert shifts([*shifted, early(5 * HOUR), early(9 * HOUR)]) == [("acme", 2)]
    assert shifts([*shifted, *(early(n * HOUR - MINUTE) for n in range(3, 15))]) == []


def test_only_conversions_before_their_click_count(shifts: Callable[..., list[tuple[str, int]]]) -> None:
    assert shifts([early(2 * HOUR - MINUTE) | {"reason": "orphan-click-id"}] * 9) == []


@pytest.fixture(scope="module")
def advice(
    engine: DuckDBEngine, judged_table: Callable[..., Any], table: Callable[..., Any]
) -> Callable[..., dict[str, Advice]]:
    """Every piece of advice on judged rows and files, by its code."""
    columns = {"source_file": "string", "line": "int64", "row": "int64", "error": "string", "text": "string"}

    def run(rows: Sequence[dict[str, Any]] = (), files: Sequence[FileSummary] = ()) -> dict[str, Advice]:
        judged = judged_table(rows)
        clicks = ClickSummary(records=1, earliest=NOON, latest=NOON + HOUR)
        counted = tally(engine, judged, table("given_unreadable", columns, []))
        funnel, reasons = summary(engine, judged, counted), reason_summaries(engine, judged, counted)
        found = advise(engine, judged, files, clicks, funnel, reasons)
        assert len({each.code for each in found}) == len(found)
        return {each.code: each for each in found}

    return run


def file(rows: int, unreadable: int = 0) -> FileSummary:
    path = f"{rows}+{unreadable}.csv"
    return FileSummary(
        path=path, source="acme", title="Acme", holds="conversions", format="csv", rows=rows, unreadable=unreadable
    )  # fmt: skip


def test_a_file_of_exactly_as_many_rows_as_an_export_may_have_is_suspected_to_be_cut_off(
    advice: Callable[..., dict[str, Advice]],
) -> None:
    full = [file(200_000), file(1_000_000), file(199_999, 1)]
    others = [file(1), file(199_999), file(200_001), file(999_999), file(1_000_001), file(100_000)]
    found = advice(files=[*full, *others])
    assert found["row-limit"].files == tuple(each.path for each in full)
    assert found["row-limit"].message == "The export may be cut off at the MMP's row limit"
    assert found["row-limit"].fix == "Export shorter periods."
    assert "row-limit" not in advice(files=others)


def test_a_shifted_source_is_told_which_hours_and_which_setting(
    advice: Callable[..., dict[str, Advice]],
) -> None:
    shifted = advice([early(2 * HOUR - MINUTE)] * 9)["time-zone"]
    assert shifted.message == "time zone: the files of acme look 2 hours off"
    assert "sources.acme.timezone" in shifted.fix


def test_a_file_without_rows_is_named(advice: Callable[..., dict[str, Advice]]) -> None:
    found = advice(files=[file(0), file(3), file(0, 1)])
    assert found["no-rows"].files == ("0+0.csv",)
    assert "no-click-records" not in found


def test_conversions_that_were_given_as_clicks_are_named(advice: Callable[..., dict[str, Advice]]) -> None:
    found = advice(files=[file(0).model_copy(update={"holds": "clicks"}), file(3)])
    assert found["no-click-records"].files == ("0+0.csv",)
    assert "without --clicks" in found["no-click-records"].fix
    assert "no-rows" not in found


def test_held_rows_ask_for_the_click_records_of_their_days(advice: Callable[..., dict[str, Advice]]) -> None:
    held = {"verdict": "held", "reason": "click-export-incomplete"}
    found = advice([held, held])["clicks-older-than-conversions"]
    assert found.message.startswith("2 conversions")
    assert "2026-03-10 12:00 to 2026-03-10 13:00 UTC" in found.message
    assert "mmpsync fetch clicks" in found.fix


def test_where_nothing_is_wrong_nothing_is_said(advice: Callable[..., dict[str, Advice]]) -> None:
    assert advice([{}], [file(1)]) == {}


# -- Rows of which none counts

OUT: dict[str, Any] = {"verdict": "excluded", "in_scope": False}
OF_OTHERS = OUT | {"reason": "other-source", "attribution": "other"}


def of_file(path: str, rows: int, source: str = "acme") -> FileSummary:
    return file(rows).model_copy(update={"path": path, "source": source})


def test_rows_of_other_sources_alone_name_the_most_frequent_and_the_setting(
    advice: Callable[..., dict[str, Advice]],
) -> None:
    sources = ["facebook"] * 3 + ["impact_new"] * 2 + ["ads"] + [f"rare {n}" for n in range(9)]
    rows = [OF_OTHERS | {"media_source": name} for name in sources]
    organic = OUT | {"reason": "organic", "attribution": "organic", "media_source": None}
    found = advice([*rows, organic])["nothing-in-scope"]
    assert found.message == (
        "16 rows were read and none is in scope, so nothing was judged."
        " Credited to another source: 15; Organic, no partner involved: 1"
    )
    assert '"facebook" (3), "impact_new" (2), "ads" (1)' in found.fix
    assert "sources.acme.media_sources" in found.fix
    assert "rare 8" not in found.fix


@pytest.mark.parametrize("source", ["adjust", "appsflyer"])
def test_tracker_tokens_are_spoken_of_where_a_source_has_any(
    advice: Callable[..., dict[str, Advice]], source: str
) -> None:
    found = advice([OF_OTHERS | {"mmp": source, "media_source": "facebook"}])["nothing-in-scope"]
    assert f"sources.{source}.media_sources" in found.fix
    assert (f"sources.{source}.trackers" in found.fix) == (source == "adjust")


def test_events_that_are_not_configured_alone_name_those_of_impact_first(
    advice: Callable[..., dict[str, Advice]],
) -> None:
    unmapped = OUT | {"reason": "unmapped-event", "attribution": "impact"}
    others = OUT | {"reason": "unmapped-event", "attribution": "organic", "event_name": "open"}
    nameless = unmapped | {"event_name": None}
    found = advice([others, others, nameless, unmapped | {"event_name": "Purchase"}])["nothing-in-scope"]
    assert '"Purchase" (1), "open" (2)' in found.fix
    assert "names of an event" in found.fix


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("test-row", "mmpsync check"),
        ("organic", "sources.acme.fields.media_source"),
        ("restricted-source", "mmpsync explain restricted-source"),
        ("rejected-by-mmp", "mmpsync explain rejected-by-mmp"),
    ],
)
def test_what_else_may_leave_nothing_in_scope(
    advice: Callable[..., dict[str, Advice]], reason: str, words: str
) -> None:
    found = advice([OUT | {"reason": reason, "attribution": "unknown"}])["nothing-in-scope"]
    assert found.message.startswith("1 row was read and it is not in scope")
    assert words in found.fix


@pytest.mark.parametrize("other", [{}, OUT | {"reason": "already-credited"}])
def test_one_row_in_scope_or_credited_already_is_enough(
    advice: Callable[..., dict[str, Advice]], other: dict[str, Any]
) -> None:
    assert advice([OF_OTHERS, other]) == {}


def test_a_source_without_a_conversion_is_told_with_its_files(
    advice: Callable[..., dict[str, Advice]],
) -> None:
    nothing = OUT | {"reason": "not-a-conversion", "kind": "other", "event_name": None}
    rows = [
        *({"source_file": "good.csv"}, nothing | {"source_file": "good.csv"}),
        *(nothing | {"source_file": "bad.csv", "mmp": "apex"} for _ in range(2)),
    ]
    files = [of_file("good.csv", 2), of_file("bad.csv", 2, "apex"), of_file("none.csv", 0, "nil")]
    found = advice(rows, files)
    assert set(found) == {"no-rows", "no-conversions"}
    assert found["no-conversions"].files == ("bad.csv",)
    assert "sources.apex.fields.event_name" in found["no-conversions"].fix


def test_rows_without_any_conversion_are_told_once(advice: Callable[..., dict[str, Advice]]) -> None:
    nothing = OUT | {"reason": "not-a-conversion", "kind": "other", "source_file": "a.csv"}
    assert set(advice([nothing], [of_file("a.csv", 1)])) == {"no-conversions"}
