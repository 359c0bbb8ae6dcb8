"""The beginning of a list that may have any length, and how much of it that leaves out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Excerpt", "excerpt"]

T_co = TypeVar("T_co", covariant=True)
S = TypeVar("S")


@dataclass(frozen=True)
class Excerpt(Generic[T_co]):
    """What is shown of a list, and how many more there are. It is as true as what it shows."""

    shown: tuple[T_co, ...]
    more: int

    def each(self, make: Callable[[T_co], S]) -> "Excerpt[S]":
        """Make something of each that is shown."""
        return Excerpt(tuple(map(make, self.shown)), self.more)

    def __iter__(self) -> Iterator[T_co]:
        """Go through what is shown."""
        return iter(self.shown)

    def __len__(self) -> int:
        """Count what is shown."""
        return len(self.shown)


def excerpt(items: Sequence[T_co], most: int) -> Excerpt[T_co]:
    """Keep the first of some items, so that no input makes the report too large to open."""
    return Excerpt(tuple(items[:most]), max(len(items) - most, 0))
