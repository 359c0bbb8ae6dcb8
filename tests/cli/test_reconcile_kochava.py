"""`mmpsync reconcile` over a folder of Kochava's reports and a ClickExport: one row for each thing that can become of one."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]
ReadTable = Callable[[Path], list[dict[str, Any]]]

GOOD = "QzWm0aX:yz_xyOUuS1-FU0ABCdEfGhIjKlMnO0"
OTHER = "RkVn1bY:ya_yzPVvT2-GV1BCDeFgHiJkLmNoP1"
DEVICE = "KA0123456789abcdef0123456789abcdef"

INSTALLS = [
    # Two rows with what each partner was due, and one whose ClickId came through only in part.
    {"install_original_request": f"site_id=7&click_id={GOOD}"},
    {"install_original_request": {"site_id": "7", "click_id": OTHER}},
    {"install_original_request": f'{{"site_id":"7","click_id":"{GOOD[:30]}'},
    {"install_original_request": f"site_id=7\\u0026click_id={GOOD.lower()}"},
    {"install_original_request": "site_id=7&click_id={click_id}"},
    {"install_original_request": ""},
    # Kochava's own ids in the place of impact.com's.
    {"install_original_request": "click_id=KC-7", "kochava_click_id": "KC-7"},
    {"install_original_request": f"click_id={DEVICE}"},
    {"attribution_network_name": "UNATTRIBUTED"},
    {"attribution_network_name": "Facebook", "install_original_request": "click_id=fb-1"},
    {"attribution_network_name": ""},
    {"install_original_request": f"click_id={GOOD}", "install_status": "rejected"},
]
VERDICTS = {
    ("matched", "clean"): 2,
    ("click-id-truncated", "unattributed"): 1,
    ("click-id-case-changed", "unattributed"): 1,
    ("unexpanded-macro", "unattributed"): 1,
    ("missing-click-id", "unattributed"): 1,
    ("foreign-click-id", "unattributed"): 2,
    ("organic", "excluded"): 1,
    ("other-source", "excluded"): 1,
    ("restricted-source", "excluded"): 1,
    ("rejected-by-mmp", "excluded"): 1,
}
EVENTS = [
    {"dimension_data": {"order_id": "O-1", "currency": "EUR"}, "dimension_sum": "19.90"},
    {"dimension_data": {"order_id": "O-2", "currency": "EUR"}, "dimension_sum": "0.5", "timestamp_utc": "2026-03-01 09:00:00"},
    {"dimension_data": {"currency": "EUR"}, "dimension_sum": "7"},
    {"dimension_data": {"order_id": "O-4"}, "dimension_sum": "7"},
]  # fmt: skip
EVENT_VERDICTS = {
    ("matched", "clean"): 1,
    ("conversion-before-click", "unattributed"): 1,
    ("missing-parameter", "incomplete"): 2,
}


def install(number: int, **columns: Any) -> dict[str, Any]:
    return {
        "install_date_utc": f"2026-03-01 12:{number:02d}:00",
        "attribution_network_name": "Impact - Android",
        "install_kochava_device_id": DEVICE if "click_id=KA" in str(columns) else f"KA{number}",
        "kochava_click_id": f"KC-own-{number}",
        "install_status": "ok",
        "install_original_request": "",
        "app_guid": "koacme-android",
    } | columns


def event(number: int, **columns: Any) -> dict[str, Any]:
    return {
        "timestamp_utc": f"2026-03-01 13:{number:02d}:00",
        "event_name": "Purchase",
        "attribution_network": "Impact - Android",
        "device_id_kochava": f"KA{number}",
        "app_id": "com.acme",
        "click_original_request": {"click_id": GOOD},
    } | columns


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with kochava/ (installs as a gzipped array, events as CSV) and clicks.json of impact.com."""
    folder = tmp_path / "kochava"
    folder.mkdir()
    installs = [install(n, **columns) for n, columns in enumerate(INSTALLS)]
    (folder / "installs").write_bytes(gzip.compress(json.dumps(installs).encode()))
    events = [event(n, **columns) for n, columns in enumerate(EVENTS)]
    (folder / "events").write_text(as_csv(events))
    clicks = [
        {"Id": GOOD, "EventDate": "2026-03-01T10:00:00Z", "MediaId": "7", "MediaName": "Blog", "UniqueClick": "true"},
        {"Id": OTHER, "EventDate": "2026-03-01T11:00:00Z", "MediaId": "8", "MediaName": "Deals", "UniqueClick": "true"},
    ]  # fmt: skip
    (tmp_path / "clicks.json").write_text(json.dumps(clicks))
    return tmp_path


def as_csv(rows: list[dict[str, Any]]) -> str:
    def cell(value: Any) -> str:
        text = value if isinstance(value, str) else json.dumps(value)
        return '"' + text.replace('"', '""') + '"'

    lines = [",".join(rows[0]), *(",".join(cell(row[name]) for name in rows[0]) for row in rows)]
    return "".join(f"{line}\n" for line in lines)


def reasons(run: Path, read_table: ReadTable, file: str) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for name in ("clean", "exceptions", "excluded"):
        for row in read_table(run / f"{name}.parquet"):
            if Path(row["source_file"]).name == file:
                key = (row["reason"], row["verdict"])
                found[key] = found.get(key, 0) + 1
    return found


def test_every_row_gets_the_verdict_that_is_due(here: Path, command: Command, read_table: ReadTable) -> None:
    done = command(
        *(
            "reconcile",
            "kochava",
            "--clicks",
            "clicks.json",
            "--as-of",
            "2026-03-02T00:00:00Z",
            "--out",
            "run",
        ),
        cwd=here,
    )
    assert done.returncode == 1, done.stderr
    run = here / "run"
    assert reasons(run, read_table, "installs") == VERDICTS
    assert reasons(run, read_table, "events") == EVENT_VERDICTS
    (cut,) = (row for row in read_table(run / "exceptions.parquet") if row["reason"] == "click-id-truncated")
    assert cut["suggestion"] == GOOD
    clean = read_table(run / "clean.parquet")
    assert {(row["click_id"], row["partner"]) for row in clean} == {(GOOD, "Blog"), (OTHER, "Deals")}
    report = json.loads((run / "run.json").read_text())
    # The installs hold an unattributed one, the events none.
    (advice,) = (each for each in report["advice"] if each["code"] == "no-organic-rows")
    assert [Path(path).name for path in advice["files"]] == ["events"]
    assert {file["source"] for file in report["files"]} == {"kochava", "impact"}


def test_the_same_rows_as_csv_and_as_an_array_have_the_same_verdicts(
    here: Path, command: Command, read_table: ReadTable
) -> None:
    rows = json.loads(gzip.decompress((here / "kochava" / "installs").read_bytes()))
    twins = here / "twins"
    twins.mkdir()
    found = []
    for form, content in (("array", json.dumps(rows)), ("csv", as_csv(rows))):
        (twins / "x").write_text(content)
        arguments = ("reconcile", "twins", "--clicks", "clicks.json", "--as-of", "2026-03-02", "--out", form)
        command(*arguments, cwd=here)
        files = ("clean", "exceptions", "excluded")
        found.append([row for name in files for row in read_table(here / form / f"{name}.parquet")])
    assert len(found[0]) == len(rows)
    assert found[0] == found[1]


def test_a_forced_source_is_read_by_the_command(here: Path, command: Command) -> None:
    (here / "odd").mkdir()
    (here / "odd" / "x.csv").write_text("event_name,timestamp_utc,x\nPurchase,2026-03-01 12:00:00,1\n")
    arguments = ("reconcile", "kochava", "odd", "--as-of", "2026-03-02", "--out", "run")
    refused = command(*arguments, cwd=here)
    assert refused.returncode == 2
    assert "nearest is Kochava: it lacks" in " ".join(refused.stderr.split())
    assert not (here / "run").exists()
    done = command(*arguments, "--source", "kochava=odd/*.csv", cwd=here)
    assert done.returncode == 1, done.stderr
    report = json.loads((here / "run" / "run.json").read_text())
    (file,) = (file for file in report["files"] if file["path"] == "odd/x.csv")
    assert (file["source"], file["rows"], sorted(file["lacking"])) == (
        "kochava",
        1,
        ["click_id", "media_source", "order_id"],
    )
