"""Every code that impact.com documents is either a reason of the catalogue or comes with advice."""

import pytest

from mmpsync.push.advice import ADVICE, REASONS, advice, reason_of
from mmpsync.reasons import BY_CODE, CATALOGUE

DOCUMENTED = """
    ACTION_REF_NOT_FOUND NO_VALID_ACTION_REF OUTSIDE_ASSOCIATION_WINDOW CONV_DUPLICATE OID_MISSING MALFORMED
    CONV_MALFORMED NO_ITEM ACTIONTRACKER_NOT_FOUND ACTIONTRACKER_NOT_ACTIVE ACTIONTRACKER_CAMPAIGN_MISMATCH
    CAMPAIGN_NOT_FOUND CONTRACT_NOT_FOUND ACTIONTERMS_NOT_FOUND PARTNER_NOT_ACTIVE REFTYPE_NOT_ACCEPTED
    CREDITING_RULE_MISMATCH OTHER_REF_PRIORITIZED UNCLAIMED MAX_RECURRENCES_REACHED BLOCKED_BY_PROMOCODE
    RESTRICTED_PROMOCODE BLACKLISTED_SOURCE_IP CALL_DUPLICATE CALL_DURATION_TOO_SHORT CALL_FOR_CALL_PER_CONV_AT
    CALL_INCOMPLETE CALL_OUTSIDE_DAILY_RANGE
""".split()  # noqa: SIM905  a table reads better


@pytest.mark.parametrize("code", DOCUMENTED)
def test_it_is_known(code: str) -> None:
    assert (code in REASONS) != (code in ADVICE)
    assert advice(code) != advice("SOMETHING_NEW")


def test_the_reasons_exist_and_name_the_code_themselves() -> None:
    assert set(REASONS.values()) <= set(BY_CODE)
    assert reason_of("OUTSIDE_ASSOCIATION_WINDOW") == "outside-referral-window"
    named = {reason.impact_error.split()[0] for reason in CATALOGUE if reason.impact_error}
    assert named <= set(REASONS)


def test_a_code_that_is_new_is_no_error() -> None:
    assert reason_of("SOMETHING_NEW") == ""
    assert "does not know this code" in advice("SOMETHING_NEW")
