"""The funnel of a run: rows and money from what was read down to what can be sent. Currencies are never summed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from mmpsync.reasons import IN_SCOPE, OUT_OF_SCOPE, VERDICTS
from mmpsync.run import Run
from mmpsync.summaries import Money, added

__all__ = ["Stage", "currencies", "stages"]


@dataclass(frozen=True)
class Stage:
    """Some verdicts together: `rows` of the `whole` (null for the first), money by currency without zeros.

    `depth` says how far below the first it lies: 0 read, 1 parts of that, 2 parts of what is in scope.
    """

    label: str
    depth: int
    rows: int
    whole: int | None
    money: Mapping[str | None, Decimal]


def stages(run: Run) -> tuple[Stage, ...]:
    """Everything read, what is in scope, each verdict, and what is at risk of these."""
    found = run.summary
    amounts = {verdict.verdict: verdict.amounts for verdict in found.verdicts}

    def stage(label: str, depth: int, verdicts: Sequence[str], whole: int | None) -> Stage:
        rows = sum(found.count(verdict) for verdict in verdicts)
        return Stage(
            label,
            depth,
            rows,
            whole,
            _added(money for verdict in verdicts for money in amounts.get(verdict, ())),
        )

    return (
        stage("Read", 0, VERDICTS, None),
        stage("in scope", 1, IN_SCOPE, found.rows),
        *(stage(verdict, 2, [verdict], found.in_scope) for verdict in IN_SCOPE),
        *(stage(verdict, 1, [verdict], found.rows) for verdict in OUT_OF_SCOPE),
        Stage("At risk", 0, found.rows_at_risk, found.in_scope, _added(found.at_risk)),
    )


def currencies(run: Run) -> list[str | None]:
    """List the currencies of the rows in scope, none last."""
    found = {
        money.currency
        for verdict in run.summary.verdicts
        if verdict.verdict in IN_SCOPE
        for money in verdict.amounts
        if money.amount
    }
    return sorted(found, key=lambda code: (code is None, code or ""))


def _added(amounts: Iterable[Money]) -> dict[str | None, Decimal]:
    """What each currency adds up to, without those that come to nothing."""
    sums = added((money.currency, money.amount) for money in amounts)
    return {money.currency: money.amount for money in sums if money.amount}
