"""The items of an order: a JSON array, or fields named one by one, as indexed form fields.

impact.com wants sku, category and quantity of every item, and a price or subtotal of every item unless the order has
an amount (docs/item-level-data). Amounts of items are never sent together with the order's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import ibis
import ibis.expr.types as ir

from mmpsync.config import Config
from mmpsync.conversion_fields import ITEM_FIELDS, ITEMS, item_name, split_item_name
from mmpsync.engines.functions import cleaned, json_elements, json_texts
from mmpsync.ingest.references import Reference, json_path
from mmpsync.ingest.values import parse_amount
from mmpsync.push.values import form_text, problem

__all__ = ["FROM_ROW", "KEYS", "Items"]

FROM_ROW: Mapping[str, str] = MappingProxyType(
    {"ItemSku": "sku", "ItemCategory": "category", "ItemQuantity": "quantity"}
)
"""What a row without an array has of its one item, in canonical columns."""

KEYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ItemSku": ("sku", "$sku", "product_id", "$canonical_identifier", "af_content_id"),
        "ItemCategory": ("category", "$product_category", "product_category", "af_content_type"),
        "ItemQuantity": ("quantity", "$quantity", "af_quantity"),
        "ItemPrice": ("price", "$price", "af_price"),
        "ItemName": ("name", "$product_name", "product_name", "title"),
        "ItemBrand": ("brand", "$product_brand", "product_brand"),
        "ItemPromoCode": ("coupon",),
    }
)
"""Keys of an item in the arrays of Segment (`products`), Branch (`content_items`) and AppsFlyer, in order."""

_REQUIRED = ("ItemSku", "ItemCategory", "ItemQuantity")
_PRICES = ("ItemPrice", "ItemSubTotal")


@dataclass(frozen=True)
class Items:
    """How the rows' items are read, given which fields are `chosen`: names of `[push.fields]`, of any event."""

    config: Config
    chosen: Sequence[str]

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that an item may have, in the order in which its values stand below."""
        named = {split[0] for split in map(split_item_name, self.chosen) if split is not None}
        listed = {**KEYS, **self.config.push.items} if ITEMS in self.chosen else {}
        return tuple(name for name in ITEM_FIELDS if name in {*FROM_ROW, *_PRICES, *named, *listed})

    @property
    def _indexes(self) -> list[int]:
        found = {split[1] for split in map(split_item_name, self.chosen) if split is not None}
        return sorted({1, *found})

    def values(
        self,
        value: Callable[[str], ir.StringValue | None],
        array: ir.StringValue | None,
        has_amount: ir.BooleanValue,
    ) -> tuple[ir.ArrayValue, ir.BooleanValue]:
        """The row's items, each as its fields' texts in the order of `names`; and whether one was left out.

        `value` yields what is given for one field, such as ItemSku2; `array` is the JSON array, which counts
        where it has an item. What a source says of an item by itself is left out unless it is all that
        impact.com wants: nobody asked for it.
        """
        single = [
            ibis.array([_or_null(value(item_name(name, str(index)))) for name in self.names])
            for index in self._indexes
        ]
        some = ibis.array(single).filter(lambda item: item.filter(lambda each: each.notnull()).length() > 0)
        is_asked_for = any(split_item_name(name) is not None for name in self.chosen)
        whole = some if is_asked_for else some.filter(lambda item: ~self._is_lacking(item) & has_amount)
        if array is None:
            return whole, whole.length() < some.length()
        listed = self._listed(array)
        is_listed = (listed.length() > 0).fill_null(False)
        return is_listed.ifelse(listed, whole), ~is_listed & (whole.length() < some.length())

    def _is_lacking(self, item: ir.ArrayValue) -> ir.BooleanValue:
        return ibis.or_(*(item[self.names.index(name)].isnull() for name in _REQUIRED))

    def _listed(self, array: ir.StringValue) -> ir.ArrayValue:
        keys = {**KEYS, **self.config.push.items}
        parsed = {name: [Reference.parse(key) for key in keys.get(name, ())] for name in self.names}
        wanted = [ref for refs in parsed.values() for ref in refs if ref.is_read]
        paths = list(dict.fromkeys(json_path(ref.column.split(".")) for ref in wanted))
        texts = json_elements(array).map(lambda item: json_texts(item, ibis.array(paths)))

        def found(item: ir.ArrayValue, references: Sequence[Reference]) -> ir.StringValue:
            values = [
                cleaned(item[paths.index(json_path(ref.column.split(".")))])
                if ref.constant is None
                else ibis.literal(ref.constant)
                for ref in references
            ]
            return ibis.coalesce(ibis.null("string"), *values)

        return texts.map(lambda item: ibis.array([found(item, parsed[name]) for name in self.names]))

    def priced(self, items: ir.ArrayValue) -> ir.BooleanValue:
        """Whether there are items, and every one has a price or a subtotal."""
        price, total = (self.names.index(name) for name in _PRICES)
        unpriced = items.filter(lambda item: item[price].isnull() & item[total].isnull())
        return (items.length() > 0) & (unpriced.length() == 0)

    def total(self, items: ir.ArrayValue) -> ir.DecimalValue:
        """What the prices add up to; null where one of them is no number."""
        price, total, quantity = (self.names.index(name) for name in (*_PRICES, "ItemQuantity"))
        sums = items.map(
            lambda item: ibis.coalesce(
                (parse_amount(item[price]) * parse_amount(item[quantity])).cast("decimal(18,6)"),
                parse_amount(item[total]),
            )
        )
        return (sums.filter(lambda each: each.isnull()).length() == 0).ifelse(
            sums.sums(), ibis.null(sums.sums().type())
        )

    def forms(self, items: ir.ArrayValue, priced: ir.BooleanValue, mmp: ir.Value) -> ir.ArrayValue:
        """The items' values as they are sent: of price and subtotal one, or none unless all items are priced."""
        price = self.names.index("ItemPrice")

        def form(item: ir.ArrayValue, name: str) -> ir.StringValue:
            value = form_text(item[self.names.index(name)], ITEM_FIELDS[name], self.config, mmp)
            if name == "ItemPrice":
                return priced.ifelse(value, ibis.null("string"))
            if name == "ItemSubTotal":
                return (priced & item[price].isnull()).ifelse(value, ibis.null("string"))
            return value

        return items.map(lambda item: ibis.array([form(item, name) for name in self.names]))

    def problem(self, items: ir.ArrayValue, has_amount: ir.BooleanValue, mmp: ir.Value) -> ir.StringValue:
        """The first thing that keeps the items from being sent; null for nothing."""
        priced = self.priced(items)
        problems = items.map(lambda item: self._problem(item, priced, mmp)).filter(
            lambda each: each.notnull()
        )
        unpaid = (items.length() > 0) & ~priced & ~has_amount
        return ibis.coalesce(
            unpaid.ifelse(ibis.literal("incomplete-items"), ibis.null("string")), problems[0]
        )

    def _problem(self, item: ir.ArrayValue, priced: ir.BooleanValue, mmp: ir.Value) -> ir.StringValue:
        found = [self._is_lacking(item).ifelse(ibis.literal("incomplete-items"), ibis.null("string"))]
        for number, name in enumerate(self.names):
            field = ITEM_FIELDS[name]
            told = problem(item[number], form_text(item[number], field, self.config, mmp), field)
            found.append(priced.ifelse(told, ibis.null("string")) if name in _PRICES else told)
        return ibis.coalesce(*found)

    def form_names(self, forms: ir.ArrayValue) -> ir.ArrayValue:
        """The names of all values that are sent, item after item."""

        def named(item: ir.ArrayValue, index: ir.IntegerValue) -> ir.ArrayValue:
            place = (index + 1).cast("string")
            stems = [name.partition("_") for name in self.names]
            return ibis.array(
                [
                    item[n].notnull().ifelse(ibis.literal(stem) + place + (mark + rest), ibis.null("string"))
                    for n, (stem, mark, rest) in enumerate(stems)
                ]
            )

        return forms.map(named).flatten().filter(lambda name: name.notnull())


def _or_null(value: ir.StringValue | None) -> ir.StringValue:
    return ibis.null("string") if value is None else value
