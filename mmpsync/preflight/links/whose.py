"""Whose link it is: the app, the partner that gets the credit, and Adjust's tracker."""

import re
from dataclasses import replace
from difflib import get_close_matches

from mmpsync.preflight.links.case import Case
from mmpsync.preflight.links.kinds import LANDING
from mmpsync.preflight.links.macro import is_unfilled
from mmpsync.preflight.links.url import Link, Parameter, decoded

__all__ = [
    "app_of",
    "check_app",
    "check_column",
    "check_other_values",
    "check_partner",
    "check_tracker",
    "partner_of",
    "tracker_of",
]

# A branded link that Adjust shortened: everything but these letters is kept at Adjust.
_SHORT = re.compile(r"[A-Za-z0-9]{4,8}")
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


def tracker_of(case: Case) -> str | None:
    """Adjust's token: a parameter of branded links, else the first part of the path."""
    if case.kind.source != "adjust":
        return None
    if not case.kind.tracker_parameters:
        return next(iter(case.link.segments), None)
    return next((each.value for each in case.link.named(*case.kind.tracker_parameters) if each.value), None)


def check_app(case: Case) -> Case:
    """Check that the link has no holes and names a known app."""
    parts = (*case.link.host.split("."), *case.link.segments)
    # On a page of the brand's own, a path may well be called "token".
    is_ours = case.kind is LANDING
    holes = [part for part in parts if _is_hole(part) or (not is_ours and _TEMPLATE_NAMES.fullmatch(part))]
    if holes:
        return case.with_remark("not-filled-in", f"`{holes[0]}` in the link was not filled in.")
    if case.link.host != case.kind.app_host:
        return case
    app = app_of(case)
    if not app:
        where = f"`{case.kind.app_parameter}=`" if case.kind.app_parameter else f"`{case.kind.app_host}/`"
        return case.with_remark("app-missing", f"No app stands behind {where}.")
    if case.kind.app_parameter or not case.config.apps or app in case.config.apps:
        return case
    near = get_close_matches(app, case.config.apps, n=1)
    question = f" Did you mean `{near[0]}`?" if near else ""
    return case.with_remark(
        "app-unknown", f"The link is for the app `{app}`, which mmpsync.toml does not have.{question}"
    )


def check_partner(case: Case) -> Case:
    """Check that the link credits impact.com."""
    rule, source = case.kind.partner, case.kind.source
    if rule is None or source is None or rule.host not in {None, case.link.host}:
        return case
    allowed, is_guessed = rule.allowed(case.config, source), rule.is_guessed(case.config, source)
    found = case.link.named(rule.parameter)
    values = list(dict.fromkeys(decoded(each.value or "") for each in found))
    right = next((value for value in values if value in allowed), None)
    best = right or next(iter(allowed), None)
    if best is None or (is_guessed and right is None):
        fix, mend = f"Take it from {rule.where}.", None
    else:
        fix, mend = f"Write `{rule.parameter}={best}`.", best
    if not found:
        return case.with_remark(
            "partner-missing",
            f"The link has no `{rule.parameter}`, by which {case.kind.title} knows whose click it is.",
            fix=fix,
            mended=case.link.with_parameter(rule.parameter, mend) if mend else None,
        )
    if len(values) > 1:
        shown = " and ".join(f"`{each}`" for each in found)
        return case.with_remark(
            "given-twice", f"The link names its partner twice, as {shown}.", fix=fix, mended=_set(case, mend)
        )
    if right or (is_guessed and values[0] and (rule.guess or "") in values[0].lower()):
        return case
    listed = " or ".join(f"`{value}`" for value in allowed)
    known = "" if is_guessed else f" impact.com is {listed} there."
    return case.with_remark(
        "partner-wrong",
        f"The link names `{values[0]}` as its partner.{known}",
        fix=fix,
        mended=_set(case, mend),
    )


def check_tracker(case: Case) -> Case:
    """Check Adjust's token, as far as the configuration knows impact.com's."""
    if case.kind.source != "adjust":
        return case
    token, known = tracker_of(case), case.config.source("adjust").trackers
    is_short = (
        bool(case.kind.tracker_parameters)
        and len(case.link.segments) == 1
        and _SHORT.fullmatch(case.link.segments[0])
    )
    if not token and is_short:
        return case.with_remark("tracker-not-checked", "A shortened link does not show its Adjust token.")
    if not token:
        return case.with_remark("tracker-missing", "No Adjust token stands in the link.")
    if not known:
        return case.with_remark(
            "tracker-not-checked", f"Whether `{token}` is impact.com's link is not known."
        )
    # The link of an app on two platforms has a token for each, as in abc123_def456.
    wrong = [part for part in token.split("_") if part not in known and token not in known]
    if not wrong:
        return case
    listed = ", ".join(f"`{each}`" for each in known)
    return case.with_remark(
        "tracker-wrong",
        f"The link has the token `{wrong[0]}`. mmpsync.toml has {listed} for impact.com.",
        mended=_with_token(case, known[0]) if len(known) == 1 else None,
    )


def check_column(case: Case) -> Case:
    """Remind of the column without which Adjust's exports have no ClickId."""
    names = case.kind.names(case.config)
    found = case.link.named(*names)
    if case.kind.source != "adjust" or not found or found[0].name in case.kind.configured(case.config):
        return case
    column = "{label}" if found[0].name.endswith("label") else f"{{dcp_{found[0].name}}}"
    return case.with_remark(
        "column-needed",
        f"Adjust exports `{found[0].name}` only if its CSV definition lists `{column}`.",
        fix=f"List `{column}` there. With `sources.adjust.fields.click_id` in mmpsync.toml this reminder goes away.",
    )


def check_other_values(case: Case) -> Case:
    """Point at parameters that were not filled in, and that nothing else looks at."""
    partner = case.kind.partner.parameter if case.kind.partner else ""
    names = (*case.kind.names(case.config), partner)
    holes = [
        each
        for each in case.link.parameters
        if each.name not in names and each.value and is_unfilled(each.value)
    ]
    if not holes:
        return case
    return case.with_remark("value-not-filled-in", f"`{holes[0]}` was not filled in.")


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


def _with_token(case: Case, token: str) -> Link:
    link, names = case.link, case.kind.tracker_parameters
    if names:
        return link.with_each(
            lambda each: Parameter(each.written_name, token) if each.name in names else each
        )
    first = next(part for part in link.path.split("/") if part)
    return replace(link, path=link.path.replace(first, token, 1))
