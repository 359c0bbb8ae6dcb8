"""impact.com's error codes in our words: which reason of the catalogue it is, or what to do where there is none.

The codes are those of the submission objects (impact.com, reference/the-api-submission-object); others may come and
are shown as they are.
"""

from collections.abc import Mapping
from types import MappingProxyType

from mmpsync.reasons import BY_CODE

__all__ = ["ADVICE", "REASONS", "advice", "reason_of"]

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "ACTION_REF_NOT_FOUND": "orphan-click-id",
        "OUTSIDE_ASSOCIATION_WINDOW": "outside-referral-window",
        "NO_VALID_REFERRERS_FOUND": "outside-referral-window",
        "CONV_DUPLICATE": "duplicate-order",
        "OID_MISSING": "missing-parameter",
        "NO_ITEM": "missing-parameter",
        "MALFORMED": "malformed-click-id",
        "CONV_MALFORMED": "malformed-click-id",
        "REFTYPE_NOT_ACCEPTED": "view-through",
    }
)
"""The reason that reconcile gives for what impact.com refuses with a code."""

_CONTRACT = "Data cannot mend it: look at the partner's contract and its event types at impact.com."
_SET_UP = "Compare `tracker_id`, `code` and `campaign_id` in mmpsync.toml with the event types at impact.com."
_LOST = "Another partner has the credit, by impact.com's rules; nothing to send again."
_PROMO = "Look at the promo code's rules at impact.com; nothing to send again."
_CALL = "It is about phone calls; look at the event type at impact.com."
ADVICE: Mapping[str, str] = MappingProxyType(
    {
        "NO_VALID_ACTION_REF": _CONTRACT,
        "CONTRACT_NOT_FOUND": _CONTRACT,
        "ACTIONTERMS_NOT_FOUND": _CONTRACT,
        "PARTNER_NOT_ACTIVE": _CONTRACT,
        "ACTIONTRACKER_NOT_FOUND": _SET_UP,
        "ACTIONTRACKER_NOT_ACTIVE": _SET_UP,
        "ACTIONTRACKER_CAMPAIGN_MISMATCH": _SET_UP,
        "CAMPAIGN_NOT_FOUND": _SET_UP,
        "CREDITING_RULE_MISMATCH": _LOST,
        "OTHER_REF_PRIORITIZED": _LOST,
        "UNCLAIMED": _LOST,
        "MAX_RECURRENCES_REACHED": _LOST,
        "BLOCKED_BY_PROMOCODE": _PROMO,
        "RESTRICTED_PROMOCODE": _PROMO,
        "BLACKLISTED_SOURCE_IP": "The customer's address or country is shut out at impact.com.",
        "CALL_DUPLICATE": _CALL,
        "CALL_DURATION_TOO_SHORT": _CALL,
        "CALL_FOR_CALL_PER_CONV_AT": _CALL,
        "CALL_INCOMPLETE": _CALL,
        "CALL_OUTSIDE_DAILY_RANGE": _CALL,
    }
)
"""What to do about a code that is nothing reconcile could have seen."""

_HTTP = "HTTP_"
_NOT_TAKEN = "impact.com does not take the request as it is; the note is what it says about it."
_UNKNOWN_CODE = "mmpsync does not know this code; impact.com's Invalid Conversions report says more."


def reason_of(code: str) -> str:
    """The reason of the catalogue that a code stands for, or ""."""
    return REASONS.get(code, "")


def advice(code: str) -> str:
    """What to do about a code."""
    if reason := REASONS.get(code):
        return BY_CODE[reason].fix
    return ADVICE.get(code, _NOT_TAKEN if code.startswith(_HTTP) else _UNKNOWN_CODE)
