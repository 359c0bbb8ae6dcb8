"""The first and the last words of the terminal summary: are we fine, which conditions failed, where to go on."""

from collections import defaultdict
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from mmpsync.reasons import BY_CODE
from mmpsync.report.figures import counted, moment, moneys, number, rate, share
from mmpsync.report.masking import harmless
from mmpsync.report.text_reasons import by_weight
from mmpsync.report.text_style import FAINT, HEADING, Pieces, columns, path, section
from mmpsync.run import GateCondition, ReasonSummary, Run

__all__ = ["gate", "verdict", "whereabouts"]

_AT_RISK = ("unattributed", "incomplete")
_MOST_CURRENCIES = 3


def verdict(run: Run) -> RenderableType:
    """Answer in one line, name the biggest problem in one sentence, and say what was looked at."""
    found = run.summary
    if not found.rows:
        return Text("Nothing to check: there is no row in the input.", "bold yellow")
    scope = f"match rate {rate(found.match_rate)}" if found.in_scope else "no row in scope"
    lines = [Text.assemble(_gate_word(run), f", {scope}"), _biggest_problem(run)]
    if found.in_scope and not run.clicks.records:
        lines.append(Text("No clicks were given: the rate only says how many ClickIds look right", "yellow"))
    exports = counted(sum(file.holds == "conversions" for file in run.files), "file")
    scope = f"{number(found.in_scope)} in scope"
    lines.append(
        Text(f"{counted(found.rows, 'row')} from {exports}, {scope}, as of {moment(run.as_of)}", FAINT)
    )
    return Group(*lines)


def _gate_word(run: Run) -> Text:
    if run.config.get("gate.fail_on") == "never":
        return Text("Gate OFF", "bold yellow")
    return Text("Gate PASSED", "bold green") if run.gate.passed else Text("Gate FAILED", "bold red")


def _biggest_problem(run: Run) -> Text:
    problem = _worst(run)
    if problem is not None:
        label = "Biggest problem" if problem.severity == "error" else "No errors; biggest warning"
        return Text.assemble(
            f"{label}: ", (BY_CODE[problem.code].title, HEADING), f", {_extent(run, problem)}"
        )
    if run.summary.in_scope:
        return Text("No errors and no warnings")
    return Text(
        f"{counted(run.summary.count('excluded'), 'row')} left out of every rate, for the reasons below"
    )


def _worst(run: Run) -> ReasonSummary | None:
    """Return the error with the most rows; without errors, the warning."""
    found = (r for r in by_weight(run.reason_summaries) if r.rows and r.severity in {"error", "warning"})
    return next(found, None)


def _extent(run: Run, reason: ReasonSummary) -> str:
    rows = counted(reason.rows, "row")
    if reason.verdict != "unreadable":
        rows += f" ({share(reason.rows, run.summary.in_scope)} of scope)"
    money = moneys(reason.amounts, _MOST_CURRENCIES) if reason.verdict in _AT_RISK else []
    return f"{rows}, {' and '.join(money)} at risk" if money else rows


def gate(run: Run) -> Iterator[RenderableType]:
    """List the conditions that failed: what was allowed, what was found."""
    found_by_limit: defaultdict[str, list[str]] = defaultdict(list)
    for condition in run.gate.conditions:
        if not condition.passed:
            found_by_limit[condition.limit].append(f"{condition.name} {_value(condition)}")
    if found_by_limit:
        table = columns("left", "left")
        for limit, found in found_by_limit.items():
            pieces = [f"{each}, " for each in found[:-1]] + found[-1:]
            table.add_row(Text(f"allowed: {limit}", FAINT), Pieces(pieces))
        failed = sum(map(len, found_by_limit.values()))
        yield section(f"Gate: {failed} of {counted(len(run.gate.conditions), 'condition')} failed", table)


def _value(condition: GateCondition) -> str:
    return number(int(condition.value)) if condition.value.isdigit() else condition.value


def whereabouts(run: Run) -> Iterator[RenderableType]:
    """Say where the rows are, and what to type next."""
    if run.directory is not None:
        contents = columns("left", "right", "left")
        for name, rows, what in _contents(run):
            contents.add_row(name, number(rows), Text(what, FAINT))
        yield Group(Text("Written to", HEADING), path(f"  {harmless(str(run.directory))}"), contents)
    problem = _worst(run)
    if problem is not None:
        yield Text.assemble("Next: ", (f"mmpsync explain {problem.code}", HEADING))


def _contents(run: Run) -> Iterator[tuple[str, int, str]]:
    found = run.summary
    if not found.rows:
        return
    yield "  clean.parquet", found.count("clean"), "ready to be sent to impact.com"
    yield "  exceptions.csv", found.in_scope - found.count("clean"), "all others in scope, and why"
    yield "  excluded.parquet", found.count("excluded"), "left out of every rate"
    yield "  unreadable.csv", sum(file.unreadable for file in run.files), "damaged lines"
