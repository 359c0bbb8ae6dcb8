"""Which kind of link a link is: by its host, else its path, else its parameters."""

import re
from collections.abc import Callable, Collection

from mmpsync.config import Config
from mmpsync.preflight.links.kinds import ALIASES, KINDS, LANDING, OTHERS, Kind
from mmpsync.preflight.links.macro import is_click_id_macro
from mmpsync.preflight.links.url import Link, Parameter, fully_decoded

__all__ = ["has_known_host", "is_meant", "plain", "recognise", "speaks_of_click_id", "telling_names"]


def recognise(link: Link, config: Config) -> Kind | None:
    """Say what kind of link it is; None for one that nothing tells, and for those of tools that mmpsync does not know."""
    if _is_at_any(link.host, OTHERS):
        return None
    fits: tuple[Callable[[Kind], bool], ...] = (
        lambda kind: _is_at_any(link.host, kind.hosts),
        lambda kind: kind.path is not None and re.fullmatch(kind.path, link.path) is not None,
        lambda kind: _has_mark(link, kind),
        lambda kind: kind is LANDING and speaks_of_click_id(str(link), config),
    )
    return next((kind for fit in fits for kind in KINDS if fit(kind)), None)


def has_known_host(link: Link) -> bool:
    """Whether the host alone tells whose link it is."""
    return any(_is_at_any(link.host, hosts) for hosts in (OTHERS, *(kind.hosts for kind in KINDS)))


def speaks_of_click_id(text: str, config: Config) -> bool:
    """Whether a parameter that is called like the ClickId's, or holds its macro, stands anywhere in a text."""
    names = {plain(name) for name in (*ALIASES, *config.program.click_id_params)}
    pairs = re.findall(r"(?:^|[?&#;])([^?&#;=]+)=([^?&#;]*)", fully_decoded(text))
    return any(plain(name) in names or is_click_id_macro(value) for name, value in pairs)


def telling_names(config: Config) -> frozenset[str]:
    """The parameters of all kinds of link that carry a ClickId or say whose link it is."""
    names = {name for kind in KINDS for name in (*kind.names(config), *kind.tracker_parameters)}
    return frozenset(names | {kind.partner.parameter for kind in KINDS if kind.partner})


def is_meant(parameter: Parameter, names: Collection[str]) -> bool:
    """Whether a parameter was to carry the ClickId, by its name or by its value."""
    return (
        parameter.name in names
        or plain(parameter.name) in ALIASES
        or is_click_id_macro(parameter.value or "")
    )


def plain(name: str) -> str:
    """A parameter's name without case and punctuation."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _is_at_any(host: str, hosts: Collection[str]) -> bool:
    return any(
        host == known.removeprefix(".") or (known[0] == "." and host.endswith(known)) for known in hosts
    )


def _has_mark(link: Link, kind: Kind) -> bool:
    return any(
        re.fullmatch(name, parameter.name) and re.fullmatch(value, parameter.value or "")
        for parameter in link.parameters
        for name, value in kind.marks.items()
    )
