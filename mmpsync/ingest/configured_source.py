"""A source as the user has configured it: its adapter wherever `mmpsync.toml` says nothing else.

Nothing here is an expression. Which references a field is read from, what files hold and which fields they can carry
is known from the configuration and their layout, before the first row is read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, groupby

from mmpsync.config import Config, Source
from mmpsync.engines.interface import Layout
from mmpsync.ingest.conditions import possible
from mmpsync.ingest.interface import Adapter, Holds, Kind
from mmpsync.ingest.references import filled_in
from mmpsync.ingest.resolver import Resolver

__all__ = ["ConfiguredSource"]

_ESSENTIALS = {"clicks": ("click_id", "click_time"), "actions": ("order_id", "state")}


@dataclass(frozen=True)
class ConfiguredSource:
    """What an adapter and the configuration say together of the files that the adapter reads."""

    adapter: Adapter
    config: Config

    @cached_property
    def settings(self) -> Source:
        """What is configured for the source, or its defaults."""
        return self.config.source(self.adapter.name)

    @cached_property
    def media_sources(self) -> list[str]:
        """The media sources that stand for impact.com, lower case."""
        configured = self.settings.media_sources
        return [s.lower() for s in (self.adapter.media_sources if configured is None else configured)]

    def configured(self, *names: str) -> dict[str, tuple[str, ...]]:
        """The references that the user has configured, of these fields."""
        fields = self.settings.fields
        return {name: tuple(fields[name]) for name in names if name in fields}

    def references(self, name: str, kind: Kind | None = None) -> tuple[str, ...]:
        """A field's references: the configured ones, else the adapter's own (for a kind of row).

        Where no place yields a value, what the adapter writes in rows of a kind holds all the same.
        """
        default = self.adapter.own_fields.get(name, ())
        own = default if kind is None else self.adapter.by_kind[kind].get(name, default)
        if name not in self.settings.fields:
            return own
        constants = () if kind is None else (text for text in own if text.startswith("="))
        return (*self.settings.fields[name], *constants)

    def references_for(self, names: Sequence[str]) -> list[Sequence[str]]:
        """What these fields are read from, in rows of any kind."""
        of_kinds = (self.references(name, kind) for name in names for kind in self.adapter.by_kind)
        return [*(self.references(name) for name in names), *of_kinds]

    def tried(self, name: str) -> list[str]:
        """Every reference that is tried for a field, for rows of any kind, the program's parameters filled in."""
        return filled_in(
            chain.from_iterable(self.references_for([name])), self.config.program.click_id_params
        )

    @cached_property
    def click_id_places(self) -> list[tuple[bool, tuple[str, ...]]]:
        """References to the ClickId in order, neighbours that are alike together: (shared?, references)."""
        if configured := self.configured("click_id"):
            return [(False, configured["click_id"])]
        runs = groupby(self.adapter.fields.get("click_id", ()), key=lambda ref: ref in self.adapter.shared)
        return [(is_shared, tuple(references)) for is_shared, references in runs]

    def resolver(self, layout: Layout) -> Resolver:
        """What finds references in the files of a layout."""
        return Resolver(
            layout=layout,
            click_id_params=self.config.program.click_id_params,
            aliases=self.adapter.aliases,
            partitions={k: v for k, v in layout.partitions.items() if k in self.adapter.partition_fields},
            link_source=self.adapter.link_source,
            own_sources=self.media_sources,
            loose=self.adapter.loose,
            fields=self._told_by_fields,
        )

    def holds(self, layout: Layout) -> Holds:
        """What the files hold; those of an MMP hold clicks if they hold nothing else."""
        reports = {layout.partitions.get(name, "").lower() for name in self.adapter.partition_fields}
        if not reports.isdisjoint(self.adapter.click_reports) or self._kinds(layout) == {"click"}:
            return "clicks"
        return self.adapter.holds

    def lacking(self, layout: Layout, *names: str) -> list[str]:
        """Which of these canonical fields no column of the layout can carry."""
        resolver = self.resolver(layout)
        told_otherwise = self.adapter.is_told_by_click_id and not self.configured("media_source")
        return [
            name
            for name in names
            if not (name == "media_source" and told_otherwise)
            and not _carries(resolver, self.references(name))
        ]

    def lacking_essentials(self, layout: Layout) -> list[str]:
        """Which canonical fields the layout cannot carry that no row can do without."""
        if not self.adapter.is_mmp:
            return self.lacking(layout, *_ESSENTIALS[self.adapter.holds])
        resolver = self.resolver(layout)
        kinds = [kind for kind in self.adapter.by_kind if kind in self._kinds(layout)]
        tried = {
            name: (
                *self.references(name),
                *chain.from_iterable(self.references(name, kind) for kind in kinds),
            )
            for name in ("event_name", "event_time")
        }
        return [name for name, references in tried.items() if not _carries(resolver, references)]

    def tells_tests(self, layout: Layout) -> bool:
        """Whether the layout has a column that marks test rows as such."""
        return "test" in possible(self.adapter.attributions, self.resolver(layout))

    @cached_property
    def _told_by_fields(self) -> dict[str, tuple[str, ...]]:
        """What a rule that names a field looks at: what is configured, then what the adapter has of its own."""
        own, configured = self.adapter.own_fields, self.settings.fields
        return {name: (*configured.get(name, ()), *own.get(name, ())) for name in {**own, **configured}}

    def _kinds(self, layout: Layout) -> set[str]:
        """The kinds that rows of the layout can be seen to be."""
        if self.configured("kind"):
            return set(self.adapter.by_kind)
        return possible(self.adapter.kinds, self.resolver(layout))


def _carries(resolver: Resolver, references: Sequence[str]) -> bool:
    """Whether the references can yield a value in the layout; a constant needs no column."""
    return resolver.has(references) or any(reference.startswith("=") for reference in references)
