"""Plans to push, without a run behind them: known counts, made a batch at a time."""

import hashlib
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pyarrow as pa

from mmpsync.push.interface import PLAN

__all__ = ["plan_of", "row"]


def row(
    number: int,
    *,
    event: str = "purchase",
    code: str = "SALE",
    amount: str = "10.00",
    skipped: str | None = None,
) -> dict[str, Any]:
    """One planned conversion: order O-1, O-2, …"""
    fields = {
        "CampaignId": "1000",
        "ActionTrackerId": "4001",
        "EventCode": code,
        "EventDate": f"2026-03-{1 + number % 28:02d}T12:00:00Z",
        "OrderId": f"O-{number}",
        "ClickId": f"Click:{number:06d}-AbCdEfGhIjKlMnOpQr",
        "CurrencyCode": "EUR" if number % 2 else "USD",
        "Amount": amount,
        "CustomerEmail": hashlib.sha256(f"customer {number}".encode()).hexdigest(),
    }
    return {
        "source_file": "export.csv",
        "source_row": number,
        "app_id": "com.acme.shop",
        "event": event,
        "partner": "Partner",
        "campaign_id": fields["CampaignId"],
        "target": "tracker:4001",
        "event_code": code,
        "order_id": fields["OrderId"],
        "click_id": fields["ClickId"],
        "amount": Decimal(amount).quantize(Decimal("0.000001")),
        "currency": fields["CurrencyCode"],
        "fields": list(fields.items()),
        "digest": hashlib.sha256(urlencode(sorted(fields.items())).encode()).hexdigest(),
        "skipped": skipped,
    }


def plan_of(*parts: int | dict[str, Any]) -> Callable[[], Iterator[pa.RecordBatch]]:
    """A plan of numbers of rows (5 is rows 1 to 5) and of rows."""
    rows = [
        each for part in parts for each in (map(row, range(1, part + 1)) if isinstance(part, int) else [part])
    ]

    def batches() -> Iterator[pa.RecordBatch]:
        yield pa.RecordBatch.from_pylist(rows, schema=PLAN)

    return batches
