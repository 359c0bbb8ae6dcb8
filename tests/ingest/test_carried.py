"""Values for a push are carried from the exports to the clean rows, by reference, and only where they are asked for."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

import mmpsync
from mmpsync.config import Config
from mmpsync.ingest.carried import CARRIED, carried_key, carried_references

PRODUCTS = [{"sku": "S-1", "category": "Shoes", "quantity": 2, "price": 4.75}]
SEGMENT = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "m-1",
    "timestamp": "2026-03-01T08:00:00.000Z",
    "context": {"app": {"namespace": "com.acme.shop"}, "referrer": {"type": "impactRadius", "id": "ABC"}},
    "properties": {"order_id": "O-2", "total": 9.5, "currency": "EUR", "products": PRODUCTS, "gift": True},
}
BRANCH = {
    "name": "PURCHASE",
    "id": "b-1",
    "event_timestamp": 1772352000000,
    "user_data": {"os": "ANDROID"},
    "app_id": "com.acme.shop",
    "last_attributed_touch_data": {"~advertising_partner_name": "Impact", "~click_id": "DEF"},
    "event_data": {"transaction_id": "O-3", "revenue": 3.5, "currency": "EUR"},
    "content_items": [{"$sku": "B-1", "$product_category": "Hats", "$quantity": 1, "$price": 3.5}],
}
APPSFLYER = (
    "Event Name,Event Time,AppsFlyer ID,App ID,Media Source,Original URL,Event Value,AF Sub1,Event Revenue,"
    "Event Revenue Currency,Campaign\n"
    "af_purchase,2026-03-01 08:00:00,1-1,com.acme.shop,impactradius_int,"
    'https://x.example/?pid=impactradius_int&clickid=GHI&sub=7,"{""af_order_id"": ""O-1"", ""colour"": ""red""}",'
    "one,1.5,EUR,spring\n"
)
SETTINGS: dict[str, Any] = {
    "push": {"fields": {"Text1": ["af_sub1", "properties.gift"], "Text2": "original_url?sub"}},
    "events": {
        "purchase": {
            "names": ["af_purchase", "Order Completed", "PURCHASE"],
            "code": "SALE",
            "fields": {"Items": ["properties.products", "content_items"], "Text3": "event_value.colour"},
        }
    },
}


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / "segment.json").write_text(json.dumps(SEGMENT) + "\n")
    (folder / "branch.json").write_text(json.dumps(BRANCH) + "\n")
    (folder / "appsflyer.csv").write_text(APPSFLYER)
    return folder


def clean(exports: Path, out: Path, settings: dict[str, Any]) -> list[dict[str, Any]]:
    mmpsync.reconcile(exports, config=Config.model_validate(settings), as_of="2026-03-20", out=out)
    return list(parquet.read_table(out / "clean.parquet").to_pylist())


def test_references_are_resolved_in_every_source_and_kept_beside_the_clean_rows(
    exports: Path, tmp_path: Path
) -> None:
    rows = clean(exports, tmp_path / "run", SETTINGS)
    carried = {row["mmp"]: dict(row[CARRIED]) for row in rows}

    def of(mmp: str, *references: str) -> str | None:
        found: str | None = carried[mmp][carried_key(references)]
        return found

    assert of("appsflyer", "af_sub1", "properties.gift") == "one"
    assert of("segment", "af_sub1", "properties.gift") == "true"
    assert of("branch", "af_sub1", "properties.gift") is None
    assert of("appsflyer", "original_url?sub") == "7"
    assert of("appsflyer", "event_value.colour") == "red"
    items: Sequence[str] = ("properties.products", "content_items")
    assert json.loads(of("segment", *items) or "") == PRODUCTS
    assert json.loads(of("branch", *items) or "") == BRANCH["content_items"]
    # Nothing else of the run has them, and twice the same is the same to the byte.
    for name in ("exceptions.parquet", "excluded.parquet"):
        assert CARRIED not in parquet.read_schema(tmp_path / "run" / name).names
    first = (tmp_path / "run" / "clean.parquet").read_bytes()
    clean(exports, tmp_path / "again", SETTINGS)
    assert (tmp_path / "again" / "clean.parquet").read_bytes() == first


def test_references_are_carried_once_whoever_asks_for_them() -> None:
    same = {"names": ["x"], "fields": {"Note": "a", "Text9": ["b", "a"]}}
    config = Config.model_validate({"push": {"fields": {"Text1": "a"}}, "events": {"e": same}})
    assert carried_references(config) == (("a",), ("b", "a"))
    assert carried_references(Config()) == ()
