"""A run as an analyst may find it on a bad morning, with everything in it that a report can stumble over."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mmpsync.conclusions import Advice, Baseline, GateCondition, GateResult, GroupChange, ReasonChange
from mmpsync.reasons import BY_CODE
from mmpsync.run import Run
from mmpsync.summaries import (
    ActionSummary,
    ClickSummary,
    Completeness,
    Ctit,
    Dimension,
    Example,
    FileSummary,
    Group,
    LeftOutFile,
    Money,
    ReasonFile,
    ReasonSummary,
    Summary,
    VerdictSummary,
)

LONG_PATH = (
    "exports/2026/03/" + "a-folder-with-a-very-long-name/" * 4 + "in-app-events_2026-03-01_2026-03-08.csv"
)
INSTALLS, PURCHASES, CLICKS = "exports/installs.csv", LONG_PATH, "clicks/clicks_2026-03.csv"
ESCAPE = "\x1b]0;owned\x07\x1b[31m"
# Whoever finds one of these in a report has found customer data.
SECRETS = (
    "CANARYclickid0123456789abcdefghij",
    "CANARYtrueid0123456789ABCDEFGHIJ",
    "CANARYorder-4711",
    "canary@example.com",
)


@pytest.fixture
def secrets() -> tuple[str, ...]:
    """ClickIds, an order id and an e-mail address, which stand in the examples of `run`."""
    return SECRETS


@pytest.fixture
def long_path() -> str:
    return LONG_PATH


@pytest.fixture(scope="session")
def run() -> Run:
    """1,234,567 rows, 134,500 of them in scope; 12 reasons are errors with rows of their own, one without."""
    reasons = (
        reason("unreadable-row", 3, files=(ReasonFile(path=PURCHASES, first_row=17, rows=3),)),
        reason("unmapped-event", 200_000, EUR="2000000.00"),
        reason("organic", 800_064),
        reason("other-source", 100_000),
        reason("duplicate-row", 2_000, EUR="9000"),
        reason(
            "missing-click-id", 12_034, EUR="451200.5", USD="33330.10", examples=(example(2), example(40))
        ),
        reason(
            "unexpanded-macro",
            310,
            EUR="129.9",
            examples=(example(7, click_id_raw="{clickid}", event_name="install"),),
        ),
        reason("placeholder-click-id", 12, examples=(example(8, click_id_raw="undefined"),)),
        reason("malformed-click-id", 5, examples=(example(9, click_id_raw=f"{ESCAPE}{SECRETS[0]}"),)),
        reason(
            "click-id-case-changed",
            1_400,
            USD="14000",
            examples=(example(10, click_id_raw=SECRETS[0], suggestion=SECRETS[1]),),
        ),
        reason("click-export-incomplete", 500, EUR="2500"),
        reason("orphan-click-id", 700, EUR="7000", examples=(example(11, click_id_raw=SECRETS[0]),)),
        reason("conversion-before-click", 81),
        reason("conflicting-order", 44, EUR="4400", examples=(example(12, order_id=SECRETS[2]),)),
        reason("duplicate-order", 45, EUR="4500"),
        reason(
            "missing-parameter",
            3_300,
            also=120,
            EUR="88000",
            USD="1100",
            none="12",
            parameters={"currency": 20, "order_id": 3_400},
            examples=(example(13, event_name="[red]af_purchase[/red]", amount=Decimal("9.99")),),
        ),
        reason("invalid-amount", 0, also=7),
        reason("pii-in-parameter", 2, USD="20", examples=(example(14, order_id=SECRETS[3]),)),
        reason("conflicting-attribution", 900, EUR="9000"),
        reason("view-through", 100),
        reason("matched", 113_064, EUR="4100200", USD="600000"),
        reason("missing-recommended", 3, parameters={"customer_id": 3}),
    )
    verdicts = tuple(
        VerdictSummary(
            verdict=verdict,
            rows=sum(r.rows for r in reasons if r.verdict == verdict),
            amounts=total(*(r for r in reasons if r.verdict == verdict)),
        )
        for verdict in ("clean", "unattributed", "incomplete", "duplicate", "held", "excluded", "unreadable")
    )
    return make(reasons, verdicts).at(Path("runs/20260320T061500Z"))


@pytest.fixture(scope="session")
def measured(run: Run) -> Run:
    """The run with groups of every dimension, click-to-install times and a baseline."""
    dimensions: tuple[Dimension, ...] = ("app", "platform", "event", "partner", "campaign", "publisher")
    names = [f"{dimension} {n}" if n else None for dimension in dimensions for n in range(12)]
    days = [f"2026-03-{day:02}" for day in range(31, 0, -1)]
    ctit = Ctit(
        installs=700,
        percentiles={"p1": 2.0, "p50": 2_160.0, "p99": 2_592_000.0},
        histogram={"0–10 s": 350, "10–60 s": 280, "> 30 d": 70},
        label="consistent with click injection (glut under 10 s)",
    )
    groups = (
        *(
            group(dimensions[n // 12], name, 1_000 - n, 0.95 - n % 12 / 20, ctit if n == 37 else None)
            for n, name in enumerate(names)
        ),
        *(group("day", day, 100 + n, None if n == 3 else 0.5 + n / 100) for n, day in enumerate(days)),
        group("day", None, 5, 0.0),
    )
    baseline = Baseline(
        run="20260319T061500Z-0a1b2c3d",
        as_of=datetime(2026, 3, 19, tzinfo=UTC),
        rows=1_200_000,
        match_rate=0.88,
        match_rate_change=-0.015294,
        reasons=(ReasonChange(code="orphan-click-id", status="changed", earlier_rows=10, rows=700),),
        groups=(
            GroupChange(
                dimension="partner",
                name="partner 1",
                earlier_rows=900,
                rows=999,
                earlier_match_rate=0.95,
                match_rate=0.9,
                change=-0.05,
            ),
        ),
    )
    files = tuple(file.model_copy(update={"lacking": ("sku", "category")}) for file in run.files)
    return run.model_copy(
        update={
            "groups": groups,
            "ctit": ctit,
            "baseline": baseline,
            "files": files,
            "actions": ActionSummary(
                records=1_500,
                matched=1_200,
                unexplained=250,
                repeated=40,
                reattributed=10,
                unexplained_outside=200,
                unexplained_amounts=(Money(currency="EUR", amount=Decimal("99.5")),),
                states={"approved": 1_450},
                earliest=datetime(2026, 3, 1, tzinfo=UTC),
                latest=datetime(2026, 3, 19, tzinfo=UTC),
                files=(),
            ),
        }
    )


@pytest.fixture(scope="session")
def spoil() -> Callable[[Run, str], Run]:
    """Put a text wherever text from the data, or from a run.json that somebody edited, can stand in a run."""

    def spoil(run: Run, text: str) -> Run:
        return Run.model_validate(_spoilt(run.model_dump(), text))

    return spoil


# What these name has to be known to mmpsync; a schema or a catalogue sees to it.
FIXED = ("verdict", "severity", "dimension", "level", "holds", "status", "config")
NAMED_BY_DATA = ("match_rate_by_amount", "parameters", "histogram", "states")


def _spoilt(value: Any, text: str, key: str = "") -> Any:
    if key in FIXED:
        return value
    if isinstance(value, str):
        return f"missing-parameter:{text}" if key == "reasons" else text
    if isinstance(value, dict):
        if key in NAMED_BY_DATA:
            return dict.fromkeys([text] if value else [], next(iter(value.values()), None))
        found = {name: _spoilt(each, text, name) for name, each in value.items()}
        return found | {"code": value["code"]} if "examples" in value else found
    if isinstance(value, list | tuple):
        return [_spoilt(each, text, key) for each in value]
    return value


def group(
    dimension: Dimension, name: str | None, rows: int, rate: float | None, ctit: Ctit | None = None
) -> Group:
    at_risk = (Money(currency="EUR", amount=Decimal(rows)),)
    return Group(
        dimension=dimension,
        name=name,
        rows=rows,
        verdicts={"clean": rows},
        match_rate=rate,
        at_risk=at_risk,
        ctit=ctit,
    )


def make(reasons: tuple[ReasonSummary, ...], verdicts: tuple[VerdictSummary, ...]) -> Run:
    at_risk = total(*(r for r in reasons if r.verdict in {"unattributed", "incomplete"}))
    gated = [r for r in reasons if r.severity == "error" and r.rows]
    return Run(
        id="20260320T061500Z-0a1b2c3d",
        mmpsync_version="1.0.0",
        engine="duckdb",
        started=datetime(2026, 3, 20, 6, 15, tzinfo=UTC),
        finished=datetime(2026, 3, 20, 6, 16, tzinfo=UTC),
        as_of=datetime(2026, 3, 20, tzinfo=UTC),
        config={"gate.fail_on": "error", "gate.min_match_rate": "97%"},
        assumptions=("AppsFlyer times without a zone were read as UTC.",),
        files=(
            FileSummary(
                path=INSTALLS,
                source="appsflyer",
                title="AppsFlyer",
                holds="conversions",
                format="csv",
                rows=1_000_000,
            ),
            FileSummary(
                path=PURCHASES,
                source="appsflyer",
                title="AppsFlyer",
                holds="conversions",
                format="csv",
                rows=234_564,
                unreadable=3,
            ),
            FileSummary(
                path=CLICKS,
                source="impact",
                title="impact.com clicks",
                holds="clicks",
                format="csv",
                rows=2_345_678,
            ),
        ),
        left_out=(
            LeftOutFile(path="exports/notes [draft].txt", why="neither CSV, JSON nor Parquet"),
            LeftOutFile(path=f"{LONG_PATH}.tmp", why="unfinished download"),
        ),
        clicks=ClickSummary(
            records=2_345_000,
            earliest=datetime(2026, 2, 1, tzinfo=UTC),
            latest=datetime(2026, 3, 19, 23, 59, tzinfo=UTC),
        ),
        summary=Summary(
            rows=sum(v.rows for v in verdicts),
            in_scope=sum(v.rows for v in verdicts if v.verdict not in {"excluded", "unreadable"}),
            verdicts=verdicts,
            match_rate=0.864706,
            match_rate_by_amount={"EUR": 0.88, "USD": 0.92},
            click_id_coverage=0.9,
            at_risk=at_risk,
        ),
        reason_summaries=reasons,
        groups=(),
        completeness=(Completeness(parameter="order_id", level="required", rows=100, filled=97, share=0.97),),
        ctit=Ctit(installs=0),
        advice=(
            Advice(
                code="row-limit",
                message="The export may be cut off at the MMP's row limit",
                fix="Export shorter periods.",
                files=(INSTALLS, LONG_PATH),
            ),
        ),
        gate=GateResult(
            passed=not gated,
            conditions=(
                GateCondition(name="match rate", limit="at least 97%", value="86.47%", passed=False),
                *(
                    GateCondition(name=r.code, limit="no row", value=str(r.rows), passed=False)
                    for r in gated
                    if r.code != "duplicate-order"
                ),
                GateCondition(name="duplicate-order", limit="at most 50 rows", value="45", passed=True),
            ),
        ),
    )


def reason(code: str, rows: int, *, none: str | None = None, **rest: Any) -> ReasonSummary:
    """A reason with its verdict and severity; money by currency as EUR="1.50"."""
    entry = BY_CODE[code]
    money = {name: rest.pop(name) for name in ("EUR", "USD") if name in rest}
    amounts = [Money(currency=name, amount=Decimal(str(value))) for name, value in money.items()]
    if none is not None:
        amounts.insert(0, Money(currency=None, amount=Decimal(none)))
    return ReasonSummary(
        code=code, verdict=entry.verdict, severity=entry.severity, rows=rows, amounts=tuple(amounts), **rest
    )


def example(row: int, **rest: Any) -> Example:
    """A purchase in the file with the long path; `rest` says what is particular about it."""
    usual: dict[str, Any] = {
        "event_name": "af_purchase",
        "event_time": datetime(2026, 3, 2, 8, 30, tzinfo=UTC),
        "media_source": "impactradius_int",
        "order_id": "ORDER-00004711",
        "amount": Decimal("129.9"),
        "currency": "EUR",
    }
    return Example(source_file=PURCHASES, source_row=row, **(usual | rest))


def total(*reasons: ReasonSummary) -> tuple[Money, ...]:
    """The money of several reasons, per currency."""
    sums: dict[str | None, Decimal] = {}
    for money in (money for r in reasons for money in r.amounts):
        sums[money.currency] = sums.get(money.currency, Decimal(0)) + money.amount
    return tuple(
        Money(currency=code, amount=sums[code]) for code in sorted(sums, key=lambda code: code or "")
    )
