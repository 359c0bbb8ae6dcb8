"""The scans that one adapter recognised as canonical rows: expressions only, nothing runs here.

A row passes stages, each a select of its own so that nothing is computed twice: every value it is asked for
is extracted; what kind of row it is and whose; its fields as text; the text parsed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

import ibis
import ibis.expr.types as ir

from mmpsync.config import Config
from mmpsync.engines.functions import md5, percent_decode, struct_text, unwrapped
from mmpsync.engines.interface import Layout
from mmpsync.ingest.canonical import ACTION, CLICK, CONVERSION, WORKING
from mmpsync.ingest.carried import CARRIED, carried_references, carried_values
from mmpsync.ingest.conditions import choose, holds, possible
from mmpsync.ingest.cuts import cells, cut_cells
from mmpsync.ingest.extraction import Values, extract
from mmpsync.ingest.interface import Adapter, ClickIdFound, Holds, ImpactSource, Kind, Rule
from mmpsync.ingest.references import filled_in
from mmpsync.ingest.resolver import Resolver
from mmpsync.ingest.values import parse_amount, parse_boolean, parse_integer, parse_time
from mmpsync.ingest.withheld import around_click_id, disclosed

__all__ = ["Translation", "clicks_among"]

_TEXT_FIELDS = (
    "event_id", "app_id", "platform", "event_name", "touch_type", "order_id", "currency", "customer_id",
    "promo_code", "sku", "category", "idfa", "idfv", "gaid", "android_id", "mmp_device_id", "mmp_click_id", "campaign",
    "publisher", "country", "app_version",
)  # fmt: skip
_PARSED_FIELDS = ("event_time", "touch_time", "amount", "quantity", "is_primary")
_CLICK_TEXT = ("media_id", "partner", "campaign", "publisher", "app_id", "platform")
_ACTION_TEXT = ("action_id", "state", "order_id", "event_name", "tracker_id", "media_id", "partner")
_REVERSED = "reversed"
_ESSENTIALS = {"clicks": ("click_id", "click_time"), "actions": ("order_id", "state")}
_LOWER = ("platform", "touch_type")
_UPPER = ("currency", "country")
_DEVICE_IDS = ("idfa", "idfv", "gaid", "android_id")
# What phones give instead of an id to apps that may not track them.
_NO_DEVICE = "00000000-0000-0000-0000-000000000000"
# Positions are known when the rows are materialized.
_WORKING = {name: kind for name, kind in WORKING.items() if name != "position"}
_UNIT_SEPARATOR = "\x1f"
_NO_SUPERSESSION: Mapping[str, ir.Value] = {
    "supersede_key": ibis.null("string"),
    "supersede_rank_text": ibis.null("string"),
    "supersedes": ibis.literal(False),
}


@dataclass(frozen=True)
class Translation:
    """How the files that one adapter reads become canonical rows, given the configuration.

    Files may differ in their layouts: their values are extracted layout by layout and judged together.
    """

    adapter: Adapter
    config: Config

    def holds(self, layout: Layout) -> Holds:
        """What the files hold; those of an MMP hold clicks if they hold nothing else."""
        reports = {layout.partitions.get(name, "").lower() for name in self.adapter.partition_fields}
        if not reports.isdisjoint(self.adapter.click_reports) or self._kinds(layout) == {"click"}:
            return "clicks"
        return self.adapter.holds

    def conversions(
        self, scans: Sequence[tuple[Layout, ir.Table]], *, with_source_columns: bool = False
    ) -> ir.Table:
        """Every row of the scans as a Conversion with the working columns, clicks among them.

        `with_source_columns` adds `source_columns`: the original columns as one JSON object.
        """
        if with_source_columns:
            scans = [(x, scan.mutate(source_columns=_source_columns(x, scan))) for x, scan in scans]
        sources = [(self._resolver(layout), scan) for layout, scan in scans]
        extracted = extract(
            sources,
            self._conversion_references(),
            keep=("source_columns",),
            as_found=self._references("click_id"),
        )
        found = self._classified(extracted)
        rows = found.table
        ids = self._click_ids(found)
        carried = carried_references(self.config)
        text = rows.select(
            "source_file",
            "source_row",
            "kind",
            "media_source",
            *(name for name in ("source_columns",) if with_source_columns),
            *(self._field(found, name).name(name) for name in _TEXT_FIELDS if name != "currency"),
            self._currency(found).name("currency"),
            *(self._field(found, name).name(f"{name}_text") for name in _PARSED_FIELDS),
            *(value.name(f"click_id_{n}") for n, (_, value) in enumerate(ids)),
            *(found.text(references).name(f"carried_{n}") for n, references in enumerate(carried)),
            attribution=choose(self.adapter.attributions, found).fill_null("unknown"),
            **self._zones(found),
            **cut_cells(self.adapter.cut, found, self._references("click_id"), [value for _, value in ids]),
            **self._supersession(found),
        )
        rank = parse_time(text.supersede_rank_text, self._timezone).epoch_seconds().fill_null(0).cast("int64")
        parsed = text.mutate(
            *(text[name].lower().name(name) for name in _LOWER),
            *(text[name].upper().name(name) for name in _UPPER),
            *(text[name].nullif(_NO_DEVICE).name(name) for name in _DEVICE_IDS),
            mmp=ibis.literal(self.adapter.name),
            # Half a ClickId must not make its twin in a conversion look known.
            is_click=(text.kind == "click") & ~text.click_id_cut,
            kind=(text.kind == "click").ifelse("other", text.kind),
            event_time=self._time(text, "event_time"),
            event_time_raw=text.event_time_text,
            touch_time=self._time(text, "touch_time"),
            amount=parse_amount(text.amount_text),
            amount_raw=text.amount_text,
            quantity=parse_integer(text.quantity_text),
            quantity_raw=text.quantity_text,
            is_primary=parse_boolean(text.is_primary_text),
            supersede_rank=rank * 2 + text.supersedes.cast("int64"),
            **_click_id(text, ids, self.adapter),
        )
        columns = {**CONVERSION, **_WORKING} | ({"source_columns": "string"} if with_source_columns else {})
        if carried:
            values = [text[f"carried_{n}"] for n in range(len(carried))]
            parsed = parsed.mutate(**{CARRIED: carried_values(carried, values)})
            columns[CARRIED] = "map<string, string>"
        return parsed.select(*(parsed[name].cast(kind).name(name) for name, kind in columns.items()))

    def filled(self, scans: Sequence[tuple[Layout, ir.Table]], references: Sequence[str]) -> ir.Table:
        """The rows' `kind`, `event_name`, `is_impact`, and `filled_0` …: whether each reference yields a value."""
        sources = [(self._resolver(layout), scan) for layout, scan in scans]
        telling = (
            "kind",
            "media_source",
            "tracker",
            "event_name",
            *(("click_id",) if self.adapter.is_told_by_click_id else ()),
        )
        wanted = [
            *self._references_for(telling),
            *_references_of((*self.adapter.kinds, Rule("", self.adapter.marks))),
            *((column,) for column in (self.adapter.withheld.around if self.adapter.withheld else ())),
            *((reference,) for reference in references),
        ]
        found = self._classified(extract(sources, wanted, as_found=self._references("click_id")))
        return found.table.select(
            "kind",
            "is_impact",
            self._field(found, "event_name").name("event_name"),
            **{f"filled_{n}": found.text([reference]).notnull() for n, reference in enumerate(references)},
        )

    def tried(self, name: str) -> list[str]:
        """Every reference that is tried for a field, for rows of any kind, the program's parameters filled in."""
        texts = [
            *self._references(name),
            *(ref for kind in self.adapter.by_kind for ref in self._references(name, kind)),
        ]
        return filled_in(texts, self.config.program.click_id_params)

    def clicks(self, scans: Sequence[tuple[Layout, ir.Table]]) -> ir.Table:
        """The click records of the scans as Clicks, also those without a ClickId."""
        if self.adapter.is_mmp:
            return clicks_among(self.conversions(scans))
        fields = {**self.adapter.clicks, **self._configured(*self.adapter.clicks)}
        found = extract([(self._resolver(layout), scan) for layout, scan in scans], fields.values())
        ids = found.units(fields["click_id"])
        text = found.table.select(
            "source_file",
            *(value.name(f"click_id_{n}") for n, (_, value) in enumerate(ids)),
            *(found.text(fields.get(name, ())).name(name) for name in _CLICK_TEXT),
            click_time_found=found.first(fields["click_time"]),
        )
        parsed = text.mutate(
            click_time=parse_time(text.click_time_found, self._timezone),
            **_click_id(text, ids, self.adapter),
        )
        return parsed.select(*(parsed[name].cast(kind).name(name) for name, kind in CLICK.items()))

    def actions(self, scans: Sequence[tuple[Layout, ir.Table]]) -> ir.Table:
        """The action records of the scans as Actions."""
        fields = [self._references(name) for name in self.adapter.actions]
        currencies = [currency for _, currency in self.adapter.money]
        sources = [(self._resolver(layout), scan) for layout, scan in scans]
        found = extract(sources, [*fields, *currencies])
        time = found.first(self._references("event_time"))
        text = found.table.select(
            "source_file",
            *(found.text(self._references(name)).name(name) for name in _ACTION_TEXT),
            currency=self._currency(found),
            amount_raw=found.text(self._references("amount")),
            event_time_found=ibis.null("string") if time is None else time,
        )
        parsed = text.mutate(
            state=text.state.lower(),
            is_reversed=(text.state.lower() == _REVERSED).fill_null(False),
            event_time=parse_time(text.event_time_found, self._timezone),
            amount=parse_amount(text.amount_raw),
            currency=text.currency.upper(),
        )
        return parsed.select(*(parsed[name].cast(kind).name(name) for name, kind in ACTION.items()))

    def lacking(self, layout: Layout, *names: str) -> list[str]:
        """Which of these canonical fields no column of the layout can carry."""
        tried = {name: self.adapter.own_fields.get(name, ()) for name in names} | self._configured(*names)
        if self.adapter.is_told_by_click_id and not self._configured("media_source"):
            tried.pop("media_source", None)
        resolver = self._resolver(layout)
        return [name for name, references in tried.items() if not resolver.has(references)]

    def lacking_essentials(self, layout: Layout) -> list[str]:
        """Which canonical fields the layout cannot carry that no row can do without."""
        if not self.adapter.is_mmp:
            return self.lacking(layout, *_ESSENTIALS[self.adapter.holds])
        resolver = self._resolver(layout)
        kinds = [kind for kind in self.adapter.by_kind if kind in self._kinds(layout)]

        def is_carried(name: str) -> bool:
            tried = [self._references(name), *(self._references(name, kind) for kind in kinds)]
            return any(resolver.has(refs) or any(ref.startswith("=") for ref in refs) for refs in tried)

        return [name for name in ("event_name", "event_time") if not is_carried(name)]

    def tells_tests(self, layout: Layout) -> bool:
        """Whether the layout has a column that marks test rows as such."""
        return "test" in possible(self.adapter.attributions, self._resolver(layout))

    def _kinds(self, layout: Layout) -> set[str]:
        """The kinds that rows of the layout can be seen to be."""
        if self._configured("kind"):
            return set(self.adapter.by_kind)
        return possible(self.adapter.kinds, self._resolver(layout))

    @property
    def _timezone(self) -> str:
        return self.config.source(self.adapter.name).timezone

    def _resolver(self, layout: Layout) -> Resolver:
        return Resolver(
            layout=layout,
            click_id_params=self.config.program.click_id_params,
            aliases=self.adapter.aliases,
            partitions={k: v for k, v in layout.partitions.items() if k in self.adapter.partition_fields},
            link_source=self.adapter.link_source,
            own_sources=self._media_sources,
            loose=self.adapter.loose,
        )

    @cached_property
    def _media_sources(self) -> list[str]:
        configured = self.config.source(self.adapter.name).media_sources
        return [s.lower() for s in (self.adapter.media_sources if configured is None else configured)]

    def _configured(self, *names: str) -> dict[str, tuple[str, ...]]:
        fields = self.config.source(self.adapter.name).fields
        return {name: tuple(fields[name]) for name in names if name in fields}

    def _references(self, name: str, kind: Kind | None = None) -> tuple[str, ...]:
        """A field's references: the configured ones, else the adapter's own (for a kind of row)."""
        default = self.adapter.own_fields.get(name, ())
        own = default if kind is None else self.adapter.by_kind[kind].get(name, default)
        return self._configured(name).get(name, own)

    def _references_for(self, names: Sequence[str]) -> list[Sequence[str]]:
        """What these fields are read from, in rows of any kind."""
        of_kinds = (self._references(name, kind) for name in names for kind in self.adapter.by_kind)
        return [*(self._references(name) for name in names), *of_kinds]

    def _conversion_references(self) -> list[Sequence[str]]:
        """Everything that conversions of this layout are asked for."""
        names = ("kind", "media_source", "tracker", "click_id", *_TEXT_FIELDS, *_PARSED_FIELDS)
        rule = self.adapter.supersession
        superseding = () if rule is None else (*rule.same, *((rule.rank,) if rule.rank else ()))
        conditions = [Rule("", self.adapter.marks)]
        conditions += [] if rule is None else [Rule("", (*rule.among, *rule.by))]
        cut = self.adapter.cut
        conditions += [] if cut is None else [Rule("", cut.among)]
        conditions += [rule for rules in self.adapter.wordings.values() for rule in rules]
        return [
            *self._references_for(names),
            *(references for fields in self.adapter.by_platform.values() for references in fields.values()),
            *(references for _, references in self._click_id_places),
            *carried_references(self.config),
            *((column,) for column in (self.adapter.withheld.around if self.adapter.withheld else ())),
            *([] if cut is None else cells(self._references("click_id"))),
            *((amount,) for amount, _ in self.adapter.money),
            *(currency for _, currency in self.adapter.money),
            *((reference,) for reference in superseding),
            *_references_of((*self.adapter.kinds, *self.adapter.attributions, *conditions)),
        ]

    def _field(self, found: Values, name: str) -> ir.StringValue:
        value = self._by_row(found, name, found.text)
        rules = () if self._configured(name) else self.adapter.wordings.get(name, ())
        return ibis.coalesce(choose(rules, found), value) if rules else value

    def _by_row(self, found: Values, name: str, read: Callable[[Sequence[str]], ir.Value]) -> ir.Value:
        """What is read by the references that a field has in each row, by its kind and platform."""
        usual = self._references(name)
        special = [(found.table.kind == kind, self._references(name, kind)) for kind in self.adapter.by_kind]
        platforms = {} if self._configured(name) else self.adapter.by_platform
        special += [
            (self._field(found, "platform").lower() == platform, fields[name])
            for platform, fields in platforms.items()
            if name in fields
        ]
        branches = [(test, read(refs)) for test, refs in special if refs != usual]
        return ibis.cases(*branches, else_=read(usual)) if branches else read(usual)

    def _zones(self, found: Values) -> dict[str, ir.BooleanValue]:
        """Which times are UTC by their references, where those without a zone would be taken for local ones."""
        if not self.adapter.utc or self._timezone == "UTC":
            return {}

        def is_utc(references: Sequence[str]) -> ir.BooleanValue:
            told = [
                (found.text([ref]).notnull(), ibis.literal(ref in self.adapter.utc)) for ref in references
            ]
            return ibis.cases(*told, else_=False) if told else ibis.literal(False)

        return {f"{name}_is_utc": self._by_row(found, name, is_utc) for name in ("event_time", "touch_time")}

    def _time(self, text: ir.Table, name: str) -> ir.TimestampValue:
        value = text[f"{name}_text"]
        local = parse_time(value, self._timezone)
        is_utc = f"{name}_is_utc"
        return text[is_utc].ifelse(parse_time(value, "UTC"), local) if is_utc in text.columns else local

    def _currency(self, found: Values) -> ir.StringValue:
        """The currency that goes with the amount that counts."""
        if not self.adapter.money or self._configured("amount", "currency"):
            return self._field(found, "currency")
        branches = [
            (found.text([amount]).notnull(), found.text(names)) for amount, names in self.adapter.money
        ]
        return ibis.cases(*branches, else_=self._field(found, "currency"))

    def _classified(self, found: Values) -> Values:
        """The values with `kind`, `media_source` and `is_impact` beside them, on which other columns build."""
        source = found.text(self._references("media_source"))
        if self.adapter.source_separator is not None:
            source = source.split(self.adapter.source_separator)[0]
        rows = found.table.mutate(kind=self._kind(found), media_source=source)
        rows = rows.mutate(is_impact=self._is_impact(found.on(rows)))
        if self.adapter.is_told_by_click_id:
            ids = self._click_ids(found.on(rows))
            rows = rows.mutate(has_click_id=ibis.or_(*(value.notnull() for _, value in ids)))
        return found.on(rows)

    def _kind(self, found: Values) -> ir.StringValue:
        if configured := self._configured("kind"):
            return found.text(configured["kind"]).lower()
        return choose(self.adapter.kinds, found).fill_null("other")

    def _is_impact(self, found: Values) -> ir.BooleanValue:
        source = self.config.source(self.adapter.name)
        media_source = found.table.media_source
        tests = [media_source.lower().isin(self._media_sources)]
        if self.adapter.media_source_pattern is not None and source.media_sources is None:
            tests.append(media_source.re_search(self.adapter.media_source_pattern))
        trackers = [tracker for _, tracker in found.units(self._references("tracker"))]
        if source.trackers:
            tokens = [token.lower() for token in source.trackers]
            tests += [tracker.lower().isin(tokens) for tracker in trackers]
        if self.adapter.tracker_pattern is not None and source.media_sources is None:
            tests += [tracker.re_search(self.adapter.tracker_pattern) for tracker in trackers]
        marks = [holds(mark, found) for mark in self.adapter.marks]
        return ibis.or_(*(test.fill_null(False) for test in tests), *marks)

    def _click_ids(self, found: Values) -> list[tuple[bool, ir.StringValue]]:
        """The places a ClickId may stand in, in order: (from a query string?, value)."""
        places = [
            (from_url, found.table.is_impact.ifelse(value, ibis.null("string")) if is_shared else value)
            for is_shared, references in self._click_id_places
            for from_url, value in found.units(references)
        ]
        return places + [(False, value) for value in around_click_id(self.adapter.withheld, found)]

    @cached_property
    def _click_id_places(self) -> list[tuple[bool, tuple[str, ...]]]:
        """References to the ClickId in order, neighbours that are alike together: (shared?, references)."""
        if configured := self._configured("click_id"):
            return [(False, configured["click_id"])]
        runs = groupby(self.adapter.fields.get("click_id", ()), key=lambda ref: ref in self.adapter.shared)
        return [(is_shared, tuple(references)) for is_shared, references in runs]

    def _supersession(self, found: Values) -> Mapping[str, ir.Value]:
        rule = self.adapter.supersession
        if rule is None:
            return _NO_SUPERSESSION
        among = [holds(condition, found) for condition in rule.among]
        by = [holds(condition, found) for condition in rule.by]
        if any(test is False for test in among + by):
            return _NO_SUPERSESSION
        parts = [found.table.kind if ref == "kind" else found.text([ref]) for ref in rule.same]
        key = md5(ibis.literal(_UNIT_SEPARATOR).join([part.fill_null("") for part in parts]))
        return {
            "supersede_key": ibis.and_(*among).ifelse(key, ibis.null("string")),
            "supersede_rank_text": found.text([rule.rank] if rule.rank else []),
            "supersedes": ibis.and_(*among, *by),
        }


def _source_columns(layout: Layout, scan: ir.Table) -> ir.StringValue:
    if layout.format == "json":
        return scan.c0
    names = layout.columns
    unique = [f"{name} ({i + 1})" if name in names[:i] else name for i, name in enumerate(names)]
    return struct_text(ibis.struct({name: scan[f"c{i}"] for i, name in enumerate(unique)}))


def clicks_among(conversions: ir.Table) -> ir.Table:
    """The click rows of files that hold conversions and clicks side by side, as Clicks."""
    clicks = conversions.filter(conversions.is_click)
    renamed = {
        "click_time": clicks.event_time,
        "partner": clicks.media_source,
        "media_id": ibis.null("string"),
    }
    # A scan and a stored table may differ in a timestamp's stated precision; a union must not.
    return clicks.select(
        **{
            name: (renamed[name] if name in renamed else clicks[name]).cast(kind)
            for name, kind in CLICK.items()
        }
    )


def _references_of(rules: Sequence[Rule]) -> list[Sequence[str]]:
    conditions = (condition for rule in rules for condition in rule.when)
    return [(c.reference,) for c in conditions if not isinstance(c, ImpactSource | ClickIdFound)]


def _click_id(
    text: ir.Table, ids: Sequence[tuple[bool, ir.StringValue]], adapter: Adapter
) -> dict[str, ir.Value]:
    """The ClickId as found, and decoded once where it was taken from a query string."""
    found = [(from_url, text[f"click_id_{n}"]) for n, (from_url, _) in enumerate(ids)]
    shown = [(from_url, disclosed(value, adapter.withheld)) for from_url, value in found]
    bare = [(from_url, unwrapped(value).nullif("") if adapter.loose else value) for from_url, value in shown]
    canonical = [percent_decode(value) if from_url else value for from_url, value in bare]
    raw = ibis.coalesce(ibis.null("string"), *(value for _, value in shown))
    instead = [] if adapter.withheld is None else [value for _, value in found]
    return {
        "click_id_raw": ibis.coalesce(raw, *instead),
        "click_id": ibis.coalesce(ibis.null("string"), *canonical),
        "click_id_withheld": raw.isnull() & ibis.or_(*(value.notnull() for value in instead)),
    }
