"""Findings about files and set-up that no single row shows."""

from collections.abc import Sequence
from datetime import datetime

import ibis
import ibis.expr.types as ir

from mmpsync.conclusions import Advice
from mmpsync.engines.interface import Engine
from mmpsync.reconcile.out_of_scope import no_conversions, nothing_in_scope
from mmpsync.summaries import ClickSummary, FileSummary, ReasonSummary, Summary

__all__ = ["advise", "shifted_sources"]

_ROW_LIMITS = (200_000, 1_000_000)
_SHIFT_SHARE = 0.6
_FEWEST_SHIFTED = 5
# Clocks differ by this much anyway.
_JITTER_SECONDS = 300


def advise(  # noqa: PLR0913, PLR0917  every input is one
    engine: Engine,
    judged: ir.Table,
    files: Sequence[FileSummary],
    clicks: ClickSummary,
    summary: Summary,
    reasons: Sequence[ReasonSummary],
) -> tuple[Advice, ...]:
    """Everything worth saying once about the inputs of a run."""
    return (
        *nothing_in_scope(engine, judged, reasons),
        *no_conversions(files, reasons),
        *_empty_files(files),
        *_at_row_limit(files),
        *(_shift_advice(source, hours) for source, hours in shifted_sources(engine, judged)),
        *_stale_clicks(clicks, summary),
    )


def _empty_files(files: Sequence[FileSummary]) -> list[Advice]:
    empty = [f for f in files if f.rows + f.unreadable == 0]
    clickless = tuple(f.path for f in empty if f.holds == "clicks")
    rowless = tuple(f.path for f in empty if f.holds != "clicks")
    found = (
        Advice(
            code="no-click-records",
            message="No row of these files is a click record",
            fix="If they hold conversions, give them without --clicks.",
            files=clickless,
        ),
        Advice(
            code="no-rows",
            message="These files hold a header and no rows",
            fix="Export a period in which something happened.",
            files=rowless,
        ),
    )
    return [advice for advice in found if advice.files]


def _at_row_limit(files: Sequence[FileSummary]) -> list[Advice]:
    full = tuple(f.path for f in files if f.rows + f.unreadable in _ROW_LIMITS)
    message = "The export may be cut off at the MMP's row limit"
    fix = "Export shorter periods."
    return [Advice(code="row-limit", message=message, fix=fix, files=full)] if full else []


def shifted_sources(engine: Engine, judged: ir.Table) -> list[tuple[str, int]]:
    """Sources most of whose `conversion-before-click` rows are off by the same number of whole hours."""
    rows = judged.filter(judged.reason == "conversion-before-click")
    seconds = rows.first_click.epoch_seconds() - rows.event_time.epoch_seconds()
    # A conversion follows its click, so a clock that is N hours behind shows a little less than N.
    counted = (
        rows.mutate(hours=((seconds - _JITTER_SECONDS) / 3600).ceil().cast("int64"))
        .group_by("mmp", "hours")
        .agg(n=ibis._.count())
    )
    sizes: dict[str, dict[int, int]] = {}
    for row in engine.rows(counted.order_by("mmp", "hours")):
        sizes.setdefault(row["mmp"], {})[row["hours"]] = row["n"]
    found = []
    for source, hours in sizes.items():
        total, (most, count) = sum(hours.values()), max(hours.items(), key=lambda item: item[1])
        if total >= _FEWEST_SHIFTED and count > total * _SHIFT_SHARE:
            found.append((source, most))
    return found


def _shift_advice(source: str, hours: int) -> Advice:
    return Advice(
        code="time-zone",
        message=f"time zone: the files of {source} look {hours} hours off",
        fix=f"Set sources.{source}.timezone to the zone that these files' times are written in.",
    )


def _stale_clicks(clicks: ClickSummary, summary: Summary) -> list[Advice]:
    if not summary.count("held") or clicks.latest is None:
        return []
    return [
        Advice(
            code="clicks-older-than-conversions",
            message=f"{_conversions(summary.count('held'))} outside what the click records cover"
            f" ({_minute(clicks.earliest)} to {_minute(clicks.latest)} UTC)",
            fix="Bring down the clicks of those days: mmpsync fetch clicks.",
        )
    ]


def _conversions(count: int) -> str:
    return "1 conversion lies" if count == 1 else f"{count} conversions lie"


def _minute(time: datetime | None) -> str:
    return "?" if time is None else f"{time:%Y-%m-%d %H:%M}"
