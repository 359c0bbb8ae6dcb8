"""What is Adjust's alone: its tokens, and exports that have only the columns that somebody asked for."""

import re
from dataclasses import replace

from mmpsync.preflight.links.case import Case, shown
from mmpsync.preflight.links.url import Link, Parameter

__all__ = ["check_column", "check_tracker", "tracker_of"]

# A branded link that Adjust shortened: everything but these letters is kept at Adjust. A word is a page.
_SHORT = re.compile(r"(?=.*[A-Z0-9])[A-Za-z0-9]{4,8}")


def tracker_of(case: Case) -> str | None:
    """Adjust's token: a parameter of branded links, else the first part of the path."""
    if case.kind.source != "adjust":
        return None
    if not case.kind.tracker_parameters:
        return next(iter(case.link.segments), None)
    return next((each.value for each in case.link.named(*case.kind.tracker_parameters) if each.value), None)


def check_tracker(case: Case) -> Case:
    """Check Adjust's token, as far as the configuration knows impact.com's."""
    if case.kind.source != "adjust" or case.has_holes:
        return case
    token, known = tracker_of(case), case.config.source("adjust").trackers
    is_short = (
        bool(case.kind.tracker_parameters)
        and len(case.link.segments) == 1
        and _SHORT.fullmatch(case.link.segments[0])
    )
    if not token and is_short:
        return case.with_remark(
            "tracker-not-checked",
            "A shortened link does not show its Adjust token.",
            fix="Compare it with the links of impact.com in Adjust.",
        )
    if not token:
        return case.with_remark("tracker-missing", "No Adjust token stands in the link.")
    if not known:
        return case.with_remark(
            "tracker-not-checked", f"Whether {shown(token)} is impact.com's link is not known."
        )
    # The link of an app on two platforms has a token for each, as in abc123_def456.
    wrong = [part for part in token.split("_") if part not in known and token not in known]
    if not wrong:
        return case
    listed = ", ".join(map(shown, known))
    return case.with_remark(
        "tracker-wrong",
        f"The link has the token {shown(wrong[0])}. mmpsync.toml has {listed} for impact.com.",
        mended=_with_token(case, known[0]) if len(known) == 1 else None,
    )


def check_column(case: Case) -> Case:
    """Remind of the column without which Adjust's exports have no ClickId."""
    names = case.names
    found = case.link.named(*names)
    if case.kind.source != "adjust" or not found or found[0].name in case.kind.configured(case.config):
        return case
    column = "{label}" if found[0].name.endswith("label") else f"{{dcp_{found[0].name}}}"
    return case.with_remark(
        "column-needed",
        f"Adjust exports {shown(found[0].name)} only if its CSV definition lists `{column}`.",
        fix=f"List `{column}` there. Once `sources.adjust.fields.click_id` in mmpsync.toml names it, this reminder goes away.",
    )


def _with_token(case: Case, token: str) -> Link:
    link, names = case.link, case.kind.tracker_parameters
    if names:
        return link.with_each(
            lambda each: Parameter(each.written_name, token) if each.name in names else each
        )
    first = next(part for part in link.path.split("/") if part)
    return replace(link, path=link.path.replace(first, token, 1))
