"""The one result that every report, gate and push reads, and its run.json in and out.

Amounts are decimals per currency and never summed across currencies; times are UTC; shares are 0 … 1.
"""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, PrivateAttr, ValidationError

from mmpsync.errors import InputError
from mmpsync.reasons import BY_CODE

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = [
    "ActionFile",
    "ActionSummary",
    "Advice",
    "Baseline",
    "ClickSummary",
    "Completeness",
    "Ctit",
    "CurrencyRows",
    "Dimension",
    "Example",
    "FileSummary",
    "GateCondition",
    "GateResult",
    "Group",
    "GroupChange",
    "LeftOutFile",
    "Level",
    "Money",
    "ReasonChange",
    "ReasonFile",
    "ReasonSummary",
    "Run",
    "Summary",
    "VerdictSummary",
    "latest_run",
]

RUN_FILE = "run.json"
Level = Literal["required", "recommended"]
Dimension = Literal["app", "platform", "event", "partner", "campaign", "publisher", "day"]


def _in_utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


# The engine's times are UTC and say nothing of it; JSON's have to.
UtcTime = Annotated[datetime, AfterValidator(_in_utc)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Money(_Frozen):
    """An amount in one currency; `currency` is null where the rows name none."""

    currency: str | None
    amount: Decimal


class VerdictSummary(_Frozen):
    """Rows and money with one verdict."""

    verdict: str
    rows: int
    amounts: tuple[Money, ...] = ()


class Summary(_Frozen):
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


class Example(_Frozen):
    """One row of a reason, as found: mask it before showing it."""

    source_file: str
    source_row: int
    event_name: str | None = None
    event_time: UtcTime | None = None
    media_source: str | None = None
    click_id_raw: str | None = None
    order_id: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    suggestion: str | None = None
    reasons: str = ""


class CurrencyRows(_Frozen):
    """Rows in one currency, null where they name none, and their money, null where no row has any."""

    currency: str | None
    rows: int
    amount: Decimal | None = None


class ReasonFile(_Frozen):
    """Where a reason occurs: a file, its first data row with the reason, how many rows, and these by currency."""

    path: str
    first_row: int
    rows: int
    currencies: tuple[CurrencyRows, ...] = ()


class ReasonSummary(_Frozen):
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


class FileSummary(_Frozen):
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


class LeftOutFile(_Frozen):
    """A file in a given folder that is no export, and why."""

    path: str
    why: str


class ClickSummary(_Frozen):
    """The click records with a ClickId: how many, and the time they cover."""

    records: int
    earliest: UtcTime | None = None
    latest: UtcTime | None = None


class ActionFile(_Frozen):
    """One file of action records; every one is `matched`, `unexplained`, `repeated` or `reattributed`."""

    path: str
    records: int
    matched: int = 0
    unexplained: int = 0
    repeated: int = 0
    reattributed: int = 0


class ActionSummary(_Frozen):
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


class Ctit(_Frozen):
    """Click-to-install time: seconds at percentiles 1, 5, 50, 95, 99 and installs per span of time."""

    installs: int
    percentiles: dict[str, float] = {}
    histogram: dict[str, int] = {}
    label: str | None = None


class Group(_Frozen):
    """The rows in scope with one value of a dimension; `name` is null where the rows have none."""

    dimension: Dimension
    name: str | None
    rows: int
    verdicts: dict[str, int]
    match_rate: float | None
    at_risk: tuple[Money, ...] = ()
    ctit: Ctit | None = None


class Completeness(_Frozen):
    """How many of the rows in scope that should carry a parameter do."""

    parameter: str
    level: Level
    rows: int
    filled: int
    share: float


class Advice(_Frozen):
    """A finding about files or set-up, not about single rows."""

    code: str
    message: str
    files: tuple[str, ...] = ()


class ReasonChange(_Frozen):
    """A reason with more or fewer rows than in the baseline."""

    code: str
    status: Literal["new", "gone", "changed"]
    earlier_rows: int
    rows: int


class GroupChange(_Frozen):
    """A partner or day whose match rate is not that of the baseline; `change` is the difference of the shares."""

    dimension: Dimension
    name: str | None
    earlier_rows: int
    rows: int
    earlier_match_rate: float | None
    match_rate: float | None
    change: float


class Baseline(_Frozen):
    """The earlier run that this one is compared with, its `rows` and `match_rate`, and what changed since."""

    run: str
    as_of: datetime
    rows: int
    match_rate: float | None
    match_rate_change: float | None
    reasons: tuple[ReasonChange, ...] = ()
    groups: tuple[GroupChange, ...] = ()


class GateCondition(_Frozen):
    """One condition of the gate: what was allowed, what was found."""

    name: str
    limit: str
    value: str
    passed: bool


class GateResult(_Frozen):
    """The gate's answer: passed unless a condition failed."""

    passed: bool
    conditions: tuple[GateCondition, ...] = ()


class Run(_Frozen):
    """A finished run: what was read, what became of every row, what to do. Row data stands beside run.json."""

    schema_version: Literal[1] = 1
    id: str
    mmpsync_version: str
    engine: str
    started: datetime
    finished: datetime
    as_of: datetime
    config: dict[str, Any]
    assumptions: tuple[str, ...]
    files: tuple[FileSummary, ...]
    left_out: tuple[LeftOutFile, ...]
    clicks: ClickSummary
    actions: ActionSummary | None = None
    summary: Summary
    reason_summaries: tuple[ReasonSummary, ...]
    groups: tuple[Group, ...]
    completeness: tuple[Completeness, ...]
    ctit: Ctit
    advice: tuple[Advice, ...]
    baseline: Baseline | None = None
    gate: GateResult
    _directory: Path | None = PrivateAttr(default=None)

    @property
    def directory(self) -> Path | None:
        """The run directory, if the run was written to one."""
        return self._directory

    @property
    def exit_code(self) -> int:
        """0 done and passed, 1 the gate failed, 5 no row in the input."""
        if self.summary.rows == 0:
            return 5
        return 0 if self.gate.passed else 1

    def at(self, directory: Path) -> Self:
        """The same run, its row data in `directory`."""
        run = self.model_copy()
        run._directory = directory  # noqa: SLF001  its own copy
        return run

    @classmethod
    def load(cls, directory: str | Path) -> Self:
        """Read a run directory. Raises InputError when it is none or was written by a newer mmpsync."""
        path = Path(directory) / RUN_FILE
        try:
            text = path.read_text("utf-8")
        except OSError as error:
            raise InputError(f"{directory}: no run directory ({RUN_FILE}: {error.strerror})") from error
        except UnicodeDecodeError as error:
            raise InputError(f"{path}: not UTF-8, so no run.json of mmpsync's") from error
        try:
            return cls.model_validate_json(text).at(Path(directory))
        except ValidationError as error:
            raise InputError(f"{path}: not a run.json of schema version 1") from error

    def to_json(self) -> str:
        """The run as the text of run.json: JSON of the published schema, indented, keys in schema order."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"

    def reasons(self, *, arrow: bool = False) -> "pd.DataFrame | pa.Table":
        """One row per reason that occurred: code, verdict, severity, rows, also, and its money by currency."""
        import pyarrow as pa  # noqa: PLC0415  run.json alone needs no Arrow

        table = pa.table(
            {
                "reason": [r.code for r in self.reason_summaries],
                "verdict": [r.verdict for r in self.reason_summaries],
                "severity": [r.severity for r in self.reason_summaries],
                "rows": pa.array([r.rows for r in self.reason_summaries], pa.int64()),
                "also": pa.array([r.also for r in self.reason_summaries], pa.int64()),
                "amounts": pa.array(
                    [[(m.currency or "", m.amount) for m in r.amounts] for r in self.reason_summaries],
                    pa.map_(pa.string(), pa.decimal128(38, 6)),
                ),
            }
        )
        return table if arrow else table.to_pandas()

    def clean(self, *, arrow: bool = False) -> "pd.DataFrame | pa.Table":
        """The rows that may be pushed: canonical columns and verdict."""
        return self._rows("clean.parquet", arrow=arrow)

    def exceptions(self, *, arrow: bool = False) -> "pd.DataFrame | pa.Table":
        """Every row that is neither clean nor excluded, with its reasons."""
        return self._rows("exceptions.parquet", arrow=arrow)

    def _rows(self, name: str, *, arrow: bool) -> "pd.DataFrame | pa.Table":
        from pyarrow import parquet  # noqa: PLC0415

        if self._directory is None:
            raise InputError("this run was not written to a directory, so its rows are not at hand")
        table = parquet.read_table(self._directory / name)
        return table if arrow else table.to_pandas()


def latest_run(runs: Path) -> Path | None:
    """The run directory in `runs` that was finished last; None when there is none."""
    found = [file for file in runs.glob(f"*/{RUN_FILE}") if file.is_file()]
    return max(found, key=lambda file: (file.stat().st_mtime_ns, file.parent.name)).parent if found else None
