from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from mmpsync.engines.duckdb import DuckDBEngine
from mmpsync.ingest.canonical import CONVERSION
from mmpsync.reasons import BY_CODE, CATALOGUE, SEPARATOR, VERDICTS
from mmpsync.reconcile.verdicts import JUDGED

NOON = datetime(2026, 3, 10, 12)  # noqa: DTZ001  UTC, as all times of the tables
LONG = "AbCdEfGhIjKlMnOpQrStUvWxYz"
CODES = [reason.code for reason in CATALOGUE]
CONFIG = {
    "events": {
        "sale": {"names": ["purchase"], "required": ["amount", "currency"], "recommended": ["customer_id"]},
        "signup": {"names": ["install"], "code": "SIGNUP"},
    }
}
CLICKS: list[dict[str, Any]] = [
    {},
    {"click_id": LONG},
    {"click_id": "later", "click_time": NOON + timedelta(days=1)},
    {"click_id": "old", "click_time": NOON - timedelta(days=60)},
]
# Values that make every reason likely, alone and beside others.
FIELDS: Mapping[str, Sequence[Any]] = {
    "source_file": ["a.csv", "b.csv", "c/;d.csv"],
    "mmp": ["acme", "apex"],
    "kind": ["event", "event", "install", "reinstall", "reattribution", "reengagement", "other"],
    "event_name": ["purchase", "purchase", "install", "something", None],
    "event_id": [None, None, "e1", "e2"],
    "event_time": [NOON, NOON + timedelta(days=3), NOON - timedelta(days=99), None],
    "event_time_raw": ["as found", None],
    "touch_type": ["click", "impression", None],
    "attribution": ["impact", "impact", "other", "organic", "restricted", "rejected", "test", "unknown"],
    "click_id": [
        "CLICK", "CLICK", "click", LONG[:22], "later", "old", "nobody's", "%43LICK", "gclid=1", "{id}", "0", "a b", None,
    ],
    "order_id": [None, "o1", "o2", "o3", "x" * 65, "john@x.com"],
    "amount": [None, Decimal(0), Decimal(-1), Decimal("12.34")],
    "amount_raw": [None, "as found"],
    "currency": [None, "EUR", "USD", "ZZZ"],
    "customer_id": [None, "c", ""],
    "mmp_device_id": [None, "d1", "d2"],
    "supersede_key": [None, None, "k1", "k2"],
    "supersede_rank": [1, 2],
    "supersedes": [False, True],
}  # fmt: skip
ROWS = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in FIELDS.items()})


@settings(max_examples=10, deadline=None, derandomize=True, phases=[Phase.generate])
@given(st.lists(ROWS, min_size=40, max_size=40), st.sampled_from([{}, CONFIG]), st.sampled_from([CLICKS, []]))
def test_nothing_is_lost_nothing_is_added_and_every_verdict_has_its_reasons(
    judged_rows: Callable[..., list[dict[str, Any]]],
    rows: list[dict[str, Any]],
    config: dict[str, Any],
    given_clicks: list[dict[str, Any]],
) -> None:
    rows = [{"source_file": "a.csv"} | row for row in rows]
    judged = judged_rows(rows, given_clicks, config=config)
    one_row_in_is_one_row_out(rows, judged)
    rows_and_amounts_add_up(rows, judged)
    for row in judged:
        reasons_make_the_verdict(row)


def one_row_in_is_one_row_out(rows: list[dict[str, Any]], judged: list[dict[str, Any]]) -> None:
    """As it was but for the order id that an install gets."""
    assert [place(row) for row in judged] == sorted((row["source_file"], n) for n, row in enumerate(rows, 1))
    for row in judged:
        given_row = rows[row["source_row"] - 1]
        kept = {name for name in given_row if name in CONVERSION}
        if row["kind"] not in ("event", "other"):
            kept -= {"order_id"}
        assert {name: row[name] for name in kept} == {name: given_row[name] for name in kept}


def rows_and_amounts_add_up(rows: list[dict[str, Any]], judged: list[dict[str, Any]]) -> None:
    """Over verdicts and over primary reasons; rows per file, amounts per currency."""
    for key, kinds in (("verdict", VERDICTS), ("reason", CODES)):
        parts = [[row for row in judged if row[key] == kind] for kind in kinds]
        assert sum((files(part) for part in parts), Counter()) == files(rows)
        totals: dict[Any, Decimal] = defaultdict(Decimal)
        for part in parts:
            for currency, amount in money(part).items():
                totals[currency] += amount
        assert totals == money(rows)


def reasons_make_the_verdict(row: dict[str, Any]) -> None:
    """In the catalogue's order, none twice; the first is the primary one and decides."""
    reasons = row["reasons"].split(SEPARATOR) if row["reasons"] else []
    codes = [reason.partition(":")[0] for reason in reasons]
    assert codes == sorted(codes, key=CODES.index)
    assert len(set(reasons)) == len(reasons)
    assert row["reason"] == (codes[0] if codes else "matched")
    assert row["verdict"] == BY_CODE[row["reason"]].verdict
    named = {reason.partition(":")[0] for reason in reasons if ":" in reason}
    assert named <= {"missing-parameter", "missing-recommended"}


def place(row: Mapping[str, Any]) -> tuple[str, int]:
    return row["source_file"], row["source_row"]


def files(rows: Sequence[Mapping[str, Any]]) -> Counter[str]:
    return Counter(row["source_file"] for row in rows)


def money(rows: Sequence[Mapping[str, Any]]) -> dict[str | None, Decimal]:
    sums: dict[str | None, Decimal] = defaultdict(Decimal)
    for row in rows:
        if row.get("amount") is not None:
            sums[row.get("currency")] += row["amount"]
    return sums


@pytest.mark.parametrize("records", [CLICKS, []], ids=["clicks", "no clicks"])
def test_no_row_in_is_no_row_out(engine: DuckDBEngine, judgement: Callable[..., Any], records: Any) -> None:
    judged = judgement([], records).rows
    assert engine.rows(judged) == []
    assert set(JUDGED) <= set(judged.columns)


def test_click_records_are_counted_with_the_time_they_cover(judgement: Callable[..., Any]) -> None:
    day = timedelta(days=1)
    clicks = [
        {"click_time": NOON - day},
        {"click_time": NOON - day},
        {"click_id": "not looked up", "click_time": NOON + day, "source_file": "more.csv"},
        {"click_id": "no time", "click_time": None},
    ]
    records = judgement([{}], clicks).clicks
    assert (records.records, records.earliest, records.latest) == (4, NOON - day, NOON + day)
    assert records.files == {"clicks.csv": 3, "more.csv": 1}


def test_the_partner_of_a_row_is_that_of_its_clicks(
    judged_rows: Callable[..., list[dict[str, Any]]],
) -> None:
    clicks = [{"partner": "Shop & Win"}, {"click_id": "other", "partner": "Another"}]
    rows = judged_rows([{}, {"click_id": "other"}, {"click_id": "nobody's"}], clicks)
    assert [row["partner"] for row in rows] == ["Shop & Win", "Another", None]


def test_a_row_is_judged_alike_alone_and_among_others(judge: Callable[..., dict[str, Any]]) -> None:
    rows = {"a": {}, "b": {"click_id": "nobody's"}, "c": {"click_id": None}, "d": {"attribution": "test"}}
    together = judge(rows)
    assert {name: judge({name: rows[name]})[name] for name in ("b", "c")} == {
        name: together[name] for name in ("b", "c")
    }
