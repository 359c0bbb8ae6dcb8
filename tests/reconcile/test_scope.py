import random
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from mmpsync.reasons import BY_CODE

NOON = datetime(2026, 3, 10, 12)  # noqa: DTZ001  UTC, as all times of the tables
NOON_IN_SECONDS = "1773144000"
Rows = Callable[..., list[dict[str, Any]]]
INSTALL = {"kind": "install", "event_name": "install", "order_id": None}
ORGANIC, OTHER = {"attribution": "organic"}, {"attribution": "other"}
NO_CLICK_ID = {"click_id": None}

# Without configured events every event is payable: row → its primary reason, null for one in scope.
ANY_EVENT: dict[str, tuple[dict[str, Any], str | None]] = {
    "impact's event": ({}, None),
    "impact's install": (INSTALL, None),
    "impact's reinstall": (INSTALL | {"kind": "reinstall"}, None),
    "impact's reattribution": (INSTALL | {"kind": "reattribution"}, None),
    "impact's reengagement": (INSTALL | {"kind": "reengagement"}, None),
    "an event nobody has heard of": ({"event_name": "level_9"}, None),
    "an event without a name": ({"event_name": None}, None),
    "impact's without a ClickId": (NO_CLICK_ID, None),
    "impact's with a macro": ({"click_id": "{clickid}"}, None),
    "organic with a ClickId": (ORGANIC, None),
    "another source with a ClickId": (OTHER, None),
    "unknown source with a ClickId": ({"attribution": "unknown"}, None),
    "a click": ({"kind": "other", "is_click": True}, "not-a-conversion"),
    "an impression without a ClickId": ({"kind": "other", **NO_CLICK_ID}, "not-a-conversion"),
    "a session of an organic user": ({"kind": "other", **ORGANIC, **NO_CLICK_ID}, "not-a-conversion"),
    "organic": (ORGANIC | NO_CLICK_ID, "organic"),
    "organic with a macro": (ORGANIC | {"click_id": "{clickid}"}, "organic"),
    "organic with a placeholder": (ORGANIC | {"click_id": "undefined"}, "organic"),
    "another source": (OTHER | NO_CLICK_ID, "other-source"),
    "another source with a macro": (OTHER | {"click_id": "__CLICKID__"}, "other-source"),
    "a test with a ClickId": ({"attribution": "test"}, "test-row"),
    "a test without one": ({"attribution": "test", **NO_CLICK_ID}, "test-row"),
    "rejected with a ClickId": ({"attribution": "rejected"}, "rejected-by-mmp"),
    "rejected without one": ({"attribution": "rejected", **NO_CLICK_ID}, "rejected-by-mmp"),
    "restricted": ({"attribution": "restricted", **NO_CLICK_ID}, "restricted-source"),
}

EVENTS = {
    "events": {
        "signup": {"names": ["install"]},
        "sale": {"names": ["purchase", "Order Completed"]},
        "lead": {"names": ["lead"], "order_id_from": "event_id"},
    }
}
# With these, only what they name is payable.
CONFIGURED_EVENTS: dict[str, tuple[dict[str, Any], str | None]] = {
    "install": (INSTALL, None),
    "first name": ({}, None),
    "second name": ({"event_name": "Order Completed"}, None),
    "not configured": ({"event_name": "level_9"}, "unmapped-event"),
    "not configured, organic": ({"event_name": "level_9", **ORGANIC, **NO_CLICK_ID}, "unmapped-event"),
    "the key of an event is no name": ({"event_name": "sale"}, "unmapped-event"),
    "without a name": ({"event_name": None}, "unmapped-event"),
    "no conversion": ({"kind": "other", "event_name": "level_9"}, "not-a-conversion"),
    "a test, not configured": ({"event_name": "level_9", "attribution": "test"}, "test-row"),
}

# Rows of one key, as (rank, whether it supersedes) → which of them are superseded.
INSTALLS_OF_SEVERAL_ROWS: dict[str, list[tuple[int, bool, bool]]] = {
    "one row": [(3, True, False)],
    "nobody supersedes": [(1, False, False), (2, False, False)],
    "a later row supersedes": [(1, False, True), (3, True, False)],
    "the last of several supersedes": [(1, False, True), (3, True, True), (5, True, False)],
    "an earlier row supersedes nothing": [(3, True, False), (4, False, False)],
    "equal ranks": [(3, True, False), (3, True, False)],
}


@pytest.fixture(scope="module")
def judged(judge: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    payable = judge({name: row for name, (row, _) in ANY_EVENT.items()})
    return payable | judge({name: row for name, (row, _) in CONFIGURED_EVENTS.items()}, config=EVENTS)


@pytest.mark.parametrize("name", [*ANY_EVENT, *CONFIGURED_EVENTS])
def test_what_is_payable_and_impacts_or_carries_a_click_id_is_in_scope(
    judged: dict[str, Any], name: str
) -> None:
    _, reason = (ANY_EVENT | CONFIGURED_EVENTS)[name]
    if reason is None:
        assert judged[name].verdict != "excluded"
    else:
        assert judged[name][:2] == ("excluded", reason)


def test_excluded_rows_keep_every_reason_that_excludes_them_and_no_other(judged: dict[str, Any]) -> None:
    assert judged["a test, not configured"].reasons == ("test-row", "unmapped-event")
    excluded = [row for row in judged.values() if row.verdict == "excluded"]
    assert {BY_CODE[code].verdict for row in excluded for code in row.reasons} == {"excluded"}


def test_in_scope_is_every_row_but_the_excluded(judged_rows: Rows) -> None:
    rows = judged_rows([row for row, _ in ANY_EVENT.values()])
    assert [row["in_scope"] for row in rows] == [row["verdict"] != "excluded" for row in rows]


def test_a_row_is_superseded_by_one_of_higher_rank_of_the_same_install(
    judge: Callable[..., dict[str, Any]],
) -> None:
    rows, expected = {}, {}
    for key, members in INSTALLS_OF_SEVERAL_ROWS.items():
        for n, (rank, supersedes, superseded) in enumerate(members):
            name = f"{key} {n}"
            rows[name] = {"supersede_key": key, "supersede_rank": rank, "supersedes": supersedes}
            expected[name] = superseded
    # A rank means nothing without a key.
    rows["no key, low"] = {"supersede_rank": 1, "supersedes": False}
    rows["no key, high"] = {"supersede_rank": 9, "supersedes": True}
    found = {name: row.reason == "superseded" for name, row in judge(rows).items()}
    assert found == expected | {"no key, low": False, "no key, high": False}


def order_ids(judged_rows: Rows, rows: list[dict[str, Any]], **options: Any) -> list[str | None]:
    return [row["order_id"] for row in judged_rows(rows, **options)]


def install_id(*parts: str) -> str:
    return "install-" + sha256("|".join(parts).encode()).hexdigest()[:32]


def test_the_order_id_of_an_install_says_who_installed_what_when(judged_rows: Rows) -> None:
    of_user = install_id("acme", "com.acme.shop", "user-1", NOON_IN_SECONDS)
    of_device = install_id("acme", "com.acme.shop", "gaid-1", NOON_IN_SECONDS)
    without_app = install_id("acme", "", "user-1", NOON_IN_SECONDS)
    rows = {
        of_user: INSTALL | {"mmp_device_id": "user-1", "gaid": "gaid-1"},
        of_device: INSTALL | {"mmp_device_id": None, "gaid": "gaid-1"},
        without_app: INSTALL | {"mmp_device_id": "user-1", "app_id": None},
    }
    assert order_ids(judged_rows, list(rows.values())) == list(rows)


def test_the_order_id_of_an_install_does_not_depend_on_fractions_of_a_second(judged_rows: Rows) -> None:
    # One export of an MMP has milliseconds, another has not.
    user = INSTALL | {"mmp_device_id": "user-1"}
    fractions = [user | {"event_time": NOON + timedelta(milliseconds=n)} for n in (0, 1, 499, 500, 999)]
    assert len(set(order_ids(judged_rows, fractions))) == 1


def test_every_other_device_user_time_app_or_mmp_is_another_install(judged_rows: Rows) -> None:
    changes = [
        {},
        {"mmp_device_id": "user-2"},
        {"event_time": NOON + timedelta(seconds=1)},
        {"app_id": "com.acme.other"},
        {"mmp": "apex"},
    ]
    user = INSTALL | {"mmp_device_id": "user-1"}
    assert len(set(order_ids(judged_rows, [user | change for change in changes]))) == len(changes)


def test_the_order_ids_of_installs_are_the_same_on_every_run_and_in_every_export(judged_rows: Rows) -> None:
    installs = [INSTALL | {"mmp_device_id": f"user-{n}"} for n in range(20)]
    first = order_ids(judged_rows, installs)
    elsewhere = [
        row | {"source_file": "another.csv", "event_id": f"e{n}"} for n, row in enumerate(installs, 100)
    ]
    random.Random(1).shuffle(elsewhere)
    assert first == order_ids(judged_rows, installs)
    assert set(first) == set(order_ids(judged_rows, elsewhere))


def test_an_install_of_nobody_or_at_no_time_has_no_order_id(judged_rows: Rows) -> None:
    nobody = INSTALL | {"mmp_device_id": None}
    assert order_ids(judged_rows, [nobody, INSTALL | {"event_time": None}]) == [None, None]


def test_events_keep_their_order_id_and_take_the_event_id_only_if_configured(judged_rows: Rows) -> None:
    rows = [
        {"event_name": "purchase", "order_id": "o-1", "event_id": "e-1"},
        {"event_name": "purchase", "order_id": None, "event_id": "e-2"},
        {"event_name": "lead", "order_id": None, "event_id": "e-3"},
    ]
    assert order_ids(judged_rows, rows, config=EVENTS) == ["o-1", None, "e-3"]
    assert order_ids(judged_rows, rows) == ["o-1", None, None]
