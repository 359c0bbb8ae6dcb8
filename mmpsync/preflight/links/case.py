"""What the steps of a check hand on: the link, mended as far as they got, and what they had to say about it."""

import re
from dataclasses import dataclass, replace

from mmpsync.config import Config
from mmpsync.preflight.links.kinds import Kind
from mmpsync.preflight.links.url import Link

__all__ = ["Case", "Remark", "shown"]

_LONGEST_SHOWN = 80  # as much as a line of a report takes


def shown(text: object) -> str:
    """Write part of a link for a message: in backquotes, not too long, and without what would disturb a terminal."""
    plain = re.sub(r"[\x00-\x1f\x7f-\x9f`]", "?", str(text))
    return f"`{plain if len(plain) <= _LONGEST_SHOWN else plain[:_LONGEST_SHOWN] + '…'}`"


@dataclass(frozen=True)
class Remark:
    """One finding on its way; `fix` None means what the catalogue says. `is_mended`: the corrected link is rid of it."""

    code: str
    message: str
    fix: str | None = None
    is_mended: bool = False


@dataclass(frozen=True)
class Case:
    """A link of a known kind under a configuration."""

    link: Link
    kind: Kind
    config: Config
    remarks: tuple[Remark, ...] = ()

    @property
    def has_holes(self) -> bool:
        """Whether an id in the link was not filled in, so that nothing more can be said of it."""
        return any(remark.code == "not-filled-in" for remark in self.remarks)

    def with_remark(
        self, code: str, message: str, *, fix: str | None = None, mended: Link | None = None
    ) -> "Case":
        """Return the case with one remark more and, where that is possible, without its cause."""
        remark = Remark(code, message, fix, mended is not None)
        return replace(self, link=mended or self.link, remarks=(*self.remarks, remark))
