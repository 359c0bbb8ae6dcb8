"""What the steps of a check hand on: the link, mended as far as they got, and what they had to say about it."""

from dataclasses import dataclass, replace

from mmpsync.config import Config
from mmpsync.preflight.links.kinds import Kind
from mmpsync.preflight.links.url import Link

__all__ = ["Case", "Remark"]


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

    def with_remark(
        self, code: str, message: str, *, fix: str | None = None, mended: Link | None = None
    ) -> "Case":
        """Return the case with one remark more and, where that is possible, without its cause."""
        remark = Remark(code, message, fix, mended is not None)
        return replace(self, link=mended or self.link, remarks=(*self.remarks, remark))
