"""AppsFlyer's column names: Data Locker → display, in the fixed order of Pull and Export reports."""

_FIXED = """
attributed_touch_type=Attributed Touch Type, attributed_touch_time=Attributed Touch Time,
install_time=Install Time, event_time=Event Time, event_name=Event Name, event_value=Event Value,
event_revenue=Event Revenue, event_revenue_currency=Event Revenue Currency,
event_revenue_usd=Event Revenue USD, event_source=Event Source, is_receipt_validated=Is Receipt Validated,
af_prt=Partner, media_source=Media Source, af_channel=Channel, af_keywords=Keywords, campaign=Campaign,
af_c_id=Campaign ID, af_adset=Adset, af_adset_id=Adset ID, af_ad=Ad, af_ad_id=Ad ID, af_ad_type=Ad Type,
af_siteid=Site ID, af_sub_siteid=Sub Site ID, af_sub1=Sub Param 1, af_sub2=Sub Param 2,
af_sub3=Sub Param 3, af_sub4=Sub Param 4, af_sub5=Sub Param 5, af_cost_model=Cost Model,
af_cost_value=Cost Value, af_cost_currency=Cost Currency,
contributor1_af_prt=Contributor 1 Partner, contributor1_media_source=Contributor 1 Media Source,
contributor1_campaign=Contributor 1 Campaign, contributor1_touch_type=Contributor 1 Touch Type,
contributor1_touch_time=Contributor 1 Touch Time,
contributor2_af_prt=Contributor 2 Partner, contributor2_media_source=Contributor 2 Media Source,
contributor2_campaign=Contributor 2 Campaign, contributor2_touch_type=Contributor 2 Touch Type,
contributor2_touch_time=Contributor 2 Touch Time,
contributor3_af_prt=Contributor 3 Partner, contributor3_media_source=Contributor 3 Media Source,
contributor3_campaign=Contributor 3 Campaign, contributor3_touch_type=Contributor 3 Touch Type,
contributor3_touch_time=Contributor 3 Touch Time,
region=Region, country_code=Country Code, state=State, city=City, postal_code=Postal Code, dma=DMA, ip=IP,
wifi=WIFI, operator=Operator, carrier=Carrier, language=Language, appsflyer_id=AppsFlyer ID,
advertising_id=Advertising ID, idfa=IDFA, android_id=Android ID, customer_user_id=Customer User ID,
imei=IMEI, idfv=IDFV, platform=Platform, device_type=Device Type, os_version=OS Version,
app_version=App Version, sdk_version=SDK Version, app_id=App ID, app_name=App Name, bundle_id=Bundle ID,
is_retargeting=Is Retargeting, retargeting_conversion_type=Retargeting Conversion Type,
af_attribution_lookback=Attribution Lookback, af_reengagement_window=Reengagement Window,
is_primary_attribution=Is Primary Attribution, user_agent=User Agent, http_referrer=HTTP Referrer,
original_url=Original URL
"""


def _names(text: str) -> dict[str, str]:
    pairs = (pair.strip().split("=") for pair in text.replace("\n", " ").split(","))
    return {snake: display for snake, display in pairs}  # noqa: C416  mypy cannot see that a split yields pairs


COLUMNS = _names(_FIXED)

# Fields that a report may be asked for besides; their order follows the request.
ADDITIONAL = {
    "conversion_type": "Conversion Type",
    "match_type": "Match Type",
    "blocked_reason": "Blocked Reason",
    "blocked_sub_reason": "Blocked Sub Reason",
    "gp_referrer": "Google Play Referrer",
}

# Data Locker: an account picks its fields, and their order is its own.
LOCKER_COLUMNS = (
    "app_id", "platform", "event_name", "event_time", "install_time", "event_value", "event_revenue",
    "event_revenue_currency", "media_source", "campaign", "af_siteid", "af_sub_siteid", "af_sub1", "af_sub2",
    "attributed_touch_type", "attributed_touch_time", "match_type", "conversion_type", "is_retargeting",
    "is_primary_attribution", "blocked_reason", "appsflyer_id", "advertising_id", "android_id", "idfa", "idfv",
    "customer_user_id", "country_code", "city", "app_version", "original_url", "http_referrer", "gp_referrer",
)  # fmt: skip
