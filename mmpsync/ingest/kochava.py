"""Kochava: click, install and event detail reports of the Reporting API, and tables of Kochava Query.

Customers choose the columns and their order. Names as Kochava documents them (support.freeappanalytics.com:
reports overview, API v1.4, API change log, Query reference) and as seen in public importers.
"""

from mmpsync.ingest.interface import Adapter, ImpactSource, Matches, OneOf, Present, Rule

__all__ = ["ADAPTER"]

_IMPACT = r"(?i)\bimpact( ?radius|\.com)?\b"
_TIMES = {
    "event": ("timestamp_utc", "timestamp_adjusted", "event_time_registered", "date_occurred"),
    "install": ("install_date_utc", "install_date_adjusted", "date_occurred", "date_received"),
    "click": ("click_date_utc", "click_date_adjusted", "date_received"),
}
_TOUCH_TIMES = (
    *("attribution_timestamp", "attribution_date_utc", "install_click_date_utc"),
    *("attribution_timestamp_adjusted", "attribution_date_adjusted", "install_click_date_adjusted"),
)
_SOURCES = (
    *("attribution_network_name", "click_network_name", "network_name"),
    *("attribution_network", "click_network", "attribution_network_id"),
)
_TRACKERS = (
    *("attribution_tracker_name", "click_tracker_name", "tracker_name"),
    *("attribution_tracker", "click_tracker", "attribution_tracker_id"),
)
_STATUSES = ("install_status", "click_status")
_TOUCHES = ("matched_to_type", "attribution_matched_to", "install_matched_on", "install_matched_by")
_DEVICES = ("device_os", "install_device_version", "install_device_ua", "click_device_ver", "request_ua")
_REQUESTS = ("click_original_request", "install_original_request")
# The key by which every network's links pass a click id to Kochava, and where reports give it back; the
# program's own parameters may be another network's as well.
_SHARED = (
    "partner_click_id",
    *(f"{request}{key}" for key in (".click_id", "?click_id") for request in _REQUESTS),
    *(f"{request}_querystring?click_id" for request in _REQUESTS),
    *(f"{request}{key}" for key in (".{click_id}", "?{click_id}") for request in _REQUESTS),
    *(f"{request}_querystring?{{click_id}}" for request in _REQUESTS),
)
# Nobody else's links have these.
_OWN = tuple(
    f"{request}{mark}{key}" for key in ("irclickid", "im_ref") for mark in ".?" for request in _REQUESTS
)


def _dimensions(*keys: str) -> tuple[str, ...]:
    """Where an event's own values are, as the app names them."""
    return tuple(f"{column}.{key}" for key in keys for column in ("dimension_data", "custom_dimensions"))


def _device_id(key: str, *columns: str) -> tuple[str, ...]:
    """Columns of a device id, and its key among the ids of a report or a table."""
    inside = (
        f"{column}{mark}{key}" for column in ("install_devices_ids", "click_identifiers") for mark in ".?"
    )
    return (*columns, key, *inside)


ADAPTER = Adapter(
    name="kochava",
    title="Kochava",
    reads=(("install, event and click detail reports", "CSV, JSON array, JSON lines"),),
    needs=(
        tuple(dict.fromkeys(name for names in _TIMES.values() for name in names)),
        (
            *(*_SOURCES, *_TRACKERS, *_REQUESTS, "install_status", "matched_to_type"),
            *("device_id_kochava", "install_kochava_device_id", "kochava_device_id"),
            *("kochava_click_id", "partner_click_id"),
        ),
    ),
    kinds=(
        Rule("reengagement", (OneOf("@event_name", ("reengagement", "re-engagement")),)),
        Rule("install", (OneOf("@event_name", ("install", "_install")),)),
        Rule("event", (Present("@event_name"),)),
        Rule("other", (Present("timestamp_utc"),)),
        Rule("other", (Present("timestamp_adjusted"),)),
        Rule("reengagement", (Matches("attribution_attribution_action", "(?i)^re-?engagement"),)),
        *(Rule("install", (Present(time),)) for time in _TIMES["install"] if time != "date_received"),
        Rule("install", (Present("install_id"),)),
        *(Rule("click", (Present(name),)) for name in ("kochava_click_id", *_TIMES["click"])),
        Rule("other"),
    ),
    attributions=(
        *(
            Rule("test", (OneOf(f"{request}{mark}impacttest", ("1",)),))
            for request in _REQUESTS
            for mark in ".?"
        ),
        *(
            Rule("rejected", (Matches(status, r"(?i)reject|fraud|block|invalid|fail|denied|not.?verified"),))
            for status in _STATUSES
        ),
        Rule("rejected", (OneOf("rejected", ("1", "true", "t", "yes")),)),
        Rule("organic", (OneOf("@media_source", ("unattributed", "organic")),)),
        Rule("restricted", (Matches("@media_source", "(?i)^restricted"),)),
        Rule("impact", (ImpactSource(),)),
        Rule("other", (Present("@media_source"),)),
        # Query tables leave the network blank where there is none; reports do so where they may not tell.
        *(
            Rule("organic", (Present("network_name!"), Present(time)))
            for time in ("date_occurred", "date_received")
        ),
        Rule("restricted", (Present("@media_source!"),)),
        Rule("unknown"),
    ),
    fields={
        "event_name": ("event_name",),
        "event_time": tuple(dict.fromkeys(name for names in _TIMES.values() for name in names)),
        "touch_type": _TOUCHES,
        "touch_time": _TOUCH_TIMES,
        "media_source": _SOURCES,
        "tracker": _TRACKERS,
        "click_id": (*_SHARED, *_OWN),
        "mmp_click_id": ("kochava_click_id", "click_id"),
        "order_id": _dimensions("order_id", "orderId", "transaction_id", "receipt_id"),
        "amount": ("dimension_sum", *_dimensions("revenue", "amount", "sum", "price", "value")),
        "currency": _dimensions("currency", "currency_code"),
        "customer_id": (
            "device_id_custom",
            *_dimensions("user_id", "customer_id"),
            *("identity_link.user_id", "identity_link.customer_id"),
        ),
        "promo_code": _dimensions("promo_code", "coupon", "coupon_code"),
        "sku": _dimensions("sku", "content_id", "product_id"),
        "category": _dimensions("category", "content_type"),
        "quantity": _dimensions("quantity"),
        "app_id": ("app_id", "appstore_id", "app_guid", "app_name"),
        "platform": ("device_os",),
        "idfa": _device_id("idfa", "device_id_idfa", "install_devices_idfa"),
        "idfv": _device_id("idfv", "device_id_idfv"),
        "gaid": _device_id("adid", "device_id_adid", "install_devices_adid"),
        "android_id": _device_id("android_id", "device_id_android_id", "install_devices_android_id"),
        "mmp_device_id": _device_id("kochava_device_id", "device_id_kochava", "install_kochava_device_id"),
        "campaign": (
            *("attribution_campaign_name", "click_campaign_name", "campaign_name"),
            *("attribution_campaign", "click_campaign", "attribution_campaign_id"),
        ),
        "publisher": (
            *("attribution_site_id", "attribution_site.site_id", "attribution_site"),
            *("click_site.site_id", "click_site", "site_id"),
        ),
        "country": (
            *("geo_country", "installgeo_country_code", "clickgeo_country_code", "country_code"),
            "installgeo_country_code3",
        ),
    },
    by_kind={
        "event": {"event_time": _TIMES["event"]},
        "install": {
            "event_id": ("install_id",),
            "event_name": ("event_name", "=install"),
            "event_time": (*_TIMES["install"], *_TIMES["event"]),
        },
        "reengagement": {
            "event_name": ("event_name", "=reengagement"),
            "event_time": (*_TIMES["event"], *_TIMES["install"]),
        },
        "click": {
            "event_id": ("kochava_click_id", "click_id"),
            "event_name": ("=click",),
            "event_time": _TIMES["click"],
            "touch_type": ("=click",),
            "touch_time": _TIMES["click"],
        },
    },
    shared=frozenset(_SHARED),
    media_source_pattern=_IMPACT,
    tracker_pattern=_IMPACT,
    wordings={
        "touch_type": tuple(
            Rule(touch, (Matches(column, f"(?i){touch}"),))
            for column in _TOUCHES
            for touch in ("impression", "click")
        ),
        "platform": tuple(
            Rule(platform, (Matches(column, words),))
            for column in _DEVICES
            for platform, words in (("ios", r"(?i)\bi(os|phone|pad|pod)|darwin"), ("android", "(?i)android"))
        ),
    },
    utc=frozenset(
        name
        for names in (*_TIMES.values(), _TOUCH_TIMES)
        for name in names
        if not name.endswith(("_adjusted", "_registered"))
    ),
    loose=True,
    click_id_advice="Add click_original_request (events), install_original_request (installs) or partner_click_id"
    " (clicks) to the report's columns.",
    organic_advice="If organic rows were not asked for, ask for unattributed_traffic in the report's traffic_including.",
)
