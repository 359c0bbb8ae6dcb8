from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import ibis.expr.types as ir
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmpsync.config import Config
from mmpsync.engines.duckdb import DuckDBEngine
from mmpsync.reasons import BY_CODE, CATALOGUE, VERDICTS
from mmpsync.reconcile.metrics import completeness, match_rate, reason_summaries, summary, tally
from mmpsync.summaries import Completeness, CurrencyRows, Money, ReasonFile, ReasonSummary, Summary

CODES = [reason.code for reason in CATALOGUE]
# Rows as judged: a primary reason with its verdict, perhaps others behind it, and what the metrics look at.
ROWS = st.builds(
    lambda reason, others, beside: beside
    | {
        "reason": reason,
        "verdict": BY_CODE[reason].verdict,
        "reasons": ";".join([reason, *others]) if reason != "matched" else "",
    },
    st.sampled_from([code for code in CODES if code != "unreadable-row"]),
    st.lists(st.sampled_from(["missing-parameter:amount", "missing-parameter:order_id", "view-through"]),
             max_size=3, unique=True),
    st.fixed_dictionaries({
        "source_file": st.sampled_from(["a.csv", "b.csv"]),
        "amount": st.sampled_from([None, Decimal(0), Decimal("0.01"), Decimal(7), Decimal("999999999999.999999")]),
        "currency": st.sampled_from([None, "EUR", "USD"]),
        "attribution": st.sampled_from(["impact", "impact", "other", "organic"]),
        "usable": st.booleans(),
    }),
)  # fmt: skip
UNREADABLE = {"source_file": "string", "line": "int64", "row": "int64", "error": "string", "text": "string"}

Rows = list[dict[str, Any]]
Measured = tuple[Summary, tuple[ReasonSummary, ...]]


@pytest.fixture(scope="module")
def measure(
    engine: DuckDBEngine, table: Callable[..., ir.Table], judged_table: Callable[[Rows], ir.Table]
) -> Callable[..., Measured]:
    """The funnel and the reasons of judged rows and of unreadable lines, given as files and lines."""

    def run(rows: Rows, broken: Sequence[tuple[str, int]] = ()) -> Measured:
        lines = [{"source_file": file, "line": line, "row": line - 1} for file, line in broken]
        judged = judged_table(rows)
        counted = tally(engine, judged, table("given_unreadable", UNREADABLE, lines))
        return summary(engine, judged, counted), reason_summaries(engine, judged, counted)

    return run


def money(rows: Iterable[Mapping[str, Any]], *verdicts: str) -> dict[str | None, Decimal]:
    sums: dict[str | None, Decimal] = defaultdict(Decimal)
    for row in rows:
        if row["amount"] is not None and row["verdict"] in verdicts:
            sums[row["currency"]] += row["amount"]
    return dict(sums)


def as_dict(moneys: Sequence[Money]) -> dict[str | None, Decimal]:
    currencies = [m.currency for m in moneys]
    assert currencies == sorted(currencies, key=lambda c: c or "")
    assert len(set(currencies)) == len(currencies)
    return {m.currency: m.amount for m in moneys}


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(ROWS, max_size=30), st.lists(st.sampled_from([("a.csv", 2), ("c.csv", 9)]), max_size=3))
def test_the_funnel_is_what_counting_row_by_row_finds(
    measure: Callable[..., Measured], rows: Rows, broken: list[tuple[str, int]]
) -> None:
    found, _ = measure(rows, broken)
    verdicts = Counter(row["verdict"] for row in rows) + Counter(unreadable=len(broken))
    assert found.rows == len(rows) + len(broken)
    assert [v.verdict for v in found.verdicts] == list(VERDICTS)
    assert {v.verdict: v.rows for v in found.verdicts} == {v: verdicts[v] for v in VERDICTS}
    assert found.in_scope == sum(
        verdicts[v] for v in ("clean", "unattributed", "incomplete", "duplicate", "held")
    )
    for verdict in found.verdicts:
        assert as_dict(verdict.amounts) == money(rows, verdict.verdict)
    rated = found.in_scope - verdicts["held"] - verdicts["duplicate"]
    assert found.match_rate == (pytest.approx(verdicts["clean"] / rated, abs=1e-6) if rated else None)
    attributed = [row for row in rows if row["attribution"] == "impact" and row["verdict"] != "excluded"]
    usable = sum(row["usable"] for row in attributed)
    coverage = pytest.approx(usable / len(attributed), abs=1e-6) if attributed else None
    assert found.click_id_coverage == coverage


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(ROWS, max_size=30))
def test_money_is_summed_per_currency_and_never_across(measure: Callable[..., Measured], rows: Rows) -> None:
    found, reasons = measure(rows)
    assert as_dict(found.at_risk) == money(rows, "unattributed", "incomplete")
    clean, rated = money(rows, "clean"), money(rows, "clean", "unattributed", "incomplete")
    assert found.match_rate_by_amount == {
        currency: pytest.approx(float(clean.get(currency, 0) / total), abs=1e-6)
        for currency, total in rated.items()
        if currency and total
    }
    for reason in reasons:
        of_reason = [row for row in rows if row["reason"] == reason.code]
        assert as_dict(reason.amounts) == money(of_reason, reason.verdict)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(ROWS, max_size=30), st.lists(st.sampled_from([("a.csv", 2), ("c.csv", 9)]), max_size=3))
def test_every_row_counts_once_under_its_primary_reason_and_as_also_under_each_other(
    measure: Callable[..., Measured], rows: Rows, broken: list[tuple[str, int]]
) -> None:
    _, found = measure(rows, broken)
    assert [reason.code for reason in found] == [code for code in CODES if code in {r.code for r in found}]
    primary = Counter(row["reason"] for row in rows) + Counter({"unreadable-row": len(broken)})
    assert {r.code: r.rows for r in found if r.rows} == primary
    also: Counter[str] = Counter()
    parameters: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        named = [reason.partition(":") for reason in row["reasons"].split(";") if reason]
        also.update({code for code, _, _ in named} - {row["reason"]})
        for code, _, parameter in named:
            if parameter:
                parameters[code][parameter] += 1
    assert {r.code: r.also for r in found if r.also} == also
    assert {r.code: r.parameters for r in found if r.parameters} == parameters
    for reason in found:
        assert (reason.verdict, reason.severity) == (
            BY_CODE[reason.code].verdict,
            BY_CODE[reason.code].severity,
        )
        assert sum(file.rows for file in reason.files) == reason.rows
        for file in reason.files:
            assert sum(cell.rows for cell in file.currencies) == file.rows
        cells = [cell for file in reason.files for cell in file.currencies if cell.amount is not None]
        amounts: dict[str | None, Decimal] = defaultdict(Decimal)
        for cell in cells:
            amounts[cell.currency] += cell.amount or 0
        assert dict(amounts) == as_dict(reason.amounts)


def test_a_reason_names_its_files_with_the_first_row_of_each(measure: Callable[..., Measured]) -> None:
    orphan = {"reason": "orphan-click-id", "verdict": "unattributed"}
    rows = [
        {"source_file": "b.csv", "source_row": 7},
        {"source_file": "b.csv", "source_row": 10, "currency": "EUR", "amount": Decimal(3), **orphan},
        {"source_file": "b.csv", "source_row": 9, "currency": "USD", **orphan},
        {"source_file": "a.csv", "source_row": 30, **orphan},
    ]
    _, found = measure(rows, [("b.csv", 5), ("b.csv", 3)])
    files = {reason.code: reason.files for reason in found}
    assert files["orphan-click-id"] == (
        ReasonFile(path="a.csv", first_row=30, rows=1, currencies=(CurrencyRows(currency=None, rows=1),)),
        ReasonFile(
            path="b.csv",
            first_row=9,
            rows=2,
            currencies=(
                CurrencyRows(currency="EUR", rows=1, amount=Decimal(3)),
                CurrencyRows(currency="USD", rows=1),
            ),
        ),
    )
    # The header is line 1, so that the record of line 3 is the second data row.
    unread = (CurrencyRows(currency=None, rows=2),)
    assert files["unreadable-row"] == (ReasonFile(path="b.csv", first_row=2, rows=2, currencies=unread),)


def test_examples_are_the_first_rows_of_a_reason_with_what_one_needs_to_find_them(
    measure: Callable[..., Measured],
) -> None:
    orphan = {"reason": "orphan-click-id", "verdict": "unattributed", "suggestion": "true id"}
    rows = [{"source_row": n, "click_id": f"c{n}", **orphan} for n in (12, 9, 10, 11)]
    ((reason,),) = [measure(rows)[1]]
    assert [example.source_row for example in reason.examples] == [9, 10, 11]
    example = reason.examples[0]
    assert (example.source_file, example.click_id_raw, example.suggestion, example.reasons) == (
        "conversions.csv", "c9", "true id", "orphan-click-id",
    )  # fmt: skip


def test_an_example_keeps_what_stands_in_place_of_its_amount(measure: Callable[..., Measured]) -> None:
    usual = {"reason": "invalid-amount", "verdict": "incomplete"}
    rows = [
        {"source_row": 1, "amount": None, "amount_raw": "5,90", **usual},
        {"source_row": 2, "amount": Decimal(-5), "amount_raw": "-5", **usual},
    ]
    ((reason,),) = [measure(rows)[1]]
    assert [(example.amount, example.amount_raw) for example in reason.examples] == [
        (None, "5,90"),
        (Decimal(-5), None),
    ]


@pytest.mark.parametrize(
    ("verdicts", "rate"),
    [
        ({}, None),
        ({"held": 5, "duplicate": 5, "excluded": 5, "unreadable": 5}, None),
        ({"clean": 3}, 1.0),
        ({"unattributed": 3}, 0.0),
        ({"clean": 1, "unattributed": 1, "incomplete": 2, "held": 9, "duplicate": 9, "excluded": 9}, 0.25),
    ],
)
def test_the_match_rate_leaves_out_what_is_held_duplicate_or_out_of_scope(
    verdicts: dict[str, int], rate: float | None
) -> None:
    assert match_rate(verdicts) == rate


def test_a_refund_among_the_rows_makes_no_match_rate_above_one(measure: Callable[..., Measured]) -> None:
    refund = {"reason": "invalid-amount", "verdict": "incomplete", "amount": Decimal(-50), "currency": "EUR"}
    found, _ = measure([{"amount": Decimal(100), "currency": "EUR"}, refund])
    assert all(0 <= rate <= 1 for rate in found.match_rate_by_amount.values())


CONFIG = {
    "events": {
        "sale": {
            "names": ["purchase"],
            "required": ["order_id", "amount", "quantity", "event_time"],
            "recommended": ["customer_id"],
        },
        "lead": {"names": ["lead"], "required": ["customer_id"]},
        "signup": {"names": ["install"]},
    }
}


@pytest.fixture(scope="module")
def share(engine: DuckDBEngine, judgement: Callable[..., Any]) -> Callable[[Rows], dict[Any, Completeness]]:
    def run(rows: Rows) -> dict[Any, Completeness]:
        judged = judgement(rows, config=CONFIG)
        found = completeness(engine, judged.rows, Config.model_validate(CONFIG))
        return {(c.parameter, c.level): c for c in found}

    return run


def test_completeness_is_the_share_of_rows_in_scope_that_carry_what_their_event_asks_for(
    share: Callable[[Rows], dict[Any, Completeness]],
) -> None:
    there = {"amount": Decimal(1), "currency": "EUR", "quantity": 1, "quantity_raw": "1"}
    rows = [
        there | {"customer_id": "c"},
        there | {"order_id": None},
        there | {"amount": None},
        there | {"click_id": None, "customer_id": ""},
        {"event_name": "lead"},
        {"event_name": "lead", "customer_id": "c", "order_id": None},
        {"kind": "install", "event_name": "install", "order_id": None},
        # Out of scope.
        {"attribution": "test", "order_id": None},
        {"event_name": "unheard of", "order_id": None},
    ]
    found = {key: (c.filled, c.rows, c.share) for key, c in share(rows).items()}
    assert found == {
        ("order_id", "required"): (5, 7, pytest.approx(5 / 7, abs=1e-6)),
        ("amount", "required"): (3, 4, 0.75),
        ("quantity", "required"): (4, 4, 1.0),
        ("event_time", "required"): (4, 4, 1.0),
        ("customer_id", "recommended"): (2, 4, 0.5),
        ("customer_id", "required"): (1, 2, 0.5),
    }


@pytest.mark.parametrize("parameter", ["amount", "quantity", "event_time"])
def test_what_is_there_but_does_not_parse_is_invalid_not_lacking(
    share: Callable[[Rows], dict[Any, Completeness]], parameter: str
) -> None:
    found = share([{parameter: None, f"{parameter}_raw": "as found"}])
    assert found[parameter, "required"].share == 1.0
