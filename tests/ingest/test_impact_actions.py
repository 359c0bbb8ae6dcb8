"""impact.com's action records: the Actions resource as JSON and CSV, and the Action Listing report."""

# ruff: noqa: DTZ001
# The times of canonical tables are UTC without saying so.

import gzip
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from mmpsync.errors import InputError
from mmpsync.ingest.canonical import ACTION

Read = Callable[..., Any]
Export = Callable[..., str]

# The object of `GET /Advertisers/{SID}/Actions`, every documented field.
RESOURCE = {
    "Id": "M.1000.2222.3333333",
    "CampaignId": "1000",
    "CampaignName": "Acme Shop",
    "ActionTrackerId": "4001",
    "ActionTrackerName": "Acme Android",
    "EventCode": "SALE",
    "MediaPartnerId": "10087",
    "MediaPartnerName": "Deal Site 春",
    "State": "PENDING",
    "AdId": "55",
    "ClientCost": "1.20",
    "Payout": "5.00",
    "DeltaPayout": "5.00",
    "IntendedPayout": "5.00",
    "Amount": "129.90",
    "DeltaAmount": "129.90",
    "IntendedAmount": "129.90",
    "Currency": "eur",
    "ReferringDate": "2026-03-01T06:00:00-05:00",
    "EventDate": "2026-03-01T07:05:09-05:00",
    "CreationDate": "2026-03-01T07:20:00-05:00",
    "LockingDate": "2026-04-15T00:00:00-04:00",
    "ClearedDate": "",
    "ReferringType": "CLICK_COOKIE",
    "ReferringDomain": "n/a",
    "PromoCode": "",
    "Oid": "A-0001",
    "CustomerId": "42",
    "CustomerStatus": "NEW",
    "CustomerPostCode": "",
    "CustomerArea": "",
    "CustomerCity": "",
    "CustomerRegion": "",
    "CustomerCountry": "DE",
    "IpAddress": "9d5ed678fe57bcca610140957afab571",
    "SharedId": "",
    "CallerId": "",
    "Note": "",
    "Uri": "/Advertisers/IRxxxx/Actions/M.1000.2222.3333333",
}
ACTION_READ = {
    "action_id": "M.1000.2222.3333333",
    "state": "pending",
    "is_reversed": False,
    "order_id": "A-0001",
    "event_name": "SALE",
    "event_time": datetime(2026, 3, 1, 12, 5, 9),
    "amount": Decimal("129.90"),
    "amount_raw": "129.90",
    "currency": "EUR",
    "tracker_id": "4001",
    "media_id": "10087",
    "partner": "Deal Site 春",
}
# The report's columns that matter, with some that another adapter might take for its own.
LISTING = {
    "Referral_Date": "2026-03-01 11:00:00",
    "Action_Date": "2026-03-01 12:05:09",
    "Locking_Date": "2026-04-15",
    "Action_Id": "1000.2222.333333",
    "OID": "A-0001",
    "Status": "REVERSED",
    "Status_Detail": "Reversed",
    "Sale_Amount": "140.29",
    "Payout": "5.00",
    "Media_Partner": "Deal Site 春",
    "mp_id": "10087",
    "Action_Tracker": "Online Sale",
    "AT_Id": "4000",
    "ad_id": "55",
    "Referring_URL": "https://blog.example/",
    "Device": "PHONE",
    "OS": "iOS",
    "Customer_Id": "42",
    "Original_Currency": "EUR",
    "original_currency_sale_amount": "129.90",
}


def without_file(action: Mapping[str, Any]) -> dict[str, Any]:
    assert set(action) == set(ACTION)
    return {name: value for name, value in action.items() if name != "source_file"}


SHAPES: Mapping[str, bytes] = {
    "array.json": json.dumps([RESOURCE]).encode(),
    "indented.json": json.dumps([RESOURCE], indent=2).encode(),
    "page.json": json.dumps(
        {"@page": "1", "@total": "1", "@nextpageuri": "", "Actions": [RESOURCE]}
    ).encode(),
    "lines.jsonl": json.dumps(RESOURCE).encode() + b"\n",
    "page.json.gz": gzip.compress(json.dumps({"@page": "1", "Actions": [RESOURCE]}).encode()),
    "numbers.json": json.dumps([RESOURCE | {"Amount": 129.90, "ActionTrackerId": 4001}]).encode(),
}


@pytest.mark.parametrize("name", SHAPES)
def test_an_action_of_a_json_file_of_any_shape(read: Read, name: str) -> None:
    found = read({name: SHAPES[name]})
    assert (found.rows, found.clicks) == ([], [])
    (action,) = found.actions
    # JSON has no trailing noughts.
    assert without_file(action) | {"amount_raw": "129.90"} == ACTION_READ
    assert found.files[name].holds == "actions"


@pytest.mark.parametrize("zipped", [False, True])
def test_an_action_of_a_csv_export(read: Read, export: Export, *, zipped: bool) -> None:
    content = export(RESOURCE).encode()
    (action,) = read({"x": gzip.compress(content) if zipped else content}).actions
    assert without_file(action) == ACTION_READ


def snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() and n else c.lower() for n, c in enumerate(name))


@pytest.mark.parametrize("spell", [str.lower, str.upper, snake, lambda name: f" {name} "])
def test_an_action_whatever_its_columns_are_called(
    read: Read, export: Export, spell: Callable[[str], str]
) -> None:
    (action,) = read({"x.csv": export({spell(name): value for name, value in RESOURCE.items()})}).actions
    assert without_file(action) == ACTION_READ


def test_warehouses_call_the_order_id_by_its_whole_name(read: Read) -> None:
    record = {snake(name): value for name, value in RESOURCE.items() if name != "Oid"} | {
        "order_id": "A-0001"
    }
    (action,) = read({"x.json": json.dumps(record) + "\n"}).actions
    assert without_file(action) == ACTION_READ


def test_the_action_listing_has_the_amount_in_the_orders_own_currency(read: Read, export: Export) -> None:
    for content in (export(LISTING), json.dumps({"Records": [LISTING]})):
        (action,) = read({"x": content}).actions
        assert without_file(action) == ACTION_READ | {
            "action_id": "1000.2222.333333",
            "state": "reversed",
            "is_reversed": True,
            "event_name": "Online Sale",
            "tracker_id": "4000",
        }


def test_an_amount_in_the_accounts_currency_is_not_said_to_be_in_the_orders(
    read: Read, export: Export
) -> None:
    row = {name: value for name, value in LISTING.items() if name != "original_currency_sale_amount"}
    (action,) = read({"x.csv": export(row)}).actions
    assert (action["amount"], action["currency"]) == (Decimal("140.29"), None)


@pytest.mark.parametrize(
    ("state", "found"),
    [
        ("PENDING", ("pending", False)),
        ("Approved", ("approved", False)),
        ("REVERSED", ("reversed", True)),
        ("reversed", ("reversed", True)),
        ("", (None, False)),
    ],
)
def test_states(read: Read, export: Export, state: str, found: tuple[str | None, bool]) -> None:
    (action,) = read({"x.csv": export(RESOURCE | {"State": state})}).actions
    assert (action["state"], action["is_reversed"]) == found


def test_what_does_not_parse_is_null_and_kept_raw(read: Read, export: Export) -> None:
    row = RESOURCE | {"Amount": "12,50", "EventDate": "soon", "EventCode": "", "Oid": "null"}
    (action,) = read({"x.csv": export(row)}).actions
    assert (action["amount"], action["amount_raw"], action["event_time"]) == (None, "12,50", None)
    # Without an event code the tracker's name says which event it is, if anything does.
    assert (action["event_name"], action["order_id"]) == ("Acme Android", None)


def test_columns_that_an_export_leaves_out_are_null(read: Read, export: Export) -> None:
    row = {name: RESOURCE[name] for name in ("State", "Oid", "ActionTrackerName", "Payout")}
    (action,) = read({"x.csv": export(row)}).actions
    known = {"state": "pending", "order_id": "A-0001", "is_reversed": False, "event_name": "Acme Android"}
    assert without_file(action) == dict.fromkeys(ACTION_READ) | known


def test_times_without_a_zone_and_odd_columns_can_be_configured(read: Read, export: Export) -> None:
    config = {
        "sources": {
            "impact_actions": {
                "timezone": "America/New_York",
                "fields": {"order_id": "Note", "currency": "=USD"},
            }
        }
    }
    row = RESOURCE | {"EventDate": "2026-03-08 03:00:00", "Note": "B-1"}
    (action,) = read({"x.csv": export(row)}, config=config).actions
    assert action["event_time"] == datetime(2026, 3, 8, 7)
    assert (action["order_id"], action["currency"]) == ("B-1", "USD")


def test_files_of_several_shapes_and_headers_are_read_together(read: Read, export: Export) -> None:
    files = {"a.csv": export(RESOURCE), "b.json": SHAPES["page.json"], "c.csv": export(LISTING), "d.csv": export(
        RESOURCE | {"Id": "M.2"}, header=[*reversed(RESOURCE), "Extra"])}  # fmt: skip
    found = read(files)
    assert sorted(action["source_file"] for action in found.actions) == sorted(files)
    assert {file.holds for file in found.files.values()} == {"actions"}


def test_a_damaged_line_is_told_and_the_others_are_read(read: Read, export: Export) -> None:
    found = read({"x.csv": export(RESOURCE) + "too,few\n"})
    assert len(found.actions) == 1
    assert [record["source_file"] for record in found.unreadable] == ["x.csv"]


CLICK = {"Id": "c", "EventDate": "2026-03-01T07:00:00Z", "MediaId": "1", "UniqueClick": "true"}
CONVERSION = {"Media Source": "organic", "Event Time": "2026-03-01 08:00:00", "AppsFlyer ID": "1"}


def test_actions_clicks_and_conversions_of_one_folder_are_told_apart(read: Read, export: Export) -> None:
    found = read({"a.csv": export(RESOURCE), "b.csv": export(CLICK), "c.csv": export(CONVERSION)})
    assert {name: file.holds for name, file in found.files.items()} == {
        "a.csv": "actions",
        "b.csv": "clicks",
        "c.csv": "conversions",
    }
    assert [len(rows) for rows in (found.actions, found.clicks, found.rows)] == [1, 1, 1]


# Other things of impact.com that have order ids and states, and are no actions.
OTHERS = {
    "what was submitted": "BatchId,AccountId,SubmissionDate,CampaignId,ActionTrackerId,MediaPartnerId,EventCode,"
    "OrderId,Payload,Type,Status,CompletionDate,ErrorType,ErrorReason,Uri",
    "errors of a batch": "Line,CampaignId,ActionTrackerId,MediaPartnerId,EventCode,OrderId,Category,Sku,Status,Reason",
    "what is to be submitted": "CampaignId,ActionTrackerId,EventDate,OrderId,ClickId,CustomerId,CurrencyCode,Amount",
    "inquiries": "Id,CampaignId,MediaPartnerId,ActionTrackerId,OrderId,TrackingLink,TransactionDate,Status",
}


@pytest.mark.parametrize("what", OTHERS)
def test_what_is_no_action_is_not_taken_for_one(read: Read, what: str) -> None:
    with pytest.raises(InputError, match=r"x\.csv: not an export"):
        read({"x.csv": f"{OTHERS[what]}\n"})


@pytest.mark.parametrize(
    ("role", "content", "words"),
    [
        ("actions", CLICK, r"x\.csv: holds click records \(impact\.com clicks\), no action records; give it to --clicks"),
        ("actions", CONVERSION, r"x\.csv: holds conversions \(AppsFlyer\), no action records; give it to --conversions"),
        ("clicks", RESOURCE, r"x\.csv: holds action records \(impact\.com actions\), no click records; give it to --actions"),
        ("conversions", RESOURCE, r"holds action records .*, no conversions; give it to --actions"),
        ("actions", {"fruit": "apple"}, r"x\.csv: not an export"),
    ],
)  # fmt: skip
def test_a_file_given_as_what_it_is_not_is_refused(
    read: Read, export: Export, role: str, content: Mapping[str, str], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        read({"x.csv": export(content)}, roles={role: ["x.csv"]})


def test_a_file_given_as_two_things_is_refused(read: Read, export: Export) -> None:
    for other in ("conversions", "clicks"):
        with pytest.raises(InputError, match=f"given to both --{other} and --actions"):
            read({"x.csv": export(RESOURCE)}, roles={other: ["x.csv"], "actions": ["x.csv"]})


def test_a_file_named_as_actions_and_found_in_a_folder_is_read_once(read: Read, export: Export) -> None:
    found = read({"x/a.csv": export(RESOURCE)}, roles={"any": ["x"], "actions": ["x/a.csv"]})
    assert len(found.actions) == 1
