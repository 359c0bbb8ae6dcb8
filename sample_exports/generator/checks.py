"""Whether rows and clicks are what the plan says, told from the rows themselves and not by mmpsync."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from generator.actions import UNEXPLAINED
from generator.model import Click, Row
from generator.world import AS_OF
from mmpsync.reasons import BY_CODE

# Reasons before the ClickId is looked at, and those that find no click for it.
_CREDITED = {"already-credited", "reversed-at-impact"}
_OUT_OF_SCOPE = {code for code, reason in BY_CODE.items() if reason.verdict == "excluded"} - _CREDITED
_BEFORE_MATCHING = {"unreadable-row", *_OUT_OF_SCOPE}
_UNKNOWN_ID = {
    "missing-click-id",
    "unexpanded-macro",
    "placeholder-click-id",
    "malformed-click-id",
    "foreign-click-id",
    "click-id-case-changed",
    "click-id-encoding-changed",
    "click-id-truncated",
    "click-export-incomplete",
    "orphan-click-id",
}
# A reason of runs without click records, and one that always stands behind another.
_NEVER_PRIMARY = {"not-joined", "amount-differs"}
_PREFIX = 20


def check(datasets: Mapping[str, Sequence[Row]], clicks: Sequence[Click]) -> None:
    """Fail with an AssertionError where a row cannot have the reason it is planted for."""
    rows = [row for found in datasets.values() for row in found]
    _every_reason_is_planted(rows)
    _actions_are_of_their_rows(rows)
    _ids_are_unique(rows, clicks)
    times: dict[str, list[datetime]] = {}
    for click in clicks:
        times.setdefault(click.id, []).append(click.time)
    covered = min(click.time for click in clicks), max(click.time for click in clicks) + timedelta(hours=24)
    for name in ("adjust", "branch", "segment"):
        _once(row.nonce for row in datasets[name] if row.reason not in ("duplicate-row", "superseded"))
    for row in rows:
        if row.reason not in _BEFORE_MATCHING:
            _has_its_click(row, times, covered)


def _every_reason_is_planted(rows: Iterable[Row]) -> None:
    planted = {row.reason for row in rows}
    assert planted == BY_CODE.keys() - _NEVER_PRIMARY, planted ^ BY_CODE.keys()


def _actions_are_of_their_rows(rows: Iterable[Row]) -> None:
    """Rows have actions where their reason says so; those of other orders are of no row, one after all of them."""
    for row in rows:
        states = {credit.state for credit in row.credits}
        assert bool(states) == (row.reason in _CREDITED), row
        assert (states == {"REVERSED"}) == (row.reason == "reversed-at-impact"), row
        assert all((credit.amount is None or credit.amount != row.amount) for credit in row.credits)
    orders = {row.order_id for row in rows}
    assert not any(action.order_id in orders for action in UNEXPLAINED)
    latest = max(row.time for row in rows)
    assert [action.time > latest for action in UNEXPLAINED] == [False, True], latest


def _ids_are_unique(rows: Sequence[Row], clicks: Sequence[Click]) -> None:
    """No two ClickIds can be taken for one another, and no row for another but where that is planted."""
    ids = {click.id for click in clicks} | {row.click_id for row in rows if row.reason == "orphan-click-id"}
    assert len({id_[:_PREFIX].lower() for id_ in ids if id_}) == len(ids)
    in_scope = [row for row in rows if row.reason not in _BEFORE_MATCHING | {"duplicate-row"}]
    _once(
        (row.event, row.order_id)
        for row in in_scope
        if row.reason not in ("conflicting-order", "duplicate-order")
    )
    _once((row.device.adid, row.time) for row in in_scope if row.event == "install")
    conflicts = Counter(row.order_id for row in rows if row.reason == "conflicting-order")
    assert set(conflicts.values()) == {2}


def _once(keys: Iterable[object]) -> None:
    twice = [key for key, count in Counter(keys).items() if count > 1 and not _is_empty(key)]
    assert not twice, twice


def _is_empty(key: object) -> bool:
    return isinstance(key, tuple) and key[1] is None


def _has_its_click(
    row: Row, times: Mapping[str, Sequence[datetime]], covered: tuple[datetime, datetime]
) -> None:
    known = times.get(row.click_id or "", ())
    if row.reason in _UNKNOWN_ID:
        assert not known, row
        is_covered = covered[0] <= row.time <= covered[1]
        assert is_covered == (row.reason != "click-export-incomplete"), row
        return
    before = [time for time in known if time <= row.time + timedelta(minutes=5)]
    assert known, row
    assert bool(before) == (row.reason != "conversion-before-click"), row
    if not before:
        return
    lag = row.time - max(before)
    assert (lag > timedelta(days=30)) == (row.reason == "outside-referral-window"), row
    if row.event == "install":
        assert (lag < timedelta(seconds=10)) == (row.reason == "short-click-to-install"), row
    assert (row.time > AS_OF + timedelta(hours=24)) == (row.reason == "future-event"), row
    assert (row.time < AS_OF - timedelta(days=88)) == (row.reason == "too-old"), row
