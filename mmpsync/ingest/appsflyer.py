"""AppsFlyer raw data: Export page and Pull API (display headers), Data Locker and Push API (snake case).

Columns, aliases and row classes as AppsFlyer documents them (support.appsflyer.com 208387843, 360000877538,
207447163) and as seen in real exports.
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

_REJECTION_COLUMNS = (
    "blocked_reason",
    "blocked_sub_reason",
    "rejected_reason",
    "fraud_reason",
    "fraud_reasons",
)
_CLICK_REPORTS = ("clicks", "clicks_retargeting")
_SUB_PARAMS = tuple(f"af_sub{n}" for n in range(1, 6))

ADAPTER = Adapter(
    name="appsflyer",
    title="AppsFlyer",
    reads=(
        ("Export page and Pull API: installs, in-app events, retargeting, organic, blocked, clicks", "CSV"),
        ("Data Locker, in its `t=…/dt=…/h=…` folders", "Parquet, CSV"),
        ("Push API rows, kept", "JSON lines, JSON array"),
    ),
    needs=(
        ("media_source",),
        ("event_time", "install_time", "attributed_touch_time"),
        (
            "appsflyer_id",
            "attributed_touch_type",
            "attributed_touch_time",
            "af_sub1",
            "af_siteid",
            "af_c_id",
            "original_url",
            "event_revenue_usd",
            "is_primary_attribution",
        ),
    ),
    aliases={
        **{f"Sub Param {n}": f"af_sub{n}" for n in range(1, 6)},
        "Partner": "af_prt",
        "Agency": "af_prt",
        "Channel": "af_channel",
        "Keywords": "af_keywords",
        "Campaign ID": "af_c_id",
        "Adset": "af_adset",
        "Adset ID": "af_adset_id",
        "Ad": "af_ad",
        "Ad ID": "af_ad_id",
        "Ad Type": "af_ad_type",
        "Site ID": "af_siteid",
        "Sub Site ID": "af_sub_siteid",
        "Amazon Fire ID": "amazon_aid",
        "Google Play Referrer": "gp_referrer",
        "Click Time": "attributed_touch_time",
    },
    kinds=(
        Rule("click", (OneOf("t", _CLICK_REPORTS),)),
        Rule(
            "other",
            (
                Matches(
                    "t",
                    "(?i)^(impressions|.*sessions|.*uninstalls|.*ad_revenue|blocked_clicks|web_|website_|skad_"
                    "|cohort_|cost_|cross_)",
                ),
            ),
        ),
        Rule(
            "click",
            (Missing("@event_name"), Missing("install_time"), OneOf("@touch_type", ("click",))),
        ),
        Rule(
            "other",
            (
                Missing("@event_name"),
                Missing("install_time"),
                OneOf("@touch_type", ("impression", "tv")),
            ),
        ),
        Rule("install", (OneOf("@event_name", ("install",)),)),
        Rule("reinstall", (OneOf("@event_name", ("reinstall", "re-install")),)),
        Rule("reattribution", (OneOf("@event_name", ("re-attribution", "reattribution")),)),
        Rule("reengagement", (OneOf("@event_name", ("re-engagement", "reengagement")),)),
        Rule(
            "other", (OneOf("@event_name", ("uninstall", "af_ad_revenue", "session", "click", "impression")),)
        ),
        Rule("event", (Present("@event_name"),)),
        Rule(
            "install", (OneOf("t", ("installs", "install", "blocked_installs", "post_attribution_installs")),)
        ),
        Rule("reinstall", (OneOf("t", ("reinstalls",)),)),
        Rule("reengagement", (OneOf("t", ("conversions_retargeting",)),)),
        Rule("other"),
    ),
    attributions=(
        Rule("test", (OneOf("original_url?impacttest", ("1",)),)),
        *(Rule("rejected", (Present(column),)) for column in _REJECTION_COLUMNS),
        Rule("rejected", (Matches("t", "(?i)^(blocked|post_attribution)_"),)),
        Rule("restricted", (OneOf("@media_source", ("restricted",)),)),
        Rule("impact", (ImpactSource(),)),
        Rule("organic", (OneOf("@media_source", ("organic",)),)),
        Rule("other", (Present("@media_source"),)),
        Rule("organic"),
    ),
    fields={
        "event_name": ("event_name",),
        "event_time": ("event_time",),
        "touch_type": ("attributed_touch_type",),
        "touch_time": ("attributed_touch_time",),
        "media_source": ("media_source",),
        "click_id": (
            "original_url?{click_id}",
            *_SUB_PARAMS,
            "gp_referrer?{click_id}",
            "http_referrer?{click_id}",
            "deeplink_url?{click_id}",
            "postback_url?{click_id}",
        ),
        "order_id": ("event_value.af_order_id", "event_value.af_receipt_id"),
        "amount": ("event_revenue",),
        "currency": ("event_revenue_currency",),
        "customer_id": ("customer_user_id",),
        "promo_code": ("event_value.af_coupon_code",),
        "sku": ("event_value.af_content_id",),
        "category": ("event_value.af_content_type",),
        "quantity": ("event_value.af_quantity",),
        "app_id": ("app_id", "bundle_id"),
        "platform": ("platform",),
        "idfa": ("idfa",),
        "idfv": ("idfv",),
        "gaid": ("advertising_id",),
        "android_id": ("android_id",),
        "mmp_device_id": ("appsflyer_id",),
        "campaign": ("campaign",),
        "publisher": ("af_siteid",),
        "country": ("country_code",),
        "app_version": ("app_version",),
        "is_primary": ("is_primary_attribution",),
    },
    by_kind={
        "install": {"event_name": ("event_name", "=install"), "event_time": ("event_time", "install_time")},
        "reinstall": {
            "event_name": ("event_name", "=reinstall"),
            "event_time": ("event_time", "install_time"),
        },
        "reengagement": {"event_name": ("event_name", "retargeting_conversion_type", "=re-engagement")},
        "click": {"event_time": ("attributed_touch_time", "event_time")},
    },
    shared=frozenset(_SUB_PARAMS),
    link_source="pid",
    media_sources=("impactradius_int",),
    # One event inside a re-engagement window stands in two reports, primary in one of them.
    supersession=Supersession(
        same=("@app_id", "@mmp_device_id", "@event_name", "@event_time", "event_value", "@amount"),
        among=(Present("@is_primary"), Present("@mmp_device_id")),
        by=(OneOf("@is_primary", ("true", "t", "1", "yes")),),
    ),
    partition_fields=("t", "app_id"),
    click_reports=_CLICK_REPORTS,
    click_id_advice="Ask for Original URL (original_url) among the fields of the export.",
)
