"""What the samples are about: apps, partners, people with a phone, clicks, and rows as an MMP saw them."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

# Where the MMP keeps the ClickId: in the link that is impact.com's, in a field that anybody's link may fill
# (AppsFlyer's sub parameters, Adjust's label, Branch's external touch id), in a referrer, in the link of another
# network, or in what the MMP has hashed since.
Carrier = Literal["own link", "shared field", "referrer", "another's link", "hashed"]
Source = Literal["impact", "organic", "nobody", "restricted", "google", "applovin", "untrusted"]
State = Literal["PENDING", "APPROVED", "REVERSED"]
Damage = Literal["cells", "quote", "encoding", "cut"]


@dataclass(frozen=True)
class App:
    """An app by the names that AppsFlyer (`id`), Adjust (`store_id`) and the stores (`bundle`) have for it.

    `branch_id`, `segment_source`, `kochava_guid`: what those call it.
    """

    id: str
    store_id: str
    bundle: str
    token: str
    platform: Literal["android", "ios"]
    versions: tuple[str, ...]
    branch_id: str
    segment_source: str
    kochava_guid: str


@dataclass(frozen=True)
class Partner:
    """An impact.com partner, the campaign it runs and the sites it runs it on."""

    media_id: str
    name: str
    campaign: str
    sites: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Device:
    """One person's phone with one of the apps on it."""

    app: App
    version: str
    installed_at: datetime
    appsflyer_id: str
    adid: str
    advertising_id: str
    vendor_id: str
    android_id: str
    customer_id: str
    region: str
    country: str
    city: str
    ip: str


@dataclass(frozen=True, kw_only=True)
class Click:
    """A click as impact.com records it; several may have one id."""

    id: str
    time: datetime
    partner: Partner
    site: str
    device: Device


@dataclass(frozen=True)
class Credit:
    """An action that impact.com made of a row: `amount` and `currency` where they are not the row's.

    `next_day`: the state it has in the export of the next day, if it stands there again.
    """

    state: State
    amount: str | None = None
    currency: str | None = None
    next_day: State | None = None


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of an export. Text stands as the MMP writes it, so that it can be wrong; None is an empty cell.

    `reason`: the primary reason it is planted for; None until the plan that made it says so.
    `click`: the click that the MMP saw, if any. `click_id`: what the MMP holds for its id.
    `time_text` stands in place of `time`. `updated_at`: when Adjust changed its mind about an install.
    `credits`: the actions that impact.com has for it.
    """

    reason: str | None = None
    event: str
    time: datetime
    device: Device
    click: Click
    click_id: str | None
    nonce: str
    param: str = "clickid"
    time_text: str | None = None
    updated_at: datetime | None = None
    source: Source = "impact"
    carrier: Carrier = "own link"
    touch: Literal["click", "impression"] = "click"
    order_id: str | None = None
    sku: str | None = None
    amount: str | None = None
    currency: str | None = None
    customer_id: str | None = None
    is_test: bool = False
    is_primary: bool = True
    is_retargeting: bool = False
    rejection: str | None = None
    damage: Damage | None = None
    credits: tuple[Credit, ...] = ()

    @property
    def is_attributed(self) -> bool:
        """Whether the MMP names a source and a touch."""
        return self.source not in ("organic", "nobody", "restricted")


def clicks_behind(rows: Iterable[Row]) -> list[Row]:
    """The clicks that the MMP itself has of people without a fault: for its reports of clicks, not planted as rows."""
    clicks = {row.click.id: row for row in rows if row.reason == "matched"}
    return [
        replace(row, event="click", time=row.click.time, nonce=f"click {id_}", reason=None)
        for id_, row in clicks.items()
    ]


def delivery(time: datetime, slots: Sequence[datetime]) -> datetime:
    """Return the first slot not before `time`, the last one for what comes after all of them."""
    return slots[min(bisect_left(slots, time), len(slots) - 1)]
