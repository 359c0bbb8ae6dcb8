"""One contract for all adapters: the same conversions and clicks, written as each MMP delivers them, are judged alike."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pytest
from pyarrow import parquet

import mmpsync
from mmpsync.config import Config

AS_OF = datetime(2026, 3, 20, tzinfo=UTC)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
CONFIG = Config.model_validate(
    {
        "program": {"click_id_params": ["irclickid", "clickid", "im_ref"]},
        "events": {
            "install": {"names": ["install", "INSTALL", "_install", "Application Installed"]},
            "purchase": {
                "names": ["purchase", "af_purchase", "PURCHASE", "Order Completed"],
                "required": ["order_id", "amount", "currency"],
            },
        },
    }
)

Cells = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """What happened, whoever measured it, and what has to become of it."""

    name: str
    reason: str
    is_install: bool = False
    at: datetime = NOON
    click_id: str | None
    order_id: str | None = None
    amount: str | None = "12.50"
    currency: str | None = "EUR"

    @property
    def id(self) -> str:
        return f"{self.name}-{self.at:%H%M}"

    @property
    def order(self) -> str | None:
        return None if self.is_install else self.order_id


def click_id(n: int) -> str:
    return f"{n:02d}AbCdEfGhIjKlMnOpQrStUv-xyz0"


def purchase(name: str, reason: str, n: int, **other: Any) -> Conversion:
    return Conversion(
        **{"name": name, "reason": reason, "click_id": click_id(n), "order_id": f"ORDER-{n}"} | other
    )


CONVERSIONS = (
    Conversion(name="installed", reason="matched", is_install=True, click_id=click_id(1), amount=None, currency=None),
    Conversion(name="lost", reason="missing-click-id", is_install=True, click_id=None, amount=None, currency=None),
    purchase("bought", "matched", 2),
    purchase("macro", "unexpanded-macro", 3, click_id="{clickid}"),
    purchase("placeholder", "placeholder-click-id", 4, click_id="undefined"),
    purchase("blank", "malformed-click-id", 5, click_id="two words of it all"),
    purchase("lower", "click-id-case-changed", 6, click_id=click_id(6).lower()),
    purchase("escaped", "click-id-encoding-changed", 7, click_id=click_id(7).replace("-", "%2D")),
    purchase("cut", "click-id-truncated", 8, click_id=click_id(8)[:22]),
    purchase("orphan", "orphan-click-id", 9, click_id="zz-no-click-has-this-id-0"),
    purchase("early", "conversion-before-click", 10),
    purchase("late", "outside-referral-window", 11),
    purchase("uncovered", "click-export-incomplete", 12, click_id="yy-no-click-has-this-id-0", at=NOON + 72 * HOUR),
    purchase("first", "conflicting-order", 13, order_id="ORDER-TWICE"),
    purchase("second", "conflicting-order", 13, order_id="ORDER-TWICE", amount="13.00", at=NOON + HOUR),
    purchase("once", "matched", 14, order_id="ORDER-AGAIN"),
    purchase("again", "duplicate-order", 14, order_id="ORDER-AGAIN", at=NOON + HOUR),
    purchase("no order", "missing-parameter", 15, order_id=None),
    purchase("no currency", "missing-parameter", 16, currency=None),
    purchase("comma", "invalid-amount", 17, amount="12,50"),
    purchase("word", "invalid-currency", 18, currency="EURO"),
    purchase("person", "pii-in-parameter", 19, order_id="jane.doe@mail.example"),
    purchase("free", "zero-amount", 20, amount="0.00"),
    purchase("old", "too-old", 21, at=AS_OF - timedelta(days=100)),
    purchase("ahead", "future-event", 22, at=AS_OF + timedelta(days=2)),
    purchase("long", "value-too-long", 23, order_id="X" * 65),
)  # fmt: skip
CLICK_TIMES = {
    **dict.fromkeys(range(1, 24), NOON - 2 * HOUR),
    10: NOON + 5 * HOUR,
    11: NOON - timedelta(days=40),
    21: AS_OF - timedelta(days=101),
    22: NOON + 6 * HOUR,
}


def iso(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S}.000Z"


def plain(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S}"


def link(base: str, parameter: str, value: str | None) -> str:
    return base if value is None else f"{base}&{parameter}={quote(value, safe='')}"


def without_nulls(cells: Cells) -> dict[str, Any]:
    return {key: value for key, value in cells.items() if value is not None}


def appsflyer(row: Conversion) -> Cells:
    value = without_nulls({"af_order_id": row.order_id})
    return {
        "attributed_touch_type": "click",
        "attributed_touch_time": plain(row.at - HOUR),
        "install_time": plain(row.at if row.is_install else row.at - HOUR),
        "event_time": plain(row.at),
        "event_name": "install" if row.is_install else "af_purchase",
        "event_value": None if row.is_install else json.dumps(value),
        "event_revenue": row.amount,
        "event_revenue_currency": row.currency,
        "media_source": "impactradius_int",
        "appsflyer_id": f"1772348709000-{row.id}",
        "app_id": "com.acme.shop",
        "original_url": link(
            "https://app.appsflyer.com/com.acme.shop?pid=impactradius_int", "clickid", row.click_id
        ),
    }


APPSFLYER_DISPLAY = {
    "appsflyer_id": "AppsFlyer ID", "app_id": "App ID", "original_url": "Original URL"
}  # fmt: skip


def displayed(row: Conversion) -> Cells:
    """As the Export page names the columns."""
    return {APPSFLYER_DISPLAY.get(key, key.replace("_", " ").title()): v for key, v in appsflyer(row).items()}


def adjust(row: Conversion) -> Cells:
    return {
        "{activity_kind}": "install" if row.is_install else "event",
        "{created_at}": str(round(row.at.timestamp())),
        "{adid}": f"adid-{row.id}",
        "{network_name}": "impact",
        "{dcp_irclickid}": row.click_id,
        "{event_name}": None if row.is_install else "purchase",
        "[order_id]": row.order_id,
        "{revenue}": row.amount,
        "{currency}": row.currency,
        "{app_id}": "com.acme.shop",
        "{nonce}": row.id,
    }


def bare(row: Conversion) -> Cells:
    """As a callback names its parameters."""
    return {key.strip("{}[]"): value for key, value in adjust(row).items()}


_BRANCH_TOUCH = "last_attributed_touch_data"


def branch(row: Conversion) -> Cells:
    return {
        "id": row.id,
        "name": "INSTALL" if row.is_install else "PURCHASE",
        "timestamp": str(round(row.at.timestamp() * 1000)),
        "attributed": "true",
        "last_attributed_touch_type": "CLICK",
        f"{_BRANCH_TOUCH}_tilde_advertising_partner_name": "Impact",
        f"{_BRANCH_TOUCH}_custom_fields": json.dumps(
            without_nulls({"~click_id": row.click_id, "other": "x"})
        ),
        "event_data_transaction_id": row.order_id,
        "event_data_revenue": row.amount,
        "event_data_currency": row.currency,
        "user_data_os": "ANDROID",
    }


def webhook(row: Conversion) -> Cells:
    return {
        "id": row.id,
        "name": "INSTALL" if row.is_install else "PURCHASE",
        "timestamp": round(row.at.timestamp() * 1000),
        "attributed": True,
        "last_attributed_touch_type": "CLICK",
        _BRANCH_TOUCH: without_nulls({"~advertising_partner_name": "Impact", "~click_id": row.click_id}),
        "event_data": without_nulls(
            {"transaction_id": row.order_id, "revenue": row.amount, "currency": row.currency}
        ),
        "user_data": {"os": "ANDROID"},
    }


def segment_log(row: Conversion) -> Cells:
    return {
        "type": "track",
        "messageId": row.id,
        "anonymousId": f"anonymous-{row.id}",
        "event": "Application Installed" if row.is_install else "Order Completed",
        "timestamp": iso(row.at),
        "originalTimestamp": iso(row.at),
        "context": {
            "app": {"namespace": "com.acme.shop"},
            "referrer": without_nulls({"type": "impactRadius", "id": row.click_id}),
        },
        "properties": without_nulls(
            {"order_id": row.order_id, "total": row.amount, "currency": row.currency}
        ),
    }


def segment_table(row: Conversion) -> Cells:
    return {
        "id": row.id,
        "anonymous_id": f"anonymous-{row.id}",
        "event": "application_installed" if row.is_install else "order_completed",
        "event_text": "Application Installed" if row.is_install else "Order Completed",
        "timestamp": plain(row.at),
        "original_timestamp": plain(row.at),
        "context_app_namespace": "com.acme.shop",
        "context_referrer_type": "impactRadius",
        "context_referrer_id": row.click_id,
        "order_id": row.order_id,
        "total": row.amount,
        "currency": row.currency,
    }


def kochava(row: Conversion) -> Cells:
    dimensions = without_nulls({"order_id": row.order_id, "currency": row.currency})
    request = link("https://control.kochava.com/v1/cpi/click?campaign_id=koacme", "click_id", row.click_id)
    return {
        "event_name": "_install" if row.is_install else "purchase",
        "timestamp_utc": plain(row.at),
        "dimension_sum": row.amount,
        "dimension_data": json.dumps(dimensions),
        "device_id_kochava": f"KA{row.id}",
        "attribution_network_name": "impact",
        "click_original_request": request.partition("?")[2],
        "app_id": "com.acme.shop",
    }


def as_csv(rows: Sequence[Cells]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def as_zipped_csv(rows: Sequence[Cells]) -> bytes:
    return gzip.compress(as_csv(rows))


def as_json_lines(rows: Sequence[Cells]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def as_zipped_json_lines(rows: Sequence[Cells]) -> bytes:
    return gzip.compress(as_json_lines(rows))


def as_json_array(rows: Sequence[Cells]) -> bytes:
    return json.dumps(rows).encode()


def as_parquet(rows: Sequence[Cells]) -> bytes:
    sink = io.BytesIO()
    schema = pa.schema([(name, pa.string()) for name in rows[0]])
    parquet.write_table(pa.Table.from_pylist(list(rows), schema), sink)
    return sink.getvalue()


DELIVERIES: Mapping[str, tuple[Callable[[Conversion], Cells], Callable[[Sequence[Cells]], bytes]]] = {
    "appsflyer, export page": (displayed, as_csv),
    "appsflyer, data locker csv": (appsflyer, as_zipped_csv),
    "appsflyer, data locker parquet": (appsflyer, as_parquet),
    "appsflyer, push rows": (appsflyer, as_json_lines),
    "appsflyer, push array": (appsflyer, as_json_array),
    "adjust, upload": (adjust, as_zipped_csv),
    "adjust, callbacks": (bare, as_json_lines),
    "branch, daily export": (branch, as_zipped_csv),
    "branch, custom export": (branch, as_json_lines),
    "branch, webhooks": (webhook, as_zipped_json_lines),
    "segment, raw log": (segment_log, as_zipped_json_lines),
    "segment, warehouse csv": (segment_table, as_csv),
    "segment, data lake": (segment_table, as_parquet),
    "kochava, csv report": (kochava, as_csv),
    "kochava, json report": (kochava, as_json_array),
}


@pytest.fixture(scope="module")
def clicks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clicks(tmp_path_factory.mktemp("clicks") / "clicks.csv")


def write_clicks(path: Path) -> Path:
    rows = [
        {
            "Id": click_id(n),
            "EventDate": iso(time),
            "MediaId": "7",
            "UniqueClick": "1",
            "MediaName": "Partner",
        }
        for n, time in CLICK_TIMES.items()
    ]
    path.write_bytes(as_csv(rows))
    return path


@pytest.mark.parametrize("delivery", DELIVERIES)
def test_every_delivery_of_every_mmp_is_judged_alike(delivery: str, clicks: Path, tmp_path: Path) -> None:
    cells, written = DELIVERIES[delivery]
    # What a source writes as its own event id would make equal rows of those that are not.
    export = tmp_path / "export"
    export.write_bytes(written([cells(row) for row in CONVERSIONS]))
    run = mmpsync.reconcile([export, clicks], config=CONFIG, as_of=AS_OF, out=tmp_path / "run")

    assert [file.source for file in run.files if file.holds == "conversions"] == [delivery.partition(",")[0]]
    table = pa.concat_tables(
        [
            run.clean(arrow=True),
            run.exceptions(arrow=True),
            parquet.read_table(tmp_path / "run" / "excluded.parquet"),
        ]
    )
    are_judged_as_they_should_be(CONVERSIONS, table.to_pylist())


def are_judged_as_they_should_be(
    conversions: Sequence[Conversion], found: Sequence[Mapping[str, Any]]
) -> None:
    """Of the rows found in a file, in any order, each is what its conversion should come to."""
    rows = {row["source_row"]: row for row in found}
    judged = {
        row.name: (
            found["reason"],
            found["reason"] and row.order and found["order_id"],
            found["amount_raw"],
            found["event"],
        )
        for row, found in ((row, rows[number]) for number, row in enumerate(conversions, 1))
    }
    assert judged == {
        row.name: (row.reason, row.order, row.amount, "install" if row.is_install else "purchase")
        for row in conversions
    }
    installs = [rows[number]["order_id"] for number, row in enumerate(conversions, 1) if row.is_install]
    assert all(order.startswith("install-") for order in installs)
    assert len(set(installs)) == len(installs)
    suggested = {
        row.name: rows[n]["suggestion"] for n, row in enumerate(conversions, 1) if rows[n]["suggestion"]
    }
    assert list(suggested.values()) == [click_id(6), click_id(7), click_id(8)]


@pytest.mark.parametrize("source", dict.fromkeys(name.partition(",")[0] for name in DELIVERIES))
def test_the_order_ids_of_installs_are_the_same_in_every_format(
    source: str, clicks: Path, tmp_path: Path
) -> None:
    found = []
    for number, (name, (cells, written)) in enumerate(DELIVERIES.items()):
        if name.partition(",")[0] == source and name != "branch, webhooks":
            export = tmp_path / f"export-{number}"
            export.write_bytes(written([cells(row) for row in CONVERSIONS if row.is_install]))
            run = mmpsync.reconcile([export, clicks], config=CONFIG, as_of=AS_OF)
            table = pa.concat_tables([run.clean(arrow=True), run.exceptions(arrow=True)])
            found.append(sorted(table["order_id"].to_pylist()))
    assert all(orders == found[0] for orders in found)
