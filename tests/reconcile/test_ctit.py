import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import ibis.expr.types as ir
import pytest

from mmpsync.engines.duckdb import DuckDBEngine
from mmpsync.reconcile.ctit import SPANS, total_ctit
from mmpsync.summaries import Ctit

NOON = datetime(2026, 3, 10, 12)  # noqa: DTZ001  UTC, as all times of the tables
MINUTE, HOUR, DAY = 60, 3_600, 86_400
INJECTION = "consistent with click injection (glut under 10 s)"
FLOODING = "consistent with click flooding (flat over hours)"


@pytest.fixture(scope="module")
def ctit(
    engine: DuckDBEngine, judged_table: Callable[[Sequence[dict[str, Any]]], ir.Table]
) -> Callable[..., Ctit]:
    """The click-to-install times of installs so many seconds after their clicks, and of other rows."""

    def run(seconds: Sequence[float], others: Sequence[dict[str, Any]] = ()) -> Ctit:
        rows = [
            {"kind": "install", "matched_click_time": NOON - timedelta(seconds=after)} for after in seconds
        ]
        return total_ctit(engine, judged_table([*rows, *others]))

    return run


@pytest.mark.parametrize(
    ("seconds", "span"),
    [
        (0, "0–10 s"),
        (9.999999, "0–10 s"),
        (10, "10–60 s"),
        (59.999999, "10–60 s"),
        (MINUTE, "1–10 min"),
        (10 * MINUTE - 1, "1–10 min"),
        (10 * MINUTE, "10–60 min"),
        (HOUR - 1, "10–60 min"),
        (HOUR, "1–6 h"),
        (6 * HOUR - 1, "1–6 h"),
        (6 * HOUR, "6–24 h"),
        (DAY - 1, "6–24 h"),
        (DAY, "1–7 d"),
        (7 * DAY - 1, "1–7 d"),
        (7 * DAY, "7–30 d"),
        (30 * DAY - 1, "7–30 d"),
        (30 * DAY, "> 30 d"),
        (90 * DAY, "> 30 d"),
        # A click recorded after its install, by clocks that differ, came at once.
        (-3, "0–10 s"),
    ],
)
def test_an_install_falls_into_one_span(ctit: Callable[..., Ctit], seconds: float, span: str) -> None:
    found = ctit([seconds])
    assert found.histogram == dict.fromkeys(SPANS.values(), 0) | {span: 1}
    assert found.percentiles["p50"] == pytest.approx(seconds, abs=1e-5)


def test_the_spans_are_those_a_reader_expects() -> None:
    assert list(SPANS.values()) == [
        "0–10 s", "10–60 s", "1–10 min", "10–60 min", "1–6 h", "6–24 h", "1–7 d", "7–30 d", "> 30 d",
    ]  # fmt: skip


def test_percentiles_are_those_of_all_installs(ctit: Callable[..., Ctit]) -> None:
    # Of 101 values each percentile is a value itself, whichever way of interpolating one prefers.
    seconds = [n * n for n in range(101)]
    random.Random(2).shuffle(seconds)
    found = ctit(seconds)
    assert found.installs == 101
    assert found.percentiles == pytest.approx({"p1": 1, "p5": 25, "p50": 2500, "p95": 9025, "p99": 9801})


def test_only_installs_in_scope_with_a_matched_click_count(ctit: Callable[..., Ctit]) -> None:
    click = {"matched_click_time": NOON - timedelta(seconds=1)}
    others = [
        {"kind": "event", **click},
        {"kind": "install", "verdict": "excluded", **click},
        {"kind": "install"},
    ]
    found = ctit([100, 100], others)
    assert found.installs == 2
    assert found.histogram["1–10 min"] == sum(found.histogram.values()) == 2


def test_without_installs_there_is_nothing_to_tell(ctit: Callable[..., Ctit]) -> None:
    assert ctit([]) == Ctit(installs=0)


def even(first: int, last: int, count: int) -> list[float]:
    return [first + (last - first) * n / count for n in range(count)]


@pytest.mark.parametrize(
    ("seconds", "label"),
    [
        ([1] * 49, None),
        ([1] * 50, INJECTION),
        ([2] * 30 + even(MINUTE, HOUR, 70), INJECTION),
        (even(HOUR, DAY, 49), None),
        (even(HOUR, DAY, 100), FLOODING),
        (even(MINUTE, 2 * HOUR, 100), None),
        (even(30, 20 * MINUTE, 100), None),
    ],
    ids=["few at once", "all at once", "a glut", "few over hours", "flat over hours", "ordinary", "quick"],
)
def test_a_shape_that_no_ordinary_campaign_has_is_named(
    ctit: Callable[..., Ctit], seconds: list[float], label: str | None
) -> None:
    assert ctit(seconds).label == label


def test_no_label_accuses_anybody() -> None:
    assert not any("fraud" in label for label in (INJECTION, FLOODING))
