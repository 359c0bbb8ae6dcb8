"""The ledger for other programs: every conversion in it, as CSV or JSON, in pieces as they are read."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from mmpsync.push.advice import advice, reason_of
from mmpsync.push.entries import Entry
from mmpsync.report.csv import cell

__all__ = ["COLUMNS", "LISTINGS"]

COLUMNS = (
    *("state", "codes", "reason", "advice", "note", "campaign_id", "target", "event_code", "order_id"),
    *("click_id", "event", "app_id", "event_date", "amount", "currency", "submission", "attempts"),
    *("sent_at", "settled_at", "run"),
)


def _values(entry: Entry) -> tuple[Any, ...]:
    key = entry.key
    return (
        *(entry.state.value, " ".join(entry.codes), " ".join(filter(None, map(reason_of, entry.codes)))),
        *(" ".join(map(advice, entry.codes)), entry.note),
        *(key.campaign_id, key.target, key.event_code, key.order_id),
        *(entry.click_id, entry.event, entry.app_id, entry.event_date),
        *(
            "" if entry.amount is None else f"{entry.amount:f}",
            entry.currency,
            entry.submission,
            entry.attempts,
        ),
        *(_time(entry.sent_at), _time(entry.settled_at), entry.run),
    )


def _time(epoch: float) -> str:
    return f"{datetime.fromtimestamp(epoch, UTC):%Y-%m-%dT%H:%M:%SZ}" if epoch else ""


def _csv(entries: Iterable[Entry]) -> Iterator[str]:
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(COLUMNS)
    for entry in entries:
        yield table.getvalue()
        table.seek(0)
        table.truncate()
        writer.writerow([cell(str(value)) for value in _values(entry)])
    yield table.getvalue()


def _json(entries: Iterable[Entry]) -> Iterator[str]:
    mark = "[\n"
    for entry in entries:
        yield mark + json.dumps(dict(zip(COLUMNS, _values(entry), strict=True)), ensure_ascii=False)
        mark = ",\n"
    yield "[]\n" if mark == "[\n" else "\n]\n"


LISTINGS: Mapping[str, Callable[[Iterable[Entry]], Iterator[str]]] = MappingProxyType(
    {"csv": _csv, "json": _json}
)
"""The formats, by name."""
