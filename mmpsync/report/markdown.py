"""The summary as GitHub-flavoured Markdown: for pull requests, wikis, and the page of a CI run."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from mmpsync.figures import (
    NO_NAME,
    NONE,
    amount,
    counted,
    currency,
    moment,
    moneys,
    number,
    rate,
    share,
)
from mmpsync.masking import short_path
from mmpsync.reasons import BY_CODE
from mmpsync.report.action_lines import action_lines
from mmpsync.report.funnel import currencies, stages
from mmpsync.report.interface import PAGE, Report, Screen
from mmpsync.report.markdown_text import folded, listed, plain, table
from mmpsync.report.outcome import (
    NOT_JOINED,
    by_weight,
    condition_value,
    first_step,
    fixers,
    headline,
    looked_at,
    of_scope,
    problem,
)
from mmpsync.report.samples import samples
from mmpsync.run import Run
from mmpsync.summaries import ReasonSummary

__all__ = ["REPORT"]

# Enough for any honest run; a file full of made-up currencies or names must not fill a page.
_MOST_CURRENCIES, _MOST_FILES, _MOST_CONDITIONS, _MOST_GROUPS = 20, 10, 50, 15
_MOST_REMEDIES, _MOST_SAMPLES = 8, 2
_LONGEST_PATH = 100


def _render(run: Run, screen: Screen = PAGE, /) -> str:
    sections = [f"# {plain(headline(run))}", *_sections(run, screen)]
    return "\n\n".join(sections) + "\n"


def _sections(run: Run, screen: Screen) -> Iterator[str]:
    if run.summary.rows:
        label, title, found = problem(run)
        yield f"{plain(label)}**{plain(title)}**{plain(found)}" if title else f"{plain(label)}."
        if run.summary.in_scope and not run.clicks.records:
            yield f"{NOT_JOINED}."
        yield plain(looked_at(run))
        yield f"## Funnel\n\n{_funnel(run)}"
    shown = [reason for reason in by_weight(run.reason_summaries) if reason.verdict != "excluded"]
    if shown:
        yield f"## Reasons\n\n{_reasons(run, shown)}"
    errors = [reason for reason in shown if reason.severity == "error" and reason.rows]
    if errors:
        yield f"## What to do\n\n{_remedies(errors, unmask=screen.unmask)}"
    if run.gate.conditions:
        yield f"## Gate\n\n{_gate(run)}"
    yield from _actions(run)
    yield from _partners(run)
    excluded = [reason for reason in by_weight(run.reason_summaries) if reason.verdict == "excluded"]
    if excluded:
        yield folded(f"Excluded: {counted(run.summary.count('excluded'), 'row')}", _reasons(run, excluded))
    if run.files or run.left_out:
        yield folded(f"Files: {counted(len(run.files), 'file')} read", _files(run))
    if run.advice:
        yield f"## Advice\n\n{listed(_advice(run))}"
    if run.assumptions:
        yield f"## Assumed\n\n{listed(map(plain, run.assumptions))}"


def _funnel(run: Run) -> str:
    codes = currencies(run)[:_MOST_CURRENCIES]
    rates = run.summary.match_rate_by_amount
    rows = [
        (
            f"{'&emsp;' * stage.depth}{stage.label}",
            number(stage.rows),
            "" if stage.whole is None else share(stage.rows, stage.whole),
            *(amount(stage.money[code]) if code in stage.money else NONE for code in codes),
        )
        for stage in stages(run)
    ]
    by_amount = [rate(None if code is None else rates.get(code)) for code in codes]
    rows.append(("Match rate", "", rate(run.summary.match_rate), *by_amount))
    rows.append(("ClickId coverage", "", rate(run.summary.click_id_coverage), *("" for _ in codes)))
    return table(("", "rows", "share", *(plain(currency(code)) for code in codes)), rows, lefts=1)


def _reasons(run: Run, reasons: Sequence[ReasonSummary]) -> str:
    rows = [
        (
            "" if reason.severity == "none" else reason.severity,
            BY_CODE[reason.code].title,
            f"`{reason.code}`",
            fixers(BY_CODE[reason.code]),
            number(reason.rows),
            of_scope(run, reason),
            "<br>".join(map(plain, moneys(reason.amounts, _MOST_CURRENCIES))),
            number(reason.also) if reason.also else "",
        )
        for reason in reasons
    ]
    heads = ("", "reason", "code", "who can fix it", "rows", "of scope", "money", "behind another")
    return table(heads, rows, lefts=4)


def _remedies(errors: Sequence[ReasonSummary], *, unmask: bool) -> str:
    lines = []
    for place, reason in enumerate(errors[:_MOST_REMEDIES], 1):
        entry = BY_CODE[reason.code]
        # The catalogue's words are Markdown already: backquotes are its only markup.
        lines.append(f"{place}. **{entry.title}** · {', then '.join(entry.fixers)}  ")
        lines.append(f"   {first_step(entry)}")
        found = samples(reason, _MOST_SAMPLES, unmask=unmask)
        lines.extend(f"   - {plain(line)}" for line in found)
    if rest := errors[_MOST_REMEDIES:]:
        lines += ["", f"And {number(len(rest))} more: {', '.join(f'`{reason.code}`' for reason in rest)}"]
    return "\n".join(lines)


def _gate(run: Run) -> str:
    failed_first = sorted(run.gate.conditions, key=lambda condition: condition.passed)
    rows = [
        (
            "passed" if condition.passed else "**failed**",
            plain(condition.name),
            plain(condition.limit),
            plain(condition_value(condition)),
        )
        for condition in failed_first[:_MOST_CONDITIONS]
    ]
    heads = ("", "condition", "allowed", "found")
    return table(heads, rows, lefts=3) + _more(len(failed_first) - len(rows))


def _actions(run: Run) -> Iterator[str]:
    lines = action_lines(run, _MOST_CURRENCIES)
    if lines:
        rows = [(line.label, number(line.count), plain(line.note)) for line in lines]
        yield f"## Actions at impact.com\n\n{table(('actions', 'count', 'of these'), rows, lefts=1)}"


def _partners(run: Run) -> Iterator[str]:
    partners = [group for group in run.groups if group.dimension == "partner"]
    if partners:
        rows = [
            (
                NO_NAME if group.name is None else plain(group.name),
                number(group.rows),
                rate(group.match_rate),
                "<br>".join(map(plain, moneys(group.at_risk, _MOST_CURRENCIES))),
            )
            for group in partners[:_MOST_GROUPS]
        ]
        heads = ("partner", "rows", "match rate", "at risk")
        found = table(heads, rows, lefts=1) + _more(len(partners) - len(rows))
        yield folded(f"Partners: {number(len(partners))}", found)


def _files(run: Run) -> str:
    rows: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for file in run.files:
        rows[file.title, file.holds].append(file.rows)
    lines = [
        f"{plain(title)}: {counted(len(of_files), 'file')}, {counted(sum(of_files), 'row')} of {holds}"
        for (title, holds), of_files in rows.items()
    ]
    if run.clicks.records:
        lines.append(f"Clicks from {moment(run.clicks.earliest)} to {moment(run.clicks.latest)}")
    damaged = [file for file in run.files if file.unreadable]
    lines += [
        f"{counted(file.unreadable, 'line')} of {_path(file.path)} cannot be read"
        for file in damaged[:_MOST_FILES]
    ]
    lines += [f"Left out: {_path(left.path)}, {plain(left.why)}" for left in run.left_out[:_MOST_FILES]]
    shown = min(len(damaged), _MOST_FILES) + min(len(run.left_out), _MOST_FILES)
    return listed(lines) + _more(len(damaged) + len(run.left_out) - shown)


def _advice(run: Run) -> Iterator[str]:
    for entry in run.advice:
        names = [_path(file) for file in entry.files[:_MOST_FILES]]
        rest = len(entry.files) - len(names)
        more = f" and {number(rest)} more" if rest else ""
        found = plain(entry.message) + (f" ({', '.join(names)}{more})" if names else "")
        yield f"{found}  \n  {plain(entry.fix)}" if entry.fix else found


def _path(path: str) -> str:
    return plain(short_path(path, _LONGEST_PATH))


def _more(rest: int) -> str:
    return f"\n\nand {number(rest)} more, in run.json" if rest > 0 else ""


REPORT: Report[Run] = Report(name="markdown", render=_render, lines=True)
