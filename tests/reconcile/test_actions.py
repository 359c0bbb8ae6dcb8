"""What is credited or reversed at impact.com already, and which actions no row of the exports explains."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any, NamedTuple

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from mmpsync.engines.duckdb import DuckDBEngine
from mmpsync.reasons import BY_CODE, CATALOGUE
from mmpsync.reconcile.action_summary import summarise
from mmpsync.reconcile.actions import ACTION_COLUMNS
from mmpsync.reconcile.metrics import reason_summaries, summary, tally
from mmpsync.reconcile.verdicts import JUDGED
from mmpsync.summaries import Money

NOON = datetime(2026, 3, 10, 12)  # noqa: DTZ001  UTC, as all times of the tables
HOUR = timedelta(hours=1)
Judge = Callable[..., dict[str, Any]]
Rows = Callable[..., list[dict[str, Any]]]
Row = Mapping[str, Any]

CREDITED = ("excluded", "already-credited")
REVERSED = ("excluded", "reversed-at-impact")
OPEN = ("clean", "matched")
LACKING = ("incomplete", "missing-parameter")
INSTALL = {"kind": "install", "event_name": "install", "order_id": None, "mmp_device_id": "device"}
CONFIG = {
    "events": {
        "sale": {"names": ["purchase", "Order Completed"], "code": "SALE"},
        "again": {"names": ["refill"], "code": "sale"},
        # The MMP's name of this event is impact.com's code of another.
        "checkout": {"names": ["sale"], "code": "CHECKOUT"},
        "signup": {"names": ["registration", "lead"]},
        "start": {"names": ["install"], "code": "Install"},
    },
    "apps": {"com.acme.shop": {"tracker_id": 4001}, "id99": {"tracker_id": 4002}, "web": {}},
}


def purchase(**differences: Any) -> dict[str, Any]:
    return {"order_id": "order-1", **differences}


def of(**differences: Any) -> dict[str, Any]:
    """A pending action of order-1."""
    return differences


def told(judge: Judge, row: Row, *actions: Row, **options: Any) -> Any:
    return judge({"row": row}, credited=actions, **options)["row"]


class Case(NamedTuple):
    """Rows and actions of one order, and what becomes of each of the rows."""

    rows: Sequence[Row]
    actions: Sequence[Row]
    expected: Sequence[tuple[str, str]]


def case(row: Row, *actions: Row, becomes: tuple[str, str]) -> Case:
    return Case([row], actions, [becomes])


# The states of an order's actions → what becomes of its conversion.
STATES: Mapping[tuple[str | None, ...], tuple[str, str]] = {
    ("pending",): CREDITED,
    ("approved",): CREDITED,
    (None,): CREDITED,
    ("reversed",): REVERSED,
    ("reversed", "reversed"): REVERSED,
    # A system-reattributed pair is one action: the one that is not reversed decides.
    ("reversed", "pending"): CREDITED,
    ("pending", "reversed"): CREDITED,
    ("reversed", "approved", "reversed"): CREDITED,
}
# Events of a row and of its action, as configured → whether they are the same.
EVENTS: Mapping[tuple[str, str | None], bool] = {
    ("purchase", "SALE"): True,
    ("purchase", "sale"): True,
    ("lead", "SignUp"): True,
    ("Order Completed", "PURCHASE"): True,
    ("purchase", "order completed"): True,
    ("purchase", "signup"): False,
    ("purchase", "Registration"): False,
    ("lead", "SALE"): False,
    ("sale", "SALE"): False,
    ("sale", "checkout"): True,
    # Words that nobody knows, and none: the order alone decides.
    ("purchase", "Acme Android"): True,
    ("purchase", None): True,
}
# The row's app and the action's tracker, as configured → whether they are the same.
APPS: Mapping[tuple[str | None, str | None], bool] = {
    ("com.acme.shop", "4001"): True,
    ("com.acme.shop", "4002"): False,
    ("id99", "4002"): True,
    ("com.acme.shop", "7777"): True,
    ("com.acme.shop", None): True,
    ("web", "4001"): True,
    (None, "4001"): True,
}
PLAIN: dict[str, Case] = {
    **{
        f"states {states}": case({}, *({"state": state} for state in states), becomes=expected)
        for states, expected in STATES.items()
    },
    "no action": case({}, becomes=OPEN),
    "an action of an order in other letters": case({"order_id": "o-1"}, {"order_id": "O-1"}, becomes=OPEN),
    "an action of an order that begins alike": case({"order_id": "o-22"}, {"order_id": "o-2"}, becomes=OPEN),
    "an action without an order": case({}, {"order_id": None}, becomes=OPEN),
    "no order id on either side": case({"order_id": None}, {"order_id": None}, becomes=LACKING),
    "two events, one of them the action's": Case(
        [{"event_name": "Purchase"}, {"event_name": "lead"}], [{"event_name": "purchase"}], [CREDITED, OPEN]
    ),
    "two events, neither the action's": Case(
        [{"event_name": "Purchase"}, {"event_name": "lead"}], [{"event_name": "SALE"}], [CREDITED, CREDITED]
    ),
    "two events, an action each": Case(
        [{"event_name": "purchase"}, {"event_name": "lead"}],
        [{"event_name": "purchase", "state": "reversed"}, {"event_name": "lead"}],
        [REVERSED, CREDITED],
    ),
    "an event without a name": case({"event_name": None}, {"event_name": "EVENT"}, becomes=CREDITED),
}
CONFIGURED: dict[str, Case] = {
    **{
        f"event {name}, action {word}": case(
            {"event_name": name}, {"event_name": word}, becomes=CREDITED if is_same else OPEN
        )
        for (name, word), is_same in EVENTS.items()
    },
    **{
        f"app {app}, tracker {tracker}": case(
            {"app_id": app},
            {"tracker_id": tracker, "event_name": "SALE"},
            becomes=CREDITED if is_same else OPEN,
        )
        for (app, tracker), is_same in APPS.items()
    },
    "an event whose code another event has, too": case(
        {"event_name": "refill"}, {"event_name": "Sale"}, becomes=CREDITED
    ),
}


@pytest.fixture(scope="module")
def became(judge: Judge) -> dict[str, list[tuple[str, str]]]:
    """What became of the rows of each case; all of PLAIN are judged together, and all of CONFIGURED."""
    found: dict[str, list[tuple[str, str]]] = {}
    no_config: dict[str, Any] = {}
    for cases, config in ((PLAIN, no_config), (CONFIGURED, CONFIG)):
        rows = {
            f"{name}#{n}": {"order_id": name, **row}
            for name, each in cases.items()
            for n, row in enumerate(each.rows)
        }
        actions = [{"order_id": name, **action} for name, each in cases.items() for action in each.actions]
        for name, judged in judge(rows, credited=actions, config=config).items():
            found.setdefault(name.partition("#")[0], []).append(judged[:2])
    return found


@pytest.mark.parametrize("name", [*PLAIN, *CONFIGURED])
def test_a_conversion_with_an_action_of_its_order_event_and_app_is_credited_or_reversed(
    became: dict[str, list[tuple[str, str]]], name: str
) -> None:
    assert became[name] == list((PLAIN | CONFIGURED)[name].expected)


def test_an_install_is_known_by_the_order_id_that_is_made_for_it(judge: Judge, judged_rows: Rows) -> None:
    (row,) = judged_rows([INSTALL])
    rows = {"same": INSTALL, "other": INSTALL | {"mmp_device_id": "other"}}
    found = judge(rows, credited=[of(order_id=row["order_id"], event_name="INSTALL")])
    assert (found["same"][:2], found["other"][:2]) == (CREDITED, OPEN)


# Amount and currency of the row, and of its actions → what differs.
AMOUNTS: dict[str, tuple[tuple[str | None, str | None], list[tuple[str | None, str | None]], tuple[str, ...]]] = {
    "equal": (("12.50", "EUR"), [("12.50", "EUR")], ()),
    "equal but for noughts": (("12.5", "EUR"), [("12.500000", "EUR")], ()),
    "a millionth": (("12.50", "EUR"), [("12.500001", "EUR")], ("amount",)),
    "nothing paid": (("12.50", "EUR"), [("0", "EUR")], ("amount",)),
    "another currency": (("12.50", "EUR"), [("12.50", "USD")], ("currency",)),
    "another currency and so amount": (("12.50", "EUR"), [("13.71", "USD")], ("currency",)),
    "the row names no currency": (("12.50", None), [("12.50", "USD")], ()),
    "neither does the action": (("12.50", None), [("12.51", None)], ("amount",)),
    "the action names no currency": (("12.50", "EUR"), [("12.51", None)], ("amount",)),
    "the row has no amount": ((None, "EUR"), [("12.50", "USD")], ()),
    "the action has none": (("12.50", "EUR"), [(None, "USD")], ()),
    "one of two differs": (("12.50", "EUR"), [("12.50", "EUR"), ("9", "EUR")], ("amount",)),
    "both agree": (("12.50", "EUR"), [("12.50", "EUR"), ("12.50", "EUR")], ()),
}  # fmt: skip


@pytest.fixture(scope="module")
def remarks(judge: Judge) -> dict[str, list[str]]:
    def terms(order: str, amount: str | None, currency: str | None) -> dict[str, Any]:
        return {"order_id": order, "amount": amount and Decimal(amount), "currency": currency}

    rows = {name: terms(name, *row) for name, (row, _, _) in AMOUNTS.items()}
    actions = [terms(name, *action) for name, (_, actions, _) in AMOUNTS.items() for action in actions]
    found = judge(rows, credited=actions)
    assert {row[:2] for row in found.values()} == {CREDITED}
    return {name: [r for r in row.reasons if r.startswith("amount-differs")] for name, row in found.items()}


@pytest.mark.parametrize("name", AMOUNTS)
def test_amounts_that_differ_are_remarked_on(remarks: dict[str, list[str]], name: str) -> None:
    assert remarks[name] == [f"amount-differs:{what}" for what in AMOUNTS[name][2]]


def test_the_amount_of_a_reversed_action_says_nothing(judge: Judge) -> None:
    terms = {"amount": Decimal(5), "currency": "EUR"}
    rows = {order: purchase(order_id=order, **terms) for order in ("old", "anew")}
    actions = [of(order_id=order, state="reversed", amount=Decimal(9), currency="USD") for order in rows]
    found = judge(rows, credited=[*actions, of(order_id="anew", **terms)])
    assert found["old"].reasons == ("reversed-at-impact",)
    assert found["anew"].reasons == ("already-credited",)


def test_what_else_is_wrong_with_a_credited_row_is_kept(judge: Judge) -> None:
    found = told(judge, purchase(click_id=None, currency="ZZZ"), of())
    assert found == ("excluded", "already-credited", ("already-credited", "missing-click-id", "invalid-currency"), None, None)  # fmt: skip


def test_a_row_read_twice_is_credited_once(judge: Judge) -> None:
    first = purchase(event_id="e", source_file="a.csv", source_row=1)
    found = judge({"first": first, "copy": first | {"source_file": "b.csv"}}, credited=[of()])
    assert found["first"][:3] == (*CREDITED, ("already-credited",))
    assert found["copy"][:3] == ("duplicate", "duplicate-row", ("duplicate-row",))


def test_every_row_of_an_order_is_credited_by_its_action(judge: Judge) -> None:
    again = {"event_time": NOON + HOUR}
    found = judge({"one": purchase(), "two": purchase(**again)}, credited=[of()])
    assert [row[:3] for row in found.values()] == [
        (*CREDITED, ("already-credited",)),
        (*CREDITED, ("already-credited", "duplicate-order")),
    ]


# Rows that are no exceptions and no candidates → whether they explain the action of their order.
BYSTANDERS: dict[str, tuple[dict[str, Any], str, bool]] = {
    "organic": ({"attribution": "organic", "click_id": None}, "organic", True),
    "a test": ({"attribution": "test"}, "test-row", True),
    "not configured": ({"event_name": "level_9"}, "unmapped-event", True),
    "no conversion": ({"kind": "other"}, "not-a-conversion", False),
}


def test_rows_out_of_scope_keep_their_reason_and_explain_actions(
    judgement: Callable[..., Any], engine: DuckDBEngine
) -> None:
    rows = [purchase(order_id=name, **differences) for name, (differences, _, _) in BYSTANDERS.items()]
    judged = judgement(rows, credited=[of(order_id=name) for name in BYSTANDERS], config=CONFIG)
    found = {
        row["order_id"]: (row["verdict"], row["reason"], row["reasons"]) for row in engine.rows(judged.rows)
    }
    assert found == {name: ("excluded", reason, reason) for name, (_, reason, _) in BYSTANDERS.items()}
    standing = {row["order_id"]: row["standing"] for row in engine.rows(judged.actions.table)}
    assert standing == {
        name: "matched" if explains else "unexplained" for name, (_, _, explains) in BYSTANDERS.items()
    }


def test_records_are_counted_by_what_became_of_them(
    judgement: Callable[..., Any], engine: DuckDBEngine
) -> None:
    records = [
        of(action_id="1", amount=Decimal(5), currency="EUR"),
        # The same action in an export of another day: approved is later than pending.
        of(action_id="1", state="approved", source_file="later.json"),
        of(action_id="2", state="reversed"),
        of(action_id="3", order_id="x", amount=Decimal(7), currency="EUR", event_time=NOON + HOUR),
        of(action_id="4", order_id="y", amount=Decimal(8), currency="USD", state="reversed"),
        of(action_id="5", order_id=None, amount=Decimal("0.5"), currency="EUR", state=None),
        of(action_id=None, order_id="z"),
        of(action_id=None, order_id="z"),
    ]
    judged = judgement([purchase()], credited=records)
    found = summarise(engine, judged.actions, ["actions.json", "later.json", "none.json"])
    assert found.model_dump(exclude={"files"}) == {
        "records": 8,
        "matched": 1,
        "unexplained": 4,
        "repeated": 2,
        "reattributed": 1,
        "unexplained_outside": 1,
        "unexplained_amounts": ({"currency": "EUR", "amount": Decimal("7.5")},),
        "states": {"approved": 1, "pending": 2, "reversed": 1, "unknown": 1},
        "earliest": found.earliest,
        "latest": found.latest,
    }
    assert [time and time.replace(tzinfo=None) for time in (found.earliest, found.latest)] == [
        NOON,
        NOON + HOUR,
    ]
    assert [tuple(file.model_dump().values()) for file in found.files] == [
        # path, records, matched, unexplained, repeated, reattributed
        ("actions.json", 7, 0, 4, 2, 1),
        ("later.json", 1, 1, 0, 0, 0),
        ("none.json", 0, 0, 0, 0, 0),
    ]


def test_the_record_that_is_furthest_decides_whatever_the_order(judge: Judge) -> None:
    states = ("pending", "approved", "reversed")
    orders = {"".join(order): order for length in (2, 3) for order in permutations(states, length)}
    rows = {name: purchase(order_id=name) for name in orders}
    records = [
        of(action_id=name, order_id=name, state=state) for name, order in orders.items() for state in order
    ]
    found = judge(rows, credited=records)
    assert {name: row[:2] for name, row in found.items()} == {
        name: REVERSED if "reversed" in order else CREDITED for name, order in orders.items()
    }


def test_unexplained_actions_are_listed_whole(judgement: Callable[..., Any], engine: DuckDBEngine) -> None:
    other = of(
        order_id="x", event_name="SALE", amount=Decimal(7), currency="EUR", partner="Blog", tracker_id="4"
    )
    table = judgement([purchase()], credited=[of(), other]).actions.table
    (row,) = engine.rows(table.filter(table.standing == "unexplained"))
    assert {name: row[name] for name in other} == other
    assert (row["action_id"], row["state"], row["event_time"]) == ("M.2", "pending", NOON)


def test_a_credited_row_shows_its_action(judged_rows: Rows) -> None:
    row = purchase(amount=Decimal(5), currency="EUR")

    given = {
        "other": [of(amount=Decimal(6), currency="USD")],
        "several": [of(amount=Decimal(5)), of(amount=Decimal(4))],
        "reversed": [of(state="reversed", amount=Decimal(5))],
        "none": [],
    }
    actions = [
        {"action_id": f"{order}-{n}"} | action | {"order_id": order}
        for order, actions in given.items()
        for n, action in enumerate(actions)
    ]
    judged = judged_rows([row | {"order_id": order} for order in given], credited=actions)
    assert {row["order_id"]: tuple(row[name] for name in ACTION_COLUMNS) for row in judged} == {
        "other": ("other-0", Decimal(6), "USD"),
        "several": ("several-0", Decimal(4), None),
        "reversed": ("reversed-0", None, None),
        "none": (None, None, None),
    }


def test_without_action_records_nothing_is_different(
    judged_rows: Rows, judgement: Callable[..., Any]
) -> None:
    (row,) = judged_rows([purchase()])
    assert set(JUDGED) <= set(row)
    assert not set(ACTION_COLUMNS) & set(row)
    assert judgement([purchase()]).actions is None


def test_a_file_of_actions_may_hold_none_and_exports_no_row(
    judgement: Callable[..., Any], engine: DuckDBEngine
) -> None:
    judged = judgement([purchase()], credited=[])
    assert [row["reason"] for row in engine.rows(judged.rows)] == ["matched"]
    assert summarise(engine, judged.actions, []).records == 0
    judged = judgement([], credited=[of()])
    assert summarise(engine, judged.actions, ["actions.json"]).unexplained == 1


def test_what_is_credited_leaves_every_rate_and_remarks_are_counted(
    judgement: Callable[..., Any], engine: DuckDBEngine
) -> None:
    rows = [
        purchase(amount=Decimal(5), currency="EUR"),
        purchase(order_id="o2", amount=Decimal(7), currency="EUR"),
        purchase(order_id="o3"),
        purchase(order_id="o4", click_id=None),
    ]
    judged = judgement(
        rows, credited=[of(amount=Decimal(6), currency="EUR"), of(order_id="o2", state="reversed")]
    )
    counted = tally(engine, judged.rows, engine.unreadable())
    funnel = summary(engine, judged.rows, counted)
    assert (funnel.rows, funnel.in_scope, funnel.match_rate, funnel.click_id_coverage) == (4, 2, 0.5, 0.5)
    assert funnel.at_risk == ()
    reasons = {reason.code: reason for reason in reason_summaries(engine, judged.rows, counted)}
    assert {code: reason.rows for code, reason in reasons.items()} == {
        "already-credited": 1,
        "reversed-at-impact": 1,
        "amount-differs": 0,
        "missing-click-id": 1,
        "matched": 1,
    }
    assert reasons["already-credited"].amounts == (Money(currency="EUR", amount=Decimal(5)),)
    assert (reasons["amount-differs"].also, reasons["amount-differs"].found) == (1, 1)
    assert reasons["amount-differs"].parameters == {"amount": 1}
    assert (reasons["missing-click-id"].also, reasons["missing-click-id"].found) == (0, 1)
    # What was reversed is worth looking at.
    assert [example.source_row for example in reasons["reversed-at-impact"].examples] == [2]


FIELDS: Mapping[str, Sequence[Any]] = {
    "source_file": ["a.csv", "b.csv"],
    "kind": ["event", "event", "install", "other"],
    "event_name": ["purchase", "lead", "install", "level_9", None],
    "event_id": [None, None, "e1"],
    "app_id": ["com.acme.shop", "id99", None],
    "attribution": ["impact", "impact", "organic", "test"],
    "click_id": ["CLICK", "nobody's", None],
    "order_id": [None, "o1", "o2", "o3", "o4"],
    "amount": [None, Decimal(5), Decimal("12.34")],
    "currency": [None, "EUR", "USD"],
}
ACTION_FIELDS: Mapping[str, Sequence[Any]] = {
    "source_file": ["x.json", "y.json"],
    "action_id": [None, "1", "2", "3", "4", "5"],
    "state": ["pending", "approved", "reversed", None],
    "order_id": [None, "o1", "o2", "o3"],
    "event_name": [None, "SALE", "lead", "purchase", "Web"],
    "tracker_id": [None, "4001", "4002", "1"],
    "amount": [None, Decimal(5), Decimal(6)],
    "currency": [None, "EUR", "USD"],
}


def some(fields: Mapping[str, Sequence[Any]], most: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    row = st.fixed_dictionaries(
        {}, optional={name: st.sampled_from(values) for name, values in fields.items()}
    )
    return st.lists(row, max_size=most)


@settings(max_examples=6, deadline=None, derandomize=True, phases=[Phase.generate])
@given(some(FIELDS, 30), some(ACTION_FIELDS, 25), st.sampled_from([{}, CONFIG]))
def test_rows_money_and_records_are_conserved_and_their_order_does_not_matter(
    judgement: Callable[..., Any],
    engine: DuckDBEngine,
    rows: list[Any],
    records: list[Any],
    config: Any,
) -> None:
    rows = [{"source_file": "a.csv"} | row for row in rows]
    records = [{"source_file": "x.json", "action_id": None} | record for record in records]
    judged = judgement(rows, credited=records, config=config)
    found = engine.rows(judged.rows)
    assert Counter((row["source_file"], row["source_row"]) for row in found) == Counter(
        (row["source_file"], n) for n, row in enumerate(rows, 1)
    )
    assert money(found) == money(rows)
    order = [reason.code for reason in CATALOGUE]
    for row in found:
        codes = [reason.partition(":")[0] for reason in row["reasons"].split(";") if row["reasons"]]
        assert codes == sorted(codes, key=order.index)
        assert row["verdict"] == BY_CODE[row["reason"]].verdict
        assert row["reason"] != "amount-differs"
        assert row["in_scope"] == (row["verdict"] != "excluded")
    counted = summarise(engine, judged.actions, ["x.json", "y.json"])
    statuses = counted.matched + counted.unexplained + counted.repeated + counted.reattributed
    assert counted.records == statuses == len(records)
    assert sum(counted.states.values()) == counted.matched + counted.unexplained
    turned = judgement(rows, credited=records[::-1], config=config)
    assert engine.rows(turned.rows) == found
    assert summarise(engine, turned.actions, ["x.json", "y.json"]) == counted


def money(rows: Sequence[Row]) -> Counter[Any]:
    return Counter((row.get("amount"), row.get("currency")) for row in rows if row.get("amount") is not None)
