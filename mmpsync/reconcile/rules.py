"""One Ibis predicate per reason of the catalogue, over the table of facts that `verdicts` assembles.

A predicate that is null does not hold. All but the exclusions are asked of rows in scope only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import ibis
import ibis.expr.types as ir

from mmpsync.config import Config
from mmpsync.ingest.canonical import as_found
from mmpsync.reconcile.click_ids import looks_foreign
from mmpsync.reconcile.currencies import CURRENCIES
from mmpsync.reconcile.scope import EXCLUSIONS, INSTALLS, WITHOUT_ORDER_ID

__all__ = ["EMAIL", "Context", "looked_up", "predicates"]

# impact.com's documented maximum, in characters (the-conversion-object; attribution and order level data).
_MAX_LENGTHS = {"order_id": 64, "customer_id": 255, "promo_code": 255, "sku": 255, "category": 255}
EMAIL = r"[^@\s]+(@|%40)[^@\s]+\.[A-Za-z]{2,}"
"""An e-mail address, which impact.com forbids in ids."""
# With a country code or written like a number to dial; bare digits are an order number.
_PHONE = r"^(tel:)?(\+[0-9][0-9 ().-]{6,17}[0-9]|\([0-9]{3}\) ?[0-9]{3}[ -][0-9]{4})$"
# Each code with a comma behind it: a search for three letters and a comma finds none but these, and needs not stop often.
_CURRENCIES = ibis.literal("".join(f"{code}," for code in CURRENCIES))
_CURRENCY_LENGTH = 3
_MAX_FUTURE = timedelta(hours=24)
_SHORTEST_INSTALL = timedelta(seconds=10)


@dataclass(frozen=True)
class Context:
    """What the rules know beside the row: the configuration, the run's time (UTC), whether there are action records."""

    config: Config
    as_of: datetime
    with_actions: bool = False


def predicates(facts: ir.Table, context: Context) -> Mapping[str, ir.BooleanValue]:
    """Reason code → predicate over facts `looked_up`, all but `unreadable-row` and `matched`, in the catalogue's order."""
    return {
        **{reason: facts[reason] for reason in EXCLUSIONS},
        **(_action_rules(facts) if context.with_actions else {}),
        "duplicate-row": facts.duplicate_row,
        **_click_id_rules(facts),
        **_matching_rules(facts, context),
        "conflicting-order": facts.conflicting_order,
        "duplicate-order": ~facts.conflicting_order,
        **_parameter_rules(facts, context),
        **_warnings(facts, context),
        "not-joined": facts.usable & ~facts.joined,
    }


def looked_up(facts: ir.Table) -> ir.Table:
    """The facts with what is to be said of a usable ClickId that no click has: it `is_foreign`, or else `is_unknown`."""
    unknown = facts.usable & ~facts.known
    foreign = looks_foreign(facts.click_id, facts.mmp_device_id, facts.mmp_click_id, facts.event_id)
    # Asked of those few alone.
    is_foreign = unknown.ifelse(foreign, False)
    return facts.mutate(is_foreign=is_foreign, is_unknown=unknown & ~is_foreign)


def _action_rules(facts: ir.Table) -> dict[str, ir.BooleanValue]:
    """What was done about a conversion at impact.com; said of the first of rows that are copies."""
    is_first = facts.duplicate_row.isnull()
    return {
        "already-credited": is_first & facts.is_credited,
        "reversed-at-impact": is_first & facts.is_reversed,
        "amount-differs:amount": is_first & facts.amount_differs,
        "amount-differs:currency": is_first & facts.currency_differs,
    }


def _click_id_rules(facts: ir.Table) -> dict[str, ir.BooleanValue]:
    return {
        "missing-click-id": facts.click_id.isnull() & ~facts.click_id_withheld.fill_null(False),
        "unexpanded-macro": facts.is_macro,
        "placeholder-click-id": facts.is_placeholder,
        "placeholder-click-id:hashed": facts.click_id_withheld,
        "malformed-click-id": facts.is_malformed & ~facts.is_macro,
        "foreign-click-id": facts.is_foreign,
    }


def _is_cut(facts: ir.Table) -> ir.BooleanValue:
    """No click has it, and it stands where the export cut a text off."""
    return facts.is_unknown & facts.click_id_cut.fill_null(False)


def _matching_rules(facts: ir.Table, context: Context) -> dict[str, ir.BooleanValue]:
    window = _seconds(context.config.program.referral_window)
    without = facts.is_unknown & facts.near_miss.isnull() & ~_is_cut(facts)
    near = {
        reason: facts.is_unknown & (facts.near_miss == reason)
        for reason in ("click-id-case-changed", "click-id-encoding-changed", "click-id-truncated")
    }
    near["click-id-truncated"] |= _is_cut(facts) & facts.near_miss.isnull()
    return {
        **near,
        "click-export-incomplete": without & facts.joined & ~facts.covered,
        "orphan-click-id": without & facts.joined & facts.covered,
        "conversion-before-click": facts.all_later,
        "outside-referral-window": facts.matched_click_time < facts.event_time - window,
    }


def _parameter_rules(facts: ir.Table, context: Context) -> dict[str, ir.BooleanValue]:
    program = context.config.program
    now = ibis.literal(context.as_of, "timestamp")
    too_long = [(facts[name].length() > most).fill_null(False) for name, most in _MAX_LENGTHS.items()]
    personal = [_is_personal(facts[name]).fill_null(False) for name in ("order_id", "customer_id")]
    return {
        **{
            f"missing-parameter:{name}": rule
            for name, rule in _missing(facts, context.config, "required").items()
        },
        "invalid-time": facts.event_time.isnull() & facts.event_time_raw.notnull(),
        "future-event": facts.event_time > now + _seconds(_MAX_FUTURE),
        "too-old": facts.event_time < now - _seconds(program.max_event_age),
        "invalid-amount": (facts.amount.isnull() & facts.amount_raw.notnull()) | (facts.amount < 0),
        "invalid-currency": ~_is_currency(facts.currency),
        "value-too-long": ibis.or_(*too_long),
        "pii-in-parameter": ibis.or_(*personal),
    }


def _is_currency(text: ir.StringValue) -> ir.BooleanValue:
    return (text.length() == _CURRENCY_LENGTH) & _CURRENCIES.contains(text + ",")


def _is_personal(text: ir.StringValue) -> ir.BooleanValue:
    # The substring searches spare nearly all values the regular expressions.
    is_email = (text.contains("@") | text.contains("%40")).ifelse(text.re_search(EMAIL), False)
    is_phone = (text.contains("+") | text.contains("(")).ifelse(text.re_search(_PHONE), False)
    return is_email | is_phone


def _missing(facts: ir.Table, config: Config, level: str) -> dict[str, ir.BooleanValue]:
    """Parameter → whether it is null where the row's event asks for it at this level."""
    asked: dict[str, list[str]] = {}
    for event, settings in config.events.items():
        for parameter in getattr(settings, level):
            asked.setdefault(parameter, []).append(event)
    tests = {
        name: facts.event.isin(events) & facts[as_found(name)].isnull() for name, events in asked.items()
    }
    if level == "required":
        # impact.com asks for these always (the-conversion-object): an order id, a date, and a currency with money.
        always = {
            # An install's is derived from its time: without one, the time is what is wrong.
            "order_id": facts.order_id.isnull()
            & ~(facts.kind.isin(WITHOUT_ORDER_ID) & facts.event_time.isnull()),
            "event_time": facts.event_time_raw.isnull(),
            "currency": facts.currency.isnull() & facts.amount_raw.notnull(),
        }
        for name, test in always.items():
            tests[name] = test | tests[name] if name in tests else test
    return dict(sorted(tests.items()))


def _warnings(facts: ir.Table, context: Context) -> dict[str, ir.BooleanValue]:
    attributed = facts.click_id.notnull() & facts.usable
    valued = [name for name, event in context.config.events.items() if "amount" in event.required]
    since_click = facts.event_time - _seconds(_SHORTEST_INSTALL)
    return {
        "conflicting-attribution": attributed & (facts.attribution == "other"),
        "organic-with-click-id": attributed & facts.attribution.isin(["organic", "unknown"]),
        "view-through": facts.touch_type == "impression",
        "short-click-to-install": facts.kind.isin(INSTALLS) & (facts.matched_click_time > since_click),
        "zero-amount": facts.event.isin(valued) & (facts.amount == 0) if valued else ibis.literal(False),
        **{
            f"missing-recommended:{name}": rule
            for name, rule in _missing(facts, context.config, "recommended").items()
        },
    }


def _seconds(duration: timedelta) -> ir.IntervalScalar:
    return ibis.interval(seconds=int(duration.total_seconds()))
