"""The canonical tables: what every source is turned into, column → Ibis type.

Conversion: one row per input row, never fewer, never more. Click and Action: one row per record of one.
Times are UTC, microseconds; money is decimal(18,6) beside its raw text; everything else is text.
"""

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["ACTION", "CLICK", "CONVERSION", "WORKING", "as_found"]

CONVERSION: Mapping[str, str] = MappingProxyType(
    {
        "source_file": "string",
        "source_row": "int64",
        "mmp": "string",
        "kind": "string",
        "event_id": "string",
        "app_id": "string",
        "platform": "string",
        "event_name": "string",
        "event_time": "timestamp",
        "touch_type": "string",
        "touch_time": "timestamp",
        "media_source": "string",
        "attribution": "string",
        "click_id_raw": "string",
        "click_id": "string",
        "order_id": "string",
        "amount": "decimal(18,6)",
        "amount_raw": "string",
        "currency": "string",
        "customer_id": "string",
        "promo_code": "string",
        "sku": "string",
        "category": "string",
        "quantity": "int64",
        "idfa": "string",
        "idfv": "string",
        "gaid": "string",
        "android_id": "string",
        "mmp_device_id": "string",
        "campaign": "string",
        "publisher": "string",
        "country": "string",
        "app_version": "string",
        "is_primary": "boolean",
    }
)
# What reconciling needs beside the canonical columns; it stands in no output. `position` is a row's key: rows
# are counted by it through all files, in the order they were read in.
WORKING: Mapping[str, str] = MappingProxyType(
    {
        "position": "int64",
        "is_click": "boolean",
        "event_time_raw": "string",
        "quantity_raw": "string",
        "supersede_key": "string",
        "supersede_rank": "int64",
        "supersedes": "boolean",
        "mmp_click_id": "string",
        "click_id_cut": "boolean",
        "click_id_lost": "boolean",
        "click_id_withheld": "boolean",
    }
)
CLICK: Mapping[str, str] = MappingProxyType(
    {
        "source_file": "string",
        "click_id_raw": "string",
        "click_id": "string",
        "click_time": "timestamp",
        "is_own": "boolean",
        "media_id": "string",
        "partner": "string",
        "campaign": "string",
        "publisher": "string",
        "app_id": "string",
        "platform": "string",
    }
)
# What impact.com says of an action; its amount and currency belong together, `state` is lower case.
ACTION: Mapping[str, str] = MappingProxyType(
    {
        "source_file": "string",
        "action_id": "string",
        "state": "string",
        "is_reversed": "boolean",
        "order_id": "string",
        "event_name": "string",
        "event_time": "timestamp",
        "amount": "decimal(18,6)",
        "amount_raw": "string",
        "currency": "string",
        "tracker_id": "string",
        "media_id": "string",
        "partner": "string",
    }
)
_AS_FOUND = {"amount": "amount_raw", "event_time": "event_time_raw", "quantity": "quantity_raw"}


def as_found(name: str) -> str:
    """The column with what stood there before parsing: a value that does not parse is in bad shape, not missing."""
    return _AS_FOUND.get(name, name)
