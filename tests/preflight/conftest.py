"""Rows of an AppsFlyer export of a test campaign, and a configuration for it."""

import json
from collections.abc import Callable

import pytest

from mmpsync.config import Config

HEADER = (
    "Media Source", "Event Time", "Event Name", "AppsFlyer ID", "App ID", "Platform", "Customer User ID",
    "Original URL", "Event Value", "Event Revenue", "Event Revenue Currency",
)  # fmt: skip
Row = Callable[..., tuple[str, ...]]


@pytest.fixture(scope="session")
def header() -> tuple[str, ...]:
    return HEADER


@pytest.fixture(scope="session")
def row() -> Row:
    """One row; without arguments a purchase that has everything."""
    count = iter(range(1, 10_000))

    def make(  # what a row can be
        event: str = "af_purchase",
        *,
        source: str = "impactradius_int",
        click_id: str | None = None,
        order: str | None = None,
        amount: str = "10.00",
        currency: str = "EUR",
        app: str = "com.acme.shop",
        platform: str = "android",
        customer: str = "c1",
        time: str = "2026-03-10 12:00:00",
        more: str = "",
    ) -> tuple[str, ...]:
        number = next(count)
        click_id = f"click-{number}" if click_id is None else click_id
        value = json.dumps({"af_order_id": f"order-{number}" if order is None else order})
        url = f"https://x.test/?pid=impactradius_int&clickid={click_id}{more}"
        user = f"user-{number}"
        return (source, time, event, user, app, platform, customer, url, value, amount, currency)

    return make


@pytest.fixture(scope="session")
def complete() -> Config:
    """A configuration that lacks nothing."""
    return Config.model_validate(
        {
            "program": {"campaign_id": 1000},
            "apps": {"com.acme.shop": {"platform": "android", "tracker_id": 4001}},
            "events": {
                "install": {"names": ["install"], "code": "INSTALL"},
                "purchase": {
                    "names": ["af_purchase"],
                    "code": "SALE",
                    "required": ["order_id", "amount", "currency"],
                    "recommended": ["customer_id"],
                },
            },
        }
    )
