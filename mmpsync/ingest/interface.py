"""What an adapter is: one declarative table of how a source names things.

A new source is one file with one `Adapter`. Nothing here runs: `fields` resolves references, `detect`
recognises headers and `canonical` builds the expressions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from mmpsync.config import SourceName

__all__ = [
    "Adapter",
    "Attribution",
    "Condition",
    "Fields",
    "ImpactSource",
    "Kind",
    "Matches",
    "Missing",
    "OneOf",
    "Present",
    "Rule",
    "Supersession",
]

Kind = Literal["install", "reinstall", "reattribution", "reengagement", "event", "click", "other"]
Attribution = Literal["impact", "other", "organic", "restricted", "rejected", "test", "unknown"]

# Canonical field → field references, tried in order.
Fields = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Present:
    """The reference yields a value."""

    reference: str


@dataclass(frozen=True)
class Missing:
    """The reference yields no value, or the file lacks its column."""

    reference: str


@dataclass(frozen=True)
class OneOf:
    """The reference's value is one of these, ignoring case."""

    reference: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Matches:
    """The reference's value holds this regular expression (RE2 and Java syntax alike)."""

    reference: str
    pattern: str


@dataclass(frozen=True)
class ImpactSource:
    """The row's media source, or its tracker, is one of those that stand for impact.com."""


Condition = Present | Missing | OneOf | Matches | ImpactSource


@dataclass(frozen=True)
class Rule:
    """A Kind or an Attribution; that of the first rule whose conditions all hold is taken."""

    then: str
    when: tuple[Condition, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Supersession:
    """How a later row of the same install or event takes the place of another.

    Rows with the same values of `same` (references, or `kind`; nulls count as values) belong together when
    `among` holds. One that fulfils `by` supersedes those of lower rank; a row's rank is the time at `rank`, and
    a superseding row outranks others of its second.
    """

    same: tuple[str, ...]
    among: tuple[Condition, ...]
    by: tuple[Condition, ...]
    rank: str | None = None


@dataclass(frozen=True, kw_only=True)
class Adapter:
    """One source of conversions or clicks.

    `needs`: groups of columns; a file is recognised when it has at least one column of every group.
    `fields`: canonical field → references. `by_kind` overrides single fields for rows of a kind.
    `shared`: places of the ClickId that anybody's links may fill, so they are looked at only in rows
    attributed to impact.com. `money`: pairs of references to an amount and its currency that belong together;
    the first with an amount counts. `link_source`: the URL parameter by which a link says whose it is; a URL
    of another source's link yields no ClickId.
    `clicks`: fields of click records, for a source that has no other rows; those of an MMP are its rows of
    kind click. `media_sources`, `media_source_pattern`: what stands for impact.com unless configured.
    `partition_fields`: `key=value` folders of the file's path that serve as columns.
    """

    name: SourceName
    title: str
    needs: tuple[tuple[str, ...], ...]
    aliases: Mapping[str, str] = field(default_factory=dict)
    kinds: tuple[Rule, ...]
    attributions: tuple[Rule, ...] = ()
    fields: Fields
    by_kind: Mapping[Kind, Fields] = field(default_factory=dict)
    shared: frozenset[str] = frozenset()
    money: tuple[tuple[str, tuple[str, ...]], ...] = ()
    link_source: str | None = None
    clicks: Fields = field(default_factory=dict)
    media_sources: tuple[str, ...] = ()
    media_source_pattern: str | None = None
    source_separator: str | None = None
    supersession: Supersession | None = None
    partition_fields: tuple[str, ...] = ()
    click_reports: tuple[str, ...] = ()
    click_id_advice: str = ""

    @property
    def is_mmp(self) -> bool:
        """Whether the source measures conversions (impact.com itself does not)."""
        return bool(self.attributions)
