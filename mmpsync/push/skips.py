"""Why a conversion of the clean set cannot be sent, and what was done to those that can: the words, in one place.

A plan's `skipped` is a code, with what it is about behind a colon where there is such a thing: `too-long:Text1`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mmpsync.figures import NO_NAME

__all__ = ["NOTES", "SKIPS", "Remark", "title"]


@dataclass(frozen=True)
class Remark:
    """What is said of rows: in a few words, `{}` standing for what it is about, and what can be done."""

    title: str
    remedy: str


SKIPS: Mapping[str, Remark] = MappingProxyType(
    {
        "no-campaign-id": Remark("The program has no id", "set program.campaign_id"),
        "no-tracker-id": Remark(
            "App {} has no tracker",
            "set tracker_id in [apps.…] to the app's System App ID, and app_id in [sources.….fields] where rows name no"
            " app; for the web type_id in [events.…]",
        ),
        "no-event-code": Remark(
            "Event {} has no code at impact.com",
            'set code in [events.…], or type_id if push.style is "event-type"',
        ),
        "missing": Remark("{} is missing", "reconcile again: impact.com always asks for it"),
        "in-future": Remark("Not yet happened", "push again later, or correct sources.….timezone"),
        "too-old": Remark("Too old by now", "impact.com processes nothing older: program.max_event_age"),
        "not-valid": Remark("{} cannot be read", "correct the field reference or the data it refers to"),
        "too-large": Remark("{} has more digits than impact.com takes", "correct the data"),
        "too-long": Remark(
            "{} is longer than impact.com takes", "correct the field reference or the data it refers to"
        ),
        "personal-data": Remark(
            "{} is an e-mail address", "send an id that names nobody: impact.com forbids addresses there"
        ),
        "no-currency": Remark("Money without a currency", "fill the currency in [sources.….fields]"),
        "repeated-order": Remark(
            "The same order twice",
            "two events are one at impact.com: name both in one of [events.…], and reconcile again",
        ),
        "not-both": Remark("{} were both given", "fill one of them only"),
        "incomplete-items": Remark(
            "An item lacks what impact.com asks for",
            "each needs sku, category, quantity, and a price unless the order has an amount: [push.items]",
        ),
        "items-without-price": Remark(
            "Several items, and no price of each", "push without --to: a file has an amount for each item"
        ),
    }
)
"""Why a row is not sent, by code; of several the first counts."""

NOTES: Mapping[str, Remark] = MappingProxyType(
    {
        "rounded": Remark("Amount rounded to two decimals", "impact.com takes no more"),
        "item-left-out": Remark(
            "Sent without its item",
            "it lacks sku, category or quantity, or the order an amount: impact.com wants all",
        ),
        "prices-instead": Remark(
            "Item prices add up to another amount", "the prices are sent, and the order's amount is not"
        ),
    }
)
"""What was done to a row that can be sent, by code."""


def title(skipped: str) -> str:
    """Say in words why a row is skipped, from what stands in its plan."""
    code, _, about = skipped.partition(":")
    return SKIPS[code].title.replace("{}", about or NO_NAME)
