"""A ClickId at the end of a text that the export cut off: trusted only if a click has it."""

from collections.abc import Callable
from typing import Any

Judge = Callable[..., Any]

WHOLE = "abcdefghijklmnopqrstuvwxyz"
TRUNCATED = "click-id-truncated"


def test_it_is_diagnosed_wherever_no_click_confirms_it(judge: Judge) -> None:
    rows = {
        # A value that happens to end where the cell ends is whole if a click has it.
        "whole": {"click_id": WHOLE, "click_id_cut": True},
        "long enough to tell the true id": {"click_id": WHOLE[:20], "click_id_cut": True},
        "short": {"click_id": "abcde", "click_id_cut": True},
        "short, not cut": {"click_id": "abcde", "click_id_cut": False},
        "nobody's": {"click_id": "zyx", "click_id_cut": True},
        "in another case": {"click_id": WHOLE.upper(), "click_id_cut": True},
    }
    judged = judge(rows, [{"click_id": WHOLE}])
    assert {name: (row.verdict, row.reason, row.suggestion) for name, row in judged.items()} == {
        "whole": ("clean", "matched", None),
        "long enough to tell the true id": ("unattributed", TRUNCATED, WHOLE),
        "short": ("unattributed", TRUNCATED, None),
        "short, not cut": ("unattributed", "orphan-click-id", None),
        "nobody's": ("unattributed", TRUNCATED, None),
        "in another case": ("unattributed", "click-id-case-changed", WHOLE),
    }
    assert judged["nobody's"].reasons == (TRUNCATED,)


def test_it_is_not_clean_where_no_clicks_are_given(judge: Judge) -> None:
    rows = {
        "cut": {"click_id": WHOLE, "click_id_cut": True},
        "whole": {"click_id": WHOLE, "click_id_cut": False},
        "another network's": {"click_id": "CjwKCAjwx", "click_id_cut": True},
    }
    judged = judge(rows, [])
    assert {name: (row.verdict, row.reason) for name, row in judged.items()} == {
        "cut": ("unattributed", TRUNCATED),
        "whole": ("clean", "not-joined"),
        "another network's": ("unattributed", "foreign-click-id"),
    }


def test_a_later_date_than_the_clicks_excuses_nothing(judge: Judge) -> None:
    from datetime import datetime

    late = {"click_id": "abcde", "click_id_cut": True, "event_time": datetime(2026, 3, 14)}  # noqa: DTZ001
    judged = judge({"late": late}, [{"click_id": WHOLE}], as_of=datetime(2026, 3, 15))  # noqa: DTZ001
    assert judged["late"].reasons == (TRUNCATED,)
