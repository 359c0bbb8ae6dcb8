"""What the steps of a check hand on: the link, mended as far as they got, and what they had to say about it."""

from dataclasses import dataclass, replace

from mmpsync.config import Config
from mmpsync.preflight.links.kinds import Kind
from mmpsync.preflight.links.macro import is_click_id_macro
from mmpsync.preflight.links.url import Link

__all__ = ["Case", "Remark", "short", "shown"]

_LONGEST_SHOWN = 80  # as much as a line of a report takes


def shown(text: object) -> str:
    """Write part of a link for a message: in backquotes, not too long, and without what would disturb a terminal."""
    return f"`{short(text).replace('`', '?')}`"


def short(text: object) -> str:
    """Write part of a link on a line: printable, and not too long."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in str(text)[: _LONGEST_SHOWN + 1])
    return plain if len(plain) <= _LONGEST_SHOWN else f"{plain[:_LONGEST_SHOWN]}…"


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

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters that may carry the ClickId, the preferred one first; not one that the brand uses for itself."""
        configured = {*self.kind.configured(self.config)}
        own = {
            each.name
            for each in self.link.named(*self.kind.free)
            if each.name not in configured and not is_click_id_macro(each.value or "")
        }
        return tuple(name for name in self.kind.names(self.config) if name not in own)

    def with_remark(
        self, code: str, message: str, *, fix: str | None = None, mended: Link | None = None
    ) -> "Case":
        """Return the case with one remark more and, where that is possible, without its cause."""
        remark = Remark(code, message, fix, mended is not None)
        return replace(self, link=mended or self.link, remarks=(*self.remarks, remark))
