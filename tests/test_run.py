import gc
import importlib.resources
import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pandas as pd
import pyarrow as pa
import pytest
from pydantic import ValidationError

import mmpsync
from mmpsync.conclusions import GateResult
from mmpsync.errors import InputError
from mmpsync.run import RUN_FILE, Run

HEADER = (
    "Media Source", "Event Time", "Event Name", "AppsFlyer ID", "Original URL", "Event Value", "Event Revenue",
    "Event Revenue Currency",
)  # fmt: skip
AS_OF = datetime(2026, 3, 11, tzinfo=UTC)


def purchase(
    order: str, click_id: str, amount: str = "", currency: str = "", *, source: str = "impactradius_int"
) -> tuple[str, ...]:
    url = f"https://x.test/?pid=impactradius_int&clickid={click_id}"
    value = json.dumps({"af_order_id": order})
    return (source, "2026-03-10 12:00:00", "af_purchase", f"user-{order}", url, value, amount, currency)


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory, write_export: Callable[..., Path]) -> list[Path]:
    """Six purchases, an organic one and an unreadable line: 2 clean, 4 unattributed, 1 excluded, 1 unreadable."""
    folder = tmp_path_factory.mktemp("exports")
    rows = [
        purchase("1", "c1", "10.50", "EUR"),
        purchase("2", "c2", "1", "USD"),
        purchase("3", "nobody", "0.10", "EUR"),
        purchase("4", "nobody", "0.20", "EUR"),
        purchase("5", "nobody", "3", "USD"),
        purchase("6", "{clickid}"),
        purchase("7", "", source="organic"),
        b"too,few\n",
    ]
    clicks = [(click_id, "2026-03-10T11:00:00Z", "1", "Shop", "1") for click_id in ("c1", "c2")]
    return [
        write_export(folder / "events.csv", HEADER, rows),
        write_export(
            folder / "clicks.csv", ("Id", "EventDate", "MediaId", "MediaName", "UniqueClick"), clicks
        ),
    ]


@pytest.fixture(scope="module")
def run(exports: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Run:
    return mmpsync.reconcile(exports, out=tmp_path_factory.mktemp("runs") / "run", as_of=AS_OF)


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    schemas = importlib.resources.files("mmpsync") / "schemas"
    return dict(json.loads((schemas / "run-1.json").read_text("utf-8")))


def test_a_run_read_back_is_the_run(run: Run) -> None:
    assert run.directory is not None
    loaded = Run.load(run.directory)
    assert loaded == run
    assert loaded.to_json() == run.to_json() == (run.directory / RUN_FILE).read_text("utf-8")
    assert Run.load(str(run.directory)).directory == run.directory


def test_the_published_schema_is_that_of_the_run_as_it_is_written(published: dict[str, Any]) -> None:
    assert published == Run.model_json_schema(mode="serialization")


def test_a_run_json_keeps_the_published_schema(run: Run, published: dict[str, Any]) -> None:
    jsonschema.validate(json.loads(run.to_json()), published, jsonschema.Draft202012Validator)


def test_a_run_json_whose_advice_has_no_fix_of_its_own_is_still_read(run: Run, tmp_path: Path) -> None:
    document = json.loads(run.to_json())
    document["advice"] = [{"code": "row-limit", "message": "It may be cut off; export less.", "files": ["a"]}]
    (tmp_path / RUN_FILE).write_text(json.dumps(document), "utf-8")
    (read,) = Run.load(tmp_path).advice
    assert (read.message, read.fix) == ("It may be cut off; export less.", "")


def test_every_time_in_a_run_json_says_that_it_is_utc(run: Run) -> None:
    document = json.loads(run.to_json())
    example = next(
        e for reason in document["reason_summaries"] for e in reason["examples"] if e["event_time"]
    )
    times = {
        "started": document["started"],
        "finished": document["finished"],
        "as_of": document["as_of"],
        "earliest click": document["clicks"]["earliest"],
        "latest click": document["clicks"]["latest"],
        "example": example["event_time"],
    }
    assert {name for name, time in times.items() if not time.endswith(("Z", "+00:00"))} == set()


def test_money_in_a_run_json_is_exact(run: Run) -> None:
    document = json.loads(run.to_json())
    # As text: a number would become a float with many a reader.
    assert {money["currency"]: money["amount"] for money in document["summary"]["at_risk"]} == {
        "EUR": "0.300000",
        "USD": "3.000000",
    }


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b"[]",
        b"not JSON",
        b'{"schema_version": 2}',
        b"\xff\xfe",
    ],
)
def test_what_is_no_run_json_is_an_error_that_names_it(tmp_path: Path, text: bytes) -> None:
    (tmp_path / RUN_FILE).write_bytes(text)
    with pytest.raises(InputError, match=RUN_FILE):
        Run.load(tmp_path)


def test_a_run_of_a_newer_mmpsync_is_refused(run: Run, tmp_path: Path) -> None:
    newer = json.loads(run.to_json()) | {"schema_version": 2}
    (tmp_path / RUN_FILE).write_text(json.dumps(newer))
    with pytest.raises(InputError, match="schema version 1"):
        Run.load(tmp_path)


def test_a_folder_without_a_run_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        Run.load(tmp_path / "nowhere")


def test_a_run_is_frozen(run: Run) -> None:
    with pytest.raises(ValidationError):
        run.id = "another"


def test_the_rows_of_all_reasons_add_up_to_the_rows_of_the_run(run: Run) -> None:
    found = run.reasons(arrow=True)
    assert isinstance(found, pa.Table)
    assert {row["reason"]: row["rows"] for row in found.to_pylist()} == {
        "unreadable-row": 1,
        "organic": 1,
        "unexpanded-macro": 1,
        "orphan-click-id": 3,
        "matched": 2,
    }
    assert sum(found["rows"].to_pylist()) == run.summary.rows == 8


def test_reasons_come_with_verdict_severity_and_money_by_currency(run: Run) -> None:
    found = run.reasons(arrow=True)
    assert isinstance(found, pa.Table)
    assert found.column_names == ["reason", "verdict", "severity", "rows", "also", "amounts"]
    rows = {row["reason"]: row for row in found.to_pylist()}
    orphan = rows["orphan-click-id"]
    assert (orphan["verdict"], orphan["severity"], orphan["also"]) == ("unattributed", "error", 0)
    assert dict(orphan["amounts"]) == {"EUR": Decimal("0.30"), "USD": Decimal(3)}
    assert dict(rows["unexpanded-macro"]["amounts"]) == {}


def test_frames_are_pandas_or_arrow_as_asked(run: Run) -> None:
    for frame, rows in ((run.reasons, 5), (run.clean, 2), (run.exceptions, 4)):
        as_pandas, as_arrow = frame(), frame(arrow=True)
        assert isinstance(as_pandas, pd.DataFrame)
        assert isinstance(as_arrow, pa.Table)
        assert len(as_pandas) == as_arrow.num_rows == rows
        assert list(as_pandas.columns) == as_arrow.column_names


def test_frames_hold_exact_money_and_times(run: Run) -> None:
    found = run.clean(arrow=True)
    assert isinstance(found, pa.Table)
    assert found["amount"].to_pylist() == [Decimal("10.50"), Decimal(1)]
    assert {time.replace(tzinfo=None) for time in found["event_time"].to_pylist()} == {
        datetime(2026, 3, 10, 12, tzinfo=UTC).replace(tzinfo=None)
    }
    assert set(found["verdict"].to_pylist()) == {"clean"}


def test_rows_that_are_gone_are_an_error_that_names_their_file(run: Run, tmp_path: Path) -> None:
    for rows in (run.at(tmp_path).clean, run.at(tmp_path).exceptions):
        with pytest.raises(InputError, match=r"\.parquet: there is no such file; reconcile again"):
            rows()


def test_without_a_directory_the_rows_live_as_long_as_the_run(exports: list[Path]) -> None:
    run = mmpsync.reconcile(exports, as_of=AS_OF)
    gc.collect()
    place = run.directory
    assert place is not None
    assert len(run.exceptions()) == 4
    assert len(run.clean()) == 2
    del run
    gc.collect()
    assert not place.exists()


def test_a_run_that_was_not_written_says_that_its_rows_are_not_at_hand(run: Run) -> None:
    loose = Run.model_validate_json(run.to_json())
    assert loose.directory is None
    with pytest.raises(InputError, match="not written"):
        loose.clean()
    # What is in run.json is at hand.
    assert len(loose.reasons()) == 5


@pytest.mark.parametrize(
    ("rows", "passed", "code"), [(0, True, 5), (0, False, 5), (1, True, 0), (1, False, 1)]
)
def test_the_exit_code_tells_an_empty_input_and_a_failed_gate(
    run: Run, rows: int, code: int, *, passed: bool
) -> None:
    summary = run.summary.model_copy(update={"rows": rows})
    found = run.model_copy(update={"summary": summary, "gate": GateResult(passed=passed)})
    assert found.exit_code == code
