"""The first and the last words of the terminal summary: are we fine, which conditions failed, where to go on."""

from collections import defaultdict
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from mmpsync.reasons import BY_CODE
from mmpsync.report.figures import counted, moment, moneys, number, rate, share
from mmpsync.report.masking import harmless
from mmpsync.report.text_style import FAINT, columns, prose, section
from mmpsync.run import GateCondition, ReasonSummary, Run

__all__ = ["gate", "verdict", "whereabouts"]

_AT_RISK = ("unattributed", "incomplete")
_MOST_CURRENCIES = 3


def verdict(run: Run) -> RenderableType:
    """The answer in one line, the biggest problem in one sentence, and what was looked at."""
    found = run.summary
    if not found.rows:
        return Text("Nothing to check: there is no row in the input.", "bold yellow")
    scope = f"match rate {rate(found.match_rate)}" if found.in_scope else "but no row is in scope"
    lines = [Text.assemble(_gate_word(run), f", {scope}"), _biggest_problem(run)]
    if found.in_scope and not run.clicks.records:
        lines.append(Text("No clicks were given: the rate only says how many ClickIds look right.", "yellow"))
    read = f"{counted(found.rows, 'row')} from {counted(len(run.files), 'file')}"
    lines.append(Text(f"{read}, {number(found.in_scope)} in scope, as of {moment(run.as_of)}", FAINT))
    return Group(*lines)


def _gate_word(run: Run) -> Text:
    if run.config.get("gate.fail_on") == "never":
        return Text("Gate OFF", "bold yellow")
    return Text("Gate PASSED", "bold green") if run.gate.passed else Text("Gate FAILED", "bold red")


def _biggest_problem(run: Run) -> Text:
    for severity in ("error", "warning"):
        those = [r for r in run.reason_summaries if r.severity == severity and r.rows]
        if those:
            most = max(those, key=lambda r: r.rows)
            label = "Biggest problem" if severity == "error" else "No errors; biggest warning"
            return Text.assemble(f"{label}: ", (BY_CODE[most.code].title, "bold"), f", {_extent(run, most)}")
    excluded = run.summary.count("excluded")
    if run.summary.in_scope:
        return Text("No errors and no warnings")
    return Text(f"{counted(excluded, 'row')} left out as not for impact.com to pay, for the reasons below")


def _extent(run: Run, reason: ReasonSummary) -> str:
    parts = [counted(reason.rows, "row")]
    if reason.verdict != "unreadable":
        parts[0] += f" ({share(reason.rows, run.summary.in_scope)} of scope)"
    if reason.verdict in _AT_RISK and (money := moneys(reason.amounts, _MOST_CURRENCIES)):
        parts.append(f"{' and '.join(money)} at risk")
    return ", ".join(parts)


def gate(run: Run) -> Iterator[RenderableType]:
    """The conditions that failed, by what was allowed: what was found."""
    failed = [condition for condition in run.gate.conditions if not condition.passed]
    if failed:
        by_limit: defaultdict[str, list[str]] = defaultdict(list)
        for condition in failed:
            by_limit[condition.limit].append(f"{condition.name} {_value(condition)}")
        table = columns("left", "left")
        for limit, found in by_limit.items():
            table.add_row(Text(f"allowed: {limit}", FAINT), prose(", ".join(found)))
        yield section(f"Gate: {len(failed)} of {counted(len(run.gate.conditions), 'condition')} failed", table)


def _value(condition: GateCondition) -> str:
    return number(int(condition.value)) if condition.value.isdigit() else condition.value


def whereabouts(run: Run) -> RenderableType:
    """Where the rows are, and what to type next."""
    parts: list[RenderableType] = []
    if run.directory is not None and run.summary.rows:
        parts.append(_contents(run))
    worst = next((r.code for r in _by_weight(run) if r.severity in {"error", "warning"}), None)
    if worst:
        parts.append(Text.assemble("Next: ", (f"mmpsync explain {worst}", "bold")))
    return section(f"Run {harmless(str(run.directory or run.id))}", *parts)


def _by_weight(run: Run) -> list[ReasonSummary]:
    order = {"error": 0, "warning": 1}
    return sorted(run.reason_summaries, key=lambda r: (order.get(r.severity, 2), -r.rows))


def _contents(run: Run) -> RenderableType:
    found = run.summary
    exceptions = found.in_scope - found.count("clean")
    table = columns("left", "right", "left")
    for name, rows, what in (
        ("clean.parquet", found.count("clean"), "ready to be sent to impact.com"),
        ("exceptions.csv", exceptions, "all others in scope, and why"),
        ("excluded.parquet", found.count("excluded"), "left out of every rate"),
        ("unreadable.csv", sum(file.unreadable for file in run.files), "lines that are damaged"),
    ):
        table.add_row(name, number(rows), what)
    return table
