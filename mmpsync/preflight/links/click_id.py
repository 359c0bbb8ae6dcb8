"""The ClickId in a link: where it stands, and what stands there."""

import re
from dataclasses import replace

from mmpsync.click_id_text import MAX_LENGTH
from mmpsync.preflight.links.case import Case, short, shown
from mmpsync.preflight.links.kinds import ALIASES
from mmpsync.preflight.links.macro import MACRO, mistake_in
from mmpsync.preflight.links.recognise import is_meant, plain
from mmpsync.preflight.links.url import Link, Parameter, fully_decoded

__all__ = ["check_place", "check_room", "check_value"]


def check_place(case: Case) -> Case:
    """Find the ClickId's parameter, or where it went instead."""
    names = case.names
    if case.link.named(*names):
        return case
    for look in (_in_another_parameter, _inside_another_link):
        found = look(case, names)
        if found is not None:
            return found
    return case.with_remark(
        "click-id-missing",
        f"The link has no {_listed(names)}, so no ClickId can arrive.",
        fix=f"Add `{names[0]}={MACRO}`.",
        mended=case.link.with_parameter(names[0], MACRO),
    )


def check_value(case: Case) -> Case:
    """Look at what the parameter holds: impact.com's macro, once."""
    names = case.names
    found = case.link.named(*names)
    rivals = case.link.named(*names, *(case.config.program.click_id_params if case.kind.own else ()))
    mended = _with_macro_once(case.link, {parameter.name for parameter in rivals})
    if len({parameter.value for parameter in rivals}) > 1:
        each = " and ".join(map(shown, [*dict.fromkeys(rivals)][:3]))
        return case.with_remark(
            "given-twice",
            f"The link gives the ClickId more than once, as {each}.",
            fix=f"Keep one of them, or let each hold `{MACRO}`.",
            mended=mended,
        )
    mistake = mistake_in(found[0].value or "")
    if mistake is not None:
        case = case.with_remark(
            mistake.code,
            f"The ClickId's parameter reads {shown(found[0])}: {mistake.remark}.",
            mended=mended,
        )
    own = case.kind.own
    if own and not case.link.named(*own):
        return case.with_remark(
            "click-id-in-exports-only",
            f"The ClickId stands in {shown(found[0].name)}, but {case.kind.title} hands only `{own[0]}` back to impact.com.",
            fix=f"Add `{own[0]}={MACRO}` beside it.",
            mended=case.link.with_parameter(own[0], MACRO),
        )
    return case


def check_room(case: Case) -> Case:
    """Check that the ClickId, at its longest, ends before long links are cut."""
    names = case.names
    parameter = case.link.named(*names)[0]
    limit = case.kind.limit
    end = _end_of(case.link, parameter)
    if end <= limit:
        return case
    mended = case.link.with_first(parameter)
    return case.with_remark(
        "click-id-cut-off",
        f"The ClickId would end at character {end:,} of the link. {case.kind.limit_of} cut links after {limit:,}.",
        mended=mended if _end_of(mended, parameter) <= limit else None,
    )


def _in_another_parameter(case: Case, names: tuple[str, ...]) -> Case | None:
    candidates = [
        each for each in case.link.parameters if is_meant(each, names) and not _inner_parameters(each)
    ]
    if not candidates:
        return None
    found = candidates[0]
    # Adjust's columns have this prefix, its links have not.
    as_parameter = found.name.removeprefix("dcp_")
    name = _spelled(as_parameter, names) or names[0]
    if plain(found.name) in ALIASES:
        link = case.link.with_each(lambda each: Parameter(name, each.value) if each is found else each)
    else:
        link = case.link.with_parameter(name, MACRO)
    reader = case.kind.title if case.kind.own else "mmpsync"
    other = (case.kind.named_in or "").replace("{name}", short(found.name))
    # A label has a column of its own, and goes by it.
    has_name_of_its_own = as_parameter == found.name and not found.name.endswith("label")
    choice = f", or name {other}" if other and has_name_of_its_own else ""
    return case.with_remark(
        "click-id-misplaced",
        f"The ClickId stands in {shown(found.name)}, but {reader} reads {_listed(names)}.",
        fix=f"Write `{name}={MACRO}`{choice}.",
        mended=link,
    )


def _inside_another_link(case: Case, names: tuple[str, ...]) -> Case | None:
    for parameter in case.link.parameters:
        if any(is_meant(inner, names) for inner in _inner_parameters(parameter)):
            return case.with_remark(
                "inside-another-link",
                f"The ClickId stands inside the link that {shown(parameter.name)} holds, and not in the link itself.",
                fix=f"Add `{names[0]}={MACRO}` to the link itself.",
                mended=case.link.with_parameter(names[0], MACRO),
            )
    return None


def _inner_parameters(parameter: Parameter) -> list[Parameter]:
    """The parameters of a link that is the value of a parameter."""
    pairs = re.findall(r"[?&#;]([^?&#;=]+)=([^?&#;]*)", fully_decoded(parameter.value or ""))
    return [Parameter(name, value) for name, value in pairs]


def _spelled(name: str, names: tuple[str, ...]) -> str | None:
    return next((known for known in names if plain(known) == plain(name)), None)


def _with_macro_once(link: Link, names: set[str]) -> Link:
    seen: set[str] = set()

    def mend(parameter: Parameter) -> Parameter | None:
        if parameter.name not in names:
            return parameter
        if parameter.name in seen:
            return None
        seen.add(parameter.name)
        return replace(parameter, value=MACRO)

    return link.with_each(mend)


def _end_of(link: Link, parameter: Parameter) -> int:
    query = link.query or ()
    before = replace(
        link, query=(*query[: query.index(parameter)], Parameter(parameter.written_name, "")), fragment=None
    )
    return len(str(before)) + MAX_LENGTH


def _listed(names: tuple[str, ...]) -> str:
    each = [shown(name) for name in names]
    return each[0] if len(each) == 1 else f"{', '.join(each[:-1])} or {each[-1]}"
