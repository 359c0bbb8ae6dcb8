import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from mmpsync.conclusions import Advice, GateCondition, GateResult
from mmpsync.reasons import CATALOGUE
from mmpsync.report.html import REPORT
from mmpsync.run import Run
from mmpsync.summaries import (
    Completeness,
    Ctit,
    Example,
    FileSummary,
    Group,
    LeftOutFile,
    Money,
    ReasonFile,
    ReasonSummary,
    VerdictSummary,
)

MOST_BYTES = 2_000_000


@pytest.mark.parametrize("filling", ['"' * 300, "🎉" * 300, "W" * 300])
def test_no_run_makes_a_page_that_is_too_large_and_what_is_cut_is_told(run: Run, filling: str) -> None:
    shown = str(REPORT.render(enormous(run, filling)))
    assert len(shown.encode()) < MOST_BYTES
    page = re.sub("<[^<>]+>", "", shown)
    assert "more in run.json." in page
    assert re.search(r"[\d,]+ more examples in run.json", page)
    assert re.search(r"[\d,]+ more files in run.json", page)
    assert "The largest 8 of 3,000." in page


def enormous(run: Run, filling: str) -> Run:
    """Thousands of everything, each with a long text, most of which takes several bytes a character."""
    money = tuple(Money(currency=f"{n}{filling}", amount=Decimal(10**20 + n)) for n in range(200))
    example = Example(
        source_file=filling,
        source_row=10**9,
        event_name=filling,
        event_time=datetime(2026, 3, 2, tzinfo=UTC),
        media_source=filling,
        click_id_raw=filling,
        order_id=filling,
        amount=Decimal(10**20),
        currency=filling,
        suggestion=filling,
        reasons=";".join(f"missing-parameter:{n}{filling}" for n in range(100)),
    )
    reasons = tuple(
        ReasonSummary(
            code=entry.code,
            verdict=entry.verdict,
            severity=entry.severity,
            rows=1_000,
            also=1_000,
            amounts=money,
            parameters={f"{filling}{n}": n for n in range(1_000)},
            files=tuple(ReasonFile(path=f"{n}{filling}", first_row=n + 1, rows=2) for n in range(1_000)),
            examples=(example,) * 1_000,
        )
        for entry in CATALOGUE
    )
    ctit = Ctit(
        installs=60, percentiles={f"p{n}": n for n in range(100)}, histogram={filling: 60}, label=filling
    )
    groups = tuple(
        Group(
            dimension=dimension,
            name=f"{n}{filling}",
            rows=10**9,
            verdicts={},
            match_rate=0.5,
            at_risk=money,
            ctit=ctit,
        )
        for dimension in ("app", "platform", "event", "partner", "campaign", "publisher")
        for n in range(3_000)
    )
    days = tuple(
        Group(
            dimension="day",
            name=f"{year}-01-{day:02}",
            rows=10**9,
            verdicts={},
            match_rate=0.5,
            at_risk=money,
        )
        for year in range(1900, 2026)
        for day in range(1, 31)
    )
    file = FileSummary(
        path=filling,
        source=filling,
        title=filling,
        holds="conversions",
        format=filling,
        rows=10**9,
        lacking=(filling,) * 100,
    )
    return run.model_copy(
        update={
            "summary": run.summary.model_copy(
                update={
                    "verdicts": tuple(
                        VerdictSummary(verdict=v.verdict, rows=v.rows, amounts=money)
                        for v in run.summary.verdicts
                    ),
                    "at_risk": money,
                }
            ),
            "reason_summaries": reasons,
            "groups": groups + days,
            "ctit": ctit,
            "completeness": tuple(
                Completeness(parameter=f"{n}{filling}", level="recommended", rows=10**9, filled=1, share=0.5)
                for n in range(1_000)
            ),
            "files": (file,) * 5_000,
            "left_out": (LeftOutFile(path=filling, why=filling),) * 5_000,
            "advice": (Advice(code="x", message=filling, fix=filling, files=(filling,) * 1_000),) * 1_000,
            "assumptions": (filling,) * 1_000,
            "gate": GateResult(
                passed=False,
                conditions=(GateCondition(name=filling, limit=filling, value=filling, passed=False),) * 5_000,
            ),
        }
    )
