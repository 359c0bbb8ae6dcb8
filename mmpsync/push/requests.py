"""Clean rows as requests: one expression for each form field, then what keeps a row from being sent.

A row passes stages, each a select of its own so that nothing is computed twice: the values that the fields are
filled with; these as a form takes them; names, values and verdict.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal

import ibis
import ibis.expr.types as ir

from mmpsync.config import Config
from mmpsync.conversion_fields import CONVERSION_FIELDS, ITEMS, ConversionField
from mmpsync.engines.functions import sha256
from mmpsync.push.configured_fields import ConfiguredFields
from mmpsync.push.interface import PLAN
from mmpsync.push.items import FROM_ROW as ITEM_FROM_ROW
from mmpsync.push.items import Items
from mmpsync.push.values import form_text, problem
from mmpsync.reconcile.rules import EMAIL

__all__ = ["FROM_ROW", "WORKING", "Requests", "Way"]

Way = Literal["api", "file"]

FROM_ROW: Mapping[str, str] = MappingProxyType(
    {
        "EventDate": "event_time",
        "OrderId": "order_id",
        "ClickId": "click_id",
        "CustomerId": "customer_id",
        "OrderPromoCode": "promo_code",
        "GoogAId": "gaid",
        "AndroidId": "android_id",
        "AppleIfa": "idfa",
        "AppleIfv": "idfv",
        "CurrencyCode": "currency",
        "Amount": "amount",
        "AppVer": "app_version",
    }
)
"""Form field → the canonical column that fills it unless the configuration says otherwise."""

WORKING = ("event_time", "notes")
"""What the preview asks of a planned row beside PLAN."""

_IDENTITY = (
    "source_file", "source_row", "app_id", "event", "partner", "order_id", "click_id", "amount", "currency",
)  # fmt: skip
_ALWAYS = ("EventDate", "OrderId", "ClickId")
_NOT_BOTH = (("MediaId", "MediaPartnerId"),)
# impact.com credits by one of these alone without looking for a click.
_BY_PARTNER = ("MediaId", "MediaPartnerId")
# Of files: help.impact.com, batch-submit-conversion-data.
_OLDEST_IN_FILE, _OLDEST_BY_PARTNER = timedelta(days=88), timedelta(days=398)
_BETWEEN, _BEHIND = "\x1f", "\x1e"


@dataclass(frozen=True)
class Requests:
    """How clean rows become requests, at the time `now` (UTC, naive), to be sent one `way` or the other."""

    config: Config
    now: datetime
    way: Way = "api"

    @property
    def _by_type(self) -> bool:
        return self.config.push.style == "event-type"

    @property
    def _trackers(self) -> dict[str, str]:
        return {app: str(each.tracker_id) for app, each in self.config.apps.items() if each.tracker_id}

    @property
    def _types(self) -> dict[str, str]:
        return {name: str(event.type_id) for name, event in self.config.events.items() if event.type_id}

    def planned(self, rows: ir.Table) -> ir.Table:
        """The rows as PLAN and WORKING columns, in their order."""
        chosen = ConfiguredFields(self.config, rows)
        items = Items(self.config, chosen.names)
        given = self._given(rows)
        found = {name: chosen.value(name, value) for name, value in {**self._usual(rows), **given}.items()}
        found |= {
            name: chosen.value(name, None)
            for name in chosen.names
            if name in CONVERSION_FIELDS and name not in found
        }
        fields = [field for name, field in CONVERSION_FIELDS.items() if found.get(name) is not None]
        array = chosen.value(ITEMS, None)
        of_row, left_out = items.values(
            lambda name: self._of_item(chosen, name), array, rows.amount.notnull()
        )
        values = rows.select(
            *_IDENTITY,
            "mmp",
            "event_time",
            **{f"v_{field.name}": found[field.name] for field in fields},
            is_typed=_of(rows.app_id, self._trackers).isnull() & _of(rows.event, self._types).notnull(),
            items=of_row,
            item_left_out=left_out,
        )
        return self._finished(self._formed(values, fields, items), fields)

    def _given(self, rows: ir.Table) -> dict[str, ir.Value]:
        """What names the program, the app and the event."""
        codes = {name: event.code for name, event in self.config.events.items() if event.code}
        number = self.config.program.campaign_id
        campaign = ibis.null("string") if number is None else ibis.literal(str(number))
        tracker, named = _of(rows.app_id, self._trackers), _of(rows.event, self._types)
        code = _of(rows.event, codes)
        if not self._by_type:
            # What happened in no app has no code: on the web an event type is its own tracker.
            return {
                "CampaignId": campaign,
                "ActionTrackerId": ibis.coalesce(tracker, named),
                "EventCode": (tracker.notnull() | named.isnull()).ifelse(code, ibis.null("string")),
            }
        by_code = named.isnull().ifelse(code, ibis.null("string"))
        return {"CampaignId": campaign, "EventTypeId": named, "EventTypeCode": by_code, "PropertyId": tracker}

    def _usual(self, rows: ir.Table) -> dict[str, ir.Value]:
        # An app's id is its package or bundle where it reads like one; in stores it has a number, too.
        package = rows.app_id.contains(".").ifelse(rows.app_id, ibis.null("string"))
        return {**{name: rows[column] for name, column in FROM_ROW.items()}, "AppPackage": package}

    @staticmethod
    def _of_item(chosen: ConfiguredFields, name: str) -> ir.StringValue | None:
        usual = {f"{field}1": chosen.rows[column] for field, column in ITEM_FROM_ROW.items()}
        value = chosen.value(name, usual.get(name))
        return None if value is None else value.cast("string")

    def _formed(self, values: ir.Table, fields: list[ConversionField], items: Items) -> ir.Table:
        """Every value as it is sent, what is wrong with it, and the items' names and values."""
        forms = {
            field.name: form_text(values[f"v_{field.name}"], field, self.config, values.mmp)
            for field in fields
        }
        rows = values.mutate(
            **{f"f_{name}": form for name, form in forms.items()}, priced=items.priced(values["items"])
        )
        amount = rows.f_Amount
        rows = rows.mutate(
            # What does not fit into Amount is said; what is not sent at all is not in the way.
            f_Amount=rows.priced.ifelse(ibis.null("string"), amount),
            v_Amount=rows.priced.ifelse(ibis.null(rows.v_Amount.type()), rows.v_Amount),
            item_forms=items.forms(rows["items"], rows.priced, rows.mmp),
            item_problem=items.problem(rows["items"], rows.amount.notnull(), rows.mmp),
            item_total=items.total(rows["items"]),
        )
        return rows.mutate(item_names=items.form_names(rows.item_forms))

    def _finished(self, rows: ir.Table, fields: list[ConversionField]) -> ir.Table:
        names = ibis.array(
            [rows[f"f_{f.name}"].notnull().ifelse(ibis.literal(f.name), ibis.null("string")) for f in fields]
        )
        texts = ibis.array([rows[f"f_{field.name}"] for field in fields])
        skipped = ibis.cases(*self._reasons(rows, fields), else_=ibis.null("string"))
        sent = rows.select(
            *_IDENTITY,
            "event_time",
            campaign_id=rows.f_CampaignId,
            target=self._target(rows),
            event_code=ibis.literal("") if self._by_type else rows.f_EventCode.fill_null(""),
            names=names.filter(lambda name: name.notnull()).concat(rows.item_names),
            texts=texts.concat(rows.item_forms.flatten()).filter(lambda text: text.notnull()),
            skipped=ibis.coalesce(skipped, rows.item_problem, self._unfit_for_file(rows)),
            notes=_notes(rows),
        )
        digest = sha256(
            ibis.literal(_BETWEEN).join(sent.names) + _BEHIND + ibis.literal(_BETWEEN).join(sent.texts)
        )
        sent = sent.mutate(fields=ibis.map(sent.names, sent.texts), digest=digest)
        return sent.select(*PLAN.names, *WORKING)

    def _target(self, rows: ir.Table) -> ir.StringValue:
        if self._by_type:
            return "type:" + ibis.coalesce(rows.f_EventTypeId, rows.f_EventTypeCode)
        kind = rows.is_typed.ifelse(ibis.literal("type:"), ibis.literal("tracker:"))
        return kind + rows.f_ActionTrackerId

    def _reasons(
        self, rows: ir.Table, fields: list[ConversionField]
    ) -> Iterator[tuple[ir.BooleanValue, ir.StringValue]]:
        """What keeps a row from being sent, in order, each with how the plan says it."""
        yield rows.f_CampaignId.isnull(), ibis.literal("no-campaign-id")
        app, event = rows.app_id.fill_null(""), rows.event.fill_null("")
        if self._by_type:
            unnamed = rows.f_EventTypeId.isnull() & rows.f_EventTypeCode.isnull()
            yield unnamed, ibis.literal("no-event-code:") + event
        else:
            yield rows.f_ActionTrackerId.isnull(), ibis.literal("no-tracker-id:") + app
            yield rows.f_EventCode.isnull() & ~rows.is_typed, ibis.literal("no-event-code:") + event
        for name in _ALWAYS:
            yield rows[f"v_{name}"].isnull(), ibis.literal(f"missing:{name}")
        yield rows.event_time > _moment(self.now), ibis.literal("in-future")
        yield rows.event_time < _moment(self.now - self.config.program.max_event_age), ibis.literal("too-old")
        for field in fields:
            told = problem(rows[f"v_{field.name}"], rows[f"f_{field.name}"], field)
            yield told.notnull(), told
        is_address = rows.f_CustomerId.re_search(EMAIL)
        yield rows.f_CustomerId.notnull() & is_address, ibis.literal("personal-data:CustomerId")
        has_money = ibis.or_(*(rows[f"f_{field.name}"].notnull() for field in fields if field.is_money))
        yield rows.f_CurrencyCode.isnull() & (has_money | rows.priced), ibis.literal("no-currency")
        known = {field.name for field in fields}
        for pair in _NOT_BOTH:
            if known.issuperset(pair):
                both = ibis.and_(*(rows[f"f_{name}"].notnull() for name in pair))
                yield both, ibis.literal(f"not-both:{' and '.join(pair)}")
        if "OrderSubTotalPostDiscount" in known:
            # docs/order-level-data: for orders without items.
            both = rows.f_OrderSubTotalPostDiscount.notnull() & (rows["items"].length() > 0)
            yield both, ibis.literal("not-both:OrderSubTotalPostDiscount and items")

    def _unfit_for_file(self, rows: ir.Table) -> ir.StringValue:
        if self.way == "api":
            return ibis.null("string")
        by_partner = [rows[f"f_{name}"].notnull() for name in _BY_PARTNER if f"f_{name}" in rows.columns]
        oldest = _moment(self.now - _OLDEST_IN_FILE)
        if by_partner:
            oldest = ibis.or_(*by_partner).ifelse(_moment(self.now - _OLDEST_BY_PARTNER), oldest)
        return ibis.cases(
            (rows.event_time < oldest, "too-old"),
            ((rows["items"].length() > 1) & ~rows.priced, "items-without-price"),
            else_=ibis.null("string"),
        )


def _of(key: ir.StringValue, values: Mapping[str, str]) -> ir.StringValue:
    """The value that belongs to the row's key; null for keys that have none."""
    return key.cases(*values.items(), else_=ibis.null("string")) if values else ibis.null("string")


def _moment(time: datetime) -> ir.TimestampScalar:
    return ibis.literal(time, "timestamp")


def _notes(rows: ir.Table) -> ir.StringValue:
    """The codes of what was done to the row, separated by semicolons."""
    told = {
        "rounded": rows.f_Amount.notnull() & (rows.amount != rows.f_Amount.cast("decimal(18,6)")),
        "item-left-out": rows.item_left_out,
        "prices-instead": rows.priced & (rows.item_total != rows.amount),
    }
    return ibis.literal(";").join(
        [test.fill_null(False).ifelse(ibis.literal(code), ibis.null("string")) for code, test in told.items()]
    )
