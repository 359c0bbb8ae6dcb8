"""Where a link leads: a host that nearly is an MMP's, a port, a user name, and the stores that no MMP stands before."""

import re
from dataclasses import replace
from difflib import SequenceMatcher

from mmpsync.preflight.links.case import Remark, shown
from mmpsync.preflight.links.kinds import KINDS, STORES
from mmpsync.preflight.links.recognise import has_known_host
from mmpsync.preflight.links.url import Link

__all__ = ["is_store", "mend_host"]

# How much of a host must be right for it to be meant; shorter ends of hosts differ in a letter by chance.
_LIKENESS, _SHORTEST_END = 0.9, 9
_PORT = re.compile(r":\d*$")


def mend_host(link: Link) -> tuple[Link, tuple[Remark, ...]]:
    """Take out of a link's address what no link of an MMP has, and spell its host as it is spelled."""
    remarks: list[Remark] = []
    _, sign, authority = (link.authority or "").rpartition("@")
    if sign:
        host = shown(link.host)
        message = f"A user name stands before {host}, which is where the link really leads."
        remarks.append(Remark("user-in-link", message, is_mended=True))
        link = replace(link, authority=authority)
    meant = _meant(link.host)
    if meant:
        message = f"{shown(link.host)} is no host of tracking links; {shown(meant)} is."
        remarks.append(
            Remark("host-wrong", message, f"Write `{meant}` there, if it was meant.", is_mended=True)
        )
        link = replace(link, authority=meant)
    port = _PORT.search(link.authority or "")
    if port and port[0] not in {":", ":443"} and has_known_host(link):
        message = f"The port {shown(port[0])} stands behind {shown(link.host)}, which does not answer there."
        remarks.append(Remark("host-wrong", message, "Leave the port out.", is_mended=True))
        link = replace(link, authority=_PORT.sub("", link.authority or ""))
    return link, tuple(remarks)


def is_store(link: Link) -> bool:
    """Whether a link leads into an app store."""
    return link.host in STORES


def _meant(host: str) -> str | None:
    """The host that was probably meant by one that is not known."""
    if has_known_host(Link.parse(f"//{host}")):
        return None
    hosts = (_corrected(host, known) for kind in KINDS for known in kind.hosts)
    return max(filter(None, hosts), key=lambda meant: _likeness(host, meant), default=None)


def _corrected(host: str, known: str) -> str | None:
    """The host as it would read if this known one, or this end of known ones, was meant; None if it was not."""
    if not known.startswith("."):
        domain = known.partition(".")[2]
        is_its_domain = "." in domain and host in {domain, f"www.{domain}"}
        return known if is_its_domain or _likeness(host, known) >= _LIKENESS else None
    end = known[1:]
    last = ".".join(host.split(".")[-end.count(".") - 1 :])
    if len(end) < _SHORTEST_END or last == host or _likeness(last, end) < _LIKENESS:
        return None
    return host.removesuffix(last) + end


def _likeness(host: str, known: str) -> float:
    return SequenceMatcher(None, host, known).ratio()
