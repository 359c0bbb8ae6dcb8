"""How a record that cannot be read stands in a copy: marked, and masked where it would end or be taken apart."""

__all__ = ["MARKED", "MASKED", "MASKS", "MAX_RECORD_BYTES", "TOO_LONG", "mark"]

# A record may be this long; a longer one is unreadable.
MAX_RECORD_BYTES = 8 * 1024 * 1024
_SHOWN_BYTES = 10_000

# A CSV reader must reject what comes after a closing quote, and no JSON is written like this.
MARKED = '"\x1e"\x1e'
TOO_LONG = '"\x1e"\x1d'
MASKED, MASKS = '"\r\n', "\x1a\x1c\x17"
_MASK = bytes.maketrans(MASKED.encode(), MASKS.encode())


def mark(kind: str, record: bytes) -> bytes:
    """The record, or its beginning, masked; of the `kind` MARKED or TOO_LONG it is one that the engine rejects."""
    return kind.encode() + record[:_SHOWN_BYTES].translate(_MASK)
