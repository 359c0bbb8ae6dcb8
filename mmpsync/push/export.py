"""Exporting instead of sending: a file for impact.com's batch submission, and its conversions in the ledger."""

import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from mmpsync.config import Config
from mmpsync.errors import OutputError
from mmpsync.impact.clock import Clock
from mmpsync.push.batch_csv import BatchFile, write_batch_csv
from mmpsync.push.decisions import Choice, Decision, chosen, conversions
from mmpsync.push.interface import PLAN
from mmpsync.push.ledger import Ledger
from mmpsync.push.plan import Plan
from mmpsync.scratch import Scratch

__all__ = ["export"]

_AT_ONCE = 5_000
_KNOWN = "in the ledger"


def export(plan: Plan, file: Path, ledger: Ledger, config: Config, choice: Choice) -> BatchFile:
    """Write what the plan holds and impact.com has not as a batch file; needs the ledger's lock.

    The conversions are in the ledger as exported before the file takes its place, so that whatever happens nobody
    sends them a second time. So a file that is there is not overwritten: it may be all that is left of some.
    Raises OutputError, LedgerError.
    """
    draft = file.with_name(f".{file.name}.draft") if file.name else file
    _refuse_to_overwrite(file, draft)
    with Scratch(config.engine.temp_directory) as folder:
        wanted = replace(plan, file=folder.path / "wanted.parquet")
        with parquet.ParquetWriter(wanted.file, PLAN) as writer:
            for batch in _to_export(plan, ledger, choice):
                writer.write_batch(batch)
        written = write_batch_csv(wanted, draft, config)
        try:
            rows = (row for row in conversions(wanted.batches) if not row.skipped)
            while some := list(islice(rows, _AT_ONCE)):
                ledger.export(some, run=plan.summary.run, now=Clock().now())
            draft.replace(os.path.realpath(file))
        except OSError as error:
            raise OutputError(
                f"{file}: cannot be written: {error.strerror}; its rows are in {draft}"
            ) from error
    return replace(written, path=file)


def _refuse_to_overwrite(file: Path, draft: Path) -> None:
    if file.is_dir():
        raise OutputError(f"{file}: cannot be written: it is a directory; name a file in it")
    if file.exists():
        raise OutputError(
            f"{file}: is there already, and no push sends what was exported to it; name another file"
        )
    if draft.exists():
        raise OutputError(
            f"{draft}: is left of an export to {file} that failed; hand in what of it is exported by `mmpsync status"
            " --report csv`, then delete it"
        )


def _to_export(plan: Plan, ledger: Ledger, choice: Choice) -> Iterator[pa.RecordBatch]:
    """The plan's batches, with everything skipped that is not to be exported."""
    wanted = (decision is Decision.SEND for _, _, decision in chosen(plan.batches, ledger.find, choice))
    for batch in plan.batches():
        flags = list(islice(wanted, batch.num_rows))
        flags += [False] * (batch.num_rows - len(flags))  # beyond the limit
        skipped = batch.column("skipped")
        known = pc.if_else(pa.array(flags), skipped, pc.coalesce(skipped, _KNOWN))
        place = PLAN.get_field_index("skipped")
        yield batch.set_column(place, "skipped", known)
