"""Which source wrote a file, told by its columns alone."""

from pathlib import Path

import pytest

from mmpsync.engines.interface import Layout
from mmpsync.errors import ConfigError, UnrecognisedInputError
from mmpsync.ingest.canonical import CONVERSION
from mmpsync.ingest.detect import ADAPTERS, named, recognise, unrecognised
from mmpsync.ingest.files import find
from mmpsync.ingest.formats import inspect
from mmpsync.ingest.resolver import Resolver

SAMPLE_EXPORTS = Path(__file__).parents[2] / "sample_exports"
SAMPLES = [Path(found.path).relative_to(SAMPLE_EXPORTS) for found in find([str(SAMPLE_EXPORTS)])]


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
    "kochava": {
        "event report": "timestamp_utc,timestamp_adjusted,event_name,event_time_registered,geo_country,geo_region,"
        "geo_city,geo_lat,geo_lon,device_type,device_os,device_version,device_id_adid,"
        "device_id_android_id,device_id_kochava,device_id_idfv,device_id_idfa,device_id_custom,app_id,"
        "app_guid,request_ua,request_ip,attribution_timestamp,attribution_timestamp_adjusted,"
        "attribution_matched_by,attribution_matched_to,attribution_network_id,attribution_network,"
        "attribution_tracker_id,attribution_site_id,attribution_tier,attribution_site,"
        "attribution_tracker,attribution_campaign_id,attribution_campaign,attribution_date_utc,"
        "attribution_date_adjusted,attribution_creative,attribution_seconds_since,custom_dimensions,"
        "dimension_data,dimension_count,dimension_sum,count",
        "install report": "attribution_campaign,attribution_campaign_name,install_click_date_adjusted,"
        "installgeo_country_code,installgeo_region,install_device_version,install_device_ua,"
        "install_date_adjusted,attribution_network_name,attribution_network,attribution_site,"
        "attribution_tracker,attribution_tracker_name,install_kochava_device_id,install_matched_on,"
        "install_matched_by,attribution_creative,install_original_request,install_devices_ids,"
        "install_date_utc,install_devices_ip,installgeo_country_code3,identity_link,"
        "installgeo_country_name,install_status",
        "click report": "click_date_adjusted,click_campaign,click_campaign_name,click_creative,click_network,"
        "click_network_name,click_site,click_tracker,click_tracker_name,clickgeo_country_code,"
        "clickgeo_continent_code,clickgeo_country_name,clickgeo_latitude,clickgeo_longitude,"
        "click_status,click_device_ver,click_identifiers,click_ip,click_original_request,"
        "kochava_click_id,partner_click_id",
        "event report as chosen": "event_name,timestamp_adjusted,attribution_network,dimension_data",
        "event report of API v1.2": "timestamp_utc,event_name,attribution_network_name,attribution_tracker_name",
        "install report as chosen": "install_date_adjusted,attribution_network_name",
        "install report without source": "install_date_utc,install_original_request",
        "click report as chosen": "partner_click_id,click_date_adjusted",
        "warehouse copy": "ATTRIBUTION_NETWORK_NAME,INSTALL_DATE_UTC,IDENTITY_LINK,ATTRIBUTION_SITE",
        "Query installs": "install_id,date_occurred,matched_to_type,waterfall_level,network_name,kochava_device_id,adid",
        "Query events": "event_name,date_occurred,kochava_device_id",
        "Query clicks": "click_id,date_received,app_name,appstore_id,network_name,campaign_name,tracker_name,cp1",
    },
    "segment": {
        "S3 logs": "_metadata,anonymousId,channel,context,event,integrations,messageId,originalTimestamp,properties,"
        "receivedAt,sentAt,timestamp,type,userId,version",
        "logs without visitors": "type,messageId,receivedAt,context,traits,userId",
        "S3 (Actions)": "event_name,event_type,user_id,anonymous_id,email,properties,traits,context,timestamp,message_id,"
        "integrations,audience_name,audience_id,audience_space_id,audience_action,batch_size",
        "Data Lakes": "message_id,anonymous_id,channel,context_app_version,event,metadata_bundled,original_timestamp,project_id,"
        "received_at,sent_at,timestamp,type,user_id,version,integrations_all,orderId,total",
        "tracks": "id,received_at,uuid,uuid_ts,anonymous_id,context_ip,context_page_url,event,event_text,original_timestamp,"
        "sent_at,timestamp,user_id",
        "pages": "id,anonymous_id,user_id,received_at,sent_at,timestamp,url,path,title,search,referrer,context_campaign_source",
        "what is needed of a table": "id,event,timestamp,context_page_url",
        "upper case": "ID,EVENT,TIMESTAMP,ANONYMOUS_ID",
        "Branch by way of Segment": "id,received_at,anonymous_id,event,event_text,original_timestamp,sent_at,timestamp,name,"
        "attributed,last_attributed_touch_data_campaign,last_attributed_touch_data_click_id,last_attributed_touch_type",
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
    "impact_actions": {
        "resource": "Id,CampaignId,ActionTrackerId,EventCode,MediaPartnerId,State,AdId,Payout,Amount,Currency,EventDate,Oid",
        "snake case": "id,action_tracker_id,state,locking_date,order_id",
        "report": "Referral_Date,Action_Date,Action_Id,OID,Status,Sale_Amount,Payout,Media_Partner,Action_Tracker,Referring_URL,Device,OS",
        "spelt for people": "Action Id,Action Tracker,Status,OID,Payout",
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
    "identifiers of Kochava Query": "click_id,date_received,identifier_type,identifier_value",
    "influencers of Kochava Query": "install_id,click_id,imp_id,waterfall_level,rejected",
    "impact_actions": "Id,CampaignId,CampaignName,ActionTrackerId,EventCode,MediaPartnerId,MediaPartnerName,State,AdId,"
    "Payout,Amount,Currency,ReferringDate,EventDate,CreationDate,ReferringDomain,PromoCode,Oid,CustomerId",
    "adjust without kinds": "{app_name},{os_name},{gps_adid},[user_id],{installed_at},{created_at},{network_name}",
    "mmpsync itself": ",".join([*CONVERSION, "verdict", "reason", "reasons", "matched_click_time", "suggestion"]),
    "anything": "date,campaign,spend",
}  # fmt: skip


@pytest.mark.parametrize("what", OTHERS)
def test_no_file_is_taken_for_another_sources(what: str) -> None:
    adapter = recognise(header(OTHERS[what]))
    assert adapter is None or what.startswith(f"{adapter.name} ") or what == adapter.name


def claims(layout: Layout) -> list[str]:
    """Every source whose needs the layout meets, by what needs are said to be."""
    claiming = []
    for adapter in ADAPTERS:
        resolver = Resolver(layout, (), adapter.aliases, {})
        if all(any(resolver.has([name]) for name in group) for group in adapter.needs):
            claiming.append(adapter.name)
    return claiming


def test_no_two_sources_claim_one_file() -> None:
    headers = [*(names for _, names in KNOWN), *OTHERS.values()]
    assert {names: claims(header(names)) for names in headers if len(claims(header(names))) > 1} == {}


@pytest.mark.parametrize("path", SAMPLES, ids=str)
def test_every_sample_is_claimed_by_the_source_that_its_folder_names(path: Path) -> None:
    layout = inspect(str(SAMPLE_EXPORTS / path))
    assert isinstance(layout, Layout)
    claiming = claims(layout)
    folder = path.parts[0]
    assert claiming == ["appsflyer" if folder == "appsflyer_data_locker" else folder]
    assert getattr(recognise(layout), "name", None) == claiming[0]


def test_a_file_that_two_sources_could_claim_is_nobodys_until_the_user_says_whose() -> None:
    both = header("{activity_kind},{created_at},timestamp_utc,attribution_network", path="exports/both.csv")
    assert set(claims(both)) == {"adjust", "kochava"}
    assert recognise(both) is None
    text = str(unrecognised([both]))
    assert all(part in text for part in ("exports/both.csv", "Adjust", "Kochava", "--source"))


def test_a_header_without_names_is_nobodys() -> None:
    for names in ("", ",,"):
        assert recognise(header(names)) is None


def test_an_unknown_file_is_told_with_its_columns_and_what_the_nearest_source_lacks() -> None:
    error = unrecognised([header("date,Media Source,spend", path="exports/costs.csv")])
    assert isinstance(error, UnrecognisedInputError)
    lines = str(error).splitlines()
    assert "exports/costs.csv" in lines[0]
    assert lines[1] == "  columns seen: date, Media Source, spend"
    assert lines[2].startswith("  nearest is AppsFlyer: it lacks one of event_time, install_time, ")
    # What the file has is not among what it lacks.
    assert "media_source" not in str(error)


def test_of_the_other_sources_is_told_how_much_of_what_tells_them_is_missing() -> None:
    lines = str(unrecognised([header("date,Media Source,state")])).splitlines()
    tried = next(line for line in lines if "tried" in line)
    for adapter in ADAPTERS:
        if adapter.name != "appsflyer":
            missing = len(adapter.needs) - (adapter.name == "impact_actions")
            assert f"{adapter.title} {missing} of {len(adapter.needs)}" in tried
    assert "AppsFlyer" not in tried
    assert len(tried) < 200


NEAREST = {
    "AppsFlyer": "Media Source,Event Name,Event Value,Event Revenue,AppsFlyer ID,Original URL",
    "Adjust": "{app_name},{os_name},{gps_adid},{adid},{network_name},{tracker_name},{created_at}",
    "Kochava": "event_name,geo_country,device_os,device_id_kochava,attribution_campaign,attribution_site_id,dimension_sum",
    "impact.com clicks": "Id,EventDate,MediaName,ProgramName,SharedId",
}  # fmt: skip


@pytest.mark.parametrize("title", NEAREST)
def test_the_nearest_source_is_the_one_that_knows_most_of_the_columns(title: str) -> None:
    lines = str(unrecognised([header(NEAREST[title])])).splitlines()
    assert [line for line in lines if line.startswith(f"  nearest is {title}: it lacks ")] == [lines[2]]
    adapter = next(adapter for adapter in ADAPTERS if adapter.title == title)
    assert f"--source {adapter.name}=PATH" in lines[-1]


def test_every_column_group_that_the_nearest_lacks_is_listed() -> None:
    lines = str(unrecognised([header("{gps_adid},{adgroup_name}")])).splitlines()
    adjust = next(adapter for adapter in ADAPTERS if adapter.name == "adjust")
    assert all(name in lines[2] for group in adjust.needs for name in group)


def test_nothing_is_near_to_a_file_of_unheard_of_columns() -> None:
    lines = str(unrecognised([header("one,two,three")])).splitlines()
    assert not any("nearest" in line for line in lines)
    tried = next(line for line in lines if "tried" in line)
    assert all(f"{each.title} {len(each.needs)} of {len(each.needs)}" in tried for each in ADAPTERS)
    assert "--source NAME=PATH" in lines[-1]


# -- What the user says


def test_a_source_that_nobody_reads_is_told_with_those_that_somebody_does() -> None:
    with pytest.raises(ConfigError, match=r'"apsflyer".*did you mean "appsflyer".*adjust.*kochava'):
        named("apsflyer")


def test_every_unknown_file_is_told() -> None:
    text = str(unrecognised([header("a,b", path="one.csv"), header("c,d", path="two.csv")]))
    assert all(part in text for part in ("one.csv", "a, b", "two.csv", "c, d"))


def test_of_very_many_unknown_files_a_few_are_told_and_the_others_counted() -> None:
    text = str(unrecognised([header("a,b", path=f"{n}.txt") for n in range(3000)]))
    assert text.count("columns seen") == 5
    assert "2995 more" in text
    assert "5.txt" in text
    assert len(text.splitlines()) < 100


def test_of_a_long_header_the_number_of_columns_left_out_is_told() -> None:
    names = [f"column{n}" for n in range(40)]
    text = str(unrecognised([header(",".join(names))]))
    shown = sum(f"{name}," in text for name in names) + 1
    assert 5 <= shown < 40
    assert f"{40 - shown} more" in text
