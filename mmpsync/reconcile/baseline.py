"""What changed since an earlier run: reasons, and match rates in total, by partner and by day."""

from mmpsync.conclusions import Baseline, GroupChange, ReasonChange
from mmpsync.run import Run
from mmpsync.summaries import Group, ReasonSummary, Summary

__all__ = ["compare"]

_COMPARED = ("partner", "day")


def compare(
    earlier: Run, summary: Summary, reasons: tuple[ReasonSummary, ...], groups: tuple[Group, ...]
) -> Baseline:
    """Set a run's figures against those of an earlier one; only what differs is listed."""
    return Baseline(
        run=earlier.id,
        as_of=earlier.as_of,
        rows=earlier.summary.rows,
        match_rate=earlier.summary.match_rate,
        match_rate_change=_change(earlier.summary.match_rate, summary.match_rate),
        reasons=_reasons(earlier.reason_summaries, reasons),
        groups=_groups(earlier.groups, groups),
    )


def _change(earlier: float | None, now: float | None) -> float | None:
    """The difference of two shares, to six places as they are themselves."""
    return None if earlier is None or now is None else round(now - earlier, 6)


def _reasons(earlier: tuple[ReasonSummary, ...], now: tuple[ReasonSummary, ...]) -> tuple[ReasonChange, ...]:
    before = {reason.code: reason.rows for reason in earlier if reason.rows}
    after = {reason.code: reason.rows for reason in now if reason.rows}
    return tuple(
        ReasonChange(
            code=code,
            status="new" if code not in before else "gone" if code not in after else "changed",
            earlier_rows=before.get(code, 0),
            rows=after.get(code, 0),
        )
        for code in dict.fromkeys([*after, *before])
        if before.get(code) != after.get(code)
    )


def _groups(earlier: tuple[Group, ...], now: tuple[Group, ...]) -> tuple[GroupChange, ...]:
    """The groups that both runs have a match rate of, the largest fall first."""
    before = {(group.dimension, group.name): group for group in earlier}
    changes = []
    for group in now:
        known = before.get((group.dimension, group.name))
        if known is None or group.dimension not in _COMPARED:
            continue
        change = _change(known.match_rate, group.match_rate)
        if change:
            changes.append(
                GroupChange(
                    dimension=group.dimension,
                    name=group.name,
                    earlier_rows=known.rows,
                    rows=group.rows,
                    earlier_match_rate=known.match_rate,
                    match_rate=group.match_rate,
                    change=change,
                )
            )
    return tuple(sorted(changes, key=lambda each: each.change))
