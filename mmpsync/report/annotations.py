"""What CI services show beside a run: one annotation per error and warning, the worst ten, each with its place."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from mmpsync.figures import number
from mmpsync.masking import harmless
from mmpsync.reasons import BY_CODE
from mmpsync.report.outcome import by_weight, condition_value, extent, first_step
from mmpsync.report.places import first_line, foremost
from mmpsync.run import Run
from mmpsync.summaries import ReasonSummary

__all__ = ["Annotation", "annotations", "log"]

_MOST = 10  # GitHub drops what is more, of each level and step


@dataclass(frozen=True)
class Annotation:
    """One finding: `code` is the reason's, empty for a condition of the gate; `line` is 1-based."""

    level: Literal["error", "warning"]
    code: str
    title: str
    message: str
    file: str | None = None
    line: int | None = None


def annotations(run: Run) -> list[Annotation]:
    """List the findings: conditions of the gate that no reason stands for, then reasons, worst first."""
    return list(_all(run))


def log(headline: str, found: Sequence[Annotation], command: Callable[[Annotation], str]) -> str:
    """Set the first ten as commands below a line for people, and say what there was no room for."""
    commands = [command(each) for each in found[:_MOST]]
    left_out = len(found) - len(commands)
    rest = [f"and {number(left_out)} more; the report text has them all"] if left_out > 0 else []
    return "".join(f"{line}\n" for line in (headline, *commands, *rest))


def _all(run: Run) -> Iterator[Annotation]:
    if not run.summary.rows:
        yield Annotation("error", "", "Nothing to check", "There is no row in the input.")
    for condition in run.gate.conditions:
        if not condition.passed and condition.name not in BY_CODE:
            found = harmless(f"{condition.name} is {condition_value(condition)}, allowed: {condition.limit}")
            yield Annotation("error", "", "Gate failed", found)
    for reason in by_weight(run.reason_summaries):
        if reason.found and reason.severity in {"error", "warning"}:
            yield _annotation(run, reason)


def _annotation(run: Run, reason: ReasonSummary) -> Annotation:
    entry = BY_CODE[reason.code]
    file = foremost(reason.files)
    lines = [f"{extent(run, reason)}."]
    if file is not None:
        lines.append(f"First in {harmless(file.path)}, row {number(file.first_row)}.")
    lines += [first_step(entry), f"More: mmpsync explain {reason.code}"]
    return Annotation(
        level="error" if reason.severity == "error" else "warning",
        code=reason.code,
        title=entry.title,
        message="\n".join(lines),
        file=None if file is None else file.path,
        line=None if file is None else first_line(run, file),
    )
