"""What a person sees of a plan before anything is sent, and what nobody sees of it."""

import pytest

from mmpsync.push import preview
from mmpsync.push.summary import PlannedGroup, PlanSummary, RemarkSummary, Request
from mmpsync.report.interface import Screen
from mmpsync.summaries import Money

# Whoever finds one of these in a preview has found customer data.
SECRETS = {
    "OrderId": "CANARYorder-4711",
    "ClickId": "CANARYclickid0123456789abcdefghij",
    "CustomerId": "CANARYcustomer-0815",
    "AppleIfa": "CANARYIDFA-0000-4000-8000-0000",
    "CustomerEmail": "0123456789abcdef0123456789abcdef01234567",
    "PhoneNumber": "CANARYphone+4930123456",
    "AppInstallRef": "ClickId=CANARYreferrer",
    "Text1": "canary@example.com",
    "Text2": "device 0F0E0D0C-0000-4000-8000-00000000BEEF",
}
SHOWN = {"CampaignId": "1000", "EventCode": "SALE", "Amount": "9.99", "Text3": "\x1b[31mspring"}


def euro(amount: int) -> tuple[Money, ...]:
    return (Money.model_validate({"currency": "EUR", "amount": amount}),)


SUMMARY = PlanSummary(
    run="20260320T000000Z-0000abcd",
    style="tracker",
    rows=1_000,
    to_send=900,
    amounts=euro(1_234),
    groups=(
        PlannedGroup(dimension="event", name="purchase", rows=900, amounts=euro(1_234)),
        *(PlannedGroup(dimension="partner", name=f"Partner {n}", rows=60) for n in range(14)),
        PlannedGroup(dimension="app", name=None, rows=900),
    ),
    skipped=(
        RemarkSummary(code="no-tracker-id:com.acme.shop", rows=60, amounts=euro(7)),
        RemarkSummary(code="no-tracker-id:id1", rows=39),
        RemarkSummary(code="no-tracker-id:", rows=1),
        RemarkSummary(code="too-long:Text1", rows=1),
    ),
    notes=(RemarkSummary(code="rounded", rows=2),),
    requests=(
        Request(source_file="exports/a.csv", source_row=3, event="purchase", fields={**SHOWN, **SECRETS}),
    ),
)


@pytest.mark.parametrize("width", [80, 140])
def test_text_says_what_is_sent_what_not_and_why_and_fits_the_screen(width: int) -> None:
    shown = preview.text(SUMMARY, Screen(width=width))
    lines = shown.splitlines()
    assert all(len(line) <= width for line in lines)
    assert lines[:2] == ["900 of 1,000 clean conversions can be sent", "1,234.00 EUR"]
    assert "nothing was sent" in lines[2]
    assert "\x1b" not in shown
    words = " ".join(shown.split())
    for told in (
        "purchase 900 1,234.00 EUR",
        "4 more 240",
        "(none) 900",
        "App com.acme.shop has no tracker 60 7.00 EUR",
        "App id1 has no tracker 39",
        "App (none) has no tracker 1",
        "Text1 is longer than impact.com takes 1",
        "Amount rounded to two decimals 2",
        "exports/a.csv row 3",
    ):
        assert told in words
    assert words.count("set tracker_id in [apps.…]") == 1  # a remedy is told once


def test_nothing_personal_is_shown_unless_it_is_asked_for() -> None:
    for shown in (preview.text(SUMMARY, Screen(width=140)), preview.masked(SUMMARY).model_dump_json()):
        assert not any(secret in shown for secret in SECRETS.values())
        assert "canary@example.com" not in shown
        assert "0F0E0D0C-0000-4000-8000-00000000BEEF" not in shown
        assert "SALE" in shown
    unmasked = preview.text(SUMMARY, Screen(width=140, unmask=True))
    assert all(secret in unmasked for secret in SECRETS.values())
