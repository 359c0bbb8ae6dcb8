"""What rows, files and readiness come to as findings: each with its place and what to do."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from mmpsync.conclusions import Advice
from mmpsync.config import Config
from mmpsync.config_problems import closest, dotted
from mmpsync.masking import brief
from mmpsync.preflight.findings import Finding, Level
from mmpsync.preflight.observed import Observed
from mmpsync.preflight.readiness import blocks, problem_text
from mmpsync.preflight.result import Readiness
from mmpsync.reasons import BY_CODE

__all__ = ["findings_of_rows"]

_LEVELS: dict[str, Level] = {
    "no-click-id-column": "error",
    "no-order-id-column": "error",
    "no-media-source-column": "error",
    "no-event-time-column": "error",
    "time-zone": "error",
    "no-organic-rows": "info",
    "clicks-older-than-conversions": "info",
}
_CLOCKS_DIFFER = timedelta(minutes=30)
_MOST_NAMES = 12
_LONGEST_NAME = 128


def findings_of_rows(
    observed: Observed,
    judged: Sequence[Readiness],
    advice: Sequence[Advice],
    config: Config,
    as_of: datetime,
) -> tuple[Finding, ...]:
    """Everything worth saying of the exports; `as_of` is UTC without a zone."""
    return (
        *(_advice(entry) for entry in advice),
        *(finding for each in judged if each.source for finding in _of_event(each)),
        *_silent_apps(judged),
        *_of_apps(observed, config),
        *_of_names(observed, config),
        *_of_tests(observed),
        *_of_times(observed, as_of),
    )


def _advice(entry: Advice) -> Finding:
    subject = entry.files[0] if entry.files else "exports"
    others = len(entry.files) - 1
    more = f" and {others} more file{'' if others == 1 else 's'}" if others > 0 else ""
    return Finding(
        code=entry.code,
        level=_LEVELS.get(entry.code, "warning"),
        subject=f"{subject}{more}",
        message=entry.message,
        fix=entry.fix,
    )


def _of_event(each: Readiness) -> Iterator[Finding]:
    if each.verdict == "cannot tell":
        yield Finding(
            code="cannot-tell",
            level="warning",
            subject=each.place,
            message=f"Whether it is ready cannot be told: {each.why[0]}",
            fix=each.needed,
        )
    for problem in each.problems:
        entry = BY_CODE[problem.code]
        level: Level = "error" if blocks(problem, each) else "info" if entry.severity == "info" else "warning"
        yield Finding(
            code=problem.code,
            level=level,
            subject=each.place,
            message=problem_text(problem, each.from_impact),
            fix=_no_currency(each.source) if problem.parameter == "currency" else entry.fix,
        )


def _no_currency(source: str) -> str:
    return (
        "Have the app send the currency with every amount; impact.com needs both. Where all amounts are in one, set "
        f'`sources.{source}.fields.currency = "=EUR"` in mmpsync.toml.'
    )


def _silent_apps(judged: Sequence[Readiness]) -> Iterator[Finding]:
    for app in dict.fromkeys(each.app or "" for each in judged if not each.source):
        yield Finding(
            code="app-without-rows",
            level="info",
            subject=dotted(("apps", app)),
            message="No row of these exports is of this app, so whether it is ready cannot be told",
            fix="Check an export of this app as well.",
        )


def _of_apps(observed: Observed, config: Config) -> Iterator[Finding]:
    for source, app in sorted(
        {(s, a) for s, a, _ in observed.events}, key=lambda place: (place[0], place[1] or "")
    ):
        subject = f"{observed.titles[source]} · {app or '(no app id)'}"
        if app is None:
            yield Finding(
                code="no-app-id",
                level="warning",
                subject=subject,
                message="Rows say nothing of the app that they are from",
                fix="Add the app id to the export.",
            )
            continue
        if app not in config.apps:
            if config.apps:
                yield Finding(
                    code="app-not-configured",
                    level="warning",
                    subject=subject,
                    message=f'The app "{app}" is not in mmpsync.toml{closest(app, config.apps)}',
                    fix=f"Add [{dotted(('apps', app))}] with its platform and tracker_id.",
                )
            continue
        yield from _of_platform(observed, config, source, app)


def _of_platform(observed: Observed, config: Config, source: str, app: str) -> Iterator[Finding]:
    said = config.apps[app].platform
    seen: dict[str, int] = {}
    for (s, a, _), rows in observed.events.items():
        if (s, a) == (source, app):
            for platform, n in rows.platforms.items():
                seen[platform] = seen.get(platform, 0) + n
    most = max(seen, key=lambda name: (seen[name], name), default=None)
    if said in {"android", "ios"} and most in {"android", "ios"} and said != most:
        yield Finding(
            code="platform-differs",
            level="error",
            subject=f"{observed.titles[source]} · {app}",
            message=f"mmpsync.toml says that this app is for {said}, but {seen[most]} of its rows say {most}",
            fix=f"Correct {dotted(('apps', app, 'platform'))}, and check that its tracker_id is that of the {most} app.",
        )


def _of_names(observed: Observed, config: Config) -> Iterator[Finding]:
    """The events that occur and are not configured, once per source; without configuration every event counts."""
    if not config.events:
        return
    by_source: dict[str, dict[str, int]] = {}
    for (source, _), events in observed.unconfigured.items():
        names = by_source.setdefault(source, {})
        for event in events:
            names[event.name] = names.get(event.name, 0) + event.rows
    for source, names in sorted(by_source.items()):
        most_first = sorted(names, key=lambda name: (-names[name], name))
        shown = ", ".join(
            f'"{brief(name, _LONGEST_NAME)}" ({names[name]})' for name in most_first[:_MOST_NAMES]
        )
        rest = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        yield Finding(
            code="unconfigured-events",
            level="info",
            subject=observed.titles[source],
            message=f"These events occur and are not in mmpsync.toml: {shown}{rest}",
            fix="Nothing to do if you do not pay for them; else add their names to an event.",
        )


def _of_tests(observed: Observed) -> Iterator[Finding]:
    for source, rows in sorted(observed.tests.items()):
        yield Finding(
            code="test-rows",
            level="info",
            subject=observed.titles[source],
            message=f"Rows marked as tests: {rows}",
            fix="Nothing to do: reconcile leaves them out. Those with a ClickId were judged here as if they were live.",
        )
    for source in sorted(observed.untold_tests):
        yield Finding(
            code="tests-not-told-apart",
            level="info",
            subject=observed.titles[source],
            message="No column of these files tells test rows from live ones",
            fix="Add the column that does (Adjust: environment; else the link's URL) to the export.",
        )


def _of_times(observed: Observed, as_of: datetime) -> Iterator[Finding]:
    for source, latest in sorted(observed.latest.items()):
        if latest is not None and latest - as_of > _CLOCKS_DIFFER:
            ahead = round((latest - as_of) / timedelta(hours=1), 1)
            yield Finding(
                code="times-ahead",
                level="warning",
                subject=observed.titles[source],
                message=f"The latest event is {ahead:g} hours in the future: {latest:%Y-%m-%d %H:%M} UTC",
                fix=f"Set sources.{source}.timezone to the zone that these files' times are written in.",
            )
