"""The preview of a plan: what would be sent, what not and why, three requests.

Ids and personal data in the requests are masked unless they are asked for.
"""

import re
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from mmpsync.conversion_fields import lookup
from mmpsync.figures import NO_NAME, NONE, counted, moneys, number
from mmpsync.masking import brief, harmless, mask, mask_personal, short_path
from mmpsync.push.skips import NOTES, SKIPS, title
from mmpsync.push.summary import DIMENSIONS, Dimension, PlanSummary, RemarkSummary, Request
from mmpsync.report.interface import PAGE, Screen
from mmpsync.report.private import DEVICE
from mmpsync.report.text_style import FAINT, HEADING, columns, indented, laid_out, prose, section
from mmpsync.summaries import Money

__all__ = ["masked", "text"]

_MOST_GROUPS = 10
_MOST_CURRENCIES = 3
_LONGEST_VALUE = 60
_LONGEST_PATH = 48
_DEVICE = re.compile(DEVICE)
_HEADINGS: dict[Dimension, str] = {"event": "Events", "app": "Apps", "partner": "Partners"}


def masked(summary: PlanSummary) -> PlanSummary:
    """The same figures, and of every request the ids and what is personal masked."""
    requests = tuple(
        request.model_copy(
            update={"fields": {name: _masked(name, value) for name, value in request.fields.items()}}
        )
        for request in summary.requests
    )
    return summary.model_copy(update={"requests": requests})


def text(summary: PlanSummary, screen: Screen = PAGE) -> str:
    """The preview as lines for a screen of this width."""
    shown = summary if screen.unmask else masked(summary)
    return laid_out(_sections(shown), screen)


def _masked(name: str, value: str) -> str:
    field = lookup(name)
    if field is not None and field.is_personal:
        return mask(value)
    return _DEVICE.sub(lambda found: mask(found[0]), mask_personal(value))


def _sections(summary: PlanSummary) -> Iterator[RenderableType]:
    yield _headline(summary)
    for dimension in DIMENSIONS:
        groups = summary.by(dimension)
        if groups:
            yield _table(
                _HEADINGS[dimension],
                [(NO_NAME if g.name is None else brief(g.name), g.rows, g.amounts) for g in groups],
            )
    if summary.skipped:
        yield section("Not to be sent", _told(summary.skipped))
    if summary.notes:
        yield section("Worth knowing", _told(summary.notes))
    if summary.requests:
        yield section("Examples", *(_request(request) for request in summary.requests))


def _headline(summary: PlanSummary) -> RenderableType:
    sent = f"{number(summary.to_send)} of {counted(summary.rows, 'clean conversion')} can be sent"
    money = ", ".join(moneys(summary.amounts, _MOST_CURRENCIES))
    style = "bold green" if summary.to_send == summary.rows else "bold yellow"
    lines = [Text(sent, style), *([Text(money)] if money else [])]
    return Group(*lines, Text(f"Run {harmless(summary.run)}; this is a plan, nothing was sent", FAINT))


def _table(heading: str, rows: Sequence[tuple[str, int, Sequence[Money]]]) -> RenderableType:
    table = columns("left", "right", "right")
    for name, count, amounts in rows[:_MOST_GROUPS]:
        table.add_row(name, number(count), "\n".join(moneys(amounts, _MOST_CURRENCIES)) or NONE)
    if len(rows) > _MOST_GROUPS:
        others = sum(count for _, count, _ in rows[_MOST_GROUPS:])
        table.add_row(
            Text(f"{number(len(rows) - _MOST_GROUPS)} more", FAINT), Text(number(others), FAINT), ""
        )
    return section(heading, table)


def _told(told: Sequence[RemarkSummary]) -> RenderableType:
    """Each reason with its rows and money, and below it what can be done."""
    table = columns("left", "right", "right")
    remedies: set[str] = set()
    for each in told[:_MOST_GROUPS]:
        code = each.code.partition(":")[0]
        remark = NOTES[code] if code in NOTES else SKIPS[code]
        name = Text(harmless(remark.title if code in NOTES else title(each.code)))
        below = [] if code in remedies else [indented(prose(remark.remedy, FAINT))]
        remedies.add(code)
        money = "\n".join(moneys(each.amounts, _MOST_CURRENCIES)) or NONE
        table.add_row(Group(name, *below), number(each.rows), money)
    if len(told) > _MOST_GROUPS:
        rest = told[_MOST_GROUPS:]
        rows = sum(each.rows for each in rest)
        table.add_row(Text(f"{number(len(rest))} more, in the plan (--out)", FAINT), number(rows), "")
    return table


def _request(request: Request) -> RenderableType:
    where = f"{short_path(request.source_file, _LONGEST_PATH)} row {number(request.source_row)}"
    table = columns("left", "left")
    for name, value in request.fields.items():
        table.add_row(Text(name, FAINT), Text(brief(value, _LONGEST_VALUE), overflow="fold"))
    event = brief(request.event or "no event")
    return Group(Text.assemble((event, HEADING), (f" {where}", FAINT)), indented(table))
