"""Values from the data, made fit to be shown: ids masked, control characters spelt out, paths shortened."""

import re

__all__ = ["brief", "click_id", "harmless", "mask", "short_path"]

_HEAD, _TAIL = 4, 2
# What stands where no id is: a macro or a placeholder. It is the finding itself, and identifies nobody.
_NO_ID_REASONS = ("unexpanded-macro", "placeholder-click-id")
_LONGEST_NO_ID = 24


def harmless(text: str) -> str:
    """The text on one line, every character that a terminal would act on or not show written as \\x1b, \\u202e …"""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def mask(value: str) -> str:
    """An id that can be recognised but not used: its first 4 and last 2 characters; fewer of a short one."""
    head, tail = min(_HEAD, len(value) // 3), min(_TAIL, len(value) // 6)
    return harmless(f"{value[:head]}…{value[len(value) - tail :]}")


def click_id(value: str, reason: str) -> str:
    """A ClickId, masked, or what stands in its place, which is shown."""
    return harmless(value) if reason in _NO_ID_REASONS and len(value) <= _LONGEST_NO_ID else mask(value)


def brief(text: str, most: int = 40) -> str:
    """The beginning of a text of any length."""
    shown = harmless(text)
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def short_path(path: str, most: int = 40) -> str:
    """The end of a path, from a slash on if there is one; a file name that is too long loses its middle."""
    shown = harmless(path)
    if len(shown) <= most:
        return shown
    slash = shown.find("/", len(shown) - most + 1)
    if slash >= 0:
        return f"…{shown[slash:]}"
    name = re.split(r"[/\\]", shown)[-1]
    half = (most - 1) // 2
    return f"{name[:half]}…{name[-half:]}"
