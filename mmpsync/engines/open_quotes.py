"""Whether the last record of a CSV may lack a closing quote: among many files DuckDB loses such a one silently."""

import re
from contextlib import suppress
from pathlib import Path

__all__ = ["QuoteCount", "may_end_in_quotes"]

_BLOCK_BYTES = 1 << 20
_LAST_LINE_BYTES = 1 << 14


class QuoteCount:
    """Counts quotes block by block; cheaper by far than to tell records apart."""

    def __init__(self) -> None:
        self._is_odd = False
        self._tail = b""

    def add(self, block: bytes) -> None:
        """Count the quotes of the next block of the file."""
        self._is_odd ^= block.count(b'"') % 2 == 1
        self._tail = (self._tail + block[-_LAST_LINE_BYTES:])[-_LAST_LINE_BYTES:]

    def may_end_in_quotes(self, delimiter: str) -> bool:
        """Whether a quote is one too many, or the last line has one that it does not close."""
        return self._is_odd or _has_open_quote(
            re.split(rb"[\r\n]", self._tail.rstrip())[-1], delimiter.encode()
        )


def _has_open_quote(line: bytes, delimiter: bytes) -> bool:
    return re.search(rb"(?:^|" + re.escape(delimiter) + rb') *"[^"]*(?:""[^"]*)*$', line) is not None


def may_end_in_quotes(path: str, delimiter: str) -> bool:
    """The same of a whole file that is not compressed; one that cannot be read is for its reader to tell."""
    count = QuoteCount()
    with suppress(OSError), Path(path).open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            count.add(block)
    return count.may_end_in_quotes(delimiter)
