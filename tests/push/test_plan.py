"""The plan of a whole run: its batches, its figures, its file, and runs that it cannot be made of."""

import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from mmpsync.config import Config
from mmpsync.errors import ConfigError, InputError, OutputError
from mmpsync.push.interface import PLAN
from mmpsync.push.plan import plan
from mmpsync.run import Run
from mmpsync.summaries import Money

NOW = datetime(2026, 3, 20, tzinfo=UTC)
BASE: dict[str, Any] = {
    "program": {"campaign_id": 1000},
    "apps": {"com.acme.shop": {"tracker_id": 4001}, "id1": {"tracker_id": 4002}},
    "events": {
        "purchase": {"names": ["p"], "code": "SALE"},
        "install": {"names": ["i"], "code": "INSTALL"},
    },
}
CleanRun = Callable[..., Run]


def config(**settings: Any) -> Config:
    return Config.model_validate({**BASE, **settings})


def test_a_plan_has_every_clean_row_in_order_as_often_as_it_is_asked(
    clean_run: CleanRun, tmp_path: Path
) -> None:
    rows = [{"order_id": f"O-{n}", "app_id": ["com.acme.shop", "none"][n % 4 == 3]} for n in range(40)]
    with plan(clean_run(rows), config(), now=NOW) as found:
        batches = list(found.batches(rows=16))
        assert [batch.schema for batch in batches] == [PLAN] * len(batches)
        assert all(batch.num_rows <= 16 for batch in batches)
        orders = [order for batch in batches for order in batch["order_id"].to_pylist()]
        assert orders == [row["order_id"] for row in rows]
        assert [b.num_rows for b in found.batches(rows=16)] == [b.num_rows for b in batches]
        assert (found.summary.rows, found.summary.to_send) == (40, 30)
        assert [(told.code, told.rows) for told in found.summary.skipped] == [("no-tracker-id:none", 10)]

        # The plan as a file is the same rows, for its owner only.
        file = tmp_path / "new" / "plan.parquet"
        found.write(file)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert [path.name for path in file.parent.iterdir()] == ["plan.parquet"]
        stored = parquet.read_table(file)
        assert stored.column_names == [*PLAN.names, "event_time", "notes"]
        assert stored["order_id"].to_pylist() == orders
        before = found.file
        with pytest.raises(OutputError, match="is a directory"):
            found.write(tmp_path)
    assert not before.exists()


def test_an_order_of_two_events_that_are_one_at_impact_com_is_not_sent_and_the_figures_say_so(
    clean_run: CleanRun,
) -> None:
    events = {name: {"names": [name], "type_id": 5001} for name in ("placed", "paid")}
    rows = [
        {"order_id": order, "event": event, "amount": Decimal(1)}
        for order, event in (("O-1", "placed"), ("O-2", "placed"), ("O-1", "paid"), ("O-3", "paid"))
    ]
    rows.append({"order_id": "O-2", "event": "paid", "event_time": datetime(2025, 1, 1)})  # noqa: DTZ001
    settings = config(events=events, push={"style": "event-type"})
    with plan(clean_run(rows), settings, now=NOW) as found:
        planned = [(row["order_id"], row["skipped"]) for b in found.batches() for row in b.to_pylist()]
        summary = found.summary
    assert planned == [
        ("O-1", "repeated-order"),
        ("O-2", None),
        ("O-1", "repeated-order"),
        ("O-3", None),
        ("O-2", "too-old"),
    ]
    assert (summary.rows, summary.to_send) == (5, 2)
    assert summary.amounts == (Money(currency="EUR", amount=Decimal(2)),)


def test_figures_are_by_event_app_and_partner_and_never_add_up_currencies(clean_run: CleanRun) -> None:
    rows = [
        {"amount": Decimal("1.10"), "partner": "A"},
        {"amount": Decimal("2.20"), "partner": "B", "currency": "USD"},
        {"amount": Decimal("0.005"), "partner": "A", "app_id": "id1"},
        {"amount": None, "currency": None, "partner": None, "event": "install"},
        {"amount": Decimal(100), "order_id": None},
    ]
    with plan(clean_run(rows), config(), now=NOW) as found:
        summary = found.summary
    euro = Money(currency="EUR", amount=Decimal("1.105"))
    dollar = Money(currency="USD", amount=Decimal("2.2"))
    assert summary.amounts == (euro, dollar)
    assert [(g.name, g.rows, g.amounts) for g in summary.by("event")] == [
        ("purchase", 3, (euro, dollar)),
        ("install", 1, ()),
    ]
    assert [(g.name, g.rows) for g in summary.by("app")] == [("com.acme.shop", 3), ("id1", 1)]
    assert [(g.name, g.rows) for g in summary.by("partner")] == [("A", 2), ("B", 1), (None, 1)]
    assert [(t.code, t.amounts) for t in summary.skipped] == [
        ("missing:OrderId", (Money(currency="EUR", amount=Decimal(100)),))
    ]
    assert [(t.code, t.rows) for t in summary.notes] == [("rounded", 1)]
    assert [request.event for request in summary.requests] == ["install", "purchase", "purchase"]


def test_an_event_that_is_not_configured_is_refused_with_those_that_are(clean_run: CleanRun) -> None:
    with pytest.raises(
        ConfigError, match=r"'instal' is not configured \(did you mean \"install\"\?\). Allowed: .*purchase"
    ):
        plan(clean_run([{}]), config(), now=NOW, only="instal")


def test_one_event_alone_and_the_time_of_planning(clean_run: CleanRun) -> None:
    rows = [{}, {"event": "install", "order_id": "I-1"}]
    run = clean_run(rows)
    with plan(run, config(), now=NOW, only="install") as found:
        assert [(g.name, g.rows) for g in found.summary.by("event")] == [("install", 1)]
        assert found.summary.rows == 1
    with plan(run, config(), now=NOW + timedelta(days=79)) as later:
        assert [told.code for told in later.summary.skipped] == ["too-old"]
        assert later.summary.to_send == 0
        assert later.summary.requests == ()


def test_a_run_that_does_not_carry_what_fields_are_filled_from_is_refused(clean_run: CleanRun) -> None:
    settings = {"push": {"fields": {"Text1": "af_sub5", "Text2": "campaign", "Text3": "=x"}}}
    run = clean_run([{}])
    with pytest.raises(InputError, match=r"fills conversion fields from \(af_sub5\): reconcile again"):
        plan(run, config(**settings), now=NOW)
    run = clean_run([{}], {("af_sub5",): ["five"], ("other",): ["x"]})
    with plan(run, config(**settings), now=NOW) as found:
        fields = found.summary.requests[0].fields
        assert (fields["Text1"], fields["Text3"]) == ("five", "x")


def test_what_is_no_run_directory_is_refused(clean_run: CleanRun, tmp_path: Path) -> None:
    run = clean_run([{}])
    (tmp_path / "run" / "clean.parquet").unlink()
    with pytest.raises(InputError, match=r"clean\.parquet: there is no such file"):
        plan(run, config(), now=NOW)
    with pytest.raises(InputError, match="not written to a directory"):
        plan(Run.model_construct(id="x"), config(), now=NOW)


def test_a_run_without_clean_rows_has_an_empty_plan(clean_run: CleanRun) -> None:
    with plan(clean_run([]), config(), now=NOW) as found:
        assert (found.summary.rows, found.summary.to_send, found.summary.amounts) == (0, 0, ())
        assert sum(batch.num_rows for batch in found.batches()) == 0
