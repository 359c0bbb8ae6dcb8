"""The fields of a conversion as impact.com documents them: data, no logic but to look one up.

Sources, all under integrations.impact.com/impact-brand: reference/the-conversion-object, reference/submit-a-conversion,
docs/impactcom-action-conversion-data-references, docs/attribution-data, docs/order-level-data, docs/item-level-data,
and the brand OpenAPI document, v14. Where they disagree the smaller size stands here; where none is documented, none
is enforced. `AndroidId` and `PromoCode` are named in the prose only.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

__all__ = [
    "CHOOSABLE",
    "CONVERSION_FIELDS",
    "ITEMS",
    "ITEM_FIELDS",
    "ConversionField",
    "item_name",
    "lookup",
    "split_item_name",
]

FieldKind = Literal["text", "integer", "decimal", "boolean", "time", "email"]


@dataclass(frozen=True, kw_only=True)
class ConversionField:
    """One form field. `longest` counts characters; `digits` are those of a decimal, in all and behind the point.

    `is_money` says that it needs a currency beside it, `is_personal` that previews mask it, and `is_given` that
    mmpsync fills it from the run and the configuration, so that no field reference can.
    """

    name: str
    kind: FieldKind = "text"
    longest: int | None = None
    digits: tuple[int, int] | None = None
    is_money: bool = False
    is_personal: bool = False
    is_given: bool = False


def _given(name: str, kind: FieldKind = "text", longest: int | None = None) -> ConversionField:
    return ConversionField(name=name, kind=kind, longest=longest, is_given=True)


def _text(name: str, longest: int | None = None) -> ConversionField:
    return ConversionField(name=name, longest=longest)


def _personal(name: str, longest: int | None = None, kind: FieldKind = "text") -> ConversionField:
    return ConversionField(name=name, kind=kind, longest=longest, is_personal=True)


def _number(name: str, kind: FieldKind = "decimal") -> ConversionField:
    return ConversionField(name=name, kind=kind)


def _money(name: str, *digits: int) -> ConversionField:
    return ConversionField(
        name=name, kind="decimal", digits=(digits[0], digits[1]) if digits else None, is_money=True
    )


_ALL = (
    # Event and program.
    _given("CampaignId", "integer", 10),
    _given("ActionTrackerId", "integer", 10),
    _given("EventTypeId", "integer", 10),
    _given("EventTypeCode", longest=64),
    _given("EventCode", longest=128),
    _given("PropertyId", "integer"),
    _given("EventDate", "time"),
    _text("DispositionCode", 64),
    _text("Note", 255),
    _number("TrackingConsent", "boolean"),
    # What a conversion is attributed by.
    replace(_given("OrderId", longest=64), is_personal=True),
    replace(_given("ClickId", longest=64), is_personal=True),
    _personal("CustomerId", 255),
    _personal("CustomProfileId", 70),
    _text("OrderPromoCode", 255),
    _text("PromoCode", 255),
    _text("UniqueUrl"),
    _personal("GoogAId"),
    _personal("AndroidId"),
    _personal("AppleIfa"),
    _personal("AppleIfv"),
    _number("MediaId", "integer"),
    _number("MediaPartnerId", "integer"),
    _text("SubId1", 255),
    _text("SubId2", 255),
    _text("SubId3", 255),
    _text("SharedId", 255),
    _personal("PhoneNumber"),
    _personal("CallerId"),
    _text("CountryCode"),
    _personal("IpAddress"),
    _personal("CustomClickId"),
    # The customer.
    _personal("CustomerEmail", kind="email"),
    _text("CustomerStatus", 40),
    _personal("CustomerCity"),
    _personal("CustomerPostCode"),
    _text("CustomerCountry"),
    _personal("CustomerRegion"),
    # The order.
    _given("CurrencyCode", longest=3),
    replace(_money("Amount", 8, 2), is_given=True),
    _money("OrderSubTotalPostDiscount"),
    _money("OrderSubtotal"),
    _money("OrderDiscount", 12, 2),
    _number("OrderDiscountRate"),
    _money("OrderShipping", 14, 2),
    _money("OrderTax", 14, 2),
    _money("OrderMargin"),
    _text("PaymentType", 32),
    _number("GiftPurchase", "boolean"),
    _text("LocationId"),
    _text("LocationName"),
    _text("LocationType"),
    # Device and app.
    _text("AppPackage"),
    _personal("AppInstallRef"),
    _text("AppVer"),
    _text("DeviceMfr"),
    _text("DeviceModel"),
    _text("UserAgent"),
    # The brand's own.
    *(_text(f"Text{n}", 64) for n in range(1, 51)),
    *(_number(f"Numeric{n}") for n in range(1, 11)),
    *(_money(f"Money{n}") for n in range(1, 4)),
    *(_number(f"Date{n}", "time") for n in range(1, 11)),
)
CONVERSION_FIELDS: Mapping[str, ConversionField] = MappingProxyType({field.name: field for field in _ALL})
"""Every field but those of items, by name, in the order in which they are sent."""

_ALL_OF_ITEMS = (
    _text("ItemSku", 255),
    _text("ItemCategory", 255),
    _number("ItemQuantity", "integer"),
    _money("ItemPrice"),
    _money("ItemSubTotal", 14, 2),
    _text("ItemSubCategory", 255),
    _text("ItemName", 255),
    _text("ItemMpn", 64),
    _text("ItemBrand"),
    _text("ItemPromoCode"),
    _text("ItemDeliveryType"),
    _money("ItemDiscount"),
    _number("ItemDiscountRate"),
    _money("ItemTotalDiscount"),
    *(_text(f"ItemText_{n}", 64) for n in range(1, 51)),
    *(_number(f"ItemNumeric_{n}") for n in range(1, 11)),
    *(_number(f"ItemDate_{n}", "time") for n in range(1, 11)),
    *(_money(f"ItemMoney_{n}") for n in range(1, 4)),
)
ITEM_FIELDS: Mapping[str, ConversionField] = MappingProxyType({field.name: field for field in _ALL_OF_ITEMS})
"""Fields of an item, by name without its index: `ItemSku` stands for ItemSku1, ItemSku2 …, `ItemText_1` for ItemText1_1 …"""


def item_name(name: str, index: str) -> str:
    """Put an index into an item field's name: `ItemSku` is ItemSku2, `ItemText_1` is ItemText2_1."""
    stem, mark, rest = name.partition("_")
    return f"{stem}{index}{mark}{rest}"


ITEMS = "Items"
"""What `[push.fields]` calls the JSON array that becomes indexed item fields; no field of impact.com's."""
CHOOSABLE = (
    ITEMS,
    *(name for name, field in CONVERSION_FIELDS.items() if not field.is_given),
    *(item_name(name, "1") for name in ITEM_FIELDS),
)
"""Names that a field reference can fill; item fields with the first index standing for all."""

_ITEM = re.compile(r"(Item[A-Z][A-Za-z]*)([1-9][0-9]?)((?:_[0-9]+)?)")


def split_item_name(name: str) -> tuple[str, int] | None:
    """Take an item field's name apart, `ItemText2_1` into ItemText_1 and 2; None for what names no field of an item."""
    found = _ITEM.fullmatch(name)
    if found is None or found[1] + found[3] not in ITEM_FIELDS:
        return None
    return found[1] + found[3], int(found[2])


def lookup(name: str) -> ConversionField | None:
    """Return the field of this name, indexes of items included; None when there is none."""
    if (parts := split_item_name(name)) is not None:
        return replace(ITEM_FIELDS[parts[0]], name=name)
    return CONVERSION_FIELDS.get(name)
