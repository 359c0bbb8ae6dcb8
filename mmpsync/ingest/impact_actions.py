"""impact.com action records: the Actions resource as JSON or CSV, and the Action Listing report.

Columns of the resource as the v14 brand OpenAPI lists them; those of the report (`adv_action_listing_pm_only`) as
public code reads them: it has the amount in the order's own currency, too. An action carries no ClickId.
"""

from mmpsync.ingest.interface import Adapter

__all__ = ["ADAPTER"]

ADAPTER = Adapter(
    name="impact_actions",
    title="impact.com actions",
    reads=(("Actions of the API, kept", "JSON, JSON lines, CSV"), ("Action Listing report", "CSV, JSON")),
    needs=(
        ("state", "status"),
        ("oid", "orderid"),
        ("actiontrackerid", "actiontrackername", "actiontracker", "atid"),
        ("payout", "clientcost", "lockingdate", "referringdate", "referraldate", "cleareddate"),
    ),
    kinds=(),
    fields={},
    actions={
        "action_id": ("actionid", "id"),
        "state": ("state", "status"),
        "order_id": ("oid", "orderid"),
        "event_name": ("eventcode", "eventtypecode", "actiontrackername", "actiontracker"),
        "event_time": ("eventdate", "actiondate"),
        "amount": ("originalcurrencysaleamount", "amount", "saleamount"),
        "currency": ("currency",),
        "tracker_id": ("actiontrackerid", "atid"),
        "media_id": ("mediapartnerid", "mpid"),
        "partner": ("mediapartnername", "mediapartner"),
    },
    money=(
        ("originalcurrencysaleamount", ("originalcurrency",)),
        ("amount", ("currency",)),
        ("saleamount", ("currency",)),
    ),
)
