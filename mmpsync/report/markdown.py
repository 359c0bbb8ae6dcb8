"""The summary as GitHub-flavoured Markdown: for pull requests, wikis, and the page of a CI run."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from mmpsync.reasons import BY_CODE
from mmpsync.report.action_lines import action_lines
from mmpsync.report.figures import (
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
from mmpsync.report.funnel import currencies, stages
from mmpsync.report.interface import PAGE, Report, Screen
from mmpsync.report.masking import brief, short_path
from mmpsync.report.outcome import (
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
from mmpsync.run import ReasonSummary, Run

__all__ = ["REPORT"]

# Enough for any honest run; a file full of made-up currencies or names must not fill a page.
_MOST_CURRENCIES, _MOST_FILES, _MOST_CONDITIONS, _MOST_GROUPS = 20, 10, 50, 15
_MOST_REMEDIES, _MOST_SAMPLES = 8, 2
_LONGEST_PATH, _LONGEST_TEXT = 100, 1_000
# A colon only where it makes a link or an emoji.
_SPECIAL = re.compile(r"[\\`*_\[\]<>|~#&@$]|:(?=//|[\w+-]+:)")
# What would begin a list, or be a ruler, at the beginning of a line.
_BEGINNING = re.compile(r"^((?=[-+](?:\s|$)|--)|\d+(?=[.)](?:\s|$)))")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;", ":": "&#58;", "|": "&#124;"}
_Row = Sequence[str]


def _render(run: Run, screen: Screen = PAGE, /) -> str:
    sections = [f"# {_plain(headline(run))}", *_sections(run, screen)]
    return "\n\n".join(sections) + "\n"


def _sections(run: Run, screen: Screen) -> Iterator[str]:
    if run.summary.rows:
        label, title, found = problem(run)
        yield f"{_plain(label)}**{_plain(title)}**{_plain(found)}" if title else f"{_plain(label)}."
        if run.summary.in_scope and not run.clicks.records:
            yield "No clicks were given: the rate only says how many ClickIds look right."
        yield _plain(looked_at(run))
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
        yield _folded(f"Excluded: {counted(run.summary.count('excluded'), 'row')}", _reasons(run, excluded))
    if run.files or run.left_out:
        yield _folded(f"Files: {counted(len(run.files), 'file')} read", _files(run))
    if run.advice:
        yield f"## Advice\n\n{_listed(_advice(run))}"
    if run.assumptions:
        yield f"## Assumed\n\n{_listed(map(_plain, run.assumptions))}"


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
    return _table(("", "rows", "share", *(_plain(currency(code)) for code in codes)), rows, lefts=1)


def _reasons(run: Run, reasons: Sequence[ReasonSummary]) -> str:
    rows = [
        (
            "" if reason.severity == "none" else reason.severity,
            BY_CODE[reason.code].title,
            f"`{reason.code}`",
            fixers(BY_CODE[reason.code]),
            number(reason.rows),
            of_scope(run, reason),
            "<br>".join(map(_plain, moneys(reason.amounts, _MOST_CURRENCIES))),
            number(reason.also) if reason.also else "",
        )
        for reason in reasons
    ]
    heads = ("", "reason", "code", "who can fix it", "rows", "of scope", "money", "behind another")
    return _table(heads, rows, lefts=4)


def _remedies(errors: Sequence[ReasonSummary], *, unmask: bool) -> str:
    lines = []
    for place, reason in enumerate(errors[:_MOST_REMEDIES], 1):
        entry = BY_CODE[reason.code]
        # The catalogue's words are Markdown already: backquotes are its only markup.
        lines.append(f"{place}. **{entry.title}** · {', then '.join(entry.fixers)}  ")
        lines.append(f"   {first_step(entry)}")
        found = samples(reason, _MOST_SAMPLES, unmask=unmask)
        lines.extend(f"   - {_plain(line)}" for line in found)
    if rest := errors[_MOST_REMEDIES:]:
        lines += ["", f"And {number(len(rest))} more: {', '.join(f'`{reason.code}`' for reason in rest)}"]
    return "\n".join(lines)


def _gate(run: Run) -> str:
    failed_first = sorted(run.gate.conditions, key=lambda condition: condition.passed)
    rows = [
        (
            "passed" if condition.passed else "**failed**",
            _plain(condition.name),
            _plain(condition.limit),
            _plain(condition_value(condition)),
        )
        for condition in failed_first[:_MOST_CONDITIONS]
    ]
    heads = ("", "condition", "allowed", "found")
    return _table(heads, rows, lefts=3) + _more(len(failed_first) - len(rows))


def _actions(run: Run) -> Iterator[str]:
    lines = action_lines(run, _MOST_CURRENCIES)
    if lines:
        rows = [(line.label, number(line.count), _plain(line.note)) for line in lines]
        yield f"## Actions at impact.com\n\n{_table(('actions', 'count', 'of these'), rows, lefts=1)}"


def _partners(run: Run) -> Iterator[str]:
    partners = [group for group in run.groups if group.dimension == "partner"]
    if partners:
        rows = [
            (
                "(none)" if group.name is None else _plain(group.name),
                number(group.rows),
                rate(group.match_rate),
                "<br>".join(map(_plain, moneys(group.at_risk, _MOST_CURRENCIES))),
            )
            for group in partners[:_MOST_GROUPS]
        ]
        heads = ("partner", "rows", "match rate", "at risk")
        found = _table(heads, rows, lefts=1) + _more(len(partners) - len(rows))
        yield _folded(f"Partners: {number(len(partners))}", found)


def _files(run: Run) -> str:
    rows: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for file in run.files:
        rows[file.title, file.holds].append(file.rows)
    lines = [
        f"{_plain(title)}: {counted(len(of_files), 'file')}, {counted(sum(of_files), 'row')} of {holds}"
        for (title, holds), of_files in rows.items()
    ]
    if run.clicks.records:
        lines.append(f"Clicks from {moment(run.clicks.earliest)} to {moment(run.clicks.latest)}")
    damaged = [file for file in run.files if file.unreadable]
    lines += [
        f"{counted(file.unreadable, 'line')} of {_path(file.path)} cannot be read"
        for file in damaged[:_MOST_FILES]
    ]
    lines += [f"Left out: {_path(left.path)}, {_plain(left.why)}" for left in run.left_out[:_MOST_FILES]]
    shown = min(len(damaged), _MOST_FILES) + min(len(run.left_out), _MOST_FILES)
    return _listed(lines) + _more(len(damaged) + len(run.left_out) - shown)


def _advice(run: Run) -> Iterator[str]:
    for entry in run.advice:
        names = [_path(file) for file in entry.files[:_MOST_FILES]]
        rest = len(entry.files) - len(names)
        more = f" and {number(rest)} more" if rest else ""
        yield _plain(entry.message) + (f" ({', '.join(names)}{more})" if names else "")


def _path(path: str) -> str:
    return _plain(short_path(path, _LONGEST_PATH))


def _plain(text: str) -> str:
    """Return the text on one line, without a character that Markdown or HTML would act on."""
    shown = _SPECIAL.sub(
        lambda found: _ENTITIES.get(found[0], f"\\{found[0]}"), brief(text, _LONGEST_TEXT).lstrip()
    )
    return _BEGINNING.sub(r"\1\\", shown)


def _table(heads: _Row, rows: Iterable[_Row], *, lefts: int) -> str:
    """Set a table, its first columns to the left and its figures to the right."""
    rule = [":---" if place < lefts else "---:" for place in range(len(heads))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (heads, rule, *rows))


def _listed(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _folded(title: str, contents: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{contents}\n\n</details>"


def _more(rest: int) -> str:
    return f"\n\nand {number(rest)} more, in run.json" if rest > 0 else ""


REPORT = Report(name="markdown", render=_render, lines=True)
