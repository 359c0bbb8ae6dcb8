"""Conversion ↔ action: what is credited at impact.com already, and which actions no row of the exports explains.

What the actions of an order say is put together before conversions are joined to it: however many rows and actions
have the same order id, no product of the two arises, and a conversion never multiplies.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from mmpsync.config import Config
from mmpsync.engines.interface import Engine
from mmpsync.ingest.canonical import ACTION
from mmpsync.reconcile.duplicates import text_of

__all__ = ["ACTION_COLUMNS", "FLAGS", "MATCHED", "UNEXPLAINED", "ActionRecords", "credit"]

FLAGS = ("is_credited", "is_reversed", "amount_differs", "currency_differs")
ACTION_COLUMNS = ("action_id", "action_amount", "action_currency")
MATCHED, UNEXPLAINED = "matched", "unexplained"
_REPEATED, _REATTRIBUTED = "repeated", "reattributed"
_APPROVED = "approved"
_NO_CONVERSION = "other"
# Which of an order's actions are the same to a conversion.
_KEY = ("order_id", "event", "tracker_id")
_CONTENT = tuple(name for name in ACTION if name != "source_file")


@dataclass(frozen=True)
class ActionRecords:
    """The action records of a run.

    `table`: the columns of Action and each record's `standing`: `matched` or `unexplained`, or, where another
    record speaks for it, `repeated` (the same action again) or `reattributed` (reversed, and the order credited
    anew). `is_outside`: its time is before or after all conversions. `credits`, keyed by position: FLAGS and
    ACTION_COLUMNS of the conversions that have an action.
    """

    table: ir.Table
    credits: ir.Table


def credit(
    engine: Engine, conversions: ir.Table, actions: Sequence[ir.Table], config: Config
) -> ActionRecords:
    """Look up every conversion among the action records, and every action among the conversions."""
    stacked = ibis.union(*actions) if len(actions) > 1 else actions[0]
    records = engine.materialize(_told_apart(stacked, config), "actions")
    rows = conversions.filter(conversions.kind != _NO_CONVERSION)
    pairs = engine.materialize(_pairs(rows, records, config), "action_pairs")
    covered = engine.rows(rows.aggregate(earliest=rows.event_time.min(), latest=rows.event_time.max()))[0]
    table = engine.materialize(_with_standing(records, pairs, covered), "told_actions")
    return ActionRecords(table, _credits(pairs))


def _told_apart(actions: ir.Table, config: Config) -> ir.Table:
    """The records with the `event` that they are about and the `standing` of those that another speaks for."""
    rows = actions.mutate(
        **_event_of_action(actions.event_name, config),
        same_action=ibis.coalesce("=" + actions.action_id, text_of(*(actions[name] for name in _CONTENT))),
    )
    # An action only ever goes from pending to approved or reversed: the record that is furthest counts. Between
    # others content decides, so that the order of the files does not.
    finality = ibis.cases((rows.is_reversed, 2), (rows.state == _APPROVED, 1), else_=0)
    content = [rows[name].asc(nulls_first=False) for name in (*_CONTENT, "source_file")]
    rows = rows.mutate(
        is_repeated=ibis.row_number().over(group_by=rows.same_action, order_by=[finality.desc(), *content])
        > 0,
        credit_key=rows.order_id.notnull().ifelse(
            text_of(*(rows[name] for name in _KEY)), ibis.null("string")
        ),
    )
    is_live = (~rows.is_repeated & ~rows.is_reversed).cast("int8")
    rows = rows.mutate(has_live=is_live.max().over(group_by=rows.credit_key) == 1)
    is_replaced = rows.is_reversed & rows.has_live & rows.credit_key.notnull()
    none = ibis.null("string")
    return rows.mutate(
        standing=ibis.cases((rows.is_repeated, _REPEATED), (is_replaced, _REATTRIBUTED), else_=none)
    )


def _pairs(rows: ir.Table, records: ir.Table, config: Config) -> ir.Table:
    """Conversions beside what the actions of their order, event and app say, a row for each `credit_key`."""
    ordered = records.filter(records.standing.isnull() & records.order_id.notnull())
    rows = rows.semi_join(ordered, "order_id")
    rows = rows.select("position", "order_id", "event", "event_name", "kind", "app_id", "amount", "currency")
    rows = rows.mutate(own_event=_event_of_row(rows, config), own_tracker=_tracker_of_row(rows, config))
    pairs = rows.drop("event").join(_by_key(ordered), "order_id")
    is_same = (pairs.own_event == pairs.event).fill_null(False)
    # An action whose word for its event is known is about that event; any other is about the order.
    is_known = is_same.cast("int8").max().over(group_by=pairs.credit_key) == 1
    pairs = pairs.mutate(is_meant=is_same | ~(pairs.is_configured | is_known))
    trackers = [str(app.tracker_id) for app in config.apps.values() if app.tracker_id is not None]
    if not trackers:
        return pairs.filter(pairs.is_meant)
    is_other_app = pairs.tracker_id.isin(trackers) & (pairs.own_tracker != pairs.tracker_id)
    return pairs.filter(pairs.is_meant & ~is_other_app.fill_null(False))


def _by_key(records: ir.Table) -> ir.Table:
    live = ~records.is_reversed
    return records.group_by("credit_key", *_KEY, "is_configured").agg(
        live=records.count(where=live),
        live_id=records.action_id.min(where=live),
        reversed_id=records.action_id.min(where=records.is_reversed),
        least=records.amount.min(where=live),
        most=records.amount.max(where=live),
        first_currency=records.currency.min(where=live),
        last_currency=records.currency.max(where=live),
    )


def _with_standing(records: ir.Table, pairs: ir.Table, covered: Mapping[str, object]) -> ir.Table:
    rows = records.left_join(pairs.select("credit_key").distinct(), "credit_key")
    earliest, latest = (ibis.literal(covered[name], "timestamp") for name in ("earliest", "latest"))
    return rows.select(
        *ACTION,
        standing=ibis.coalesce(rows.standing, rows.credit_key_right.notnull().ifelse(MATCHED, UNEXPLAINED)),
        is_outside=((rows.event_time < earliest) | (rows.event_time > latest)).fill_null(False),
    )


def _credits(pairs: ir.Table) -> ir.Table:
    """Per position what its actions say; one that is not reversed outweighs those that are."""
    is_compared = pairs.amount.notnull() & pairs.least.notnull()
    other_currency = (pairs.first_currency != pairs.currency) | (pairs.last_currency != pairs.currency)
    other_amount = (pairs.least != pairs.amount) | (pairs.most != pairs.amount)
    pairs = pairs.mutate(
        other_currency=(is_compared & other_currency).fill_null(False),
        other_amount=(is_compared & other_amount).fill_null(False),
        # Of several amounts, one that is not the row's.
        shown=(pairs.most != pairs.amount).ifelse(pairs.most, pairs.least),
    )
    found = pairs.group_by("position").agg(
        live=pairs.live.sum(),
        live_id=pairs.live_id.min(),
        reversed_id=pairs.reversed_id.min(),
        action_amount=pairs.shown.max(),
        action_currency=pairs.last_currency.max(),
        # Amounts in two currencies do not compare.
        amount_differs=pairs.count(where=pairs.other_amount & ~pairs.other_currency) > 0,
        currency_differs=pairs.count(where=pairs.other_currency) > 0,
    )
    is_credited = found.live > 0
    return found.mutate(
        is_credited=is_credited,
        is_reversed=~is_credited,
        action_id=is_credited.ifelse(found.live_id, found.reversed_id),
    ).select("position", *FLAGS, *ACTION_COLUMNS)


def _event_of_action(name: ir.StringValue, config: Config) -> dict[str, ir.Value]:
    """`event`: that which the action's word stands for, else the word; `is_configured`: whether it is known."""
    word, words = name.lower(), _words(config)
    if not words:
        return {"event": word, "is_configured": ibis.literal(False)}
    is_configured = word.isin(list(words)).fill_null(False)
    return {"event": word.cases(*words.items(), else_=word), "is_configured": is_configured}


def _event_of_row(rows: ir.Table, config: Config) -> ir.StringValue:
    own = ibis.coalesce(rows.event, rows.event_name, rows.kind)
    said = {key: (event.code or key).lower() for key, event in config.events.items()}
    return own.cases(*said.items(), else_=own.lower()) if said else own.lower()


def _tracker_of_row(rows: ir.Table, config: Config) -> ir.StringValue:
    trackers = {app: str(each.tracker_id) for app, each in config.apps.items() if each.tracker_id is not None}
    none = ibis.null("string")
    return rows.app_id.cases(*trackers.items(), else_=none) if trackers else none


def _words(config: Config) -> Mapping[str, str]:
    """Every word, lower case, for a configured event → its code, else its key.

    A code is impact.com's own word, so it comes before the names that an MMP has for another event.
    """
    own = {key: (event.code or key).lower() for key, event in config.events.items()}
    said = [
        *((word, word) for word in own.values()),
        *((key.lower(), word) for key, word in own.items()),
        *((name.lower(), own[key]) for key, event in config.events.items() for name in event.names),
    ]
    return dict(reversed(said))
