"""What a configuration lacks or contradicts, before any file is read."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

from mmpsync.config import WITH_TRACKERS, Config
from mmpsync.config_problems import dotted, literal
from mmpsync.preflight.findings import Finding, Level
from mmpsync.reconcile.currencies import CURRENCIES

__all__ = ["WHERE_TO_FIND", "findings_of_configuration"]

WHERE_TO_FIND = {
    "campaign_id": "the number of your program under Programs in impact.com",
    "tracker_id": "the System App ID in impact.com, Settings > Mobile Apps",
    "code": "the event's code in impact.com, Settings > Mobile Apps > More > Manage events",
}
"""Where a person finds what only the account knows (impact.com's pages on mobile tracking)."""
_OLDEST = timedelta(days=88)  # impact.com processes nothing older (help: batch-submit-conversion-data)
_MOST_DIGITS = 10  # of CampaignId and ActionTrackerId (the-conversion-object)
_IOS_ID = re.compile(r"id[0-9]{6,}")
# A parameter that other networks fill with an id of their own.
_OF_OTHERS = {
    "gclid": "Google",
    "wbraid": "Google",
    "gbraid": "Google",
    "dclid": "Google",
    "fbclid": "Meta",
    "ttclid": "TikTok",
    "msclkid": "Microsoft",
    "twclid": "X",
}
_NEVER_CONSTANT = ("click_id", "order_id", "event_id", "event_time", "customer_id")


def findings_of_configuration(config: Config) -> tuple[Finding, ...]:
    """Everything that is missing, over impact.com's limits or at odds with something else."""
    checks: tuple[Callable[[Config], Iterator[Finding]], ...] = (
        _program,
        _apps,
        _events,
        _shared_codes,
        _sources,
        _gate,
    )
    return tuple(finding for check in checks for finding in check(config))


def _found(code: str, level: Level, key: str, message: str, fix: str) -> Finding:
    return Finding(code=code, level=level, subject=key, message=message, fix=fix)


def _program(config: Config) -> Iterator[Finding]:
    program = config.program
    if program.campaign_id is None:
        yield _found(
            "no-campaign-id",
            "warning",
            "program.campaign_id",
            "The program's id is not set; nothing can be sent to impact.com without it",
            f"Set it. {_where('campaign_id')}",
        )
    yield from _digits("program.campaign_id", program.campaign_id)
    if program.max_event_age > _OLDEST:
        yield _found(
            "too-long-an-age",
            "warning",
            "program.max_event_age",
            f"impact.com processes nothing older than 88 days; {program.max_event_age.days} are allowed here",
            'Set it to "88d" or less.',
        )
    seen: set[str] = set()
    for name in program.click_id_params:
        if network := _OF_OTHERS.get(name.lower()):
            yield _found(
                "foreign-click-id-parameter",
                "error",
                "program.click_id_params",
                f"\"{name}\" is {network}'s click id, never impact.com's",
                "Take it out of the list.",
            )
        if name.lower() in seen:
            yield _found(
                "parameter-listed-twice",
                "warning",
                "program.click_id_params",
                f'"{name}" stands there twice; upper and lower case are alike',
                "Take one of them out.",
            )
        seen.add(name.lower())


def _apps(config: Config) -> Iterator[Finding]:
    if not config.apps:
        yield _found(
            "no-apps",
            "warning",
            "apps",
            "No app is configured, so nothing is known of platforms and of impact.com's System App IDs",
            "Add a table per app, such as [apps.id1234567890].",
        )
    platforms: dict[int, dict[str, str]] = {}
    for app, settings in config.apps.items():
        key = dotted(("apps", app))
        if settings.platform is None:
            yield _found(
                "no-platform",
                "warning",
                key,
                "The app's platform is not set",
                'Set it, such as platform = "ios".',
            )
        elif settings.platform == "android" and _IOS_ID.fullmatch(app):
            yield _found(
                "platform-contradicts-app-id",
                "error",
                key,
                f'"{app}" is how iOS apps are called, but its platform is "android"',
                'Set platform = "ios", or correct the id.',
            )
        if settings.tracker_id is None:
            yield _found(
                "no-tracker-id",
                "warning",
                key,
                "impact.com's System App ID (tracker_id) is not set; conversions of this app cannot be sent",
                f"Set it. {_where('tracker_id')}",
            )
        yield from _digits(f"{key}.tracker_id", settings.tracker_id)
        if settings.tracker_id is not None and settings.platform is not None:
            platforms.setdefault(settings.tracker_id, {}).setdefault(settings.platform, key)
    for tracker, of_tracker in platforms.items():
        if len(of_tracker) > 1:
            yield _found(
                "tracker-id-of-two-platforms",
                "error",
                " and ".join(of_tracker.values()),
                f"Both have tracker_id = {tracker}, but impact.com has one System App ID per app and platform",
                f"Correct one of them. {_where('tracker_id')}",
            )


def _events(config: Config) -> Iterator[Finding]:
    if not config.events:
        yield _found(
            "no-events",
            "warning",
            "events",
            "No event is configured, so every event counts as paid for, under its own name",
            "Add a table per event that you pay for, such as [events.purchase].",
        )
    owners: dict[str, str] = {}
    for name, event in config.events.items():
        key = dotted(("events", name))
        if event.code is None:
            yield _found(
                "no-event-code",
                "warning",
                key,
                "impact.com's code of this event is not set; its conversions cannot be sent",
                f"Set it. {_where('code')}",
            )
        both = sorted(set(event.required) & set(event.recommended))
        if both:
            yield _found(
                "required-and-recommended",
                "warning",
                key,
                f"{', '.join(both)}: both required and recommended",
                "Keep it in one of the lists.",
            )
        if "amount" in event.required and "currency" not in event.required:
            yield _found(
                "amount-without-currency",
                "warning",
                key,
                "An amount is required and a currency is not; impact.com would take the account's currency for it",
                'Add "currency" to required.',
            )
        for spelling in event.names:
            owner = owners.setdefault(spelling.lower(), name)
            if owner != name:
                yield _found(
                    "names-alike",
                    "warning",
                    key,
                    f'"{spelling}" differs from a name of {dotted(("events", owner))} in upper and lower case only',
                    "Keep the spelling that the MMP uses.",
                )


def _shared_codes(config: Config) -> Iterator[Finding]:
    owners: dict[str, str] = {}
    for name, event in config.events.items():
        if event.code is None:
            continue
        owner = owners.setdefault(event.code, name)
        if owner != name:
            yield _found(
                "code-of-two-events",
                "error",
                f"{dotted(('events', owner))} and {dotted(('events', name))}",
                f'Both have the code "{event.code}": impact.com would take their order ids for one another\'s',
                f"Give each its own code, or make them one event with both names. {_where('code')}",
            )


def _sources(config: Config) -> Iterator[Finding]:
    for name, source in config.sources.items():
        key = ("sources", name)
        if source.media_sources == () and not source.trackers:
            yield _found(
                "no-media-sources",
                "error",
                dotted((*key, "media_sources")),
                "The list is empty, so no row of this source is known to be impact.com's",
                "Name what the MMP calls impact.com, or take the key out for the built-in names.",
            )
        if source.trackers and name not in WITH_TRACKERS:
            yield _found(
                "trackers-unread",
                "warning",
                dotted((*key, "trackers")),
                "This source's exports have no tracker tokens, so the list has no effect",
                f"Name what the MMP calls impact.com in {dotted((*key, 'media_sources'))}, and take the list out.",
            )
        for field, references in source.fields.items():
            for text in references:
                value = text.removeprefix("=")
                if value == text:
                    continue
                if field in _NEVER_CONSTANT:
                    yield _found(
                        "constant-id",
                        "error",
                        dotted((*key, "fields", field)),
                        f"{literal(text)} gives every row the same {field}",
                        "Name the column that it stands in.",
                    )
                elif field == "currency" and value.upper() not in CURRENCIES:
                    yield _found(
                        "no-currency-code",
                        "error",
                        dotted((*key, "fields", field)),
                        f'"{value}" is no ISO 4217 code',
                        'Write it such as "=EUR".',
                    )


def _gate(config: Config) -> Iterator[Finding]:
    gate = config.gate
    limits = [
        name
        for name in (
            "min_match_rate",
            "max_match_rate_drop",
            "max_revenue_at_risk",
            "max_revenue_by_reason",
            "tolerate",
            "group",
        )
        if getattr(gate, name)
    ]
    if gate.fail_on == "never" and limits:
        yield _found(
            "gate-never-fails",
            "warning",
            "gate.fail_on",
            f'It says "never", so {", ".join(limits)} can fail nothing',
            'Say "error" or "warning", or take the limits out.',
        )


def _digits(key: str, number: int | None) -> Iterator[Finding]:
    if number is not None and len(str(number)) > _MOST_DIGITS:
        yield _found(
            "id-too-long",
            "error",
            key,
            f"{number} has {len(str(number))} digits; impact.com's ids have at most {_MOST_DIGITS}",
            "Correct it.",
        )


def _where(what: str) -> str:
    return f"See {WHERE_TO_FIND[what]}."
