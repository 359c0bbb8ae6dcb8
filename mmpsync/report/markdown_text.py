"""Texts, tables and lists as GitHub-flavoured Markdown, with nothing in them that it would act on."""

import re
from collections.abc import Iterable, Sequence

from mmpsync.masking import brief

__all__ = ["coded", "folded", "listed", "plain", "table"]

_LONGEST_TEXT = 1_000
# A colon only where it makes a link or an emoji.
_SPECIAL = re.compile(r"[\\`*_\[\]<>|~#&@$]|:(?=//|[\w+-]+:)")
# What would begin a list, be a ruler, or make the line before it a heading, at the beginning of a line.
_BEGINNING = re.compile(r"^((?=[-+](?:\s|$)|--|=+\s*$)|\d+(?=[.)](?:\s|$)))")
_LITERAL = re.compile(r"`([^`]+)`")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;", ":": "&#58;", "|": "&#124;"}
Row = Sequence[str]


def plain(text: str) -> str:
    """Return the text on one line, without a character that Markdown or HTML would act on."""
    return _BEGINNING.sub(r"\1\\", _escaped(brief(text, _LONGEST_TEXT).lstrip()))


def coded(text: str) -> str:
    """Return the text as `plain` does, but what stands in backquotes as code."""
    pieces = _LITERAL.split(brief(text, _LONGEST_TEXT).lstrip())
    shown = "".join(f"`{piece}`" if n % 2 else _escaped(piece) for n, piece in enumerate(pieces))
    return _BEGINNING.sub(r"\1\\", shown)


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda found: _ENTITIES.get(found[0], f"\\{found[0]}"), text)


def table(heads: Row, rows: Iterable[Row], *, lefts: int) -> str:
    """Set a table, its first columns to the left and its figures to the right."""
    rule = [":---" if place < lefts else "---:" for place in range(len(heads))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (heads, rule, *rows))


def listed(lines: Iterable[str]) -> str:
    """Set a list."""
    return "\n".join(f"- {line}" for line in lines)


def folded(title: str, contents: str) -> str:
    """Set contents that show when their title is clicked."""
    return f"<details><summary>{title}</summary>\n\n{contents}\n\n</details>"
