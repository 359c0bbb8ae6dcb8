"""What a preview shows of a plan: rows and money that would be sent, what is skipped and why, three requests."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import ibis.expr.types as ir

from mmpsync.engines.interface import Engine
from mmpsync.summaries import Frozen, Money

__all__ = ["DIMENSIONS", "Dimension", "PlanSummary", "PlannedGroup", "RemarkSummary", "Request", "summarise"]

Dimension = Literal["event", "app", "partner"]
DIMENSIONS: Mapping[Dimension, str] = {"event": "event", "app": "app_id", "partner": "partner"}
_MOST_REQUESTS = 3


class PlannedGroup(Frozen):
    """The rows to be sent with one value of a dimension; `name` is null where they have none."""

    dimension: Dimension
    name: str | None
    rows: int
    amounts: tuple[Money, ...] = ()


class RemarkSummary(Frozen):
    """Rows of which a plan says something, by its code, such as `too-long:Text1`."""

    code: str
    rows: int
    amounts: tuple[Money, ...] = ()


class Request(Frozen):
    """One request as it would be sent, whole: mask it before showing it."""

    source_file: str
    source_row: int
    event: str | None
    fields: dict[str, str]


class PlanSummary(Frozen):
    """The plan in figures: `rows` of the clean set are `to_send` or `skipped`; amounts are the rows' own."""

    run: str
    style: str
    rows: int
    to_send: int
    amounts: tuple[Money, ...] = ()
    groups: tuple[PlannedGroup, ...] = ()
    skipped: tuple[RemarkSummary, ...] = ()
    notes: tuple[RemarkSummary, ...] = ()
    requests: tuple[Request, ...] = ()

    def by(self, dimension: Dimension) -> tuple[PlannedGroup, ...]:
        """The groups of one dimension, the largest first."""
        return tuple(group for group in self.groups if group.dimension == dimension)


def summarise(engine: Engine, planned: ir.Table, run: str, style: str) -> PlanSummary:
    """Add up a plan's rows; `planned` has the PLAN and WORKING columns."""
    sent = planned.filter(planned.skipped.isnull())
    by_currency = _counted(engine, sent, [])
    skipped = _told(_counted(engine, planned.filter(planned.skipped.notnull()), ["skipped"]), "skipped")
    noted = sent.filter(sent.notes != "").mutate(note=sent.notes.split(";")).unnest("note")
    to_send = sum(row["rows"] for row in by_currency)
    return PlanSummary(
        run=run,
        style=style,
        rows=to_send + sum(told.rows for told in skipped),
        to_send=to_send,
        amounts=_money(by_currency),
        groups=tuple(group for dimension in DIMENSIONS for group in _groups(engine, sent, dimension)),
        skipped=skipped,
        notes=_told(_counted(engine, noted, ["note"]), "note"),
        requests=_requests(engine, sent),
    )


def _counted(engine: Engine, rows: ir.Table, by: Sequence[str]) -> list[dict[str, Any]]:
    """Rows and money per currency, and per value of `by`."""
    groups = rows.group_by([*by, "currency"]).agg(rows=rows.count(), amount=rows.amount.sum())
    return engine.rows(groups.order_by([*by, "currency"]))


def _money(counted: Sequence[Mapping[str, Any]]) -> tuple[Money, ...]:
    return tuple(
        Money(currency=row["currency"], amount=row["amount"]) for row in counted if row["amount"] is not None
    )


def _by_value(counted: Sequence[Mapping[str, Any]], key: str) -> Iterator[tuple[Any, int, tuple[Money, ...]]]:
    """Each value with its rows and money, the largest first."""
    found: dict[Any, list[Mapping[str, Any]]] = {}
    for row in counted:
        found.setdefault(row[key], []).append(row)
    totals = {value: sum(row["rows"] for row in rows) for value, rows in found.items()}
    for value in sorted(found, key=lambda value: (-totals[value], value is None, str(value))):
        yield value, totals[value], _money(found[value])


def _told(counted: Sequence[Mapping[str, Any]], key: str) -> tuple[RemarkSummary, ...]:
    return tuple(
        RemarkSummary(code=code, rows=rows, amounts=money) for code, rows, money in _by_value(counted, key)
    )


def _groups(engine: Engine, sent: ir.Table, dimension: Dimension) -> Iterator[PlannedGroup]:
    column = DIMENSIONS[dimension]
    for name, rows, money in _by_value(_counted(engine, sent, [column]), column):
        yield PlannedGroup(dimension=dimension, name=name, rows=rows, amounts=money)


def _requests(engine: Engine, sent: ir.Table) -> tuple[Request, ...]:
    """The first row of as many events as there is room for, then more of them."""
    kept = sent.select("source_file", "source_row", "event", "fields")
    first = engine.rows(kept.distinct(on="event", keep="first").order_by("event").limit(_MOST_REQUESTS))
    places = {(row["source_file"], row["source_row"]) for row in first}
    if len(first) < _MOST_REQUESTS:
        more = engine.rows(kept.limit(2 * _MOST_REQUESTS))
        first += [row for row in more if (row["source_file"], row["source_row"]) not in places]
    return tuple(
        Request.model_validate({**row, "fields": dict(row["fields"])}) for row in first[:_MOST_REQUESTS]
    )
