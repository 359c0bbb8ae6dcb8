"""Rows and money from what was read down to what can be sent. Currencies stand side by side, never summed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mmpsync.figures import NONE, amount, currency, number, rate, share
from mmpsync.report.funnel import currencies, stages
from mmpsync.report.text_style import FAINT, HEADING, Side, columns
from mmpsync.run import Run

__all__ = ["funnel"]

_STYLES = {"Read": HEADING, "in scope": HEADING, "excluded": FAINT, "unreadable": FAINT}
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
    codes = currencies(run)
    if _width(lines, codes) <= width:
        return _beside(lines, codes)
    return Group(_beside(lines, ()), Text(), _below(lines, codes))


def _lines(run: Run) -> list[_Line]:
    found = run.summary
    rates: dict[str | None, str] = {code: rate(value) for code, value in found.match_rate_by_amount.items()}
    return [
        *(
            _Line(
                f"{'  ' * stage.depth}{stage.label}",
                number(stage.rows),
                "" if stage.whole is None else share(stage.rows, stage.whole),
                _amounts(stage.money),
                _STYLES.get(stage.label, ""),
            )
            for stage in stages(run)
        ),
        _Line("Match rate", "", rate(found.match_rate), rates),
        _Line("ClickId coverage", "", rate(found.click_id_coverage), {}),
    ]


def _amounts(money: Mapping[str | None, Decimal]) -> dict[str | None, str]:
    return {code: amount(value) for code, value in money.items()}


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
