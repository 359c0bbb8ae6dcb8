"""What a check found, in the terminal: a fault once, with how much of it there is, where most of it is, and what to do."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from mmpsync.figures import counted, number
from mmpsync.masking import brief, harmless
from mmpsync.preflight.result import Check
from mmpsync.report.check.row_faults import RowFault
from mmpsync.report.check.words import HEADINGS, Kind, by_level, in_common, once
from mmpsync.report.text_style import FAINT, SEVERITY_STYLES, columns, indented, path, prose

__all__ = ["findings"]

_MOST_PLACES, _MOST_SUBJECTS, _SHORT = 2, 8, 40
_LONGEST_PLACE, _LONGEST_TEXT = 100, 600
_MOST_MILD = 4
"""So many faults that block nothing are told in full."""
# Told elsewhere: what is wrong with a link below the link, which apps have no row below the table.
_TOLD_WITH_READINESS = "app-without-rows"


def findings(check: Check) -> Iterator[RenderableType]:
    """Set the levels that have findings, the worst first, each below its heading."""
    links = {link.url for link in check.links}
    for level, found in by_level(check):
        here = [f for f in found if f.subject not in links and f.code != _TOLD_WITH_READINESS]
        kinds, faults = once(check, here)
        is_brief = level != "error" and len(faults) > _MOST_MILD
        parts = [
            *map(_kind, kinds),
            *([_brief(faults)] if is_brief else (_fault(of_code) for of_code in _by_code(faults))),
        ]
        if parts:
            yield Group(Text(HEADINGS[level], f"bold {SEVERITY_STYLES[level]}"), *map(indented, parts))


def _by_code(faults: Sequence[RowFault]) -> list[list[RowFault]]:
    """The faults that have the same remedy together, such as one for every parameter."""
    grouped: dict[tuple[str, str], list[RowFault]] = {}
    for fault in faults:
        grouped.setdefault((fault.code, fault.fix), []).append(fault)
    return list(grouped.values())


def _fault(faults: Sequence[RowFault]) -> RenderableType:
    parts = [
        part
        for fault in faults
        for part in (_title(fault.said, fault.code), indented(path(harmless(_extent(fault)), FAINT)))
    ]
    return Group(*parts, indented(prose(harmless(f"→ {faults[0].fix}"))))


def _extent(fault: RowFault) -> str:
    """Say how many rows a fault has, and where the most of a kind have it: 9 of 80 rows, in 7 events: …; and 5 more."""
    shown = "; ".join(
        brief(place, _LONGEST_PLACE)
        if len(fault.places) == 1
        else f"{brief(place, _LONGEST_PLACE)} ({number(rows)} of {number(of)})"
        for place, rows, of in fault.places[:_MOST_PLACES]
    )
    more = len(fault.places) - _MOST_PLACES
    if more <= 0:
        return f"{fault.how_much}: {shown}"
    return f"{fault.how_much}, in {counted(len(fault.places), 'event')}: {shown}; and {number(more)} more"


def _brief(faults: Sequence[RowFault]) -> RenderableType:
    """Set a table of faults that block nothing."""
    table = columns("left", "right", "right", "left")
    table.add_row(*(Text(head, FAINT) for head in ("in some rows", "rows", "events", "mmpsync explain …")))
    for fault in faults:
        table.add_row(
            harmless(fault.said), number(fault.rows), number(len(fault.places)), Text(fault.code, FAINT)
        )
    return table


def _kind(kind: Kind) -> RenderableType:
    code, found = kind
    shown = found[:_MOST_SUBJECTS]
    said, each_told = in_common(shown)
    told = [brief(text, _LONGEST_TEXT) for text in each_told]
    if said and (said == found[0].message or max(map(len, told)) <= _SHORT):
        told = ["; ".join(told)]
    parts: list[RenderableType] = [
        _title(said, code),
        *(indented(path(text, FAINT)) for text in told),
    ]
    if len(found) > len(shown):
        more = f"and {counted(len(found) - len(shown), 'more place')}, in the report json"
        parts.append(indented(Text(more, FAINT)))
    fix = [indented(prose(harmless(f"→ {found[0].fix}")))] if found[0].fix else []
    return Group(*parts, *fix)


def _title(said: str, code: str) -> RenderableType:
    return Text.assemble(harmless(said), " " if said else "", (f"({code})", FAINT))
