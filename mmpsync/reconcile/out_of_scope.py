"""Exports of which nothing counts: a gate passes them, so it is said what they hold, and what may be the cause."""

from collections.abc import Iterator, Mapping, Sequence

import ibis
import ibis.expr.types as ir

from mmpsync.conclusions import Advice
from mmpsync.config import WITH_TRACKERS
from mmpsync.engines.interface import Engine
from mmpsync.figures import NO_NAME, counted, number
from mmpsync.masking import brief
from mmpsync.reasons import BY_CODE
from mmpsync.reconcile.scope import EXCLUSIONS
from mmpsync.summaries import FileSummary, ReasonSummary

__all__ = ["no_conversions", "nothing_in_scope"]

_NO_CONVERSION = "not-a-conversion"
_MOST_NAMES = 5
_FIXES = {
    "other-source": "If one of these media sources is impact.com, add it to sources.{source}.media_sources: {names}.",
    "unmapped-event": "If impact.com pays for one of these events of {source}, add it to the names of an event in"
    " mmpsync.toml: {names}.",
    "test-row": "Before launch, mmpsync check judges the test rows of {source} that carry a ClickId.",
    "organic": "No row of {source} names a source, or carries a ClickId. If a column does, name it in"
    " sources.{source}.fields.media_source or .click_id.",
}
_BY_TRACKER = " If it is told by a tracker token, add that to sources.{source}.trackers."


def no_conversions(files: Sequence[FileSummary], reasons: Sequence[ReasonSummary]) -> Iterator[Advice]:
    """Sources with rows, none of which is a conversion."""
    others = {file.path: file.rows for each in reasons if each.code == _NO_CONVERSION for file in each.files}
    sources: dict[str, list[FileSummary]] = {}
    for file in files:
        if file.holds == "conversions" and file.rows:
            sources.setdefault(file.source, []).append(file)
    for source, of_source in sources.items():
        if all(file.rows == others.get(file.path, 0) for file in of_source):
            yield Advice(
                code="no-conversions",
                message="No row of these files is an install or an event, so nothing was judged",
                fix="Give an export of installs and in-app events. If these are one, a column was renamed: name that of"
                f" the events in sources.{source}.fields.event_name, or that of the kind of row in .kind.",
                files=tuple(file.path for file in of_source),
            )


def nothing_in_scope(engine: Engine, judged: ir.Table, reasons: Sequence[ReasonSummary]) -> Iterator[Advice]:
    """Conversions, none of which is in scope; what is credited at impact.com already was."""
    found = {each.code: each.rows for each in reasons if each.rows and each.verdict != "unreadable"}
    if not found.keys() - {_NO_CONVERSION} or found.keys() - set(EXCLUSIONS):
        return
    most_first = sorted(found, key=lambda code: -found[code])
    rows = sum(found.values())
    is_out = "was read and it is not" if rows == 1 else "were read and none is"
    titles = "; ".join(f"{BY_CODE[code].title}: {number(found[code])}" for code in most_first)
    yield Advice(
        code="nothing-in-scope",
        message=f"{counted(rows, 'row')} {is_out} in scope, so nothing was judged. {titles}",
        fix=" ".join(_fixes(engine, judged, most_first)),
    )


def _fixes(engine: Engine, judged: ir.Table, codes: Sequence[str]) -> Iterator[str]:
    """What to do about each cause that a set-up may be, for every source that shows it."""
    telling = [code for code in codes if code in _FIXES]
    # Organic rows are nothing odd where others are told.
    telling = [code for code in telling if code != "organic"] or telling
    names = _names(engine, judged, telling)
    for code in telling:
        for source, frequent in names[code].items():
            has_trackers = code == "other-source" and source in WITH_TRACKERS
            fix = _FIXES[code] + (_BY_TRACKER if has_trackers else "")
            yield fix.format(source=source, names=", ".join(frequent[:_MOST_NAMES]) or NO_NAME)
    if not telling:
        code = next(code for code in codes if code != _NO_CONVERSION)
        yield f"mmpsync explain {code} says what that means."


def _names(
    engine: Engine, judged: ir.Table, codes: Sequence[str]
) -> Mapping[str, Mapping[str, Sequence[str]]]:
    """By reason and source, its media sources or names of events with their rows: impact.com's and most first."""
    rows = judged.filter(judged.reason.isin(codes)) if codes else judged.limit(0)
    rows = rows.select(
        "reason",
        "mmp",
        name=(rows.reason == "unmapped-event").ifelse(rows.event_name, rows.media_source),
        of_impact=rows.attribution == "impact",
    )
    sums = rows.group_by("reason", "mmp", "name").agg(n=rows.count(), of_impact=rows.of_impact.sum())
    found: dict[str, dict[str, list[str]]] = {}
    for row in engine.rows(sums.order_by("mmp", ibis.desc("of_impact"), ibis.desc("n"), "name")):
        names = found.setdefault(row["reason"], {}).setdefault(row["mmp"], [])
        if row["name"] is not None:
            names.append(f'"{brief(row["name"])}" ({number(row["n"])})')
    return found
