"""Makes people, clicks and rows without a fault from a seed, and keeps every click that impact.com recorded."""

import math
import string
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from generator.model import App, Click, Device, Partner, Row

SEED = 20260320
AS_OF = datetime(2026, 3, 20, tzinfo=UTC)

APPS = (
    App(
        id="com.acme.shop",
        store_id="com.acme.shop",
        bundle="com.acme.shop",
        token="acme4shop7dr",
        platform="android",
        versions=("4.11.0", "4.12.1"),
        branch_id="710000000000000017",
        segment_source="acmeShopAndroid1",
        kochava_guid="koacme-shop-android-x7k2",
    ),
    App(
        id="id1234567890",
        store_id="1234567890",
        bundle="com.acme.shop.ios",
        token="acme4shop7io",
        platform="ios",
        versions=("4.12.0", "4.12.1"),
        branch_id="710000000000000025",
        segment_source="acmeShopIos0001",
        kochava_guid="koacme-shop-ios-m4p9",
    ),
)
PARTNERS = (
    Partner("710011", "Northwind Deals", "nw_spring_app", ("newsletter", "homepage")),
    Partner("710027", "Blue Harbor Media", "bh_always_on", ("bh-display", "bh-native", "bh-video")),
    Partner("710042", "Cashback Finch", "finch_cashback", ("finch-app",)),
    Partner("710058", "Pixel & Pine", "春のセール", ("pp-blog", "pp-social")),
)
PLACES = (
    ("NA", "US", "Portland"),
    ("EU", "DE", "Leipzig"),
    ("EU", "GB", "Leeds"),
    ("EU", "FR", "Lille"),
    ("EU", "NL", "Utrecht"),
)
CURRENCIES = ("USD", "EUR", "EUR", "GBP")
PARAMS = ("clickid", "clickid", "clickid", "irclickid", "im_ref", "ClickId")
# Documentation networks of RFC 5737.
NETWORKS = ("192.0.2", "198.51.100", "203.0.113")

_SHORTEST_LAG = 40
_LONGEST_LAG = 2 * 86_400
_ID_LENGTH = 39


class World:
    """The people of one export: `hours` are the hours in which they do things."""

    def __init__(self, name: str, hours: Sequence[datetime]) -> None:
        self.random = Random(f"{SEED} {name}")
        self.clicks: list[Click] = []
        self._hours = hours

    def moment(self, half: int | None = None) -> datetime:
        """Pick a moment in any of the hours, or in those of their first (0) or second (1) half."""
        middle = len(self._hours) // 2
        hours = {None: self._hours, 0: self._hours[:middle], 1: self._hours[middle:]}[half]
        return self.random.choice(hours) + timedelta(seconds=self.random.randrange(60, 3540))

    def row(
        self,
        event: str,
        at: datetime | None = None,
        *,
        clicked: datetime | None = None,
        recorded: bool = True,
    ) -> Row:
        """Make a row without a fault, of somebody new whose click impact.com recorded or not."""
        at = at or self.moment()
        if clicked is None:
            installed = at if event == "install" else at - timedelta(minutes=self.random.randrange(10, 4_000))
            clicked = installed - self._lag()
        else:
            installed = at if event == "install" else clicked + (at - clicked) // 2
        click = self.new_click(self._device(installed.replace(microsecond=0)), clicked)
        if recorded:
            self.record(click)
        return self.another(event, at, click)

    def another(self, event: str, at: datetime, click: Click) -> Row:
        """Make a row without a fault, of somebody whose click is there already."""
        sells = event == "purchase"
        return Row(
            event=event,
            time=at,
            device=click.device,
            click=click,
            click_id=click.id,
            nonce=self.nonce(),
            param=self.random.choice(PARAMS),
            order_id=self._order_id(event),
            sku=f"SKU-{self.random.randrange(100, 1000)}" if sells else None,
            amount=self.amount() if sells else None,
            currency=self.random.choice(CURRENCIES) if sells else None,
            customer_id=click.device.customer_id if event in ("purchase", "signup") else None,
        )

    def record(self, click: Click, time: datetime | None = None) -> None:
        """Let impact.com know of a click, or of one more with the same id."""
        self.clicks.append(replace(click, time=time or click.time))

    def idle_clicks(self, count: int, since: datetime, until: datetime) -> None:
        """Record clicks that led to nothing."""
        for _ in range(count):
            time = since + (until - since) * self.random.random()
            self.record(self.new_click(self._device(time), time.replace(microsecond=0)))

    def new_click(self, device: Device, time: datetime) -> Click:
        """Make a click with an id like impact.com's: 39 characters, `Uk` at the 25th, `0` at the end."""
        alphabet = string.ascii_letters + string.digits + "::--"
        signs = self.random.choices(alphabet, k=_ID_LENGTH)
        signs[0] = self.random.choice(string.ascii_letters)
        signs[24:26], signs[-1] = "Uk", "0"
        partner = self.random.choice(PARTNERS)
        site = self.random.choice(partner.sites)
        return Click(id="".join(signs), time=time, partner=partner, site=site, device=device)

    def nonce(self) -> str:
        """Make a row id as Adjust would."""
        return "".join(self.random.choices(string.ascii_lowercase + string.digits, k=16))

    def amount(self) -> str:
        """Make a price."""
        cents = self.random.randrange(499, 24_999)
        return f"{cents // 100}.{cents % 100:02d}"

    def _order_id(self, event: str) -> str | None:
        if event not in ("purchase", "signup"):
            return None
        series = "SO" if event == "purchase" else "RG"
        return f"{series}-{self.random.getrandbits(36):09X}"

    def _lag(self) -> timedelta:
        """Pick the time from click to install: minutes more often than days."""
        spread = self.random.uniform(math.log(_SHORTEST_LAG), math.log(_LONGEST_LAG))
        return timedelta(seconds=round(math.exp(spread)))

    def _device(self, installed_at: datetime) -> Device:
        region, country, city = self.random.choice(PLACES)
        app = self.random.choice(APPS)
        return Device(
            app=app,
            version=self.random.choice(app.versions),
            installed_at=installed_at,
            appsflyer_id=f"{round(installed_at.timestamp())}000-{self.random.randrange(10**18, 10**19)}",
            adid=f"{self.random.getrandbits(128):032x}",
            advertising_id=self._uuid(),
            vendor_id=self._uuid(),
            android_id=f"{self.random.getrandbits(64):016x}",
            customer_id=f"cust-{self.random.getrandbits(32):08x}",
            region=region,
            country=country,
            city=city,
            ip=f"{self.random.choice(NETWORKS)}.{self.random.randrange(1, 255)}",
        )

    def _uuid(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))
