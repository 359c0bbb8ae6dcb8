"""The aggregates that reports show. The engine adds up; Python only arranges small results."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import ROUND_FLOOR, Decimal
from typing import Any, get_args

import ibis
import ibis.expr.types as ir

from mmpsync.config import Config
from mmpsync.engines.interface import Engine
from mmpsync.ingest.canonical import as_found
from mmpsync.reasons import AT_RISK, CATALOGUE, IN_SCOPE, OUT_OF_RATE, SEPARATOR, VERDICTS
from mmpsync.summaries import (
    Completeness,
    CurrencyRows,
    Example,
    Level,
    Money,
    ReasonFile,
    ReasonSummary,
    Summary,
    VerdictSummary,
    added,
)

__all__ = [
    "Tally",
    "at_risk",
    "completeness",
    "match_rate",
    "reason_summaries",
    "summary",
    "tally",
]

_EXAMPLES = 3
_SUMMED_BY = ("verdict", "reason", "currency")


class Tally:
    """Rows and money per file, verdict, reason and currency; everything else is a sum over it.

    Those of all files together are few, however many files there are: sums are over them.
    """

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self.rows = list(rows)
        sums: dict[tuple[str | None, ...], dict[str, Any]] = {}
        for row in self.rows:
            key = tuple(row.get(name) for name in _SUMMED_BY)
            of_key = sums.setdefault(
                key, {**dict(zip(_SUMMED_BY, key, strict=True)), "rows": 0, "amount": None}
            )
            of_key["rows"] += row["rows"]
            if row["amount"] is not None:
                of_key["amount"] = row["amount"] + (of_key["amount"] or 0)
        self._sums = list(sums.values())

    def count(self, **where: str) -> int:
        """Rows with these values."""
        return sum(row["rows"] for row in self._those(where))

    def money(self, **where: str) -> tuple[Money, ...]:
        """Money per currency of the rows with these values."""
        rows = self._those(where)
        return added((row["currency"], row["amount"]) for row in rows if row["amount"] is not None)

    def _those(self, where: Mapping[str, str]) -> Iterable[Mapping[str, Any]]:
        return (row for row in self._sums if all(row[key] == value for key, value in where.items()))

    def by_reason(self) -> dict[str, list[Mapping[str, Any]]]:
        """The rows of each reason, file by file."""
        found: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for row in self.rows:
            found[row["reason"]].append(row)
        return found


def tally(engine: Engine, judged: ir.Table, unreadable: ir.Table) -> Tally:
    """Add up the judged rows; the unreadable records of conversion files are rows without money."""
    grouped = judged.group_by("source_file", "verdict", "reason", "currency").agg(
        rows=judged.count(),
        amount=judged.amount.cast("decimal(38,6)").sum(),
        first_row=judged.source_row.min(),
    )
    order = ["source_file", "verdict", "reason", "currency"]
    rows = engine.rows(grouped.order_by([ibis.asc(name, nulls_first=True) for name in order]))
    broken = unreadable.group_by("source_file").agg(rows=unreadable.count(), first_row=unreadable.row.min())
    beside = {"verdict": "unreadable", "reason": "unreadable-row", "currency": None, "amount": None}
    rows += [row | beside for row in engine.rows(broken.order_by("source_file"))]
    return Tally(rows)


def summary(engine: Engine, judged: ir.Table, counted: Tally) -> Summary:
    """The funnel of a whole run."""
    verdicts = tuple(
        VerdictSummary(verdict=v, rows=counted.count(verdict=v), amounts=counted.money(verdict=v))
        for v in VERDICTS
    )
    by_verdict: dict[str, int] = {v.verdict: v.rows for v in verdicts}
    in_scope = judged.filter(judged.in_scope & (judged.attribution == "impact"))
    found = engine.rows(in_scope.aggregate(rows=in_scope.count(), usable=in_scope.usable.sum()))[0]
    return Summary(
        rows=counted.count(),
        in_scope=sum(by_verdict[v] for v in IN_SCOPE),
        verdicts=verdicts,
        match_rate=match_rate(by_verdict),
        match_rate_by_amount=_match_rate_by_amount(counted),
        click_id_coverage=_share(found["usable"] or 0, found["rows"]),
        at_risk=at_risk(counted),
    )


def match_rate(verdicts: Mapping[str, int]) -> float | None:
    """Clean / (in scope - held - duplicate), of rows per verdict."""
    in_rate = sum(verdicts.get(verdict, 0) for verdict in IN_SCOPE if verdict not in OUT_OF_RATE)
    return _share(verdicts.get("clean", 0), in_rate)


def _match_rate_by_amount(counted: Tally) -> dict[str, float]:
    clean = {m.currency: m.amount for m in counted.money(verdict="clean")}
    lost: defaultdict[str | None, Decimal] = defaultdict(Decimal)
    for verdict in AT_RISK:
        for reason in (entry.code for entry in CATALOGUE if entry.verdict == verdict):
            for money in counted.money(verdict=verdict, reason=reason):
                # A negative amount is a fault, not money that came back.
                lost[money.currency] += max(money.amount, Decimal(0))
    rates = {c: _share(clean.get(c, Decimal(0)), clean.get(c, Decimal(0)) + lost[c]) for c in {*clean, *lost}}
    return {c: rates[c] for c in sorted(filter(None, rates)) if rates[c] is not None}  # type: ignore[misc]


def at_risk(counted: Tally) -> tuple[Money, ...]:
    """Money of unattributed and incomplete rows, per currency."""
    amounts = (money for verdict in AT_RISK for money in counted.money(verdict=verdict))
    return added((money.currency, money.amount) for money in amounts)


def _share(part: int | Decimal, whole: int | Decimal) -> float | None:
    """A share to six places, rounded down so that no limit is met by rounding; null of nothing."""
    if whole <= 0:
        return None
    return float((Decimal(part) / Decimal(whole)).quantize(Decimal("0.000001"), ROUND_FLOOR))


def reason_summaries(engine: Engine, judged: ir.Table, counted: Tally) -> tuple[ReasonSummary, ...]:
    """Every reason that occurs, in the catalogue's order, with files and the first rows as examples."""
    also, parameters = _secondary(engine, judged)
    examples = _examples(engine, judged)
    by_reason = counted.by_reason()
    found = []
    for reason in CATALOGUE:
        rows = counted.count(reason=reason.code)
        if not rows and not also[reason.code]:
            continue
        found.append(
            ReasonSummary(
                code=reason.code,
                verdict=reason.verdict,
                severity=reason.severity,
                rows=rows,
                also=also[reason.code],
                amounts=counted.money(reason=reason.code),
                parameters=dict(sorted(parameters[reason.code].items())),
                files=_files(by_reason.get(reason.code, ())),
                examples=tuple(examples[reason.code]),
            )
        )
    return tuple(found)


def _secondary(engine: Engine, judged: ir.Table) -> tuple[Mapping[str, int], Mapping[str, Mapping[str, int]]]:
    """How often each reason stands behind another, and the parameters that reasons name."""
    also: defaultdict[str, int] = defaultdict(int)
    parameters: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    rows = engine.rows(judged.group_by("reason", "reasons").agg(rows=judged.count()))
    for row in rows:
        codes = [code.partition(":") for code in row["reasons"].split(SEPARATOR) if code]
        for code, _, parameter in codes:
            if parameter:
                parameters[code][parameter] += row["rows"]
        for code in {code for code, _, _ in codes} - {row["reason"]}:
            also[code] += row["rows"]
    return also, parameters


def _files(rows: Iterable[Mapping[str, Any]]) -> tuple[ReasonFile, ...]:
    """Where the rows of a reason are, by file."""
    of_file: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        of_file[row["source_file"]].append(row)
    return tuple(
        ReasonFile(
            path=path,
            first_row=min(row["first_row"] for row in of_file[path]),
            rows=sum(row["rows"] for row in of_file[path]),
            currencies=tuple(
                CurrencyRows(currency=row["currency"], rows=row["rows"], amount=row["amount"])
                for row in of_file[path]
            ),
        )
        for path in sorted(of_file)
    )


def _examples(engine: Engine, judged: ir.Table) -> dict[str, list[Example]]:
    """The first rows of each reason that is worth looking at, by file and row."""
    dull = [
        reason.code
        for reason in CATALOGUE
        if reason.severity == "none" or (reason.verdict == "excluded" and reason.severity == "info")
    ]
    rows = judged.filter(judged.reason.notin(dull))
    rows = rows.mutate(amount_raw=rows.amount.isnull().ifelse(rows.amount_raw, ibis.null("string")))
    place = ibis.row_number().over(group_by="reason", order_by=["source_file", "source_row"])
    first = rows.select("reason", *Example.model_fields, place=place)
    first = first.filter(first.place < _EXAMPLES).order_by("reason", "place").drop("place")
    examples: defaultdict[str, list[Example]] = defaultdict(list)
    for row in engine.rows(first):
        examples[row.pop("reason")].append(Example(**row))
    return examples


def completeness(engine: Engine, judged: ir.Table, config: Config) -> tuple[Completeness, ...]:
    """Share of rows in scope that carry each parameter their event requires or recommends.

    `order_id` counts for every row; the others for the events that ask for them.
    """
    asked: dict[tuple[str, Level], list[str] | None] = {("order_id", "required"): None}
    for event, settings in config.events.items():
        for level in get_args(Level):
            for parameter in getattr(settings, level):
                events = asked.setdefault((parameter, level), [])
                if events is not None:
                    events.append(event)
    rows = judged.filter(judged.in_scope)
    columns: dict[str, ir.Value] = {}
    for number, ((parameter, _), events) in enumerate(asked.items()):
        asks = ibis.literal(True) if events is None else rows.event.isin(events)
        columns[f"rows_{number}"] = rows.count(where=asks)
        columns[f"filled_{number}"] = rows.count(where=asks & rows[as_found(parameter)].notnull())
    counts = engine.rows(rows.aggregate(**columns))[0]
    return tuple(
        Completeness(
            parameter=parameter,
            level=level,
            rows=counts[f"rows_{number}"],
            filled=counts[f"filled_{number}"],
            share=_share(counts[f"filled_{number}"], counts[f"rows_{number}"]) or 0.0,
        )
        for number, (parameter, level) in enumerate(asked)
        if counts[f"rows_{number}"]
    )
