"""What a check before launch finds: one finding each, in the words of the person who has to mend it."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["Finding", "Level"]

Level = Literal["error", "warning", "info"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong, or worth a look, with its remedy.

    `code` is stable and the same for every finding of a kind ("macro-misspelled"); `subject` is what was looked at: a
    link, a file, a key of mmpsync.toml, "app · event". `message` says what is wrong and shows the value; `fix` what
    to do; `corrected` is the whole subject mended, ready to copy, where that can be said (a link).
    """

    code: str
    level: Level
    subject: str
    message: str
    fix: str
    corrected: str | None = None
