"""impact.com's actions: a page of the API's Actions resource as JSON, and an export of the next day as CSV."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

from generator.files import csv_line, write
from generator.model import Credit, Partner, Row
from generator.world import PARTNERS

_PAGE = "actions_2026-03-24.json"
_NEXT_DAY = "actions_2026-03-25.csv"
_TRACKERS = {"android": ("4001", "Acme Shop Android"), "ios": ("4002", "Acme Shop iOS")}
_CODES = {"install": "INSTALL", "purchase": "SALE"}


@dataclass(frozen=True, kw_only=True)
class Action:
    """An action as impact.com has it at one time."""

    event: str
    platform: str
    order_id: str
    time: datetime
    clicked_at: datetime
    partner: Partner
    credit: Credit
    amount: str
    currency: str


# Orders that no export has: one among the others, one after every row, the future ones included.
UNEXPLAINED = (
    Action(
        event="purchase",
        platform="android",
        order_id="SO-77C0FFEE1",
        time=datetime(2026, 3, 6, 17, 21, 9, tzinfo=UTC),
        clicked_at=datetime(2026, 3, 6, 16, 58, 40, tzinfo=UTC),
        partner=PARTNERS[1],
        credit=Credit("PENDING"),
        amount="64.90",
        currency="EUR",
    ),
    Action(
        event="purchase",
        platform="ios",
        order_id="SO-77C0FFEE2",
        time=datetime(2026, 3, 24, 20, 5, 31, tzinfo=UTC),
        clicked_at=datetime(2026, 3, 24, 19, 40, 2, tzinfo=UTC),
        partner=PARTNERS[2],
        credit=Credit("PENDING"),
        amount="120.00",
        currency="USD",
    ),
)


def write_actions(folder: Path, datasets: Mapping[str, Sequence[Row]]) -> None:
    """Write the page, and the next day's export: the action that changed, and that which came last."""
    among, after = UNEXPLAINED
    found = [action for name, rows in datasets.items() for action in _of(name, rows)]
    ordered = sorted([*found, among], key=lambda action: (action.time, action.credit.state != "REVERSED"))
    page = [_record(action, number) for number, action in enumerate(ordered)]
    changed = [
        _record(replace(action, credit=replace(action.credit, state=action.credit.next_day)), number)
        for number, action in enumerate(ordered)
        if action.credit.next_day
    ]
    write(folder / _PAGE, _as_page(page).encode())
    lines = [*changed, _record(after, len(ordered))]
    write(folder / _NEXT_DAY, b"".join([csv_line(lines[0]), *(csv_line(line.values()) for line in lines)]))


def tally(datasets: Mapping[str, Sequence[Row]], total: str) -> dict[str, Any]:
    """Count records, and which of them the rows of a dataset, or all (`total`), explain.

    A repeated record and a reversed action whose order was credited anew are neither explained nor unexplained.
    """
    credited = {name: [row for row in rows if row.credits] for name, rows in datasets.items()}
    everything = [row for rows in credited.values() for row in rows]
    made = [credit for row in everything for credit in row.credits]
    repeated = sum(credit.next_day is not None for credit in made)
    explained = {**{name: len(rows) for name, rows in credited.items()}, total: len(everything)}
    orders = len(everything) + len(UNEXPLAINED)
    return {
        "records": len(made) + repeated + len(UNEXPLAINED),
        "repeated": repeated,
        "reattributed": len(made) - len(everything),
        "amount-differs:amount": sum(credit.amount is not None for credit in made),
        "amount-differs:currency": sum(credit.currency is not None for credit in made),
        "explained": explained,
        "unexplained": {name: orders - rows for name, rows in explained.items()},
    }


def _of(dataset: str, rows: Iterable[Row]) -> list[Action]:
    return [
        Action(
            event=row.event,
            platform=row.device.app.platform,
            order_id=row.order_id or _install_id(dataset, row),
            time=row.time,
            clicked_at=row.click.time,
            partner=row.click.partner,
            credit=credit,
            amount=credit.amount or row.amount or "0.00",
            currency=credit.currency or row.currency or "USD",
        )
        for row in rows
        for credit in row.credits
    ]


def _install_id(dataset: str, row: Row) -> str:
    """Derive the order id of an install of AppsFlyer: from MMP, app, its id of the phone, and the second."""
    assert dataset == "appsflyer_csv", dataset
    assert row.event == "install", row
    who = row.device
    told = f"appsflyer|{who.app.id}|{who.appsflyer_id}|{round(row.time.timestamp())}"
    return f"install-{sha256(told.encode()).hexdigest()[:32]}"


def _record(action: Action, number: int) -> dict[str, str]:
    """Name the fields of an action as the Actions resource does (impact.com brand API)."""
    tracker, tracker_name = _TRACKERS[action.platform]
    is_reversed = action.credit.state == "REVERSED"
    amount = "0.00" if is_reversed else action.amount
    payout = "2.00" if action.event == "install" else f"{Decimal(amount) / 20:.2f}"
    return {
        "Id": f"M.1000.{tracker}.{5_100_000 + number}",
        "CampaignId": "1000",
        "CampaignName": "Acme Shop App",
        "ActionTrackerId": tracker,
        "ActionTrackerName": tracker_name,
        "EventCode": _CODES[action.event],
        "MediaPartnerId": action.partner.media_id,
        "MediaPartnerName": action.partner.name,
        "State": action.credit.state,
        "AdId": f"9{action.partner.media_id}",
        "ClientCost": payout,
        "Payout": payout,
        "Amount": amount,
        "IntendedAmount": action.amount,
        "Currency": action.currency,
        "ReferringDate": _time(action.clicked_at),
        "EventDate": _time(action.time),
        "CreationDate": _time(action.time + timedelta(minutes=20)),
        "LockingDate": _time(action.time + timedelta(days=45)),
        "ClearedDate": "",
        "ReferringType": "CLICK_COOKIE",
        "Oid": action.order_id,
    }


def _as_page(records: Sequence[Mapping[str, str]]) -> str:
    """Write the page as it is answered, an action a line."""
    head = {
        "@page": "1",
        "@numpages": "1",
        "@pagesize": "20000",
        "@total": str(len(records)),
        "@start": "0",
        "@end": str(len(records) - 1),
        "@nextpageuri": "",
    }
    lines = (json.dumps(record, ensure_ascii=False, separators=(",", ":")) for record in records)
    return f'{json.dumps(head)[:-1]}, "Actions": [\n' + ",\n".join(lines) + "\n]}\n"


def _time(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"
