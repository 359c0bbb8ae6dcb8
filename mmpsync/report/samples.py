"""Rows to look at, each in one line: where it is and what it holds, every id masked unless told otherwise."""

from collections.abc import Callable

from mmpsync.figures import moment, money_of, number
from mmpsync.masking import brief, harmless, mask, mask_click_id, short_path
from mmpsync.summaries import Example, ReasonSummary

__all__ = ["samples"]


def samples(reason: ReasonSummary, most: int, *, unmask: bool) -> list[str]:
    """List the first rows that have a reason; of a reason whose rows nobody looks into, only where they are."""
    return [_example(reason.code, example, unmask=unmask) for example in reason.examples[:most]] or [
        f"{short_path(file.path)} row {number(file.first_row)}"
        + (f", the first of {number(file.rows)}" if file.rows > 1 else "")
        for file in reason.files[:most]
    ]


def _example(reason: str, example: Example, *, unmask: bool) -> str:
    shown: Callable[[str], str] = harmless if unmask else mask
    event = brief(example.event_name or "no event name")
    facts = [f"{event} {moment(example.event_time)}" if example.event_time else event]
    click_id = example.click_id_raw
    if click_id:
        facts.append(f"ClickId {harmless(click_id) if unmask else mask_click_id(click_id, reason)}")
    else:
        facts.append("no ClickId")
    if example.suggestion:
        facts.append(f"true id {shown(example.suggestion)}")
    if example.order_id:
        facts.append(f"order {shown(example.order_id)}")
    if amount := money_of(example):
        facts.append(amount)
    if named := example.named(reason):
        word = "without " if reason.startswith("missing-") else ""
        facts.append(f"{word}{' and '.join(named)}")
    return f"{short_path(example.source_file)} row {number(example.source_row)}: {', '.join(facts)}"
