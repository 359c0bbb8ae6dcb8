"""Masks for whole columns of exceptions: what `masking` does to a text, done by Arrow to a batch of rows."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mmpsync.masking import PERSONAL
from mmpsync.report.private import DEVICE
from mmpsync.report.xlsx_cells import Array

__all__ = ["DEVICE_IDS", "IDS", "OWN", "masked_column"]

DEVICE_IDS = ("idfa", "idfv", "gaid", "android_id", "mmp_device_id")
IDS = (*DEVICE_IDS, "customer_id")
"""Columns that hold nothing but devices' and customers' ids."""
OWN = ("source_file", "app_version")
"""Columns whose dots and digits are no addresses."""
_CLICK_IDS = ("click_id_raw", "suggestion")
# Characters that are shown of the head and the tail of an id of 0, 3, 6, 9, and 12 characters or more.
_SHOWN = ((0, 0), (1, 0), (2, 1), (3, 1), (4, 2))
_BEYOND = 2**31 - 1  # where every text has ended


def masked_column(name: str, rows: Any) -> Array:
    """The texts of a column without personal data: ids masked, addresses left out, as in every other report."""
    values = rows[name]
    if name in OWN:
        return values
    if name in IDS:
        return _masked(values)
    if name in _CLICK_IDS:
        values = _where(rows, "foreign-click-id", values)
        if _may_contain(values, "-"):
            values = pc.replace_substring_regex(values, DEVICE, "…")
    if name == "order_id":
        values = _where(rows, "pii-in-parameter", values)
    for signs, expression in PERSONAL:
        if any(_may_contain(values, sign) for sign in signs):
            values = pc.replace_substring_regex(values, expression, "…")
    return values


def _may_contain(values: Array, sign: str) -> bool:
    """Look at all texts at once, which is much faster than a regular expression's look at each."""
    data = values.buffers()[2]
    return data is not None and sign.encode() in data.to_pybytes()


def _where(rows: Any, reason: str, values: Array) -> Array:
    """Mask the values of rows that have a reason."""
    reasons = rows["reasons"]
    if pa.types.is_dictionary(reasons.type):
        has = pc.match_substring(reasons.dictionary, reason).take(reasons.indices)
    else:
        has = pc.match_substring(reasons, reason)
    return pc.if_else(has, _masked(values), values) if pc.any(has).as_py() else values


def _masked(values: Array) -> Array:
    """Keep as much of each value's head and tail as `mask` does of a text's; only lengths that occur are cut."""
    thirds: Any = pc.min_element_wise(pc.divide(pc.utf8_length(values), 3), len(_SHOWN) - 1)
    found: Any = pc.min_max(thirds).as_py()
    if found["min"] is None:
        return values
    shown = _SHOWN[found["min"] : found["max"] + 1]
    masked = [pc.utf8_replace_slice(values, head, -tail or _BEYOND, "…") for head, tail in shown]
    return pc.choose(pc.subtract(thirds, found["min"]), *masked) if len(masked) > 1 else masked[0]
