"""A check as a workbook: summary, readiness, findings, links. Everything is text or a number, nothing a formula."""

from collections.abc import Iterator, Sequence

from mmpsync.preflight.result import Check
from mmpsync.report.check.words import NOTHING, headline, looked_at, verdicts
from mmpsync.report.interface import PAGE, Report, Screen

__all__ = ["REPORT"]


def _render(check: Check, _screen: Screen = PAGE, /) -> bytes:
    from mmpsync.report.xlsx_book import Book, Head  # noqa: PLC0415  xlsxwriter, when it is needed

    book = Book(created=check.finished)
    book.page(
        "Summary",
        (80,),
        [[(line, "heading" if place == 0 else "text")] for place, line in enumerate(_lines(check))],
    )
    book.table(
        "Readiness",
        [
            *(Head(title, "text", width) for title, width in (("source", 12), ("app", 28), ("event", 18), ("verdict", 12))),
            *(Head(title, "number") for title in ("rows", "impact.com's", "usable")),
            Head("ClickIds", "share"),
            Head("why", "prose", 60),
            Head("needed", "prose", 60),
        ],
        [
            (each.title, each.app, each.event, each.verdict, each.rows, each.from_impact, each.usable,
             each.usable / each.from_impact if each.from_impact else None, "; ".join(each.why), each.needed)
            for each in check.readiness
        ],
    )  # fmt: skip
    _texts = (("level", 9), ("code", 26), ("subject", 44), ("message", 60), ("fix", 60), ("corrected", 60))
    book.table(
        "Findings",
        [Head(title, "prose", width) for title, width in _texts],
        [(f.level, f.code, f.subject, f.message, f.fix, f.corrected) for f in check.findings],
    )
    if check.links:
        heads = [
            Head(title, "prose", width)
            for title, width in (("link", 80), ("verdict", 12), ("summary", 60), ("corrected", 80))
        ]
        book.table(
            "Links", heads, [(link.url, link.verdict, link.summary, link.corrected) for link in check.links]
        )
    return book.close()


def _lines(check: Check) -> Iterator[str]:
    yield headline(check)
    if headline(check) != NOTHING:
        yield looked_at(check)
    if check.readiness:
        yield f"Readiness: {verdicts(check)}"
    notes: Sequence[str] = check.assumptions
    yield from notes


REPORT: Report[Check] = Report(name="xlsx", render=_render, needs=("xlsxwriter",), binary=True)
