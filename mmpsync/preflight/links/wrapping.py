"""Links inside the links of mail programs, chats and search pages, which look at every link on the way."""

import re

from mmpsync.preflight.links.case import Remark, shown
from mmpsync.preflight.links.url import Link, decoded

__all__ = ["decoded_whole", "taken_out"]

# The ends of their hosts, how their paths begin, and the parameter with the link.
_WRAPPERS = (
    (".safelinks.protection.outlook.com", "/", "url"),
    ("l.facebook.com", "/l.php", "u"),
    ("lm.facebook.com", "/l.php", "u"),
    ("l.instagram.com", "/", "u"),
    ("www.google.com", "/url", "q"),
    ("www.google.com", "/url", "url"),
)
_ENCODED = re.compile(r"(?i)https?%(?:25)*3A")


def decoded_whole(text: str, remarks: list[Remark]) -> str:
    """Decode a link that was encoded as a whole."""
    if not _ENCODED.match(text):
        return text
    remarks.append(Remark("encoded-link", f"The link begins with {shown(text[:14])}.", is_mended=True))
    while _ENCODED.match(text):
        text = decoded(text)
    return text


def taken_out(link: Link) -> tuple[str, Remark] | None:
    """Return the link that another one is wrapped around, and what to say of that."""
    for host, path, name in _WRAPPERS:
        if (link.host == host or (host[0] == "." and link.host.endswith(host))) and link.path.startswith(
            path
        ):
            inner = next((decoded(each.value or "") for each in link.named(name)), "")
            if re.match(r"https?:", inner):
                message = (
                    f"The link leads through {shown(link.host)}, which was put around it on the way to you."
                )
                return inner, Remark("wrapped-link", message, is_mended=True)
    return None
