"""Items of an order as indexed fields: from JSON arrays, from fields named one by one, from the row itself."""

from decimal import Decimal
from typing import Any

Planned = Any

SEGMENT = (
    '[{"sku": "S-1", "category": "Shoes", "quantity": 2, "price": 5.5, "name": "Boot", "brand": "B"},'
    ' {"product_id": "P-2", "category": "Hats", "quantity": "1", "price": "3.999", "coupon": "HAT"}]'
)
BRANCH = (
    '[{"$sku": "S-1", "$product_category": "Shoes", "$quantity": 1, "$price": 9.99, "$product_name": "Boot"}]'
)
UNPRICED = (
    '[{"sku": "S-1", "category": "Shoes", "quantity": 1}, {"sku": "S-2", "category": "Hats", "quantity": 1}]'
)
ARRAY = ("properties.products", "event_data.content_items")
SETTINGS = {"push": {"fields": {"Items": list(ARRAY)}}}


def items_of(row: dict[str, Any]) -> dict[str, str]:
    return {name: value for name, value in row["fields"].items() if name.startswith("Item")}


def test_arrays_of_segment_and_branch_become_indexed_fields_with_prices_instead_of_the_amount(
    planned: Planned,
) -> None:
    segment, branch, none = planned(
        [{"amount": Decimal("14.999")}, {"sku": "x", "category": "y", "quantity": 1}, {}],
        SETTINGS,
        {ARRAY: [SEGMENT, BRANCH, None]},
    )
    assert items_of(segment) == {
        "ItemSku1": "S-1",
        "ItemCategory1": "Shoes",
        "ItemQuantity1": "2",
        "ItemPrice1": "5.5",
        "ItemName1": "Boot",
        "ItemBrand1": "B",
        "ItemSku2": "P-2",
        "ItemCategory2": "Hats",
        "ItemQuantity2": "1",
        "ItemPrice2": "3.999",
        "ItemPromoCode2": "HAT",
    }
    assert items_of(branch) == {
        "ItemSku1": "S-1",
        "ItemCategory1": "Shoes",
        "ItemQuantity1": "1",
        "ItemPrice1": "9.99",
        "ItemName1": "Boot",
    }
    assert items_of(none) == {}
    assert [row["fields"].get("Amount") for row in (segment, branch, none)] == [None, None, "9.99"]
    assert [row["fields"]["CurrencyCode"] for row in (segment, branch, none)] == ["EUR"] * 3
    assert [row["notes"] for row in (segment, branch, none)] == ["", "", ""]
    assert [row["skipped"] for row in (segment, branch, none)] == [None] * 3


def test_prices_that_add_up_to_another_amount_are_remarked_on(planned: Planned) -> None:
    (row,) = planned([{"amount": Decimal(20)}], SETTINGS, {ARRAY: [SEGMENT]})
    assert (row["skipped"], row["notes"]) == (None, "prices-instead")


def test_items_without_prices_go_with_the_amount_and_not_without(planned: Planned) -> None:
    some_priced = UNPRICED.replace('"quantity": 1}]', '"quantity": 1, "price": 4}]')
    rows = planned(
        [{}, {}, {"amount": None, "currency": None}],
        SETTINGS,
        {ARRAY: [UNPRICED, some_priced, UNPRICED]},
    )
    assert [row["skipped"] for row in rows] == [None, None, "incomplete-items"]
    assert [row["fields"].get("Amount") for row in rows[:2]] == ["9.99", "9.99"]
    assert not any("Price" in name for row in rows[:2] for name in row["fields"])
    assert [row["fields"]["ItemSku2"] for row in rows[:2]] == ["S-2", "S-2"]


def test_what_an_item_lacks_or_has_wrong_is_said(planned: Planned) -> None:
    arrays = {
        "incomplete-items": '[{"sku": "S-1", "quantity": 1, "price": 1}]',
        "not-valid:ItemQuantity": '[{"sku": "S-1", "category": "C", "quantity": "two"}]',
        "not-valid:ItemPrice": '[{"sku": "S-1", "category": "C", "quantity": 1, "price": "free"}]',
        "too-long:ItemSku": f'[{{"sku": "{"s" * 256}", "category": "C", "quantity": 1}}]',
    }
    rows = planned([{}] * len(arrays), SETTINGS, {ARRAY: [*arrays.values()]})
    assert [row["skipped"] for row in rows] == [*arrays]


def test_no_array_at_all_is_no_item(planned: Planned) -> None:
    texts = ["", "[]", "{}", "[1, null]", "[{", "null", '"text"']
    rows = planned([{}] * len(texts), SETTINGS, {ARRAY: texts})
    assert [items_of(row) for row in rows] == [{}] * len(texts)
    # An array that holds no objects holds items that lack everything.
    assert [row["skipped"] for row in rows] == [None] * 3 + ["incomplete-items"] + [None] * 3


def test_keys_of_items_and_constants_are_configured(planned: Planned) -> None:
    settings = {
        "push": {
            "fields": {"Items": "cart"},
            "items": {
                "ItemSku": ["article.no", "article.id"],
                "ItemCategory": ["group", "=General"],
                "ItemSubTotal": "line_total",
                "ItemText_2": "colour",
            },
        }
    }
    cart = '[{"article": {"id": 7}, "quantity": 2, "line_total": "10", "colour": "red"}]'
    (row,) = planned([{"amount": Decimal(10)}], settings, {("cart",): [cart]})
    assert items_of(row) == {
        "ItemSku1": "7",
        "ItemCategory1": "General",
        "ItemQuantity1": "2",
        "ItemSubTotal1": "10.00",
        "ItemText1_2": "red",
    }
    assert (row["skipped"], row["notes"]) == (None, "")


def test_a_row_s_own_item_is_sent_whole_or_left_out_with_a_word(planned: Planned) -> None:
    item = {"sku": "S", "category": "C", "quantity": 3}
    whole, part, none, unpaid = planned([item, {"sku": "S"}, {}, {**item, "amount": None}])
    assert items_of(whole) == {"ItemSku1": "S", "ItemCategory1": "C", "ItemQuantity1": "3"}
    assert whole["fields"]["Amount"] == "9.99"
    assert (items_of(part), part["notes"], part["skipped"]) == ({}, "item-left-out", None)
    assert (items_of(none), none["notes"]) == ({}, "")
    assert (items_of(unpaid), unpaid["notes"], unpaid["skipped"]) == ({}, "item-left-out", None)


def test_items_may_be_named_field_by_field_and_are_then_asked_to_be_whole(planned: Planned) -> None:
    fields = {
        "ItemSku2": "second",
        "ItemCategory2": "=Hats",
        "ItemQuantity2": "=1",
        "ItemName1": "first_name",
    }
    settings = {"events": {"purchase": {"names": ["p"], "code": "SALE", "fields": fields}}}
    carried: dict[tuple[str, ...], list[str | None]] = {
        ("second",): ["S-2", None],
        ("first_name",): ["Boot", "Boot"],
        ("=Hats",): ["Hats", "Hats"],
        ("=1",): ["1", "1"],
    }
    row = {"sku": "S-1", "category": "Shoes", "quantity": 1}
    whole, lacking = planned([row, row], settings, carried)
    assert items_of(whole) == {
        "ItemSku1": "S-1",
        "ItemCategory1": "Shoes",
        "ItemQuantity1": "1",
        "ItemName1": "Boot",
        "ItemSku2": "S-2",
        "ItemCategory2": "Hats",
        "ItemQuantity2": "1",
    }
    assert lacking["skipped"] == "incomplete-items"


def test_a_file_takes_an_amount_for_each_item_only(planned: Planned) -> None:
    rows = planned([{}, {"amount": Decimal("14.999")}], SETTINGS, {ARRAY: [UNPRICED, SEGMENT]}, way="file")
    assert [row["skipped"] for row in rows] == ["items-without-price", None]
