"""What an adapter is: one declarative table of how a source names things.

A new source is one file with one `Adapter`. Nothing here runs: `detect` recognises headers, `configured_source` lays
the configuration over the adapter, `resolver` finds its references and `translate` builds the expressions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from mmpsync.config import SourceName

__all__ = [
    "Adapter",
    "Attribution",
    "ClickIdFound",
    "Condition",
    "Cut",
    "Fields",
    "Holds",
    "ImpactSource",
    "Kind",
    "Matches",
    "Missing",
    "OneOf",
    "Present",
    "Rule",
    "Supersession",
    "Withheld",
]

Kind = Literal["install", "reinstall", "reattribution", "reengagement", "event", "click", "other"]
Attribution = Literal["impact", "other", "organic", "restricted", "rejected", "test", "unknown"]
Holds = Literal["conversions", "clicks", "actions"]

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
    """The row's media source, its tracker or one of the adapter's marks says that it is impact.com's."""


@dataclass(frozen=True)
class ClickIdFound:
    """The row carries a ClickId, whatever it is worth; for attributions only."""


Condition = Present | Missing | OneOf | Matches | ImpactSource | ClickIdFound


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
class Cut:
    """Text that ends after `length` characters, whatever was to follow, in rows where `among` holds.

    `advice` says where the whole text is to be had.
    """

    length: int
    among: tuple[Condition, ...]
    advice: str


@dataclass(frozen=True, kw_only=True)
class Withheld:
    """What a source writes in place of values that it hides or has hashed.

    `pattern` holds for such a value (RE2 and Java syntax alike). Columns of `around` have the ClickId among
    other things; in rows attributed to impact.com it is withheld where they are. `fields` are the canonical
    fields in which such values are worth a word; `advice` says how to get at the true ones.
    """

    pattern: str
    around: tuple[str, ...]
    fields: tuple[str, ...]
    advice: str


@dataclass(frozen=True, kw_only=True)
class Adapter:
    """One source of conversions, clicks or actions.

    What it is, and how its files are recognised:
    `title`: its name for people. `reads`: what it delivers that is understood, and in which formats, for documentation.
    `needs`: groups of columns; a file is recognised when it has at least one column of every group. `aliases`: other
    spellings of columns → the adapter's own. `partition_fields`: `key=value` folders of the file's path that serve as
    columns. `path_fields`: patterns whose named groups do the same where no folder does; where one fits several times,
    the last counts. `click_reports`: values of one of these that tell of files with nothing but clicks.

    What its rows are:
    `kinds`, `attributions`: rules, the first that holds counts; only an MMP has attributions. `supersession`: how one
    row takes the place of another. `media_sources`, `media_source_pattern`, `tracker_pattern`: what stands for
    impact.com unless media sources are configured. `source_separator`: where a media source goes on with other names,
    which do not count. `marks`: what else shows, each for itself, that a row is impact.com's.

    Where its values are:
    `fields`: canonical field → references. `by_kind` overrides single fields for rows of a kind, `by_platform` for rows
    whose platform (lower case) is known to be that. `clicks`, `actions`: fields of click or action records, for a
    source that has no other rows; an MMP's clicks are its rows of kind click. `money`: pairs of references to an amount
    and its currency that belong together; the first with an amount counts. `shared`: places of the ClickId that
    anybody's links may fill, so they are looked at only in rows attributed to impact.com. `link_source`: the URL
    parameter by which a link says whose it is; a URL of another source's link yields no ClickId.

    How its values are written:
    `wordings`: canonical field → rules that put the source's own words into ours; where none holds, the value stays as
    found. `utc`: references to times that are UTC whatever the time zone of the files is said to be. `loose`: cells may
    stand in backticks or be a JSON string, JSON may be cut off or broken; a whole object is no value. `cut`: how the
    source cuts long text. `withheld`: how it hides values; they are there, so they are not missing.

    What its users are told:
    `click_id_advice`: how to get the ClickId into an export that lacks its column. `organic_advice`: how organic rows
    get into an export that has none; empty if they always do.
    """

    name: SourceName
    title: str
    reads: tuple[tuple[str, str], ...]
    needs: tuple[tuple[str, ...], ...]
    aliases: Mapping[str, str] = field(default_factory=dict)
    kinds: tuple[Rule, ...]
    attributions: tuple[Rule, ...] = ()
    fields: Fields
    by_kind: Mapping[Kind, Fields] = field(default_factory=dict)
    by_platform: Mapping[str, Fields] = field(default_factory=dict)
    shared: frozenset[str] = frozenset()
    money: tuple[tuple[str, tuple[str, ...]], ...] = ()
    link_source: str | None = None
    clicks: Fields = field(default_factory=dict)
    actions: Fields = field(default_factory=dict)
    media_sources: tuple[str, ...] = ()
    media_source_pattern: str | None = None
    tracker_pattern: str | None = None
    marks: tuple[Condition, ...] = ()
    source_separator: str | None = None
    supersession: Supersession | None = None
    cut: Cut | None = None
    wordings: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)
    utc: frozenset[str] = frozenset()
    loose: bool = False
    withheld: Withheld | None = None
    partition_fields: tuple[str, ...] = ()
    path_fields: tuple[str, ...] = ()
    click_reports: tuple[str, ...] = ()
    click_id_advice: str = ""
    organic_advice: str = ""

    @property
    def is_mmp(self) -> bool:
        """Whether the source measures conversions (impact.com itself does not)."""
        return bool(self.attributions)

    @property
    def holds(self) -> Holds:
        """What its rows are; an MMP's may be clicks as well."""
        if self.is_mmp:
            return "conversions"
        return "actions" if self.actions else "clicks"

    @property
    def own_fields(self) -> Fields:
        """The fields of what it holds."""
        return {"conversions": self.fields, "clicks": self.clicks, "actions": self.actions}[self.holds]

    @property
    def is_told_by_click_id(self) -> bool:
        """Whether a row without a media source may be known to be impact.com's by its ClickId."""
        return any(ClickIdFound() in rule.when for rule in self.attributions)
