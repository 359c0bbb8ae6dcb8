"""Branch: the values of a row, by the columns of Daily Exports, of Custom Exports, and as a webhook's body."""

import json
import re
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from generator import ids
from generator.model import Row

# Event → topic and name.
TOPICS = {
    "install": ("eo_install", "INSTALL"),
    "reinstall": ("eo_reinstall", "REINSTALL"),
    "open": ("eo_open", "OPEN"),
    "purchase": ("eo_commerce_event", "PURCHASE"),
    "add_to_cart": ("eo_commerce_event", "ADD_TO_CART"),
    "content_view": ("eo_content_event", "VIEW_ITEM"),
    "signup": ("eo_user_lifecycle_event", "COMPLETE_REGISTRATION"),
    "share": ("eo_custom_event", "Wish list shared"),
    "click": ("eo_click", "CLICK"),
    "impression": ("eo_impression", "IMPRESSION"),
    "pageview": ("eo_pageview", "PAGEVIEW"),
    "web_session": ("eo_web_session_start", "WEB_SESSION_START"),
}
WEB = ("pageview", "web_session")
_TOUCHES = ("click", "impression")
# Source → name and code of the ad partner. impact.com's name has been written in several ways.
_PARTNERS = {
    "impact": ("Impact", "a_impact"),
    "google": ("Google AdWords", "a_google_adwords"),
    "applovin": ("AppLovin", "a_applovin"),
    "restricted": ("undisclosed", "undisclosed"),
}
_IMPACTS_NAMES = ("Impact", "Impact", "Impact Radius", "impact")
_IN_USD = {"USD": 1.0, "EUR": 1.08, "GBP": 1.27}
_GCLID = "Cj0KCQiA_invented_gclid_of_Branch_wcB"
# The dashboard's time zone, in which custom exports write `*_iso`.
_DASHBOARD = timezone(timedelta(hours=1))
_DATA = "last_attributed_touch_data_"
# Webhooks write the signs that columns spell out, in objects where columns have prefixes.
_SIGNS = {"tilde_": "~", "plus_": "+", "dollar_": "$"}
_OBJECTS = ("last_attributed_touch_data", "user_data", "event_data")
_NOT_IN_WEBHOOKS = ("last_attributed_touch_type", f"{_DATA}custom_fields")


def values(row: Row) -> dict[str, Any]:
    """Fill the columns of a Daily Export."""
    touch = _data(row) | (_touch(row) if _is_attributed(row) else {})
    return _event(row) | touch | _device(row) | _order(row)


def custom_values(row: Row) -> dict[str, Any]:
    """Fill the columns of a Custom Export, which know whether a row is attributed."""
    data = _data(row)
    if f"{_DATA}custom_fields" in data:
        fields = _link_data(row)
        data[f"{_DATA}plus_url"] = fields.pop("+url")
        data[f"{_DATA}custom_fields"] = json.dumps(fields)
    if row.carrier == "shared field" or row.source == "google":
        data[f"{_DATA}tilde_external_touch_id"] = row.click_id if row.source == "impact" else _GCLID
    # Touch data alone does not mean attributed: where it says no, there may be a touch all the same.
    touch = _touch(row) if data else {}
    amount = _number(row.amount)
    item = {"dollar_sku": row.sku, "dollar_quantity": 1, "dollar_price": amount}
    return {
        **_event(row),
        **data,
        **touch,
        **_device(row),
        **_order(row),
        "app_id": int(row.device.app.branch_id),
        "app_name": "Acme Shop",
        "timestamp_iso": row.time_text or f"{row.time.astimezone(_DASHBOARD):%Y-%m-%d %H:%M:%S%z}",
        "attributed": None if row.event in _TOUCHES else _is_attributed(row),
        "event_data_revenue": row.amount if amount is None else amount,
        "content_items": [item] if row.sku else [],
    }


def body(row: Row) -> dict[str, Any]:
    """Fill a webhook's body; what is empty is left out, ids are bare numbers."""
    amount = _number(row.amount)
    flat = values(row) | {"event_data_revenue": row.amount if amount is None else amount}
    found: dict[str, Any] = {"id": int(flat.pop("id"))}
    for name, value in flat.items():
        if value is None or name in _NOT_IN_WEBHOOKS:
            continue
        outer = next((prefix for prefix in _OBJECTS if name.startswith(f"{prefix}_")), None)
        if outer is None:
            found[name] = value
        else:
            found.setdefault(outer, {})[_with_sign(name.removeprefix(f"{outer}_"))] = value
    found["deep_linked"] = str(flat["deep_linked"]).lower()
    if "last_attributed_touch_data" in found and row.source != "restricted":
        found["last_attributed_touch_data"] |= _link_data(row)
    return found


def _with_sign(name: str) -> str:
    for spelt, sign in _SIGNS.items():
        if name.startswith(spelt):
            return sign + name.removeprefix(spelt)
    return name


def _event(row: Row) -> dict[str, Any]:
    time = row.time_text or _epoch(row.time) + ids.milliseconds(row)
    return {
        "id": ids.branch_event_id(row),
        "name": TOPICS[row.event][1],
        "timestamp": time,
        "timestamp_iso": row.time_text or f"{row.time:%Y-%m-%d %H:%M:%S}+0000",
        "event_timestamp": time,
        "origin": "BRANCH",
        "deep_linked": row.source == "impact",
        "first_event_for_user": row.event == "install",
        "custom_data": {"sku": row.sku} if row.sku else {},
        "user_data_ad_personalization_consent": True,
    }


def _is_attributed(row: Row) -> bool:
    return (row.is_attributed or row.source == "restricted") and row.event not in _TOUCHES


def _touch(row: Row) -> dict[str, Any]:
    """Say when the last touch was, and how long before the event."""
    if row.event in _TOUCHES:
        return {}
    since = row.time - row.click.time
    return {
        "last_attributed_touch_type": row.touch.upper(),
        "last_attributed_touch_timestamp": _epoch(row.click.time),
        "last_attributed_touch_timestamp_iso": f"{row.click.time:%Y-%m-%d %H:%M:%S}+0000",
        "days_from_last_attributed_touch_to_event": since.days,
        "hours_from_last_attributed_touch_to_event": min(since // timedelta(hours=1), 24),
        "minutes_from_last_attributed_touch_to_event": min(since // timedelta(minutes=1), 60),
        "seconds_from_last_attributed_touch_to_event": min(round(since.total_seconds()), 60),
    }


def _data(row: Row) -> dict[str, Any]:
    """Describe the link of the last touch or, on clicks and impressions, their own."""
    if row.source in ("organic", "nobody") and row.click_id is None:
        return {}
    is_impact = row.source == "impact"
    partner, code = _partner(row)
    data = {
        "tilde_id": ids.digits(f"link {code}"),
        "tilde_campaign": _campaign(row),
        "tilde_channel": row.click.partner.name if is_impact else partner,
        "tilde_feature": "paid advertising",
        "tilde_tags": [],
        "tilde_advertising_partner_name": partner,
        "tilde_secondary_publisher": row.click.site if is_impact else None,
        "plus_via_features": ["ADS"],
        "plus_touch_id": ids.digits(f"touch {row.click.id}"),
        "dollar_3p": code,
    }
    if row.source != "restricted":
        data["custom_fields"] = _custom_fields(row)
    return {f"{_DATA}{name}": value for name, value in data.items()}


def _partner(row: Row) -> tuple[str, str]:
    # Of somebody taken for organic, the data are those of the link that was clicked once.
    name, code = _PARTNERS["impact" if row.source == "organic" else row.source]
    return (ids.pick(row, "name", _IMPACTS_NAMES) if code == "a_impact" else name), code


def _campaign(row: Row) -> str:
    campaigns = {"impact": row.click.partner.campaign, "restricted": "undisclosed"}
    return campaigns.get(row.source, "brand_search")


def _custom_fields(row: Row) -> str:
    """Write what has no column of its own as JSON text, or what its hash is after some days."""
    if row.carrier == "hashed":
        return sha256(f"salted {row.nonce}".encode()).hexdigest()
    text = json.dumps(_link_data(row), ensure_ascii=False, separators=(",", ":"))
    return text.replace("/", "\\/")


def _link_data(row: Row) -> dict[str, Any]:
    """Put the ClickId where this row has it: a key of its own, the link's query, a key that the brand chose."""
    _, code = _partner(row)
    link = f"https://acme.app.link/{code[2:8]}?%243p={code}&~campaign={quote(_campaign(row))}"
    if row.is_test:
        link += "&impacttest=1"
    clicked = {"+click_timestamp": _epoch(row.click.time) // 1000}
    if row.click_id is None or row.carrier == "shared field":
        return {**clicked, "+url": link}
    value = quote(row.click_id, safe="")
    if row.source == "google":
        # Google's link, on which impact.com's own parameter has stayed.
        return {**clicked, "+url": f"{link}&irclickid={value}"}
    places: tuple[dict[str, Any], ...] = (
        {"~click_id": row.click_id, "+url": f"{link}&%7Eclick_id={value}"},
        {"+url": f"{link}&%7Eclick_id={value}"},
        {"+url": f"{link}&{row.param}={value}"},
        {"+url": link, row.param.lower(): row.click_id},
    )
    return {**clicked, **(places[0] if row.source == "applovin" else ids.pick(row, "place", places))}


def _device(row: Row) -> dict[str, Any]:
    device = row.device
    is_android = device.app.platform == "android"
    system = "ANDROID" if is_android else "IOS"
    told = {
        "os": system,
        "os_version": "14" if is_android else "18.3",
        "geo_country_code": device.country,
        "geo_city_en": device.city,
        "ip": device.ip,
        "language": "EN",
        "limit_ad_tracking": False,
        "developer_identity": row.customer_id,
        "cross_platform_id": ids.digits(f"person {device.adid}"),
    }
    in_app = {
        "platform": f"{system}_APP",
        "environment": "FULL_APP",
        "app_version": device.version,
        "sdk_version": "5.15.0",
        "aaid": device.advertising_id if is_android else None,
        "android_id": device.android_id if is_android else None,
        "idfa": None if is_android else device.advertising_id.upper(),
        "idfv": None if is_android else device.vendor_id.upper(),
        "user_agent": "Dalvik/2.1.0 (Linux; U; Android 14)" if is_android else "AcmeShop/4.12 CFNetwork/1568",
    }
    on_web = {
        "platform": f"{system}_WEB",
        "environment": "FULL_WEB",
        "browser": "Chrome Mobile",
        "user_agent": "Mozilla/5.0 (Linux; Android 14) Mobile Safari/537.36",
    }
    told |= on_web if row.event in WEB else in_app
    return {f"user_data_{name}": value for name, value in told.items()}


def _order(row: Row) -> dict[str, Any]:
    amount, rate = _number(row.amount), _IN_USD.get(row.currency or "")
    in_usd = None if amount is None or rate is None else round(amount * rate, 2)
    return {
        "event_data_transaction_id": row.order_id,
        "event_data_revenue": row.amount,
        "event_data_currency": row.currency,
        "event_data_exchange_rate": rate,
        "event_data_revenue_in_usd": in_usd,
    }


def _number(text: str | None) -> float | None:
    return float(text) if text and re.fullmatch(r"-?\d+(\.\d+)?", text) else None


def _epoch(time: datetime) -> int:
    """Milliseconds since 1970."""
    return round(time.timestamp()) * 1000
