"""Every expression that a run builds compiles for Spark, too: the rules are written once for all engines."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest
import sqlglot
from ibis.config import Config as IbisOptions
from pyarrow import parquet

import mmpsync
from mmpsync import pipeline
from mmpsync.config import Config
from mmpsync.engines.duckdb import DuckDBEngine
from mmpsync.ingest.canonical import CONVERSION
from mmpsync.ingest.carried import CARRIED
from mmpsync.push.requests import Requests
from mmpsync.reconcile.verdicts import JUDGED

SAMPLES = Path(__file__).parents[2] / "sample_exports"

# What an engine was told to do, and with which expression.
Recorded = list[tuple[str, ibis.Table]]
Record = Callable[..., Recorded]


class RecordingEngine:
    """An Engine that keeps every expression handed to it and leaves all the work to DuckDB."""

    name = "recording"
    remote = None

    def __init__(self, seen: Recorded) -> None:
        self._seen = seen
        self._engine = DuckDBEngine()

    def __getattr__(self, act: str) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            self._seen.extend((act, given) for given in arguments if isinstance(given, ibis.Table))
            return getattr(self._engine, act)(*arguments, **options)

        return call


@pytest.fixture
def record(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Record:
    """Run the whole job; return every expression that an engine was handed on the way."""

    def run(exports: Path, config: Config, *, with_source_columns: bool = False) -> Recorded:
        seen: Recorded = []
        monkeypatch.setattr(pipeline, "open_engine", lambda _: RecordingEngine(seen))
        as_of = datetime(2026, 3, 20, tzinfo=UTC)
        job = pipeline.Job(
            paths={"any": [str(exports)]},
            config=config,
            started=as_of,
            as_of=as_of,
            out=tmp_path / "run",
            with_source_columns=with_source_columns,
        )
        pipeline.execute(job, lambda _: None)
        return seen

    return run


class PySparkOptions(IbisOptions):
    """What Ibis registers once PySpark is there: without it no float literal compiles."""

    treat_nan_as_null: bool = False


@pytest.fixture(autouse=True)
def _options_of_spark() -> Iterator[None]:
    before = ibis.options.pyspark
    ibis.options.pyspark = PySparkOptions()
    yield
    ibis.options.pyspark = before


def refused(seen: Recorded) -> list[str]:
    """What Spark SQL has no words for, with the act and the error."""
    found = []
    for number, (act, table) in enumerate(seen):
        try:
            sqlglot.parse_one(ibis.to_sql(table, dialect="pyspark"), dialect="spark")
        except Exception as error:  # noqa: BLE001  whatever it is, it is to be told
            found.append(f"{number} {act}: {type(error).__name__}: {error}")
    return found


def test_every_expression_of_the_samples_compiles_for_spark(record: Record) -> None:
    seen = record(SAMPLES, mmpsync.load_config(SAMPLES / "mmpsync.toml"))
    assert {act for act, _ in seen} >= {"materialize", "store", "rows", "write_parquet", "write_csv"}
    assert len(seen) >= 25
    assert refused(seen) == []


APPSFLYER = {
    "media_source": "impactradius_int",
    "event_name": "af_purchase",
    "appsflyer_id": "1-1",
    "original_url": "https://x.example/?pid=impactradius_int&clickid=ABC",
    "is_primary_attribution": True,
    "event_value": '{"af_order_id": "O-1"}',
}
SEGMENT = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "m-1",
    "timestamp": "2026-03-01T08:00:00.000Z",
    "context": {
        "os": {"name": "iOS"},
        "device": {"id": "D"},
        "referrer": {"type": "impactRadius", "id": "ABC"},
    },
    "properties": {"order_id": "O-2", "total": 9.5, "currency": "EUR"},
}
UNUSUAL: dict[str, Any] = {
    "sources": {
        "appsflyer": {
            "timezone": "Europe/Berlin",
            "media_sources": ["impactradius_int", "Other"],
            "fields": {
                "click_id": ["original_url?clickid", "af_sub1"],
                "kind": "event_kind",
                "campaign": ["event_value.deep.campaign", "=none"],
            },
        },
        "adjust": {"timezone": "America/New_York", "trackers": ["abc123"]},
    },
    "events": {"purchase": {"names": ["af_purchase"], "code": "SALE", "required": ["order_id", "quantity"]}},
}


@pytest.fixture
def unusual_exports(tmp_path: Path) -> Path:
    """JSON lines, a JSON array, typed Parquet, several headers: what the samples lack."""
    folder = tmp_path / "exports"
    (folder / "t=inapps").mkdir(parents=True)
    (folder / "lines.json").write_text(json.dumps(APPSFLYER | {"event_time": "2026-03-01 08:00:00"}) + "\n")
    clicks = [{"Id": "ABC", "EventDate": "2026-03-01T07:00:00Z", "MediaId": 1, "UniqueClick": True}]
    (folder / "clicks.json").write_text(json.dumps(clicks))
    (folder / "adjust.csv").write_text(
        "{activity_kind},{created_at},{label},{tracker},{adid},{nonce}\n"
        "click,1772350000,ABC,abc123,a,1\ninstall,1772350100,ABC,abc123,a,2\nbroken\n"
    )
    (folder / "empty.csv").write_text("{activity_kind},{created_at}\n")
    (folder / "log.json").write_text(json.dumps(SEGMENT) + "\n")
    table = {
        "id": "m-2",
        "timestamp": "2026-03-01 08:00:00",
        "sent_at": "",
        "event": "e",
        "context_page_url": "?im_ref=A",
    }
    (folder / "tracks.csv").write_text(f"{','.join(table)}\n{','.join(table.values())}\n")
    times = {
        "event_time": [datetime(2026, 3, 1, 8)],  # noqa: DTZ001  local to the source's time zone
        "install_time": [datetime(2026, 3, 1, 8, tzinfo=UTC)],
        "event_revenue": [1.5],
    }
    columns = {**{name: [value] for name, value in APPSFLYER.items()}, **times}
    parquet.write_table(pa.table(columns), folder / "t=inapps" / "typed.parquet")
    return folder


def test_every_expression_of_other_formats_and_settings_compiles_for_spark(
    record: Record, unusual_exports: Path
) -> None:
    seen = record(unusual_exports, Config.model_validate(UNUSUAL))
    assert len(seen) >= 20
    assert refused(seen) == []


def test_every_expression_of_a_run_without_clicks_compiles_for_spark(
    record: Record, unusual_exports: Path
) -> None:
    (unusual_exports / "adjust.csv").unlink()
    (unusual_exports / "clicks.json").unlink()
    assert refused(record(unusual_exports, Config())) == []


def test_the_original_columns_compile_for_spark(record: Record, unusual_exports: Path) -> None:
    assert refused(record(unusual_exports, Config(), with_source_columns=True)) == []


def test_every_expression_of_a_run_with_actions_compiles_for_spark(
    record: Record, unusual_exports: Path
) -> None:
    action = {
        "Id": "M.1",
        "ActionTrackerId": 4001,
        "EventCode": "SALE",
        "State": "PENDING",
        "Oid": "O-1",
        "Payout": 1,
    }
    (unusual_exports / "actions.json").write_text(json.dumps({"Actions": [action | {"Amount": 12.5}]}))
    (unusual_exports / "more.csv").write_text(
        "Action_Id,OID,Status,Action_Tracker,Payout\nM.2,O-2,REVERSED,App,1\n"
    )
    apps = {"apps": {"com.acme": {"tracker_id": 4001}, "id1": {"tracker_id": 4002}}}
    for config in (Config(), Config.model_validate(UNUSUAL | apps)):
        seen = record(unusual_exports, config)
        assert any("standing" in table.columns for _, table in seen)
        assert refused(seen) == []


FIELDS_OF_EVERY_KIND = (
    "Items", "Text1", "MediaId", "MediaPartnerId", "Numeric1", "OrderTax", "Date1", "GiftPurchase", "CustomerEmail",
)  # fmt: skip


def test_every_expression_of_a_plan_compiles_for_spark() -> None:
    columns = dict.fromkeys(JUDGED, "string") | CONVERSION | {CARRIED: "map<string, string>"}
    every_kind = {"fields": {name: ["a", "campaign", "=x"] for name in FIELDS_OF_EVERY_KIND}}
    for push in ({}, every_kind | {"style": "event-type", "email_hash": "sha256"}):
        settings = {"program": {"campaign_id": 1}, "apps": {"a": {"tracker_id": 1}}, "push": push}
        config = Config.model_validate(UNUSUAL | settings)
        planned = Requests(config, datetime(2026, 3, 20), "file").planned(ibis.table(columns, name="clean"))  # noqa: DTZ001
        assert refused([("planned", planned)]) == []
