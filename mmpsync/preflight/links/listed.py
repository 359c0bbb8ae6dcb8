"""The links of a text: one a line, as people list them, or the column of links of a table."""

import csv
import re
from collections.abc import Iterable

__all__ = ["links_in"]

_SEPARATORS = "\t;,"
_BULLET = re.compile(r"(?:[-*•]|\d+[.)])\s+(?=\S)")
_COMMENT = re.compile(r"\s+#\s.*")


def links_in(lines: Iterable[str]) -> list[str]:
    """Return the links in their order; blank lines and those that begin with # are left out.

    Of a table (cells between commas, semicolons or tabs, with or without a header), the first column that has a web
    address is taken, and every cell of it, however broken. Lines that all begin with an address are no table, unless there
    are tabs in them.
    """
    texts = [line.removeprefix("\ufeff").strip() for line in lines]  # a mark that some programs begin with
    texts = [text for text in texts if text and not text.startswith("#")]
    return _of_table(texts) or [_COMMENT.sub("", _BULLET.sub("", text, count=1)) for text in texts]


def _of_table(texts: list[str]) -> list[str]:
    for separator in _SEPARATORS:
        # A comma behind an address may be part of it.
        if separator != "\t" and all(text.lower().startswith("http") for text in texts):
            continue
        rows = [[cell.strip() for cell in row] for row in csv.reader(texts, delimiter=separator)]
        if len({len(row) for row in rows}) != 1 or len(rows[0]) == 1:
            continue
        columns = zip(*rows, strict=True)
        column = next((cells for cells in columns if any("://" in cell for cell in cells)), None)
        if column:
            has_header = "://" not in column[0] and "." not in column[0]
            return [cell for cell in column[has_header:] if cell]
    return []
