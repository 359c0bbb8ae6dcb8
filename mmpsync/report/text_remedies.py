"""What to do, in the terminal summary: for the worst errors how to fix them, and rows to look at, masked."""

import re
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from mmpsync.reasons import BY_CODE
from mmpsync.report import masking
from mmpsync.report.figures import moment, money, number
from mmpsync.report.text_reasons import by_weight
from mmpsync.report.text_style import FAINT, HEADING, bullets, prose, section
from mmpsync.run import Example, Money, ReasonSummary, Run

__all__ = ["remedies"]

_MOST_REASONS = 8
_MOST_EXAMPLES = 2
_END_OF_SENTENCE = re.compile(r"(?<=\.)\s+(?=[A-Z])")


def remedies(run: Run) -> Iterator[RenderableType]:
    """For each of the worst errors: its title, the first step to its remedy, a few rows that have it."""
    errors = [
        reason for reason in by_weight(run.reason_summaries) if reason.severity == "error" and reason.rows
    ]
    if not errors:
        return
    parts: list[RenderableType] = [bullets(map(_remedy, errors[:_MOST_REASONS]), numbered=True)]
    if rest := errors[_MOST_REASONS:]:
        parts.append(Text(f"And {number(len(rest))} more: {', '.join(reason.code for reason in rest)}"))
    yield section("What to do", *parts)


def _remedy(reason: ReasonSummary) -> RenderableType:
    entry = BY_CODE[reason.code]
    examples = [_example(reason.code, example) for example in reason.examples[:_MOST_EXAMPLES]]
    return Group(
        Text.assemble((entry.title, HEADING), (f" · {', then '.join(entry.fixers)}", FAINT)),
        prose(_END_OF_SENTENCE.split(entry.fix)[0]),
        bullets(Text(line, FAINT) for line in examples or _first_rows(reason)),
    )


def _example(reason: str, example: Example) -> str:
    """One row: where it is and what it holds, every id masked."""
    event = masking.brief(example.event_name or "no event name")
    facts = [f"{event} {moment(example.event_time)}" if example.event_time else event]
    facts.append(
        f"ClickId {masking.mask_click_id(example.click_id_raw, reason)}"
        if example.click_id_raw
        else "no ClickId"
    )
    if example.suggestion:
        facts.append(f"true id {masking.mask(example.suggestion)}")
    if example.order_id:
        facts.append(f"order {masking.mask(example.order_id)}")
    if example.amount is not None:
        facts.append(money(Money(currency=example.currency, amount=example.amount)))
    missing = [code.partition(":")[2] for code in example.reasons.split(";") if code.startswith(f"{reason}:")]
    if missing:
        facts.append(f"without {' and '.join(missing)}")
    return f"{masking.short_path(example.source_file)} row {number(example.source_row)}: {', '.join(facts)}"


def _first_rows(reason: ReasonSummary) -> list[str]:
    return [
        f"{masking.short_path(file.path)} row {number(file.first_row)}"
        + (f", the first of {number(file.rows)}" if file.rows > 1 else "")
        for file in reason.files[:_MOST_EXAMPLES]
    ]
