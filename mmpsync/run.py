"""The one result that every report, gate and push reads: its run.json in and out, and the tables of rows beside it."""

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import PrivateAttr, ValidationError

from mmpsync.conclusions import Advice, Baseline, GateResult
from mmpsync.errors import InputError
from mmpsync.exit_codes import ExitCode
from mmpsync.summaries import (
    ActionSummary,
    ClickSummary,
    Completeness,
    Ctit,
    FileSummary,
    Frozen,
    Group,
    LeftOutFile,
    ReasonSummary,
    Summary,
)
from mmpsync.tables import files_of

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["RUN_FILE", "Run", "latest_run"]

RUN_FILE = "run.json"
"""The file that makes a folder a run directory."""


class Run(Frozen):
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
            return ExitCode.NOTHING_TO_CHECK
        return ExitCode.DONE if self.gate.passed else ExitCode.GATE_FAILED

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
            raise InputError(
                f"{path}: no run.json of schema version 1: it is damaged, or of another version of mmpsync;"
                " reconcile again"
            ) from error

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
        import pyarrow as pa  # noqa: PLC0415  run.json alone needs no Arrow
        from pyarrow import parquet  # noqa: PLC0415

        if self._directory is None:
            raise InputError("this run was not written to a directory, so its rows are not at hand")
        files = files_of(self._directory / name)
        if not files:
            raise InputError(f"{self._directory / name}: there is no such file; reconcile again")
        table = pa.concat_tables(map(parquet.read_table, files))
        return table if arrow else table.to_pandas()


def latest_run(runs: Path) -> Path | None:
    """The run directory in `runs` that was finished last; None when there is none."""
    found = [file for file in runs.glob(f"*/{RUN_FILE}") if file.is_file()]
    return max(found, key=lambda file: (file.stat().st_mtime_ns, file.parent.name)).parent if found else None
