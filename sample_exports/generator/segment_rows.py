"""Segment: a row as the JSON of one call, and the same flattened as warehouses and Data Lakes have it."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from generator import ids
from generator.model import Row

# Event → type of the call, and the name that tracked events have.
CALLS = {
    "install": ("track", "Application Installed"),
    "purchase": ("track", "Order Completed"),
    "signup": ("track", "Signed Up"),
    "add_to_cart": ("track", "Product Added"),
    "content_view": ("track", "Product Viewed"),
    "attributed": ("track", "Install Attributed"),
    "uninstall": ("track", "Application Uninstalled"),
    "deep_link": ("track", "Deep Link Opened"),
    "page": ("page", None),
    "screen": ("screen", None),
    "identify": ("identify", None),
}
LONGEST_CELL = 512
"""Characters that a warehouse keeps of a text."""

_APP_PLACES = ("referrer", "clickId", "irclickid")
_WEB_PLACES = ("page url", "page search")
_OTHERS_PLACE = "page of another's"
# What can be a ClickId may stand anywhere, anything else only where it is said to be impact.com's.
_LIKE_A_CLICK_ID = re.compile(r"[\w:%-]{20,64}")
_SHOP = "https://shop.example.com"


def call(row: Row, *, is_cut: bool = False) -> dict[str, Any]:
    """Write the call as it stands in the raw logs; `is_cut`: so that a warehouse cuts a short ClickId off itself."""
    kind, event = CALLS[row.event]
    place = _place(row, is_cut=is_cut)
    url = _page_url(row, place, is_cut=is_cut)
    content = _properties(row, place, url)
    return {
        "anonymousId": ids.anonymous_id(row.device),
        "context": _context(row, place, url),
        **({"event": event} if event else {}),
        "integrations": {"All": True},
        "messageId": ids.message_id(row),
        **_times(row),
        ("traits" if kind == "identify" else "properties"): _sent(content),
        "type": kind,
        **_sent({"userId": row.customer_id}),
        "version": 2,
    }


def received(row: Row, first: datetime, last: datetime) -> datetime:
    """When Segment received the row: at once, but for clocks that are wrong and phones that were offline."""
    return min(max(row.time, first), last) + timedelta(seconds=2)


def flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """Flatten a call: snake case, what is in `properties` without a prefix."""
    found: dict[str, Any] = {}
    for name, value in record.items():
        found |= _flat("" if name in ("properties", "traits") else _snake(name), value)
    return found


def _flat(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {name: value}
    found: dict[str, Any] = {}
    for key, inner in value.items():
        found |= _flat(f"{name}_{_snake(key)}".lstrip("_"), inner)
    return found


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _sent(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _place(row: Row, *, is_cut: bool) -> str:
    """Where this row has its ClickId."""
    if row.event in ("page", "deep_link"):
        return row.event
    if row.source != "impact":
        return _OTHERS_PLACE if row.is_attributed else "nowhere"
    if row.is_test or (is_cut and row.event == "purchase" and _is_short(row)):
        return "page url"
    if row.click_id is None or not _LIKE_A_CLICK_ID.fullmatch(row.click_id):
        return "referrer"
    return ids.pick(row, "place", _APP_PLACES + (_WEB_PLACES if row.event == "purchase" else ()))


def _is_short(row: Row) -> bool:
    return bool(row.click_id) and row.click_id != row.click.id and row.click.id.startswith(row.click_id or "")


def _page_url(row: Row, place: str, *, is_cut: bool) -> str | None:
    """The page of a call from the browser, its query included."""
    if "page" not in place:
        return None
    page = f"{_SHOP}/checkout/done" if row.event == "purchase" else f"{_SHOP}/spring"
    if place == _OTHERS_PLACE:
        return f"{page}?utm_source={row.source}&gclid={ids.number(row.nonce)}"
    if row.click_id is None:
        return f"{page}?ref=menu"
    parameter = f"&{row.param}={quote(row.click_id, safe='')}"
    if is_cut and _is_short(row):
        beginning = f"{page}?items="
        items = ("SKU-481." * LONGEST_CELL)[: LONGEST_CELL - len(beginning) - len(parameter)]
        return beginning + items + parameter + quote(row.click.id.removeprefix(row.click_id), safe="")
    return f"{page}?utm_medium=app{parameter}{'&impacttest=1' if row.is_test else ''}"


def _context(row: Row, place: str, url: str | None) -> dict[str, Any]:
    context: dict[str, Any] = {"ip": row.device.ip, "locale": "en-US"}
    context |= _app(row) if url is None else _browser(row, url, place)
    if place == "referrer":
        context["referrer"] = _sent({"type": "impactRadius", "id": row.click_id})
    if place == _OTHERS_PLACE:
        context["campaign"] = {"source": row.source, "name": "brand_search", "medium": "cpc"}
    return context


def _app(row: Row) -> dict[str, Any]:
    device = row.device
    is_android = device.app.platform == "android"
    return {
        "app": {
            "name": "Acme Shop",
            "namespace": device.app.bundle,
            "version": device.version,
            "build": int(device.version.replace(".", "")),
        },
        "device": {
            "id": device.android_id if is_android else device.vendor_id.upper(),
            "advertisingId": device.advertising_id if is_android else device.advertising_id.upper(),
            "adTrackingEnabled": True,
            "type": device.app.platform,
        },
        "library": {"name": "analytics-android" if is_android else "analytics-ios", "version": "4.1.8"},
        "os": {"name": "Android" if is_android else "iOS", "version": "14" if is_android else "18.3"},
    }


def _browser(row: Row, url: str, place: str) -> dict[str, Any]:
    bare, _, query = url.partition("?")
    page = {
        "path": bare.removeprefix(_SHOP),
        "referrer": f"https://{row.click.site}.example.com/",
        "search": None if place == "page url" else f"?{query}",
        "title": "Acme Shop",
        "url": bare if place == "page search" else url,
    }
    return {
        "library": {"name": "analytics.js", "version": "next-1.70.0"},
        "page": _sent(page),
        "userAgent": "Mozilla/5.0 (Linux; Android 14) Mobile Safari/537.36",
    }


def _properties(row: Row, place: str, url: str | None) -> dict[str, Any]:
    match row.event:
        case "install":
            sent = {"version": row.device.version, "build": int(row.device.version.replace(".", ""))}
        case "attributed":
            campaign = {"source": "impact", "name": row.click.partner.campaign}
            sent = {"provider": "AppsFlyer", "campaign": campaign}
        case "deep_link":
            sent = {"provider": "Acme Links", "url": _deep_link(row)}
        case "page":
            sent = _browser(row, url or "", place)["page"]
        case "screen":
            sent = {"name": "Basket"}
        case "add_to_cart" | "content_view":
            sent = {"product_id": "P-481", "sku": "SKU-481"}
        case _:
            sent = _order(row)
    return sent | ({place: row.click_id} if place in ("clickId", "irclickid") else {})


def _deep_link(row: Row) -> str:
    value = quote(row.click_id or "", safe="")
    return (
        ids.pick(row, "link", ("acmeshop://open", "open.shop.example.com/spring")) + f"?{row.param}={value}"
    )


def _order(row: Row) -> dict[str, Any]:
    amount = _number(row.amount)
    item = {"product_id": "P-481", "sku": row.sku, "price": amount, "quantity": 1}
    # Revenue is the total without tax and shipping; some apps send one of the two.
    with_revenue = amount is not None and amount > 1 and ids.pick(row, "revenue", (True, False))
    total = "total" if with_revenue else ids.pick(row, "amount", ("total", "total", "revenue"))
    return {
        ids.pick(row, "order", ("order_id", "order_id", "orderId")): row.order_id,
        total: row.amount if amount is None else amount,
        "currency": row.currency,
        "products": [item] if row.sku else None,
        **({"revenue": round((amount or 0) / 1.19, 2)} if with_revenue else {}),
    }


def is_number(text: str | None) -> bool:
    """Whether a property can be sent as a number."""
    return text is not None and re.fullmatch(r"-?\d+(\.\d+)?", text) is not None


def _number(text: str | None) -> float | None:
    return float(text) if text is not None and is_number(text) else None


def _times(row: Row) -> dict[str, str]:
    time = f"{row.time:%Y-%m-%dT%H:%M:%S}.{ids.milliseconds(row):03d}Z"
    return {"originalTimestamp": row.time_text or time, "timestamp": row.time_text or time}
