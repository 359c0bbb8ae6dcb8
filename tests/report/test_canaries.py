"""Customer data that is planted in an export comes out of no report, unless it is asked for."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import mmpsync
from mmpsync.report.formats import FORMATS
from mmpsync.report.interface import PAGE
from mmpsync.run import Run

CANARIES: Mapping[str, str] = {
    "idfa": "CA9A9A01-1111-4222-8333-CA9A9A01CA9A",
    "idfv": "CA9A9A02-1111-4222-8333-CA9A9A02CA9A",
    "gaid": "ca9a9a03-1111-4222-8333-ca9a9a03ca9a",
    "android_id": "ca9a9a04ca9a9a04",
    "appsflyer id": "1799999999999-9900990",
    "appsflyer id as ClickId": "1788888888888-8800880",
    "device id as ClickId": "CA9A9A05-1111-4222-8333-CA9A9A05CA9A",
    "customer id": "canary-customer-770077",
    "e-mail as order id": "canary.order@zq7kx.org",
    "phone number as order id": "+49 30 9900 7700",
    "e-mail as customer id": "canary.customer@zq7kx.org",
    "e-mail in a campaign": "canary.campaign@zq7kx.org",
    "e-mail in an event name": "canary.event@zq7kx.org",
    "e-mail in a ClickId": "canary.click@zq7kx.org",
    "ip": "203.0.113.199",
    "ip as order id": "198.51.100.177",
    "ipv6 in a campaign": "2001:db8:ca9a:9a::9907",
}
HEADER = (
    *("Media Source", "Event Time", "Event Name", "Event Value", "Event Revenue", "Event Revenue Currency"),
    *("Original URL", "Campaign", "AppsFlyer ID", "IDFA", "IDFV", "Advertising ID", "Android ID"),
    *("Customer User ID", "IP"),
)
# Seen by nobody, not even unmasked: mmpsync does not read the column.
NEVER = {"ip"}


def purchase(
    click_id: str = "", order: str = "1", event: str = "af_purchase", **values: str
) -> tuple[str, ...]:
    row = {
        "Media Source": "impactradius_int",
        "Event Time": "2026-03-01 09:00:00",
        "Event Name": event,
        "Event Value": json.dumps({"af_order_id": order}),
        "Event Revenue": "12.50",
        "Event Revenue Currency": "EUR",
        "Original URL": f"https://app.appsflyer.com/x?pid=impactradius_int&irclickid={click_id}",
        "AppsFlyer ID": CANARIES["appsflyer id"],
        "IDFA": CANARIES["idfa"],
        "IDFV": CANARIES["idfv"],
        "Advertising ID": CANARIES["gaid"],
        "Android ID": CANARIES["android_id"],
        "Customer User ID": CANARIES["customer id"],
        "IP": CANARIES["ip"],
    }
    return tuple((row | values).get(name, "") for name in HEADER)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory, write_export: Callable[..., Path]) -> Run:
    """Ten purchases, none of them clean, each with canaries of its own."""
    folder = tmp_path_factory.mktemp("planted")
    own, device = CANARIES["appsflyer id as ClickId"], CANARIES["device id as ClickId"]
    rows = [
        purchase(),
        purchase("good", CANARIES["e-mail as order id"]),
        purchase("good", CANARIES["phone number as order id"]),
        purchase("lost", CANARIES["ip as order id"]),
        purchase(
            "good", "5", **{"Customer User ID": CANARIES["e-mail as customer id"], "Event Revenue": "x"}
        ),
        purchase("", "6", Campaign=f"for {CANARIES['e-mail in a campaign']}"),
        purchase("", "7", Campaign=CANARIES["ipv6 in a campaign"]),
        purchase("", "8", event=f"told {CANARIES['e-mail in an event name']}"),
        purchase(own, "9", **{"AppsFlyer ID": own}),
        purchase(device, "10"),
        purchase(f"x{CANARIES['e-mail in a ClickId']}", "11"),
        ("too", "few", CANARIES["ip"], CANARIES["customer id"]),
    ]
    exports = write_export(folder / "events.csv", HEADER, rows)
    clicks = write_export(
        folder / "clicks.csv",
        ("Id", "EventDate", "MediaId", "MediaName", "UniqueClick"),
        [("good", "2026-03-01T08:00:00Z", "1", "Shop", "1")],
    )
    as_of = datetime(2026, 3, 11, tzinfo=UTC)
    return mmpsync.reconcile([exports, clicks], out=folder / "run", as_of=as_of)


def everything(report: str | bytes) -> str:
    """All that is in a report, of an xlsx file all its parts."""
    if isinstance(report, str):
        return report
    with zipfile.ZipFile(io.BytesIO(report)) as package:
        return "".join(package.read(name).decode() for name in package.namelist())


def those_in(text: str) -> set[str]:
    return {name for name, canary in CANARIES.items() if canary.lower() in text.lower()}


def test_all_of_them_are_in_the_run_directory(planted: Run) -> None:
    assert planted.directory is not None
    with (planted.directory / "exceptions.csv").open(encoding="utf-8") as file:
        cells = "\n".join(cell for row in csv.reader(file) for cell in row)
    assert those_in(cells) == set(CANARIES) - NEVER


@pytest.mark.parametrize("name", FORMATS)
def test_no_report_shows_one(planted: Run, name: str) -> None:
    assert those_in(everything(FORMATS[name].render(planted))) == set()


@pytest.mark.parametrize("name", FORMATS)
def test_no_part_of_one_is_shown_that_identifies_anybody(planted: Run, name: str) -> None:
    shown = everything(FORMATS[name].render(planted)).lower()
    for canary in CANARIES.values():
        assert canary[:8].lower() not in shown
        assert canary[-6:].lower() not in shown


@pytest.mark.parametrize(
    ("name", "asked_for"),
    [
        ("xlsx", set(CANARIES) - NEVER),
        ("json", {"e-mail as order id", "appsflyer id as ClickId", "e-mail in a campaign", "ip as order id"}),
        ("text", {"e-mail as order id", "appsflyer id as ClickId"}),
        ("markdown", {"appsflyer id as ClickId"}),
        ("html", {"e-mail as order id", "appsflyer id as ClickId", "phone number as order id"}),
    ],
)
def test_unmasked_they_are_shown(planted: Run, name: str, asked_for: set[str]) -> None:
    screen = replace(PAGE, width=140, unmask=True)
    shown = everything(FORMATS[name].render(planted, screen))
    assert asked_for <= those_in(" ".join(shown.split()))
