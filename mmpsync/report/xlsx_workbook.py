"""The workbook's sheets: what stands in them, but for the rows of the exceptions, which are streamed into theirs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal

from mmpsync.figures import NO_NAME, counted, currency, number
from mmpsync.reasons import BY_CODE, IN_SCOPE
from mmpsync.report.action_lines import action_lines
from mmpsync.report.funnel import currencies, stages
from mmpsync.report.outcome import condition_value, fixers, headline, looked_at, problem
from mmpsync.report.xlsx_book import Book, Head, Look, Value
from mmpsync.report.xlsx_exceptions import Exceptions, Kind
from mmpsync.run import Run
from mmpsync.summaries import Dimension, Group, Money

__all__ = ["EXCEPTIONS", "KINDS", "workbook"]

EXCEPTIONS = 3
"""The place of the sheet of exceptions, from 1."""
KINDS: tuple[Kind, ...] = ("id", "time", "money", "number")
"""How its cells may look, but for plain text; its last row has one of each, in this order."""
_WIDTHS: dict[Kind, int] = {"text": 18, "id": 24, "time": 19, "money": 12, "number": 11}
_WIDER: Mapping[str, int] = {
    "reason": 26,
    "reasons": 26,
    "source_file": 40,
    "click_id_raw": 42,
    "suggestion": 42,
}
# Before it the calendar of spreadsheets is wrong.
_FIRST_DAY = date(1900, 3, 1)
_MOST_CURRENCIES = 20
_MOST_FILES = 5
_Line = Sequence[tuple[Value, Look]]


def workbook(run: Run, found: Exceptions | None, shown: int) -> bytes:
    """Write all sheets. `found` are the run's exceptions, if they are at hand, of which `shown` rows will be."""
    book = Book(created=run.finished)
    book.page("Summary", (44, 12, 18, *[14] * _MOST_CURRENCIES), _summary(run, found, shown))
    _reasons(book, run)
    if found is None:
        book.page("Exceptions", (80,), [[("The rows are not at hand: their file is gone.", "text")]])
    else:
        heads = [
            Head(column.name, column.kind, _WIDER.get(column.name, _WIDTHS[column.kind]))
            for column in found.columns
        ]
        book.table("Exceptions", heads, (), length=shown, looks=KINDS if found.rows else ())
    _groups(book, "By partner", "partner", [group for group in run.groups if group.dimension == "partner"])
    days = [group for group in run.groups if group.dimension == "day"]
    _groups(book, "By day", "day", sorted(days, key=lambda group: group.name or ""))
    return book.close()


def _summary(run: Run, found: Exceptions | None, shown: int) -> Iterator[_Line]:
    yield [(headline(run), "heading")]
    if run.summary.rows:
        yield [("".join(problem(run)), "text")]
        yield [(looked_at(run), "text")]
        yield []
        yield from _funnel(run)
    if lines := action_lines(run, _MOST_CURRENCIES):
        yield []
        yield [("Actions at impact.com", "heading"), ("count", "figure heading"), (None, "heading")]
        for line in lines:
            yield [(line.label, "text"), (line.count, "number"), (line.note, "note")]
    if run.gate.conditions:
        yield []
        yield [(head, "heading") for head in ("Gate", "passed", "found", "allowed")]
        for condition in run.gate.conditions:
            passed = "yes" if condition.passed else "no"
            texts = (condition.name, passed, condition_value(condition), condition.limit)
            yield [(text, "text") for text in texts]
    yield []
    yield [("Notes", "heading")]
    for note in _notes(run, found, shown):
        yield [(note, "text")]


def _funnel(run: Run) -> Iterator[_Line]:
    codes = currencies(run)[:_MOST_CURRENCIES]
    heads = ("rows", "share", *(currency(code) for code in codes))
    yield [("Funnel", "heading"), *((head, "figure heading") for head in heads)]
    for stage in stages(run):
        share = stage.rows / stage.whole if stage.whole else None
        label = f"{'  ' * stage.depth}{stage.label}"
        money: list[tuple[Value, Look]] = [(stage.money.get(code), "money") for code in codes]
        yield [(label, "text"), (stage.rows, "number"), (share, "share"), *money]
    rates = run.summary.match_rate_by_amount
    by_amount: list[tuple[Value, Look]] = [
        (None if code is None else rates.get(code), "share") for code in codes
    ]
    yield [("Match rate", "text"), (None, "number"), (run.summary.match_rate, "share"), *by_amount]
    yield [("ClickId coverage", "text"), (None, "number"), (run.summary.click_id_coverage, "share")]


def _notes(run: Run, found: Exceptions | None, shown: int) -> Iterator[str]:
    if found is not None:
        cut = f" its first {number(shown)};" if shown < found.rows else ""
        yield f"Exceptions: {counted(found.rows, 'row')};{cut} exceptions.csv has every column of all of them"
    if found is not None and not found.unmask:
        yield "Personal data is masked, and device ids are left out; --unmask shows them"
    yield "Times are UTC. Money is never added up across currencies."
    for advice in run.advice:
        yield f"Advice: {advice.message}"
        yield from (f"    {file}" for file in advice.files[:_MOST_FILES])
        if len(advice.files) > _MOST_FILES:
            yield f"    and {number(len(advice.files) - _MOST_FILES)} more, in run.json"
        if advice.fix:
            yield f"    → {advice.fix}"
    yield from (f"Assumed: {text}" for text in run.assumptions)
    yield f"Run {run.id}, mmpsync {run.mmpsync_version}"


def _reasons(book: Book, run: Run) -> None:
    codes = _codes(reason.amounts for reason in run.reason_summaries)
    heads = (
        *(Head("reason", "text", 26), Head("title", "text", 36), Head("verdict", "text", 13)),
        *(Head("severity", "text"), Head("rows", "number"), Head("of scope", "share")),
        *(Head("behind another", "number"), *_money_heads(codes)),
        *(Head("who can fix it", "prose", 30), Head("what it means", "prose", 70), Head("how", "prose", 70)),
    )
    rows = []
    for reason in run.reason_summaries:
        entry = BY_CODE[reason.code]
        scope = run.summary.in_scope if reason.verdict in IN_SCOPE else 0
        of_scope = reason.rows / scope if scope else None
        about = (reason.code, entry.title, reason.verdict, reason.severity)
        words = (fixers(entry), entry.meaning, entry.fix)
        rows.append((*about, reason.rows, of_scope, reason.also, *_money(reason.amounts, codes), *words))
    book.table("Reasons", heads, rows)


def _groups(book: Book, name: str, dimension: Dimension, groups: Sequence[Group]) -> None:
    codes = _codes(group.at_risk for group in groups)
    heads = (
        Head(dimension, "day") if dimension == "day" else Head(dimension, "text", 30),
        Head("rows", "number"),
        *(Head(verdict, "number") for verdict in IN_SCOPE),
        *(Head("match rate", "share"), *_money_heads(codes, " at risk")),
    )
    rows = [
        (
            *(_name(group), group.rows),
            *(group.verdicts.get(verdict, 0) for verdict in IN_SCOPE),
            *(group.match_rate, *_money(group.at_risk, codes)),
        )
        for group in groups
    ]
    book.table(name, heads, rows)


def _name(group: Group) -> str | date:
    """A group's name, and a day as a date where spreadsheets have it."""
    if group.dimension == "day":
        with suppress(ValueError):
            day = date.fromisoformat(group.name or "")
            return day if day >= _FIRST_DAY else day.isoformat()
    return NO_NAME if group.name is None else group.name


def _codes(amounts: Iterable[tuple[Money, ...]]) -> list[str | None]:
    found = {money.currency for moneys in amounts for money in moneys}
    return sorted(found, key=lambda code: (code is None, code or ""))[:_MOST_CURRENCIES]


def _money_heads(codes: Iterable[str | None], what: str = "") -> Iterator[Head]:
    return (Head(f"{currency(code)}{what}", "money", 16) for code in codes)


def _money(amounts: tuple[Money, ...], codes: Iterable[str | None]) -> Iterator[Decimal | None]:
    found = {money.currency: money.amount for money in amounts}
    return (found.get(code) for code in codes)
