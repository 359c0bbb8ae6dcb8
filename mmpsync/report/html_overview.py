"""The first screen of the HTML report: are we fine, what broke, how much money, who fixes it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from mmpsync.figures import counted, moneys, number, rate
from mmpsync.masking import brief
from mmpsync.reasons import AT_RISK, BY_CODE, Fixer
from mmpsync.report.html_excerpt import Excerpt, excerpt
from mmpsync.report.outcome import NOT_JOINED, NOTHING, by_weight, gate_word, of_scope, worst
from mmpsync.run import Run
from mmpsync.summaries import Money, ReasonSummary, added

__all__ = ["Breakage", "Overview", "Share", "Tile", "largest_first", "overview"]

_MOST_BROKEN = 6
_MOST_CURRENCIES = 3
_Tone = Literal["clean", "error", "warning"]
_TONES: dict[str, _Tone] = {"PASSED": "clean", "FAILED": "error", "OFF": "warning"}


@dataclass(frozen=True)
class Tile:
    """One figure of the first screen: its name, the figure (a line per currency), and what it is made of."""

    label: str
    figures: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class Breakage:
    """One reason on the first screen, with the one who can most likely fix it."""

    code: str
    title: str
    rows: int
    share: str
    money: tuple[str, ...]
    fixer: str


@dataclass(frozen=True)
class Share:
    """What one party can fix: rows with errors, money at risk, and the reasons, most rows first."""

    fixer: str
    rows: int
    money: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Overview:
    """The first screen. `tone` is how the verdict looks; `problem` is null on a good day."""

    tone: _Tone
    gate: str
    headline: str
    problem: Breakage | None
    problem_label: str
    caveats: tuple[str, ...]
    tiles: tuple[Tile, ...]
    broken: Excerpt[Breakage]
    shares: tuple[Share, ...]


def overview(run: Run) -> Overview:
    """Answer the four questions from the run's summary and reasons."""
    found = [reason for reason in by_weight(run.reason_summaries) if reason.rows]
    errors = [reason for reason in found if reason.severity == "error"]
    broken = errors or [reason for reason in found if reason.severity == "warning"]
    problem = worst(run)
    gate = gate_word(run)
    return Overview(
        tone=_TONES[gate] if run.summary.rows else "warning",
        gate=f"Gate {gate.lower()}" if run.summary.rows else "Nothing to check",
        headline=_headline(run),
        problem=_breakage(run, problem) if problem else None,
        problem_label="Biggest problem" if errors else "No errors; biggest warning",
        caveats=tuple(_caveats(run)),
        tiles=tuple(_tiles(run)) if run.summary.rows else (),
        broken=excerpt(broken, _MOST_BROKEN).each(lambda reason: _breakage(run, reason)),
        shares=_shares(errors),
    )


def largest_first(amounts: Iterable[Money], most: int = _MOST_CURRENCIES) -> tuple[str, ...]:
    """Write money per currency, the largest figure first; of more than `most`, how many there are."""
    return tuple(moneys(sorted(amounts, key=lambda money: -money.amount), most))


def _headline(run: Run) -> str:
    found = run.summary
    if not found.rows:
        return NOTHING.partition(": ")[2].capitalize()
    if not found.in_scope:
        return "No row is in scope"
    if not found.rows_at_risk:
        return f"Nothing is at risk in {counted(found.in_scope, 'conversion')}"
    return (
        f"{number(found.rows_at_risk)} of {counted(found.in_scope, 'conversion')} cannot be paid as they are"
    )


def _caveats(run: Run) -> Iterable[str]:
    found = run.summary
    if found.rows and not found.in_scope:
        left_out = counted(found.count("excluded"), "row")
        yield f"{left_out} left out of every rate, for the reasons below."
    if found.in_scope and not run.clicks.records:
        yield f"{NOT_JOINED}."


def _tiles(run: Run) -> Iterable[Tile]:
    found = run.summary
    judged = f"{number(found.count('clean'))} of {counted(found.in_rate, 'row')}"
    limit = next((c.limit for c in run.gate.conditions if c.name == "match rate"), None)
    yield Tile(
        "Match rate", (rate(found.match_rate),), f"{judged}; limit: {brief(limit)}" if limit else judged
    )
    yield Tile(
        "Money at risk", largest_first(found.at_risk) or ("none",), f"in {counted(found.rows_at_risk, 'row')}"
    )
    exports = counted(sum(file.holds == "conversions" for file in run.files), "file")
    yield Tile("In scope", (number(found.in_scope),), f"of {counted(found.rows, 'row')} from {exports}")
    yield Tile("ClickId coverage", (rate(found.click_id_coverage),), "of rows attributed to impact.com")


def _breakage(run: Run, reason: ReasonSummary) -> Breakage:
    entry = BY_CODE[reason.code]
    return Breakage(
        code=reason.code,
        title=entry.title,
        rows=reason.rows,
        share=of_scope(run, reason),
        money=largest_first(reason.amounts),
        fixer=entry.fixers[0],
    )


def _shares(errors: Iterable[ReasonSummary]) -> tuple[Share, ...]:
    """Give every error to the one who can most likely fix it."""
    of_fixer: defaultdict[Fixer, list[ReasonSummary]] = defaultdict(list)
    for reason in errors:
        of_fixer[BY_CODE[reason.code].fixers[0]].append(reason)
    largest = sorted(of_fixer.items(), key=lambda item: -sum(reason.rows for reason in item[1]))
    return tuple(
        Share(
            fixer=fixer,
            rows=sum(reason.rows for reason in reasons),
            money=largest_first(
                added((m.currency, m.amount) for r in reasons if r.verdict in AT_RISK for m in r.amounts)
            ),
            reasons=tuple(reason.code for reason in reasons),
        )
        for fixer, reasons in largest
    )
