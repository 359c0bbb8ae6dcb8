"""impact.com's own tracking links: `https://host/c/{partner}/{ad}/{program}?subId1=…&u={target}`.

Their form and the 255 characters of a Shared ID are documented (help.impact.com 48001235417, 155000000123).
"""

import re
from dataclasses import replace
from urllib.parse import quote

from mmpsync.preflight.links.case import Case, shown
from mmpsync.preflight.links.kinds import ALIASES
from mmpsync.preflight.links.recognise import plain
from mmpsync.preflight.links.url import Link, Parameter, decoded

__all__ = ["check_program", "check_target", "check_values", "program_of"]

_LONGEST_SHARED_ID = 255
# Behind the target, these still belong to the tracking link.
_OWN_NAMES = re.compile(
    r"(?i)subid\d?|sharedid|param\d|u|level|prodsku|partnerpropertyid|intsrc|trafcat|adcampaignid"
)


def program_of(link: Link) -> str | None:
    """The program that a link belongs to; short links do not show it."""
    match = re.fullmatch(r"/c/\d+/\d+/(\d+)/?", link.path)
    return match[1] if match else None


def check_program(case: Case) -> Case:
    """Check the three numbers of the path."""
    if case.has_holes:
        return case
    program, own = program_of(case.link), case.config.program.campaign_id
    if not case.link.segments:
        return case.with_remark("incomplete-tracking-link", f"Nothing stands behind {shown(case.link.host)}.")
    if program is None and re.match(r"/c(/|$)", case.link.path):
        return case.with_remark(
            "incomplete-tracking-link", f"{shown(case.link.path)} does not have three numbers behind `/c/`."
        )
    if program is None or own is None or program == str(own):
        return case
    return case.with_remark("other-program", f"The link is for program {program}; mmpsync.toml has {own}.")


def check_target(case: Case) -> Case:
    """Check that the page the link leads to is encoded, once."""
    target = next(iter(case.link.named("u")), None)
    if target is None or not target.value:
        return case
    if re.match(r"(?i)https?%25", target.value):
        once = decoded(target.value)
        while re.match(r"(?i)https?%25", once):
            once = decoded(once)
        mended = case.link.with_each(lambda each: replace(each, value=once) if each is target else each)
        return case.with_remark(
            "target-encoded-twice", f"The target is encoded twice: {shown(target.value)}.", mended=mended
        )
    if not re.match(r"https?://[^?]*\?", target.value):
        return case
    return case.with_remark(
        "target-not-encoded",
        f"The target {shown(target.value)} has parameters, and they are not encoded.",
        mended=_with_encoded_target(case.link, target),
    )


def check_values(case: Case) -> Case:
    """Check the parameters that people add to such a link."""
    of_click_id = [each for each in case.link.parameters if plain(each.name) in ALIASES]
    if of_click_id:
        mended = case.link.with_each(lambda each: None if each in of_click_id else each)
        case = case.with_remark(
            "click-id-not-needed",
            f"{shown(of_click_id[0])} has no effect here.",
            mended=_without_empty_query(mended),
        )
    for each in case.link.parameters:
        length = len(decoded(each.value or ""))
        if plain(each.name) == "sharedid" and length > _LONGEST_SHARED_ID:
            case = case.with_remark("value-too-long", f"{shown(each.name)} has {length:,} characters.")
    return case


def _with_encoded_target(link: Link, target: Parameter) -> Link:
    """Return the link with its target encoded, and all that follows and is not the link's own as part of it."""
    query = list(link.query or ())
    at = next(position for position, each in enumerate(query) if each is target)
    end = next((n for n in range(at + 1, len(query)) if _OWN_NAMES.fullmatch(query[n].name)), len(query))
    text = "&".join([target.value or "", *map(str, query[at + 1 : end])])
    encoded = replace(target, value=quote(text, safe=""))
    return replace(link, query=(*query[:at], encoded, *query[end:]))


def _without_empty_query(link: Link) -> Link:
    return link if link.query else replace(link, query=None)
