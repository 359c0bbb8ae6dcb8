"""Values from the data, made fit to be shown: ids masked, control characters spelt out, paths shortened."""

import re

__all__ = ["FORMULA", "PERSONAL", "brief", "harmless", "mask", "mask_click_id", "mask_personal", "short_path"]

_HEAD, _TAIL = 4, 2
# Here no id stands where one should: the macro or placeholder is the finding itself, and identifies nobody.
_WITHOUT_ID = ("unexpanded-macro", "placeholder-click-id")
_LONGEST_WORD = 24
_HEX = "[0-9A-Fa-f]{1,4}"
PERSONAL: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ("@", "%40"),
        r"[^\s@/?&=;,:<>|]{1,64}(?:@|%40)[^\s@/?&=;,:<>|]{1,255}\.[A-Za-z]{2,24}",
    ),  # an e-mail address
    ((".",), r"\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b"),  # IPv4
    ((":",), rf"\b(?:{_HEX}:){{7}}{_HEX}\b|\b(?:{_HEX}:)+(?::{_HEX})+\b"),  # IPv6, the second with :: in it
)
"""What is personal wherever it stands: e-mail and IP addresses, each with the signs that no such text lacks.

Python and RE2, Arrow's engine, both read the expressions.
"""
_PERSONAL = tuple((signs, re.compile(expression)) for signs, expression in PERSONAL)
FORMULA = r"^[=+\-@\t\r]"
"""A spreadsheet takes a cell that begins like this for a formula."""
# GitHub acts on a line that begins with ::name…:: (and a line may break anywhere), Azure on ##vso[ anywhere.
_COMMAND = re.compile(r":(?=:[A-Za-z-]+.*?::)|#(?=#(?:vso)?\[)")


def harmless(text: str) -> str:
    r"""Return the text on one line, what a terminal would act on or not show written as \x1b or \u202e.

    So is what begins a command to the log of a CI service: \x3a:error::, \x23#vso[.
    """
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return _COMMAND.sub(lambda found: f"\\x{ord(found[0]):02x}", shown)


def mask(value: str) -> str:
    """Return the first 4 and last 2 characters of an id, fewer of a short one: enough to recognise it."""
    head, tail = min(_HEAD, len(value) // 3), min(_TAIL, len(value) // 6)
    return harmless(f"{value[:head]}…{value[len(value) - tail :]}")


def mask_personal(text: str) -> str:
    """Return the text with every e-mail and IP address in it masked."""
    for signs, expression in _PERSONAL:
        if any(sign in text for sign in signs):
            text = expression.sub(lambda found: mask(found[0]), text)
    return text


def mask_click_id(value: str, reason: str) -> str:
    """Return a ClickId masked; what the reason says is no id at all is shown."""
    return harmless(value) if reason in _WITHOUT_ID and len(value) <= _LONGEST_WORD else mask(value)


def brief(text: str, most: int = 40) -> str:
    """Return the beginning of a text of any length."""
    shown = harmless(text[: most + 1])  # no more of it, because it may be megabytes
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def short_path(path: str, most: int = 40) -> str:
    """Return the end of a path, whole names if one fits; a file name that is too long loses its middle."""
    shown = harmless(path)
    if len(shown) <= most:
        return shown
    slash = shown.find("/", len(shown) - most + 1)
    if slash >= 0:
        return f"…{shown[slash:]}"
    name = re.split(r"[/\\]", shown)[-1]
    half = (most - 1) // 2
    return f"{name[:half]}…{name[-half:]}"
