"""A submission's state is read as impact.com means it, however its casing and wrapping differ."""

from typing import Any

import httpx
import pytest
from fake_impact.fixtures import CREDENTIALS

from mmpsync.impact.client import ImpactClient
from mmpsync.impact.submissions import Submission, read_submission


def read(document: dict[str, Any]) -> Submission:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=document))
    return read_submission(ImpactClient(CREDENTIALS, transport=transport), "A-1")


@pytest.mark.parametrize(
    ("status", "is_done"),
    [
        ("Complete", True),
        ("COMPLETE", True),
        ("Queued", False),
        ("In Progress", False),
        ("", False),
        (None, False),
    ],
)
def test_only_complete_is_done(status: str | None, is_done: bool) -> None:  # noqa: FBT001
    assert read({"Status": status}).is_done == is_done


@pytest.mark.parametrize(
    ("kind", "reason", "codes"),
    [
        (
            "Contract Error",
            "CONTRACT_NOT_FOUND RESTRICTED_PROMOCODE",
            ("CONTRACT_NOT_FOUND", "RESTRICTED_PROMOCODE"),
        ),
        ("Contract Error", "A, B", ("A", "B")),
        ("Validation", "", ("Validation",)),
        ("", "", ()),
        (None, None, ()),
    ],
)
def test_any_error_type_is_a_failure(kind: str | None, reason: str | None, codes: tuple[str, ...]) -> None:
    found = read({"Status": "Complete", "ErrorType": kind, "ErrorReason": reason})
    assert (found.codes, found.is_success) == (codes, not codes)


@pytest.mark.parametrize("key", ["APISubmission", "apiSubmission", None])
def test_it_may_be_wrapped(key: str | None) -> None:
    flat = {"BatchId": "A-1", "Status": "Complete"}
    assert read({key: flat} if key else flat).id == "A-1"
    assert read({key: [flat]} if key else flat).id == "A-1"


def test_the_order_is_the_one_shown_and_the_event_any_that_is_named() -> None:
    payload = "CampaignId=1000&EventTypeCode=SALE_WEB&OrderId=A%252F1"  # encoded twice, as in one of impact.com's examples
    found = read(
        {
            "CampaignId": 1000,
            "ActionTrackerId": 4000,
            "OrderId": "A/1",
            "EventCode": "OWN",
            "Payload": payload,
        }
    )
    assert (found.campaign_id, found.order_id) == ("1000", "A/1")
    assert found.events == {"4000", "SALE_WEB"}
    assert found.event_code == ""  # none was sent; the one shown is impact.com's own


def test_without_a_payload_nobody_knows_which_event_code_was_sent() -> None:
    assert read({"OrderId": "A", "EventCode": "OWN"}).event_code is None
