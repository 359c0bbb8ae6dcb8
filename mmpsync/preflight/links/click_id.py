"""The ClickId in a link: where it stands, and what stands there."""

import re
from dataclasses import replace

from mmpsync.click_id_text import MAX_LENGTH
from mmpsync.config import Config
from mmpsync.preflight.links.case import Case
from mmpsync.preflight.links.kinds import ALIASES, Kind, plain
from mmpsync.preflight.links.macro import MACRO, is_click_id_macro, mistake_in
from mmpsync.preflight.links.url import Link, Parameter, fully_decoded

__all__ = ["check_place", "check_room", "check_value", "preferred"]


def preferred(kind: Kind, config: Config) -> str:
    """The parameter that the ClickId is put into where it is missing."""
    return kind.names(config)[0]


def check_place(case: Case) -> Case:
    """Find the ClickId's parameter, or where it went instead."""
    names = case.kind.names(case.config)
    if case.link.named(*names):
        return case
    for look in (_behind_the_hash, _in_another_parameter, _inside_another_link):
        found = look(case, names)
        if found is not None:
            return found
    name = preferred(case.kind, case.config)
    return case.with_remark(
        "click-id-missing",
        f"The link has no {_listed(names)}, so no ClickId can arrive.",
        fix=f"Add `{name}={MACRO}`.",
        mended=case.link.with_parameter(name, MACRO),
    )


def check_value(case: Case) -> Case:
    """Look at what the parameter holds: impact.com's macro, once."""
    names = case.kind.names(case.config)
    found = case.link.named(*names)
    if len({parameter.value for parameter in found}) > 1:
        shown = " and ".join(f"`{parameter}`" for parameter in dict.fromkeys(found))
        return case.with_remark(
            "given-twice",
            f"The link gives the ClickId more than once, as {shown}.",
            mended=_with_macro_once(case.link, names),
        )
    mistake = mistake_in(found[0].value or "")
    if mistake is not None:
        case = case.with_remark(
            mistake.code,
            f"The ClickId's parameter reads `{found[0]}`: {mistake.remark}.",
            mended=_with_macro_once(case.link, names),
        )
    own = case.kind.own
    if own and not case.link.named(*own):
        return case.with_remark(
            "click-id-in-exports-only",
            f"The ClickId stands in `{found[0].name}`, but {case.kind.title} hands only `{own[0]}` back to impact.com.",
            fix=f"Add `{own[0]}={MACRO}` beside it.",
            mended=case.link.with_parameter(own[0], MACRO),
        )
    return case


def check_room(case: Case) -> Case:
    """Check that the ClickId, at its longest, ends before long links are cut."""
    names = case.kind.names(case.config)
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


def _behind_the_hash(case: Case, names: tuple[str, ...]) -> Case | None:
    fragment = case.link.fragment or ""
    route, sign, query = fragment.rpartition("?")
    texts = query.split("&") if query or sign else fragment.split("&")
    parameters = [Parameter.parse(text) for text in texts]
    kept = [parameter for parameter in parameters if parameter.value is None]
    moved = [parameter for parameter in parameters if parameter.value is not None]
    if not any(_is_meant(parameter, names) for parameter in moved):
        return None
    rest = route + ("?" if sign and kept else "") + "&".join(map(str, kept))
    link = replace(case.link, fragment=rest or None, query=(*(case.link.query or ()), *moved))
    shown = next(parameter for parameter in moved if _is_meant(parameter, names))
    mended = case.with_remark(
        "behind-the-hash", f"`{shown}` stands behind `#`, where only the browser sees it.", mended=link
    )
    return mended if link.named(*names) else check_place(mended)


def _in_another_parameter(case: Case, names: tuple[str, ...]) -> Case | None:
    candidates = [
        each for each in case.link.parameters if _is_meant(each, names) and not _inner_parameters(each)
    ]
    if not candidates:
        return None
    found = candidates[0]
    name = _spelled(found.name, names) or preferred(case.kind, case.config)
    if plain(found.name) in ALIASES:
        link = case.link.with_each(lambda each: Parameter(name, each.value) if each is found else each)
    else:
        link = case.link.with_parameter(name, MACRO)
    reader = case.kind.title if case.kind.own else "mmpsync"
    return case.with_remark(
        "click-id-misplaced",
        f"The ClickId stands in `{found.name}`, but {reader} reads {_listed(names)}.",
        fix=f"Write `{name}={MACRO}`.",
        mended=link,
    )


def _inside_another_link(case: Case, names: tuple[str, ...]) -> Case | None:
    for parameter in case.link.parameters:
        if any(_is_meant(inner, names) for inner in _inner_parameters(parameter)):
            name = preferred(case.kind, case.config)
            return case.with_remark(
                "inside-another-link",
                f"The ClickId stands inside the link that `{parameter.name}` holds, and not in the link itself.",
                fix=f"Add `{name}={MACRO}` to the link itself.",
                mended=case.link.with_parameter(name, MACRO),
            )
    return None


def _inner_parameters(parameter: Parameter) -> list[Parameter]:
    """The parameters of a link that is the value of a parameter."""
    pairs = re.findall(r"[?&#;]([^?&#;=]+)=([^?&#;]*)", fully_decoded(parameter.value or ""))
    return [Parameter(name, value) for name, value in pairs]


def _is_meant(parameter: Parameter, names: tuple[str, ...]) -> bool:
    """Whether a parameter was to carry the ClickId, by its name or by its value."""
    return (
        parameter.name in names
        or plain(parameter.name) in ALIASES
        or is_click_id_macro(parameter.value or "")
    )


def _spelled(name: str, names: tuple[str, ...]) -> str | None:
    return next((known for known in names if plain(known) == plain(name)), None)


def _with_macro_once(link: Link, names: tuple[str, ...]) -> Link:
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
    text = str(link)
    return text.index(str(parameter)) + len(parameter.written_name) + 1 + MAX_LENGTH


def _listed(names: tuple[str, ...]) -> str:
    shown = [f"`{name}`" for name in names]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"
