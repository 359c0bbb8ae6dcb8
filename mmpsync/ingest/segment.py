"""Segment: S3 raw logs (JSON lines), Data Lakes and warehouse tables (Parquet, CSV), S3 (Actions) CSV.

Keys, columns and events as Segment documents them (spec: common fields, mobile, ecommerce v2; warehouses; data
lakes; catalog: impact) and as seen in real tables. References are written as the log has them; a table has the
same fields flattened in snake case, those of `properties` without their prefix.
"""

import re
from collections.abc import Iterable, Mapping

from mmpsync.ingest.interface import (
    Adapter,
    ClickIdFound,
    Cut,
    ImpactSource,
    Matches,
    Missing,
    OneOf,
    Present,
    Rule,
    Supersession,
)

__all__ = ["ADAPTER"]

_CALLS = ("page", "screen", "identify", "group", "alias")
# A visit begins on the page whose own URL has the ClickId; elsewhere it is only remembered.
_LANDING = ("properties.url", "properties.search", "context.page.url", "context.page.search")
_PAGES = (
    (Missing("event"), OneOf("type", ("page",))),
    (Missing("event"), OneOf("event_type", ("page",))),
    # A table of pages says nowhere that it is one, but no other call has a URL of its own.
    (
        Missing("@event_name"),
        Missing("type"),
        Missing("event_type"),
        Present("properties.url"),
    ),
)
_LIFECYCLE = (
    r"(?i)^(application[ _](opened|updated|backgrounded|foregrounded|uninstalled|crashed)"
    r"|deep[ _]link[ _](opened|clicked)|push[ _]notification[ _].+)$"
)
_TEST_URL = r"(?i)[?&]impacttest=1"
_REFERRER_IS_IMPACT = OneOf("context.referrer.type", ("impactradius",))

_FIELDS: Mapping[str, tuple[str, ...]] = {
    "event_id": ("id",),
    "event_name": ("event_text", "event", "event_name"),
    "event_time": ("timestamp", "originalTimestamp", "receivedAt", "sentAt"),
    "touch_time": ("properties.campaign.click_date",),
    "media_source": ("properties.campaign.source", "context.campaign.source", "context.referrer.type"),
    "click_id": (
        "context.referrer.id",
        "properties.{click_id}",
        "{click_id}",
        "properties.clickId",
        "properties.click_id",
        "properties.impact_click_id",
        "context.page.url?{click_id}",
        "context.page.search?{click_id}",
        "properties.url?{click_id}",
        "properties.search?{click_id}",
        "context.page.referrer?{click_id}",
        "context.referrer.url?{click_id}",
        # Branch's events by way of Segment.
        "properties.last_attributed_touch_data_click_id",
    ),
    "order_id": (
        "properties.order_id",
        "properties.orderId",
        "properties.transactionID",
        "properties.transaction_id",
        "properties.checkout_id",
    ),
    "amount": ("properties.total", "properties.revenue", "properties.subtotal", "properties.value"),
    "currency": ("properties.currency",),
    "customer_id": ("userId", "properties.customer_id"),
    "promo_code": ("properties.coupon",),
    "sku": ("properties.sku",),
    "category": ("properties.category",),
    "quantity": ("properties.quantity",),
    "app_id": ("context.app.namespace", "context.app.name"),
    "platform": ("context.os.name", "context.device.type"),
    "mmp_device_id": ("anonymousId",),
    "campaign": ("properties.campaign.name", "context.campaign.name"),
    "app_version": ("context.app.version",),
}
_ADVERTISING_ID, _DEVICE_ID = ("context.device.advertisingId",), ("context.device.id",)
_APPLE = {"idfa": _ADVERTISING_ID, "idfv": _DEVICE_ID}
_GOOGLE = {"gaid": _ADVERTISING_ID, "android_id": _DEVICE_ID}


def _flat(reference: str) -> str:
    """The column that holds the reference in a table: `context.app.name` is `context_app_name`."""
    path = reference.partition("?")[0].removeprefix("properties.")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", path).replace(".", "_").lower()


def _flattened(references: Iterable[str]) -> dict[str, str]:
    """Columns of a table → the reference that each holds."""
    paths = (reference.partition("?")[0] for reference in references)
    return {_flat(path): path for path in paths if "{" not in path and _flat(path) != path}


ADAPTER = Adapter(
    name="segment",
    title="Segment",
    reads=(
        ("S3 raw logs, all calls mixed", "JSON lines"),
        ("Data Lakes, warehouse tables (`tracks`, event tables, `pages`)", "Parquet, CSV"),
        ("S3 (Actions)", "CSV"),
    ),
    needs=(
        ("id", "messageId"),
        ("timestamp", "originalTimestamp", "receivedAt", "sentAt"),
        (
            "anonymousId",
            "originalTimestamp",
            "sentAt",
            "event_text",
            "context",
            "context_page_url",
            "context_referrer_id",
            "context_library_name",
            "context_app_namespace",
            "context_device_id",
        ),
    ),
    aliases={
        "messageId": "id",
        "event_text": "event",
        **_flattened(
            reference
            for fields in (_FIELDS, _APPLE, _GOOGLE)
            for references in fields.values()
            for reference in references
        ),
    },
    kinds=(
        *(Rule("click", (*page, Present(f"{place}?{{click_id}}"))) for page in _PAGES for place in _LANDING),
        Rule("other", (Missing("event"), OneOf("event_type", _CALLS))),
        Rule(
            "click", (Matches("@event_name", "(?i)^deep[ _]link[ _]"), Present("properties.url?{click_id}"))
        ),
        Rule("install", (Matches("@event_name", "(?i)^application[ _]installed$"),)),
        Rule("other", (Matches("@event_name", _LIFECYCLE),)),
        Rule("event", (Present("@event_name"),)),
        # So that even a table of nothing but pages has rows that are no clicks.
        Rule("other", (Missing("@event_name"),)),
    ),
    attributions=(
        *(Rule("test", (Matches(place, _TEST_URL),)) for place in ("context.page.url", "properties.url")),
        Rule("impact", (ImpactSource(),)),
        # Segment attributes nothing: whose a row is, is told by what the brand put on it.
        Rule("impact", (ClickIdFound(),)),
        Rule("other", (Present("@media_source"),)),
        Rule("other", (Matches("@event_name", "(?i)^install[ _]attributed$"),)),
        Rule("unknown"),
    ),
    fields=_FIELDS,
    by_kind={
        "click": {"event_name": (*_FIELDS["event_name"], "=page")},
        "other": {"event_name": (*_FIELDS["event_name"], "type", "event_type")},
    },
    by_platform={
        **dict.fromkeys(("ios", "iphone os", "ipados"), _APPLE),
        "android": _GOOGLE,
    },
    # Others' ids stand there, too; `context.referrer.type` says whose it is.
    shared=frozenset({"context.referrer.id"}),
    media_source_pattern=r"(?i)^impact([ ._-]?(radius|com))?(_int)?$",
    marks=(_REFERRER_IS_IMPACT,),
    # The table `tracks` repeats every event of the others, without its properties.
    supersession=Supersession(
        same=("@event_id",), among=(Present("@event_id"), Present("@event_name")), by=(Present("@order_id"),)
    ),
    cut=Cut(
        length=512,
        among=(Present("id"), Missing("messageId")),
        advice="Widen the columns of URLs in the warehouse, or take the S3 logs instead.",
    ),
    click_id_advice='Send context.referrer = {type: "impactRadius", id: the ClickId} with the events, and export'
    " context_referrer_id, context_referrer_type and context_page_url.",
)
