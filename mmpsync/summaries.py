"""What a run counted: the files and records that were read, and what became of the rows of the exports.

Amounts are decimals per currency and never summed across currencies; times are UTC; shares are 0 … 1.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict

from mmpsync.reasons import AT_RISK, BY_CODE, OUT_OF_RATE, SEPARATOR

__all__ = [
    "ActionFile",
    "ActionSummary",
    "ClickSummary",
    "Completeness",
    "Ctit",
    "CurrencyRows",
    "Dimension",
    "Example",
    "FileSummary",
    "Frozen",
    "Group",
    "LeftOutFile",
    "Level",
    "Money",
    "ReasonFile",
    "ReasonSummary",
    "Summary",
    "UtcTime",
    "VerdictSummary",
    "added",
]

Level = Literal["required", "recommended"]
Dimension = Literal["app", "platform", "event", "partner", "campaign", "publisher", "day"]


def _in_utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


UtcTime = Annotated[datetime, AfterValidator(_in_utc)]
"""A time of the engine's, which is UTC and says nothing of it; JSON's have to."""


class Frozen(BaseModel):
    """A part of a result: it never changes, and has no more than its schema says."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Money(Frozen):
    """An amount in one currency; `currency` is null where the rows name none."""

    currency: str | None
    amount: Decimal


def added(amounts: Iterable[tuple[str | None, Decimal]]) -> tuple[Money, ...]:
    """Add up amounts with their currencies, each currency by itself; that of rows that name none comes first."""
    sums: defaultdict[str | None, Decimal] = defaultdict(Decimal)
    for currency, amount in amounts:
        sums[currency] += amount
    return tuple(
        Money(currency=code, amount=sums[code]) for code in sorted(sums, key=lambda code: code or "")
    )


class VerdictSummary(Frozen):
    """Rows and money with one verdict."""

    verdict: str
    rows: int
    amounts: tuple[Money, ...] = ()


class Summary(Frozen):
    """The funnel. rows = the sum of all verdicts' rows; in_scope leaves out excluded and unreadable rows.

    match_rate = clean / (in scope - held - duplicate), by rows, and by amount per currency;
    click_id_coverage = rows with a usable ClickId / rows in scope attributed to impact.com;
    at_risk = money of unattributed and incomplete rows. A rate of nothing is null.
    """

    rows: int
    in_scope: int
    verdicts: tuple[VerdictSummary, ...]
    match_rate: float | None
    match_rate_by_amount: dict[str, float]
    click_id_coverage: float | None
    at_risk: tuple[Money, ...]

    def count(self, verdict: str) -> int:
        """Rows with this verdict."""
        return next((v.rows for v in self.verdicts if v.verdict == verdict), 0)

    @property
    def in_rate(self) -> int:
        """The rows that the match rate is a share of."""
        return self.in_scope - sum(self.count(verdict) for verdict in OUT_OF_RATE)

    @property
    def rows_at_risk(self) -> int:
        """The rows that `at_risk` is the money of."""
        return sum(self.count(verdict) for verdict in AT_RISK)


class Example(Frozen):
    """One row of a reason, as found: mask it before showing it.

    `amount_raw` is what stands there where that is no amount.
    """

    source_file: str
    source_row: int
    event_name: str | None = None
    event_time: UtcTime | None = None
    media_source: str | None = None
    click_id_raw: str | None = None
    order_id: str | None = None
    amount: Decimal | None = None
    amount_raw: str | None = None
    currency: str | None = None
    suggestion: str | None = None
    reasons: str = ""

    @property
    def codes(self) -> list[str]:
        """The codes of its reasons, the primary one first."""
        return [code.partition(":")[0] for code in self.reasons.split(SEPARATOR) if code]

    def named(self, reason: str) -> list[str]:
        """What one of its reasons names: the order_id of missing-parameter:order_id."""
        parts = (code.partition(":") for code in self.reasons.split(SEPARATOR))
        return [parameter for code, colon, parameter in parts if colon and code == reason]


class CurrencyRows(Frozen):
    """Rows in one currency, null where they name none, and their money, null where no row has any."""

    currency: str | None
    rows: int
    amount: Decimal | None = None


class ReasonFile(Frozen):
    """Where a reason occurs: a file, its first data row with the reason, how many rows, and these by currency."""

    path: str
    first_row: int
    rows: int
    currencies: tuple[CurrencyRows, ...] = ()


class ReasonSummary(Frozen):
    """One reason that occurred: `rows` with it as the primary reason, `also` rows that have it besides another.

    The rows of all reasons add up to the run's rows. `parameters` counts, for reasons that name one, the
    rows that do, primary or not.
    """

    code: str
    verdict: str
    severity: str
    rows: int
    also: int = 0
    amounts: tuple[Money, ...] = ()
    parameters: dict[str, int] = {}
    files: tuple[ReasonFile, ...] = ()
    examples: tuple[Example, ...] = ()

    @property
    def found(self) -> int:
        """The rows that count for it: those with it as the primary reason; of a remark on others, all that have it."""
        return self.rows + (self.also if BY_CODE[self.code].is_remark else 0)


class Ctit(Frozen):
    """Click-to-install time: seconds at percentiles 1, 5, 50, 95, 99 and installs per span of time."""

    installs: int
    percentiles: dict[str, float] = {}
    histogram: dict[str, int] = {}
    label: str | None = None


class Group(Frozen):
    """The rows in scope with one value of a dimension; `name` is null where the rows have none."""

    dimension: Dimension
    name: str | None
    rows: int
    verdicts: dict[str, int]
    match_rate: float | None
    at_risk: tuple[Money, ...] = ()
    ctit: Ctit | None = None

    @property
    def in_rate(self) -> int:
        """The rows that the match rate is a share of."""
        return self.rows - sum(self.verdicts.get(verdict, 0) for verdict in OUT_OF_RATE)


class Completeness(Frozen):
    """How many of the rows in scope that should carry a parameter do."""

    parameter: str
    level: Level
    rows: int
    filled: int
    share: float


class FileSummary(Frozen):
    """One file that was read. `lacking`: canonical fields that none of its columns can carry."""

    path: str
    source: str
    title: str
    holds: Literal["conversions", "clicks", "actions"]
    format: str
    rows: int
    unreadable: int = 0
    verdicts: dict[str, int] = {}
    lacking: tuple[str, ...] = ()
    timezone: str = "UTC"


class LeftOutFile(Frozen):
    """A file in a given folder that is no export, and why."""

    path: str
    why: str


class ClickSummary(Frozen):
    """The click records with a ClickId: how many, and the time they cover."""

    records: int
    earliest: UtcTime | None = None
    latest: UtcTime | None = None


class ActionFile(Frozen):
    """One file of action records; every one is `matched`, `unexplained`, `repeated` or `reattributed`."""

    path: str
    records: int
    matched: int = 0
    unexplained: int = 0
    repeated: int = 0
    reattributed: int = 0


class ActionSummary(Frozen):
    """What became of the action records of impact.com, in total and by file.

    An action is `matched` when some row of the exports is its conversion, else `unexplained`; `repeated` records
    are of actions that another record speaks for, `reattributed` ones were reversed only to credit the same
    order anew. `states`, lower case, and `unexplained_amounts` (money that is not reversed) count actions, not
    records of them; `unexplained_outside` those before or after all rows of the exports.
    """

    records: int
    matched: int
    unexplained: int
    repeated: int
    reattributed: int
    unexplained_outside: int
    unexplained_amounts: tuple[Money, ...] = ()
    states: dict[str, int]
    earliest: UtcTime | None = None
    latest: UtcTime | None = None
    files: tuple[ActionFile, ...]
