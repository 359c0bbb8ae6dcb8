"""Examples of exceptions in the HTML report: where each row is and what it holds, every id masked unless told otherwise."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from mmpsync.figures import moment, money_of, number
from mmpsync.masking import brief, mask, mask_click_id, short_path
from mmpsync.reasons import BY_CODE
from mmpsync.report.html_excerpt import Excerpt, excerpt
from mmpsync.report.outcome import by_weight
from mmpsync.run import Run
from mmpsync.summaries import Example

__all__ = ["ExampleLine", "example_lines"]

_MOST = 300
_MOST_OF_A_REASON = 10
_MOST_NAMED = 5
_LONGEST_PATH, _LONGEST_ID = 40, 80
_LONGEST_NAME = 32


@dataclass(frozen=True)
class ExampleLine:
    """One row with its reason; what the row does not hold is empty."""

    code: str
    title: str
    file: str
    row: str
    event: str
    time: str
    source: str
    click_id: str
    true_id: str
    order: str
    money: str
    named: str


def example_lines(run: Run, *, unmask: bool) -> Excerpt[ExampleLine]:
    """List the first rows of every reason, the worst reasons first; all of them are in exceptions.csv."""
    lines = [
        _line(reason.code, example, unmask=unmask)
        for reason in by_weight(run.reason_summaries)
        for example in reason.examples[:_MOST_OF_A_REASON]
    ]
    total = sum(len(reason.examples) for reason in run.reason_summaries)
    shown = excerpt(lines, _MOST)
    return Excerpt(shown.shown, total - len(shown))


def _line(reason: str, example: Example, *, unmask: bool) -> ExampleLine:
    shown: Callable[[str], str] = partial(brief, most=_LONGEST_ID) if unmask else mask
    click_id = example.click_id_raw
    return ExampleLine(
        code=reason,
        title=BY_CODE[reason].title,
        file=short_path(example.source_file, _LONGEST_PATH),
        row=number(example.source_row),
        event=brief(example.event_name or "", _LONGEST_NAME),
        time=moment(example.event_time).removesuffix(" UTC") if example.event_time else "",
        source=brief(example.media_source or "", _LONGEST_NAME),
        click_id=_click_id(click_id, reason, unmask=unmask) if click_id else "",
        true_id=shown(example.suggestion) if example.suggestion else "",
        order=shown(example.order_id) if example.order_id else "",
        money=money_of(example),
        named=", ".join(brief(name, _LONGEST_NAME) for name in example.named(reason)[:_MOST_NAMED]),
    )


def _click_id(value: str, reason: str, *, unmask: bool) -> str:
    return brief(value, _LONGEST_ID) if unmask else mask_click_id(value, reason)
