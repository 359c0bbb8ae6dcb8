"""Whatever types the columns of a Parquet file have, every source's rows are those of the same file as text."""

import io
import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from mmpsync.ingest.canonical import ACTION, CLICK, CONVERSION
from mmpsync.ingest.detect import ADAPTERS

Read = Callable[..., Any]
Export = Callable[..., str]

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
EPOCH = 1772366400
NAIVE = NOON.replace(tzinfo=None)

# A row of each source as text, all of what it is likely to type among it.
TEXT: dict[str, dict[str, str]] = {
    "appsflyer": {
        "media_source": "impactradius_int",
        "event_time": "2026-03-01 12:00:00",
        "install_time": "2026-03-01 12:00:00.250",
        "event_name": "af_purchase",
        "event_value": '{"af_order_id":"O-1","af_quantity":2,"af_content_id":null,"af_content_type":["a","b"]}',
        "event_revenue": "19.90",
        "event_revenue_currency": "EUR",
        "original_url": "https://x.example/?pid=impactradius_int&clickid=A%3AB",
        "appsflyer_id": "1772366400000-1",
        "customer_user_id": "12345678901234567",
        "is_primary_attribution": "true",
        "app_id": "id1234567890",
        "campaign": "42",
    },
    "adjust": {
        "{activity_kind}": "install",
        "{created_at}": str(EPOCH + 5),
        "{installed_at}": str(EPOCH),
        "{click_time}": "2026-03-01T12:00:00Z",
        "{network_name}": "impact",
        "{is_organic}": "false",
        "{revenue_float}": "19.90",
        "{currency}": "EUR",
        "{dcp_irclickid}": "A:B",
        "{adid}": "0123456789",
        "[quantity]": "2",
        "[user_id]": "12345678901234567",
        "{nonce}": "n-1",
    },
    "branch": {
        "id": "123456789012345678",
        "name": "PURCHASE",
        "timestamp": f"{EPOCH}000",
        "last_attributed_touch_type": "CLICK",
        "last_attributed_touch_timestamp": f"{EPOCH}000",
        "last_attributed_touch_data_tilde_advertising_partner_name": "Impact",
        "last_attributed_touch_data_custom_fields": '{"~click_id":"A:B"}',
        "event_data_revenue": "19.90",
        "event_data_currency": "EUR",
        "event_data_transaction_id": "12345678901234567",
        "user_data_os": "IOS",
        "attributed": "true",
    },
    "segment": {
        "id": "ajs-1",
        "anonymous_id": "7",
        "user_id": "12345678901234567",
        "event": "order_completed",
        "event_text": "Order Completed",
        "timestamp": "2026-03-01 12:00:00",
        "received_at": "2026-03-01 12:00:00.250",
        "order_id": "12345678901234567",
        "total": "19.90",
        "quantity": "2",
        "currency": "EUR",
        "context_referrer_type": "impactRadius",
        "context_referrer_id": "A:B",
        "context_page_url": "https://x.example/?irclickid=A%3AB",
    },
    "kochava": {
        "timestamp_utc": "2026-03-01 12:00:00",
        "timestamp_adjusted": "2026-03-01 12:00:00",
        "event_name": "Purchase",
        "attribution_network": "Impact",
        "attribution_timestamp": str(EPOCH),
        "attribution_site_id": "12345678901234567",
        "dimension_sum": "19.90",
        "dimension_data": '{"order_id":"O-1","currency":"EUR","quantity":2,"sku":null}',
        "click_original_request": '{"click_id":"A:B","meta_data":{"k":["v"]}}',
        "device_id_kochava": "KA1",
        "identity_link": '{"customer_id":12345678901234567}',
    },
    "impact": {
        "Id": "A:B",
        "EventDate": "2026-03-01T12:00:00Z",
        "MediaId": "7",
        "MediaName": "Blog",
        "CampaignName": "42",
        "UniqueClick": "true",
        "SharedId": "12345678901234567",
    },
    "impact_actions": {
        "Id": "1000.4001.12345",
        "State": "APPROVED",
        "Oid": "12345678901234567",
        "ActionTrackerId": "4001",
        "EventDate": "2026-03-01T12:00:00Z",
        "Amount": "19.90",
        "Currency": "EUR",
        "Payout": "1.99",
        "MediaPartnerName": "Blog",
    },
}  # fmt: skip


def moments(value: str) -> list[pa.Array]:
    """The time as Arrow's types of times, or nothing for a value of another kind."""
    if not value.startswith("2026-"):
        return []
    fraction = 250_000 if ".25" in value else 0
    time = NAIVE.replace(microsecond=fraction)
    units = ("ms", "us", "ns") if fraction else ("s", "ms", "us", "ns")
    zones = [None, "UTC", "America/New_York"]
    return [
        pa.array([time if zone is None else time.replace(tzinfo=UTC)], pa.timestamp(unit, zone))
        for unit in units
        for zone in zones
    ]


def numbers(value: str) -> list[pa.Array]:
    if value.isdigit() and not value.startswith("0"):
        whole = int(value)
        kinds = [pa.int64(), pa.uint64(), pa.decimal128(20, 0)]
        kinds += [pa.int32(), pa.int8()] if whole < 100 else []
        kinds += [pa.float64()] if whole < 2**53 else []
        return [pa.array([whole], kind) for kind in kinds]
    if value == "19.90":
        return [pa.array([Decimal(value)], pa.decimal128(precision, 2)) for precision in (4, 18, 38)]
    return []


def others(value: str) -> list[pa.Array]:
    found = [
        pa.array([value], pa.large_string()),
        pa.array([value], pa.string_view()),
        pa.array([value.encode()], pa.binary()),
        pa.array([value]).dictionary_encode(),
    ]
    if value in ("true", "false"):
        found.append(pa.array([value == "true"]))
    if value.startswith("{"):
        record = json.loads(value)
        found.append(pa.array([record]))
        found.append(pa.array([record | {"more": None}]))
        if all(isinstance(inner, str) for inner in record.values()):
            found.append(pa.array([list(record.items())], pa.map_(pa.string(), pa.string())))
    return found


def types(value: str) -> list[pa.Array]:
    return [*moments(value), *numbers(value), *others(value)]


def rounds(source: str) -> list[dict[str, pa.Array]]:
    """Files of one row, in which every column has each of its types at least once."""
    columns = {column: types(value) for column, value in TEXT[source].items()}
    return [
        {column: typed[n % len(typed)] for column, typed in columns.items()}
        for n in range(max(map(len, columns.values())))
    ]


def as_parquet(typed: Mapping[str, pa.Array]) -> bytes:
    file = io.BytesIO()
    parquet.write_table(pa.table(dict(typed)), file)
    return file.getvalue()


def canonical(found: Any) -> dict[str, dict[str, Any]]:
    """File → its only row or record."""
    names = [name for name in (*CONVERSION, *CLICK, *ACTION) if name != "source_file"]
    records = found.rows or found.clicks or found.actions
    return {record["source_file"]: {n: record[n] for n in names if n in record} for record in records}


def test_every_source_has_a_row_here() -> None:
    assert set(TEXT) == {adapter.name for adapter in ADAPTERS}


@pytest.mark.parametrize("source", TEXT)
def test_every_type_of_every_column_beside_a_file_of_text(read: Read, export: Export, source: str) -> None:
    files: dict[str, str | bytes] = {"text": export(TEXT[source])}
    files |= {f"round {n}": as_parquet(typed) for n, typed in enumerate(rounds(source))}
    rows = canonical(read(files))
    assert set(rows) == set(files)
    assert {name: changed(rows["text"], row) for name, row in rows.items() if row != rows["text"]} == {}


@pytest.mark.parametrize("zone", [None, "America/New_York"])
@pytest.mark.parametrize("source", TEXT)
def test_all_columns_typed_at_once_in_a_file_alone(
    read: Read, export: Export, source: str, zone: str | None
) -> None:
    typed = {}
    for column, value in TEXT[source].items():
        times = [array for array in moments(value) if array.type.tz == zone]
        typed[column] = (times or numbers(value) or others(value)[4:] or others(value))[0]
    (expected,) = canonical(read({"text.csv": export(TEXT[source])})).values()
    (row,) = canonical(read({"text.csv": as_parquet(typed)})).values()
    assert changed(expected, row) == {}


def changed(expected: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {name: (expected[name], row[name]) for name in expected if expected[name] != row[name]}


def test_local_times_are_local_whatever_their_type(read: Read, export: Export) -> None:
    config = {
        "sources": {
            "kochava": {"timezone": "America/Los_Angeles"},
            "appsflyer": {"timezone": "Europe/Berlin"},
        }
    }
    for source, local in (
        ("kochava", ("timestamp_adjusted",)),
        ("appsflyer", ("event_time", "install_time")),
    ):
        text = {k: v for k, v in TEXT[source].items() if k != "timestamp_utc"}
        typed = {name: pa.array([value]) for name, value in text.items()}
        typed |= {name: pa.array([datetime.fromisoformat(text[name])], pa.timestamp("us")) for name in local}
        file = io.BytesIO()
        parquet.write_table(pa.table(typed), file)
        rows = canonical(
            read({f"{source}.csv": export(text), f"{source}.parquet": file.getvalue()}, config=config)
        )
        assert rows[f"{source}.csv"]["event_time"] != NAIVE
        assert changed(rows[f"{source}.csv"], rows[f"{source}.parquet"]) == {}


def test_a_whole_number_that_became_a_fraction_for_want_of_a_value_is_whole(read: Read) -> None:
    # So do data frames write a column of whole numbers with gaps.
    table = pa.table(
        {
            "activity_kind": ["event", "event"],
            "created_at": pa.array([float(EPOCH), float(EPOCH)]),
            "user_id": pa.array([7.0, None]),
            "revenue_float": pa.array([0.000001, 12345678.5]),
        }
    )
    file = io.BytesIO()
    parquet.write_table(table, file)
    found = read({"x": file.getvalue()}).values("event_time", "customer_id", "amount", "amount_raw")
    assert found == [
        (NAIVE, "7", Decimal("0.000001"), "0.000001"),
        (NAIVE, None, Decimal("12345678.5"), "12345678.5"),
    ]


def test_a_date_is_no_time(read: Read) -> None:
    table = pa.table({"activity_kind": ["event"], "created_at": [date(2026, 3, 1)]})
    file = io.BytesIO()
    parquet.write_table(table, file)
    assert read({"x": file.getvalue()}).values("event_time", "event_time_raw") == [(None, "2026-03-01")]
