"""A run without personal data, which is what every report is made from unless ids are asked for.

Masked are e-mail and IP addresses wherever they stand, and of examples what is a device's or a customer's id:
the ClickId that is another network's or the MMP's own id, the order id that holds personal data. The paths
of files are left alone; the canonical device and customer ids stand in row data only, never in run.json.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from mmpsync.masking import mask, mask_personal
from mmpsync.run import Run
from mmpsync.summaries import Example, ReasonSummary

__all__ = ["DEVICE", "masked", "without_personal_data"]

DEVICE = r"\b[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}\b|\b[0-9]{13}-[0-9]{6,20}\b"
"""How advertising ids are written, and AppsFlyer's device ids. Python and RE2 both read it."""
_DEVICE = re.compile(DEVICE)
# What the user named or mmpsync made.
_OWN = ("id", "mmpsync_version", "config")
_PATHS = ("path", "source_file", "files")


def masked(run: Run) -> Run:
    """The same run, its row data where it was, with personal data masked."""
    reasons = tuple(_reason(reason) for reason in run.reason_summaries)
    document = run.model_copy(update={"reason_summaries": reasons}).model_dump()
    found = Run.model_validate(without_personal_data(document, own=_OWN))
    return found if run.directory is None else found.at(run.directory)


def without_personal_data(document: Mapping[str, Any], *, own: Collection[str]) -> dict[str, Any]:
    """The fields of a result, e-mail and IP addresses in them masked, but for those of `own`."""
    return {key: value if key in own else _private(value) for key, value in document.items()}


def _private(value: Any) -> Any:
    """Mask every text, however deep it lies."""
    if isinstance(value, str):
        return mask_personal(value)
    if isinstance(value, Mapping):
        return {
            mask_personal(key): found if _is_path(key, found) else _private(found)
            for key, found in value.items()
        }
    if isinstance(value, list | tuple):
        return tuple(_private(each) for each in value)
    return value


def _is_path(key: str, value: Any) -> bool:
    return key in _PATHS and not (isinstance(value, tuple) and any(isinstance(v, Mapping) for v in value))


def _reason(reason: ReasonSummary) -> ReasonSummary:
    examples = tuple(_example(example, reason.code) for example in reason.examples)
    return reason.model_copy(update={"examples": examples})


def _example(example: Example, primary: str) -> Example:
    codes = {primary, *example.codes}
    ids = {
        "click_id_raw": _without(example.click_id_raw, whole="foreign-click-id" in codes),
        "suggestion": _without(example.suggestion, whole=False),
        "amount_raw": _without(example.amount_raw, whole=False),
    }
    if example.order_id and "pii-in-parameter" in codes:
        ids["order_id"] = mask(example.order_id)
    return example.model_copy(update=ids)


def _without(value: str | None, *, whole: bool) -> str | None:
    if value is None:
        return None
    return mask(value) if whole else _DEVICE.sub(lambda found: mask(found[0]), value)
