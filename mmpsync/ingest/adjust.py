"""Adjust raw data exports: CSV whose header is the customer's own CSV definition, braces and brackets included.

Placeholders and activity kinds as Adjust documents them (help.adjust.com csv-uploads, placeholders,
dynamic-callback-parameters) and as seen in real definitions.
"""

from mmpsync.ingest.interface import (
    Adapter,
    ImpactSource,
    Matches,
    Missing,
    OneOf,
    Present,
    Rule,
    Supersession,
)

__all__ = ["ADAPTER"]

# Free values of any network's link, and what some networks misuse.
_SHARED = (
    "label",
    "click_id",
    "referrer?{click_id}",
    "reftag?{click_id}",
    "click_referer?{click_id}",
    "cost_id",
    "event_cost_id",
)
_CURRENCIES = ("currency", "currency_code", "transaction_currency")
_MONEY = (
    ("revenue_float", _CURRENCIES),
    ("revenue", _CURRENCIES),
    ("reporting_revenue", ("reporting_currency", *_CURRENCIES)),
)

ADAPTER = Adapter(
    name="adjust",
    title="Adjust",
    reads=(
        ("cloud storage uploads, by any CSV definition", "CSV"),
        ("callbacks, kept by the names of their placeholders", "JSON lines, JSON array"),
    ),
    needs=(
        ("activity_kind",),
        ("created_at", "created_at_milli", "installed_at", "received_at", "click_time"),
    ),
    kinds=(
        Rule("click", (OneOf("@kind", ("click",)),)),
        Rule("install", (OneOf("@kind", ("install", "install_update", "rejected_install")),)),
        Rule("reinstall", (OneOf("@kind", ("reinstall",)),)),
        Rule(
            "reattribution",
            (
                OneOf(
                    "activity_kind",
                    (
                        "reattribution",
                        "reattribution_update",
                        "rejected_reattribution",
                        "reattribution_reinstall",
                    ),
                ),
            ),
        ),
        Rule("event", (OneOf("@kind", ("event",)),)),
        # A file that the user says is Adjust's may lack the column.
        Rule("event", (Missing("@kind!"), Present("@event_name"))),
        Rule("other"),
    ),
    attributions=(
        Rule("test", (OneOf("environment", ("sandbox",)),)),
        Rule("rejected", (Matches("@kind", "(?i)^rejected_"),)),
        Rule("rejected", (Present("rejection_reason"),)),
        Rule("restricted", (OneOf("@media_source", ("unattributed", "unattr")),)),
        Rule("rejected", (OneOf("@media_source", ("untrusted devices", "unverified devices")),)),
        Rule("impact", (ImpactSource(),)),
        Rule("organic", (OneOf("is_organic", ("1", "true", "t", "yes")),)),
        Rule("organic", (OneOf("@media_source", ("organic",)),)),
        Rule("unknown", (OneOf("@media_source", ("unknown",)),)),
        Rule("other", (Present("@media_source"),)),
        Rule("unknown"),
    ),
    fields={
        "kind": ("activity_kind",),
        "event_id": ("nonce", "random"),
        "event_name": ("event_name", "event"),
        "event_time": ("created_at", "created_at_milli", "received_at"),
        "touch_time": ("click_time", "impression_time", "engagement_time"),
        "media_source": ("network_name", "tracker_name", "tracker"),
        "tracker": ("tracker",),
        "click_id": (
            "dcp_{click_id}",
            "dcp_impact_click_id",
            "dcp_click_id",
            "impact_click_id",
            "irclickid",
            "im_ref",
            *_SHARED,
        ),
        "order_id": ("transaction_id", "order_id"),
        "amount": tuple(amount for amount, _ in _MONEY),
        "currency": (*_CURRENCIES, "reporting_currency"),
        "customer_id": ("user_id", "customer_id", "customer_token"),
        "promo_code": ("promo_code", "coupon_code"),
        "sku": ("sku",),
        "category": ("category",),
        "quantity": ("quantity",),
        "app_id": ("app_id", "store_app_id", "app_name"),
        "platform": ("os_name",),
        "idfa": ("idfa", "idfa||gps_adid", "idfa||android_id"),
        "idfv": ("idfv",),
        "gaid": ("gps_adid", "idfa||gps_adid"),
        "android_id": ("android_id", "idfa||android_id"),
        "mmp_device_id": ("adid",),
        "campaign": ("campaign_name",),
        "publisher": ("adgroup_name",),
        "country": ("country",),
        "app_version": ("app_version", "app_version_short"),
    },
    by_kind={
        "install": {
            "event_name": ("=install",),
            "event_time": ("installed_at", "created_at", "created_at_milli", "received_at"),
        },
        "reinstall": {
            "event_name": ("=reinstall",),
            "event_time": ("reinstalled_at", "created_at", "created_at_milli", "received_at"),
        },
        "reattribution": {
            "event_name": ("=reattribution",),
            "event_time": ("reattributed_at", "created_at", "created_at_milli", "received_at"),
        },
        "click": {
            "event_name": ("event_name", "event", "activity_kind"),
            "event_time": ("created_at", "click_time", "created_at_milli"),
        },
        "other": {"event_name": ("event_name", "event", "activity_kind")},
    },
    shared=frozenset(_SHARED),
    money=_MONEY,
    media_source_pattern=r"(?i)^impact( ?radius|\.com)?\b",
    source_separator="::",
    # An update changes the source of an earlier install or reattribution; it never adds one.
    supersession=Supersession(
        same=("@app_id", "@mmp_device_id", "kind", "installed_at", "reattributed_at"),
        among=(Matches("@kind", "(?i)^(install|reattribution)(_update)?$"), Present("@mmp_device_id")),
        by=(Matches("@kind", "(?i)_update$"),),
        rank="created_at",
    ),
    click_id_advice="Add {dcp_irclickid} (the parameter of your tracking link, with dcp_ in front) or {label} to the"
    " CSV definition.",
)
