"""impact.com click records: ClickExport as CSV or JSON.

Columns as the v14 brand OpenAPI lists them; how nested names are spelt in CSV is not documented, so
`PartnerRelated{SubId1}`, `PartnerRelated.SubId1` and `SubId1` are all taken.
"""

from mmpsync.ingest.interface import Adapter, Rule

__all__ = ["ADAPTER"]

ADAPTER = Adapter(
    name="impact",
    title="impact.com clicks",
    reads=(("ClickExport", "CSV, JSON"),),
    needs=(
        ("id", "clickid"),
        ("eventdate", "clickdate"),
        ("mediaid", "adid"),
        ("uniqueclick", "landingpageurl", "referringurl", "profileid", "trafficsource", "devicetype"),
    ),
    aliases={
        f"{outer}{inner}": inner
        for outer, inners in {
            "PartnerRelated": ("SubId1", "SubId2", "SubId3"),
            "BrandRelated": ("AdCampaign", "AdGroup", "Keyword", "MatchType", "Channel"),
        }.items()
        for inner in inners
    },
    kinds=(Rule("click"),),
    fields={},
    clicks={
        "click_id": ("id", "clickid"),
        "click_time": ("eventdate", "clickdate"),
        "media_id": ("mediaid",),
        "partner": ("medianame",),
        "campaign": ("programname", "campaignname"),
        "publisher": ("sharedid", "subid1", "PartnerRelated.SubId1"),
        "platform": ("os",),
    },
)
