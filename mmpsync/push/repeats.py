"""Orders that stand twice in a plan: two events of mmpsync.toml may be one at impact.com, by type_id or by code.

Which of their rows is right cannot be told here, and reconcile, which could, took them for two orders.
"""

import ibis
import ibis.expr.types as ir

from mmpsync.engines.interface import Engine

__all__ = ["without_repeats"]

_KEY = ("campaign_id", "target", "event_code", "order_id")


def without_repeats(engine: Engine, planned: ir.Table) -> ir.Table | None:
    """The rows of a plan, in their order, all that share a key skipped as `repeated-order`; None where none do."""
    key = ibis.literal("\x1f").join([planned[name] for name in _KEY])
    sent = planned.filter(planned.skipped.isnull()).select(key=key)
    repeated = sent.group_by("key").agg(rows=sent.count()).filter(lambda keys: keys.rows > 1)
    if not engine.rows(repeated.limit(1)):
        return None
    is_repeated = planned.skipped.isnull() & key.isin(repeated.key)
    return planned.mutate(skipped=is_repeated.ifelse(ibis.literal("repeated-order"), planned.skipped))
