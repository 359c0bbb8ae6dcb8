"""What to do, in the terminal summary: for the worst errors how to fix them, and rows to look at."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from mmpsync.figures import number
from mmpsync.reasons import BY_CODE
from mmpsync.report.outcome import by_weight, first_step
from mmpsync.report.samples import samples
from mmpsync.report.text_style import FAINT, HEADING, bullets, prose, section
from mmpsync.run import Run
from mmpsync.summaries import ReasonSummary

__all__ = ["remedies"]

_MOST_REASONS = 8
_MOST_EXAMPLES = 2


def remedies(run: Run, *, unmask: bool) -> Iterator[RenderableType]:
    """For each of the worst errors: its title, the first step to its remedy, a few rows that have it."""
    errors = [
        reason for reason in by_weight(run.reason_summaries) if reason.severity == "error" and reason.rows
    ]
    if not errors:
        return
    shown = (_remedy(reason, unmask=unmask) for reason in errors[:_MOST_REASONS])
    parts: list[RenderableType] = [bullets(shown, numbered=True)]
    if rest := errors[_MOST_REASONS:]:
        parts.append(Text(f"And {number(len(rest))} more: {', '.join(reason.code for reason in rest)}"))
    yield section("What to do", *parts)


def _remedy(reason: ReasonSummary, *, unmask: bool) -> RenderableType:
    entry = BY_CODE[reason.code]
    lines = samples(reason, _MOST_EXAMPLES, unmask=unmask)
    return Group(
        Text.assemble((entry.title, HEADING), (f" · {', then '.join(entry.fixers)}", FAINT)),
        prose(first_step(entry)),
        bullets(Text(line, FAINT) for line in lines),
    )
