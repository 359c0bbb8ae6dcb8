"""Whether an export holds organic rows, where its source leaves them out unless they are asked for."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mmpsync.config import Config
from mmpsync.engines.duckdb import DuckDBEngine
from mmpsync.ingest import inputs
from mmpsync.ingest.organic import without_organic

Export = Callable[..., str]
Told = Callable[..., dict[str, list[str]]]

INSTALL = {"install_date_utc": "2026-03-01 12:00:00", "attribution_network_name": "Impact"}
ORGANIC = INSTALL | {"attribution_network_name": "UNATTRIBUTED"}
EVENT = {"timestamp_utc": "2026-03-01 12:00:00", "event_name": "e", "attribution_network": "Impact"}
CLICK = {"click_date_utc": "2026-03-01 12:00:00", "partner_click_id": "A", "click_network_name": "Impact"}
APPSFLYER = {
    "media_source": "impactradius_int",
    "event_time": "2026-03-01 12:00:00",
    "event_name": "e",
    "af_sub1": "A",
}


@pytest.fixture
def told(tmp_path: Path) -> Told:
    """Message → the names of the files it is said of, for files written into a folder."""

    def run(files: dict[str, str]) -> dict[str, list[str]]:
        for name, content in files.items():
            (tmp_path / name).write_text(content)
        engine = DuckDBEngine(threads=1)
        try:
            found = inputs.read(engine, Config(), {"any": [str(tmp_path)]})
            advice = without_organic(engine, found)
        finally:
            engine.close()
        assert {one.code for one in advice} <= {"no-organic-rows"}
        return {f"{one.message}. {one.fix}": [Path(path).name for path in one.files] for one in advice}

    return run


def test_files_without_organic_rows_are_told_with_what_to_ask_for(told: Told, export: Export) -> None:
    files = {
        "all.csv": export(INSTALL, ORGANIC),
        "attributed.csv": export(INSTALL, INSTALL),
        "attributed.json": json.dumps([INSTALL]),
        "events.csv": export(EVENT),
    }
    ((message, names),) = told(files).items()
    assert names == ["attributed.csv", "attributed.json", "events.csv"]
    assert "unattributed_traffic" in message
    assert "match rates per app are of attributed rows only" in message


def test_a_row_whose_source_is_withheld_is_not_organic(told: Told, export: Export) -> None:
    (names,) = told({"x.csv": export(INSTALL, INSTALL | {"attribution_network_name": ""})}).values()
    assert names == ["x.csv"]


@pytest.mark.parametrize("row", [CLICK, APPSFLYER, ORGANIC])
def test_nothing_is_said_of_clicks_of_other_sources_or_of_files_with_organic_rows(
    told: Told, export: Export, row: dict[str, str]
) -> None:
    assert told({"x.csv": export(row)}) == {}


def test_nothing_is_said_of_a_file_without_rows(told: Told) -> None:
    assert told({"x.csv": ",".join(INSTALL) + "\n"}) == {}
