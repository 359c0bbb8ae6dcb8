"""Whether each event of each app is ready for launch, judged by what its rows show."""

from collections.abc import Iterator, Sequence
from typing import get_args

from mmpsync.config import Config
from mmpsync.config_problems import dotted
from mmpsync.preflight.event_names import nearest
from mmpsync.preflight.observed import EventRows, Observed
from mmpsync.preflight.result import CLICK_ID_FAULTS, NO_COLUMN, ParameterState, Problem, Readiness
from mmpsync.reasons import BY_CODE, CATALOGUE
from mmpsync.summaries import Level

__all__ = ["MOST_FAULTY", "blocks", "problem_text", "readiness"]

MOST_FAULTY = 0.1
"""The share of an event's rows that may have one fault, and the event be called ready: a single odd row is no
fault of the set-up, and in a test campaign of three rows each one counts."""

# What is said of a row, not of how app, MMP and links are set up.
_OF_ROWS = ("already-credited", "reversed-at-impact", "duplicate-row", "too-old", "outside-referral-window",
            "click-export-incomplete", "conflicting-order", "duplicate-order")  # fmt: skip
_ORDER = {reason.code: place for place, reason in enumerate(CATALOGUE)}


def readiness(observed: Observed, config: Config) -> tuple[Readiness, ...]:
    """Judge every event of every app that has rows, or is configured.

    Without configured events every event counts, under its own name.
    """
    apps = sorted(
        {(source, app) for source, app, _ in observed.events} | set(observed.unconfigured),
        key=lambda place: (place[0], place[1] or ""),
    )
    found: list[Readiness] = []
    for source, app in apps:
        seen = [event for s, a, event in observed.events if (s, a) == (source, app)]
        # Rows without an app's id lack no event: the apps that they are from may have it.
        for event in (config.events if app is not None else None) or seen:
            rows = observed.events.get((source, app, event))
            if rows is None:
                found.append(_unseen(observed, config, source, app, event))
            else:
                found.append(_judged(observed, config, source, app, event, rows))
    return (*found, *_silent_apps(config, {app for _, app in apps}))


def blocks(problem: Problem, each: Readiness) -> bool:
    """Whether a problem keeps an event from being ready; faults of its ClickIds do so together."""
    if problem.code in CLICK_ID_FAULTS:
        return each.from_impact - each.usable > each.from_impact * MOST_FAULTY
    is_of_set_up = BY_CODE[problem.code].severity == "error" and problem.code not in _OF_ROWS
    return is_of_set_up and problem.rows > each.from_impact * MOST_FAULTY


def problem_text(problem: Problem, of: int) -> str:
    """Say a problem in one line, with its rows: "Required parameter is missing (order_id) in 3 of 4 rows"."""
    parameter = f" ({problem.parameter})" if problem.parameter else ""
    return f"{BY_CODE[problem.code].title}{parameter} in {problem.rows} of {of} row{'' if of == 1 else 's'}"


def _judged(  # noqa: PLR0913, PLR0917  the place has three parts
    observed: Observed, config: Config, source: str, app: str | None, event: str, rows: EventRows
) -> Readiness:
    found = Readiness(
        source=source,
        title=observed.titles[source],
        app=app,
        event=event,
        verdict="ready",
        rows=rows.rows,
        from_impact=rows.from_impact,
        filled=rows.filled,
        usable=rows.usable,
        parameters=tuple(_parameters(config, event, rows)),
        problems=tuple(_problems(rows)),
    )
    without_column = rows.from_impact and rows.without_column == rows.from_impact
    if source in observed.lacking_click_id or without_column:
        obstacles = [NO_COLUMN]
    else:
        faults = [problem_text(p, rows.from_impact) for p in _click_id_problems(found)]
        lost = rows.from_impact - rows.usable
        together = (
            [f"No ClickId of impact.com's in {lost} of {rows.from_impact} rows, all told"]
            if faults[1:]
            else []
        )
        obstacles = [*together, *faults]
    obstacles += [
        problem_text(problem, rows.from_impact)
        for problem in found.problems
        if problem.code not in CLICK_ID_FAULTS and blocks(problem, found)
    ]
    if obstacles:
        return found.model_copy(update={"verdict": "not ready", "why": tuple(obstacles)})
    if rows.from_impact:
        return found
    whose = f"none of its {rows.rows} rows is" if rows.rows > 1 else "its only row is not"
    return found.model_copy(
        update={
            "verdict": "cannot tell",
            "why": (f"{whose} impact.com's",),
            "needed": "Click a test link of impact.com, install the app, trigger the event, and export again.",
        }
    )


def _click_id_problems(found: Readiness) -> list[Problem]:
    return [p for p in found.problems if p.code in CLICK_ID_FAULTS and blocks(p, found)]


def _problems(rows: EventRows) -> Iterator[Problem]:
    for reason in sorted(rows.reasons, key=lambda reason: (_ORDER[reason.partition(":")[0]], reason)):
        code, _, parameter = reason.partition(":")
        if BY_CODE[code].severity != "none" and code != "not-joined":
            yield Problem(code=code, parameter=parameter or None, rows=rows.reasons[reason])


def _parameters(config: Config, event: str, rows: EventRows) -> Iterator[ParameterState]:
    settings = config.events.get(event)
    levels: Sequence[Level] = get_args(Level) if settings else ()
    for level in levels:
        for name in getattr(settings, level):
            yield ParameterState(
                name=name, level=level, rows=rows.from_impact, filled=rows.carried.get(name, 0)
            )


def _unseen(observed: Observed, config: Config, source: str, app: str | None, event: str) -> Readiness:
    names = config.events[event].names
    seen = [each.name for each in observed.unconfigured.get((source, app), ())]
    meant = nearest((*names, event), seen)
    why, needed = (
        "no row has this event",
        "Trigger the event in the app after a click on a test link, and export again.",
    )
    without_app = observed.events.get((source, None, event))
    if meant is None and without_app is not None:
        n = without_app.rows
        why = (
            f"its {n} rows do not say of which app they are"
            if n > 1
            else "its only row does not say of which app it is"
        )
        needed = "Add the app id to the export."
    if meant is not None:
        needed = (
            f'Did you mean "{meant}", which does occur? Then add it to {dotted(("events", event, "names"))}.'
        )
    return Readiness(
        source=source,
        title=observed.titles[source],
        app=app,
        event=event,
        verdict="cannot tell",
        why=(why,),
        needed=needed,
    )


def _silent_apps(config: Config, seen: set[str | None]) -> Iterator[Readiness]:
    for app in config.apps:
        if app not in seen:
            for event in config.events:
                yield Readiness(
                    source="",
                    title="",
                    app=app,
                    event=event,
                    verdict="cannot tell",
                    why=("no row is of this app",),
                    needed="Check an export of this app as well.",
                )
