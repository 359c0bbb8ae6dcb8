"""Whose link it is: the app, the partner that gets the credit, and whether anything was not filled in."""

import re
from dataclasses import replace

from mmpsync.config_problems import closest
from mmpsync.preflight.links.case import Case, shown
from mmpsync.preflight.links.kinds import LANDING, Partner
from mmpsync.preflight.links.macro import is_unfilled
from mmpsync.preflight.links.url import Link, Parameter, decoded, fully_decoded

__all__ = [
    "app_of",
    "check_app",
    "check_click",
    "check_other_values",
    "check_partner",
    "partner_of",
]

_BRACKETS = re.compile(r"[<>{}\[\]]|%7B|%3C", re.IGNORECASE)
# What templates and documents call the parts of a link.
_TEMPLATE_NAMES = re.compile(
    r"(?i)(app|link|template|tracker|partner|ad|program|campaign)[-_ ]?(id|token|key|code)|token|subdomain|sub"
)


def app_of(case: Case) -> str | None:
    """The app that a link names, if links of its host name one."""
    kind, link = case.kind, case.link
    if link.host != kind.app_host:
        return None
    if kind.app_parameter:
        return next((parameter.value for parameter in link.named(kind.app_parameter)), None)
    return next(iter(link.segments), None)


def partner_of(case: Case) -> str | None:
    """The partner that a link names."""
    rule = case.kind.partner
    return (
        next((each.value for each in case.link.named(rule.parameter) if each.value), None) if rule else None
    )


def check_click(case: Case) -> Case:
    """Check that the link counts clicks and not views."""
    address = f"{case.link.host}{case.link.path}"
    for view, click in case.kind.views:
        if address.startswith(view):
            link = Link.parse(f"https://{click}{address.removeprefix(view)}")
            mended = replace(case.link, authority=link.authority, path=link.path)
            return case.with_remark(
                "not-a-click-link", f"{shown(view)} is where {case.kind.title} counts views.", mended=mended
            )
    return case


def check_app(case: Case) -> Case:
    """Check that the link has no holes and names a known app."""
    app = app_of(case)
    parts = (*case.link.host.split("."), *case.link.segments, *filter(None, [app]))
    # On a page of the brand's own, a path may well be called "token".
    is_ours = case.kind is LANDING
    holes = [part for part in parts if _is_hole(part) or (not is_ours and _TEMPLATE_NAMES.fullmatch(part))]
    if holes:
        return case.with_remark("not-filled-in", f"{shown(holes[0])} in the link was not filled in.")
    if case.link.host != case.kind.app_host:
        return case
    if not app:
        where = f"`{case.kind.app_parameter}=`" if case.kind.app_parameter else f"`{case.kind.app_host}/`"
        return case.with_remark("app-missing", f"No app stands behind {where}.")
    if case.kind.app_parameter or not case.config.apps or app in case.config.apps:
        return case
    near = closest(app, case.config.apps)
    return case.with_remark(
        "app-unknown", f"The link is for the app {shown(app)}, which mmpsync.toml lacks{near}."
    )


def check_partner(case: Case) -> Case:
    """Check that the link credits impact.com."""
    rule, source = case.kind.partner, case.kind.source
    if rule is None or source is None or rule.host not in {None, case.link.host}:
        return case
    case = _with_partner_spelled(case, rule.parameter)
    allowed, is_guessed = rule.allowed(case.config, source), rule.is_guessed(case.config, source)
    found = case.link.named(rule.parameter)
    values = list(dict.fromkeys(decoded(each.value or "") for each in found))
    right = next((value for value in values if value in allowed), None)
    best = right or next(iter(allowed), None)
    if best is None or (is_guessed and right is None):
        listed = f"If it is from there, list it under `sources.{source}.media_sources` in mmpsync.toml."
        fix, mend = f"Take it from {rule.where}. {listed if any(values) else ''}".strip(), None
    else:
        fix, mend = f"Write `{rule.parameter}={best}`.", best
    if not found:
        return _without_partner(case, rule, fix, mend)
    if len(values) > 1:
        each_of_them = " and ".join(map(shown, [*dict.fromkeys(found)][:3]))
        return case.with_remark(
            "given-twice",
            f"The link names its partner twice, as {each_of_them}.",
            fix=fix,
            mended=_set(case, mend),
        )
    may_be = is_guessed and re.fullmatch(rule.form, values[0]) and (rule.guess or "") in values[0].lower()
    if right or may_be:
        return case
    listed = " or ".join(map(shown, allowed))
    known = "" if is_guessed else f" impact.com is {listed} there."
    return case.with_remark(
        "partner-wrong",
        f"The link names {shown(values[0]) if values[0] else 'nobody'} as its partner.{known}",
        fix=fix,
        mended=_set(case, mend),
    )


def check_other_values(case: Case) -> Case:
    """Point at parameters that were not filled in, and that nothing else looks at."""
    partner = case.kind.partner.parameter if case.kind.partner else ""
    names = (*case.names, partner, case.kind.app_parameter)
    holes = [
        each
        for each in case.link.parameters
        if each.name not in names and each.value and is_unfilled(each.value)
    ]
    if not holes:
        return case
    return case.with_remark("value-not-filled-in", f"{shown(holes[0])} was not filled in.")


def _with_partner_spelled(case: Case, name: str) -> Case:
    """Rename the parameter that would be of this name but for its case, or for being encoded twice."""
    misspelled = next(
        (each for each in case.link.parameters if fully_decoded(each.name).lower() == name), None
    )
    if misspelled is None or case.link.named(name):
        return case
    return case.with_remark(
        "partner-missing",
        f"The partner stands in {shown(misspelled.name)}, but {case.kind.title} reads `{name}`.",
        fix=f"Write `{name}` for it.",
        mended=case.link.with_each(lambda each: Parameter(name, each.value) if each is misspelled else each),
    )


def _without_partner(case: Case, rule: Partner, fix: str, mend: str | None) -> Case:
    name, title = rule.parameter, case.kind.title
    if rule.short_path and re.fullmatch(rule.short_path, case.link.path):
        message = f"A shortened link does not show the `{name}` that {title} keeps for it."
        right = f"Look there whether it is `{mend}`." if mend else None
        return case.with_remark("partner-not-checked", message, fix=right)
    return case.with_remark(
        "partner-missing",
        f"The link has no `{name}`, by which {title} knows whose click it is.",
        fix=fix,
        mended=case.link.with_parameter(name, mend) if mend else None,
    )


def _is_hole(part: str) -> bool:
    return _BRACKETS.search(part) is not None or is_unfilled(part)


def _set(case: Case, value: str | None) -> Link | None:
    """Return the link with one partner parameter that holds `value`."""
    rule, seen = case.kind.partner, set[str]()
    if value is None or rule is None:
        return None

    def mend(parameter: Parameter) -> Parameter | None:
        if parameter.name != rule.parameter:
            return parameter
        is_first = parameter.name not in seen
        seen.add(parameter.name)
        return Parameter(parameter.written_name, value) if is_first else None

    return case.link.with_each(mend)
