"""The scans that one adapter recognised as canonical rows: expressions only, nothing runs here.

A row passes stages, each a select of its own so that nothing is computed twice: every value it is asked for
is extracted; what kind of row it is and whose; its fields as text; the text parsed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from mmpsync.engines.functions import struct_text
from mmpsync.engines.interface import Layout
from mmpsync.ingest.canonical import ACTION, CLICK, CONVERSION, WORKING
from mmpsync.ingest.carried import CARRIED, carried_references, carried_values
from mmpsync.ingest.classification import classified
from mmpsync.ingest.click_ids import as_columns, click_id, click_ids
from mmpsync.ingest.conditions import choose, read_by
from mmpsync.ingest.configured_source import ConfiguredSource
from mmpsync.ingest.cuts import cells, cut_cells
from mmpsync.ingest.extraction import Values, extract
from mmpsync.ingest.field_values import FieldValues
from mmpsync.ingest.supersession import rank, superseding
from mmpsync.ingest.values import parse_amount, parse_boolean, parse_integer, parse_time
from mmpsync.ingest.withheld import around

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
_LOWER = ("platform", "touch_type")
_UPPER = ("currency", "country")
_DEVICE_IDS = ("idfa", "idfv", "gaid", "android_id")
# What phones give instead of an id to apps that may not track them.
_NO_DEVICE = "00000000-0000-0000-0000-000000000000"
# Positions are known when the rows are materialized.
_WORKING = {name: kind for name, kind in WORKING.items() if name != "position"}


@dataclass(frozen=True)
class Translation(ConfiguredSource):
    """How the files of a source become canonical rows.

    Files may differ in their layouts: their values are extracted layout by layout and judged together.
    """

    def conversions(
        self, scans: Sequence[tuple[Layout, ir.Table]], *, with_source_columns: bool = False
    ) -> ir.Table:
        """Every row of the scans as a Conversion with the working columns, clicks among them.

        `with_source_columns` adds `source_columns`: the original columns as one JSON object.
        """
        if with_source_columns:
            scans = [(x, scan.mutate(source_columns=_source_columns(x, scan))) for x, scan in scans]
        extracted = self._extract(scans, self._conversion_references(), keep=("source_columns",))
        found = classified(self, extracted)
        fields = FieldValues(self, found)
        ids = click_ids(self, found)
        carried = carried_references(self.config)
        text = found.table.select(
            "source_file",
            "source_row",
            "kind",
            "media_source",
            *(name for name in ("source_columns",) if with_source_columns),
            *(fields.text(name).name(name) for name in _TEXT_FIELDS if name != "currency"),
            fields.currency.name("currency"),
            *(fields.text(name).name(f"{name}_text") for name in _PARSED_FIELDS),
            *as_columns(ids),
            *(found.text(references).name(f"carried_{n}") for n, references in enumerate(carried)),
            attribution=choose(self.adapter.attributions, found).fill_null("unknown"),
            **self._zones(fields),
            **cut_cells(self.adapter.cut, found, self.references("click_id"), [value for _, value in ids]),
            **superseding(self.adapter.supersession, found),
        )
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
            supersede_rank=rank(text, self.settings.timezone),
            **click_id(text, ids, self.adapter),
        )
        columns = {**CONVERSION, **_WORKING} | ({"source_columns": "string"} if with_source_columns else {})
        if carried:
            values = [text[f"carried_{n}"] for n in range(len(carried))]
            parsed = parsed.mutate(**{CARRIED: carried_values(carried, values)})
            columns[CARRIED] = "map<string, string>"
        return _columns(parsed, columns)

    def filled(self, scans: Sequence[tuple[Layout, ir.Table]], references: Sequence[str]) -> ir.Table:
        """The rows' `kind`, `event_name`, `is_impact`, and `filled_0` …: whether each reference yields a value."""
        telling = ["kind", "media_source", "tracker", "event_name"]
        telling += ["click_id"] if self.adapter.is_told_by_click_id else []
        wanted = [
            *self.references_for(telling),
            *read_by(condition for rule in self.adapter.kinds for condition in rule.when),
            *read_by(self.adapter.marks),
            *around(self.adapter.withheld),
            *((reference,) for reference in references),
        ]
        found = classified(self, self._extract(scans, wanted))
        return found.table.select(
            "kind",
            "is_impact",
            FieldValues(self, found).text("event_name").name("event_name"),
            **{f"filled_{n}": found.text([reference]).notnull() for n, reference in enumerate(references)},
        )

    def clicks(self, scans: Sequence[tuple[Layout, ir.Table]]) -> ir.Table:
        """The click records of the scans as Clicks, also those without a ClickId."""
        if self.adapter.is_mmp:
            return clicks_among(self.conversions(scans))
        fields = {name: self.references(name) for name in self.adapter.clicks}
        found = self._extract(scans, fields.values())
        ids = found.units(fields["click_id"])
        text = found.table.select(
            "source_file",
            *as_columns(ids),
            *(found.text(fields.get(name, ())).name(name) for name in _CLICK_TEXT),
            click_time_found=found.first(fields["click_time"]),
        )
        parsed = text.mutate(
            is_own=ibis.literal(True),
            click_time=parse_time(text.click_time_found, self.settings.timezone),
            **click_id(text, ids, self.adapter),
        )
        return _columns(parsed, CLICK)

    def actions(self, scans: Sequence[tuple[Layout, ir.Table]]) -> ir.Table:
        """The action records of the scans as Actions."""
        fields = [self.references(name) for name in self.adapter.actions]
        currencies = [currency for _, currency in self.adapter.money]
        found = self._extract(scans, [*fields, *currencies])
        time = found.first(self.references("event_time"))
        text = found.table.select(
            "source_file",
            *(found.text(self.references(name)).name(name) for name in _ACTION_TEXT),
            currency=FieldValues(self, found).currency,
            amount_raw=found.text(self.references("amount")),
            event_time_found=ibis.null("string") if time is None else time,
        )
        parsed = text.mutate(
            state=text.state.lower(),
            is_reversed=(text.state.lower() == _REVERSED).fill_null(False),
            event_time=parse_time(text.event_time_found, self.settings.timezone),
            amount=parse_amount(text.amount_raw),
            currency=text.currency.upper(),
        )
        return _columns(parsed, ACTION)

    def _extract(
        self,
        scans: Sequence[tuple[Layout, ir.Table]],
        references: Iterable[Sequence[str]],
        *,
        keep: Sequence[str] = (),
    ) -> Values:
        sources = [(self.resolver(layout), scan) for layout, scan in scans]
        return extract(sources, references, keep=keep, as_found=self.references("click_id"))

    def _conversion_references(self) -> list[Sequence[str]]:
        """Everything that conversions of this layout are asked for."""
        names = ("kind", "media_source", "tracker", "click_id", *_TEXT_FIELDS, *_PARSED_FIELDS)
        adapter, rule, cut = self.adapter, self.adapter.supersession, self.adapter.cut
        told_by = [*adapter.kinds, *adapter.attributions]
        wordings = [each for rules in adapter.wordings.values() for each in rules]
        return [
            *self.references_for(names),
            *(references for fields in adapter.by_platform.values() for references in fields.values()),
            *(references for _, references in self.click_id_places),
            *carried_references(self.config),
            *around(adapter.withheld),
            *([] if cut is None else cells(self.references("click_id"))),
            *((amount,) for amount, _ in adapter.money),
            *(currency for _, currency in adapter.money),
            *([] if rule is None else ((reference,) for reference in (*rule.same, rule.rank) if reference)),
            *read_by(condition for each in told_by for condition in each.when),
            *read_by(adapter.marks),
            *([] if rule is None else read_by((*rule.among, *rule.by))),
            *([] if cut is None else read_by(cut.among)),
            *read_by(condition for each in wordings for condition in each.when),
        ]

    def _zones(self, fields: FieldValues) -> dict[str, ir.BooleanValue]:
        """Which times are UTC by their references, where those without a zone would be taken for local ones."""
        if not self.adapter.utc or self.settings.timezone == "UTC":
            return {}
        return {f"{name}_is_utc": fields.is_utc(name) for name in ("event_time", "touch_time")}

    def _time(self, text: ir.Table, name: str) -> ir.TimestampValue:
        value = text[f"{name}_text"]
        local = parse_time(value, self.settings.timezone)
        is_utc = f"{name}_is_utc"
        return text[is_utc].ifelse(parse_time(value, "UTC"), local) if is_utc in text.columns else local


def clicks_among(conversions: ir.Table) -> ir.Table:
    """The click rows of files that hold conversions and clicks side by side, as Clicks."""
    clicks = conversions.filter(conversions.is_click)
    renamed = {
        "click_time": clicks.event_time,
        "partner": clicks.media_source,
        "is_own": ibis.literal(False),
        "media_id": ibis.null("string"),
    }
    # A scan and a stored table may differ in a timestamp's stated precision; a union must not.
    return clicks.select(
        **{
            name: (renamed[name] if name in renamed else clicks[name]).cast(kind)
            for name, kind in CLICK.items()
        }
    )


def _source_columns(layout: Layout, scan: ir.Table) -> ir.StringValue:
    if layout.format == "json":
        return scan.c0
    names = layout.columns
    unique = [f"{name} ({i + 1})" if name in names[:i] else name for i, name in enumerate(names)]
    return struct_text(ibis.struct({name: scan[f"c{i}"] for i, name in enumerate(unique)}))


def _columns(rows: ir.Table, kinds: Mapping[str, str]) -> ir.Table:
    """The rows' columns of these names, each as its Ibis type."""
    return rows.select(*(rows[name].cast(kind).name(name) for name, kind in kinds.items()))
