"""The catalogue of impact.com's conversion fields."""

import pytest

from mmpsync.conversion_fields import (
    CHOOSABLE,
    CONVERSION_FIELDS,
    ITEM_FIELDS,
    item_name,
    lookup,
    split_item_name,
)


def test_all_documented_numbered_fields_are_there() -> None:
    numbered = {"Text": 50, "Numeric": 10, "Money": 3, "Date": 10}
    assert {f"{stem}{n}" for stem, most in numbered.items() for n in range(1, most + 1)} <= set(
        CONVERSION_FIELDS
    )
    assert not {"Text0", "Text51", "Numeric11", "Money4", "Date11"} & set(CONVERSION_FIELDS)
    assert {f"Item{stem}_{most}" for stem, most in numbered.items()} <= set(ITEM_FIELDS)


def test_what_names_the_conversion_cannot_be_chosen() -> None:
    given = {name for name, field in CONVERSION_FIELDS.items() if field.is_given}
    assert given == {
        "CampaignId", "ActionTrackerId", "EventTypeId", "EventTypeCode", "EventCode", "PropertyId", "EventDate",
        "OrderId", "ClickId", "CurrencyCode", "Amount",
    }  # fmt: skip
    assert given.isdisjoint(CHOOSABLE)
    assert all(name == "Items" or lookup(name) is not None for name in CHOOSABLE)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("ItemSku1", ("ItemSku", 1)),
        ("ItemSubTotal12", ("ItemSubTotal", 12)),
        ("ItemText2_50", ("ItemText_50", 2)),
        ("ItemSku", None),
        ("ItemSku0", None),
        ("ItemSku1_1", None),
        ("ItemText2", None),
        ("ItemText1_51", None),
        ("Items", None),
        ("Text1", None),
    ],
)
def test_items_names_hold_an_index(name: str, parts: tuple[str, int] | None) -> None:
    assert split_item_name(name) == parts
    if parts is not None:
        assert item_name(parts[0], str(parts[1])) == name
        field = lookup(name)
        assert field is not None
        assert field.name == name


def test_money_is_decimal_and_every_size_belongs_to_a_text_or_an_id() -> None:
    for field in [*CONVERSION_FIELDS.values(), *ITEM_FIELDS.values()]:
        assert field.kind == "decimal" or not (field.is_money or field.digits)
        assert field.longest is None or field.kind in ("text", "integer")
