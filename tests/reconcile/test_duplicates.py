from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

NOON = datetime(2026, 3, 10, 12)  # noqa: DTZ001  UTC, as all times of the tables
LATER = NOON + timedelta(hours=1)
NEVER = NOON + timedelta(days=9)
ROW, ORDER, CONFLICT = "duplicate-row", "duplicate-order", "conflicting-order"

EVENTS = {
    "events": {
        "sale": {"names": ["purchase"], "code": "SALE"},
        "resale": {"names": ["repurchase"], "code": "SALE"},
        "lead": {"names": ["lead_a", "lead_b"]},
        "trial": {"names": ["trial"]},
    }
}
# Two rows that are one: what the export says twice, without and with event ids.
SAME = {"mmp_device_id": "d", "order_id": "o", "amount": Decimal(10), "currency": "EUR"}


def at(file: str, row: int) -> dict[str, Any]:
    return {"source_file": file, "source_row": row}


def order(number: str, **differences: Any) -> dict[str, Any]:
    return {"order_id": number, "amount": Decimal(10), "currency": "EUR", **differences}


# Each case: rows with what they have of the three reasons. Cases share no ids.
CASES: dict[str, list[tuple[dict[str, Any], str | None]]] = {
    "no event ids, equal": [(SAME, None), (SAME, ROW), (SAME, ROW)],
    "equal in different files": [
        ({**SAME, "order_id": "o2", **at("b.csv", 1)}, ROW),
        ({**SAME, "order_id": "o2", **at("a.csv", 10)}, ROW),
        ({**SAME, "order_id": "o2", **at("a.csv", 9)}, None),
    ],
    "null is not empty": [
        ({**SAME, "order_id": None, "customer_id": None}, None),
        ({**SAME, "order_id": None, "customer_id": ""}, None),
    ],
    "neighbours do not run together": [
        ({**SAME, "order_id": None, "promo_code": "a", "sku": "b"}, None),
        ({**SAME, "order_id": None, "promo_code": "ab", "sku": ""}, None),
    ],
    "one event id, nothing else equal": [
        ({"event_id": "e1", "click_id": "CLICK"}, None),
        ({"event_id": "e1", "click_id": "x", "event_name": "trial", "event_time": LATER}, ROW),
    ],
    "an event id of another mmp": [({"event_id": "e2", "mmp": "a"}, None), ({"event_id": "e2", "mmp": "b"}, None)],
    "event ids that differ only in case": [({"event_id": "e3"}, None), ({"event_id": "E3"}, None)],
    "equal but for the event id": [
        ({**SAME, "order_id": None, "event_id": "e4"}, None),
        ({**SAME, "order_id": None, "event_id": "e5"}, None),
        ({**SAME, "order_id": None, "currency": "USD"}, None),
    ],
    "an excluded row repeats nothing": [
        ({"event_id": "e6", "attribution": "test"}, None),
        ({"event_id": "e6"}, None),
        ({"event_id": "e6", "attribution": "test"}, None),
    ],
    "an excluded row has no order": [
        (order("o6", attribution="test"), None),
        (order("o6"), None),
        (order("o6", attribution="rejected", amount=Decimal(99)), None),
    ],
    "the earliest of an order stays": [
        (order("o7", event_time=LATER), ORDER),
        (order("o7"), None),
        (order("o7", event_time=LATER + timedelta(days=1)), ORDER),
    ],
    "an order without a time is no earliest": [
        (order("o8", event_time=None, event_time_raw="?"), ORDER),
        (order("o8"), None),
    ],
    "another click id": [(order("o9"), CONFLICT), (order("o9", click_id="x"), CONFLICT)],
    "another amount": [(order("o10"), CONFLICT), (order("o10", amount=Decimal("10.01")), CONFLICT)],
    "another currency": [(order("o11"), CONFLICT), (order("o11", currency="USD"), CONFLICT)],
    "no currency": [(order("o12"), CONFLICT), (order("o12", currency=None), CONFLICT)],
    "no click id": [(order("o13"), CONFLICT), (order("o13", click_id=None), CONFLICT)],
    "two agree, one does not": [
        (order("o14"), CONFLICT),
        (order("o14", event_time=LATER), CONFLICT),
        (order("o14", amount=Decimal(9)), CONFLICT),
    ],
    "amounts equal as numbers": [
        (order("o15", amount_raw="10"), None),
        (order("o15", amount_raw="10.00", event_time=LATER), ORDER),
    ],
    "amounts that do not parse": [
        (order("o16", amount=None, amount_raw="10,00"), CONFLICT),
        (order("o16", amount=None, amount_raw="11,00"), CONFLICT),
    ],
    "another event": [(order("o17"), None), (order("o17", event_name="lead_a", amount=Decimal(1)), None)],
    "another event of the same code": [
        (order("o18"), None),
        (order("o18", event_name="repurchase", event_time=LATER), ORDER),
    ],
    "another name of the same event": [
        (order("o19", event_name="lead_a"), None),
        (order("o19", event_name="lead_b", event_time=LATER), ORDER),
    ],
    "another mmp": [(order("o20"), None), (order("o20", mmp="b", event_time=LATER), ORDER)],
    "no order id": [({"order_id": None}, None), ({"order_id": None}, None)],
    "a duplicate row is no duplicate order": [
        (order("o21", event_id="e7"), None),
        (order("o21", event_id="e7"), ROW),
    ],
    "a duplicate row makes no conflict": [
        (order("o22", event_id="e8"), None),
        (order("o22", event_id="e8", amount=Decimal(1)), ROW),
    ],
    "a duplicate row takes nothing from the order": [
        (order("o23", event_id="e9", event_time=LATER), ORDER),
        (order("o23", event_id="e9"), ROW),
        (order("o23", event_id="e10"), None),
    ],
}  # fmt: skip
NAMES = [f"{case} {n}" for case, rows in CASES.items() for n in range(len(rows))]


def of_section_5(reasons: Sequence[str]) -> str | None:
    """The reason of section 5, if any; a row has one at most."""
    found = [reason for reason in reasons if reason in (ROW, ORDER, CONFLICT)]
    assert len(found) <= 1
    return found[0] if found else None


@pytest.fixture(scope="module")
def judged(judge: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    rows = {f"{case} {n}": row for case, rows in CASES.items() for n, (row, _) in enumerate(rows)}
    return judge(rows, config=EVENTS)


@pytest.mark.parametrize("name", NAMES)
def test_rows_and_orders_seen_twice(judged: dict[str, Any], name: str) -> None:
    case, _, n = name.rpartition(" ")
    assert of_section_5(judged[name].reasons) == CASES[case][int(n)][1]


def test_without_configured_events_orders_are_told_apart_by_event_name(
    judge: Callable[..., dict[str, Any]],
) -> None:
    rows = {
        "purchase": order("o", event_name="purchase"),
        "again": order("o", event_name="purchase", event_time=LATER),
        "repurchase": order("o", event_name="repurchase"),
    }
    assert {name: row.reason for name, row in judge(rows).items()} == {
        "purchase": "matched",
        "again": ORDER,
        "repurchase": "matched",
    }


def test_of_two_at_the_same_time_the_same_one_stays_wherever_they_stand(
    judge: Callable[..., dict[str, Any]],
) -> None:
    pairs = {
        "customer": ({"customer_id": "a"}, {"customer_id": "b"}),
        "event id": ({"event_id": "a"}, {"event_id": "b"}),
        "raw amount": ({"amount_raw": "10"}, {"amount_raw": "10.00"}),
        "no time": ({"event_time": None, "sku": "a"}, {"event_time": None, "sku": "b"}),
    }
    rows = {
        f"{name} {n}": {"mmp_device_id": None} | order(name, **difference)
        for name, pair in pairs.items()
        for n, difference in enumerate(pair)
    }
    forward = {name: row.reasons for name, row in judge(rows).items()}
    assert sum(ORDER in reasons for reasons in forward.values()) == len(pairs)
    backward = {name: row.reasons for name, row in judge(dict(reversed(rows.items()))).items()}
    assert backward == forward


FIELDS: Mapping[str, Sequence[Any]] = {
    "mmp": ["a", "b"],
    "event_id": [None, None, "e1", "e2"],
    "event_name": ["purchase", "repurchase", "lead_a", "lead_b", "trial"],
    "order_id": [None, "o1", "o1", "o2"],
    "click_id": ["CLICK", "CLICK", "x", None],
    "amount": [Decimal(1), Decimal(1), Decimal(2), None],
    "currency": ["EUR", "EUR", "USD", None],
    "event_time": [NOON, LATER, None],
    "customer_id": [None, ""],
    "attribution": ["impact", "impact", "impact", "test"],
}
# Rows alike in most fields, so that they often repeat each other, their orders, or parts of them.
BASES = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in FIELDS.items()})
CHANGES = st.one_of(
    st.just({}), *(st.fixed_dictionaries({name: st.sampled_from(values)}) for name, values in FIELDS.items())
)


def worlds(size: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(BASES, min_size=2, max_size=4).flatmap(
        lambda bases: st.lists(
            st.builds(lambda base, change: base | change, st.sampled_from(bases), CHANGES),
            min_size=size,
            max_size=size,
        )
    )


@settings(max_examples=8, deadline=None, derandomize=True, phases=[Phase.generate])
@given(worlds(30))
def test_duplicates_are_what_a_plain_reading_of_the_rules_finds(
    judge: Callable[..., dict[str, Any]], rows: list[dict[str, Any]]
) -> None:
    rows = [row | {"mmp_device_id": None} for row in rows]
    judged = judge({str(n): row for n, row in enumerate(rows)}, config=EVENTS)
    found = [of_section_5(judged[str(n)].reasons) for n in range(len(rows))]
    repeated = repeated_rows(rows)
    assert [n for n, reason in enumerate(found) if reason == ROW] == repeated
    orders: dict[Any, list[int]] = defaultdict(list)
    for n, row in enumerate(rows):
        if row["attribution"] == "impact" and row["order_id"] and n not in repeated:
            orders[order_event(row), row["order_id"]].append(n)
    for members in orders.values():
        reasons = [found[n] for n in members]
        if len({(rows[n]["click_id"], rows[n]["amount"], rows[n]["currency"]) for n in members}) > 1:
            assert set(reasons) == {CONFLICT}
        else:
            assert sorted(map(str, reasons)) == sorted(["None", *[ORDER] * (len(members) - 1)])
            times = [rows[n]["event_time"] or NEVER for n in members]
            assert times[reasons.index(None)] == min(times)
    in_orders = {n for members in orders.values() for n in members} | set(repeated)
    assert not any(found[n] for n in set(range(len(rows))) - in_orders)


def repeated_rows(rows: list[dict[str, Any]]) -> list[int]:
    seen: set[Any] = set()
    repeated = []
    for n, row in enumerate(rows):
        if row["attribution"] == "impact":
            key = (row["mmp"], row["event_id"]) if row["event_id"] else tuple(row.items())
            if key in seen:
                repeated.append(n)
            seen.add(key)
    return repeated


def order_event(row: dict[str, Any]) -> str:
    return {"purchase": "SALE", "repurchase": "SALE", "lead_a": "lead", "lead_b": "lead"}.get(
        row["event_name"], row["event_name"]
    )


@settings(max_examples=4, deadline=None, derandomize=True, phases=[Phase.generate])
@given(worlds(30), st.randoms(use_true_random=False))
def test_what_becomes_of_a_row_does_not_depend_on_where_it_stands(
    judge: Callable[..., dict[str, Any]], rows: list[dict[str, Any]], random: Any
) -> None:
    # An event id stands for one event: rows that share one without being equal are left to the first of them.
    rows = [row | {"mmp_device_id": None, "event_id": None} for row in rows]
    elsewhere = [row | at(f"{random.choice('abc')}.csv", n) for n, row in enumerate(rows)]
    random.shuffle(elsewhere)
    assert by_content(judge, rows) == by_content(judge, elsewhere)


def by_content(judge: Callable[..., dict[str, Any]], rows: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    judged = judge({str(n): row for n, row in enumerate(rows)}, config=EVENTS)
    content = [repr([row[name] for name in FIELDS]) for row in rows]
    return sorted((content[int(n)], verdict.reasons) for n, verdict in judged.items())
