import random
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import ibis.expr.types as ir
import pytest

from mmpsync.engines.duckdb import DuckDBEngine
from mmpsync.reasons import VERDICTS
from mmpsync.reconcile.groups import MOST_DAYS, MOST_GROUPS, OTHERS, groups
from mmpsync.summaries import Group

NOON = datetime(2026, 3, 10, 12)  # noqa: DTZ001  UTC, as all times of the tables
DIMENSIONS = {
    "app": "app_id",
    "platform": "platform",
    "event": "event",
    "partner": "partner",
    "campaign": "campaign",
    "publisher": "publisher",
}

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def grouped(
    engine: DuckDBEngine, judged_table: Callable[[Rows], ir.Table]
) -> Callable[[Rows], dict[tuple[str, str | None], Group]]:
    def run(rows: Rows) -> dict[tuple[str, str | None], Group]:
        found = groups(engine, judged_table(rows))()
        assert len({(group.dimension, group.name) for group in found}) == len(found)
        return {(group.dimension, group.name): group for group in found}

    return run


def some_rows(count: int) -> Rows:
    rng = random.Random(4)
    times = [None, *(NOON + timedelta(hours=hours) for hours in range(-40, 40))]
    rows: Rows = [
        {
            "verdict": rng.choice(VERDICTS[:-1]),
            "app_id": rng.choice(["app.a", "app.b"]),
            "platform": rng.choice(["ios", "android", None]),
            "event": rng.choice(["sale", "signup", "lead"]),
            "partner": rng.choice([None, "Shop", "shop", ""]),
            "campaign": f"c{rng.randrange(20)}",
            "publisher": rng.choice(["p1", "p2"]),
            "event_time": rng.choice(times),
            "amount": rng.choice([None, Decimal("12.5"), Decimal(3)]),
            "currency": rng.choice([None, "EUR", "USD"]),
            "kind": rng.choice(["event", "install"]),
        }
        for _ in range(count)
    ]
    clicked = [row for row in rows if row["event_time"] and rng.random() < 0.5]
    for row in clicked:
        row["matched_click_time"] = row["event_time"] - timedelta(minutes=rng.randrange(9_999))
    return rows


def test_every_dimension_counts_the_rows_in_scope_once(
    grouped: Callable[[Rows], dict[tuple[str, str | None], Group]],
) -> None:
    rows = some_rows(400)
    in_scope = [row for row in rows if row["verdict"] != "excluded"]
    members: dict[tuple[str, str | None], Rows] = defaultdict(list)
    for row in in_scope:
        for dimension, column in DIMENSIONS.items():
            members[dimension, row[column]].append(row)
        members["day", row["event_time"] and f"{row['event_time']:%Y-%m-%d}"].append(row)
    found = grouped(rows)
    assert set(found) == set(members)
    for key, group in found.items():
        verdicts = Counter(row["verdict"] for row in members[key])
        assert (group.rows, group.verdicts) == (len(members[key]), verdicts)
        rated = verdicts["clean"] + verdicts["unattributed"] + verdicts["incomplete"]
        assert group.match_rate == (pytest.approx(verdicts["clean"] / rated, abs=1e-6) if rated else None)
        at_risk: dict[str | None, Decimal] = defaultdict(Decimal)
        for row in members[key]:
            if row["verdict"] in ("unattributed", "incomplete") and row["amount"] is not None:
                at_risk[row["currency"]] += row["amount"]
        assert {money.currency: money.amount for money in group.at_risk} == at_risk
        installs = [row for row in members[key] if row["kind"] == "install" and "matched_click_time" in row]
        assert (group.ctit.installs if group.ctit else 0) == len(installs)


def test_the_largest_come_first(grouped: Callable[[Rows], dict[tuple[str, str | None], Group]]) -> None:
    sizes: dict[str, list[int]] = defaultdict(list)
    for (dimension, _), group in grouped(some_rows(400)).items():
        sizes[dimension].append(group.rows)
    assert [*sizes] == [*DIMENSIONS, "day"]
    assert all(found == sorted(found, reverse=True) for found in sizes.values())


def campaigns(sizes: list[int]) -> Rows:
    return [
        {"campaign": f"c{n}", "amount": Decimal(n), "currency": "EUR", "verdict": "unattributed"}
        for n, size in enumerate(sizes)
        for _ in range(size)
    ]


@pytest.mark.parametrize(("values", "folded"), [(49, 0), (50, 0), (51, 1), (80, 30)])
def test_a_dimension_of_more_than_50_values_keeps_the_largest_and_folds_the_rest(
    grouped: Callable[[Rows], dict[tuple[str, str | None], Group]], values: int, folded: int
) -> None:
    assert MOST_GROUPS == 50
    rows = campaigns([1 + n % 7 for n in range(values)])
    found = {name: group for (dimension, name), group in grouped(rows).items() if dimension == "campaign"}
    others = found.pop(OTHERS, None)
    assert len(found) == values - folded
    assert sum(group.rows for group in [*found.values(), *([others] if others else [])]) == len(rows)
    assert (others is not None) == bool(folded)
    if others is not None:
        left = [row for row in rows if row["campaign"] not in found]
        assert others.rows == len(left)
        assert others.verdicts == {"unattributed": len(left)}
        assert [money.amount for money in others.at_risk] == [sum(row["amount"] for row in left)]
        largest_left = max(Counter(row["campaign"] for row in left).values())
        assert largest_left <= min(group.rows for group in found.values())


@pytest.mark.parametrize(("days", "folded"), [(88, 0), (400, 0), (401, 1)])
def test_quiet_days_are_days_of_their_own(
    grouped: Callable[[Rows], dict[tuple[str, str | None], Group]], days: int, folded: int
) -> None:
    assert MOST_DAYS == 400
    at_once = {"kind": "install", "verdict": "clean"}
    times = [NOON - timedelta(days=n) for n in range(days)]
    rows = [at_once | {"event_time": time, "matched_click_time": time} for time in times] * 2
    found = {name: group for (dimension, name), group in grouped(rows[1:]).items() if dimension == "day"}
    assert (OTHERS in found) == bool(folded)
    named = {f"{time:%Y-%m-%d}" for time in times}
    assert len(named & set(found)) == days - folded
    assert all(group.ctit is not None for name, group in found.items() if name in named)


def test_what_is_folded_does_not_depend_on_the_order_of_the_rows(
    grouped: Callable[[Rows], dict[tuple[str, str | None], Group]],
) -> None:
    rows = campaigns([1 + n % 3 for n in range(60)])
    assert grouped(rows) == grouped(rows[::-1])


def test_a_group_of_fewer_than_50_installs_gets_no_label(
    grouped: Callable[[Rows], dict[tuple[str, str | None], Group]],
) -> None:
    at_once = {"kind": "install", "matched_click_time": NOON - timedelta(seconds=1)}
    rows = [at_once | {"publisher": "few"}] * 49 + [at_once | {"publisher": "many"}] * 50
    found = grouped(rows)
    few, many = found["publisher", "few"].ctit, found["publisher", "many"].ctit
    assert few is not None
    assert many is not None
    assert (few.installs, few.label) == (49, None)
    assert (many.installs, many.label) == (50, "consistent with click injection (glut under 10 s)")


def test_no_rows_are_no_groups(grouped: Callable[[Rows], dict[tuple[str, str | None], Group]]) -> None:
    assert grouped([]) == {}
