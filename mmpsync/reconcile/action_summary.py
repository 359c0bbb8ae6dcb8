"""The figures of a run's action records, in total and by file."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from mmpsync.engines.interface import Engine
from mmpsync.reconcile.actions import MATCHED, UNEXPLAINED, ActionRecords
from mmpsync.summaries import ActionFile, ActionSummary, added

__all__ = ["summarise"]


def summarise(engine: Engine, actions: ActionRecords, files: Sequence[str]) -> ActionSummary:
    """Count the records; `files` are all that were read as such, also those without any."""
    rows = actions.table
    parts = engine.rows(
        rows.group_by("source_file", "standing", "state", "is_reversed", "is_outside", "currency").agg(
            n=rows.count(),
            amount=rows.amount.cast("decimal(38,6)").sum(),
            earliest=rows.event_time.min(),
            latest=rows.event_time.max(),
        )
    )
    by_file: dict[str, Counter[str]] = {path: Counter() for path in sorted(files)}
    states: Counter[str] = Counter()
    amounts: list[tuple[str | None, Decimal]] = []
    for part in parts:
        by_file[part["source_file"]][part["standing"]] += part["n"]
        if part["standing"] in (MATCHED, UNEXPLAINED):
            states[part["state"] or "unknown"] += part["n"]
        if part["standing"] == UNEXPLAINED and not part["is_reversed"] and part["amount"] is not None:
            amounts.append((part["currency"], part["amount"]))
    unexplained = [part for part in parts if part["standing"] == UNEXPLAINED]
    in_files = tuple(ActionFile(path=path, records=n.total(), **n) for path, n in by_file.items())
    return ActionSummary(
        records=sum(file.records for file in in_files),
        matched=sum(file.matched for file in in_files),
        unexplained=sum(file.unexplained for file in in_files),
        repeated=sum(file.repeated for file in in_files),
        reattributed=sum(file.reattributed for file in in_files),
        unexplained_outside=sum(part["n"] for part in unexplained if part["is_outside"]),
        unexplained_amounts=added(amounts),
        states=dict(sorted(states.items())),
        earliest=min((part["earliest"] for part in parts if part["earliest"]), default=None),
        latest=max((part["latest"] for part in parts if part["latest"]), default=None),
        files=in_files,
    )
