"""What names of events tell: which are likely paid for, and which was probably meant by another."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

__all__ = ["ROLES", "Role", "nearest", "role_of"]


@dataclass(frozen=True, kw_only=True)
class Role:
    """A kind of event that brands pay partners for.

    `code` is an event code as impact.com's own pages use it; `required` and `recommended` are the parameters without
    which a brand usually cannot pay, by their canonical names.
    """

    key: str
    code: str | None
    names: str
    required: tuple[str, ...] = ()
    recommended: tuple[str, ...] = ()


ROLES = (
    Role(key="install", code="INSTALL", names=r"^(app)?(lication)?install(ed|s)?$"),
    Role(
        key="purchase",
        code="SALE",
        names=r"purchase|order(completed|placed|paid|confirmed|created)|checkoutcompleted|^sales?$|transaction|payment|booking"
        r"|subscri(be|ption)",
        required=("order_id", "amount", "currency"),
        recommended=("customer_id",),
    ),
    Role(
        key="signup",
        code="SIGN-UP",
        names=r"sign(ed)?up|regist(er|ration)|accountcreated|createaccount",
        required=("order_id", "customer_id"),
    ),
)
"""The roles, the likeliest meaning of a name first."""
# What a name says that is about such an event, but is none that anybody pays for.
_NOT_PAID = re.compile(
    r"cart|wish|view|start|initiat|begin|attempt|fail|cancel|refund|error|remove|attributed"
)
_CLOSE = 0.6


def role_of(name: str) -> Role | None:
    """The role that an event's name tells of, if any."""
    plain = _plain(name)
    if _NOT_PAID.search(plain):
        return None
    return next((role for role in ROLES if re.search(role.names, plain)), None)


def nearest(wanted: Iterable[str], seen: Iterable[str]) -> str | None:
    """Which of the names seen is most probably what was meant by one of the wanted ones."""
    by_plain = {_plain(name): name for name in seen}
    wanted = list(wanted)
    for name in wanted:
        near = get_close_matches(_plain(name), by_plain, n=1, cutoff=_CLOSE)
        if near:
            return by_plain[near[0]]
    roles = {role.key for name in wanted if (role := role_of(name))}
    return next((name for name in by_plain.values() if (role := role_of(name)) and role.key in roles), None)


def _plain(name: str) -> str:
    """The name without what MMPs and developers spell differently: case, blanks, underscores, AppsFlyer's af_."""
    return re.sub(r"[^a-z0-9]+", "", name.lower().removeprefix("af_"))
