"""Rows and money from what was read down to what can be sent. Currencies stand side by side, never summed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mmpsync.reasons import VERDICTS
from mmpsync.report.figures import NONE, amount, currency, number, rate, share
from mmpsync.report.text_style import FAINT, HEADING, Side, columns
from mmpsync.run import Money, Run

__all__ = ["funnel"]

_OUT_OF_SCOPE = ("excluded", "unreadable")
_IN_SCOPE = tuple(verdict for verdict in VERDICTS if verdict not in _OUT_OF_SCOPE)
_AT_RISK = ("unattributed", "incomplete")
_BELOW = ("in scope", "clean", "At risk", "Match rate")
_GAP = 3
_MOST_CURRENCIES = 20


@dataclass(frozen=True)
class _Line:
    """A line of the funnel, its figures as they are shown: `share` of the line above, `money` by currency."""

    label: str
    rows: str
    share: str
    money: Mapping[str | None, str]
    style: str = ""


def funnel(run: Run, width: int) -> RenderableType:
    """One table; with more currencies than fit beside the rows, a second one with a line per currency."""
    lines = _lines(run)
    found = {
        m.currency for v in run.summary.verdicts if v.verdict in _IN_SCOPE for m in v.amounts if m.amount
    }
    currencies = sorted(found, key=lambda code: (code is None, code or ""))
    if _width(lines, currencies) <= width:
        return _beside(lines, currencies)
    return Group(_beside(lines, ()), Text(), _below(lines, currencies))


def _lines(run: Run) -> list[_Line]:
    found = run.summary
    amounts = {verdict.verdict: verdict.amounts for verdict in found.verdicts}

    def line(label: str, verdicts: Sequence[str], whole: int | None, style: str = "") -> _Line:
        rows = sum(found.count(verdict) for verdict in verdicts)
        money = _added(amounts.get(verdict, ()) for verdict in verdicts)
        return _Line(label, number(rows), "" if whole is None else share(rows, whole), money, style)

    at_risk = sum(found.count(verdict) for verdict in _AT_RISK)
    rates: dict[str | None, str] = {code: rate(value) for code, value in found.match_rate_by_amount.items()}
    return [
        line("Read", VERDICTS, None, HEADING),
        line("  in scope", _IN_SCOPE, found.rows, HEADING),
        *(line(f"    {verdict}", [verdict], found.in_scope) for verdict in _IN_SCOPE),
        *(line(f"  {verdict}", [verdict], found.rows, FAINT) for verdict in _OUT_OF_SCOPE),
        _Line("At risk", number(at_risk), share(at_risk, found.in_scope), _added([found.at_risk])),
        _Line("Match rate", "", rate(found.match_rate), rates),
        _Line("ClickId coverage", "", rate(found.click_id_coverage), {}),
    ]


def _added(amounts: Iterable[Sequence[Money]]) -> dict[str | None, str]:
    """Add up each currency by itself."""
    sums: defaultdict[str | None, Decimal] = defaultdict(Decimal)
    for money in chain.from_iterable(amounts):
        sums[money.currency] += money.amount
    return {code: amount(value) for code, value in sums.items() if value}


def _width(lines: Sequence[_Line], currencies: Sequence[str | None]) -> int:
    texts = [
        [line.label for line in lines],
        [line.rows for line in lines],
        ["share", *(line.share for line in lines)],
        *([currency(code), *(line.money.get(code, NONE) for line in lines)] for code in currencies),
    ]
    return sum(max(map(cell_len, column)) for column in texts) + _GAP * (len(texts) - 1)


def _beside(lines: Sequence[_Line], currencies: Sequence[str | None]) -> Table:
    rights: list[Side] = ["right"] * (2 + len(currencies))
    table = columns("left", *rights, gap=_GAP)
    table.add_row("", "rows", "share", *(Text(currency(code)) for code in currencies), style=FAINT)
    for line in lines:
        money = [line.money.get(code, NONE if line.money or line.rows else "") for code in currencies]
        table.add_row(line.label, line.rows, line.share, *money, style=line.style)
    return table


def _below(lines: Sequence[_Line], currencies: Sequence[str | None]) -> Table:
    chosen = [line for label in _BELOW for line in lines if line.label.strip() == label]
    table = columns("left", "right", "right", "right", "right", gap=_GAP)
    table.add_row("", *(label.lower() for label in _BELOW), style=FAINT)
    for code in currencies[:_MOST_CURRENCIES]:
        table.add_row(Text(currency(code)), *(line.money.get(code, NONE) for line in chosen))
    if len(currencies) > _MOST_CURRENCIES:
        table.add_row(f"… {len(currencies) - _MOST_CURRENCIES} more")
    return table
