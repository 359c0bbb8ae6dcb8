"""Which source wrote a file, told by its columns alone."""

import pytest

from mmpsync.engines.interface import Layout
from mmpsync.errors import UnrecognisedInputError
from mmpsync.ingest.canonical import CONVERSION
from mmpsync.ingest.detect import ADAPTERS, recognise, unrecognised


def header(names: str, path: str = "exports/x.csv") -> Layout:
    return Layout(paths=(path,), format="csv", columns=tuple(name.strip() for name in names.split(",")))


HEADERS = {
    "appsflyer": {
        "Pull API": "Attributed Touch Type,Attributed Touch Time,Install Time,Event Time,Event Name,Event Value,"
        "Event Revenue,Event Revenue Currency,Media Source,Campaign,Sub Param 1,AppsFlyer ID,App ID,Original URL",
        "Data Locker": "attributed_touch_type,attributed_touch_time,install_time,event_time,event_name,event_value,"
        "event_revenue,event_revenue_currency,media_source,campaign,af_sub1,appsflyer_id,app_id,original_url",
        "any subset in any order": "original_url,event_time,media_source",
        "connectors, lower case": "media_source,event_time,event_name,sub_param_1,campaign_id",
        "connectors, mixed case": "Media_Source,Event_Time,Event_Name,Sub_Param_1",
        "connectors, upper case": "MEDIA_SOURCE,EVENT_TIME,EVENT_NAME,APPSFLYER_ID",
        "Push API v2": "api_version,media_source,event_time,event_time_selected_timezone,event_name,appsflyer_id,"
        "contributor_1_af_prt,selected_currency",
        "Push API v1": "click_time,download_time,agency,media_source,af_sub1,event_name",
        "blocked installs": "Media Source,Install Time,Event Time,Event Name,Blocked Reason,Blocked Reason Value,"
        "Blocked Sub Reason,AppsFlyer ID",
        "postbacks": "Media Source,Install Time,AppsFlyer ID,Postback URL,Postback Http Response Code",
        "personal data taken out": "attributed_touch_type,attributed_touch_time,event_time,event_name,media_source,"
        "campaign,af_c_id,app_id,is_primary_attribution",
        "clicks": "attributed_touch_type,attributed_touch_time,media_source,campaign,af_siteid,original_url,app_id",
        "byte order mark": "\ufeffAttributed Touch Type,Install Time,Event Time,Media Source",
    },
    "adjust": {
        "ad mediation": "{idfa||gps_adid},{idfv},{adid},{tracker},{tracker_name},{app_name},{activity_kind},"
        "{created_at},{installed_at},{nonce},{network_name},{is_organic}",
        "retail": "{app_name},{adid},[amount_sessions],com.example.app,{click_time},[cart_currency_code],{event_name},"
        "{installed_at},[abc123],{created_at},{activity_kind},{rejection_reason}",
        "game events": "{environment},{activity_kind},{created_at},{installed_at},{timezone},{event},{event_name},[price]",
        "a constant": "My app is great,{gps_adid},[user_id],{installed_at},{activity_kind}",
        "braces taken off": "activity_kind,created_at,network_name,userId",
        "Snowflake": "ACTIVITY_KIND,IDFV,IDFA,GPS_ADID,INSTALLED_AT,CREATED_AT,NETWORK_NAME,NONCE",
        "bare minimum": "{activity_kind},{created_at}",
        "milliseconds": "{activity_kind},{created_at_milli}",
        "arrival": "{activity_kind},{received_at},[userId]",
        "callback": "installed_at,activity_kind,label,dcp_irclickid",
    },
    "impact": {
        "ClickExport": "Id,ProgramId,ProgramName,ProfileId,IpAddress,EventDate,MediaId,MediaName,AdId,AdName,"
        "CustomerCountry,DeviceType,Os,ReferringUrl,LandingPageUrl,SharedId,UniqueClick",
        "one journey": "Id,CampaignId,CampaignName,ProfileId,EventDate,MediaId,MediaName,DeviceType,UniqueClick",
        "nested names": "Id,EventDate,MediaId,PartnerRelated{SubId1},BrandRelated{AdCampaign},UniqueClick",
        "dotted names": "Id,EventDate,MediaId,PartnerRelated.SubId1,BrandRelated.Keyword,TrafficSource",
        "snake case": "id,event_date,media_id,unique_click",
        "spelt for people": "Click Id,Event Date,Media Id,Landing Page Url",
    },
}  # fmt: skip
KNOWN = [(source, names) for source, kinds in HEADERS.items() for names in kinds.values()]


@pytest.mark.parametrize(
    ("source", "names"), KNOWN, ids=[f"{s}-{k}" for s, kinds in HEADERS.items() for k in kinds]
)
def test_every_documented_header_is_recognised_by_its_columns(source: str, names: str) -> None:
    adapter = recognise(header(names, path="exports/no-name-tells.bin"))
    assert adapter is not None
    assert adapter.name == source


@pytest.mark.parametrize(
    ("source", "names"), KNOWN, ids=[f"{s}-{k}" for s, kinds in HEADERS.items() for k in kinds]
)
def test_the_order_of_columns_and_further_ones_make_no_difference(source: str, names: str) -> None:
    turned = ",".join([*reversed(names.split(",")), "something", "else entirely"])
    assert getattr(recognise(header(turned)), "name", None) == source


# Sources of other files; some may come to have an adapter of their own, none may be taken for another's.
OTHERS = {
    "branch": "id,name,timestamp,timestamp_iso,origin,last_attributed_touch_type,last_attributed_touch_timestamp,"
    "last_attributed_touch_data_tilde_campaign,last_attributed_touch_data_custom_fields,event_data_revenue,user_data_os",
    "segment": "event_name,event_type,user_id,anonymous_id,email,properties,traits,context,timestamp,message_id",
    "segment warehouse": "id,received_at,uuid_ts,anonymous_id,context_campaign_source,event,event_text,"
    "original_timestamp,sent_at,timestamp,order_id,total,currency",
    "kochava events": "timestamp_utc,timestamp_adjusted,event_name,geo_country,device_os,device_id_adid,app_id,"
    "attribution_timestamp,attribution_network,attribution_campaign,dimension_sum",
    "kochava installs": "attribution_campaign_name,install_click_date_adjusted,attribution_network_name,"
    "attribution_site,install_kochava_device_id,install_original_request,install_date_utc,install_status",
    "kochava clicks": "click_date_adjusted,click_campaign,click_network_name,click_site,click_status,kochava_click_id,"
    "partner_click_id,click_original_request",
    "impact actions": "Id,CampaignId,CampaignName,ActionTrackerId,EventCode,MediaPartnerId,MediaPartnerName,State,AdId,"
    "Payout,Amount,Currency,ReferringDate,EventDate,CreationDate,ReferringDomain,PromoCode,Oid,CustomerId",
    "adjust without kinds": "{app_name},{os_name},{gps_adid},[user_id],{installed_at},{created_at},{network_name}",
    "mmpsync itself": ",".join([*CONVERSION, "verdict", "reason", "reasons", "matched_click_time", "suggestion"]),
    "anything": "date,campaign,spend",
}  # fmt: skip


@pytest.mark.parametrize("what", OTHERS)
def test_no_file_is_taken_for_another_sources(what: str) -> None:
    adapter = recognise(header(OTHERS[what]))
    assert adapter is None or what.startswith(f"{adapter.name} ") or what == adapter.name


def test_a_header_without_names_is_nobodys() -> None:
    for names in ("", ",,"):
        assert recognise(header(names)) is None


def test_an_unknown_file_is_told_with_its_columns_and_what_each_source_lacks() -> None:
    error = unrecognised([header("date,Media Source,spend", path="exports/costs.csv")])
    assert isinstance(error, UnrecognisedInputError)
    text = str(error)
    assert "exports/costs.csv" in text
    assert "date, Media Source, spend" in text
    for adapter in ADAPTERS:
        line = next(line for line in text.splitlines() if adapter.title in line)
        lacking = [
            group for group in adapter.needs if adapter.name != "appsflyer" or group != ("media_source",)
        ]
        for group in lacking:
            assert all(name in line for name in group), (adapter.name, group)
    # What the file has is not among what it lacks.
    assert "media_source" not in text


def test_the_closest_source_is_named_first() -> None:
    text = str(unrecognised([header("{activity_kind},{network_name}")]))
    tried = [line for line in text.splitlines() if "tried" in line]
    assert "Adjust" in tried[0]
    assert "created_at" in tried[0]
    assert "activity_kind" not in tried[0]


def test_every_unknown_file_is_told() -> None:
    text = str(unrecognised([header("a,b", path="one.csv"), header("c,d", path="two.csv")]))
    assert all(part in text for part in ("one.csv", "a, b", "two.csv", "c, d"))


def test_of_a_long_header_the_number_of_columns_left_out_is_told() -> None:
    names = [f"column{n}" for n in range(40)]
    text = str(unrecognised([header(",".join(names))]))
    shown = sum(f"{name}," in text for name in names) + 1
    assert 5 <= shown < 40
    assert f"{40 - shown} more" in text
