"""What stands where impact.com's ClickId belongs: its macro, or which mistake."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from mmpsync.click_id_text import PLACEHOLDERS
from mmpsync.preflight.links.url import decoded, fully_decoded

__all__ = ["MACRO", "Mistake", "is_click_id_macro", "is_unfilled", "mistake_in"]

MACRO = "{clickid}"
"""impact.com replaces this text, exactly as written, with the ClickId of the click (help.impact.com 155000000002)."""

# The ways in which ad servers mark a macro: {x}, [x], <x>, $x, __x__, %%x%%, ##x##.
_MARKED = re.compile(r"[{}\[\]<>｛｝]|^\$|^__.*__$|^%%.*%%$|^#.*#$")
_OWN_NAMES = ("clickid", "irclickid", "impactclickid", "imref")
_LIKENESS = 0.8
_UNFILLED = re.compile(
    r"YOUR[-_ A-Z]+|(INSERT|REPLACE|ENTER|PUT)[-_ ].+|.+[-_ ](?i:goes[-_ ])?HERE"
    r"|(?i:your)[-_ ]([a-z]+[-_ ])?(?i:id|app|key|token|link|campaign|name|domain|subdomain|brand|code|partner|here)"
    r"|(?i:todo|tbd|fixme|change[-_ ]?me|replace[-_ ]?me|x{3,}|\.{3}|…)"
)
_UNFILLED_MARKED = re.compile(r"<[-\w .]+>|\[[-A-Za-z_ .]+\]|\{\{.*\}\}|__\w+__|%%\w+%%")


@dataclass(frozen=True)
class Mistake:
    """A finding's code and what it means for this value, as the rest of a sentence that shows it."""

    code: str
    remark: str


def mistake_in(value: str) -> Mistake | None:
    """Say what is wrong with the raw value of a parameter that is to carry the ClickId; None for the macro."""
    if value == MACRO:
        return None
    if not value:
        return Mistake("click-id-empty", "nothing stands behind the equals sign")
    if fully_decoded(value) == MACRO:
        if decoded(value) == MACRO:
            return Mistake(
                "macro-encoded", "its braces were replaced by % codes, so impact.com does not see a macro"
            )
        return Mistake("macro-encoded-twice", "its braces were replaced by % codes, more than once")
    text = fully_decoded(value).strip()
    rest = re.sub(r"(?i)\{click[-_ ]?id\}", "", text)
    if rest != text and re.search(r"[^\W_]", rest):
        return Mistake(
            "macro-not-alone", "other text stands beside the macro and becomes part of the ClickId"
        )
    return _wrong_macro(text) if _MARKED.search(text) else _no_macro(text)


def is_click_id_macro(value: str) -> bool:
    """Whether a value was meant to be the ClickId's macro, however it is spelled and encoded."""
    mistake = mistake_in(value)
    if mistake is None:
        return True
    return (
        mistake.code.startswith("macro-")
        and mistake.code != "macro-wrong"
        and bool(_MARKED.search(fully_decoded(value)))
    )


def is_unfilled(value: str) -> bool:
    """Whether a value is what a template has where something has to be filled in: YOUR_APP, <id>, xxx."""
    text = fully_decoded(value).strip()
    return bool(_UNFILLED.fullmatch(text) or _UNFILLED_MARKED.fullmatch(text))


def _wrong_macro(text: str) -> Mistake:
    key = _letters(text)
    if _is_own(key) or not key:
        return Mistake("macro-misspelled", f"impact.com replaces `{MACRO}` only, letter by letter")
    return Mistake("macro-wrong", f"that is another macro; impact.com writes the ClickId for `{MACRO}` only")


def _no_macro(text: str) -> Mistake:
    if text.lower() in PLACEHOLDERS or is_unfilled(text):
        return Mistake("click-id-placeholder", "that only holds the place and was to be replaced")
    if _is_own(_letters(text)):
        return Mistake("macro-misspelled", f"the braces are missing: impact.com replaces `{MACRO}` only")
    return Mistake("click-id-fixed", "every click would carry this one value")


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _is_own(key: str) -> bool:
    return any(SequenceMatcher(None, key, own).ratio() >= _LIKENESS for own in _OWN_NAMES)
