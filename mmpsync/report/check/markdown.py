"""A check as GitHub-flavoured Markdown: for pull requests, wikis, and the page of a CI run."""

from collections.abc import Iterator

from mmpsync.figures import counted, number
from mmpsync.masking import brief
from mmpsync.preflight.result import Check
from mmpsync.report.check.row_faults import RowFault, because
from mmpsync.report.check.words import (
    HEADINGS,
    NOTHING,
    Kind,
    by_level,
    click_ids,
    headline,
    in_common,
    looked_at,
    once,
    silent_apps,
    verdicts,
)
from mmpsync.report.interface import PAGE, Report, Screen
from mmpsync.report.markdown_text import coded, folded, listed, plain, table

__all__ = ["REPORT"]

_MOST_EVENTS, _MOST_PLACES, _MOST_LINKS = 60, 10, 50
_LONGEST_NAME, _LONGEST_PLACE, _LONGEST_TEXT = 60, 100, 600
_MARKS = {"ready": "ready", "not ready": "**not ready**", "cannot tell": "cannot tell"}


def _render(check: Check, _screen: Screen = PAGE, /) -> str:
    return "\n\n".join((f"# {plain(headline(check))}", *_sections(check))) + "\n"


def _sections(check: Check) -> Iterator[str]:
    if headline(check) != NOTHING:
        yield plain(looked_at(check))
    if check.readiness:
        yield f"## Readiness\n\n{plain(verdicts(check))}\n\n{_readiness(check)}"
    if check.links:
        yield f"## Links\n\n{_links(check)}"
    for level, found in by_level(check):
        kinds, faults = once(check, found)
        contents = "\n".join((*map(_kind, kinds), *map(_fault, faults)))
        title = f"{HEADINGS[level]}: {number(len(kinds) + len(faults))}"
        yield folded(title, contents) if level == "info" else f"## {title}\n\n{contents}"
    if check.assumptions:
        yield f"## Assumed\n\n{listed(map(plain, check.assumptions))}"


def _readiness(check: Check) -> str:
    pairs = zip(check.readiness, because(check), strict=True)
    shown = [(each, why) for each, why in pairs if each.source][:_MOST_EVENTS]
    rows = [
        (
            plain(f"{each.title} · {brief(each.app or '(no app id)', _LONGEST_NAME)}"),
            plain(brief(each.event, _LONGEST_NAME)),
            _MARKS[each.verdict],
            plain(", ".join(why)),
            number(each.rows),
            number(each.from_impact),
            click_ids(each),
        )
        for each, why in shown
    ]
    heads = ("app", "event", "verdict", "why", "rows", "impact.com's", "ClickIds")
    apps = silent_apps(check)
    silent = f"\n\nCannot tell, for no row is of {plain(', '.join(apps))}" if apps else ""
    return table(heads, rows, lefts=4) + silent


def _links(check: Check) -> str:
    lines = []
    for link in check.links[:_MOST_LINKS]:
        lines.append(f"{plain(link.summary)}  \n  {plain(link.url)}")
        if link.corrected:
            lines[-1] += f"  \n  {coded(f'Copy instead: `{link.corrected}`')}"
    return listed(lines)


def _fault(fault: RowFault) -> str:
    shown = [
        f"{brief(place, _LONGEST_PLACE)} ({number(rows)} of {number(of)})"
        for place, rows, of in fault.places[:_MOST_PLACES]
    ]
    more = len(fault.places) - _MOST_PLACES
    places = "; ".join([*shown, *([f"and {counted(more, 'more place')}"] if more > 0 else [])])
    lines = (
        f"### {plain(fault.said)} (`{fault.code}`)",
        plain(f"{fault.how_much}: {places}"),
        coded(fault.fix),
    )
    return "\n\n".join(filter(None, lines)) + "\n"


def _kind(kind: Kind) -> str:
    code, found = kind
    said, told = in_common(found)
    lines = [coded(brief(each, _LONGEST_TEXT)) for each in told[:_MOST_PLACES]]
    if len(found) > _MOST_PLACES:
        lines.append(f"and {counted(len(found) - _MOST_PLACES, 'more place')}")
    title = f"{coded(said)} (`{code}`)" if said else f"`{code}`"
    fix = f"\n\n{coded(found[0].fix)}" if found[0].fix else ""
    return f"### {title}\n\n{listed(lines)}{fix}\n"


REPORT: Report[Check] = Report(name="markdown", render=_render, lines=True)
