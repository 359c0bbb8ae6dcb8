"""The funnel of the HTML report: charts of rows and of money per currency, and all of it as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from mmpsync.figures import NONE, amount, currency, number, rate, share
from mmpsync.reasons import IN_SCOPE, OUT_OF_SCOPE
from mmpsync.reconcile.currencies import CURRENCIES
from mmpsync.report.funnel import Stage, currencies, stages
from mmpsync.report.html_charts import Bar, Segment, Tone, bars
from mmpsync.run import Run

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["FunnelChart", "FunnelLine", "FunnelView", "funnel_view"]

_WIDTH = 270
_MOST_CHARTS = 4
_MOST_CURRENCIES = 12
_VERDICTS: tuple[Tone, ...] = (
    *("clean", "held", "duplicate", "incomplete", "unattributed"),
    *("excluded", "unreadable"),
)
# Below each other: everything, what is left of it, and what is left of that. The verdicts from left to right.
_LEVELS: tuple[tuple[str, tuple[Tone, ...]], ...] = (
    ("Read", _VERDICTS),
    ("In scope", tuple(verdict for verdict in _VERDICTS if verdict in IN_SCOPE)),
    ("Clean", ("clean",)),
)


@dataclass(frozen=True)
class FunnelChart:
    """The funnel in one unit: rows, or a currency."""

    title: str
    drawing: "Markup"


@dataclass(frozen=True)
class FunnelLine:
    """One line of the table; `money` in the order of the currencies."""

    label: str
    depth: int
    rows: str
    share: str
    money: tuple[str, ...]


@dataclass(frozen=True)
class FunnelView:
    """Charts, table and legend; `more` currencies than are shown."""

    charts: tuple[FunnelChart, ...]
    legend: tuple[str, ...]
    currencies: tuple[str, ...]
    lines: tuple[FunnelLine, ...]
    more: int


def funnel_view(run: Run) -> FunnelView:
    """Draw rows and the currencies with most in scope; list more of them in the table."""
    found = stages(run)
    codes = currencies(run)
    by_verdict = {stage.label: stage for stage in found}
    drawn = [
        FunnelChart("Rows", _drawing({v: Decimal(by_verdict[v].rows) for v in _VERDICTS}, number_of=True))
    ]
    for code in _worth_drawing(codes, by_verdict):
        money = {v: by_verdict[v].money.get(code, Decimal(0)) for v in _VERDICTS}
        drawn.append(FunnelChart(currency(code), _drawing(money)))
    shown = codes[:_MOST_CURRENCIES]
    return FunnelView(
        charts=tuple(drawn),
        legend=tuple(v for v in (*IN_SCOPE, *OUT_OF_SCOPE) if by_verdict[v].rows),
        currencies=tuple(currency(code) for code in shown),
        lines=(*(_line(stage, shown) for stage in found), *_rates(run, shown)),
        more=len(codes) - len(shown),
    )


def _worth_drawing(codes: Sequence[str | None], by_verdict: Mapping[str, Stage]) -> list[str | None]:
    """Choose the currencies with most in scope, paid or lost; a misspelt one is a line of the table."""
    money = by_verdict["in scope"].money
    known = [code for code in codes if code in CURRENCIES]
    return sorted(known or codes, key=lambda code: -money.get(code, Decimal(0)))[: _MOST_CHARTS - 1]


def _drawing(sizes: Mapping[Tone, Decimal], *, number_of: bool = False) -> "Markup":
    """Draw three bars, each a part of the one above. A negative sum is a fault and has no length."""
    lengths = {verdict: max(size, Decimal(0)) for verdict, size in sizes.items()}
    whole = sum(lengths.values()) or Decimal(1)
    items = []
    for label, verdicts in _LEVELS:
        value = sum((sizes[verdict] for verdict in verdicts), Decimal(0))
        segments, start = [], Decimal(0)
        for verdict in verdicts:
            end = start + lengths[verdict]
            if end > start:
                segments.append(Segment(float(start / whole), float(end / whole), verdict))
            start = end
        items.append(Bar(label, number(int(value)) if number_of else amount(value), tuple(segments)))
    return bars(items, width=_WIDTH)


def _line(stage: Stage, codes: Sequence[str | None]) -> FunnelLine:
    of_whole = "" if stage.whole is None else share(stage.rows, stage.whole)
    money = tuple(amount(stage.money[code]) if code in stage.money else NONE for code in codes)
    return FunnelLine(stage.label, stage.depth, number(stage.rows), of_whole, money)


def _rates(run: Run, codes: Sequence[str | None]) -> tuple[FunnelLine, FunnelLine]:
    found = run.summary
    rates = tuple(rate(found.match_rate_by_amount.get(code or "")) for code in codes)
    return (
        FunnelLine("Match rate", 0, "", rate(found.match_rate), rates),
        FunnelLine("ClickId coverage", 0, "", rate(found.click_id_coverage), ("",) * len(codes)),
    )
