"""Whole runs over a small folder of Branch's exports and impact.com's click records."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import mmpsync
from mmpsync.run import Run

MS = 1772366400000  # 2026-03-01 12:00 UTC
TOUCH = "last_attributed_touch_data"
PARTNER, FIELDS = f"{TOUCH}_tilde_advertising_partner_name", f"{TOUCH}_custom_fields"
HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
IMPACTS, BRANCHS = "QzWm0aXyzxyOUuS1FU0ABCdEfGhIjKlMnO0", "BbRr9cXyzxyOUuS1FU0ABCdEfGhIjKlMnO0"
AS_OF = "2026-03-20T00:00:00Z"
CONFIG = """
[events.install]
names = ["INSTALL"]
code = "INSTALL"
[events.purchase]
names = ["PURCHASE"]
code = "SALE"
required = ["order_id", "amount", "currency", "customer_id", "idfa"]
"""
CLICKS = f"Id,EventDate,MediaId,MediaName,UniqueClick\n{IMPACTS},2026-03-01T11:00:00Z,7,Blog,true\n"

Row = dict[str, Any]


def touched(click_id: str | None = IMPACTS, **more: Any) -> Row:
    """An install of impact.com's, an hour after its click, but for what it says."""
    fields = {"+click_timestamp": MS // 1000 - 3600, **({"~click_id": click_id} if click_id else {})}
    return {
        "name": "INSTALL",
        "timestamp": MS,
        "last_attributed_touch_type": "CLICK",
        "last_attributed_touch_timestamp": MS - 3_600_000,
        PARTNER: "Impact",
        FIELDS: json.dumps(fields),
        "user_data_os": "IOS",
        "user_data_idfa": "3F2504E0-4F89-11D3-9A0C-0305E82C3301",
        **more,
    }


def bought(order: str | None, click_id: str | None = IMPACTS, **more: Any) -> Row:
    sale = {"name": "PURCHASE", "event_data_revenue": 20, "event_data_currency": "EUR"}
    ids = {"event_data_transaction_id": order, "user_data_developer_identity": "000123"}
    return touched(click_id, **sale, **ids, **more)


UNTOUCHED = {
    "last_attributed_touch_type": None,
    "last_attributed_touch_timestamp": None,
    PARTNER: None,
    FIELDS: None,
}
GOOGLE = {PARTNER: "Google AdWords"}
LINK = "https://acme.app.link/a?%243p=a_google_adwords"

# File → event id → the row, and what becomes of it.
DAILY: dict[str, tuple[Row, str]] = {
    "101": (touched(), "clean:matched"),
    "102": (touched(None), "unattributed:missing-click-id"),
    "103": (touched(**{FIELDS: HASH, "user_data_idfa": HASH}), "unattributed:placeholder-click-id"),
    "104": (touched(**UNTOUCHED), "excluded:organic"),
    "105": (touched("G-1", **GOOGLE), "excluded:other-source"),
    "106": (touched(None, **{PARTNER: "undisclosed"}), "excluded:restricted-source"),
    "107": (touched(**{FIELDS: json.dumps({"+url": f"{LINK}&impacttest=1"})}), "excluded:test-row"),
    "108": (touched("{ClickId}"), "unattributed:unexpanded-macro"),
    "109": (touched(IMPACTS.lower()), "unattributed:click-id-case-changed"),
    "949938143432171529": (touched("949938143432171529"), "unattributed:foreign-click-id"),
    "111": (touched("Xx4t7aXyzxyOUuS1FU0ABCdEfGhIjKlMnO0"), "unattributed:orphan-click-id"),
    "112": (
        touched(**GOOGLE, **{FIELDS: json.dumps({"+url": f"{LINK}&irclickid={IMPACTS}"})}),
        "clean:conflicting-attribution",
    ),
    "113": (touched(last_attributed_touch_type="IMPRESSION"), "clean:view-through"),
    "114": (touched(name="OPEN"), "excluded:unmapped-event"),
    "115": (touched(name="REINSTALL", timestamp=MS - 7_200_000), "excluded:unmapped-event"),
    "116": (touched(timestamp=MS - 7_200_000), "unattributed:conversion-before-click"),
}
CUSTOM: dict[str, tuple[Row, str]] = {
    "201": (bought("O-1"), "clean:matched"),
    "202": (bought(None), "incomplete:missing-parameter"),
    # They are there, though nobody can read them.
    "203": (bought("O-3", user_data_idfa=HASH), "clean:matched"),
    "204": (bought("O-4") | {"user_data_developer_identity": "undisclosed"}, "clean:matched"),
    "205": (bought("O-5") | {"user_data_developer_identity": None}, "incomplete:missing-parameter"),
    "206": (bought("O-6", attributed=False), "clean:organic-with-click-id"),
    "207": (bought("O-7", event_timestamp=MS + 25 * 86_400_000), "incomplete:future-event"),
    # Its click is known from Branch alone.
    "208": (bought("O-8", BRANCHS), "clean:matched"),
}
BLOCKED = {"301": (touched(), "excluded:rejected-by-mmp")}
CLICK: dict[str, tuple[Row, str]] = {
    "401": ({"name": "CLICK", "timestamp": MS - 1_800_000, **{k: v for k, v in touched(BRANCHS).items() if k in (PARTNER, FIELDS)}}, ""),
}  # fmt: skip
FEED = {
    "501": ({"name": "PAGEVIEW", "timestamp": MS, "user_data": {"os": "IOS"}}, "excluded:not-a-conversion"),
    "502": (
        {
            "name": "INSTALL",
            "timestamp": MS,
            "last_attributed_touch_timestamp": MS - 3_600_000,
            TOUCH: {"$3p": "a_impact", "+url": f"https://acme.app.link/a?%7Eclick_id={IMPACTS}"},
        },
        "clean:matched",
    ),
    "503": ({"name": "INSTALL", "timestamp": MS, "user_data": {"os": "IOS"}}, "excluded:organic"),
}
FILES = (DAILY, CUSTOM, BLOCKED, CLICK, FEED)
EXPECTED = {event_id: outcome for rows in FILES for event_id, (_, outcome) in rows.items() if outcome}


def as_csv(rows: Mapping[str, tuple[Row, str]]) -> bytes:
    found = [{"id": event_id, **row} for event_id, (row, _) in rows.items()]
    file = io.StringIO()
    writer = csv.DictWriter(file, list(dict.fromkeys(name for row in found for name in row)), restval="")
    writer.writeheader()
    writer.writerows(found)
    return file.getvalue().encode()


def as_lines(rows: Mapping[str, tuple[Row, str]]) -> bytes:
    found = ({"id": int(event_id), **row} for event_id, (row, _) in rows.items())
    return "".join(json.dumps(row) + "\n" for row in found).encode()


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with exports/, as Branch names its files, clicks.csv and mmpsync.toml."""
    daily = "exports/topic={topic}/777-2026-03-01-{topic}-v2-" + "0a" * 32 + "-abcdef-{part}.csv.gz"
    custom = "exports/777-{topic}-2026-03-01-2026-03-02-6f0c8a52-4cb5-4a0e-9f7e-0123456789ab-0123456789abcdef"
    again = dict(list(DAILY.items())[:1])
    files = {
        daily.format(topic="eo_install", part=1): gzip.compress(as_csv(DAILY)),
        daily.format(topic="eo_install", part=2): gzip.compress(as_csv(again)),
        daily.format(topic="eo_click", part=1): gzip.compress(as_csv(CLICK)),
        custom.format(topic="eo_commerce_event") + ".json": as_lines(CUSTOM),
        custom.format(topic="eo_install_blocked") + ".csv": as_csv(BLOCKED),
        "exports/feed/2026-03-01.ndjson": as_lines(FEED),
        "clicks.csv": CLICKS.encode(),
        "mmpsync.toml": CONFIG.encode(),
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return tmp_path


def judged(folder: Path, read_table: Callable[[Path], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    tables = ("clean", "exceptions", "excluded")
    return [row for name in tables for row in read_table(folder / f"{name}.parquet")]


def test_every_row_has_the_verdict_that_it_was_written_for(
    here: Path, command: Callable[..., Any], read_table: Callable[[Path], list[dict[str, Any]]]
) -> None:
    done = command(
        "reconcile", "exports", "--clicks", "clicks.csv", "--as-of", AS_OF, "--out", "run", cwd=here
    )
    assert (done.returncode, done.stderr) == (1, "")
    rows = judged(here / "run", read_table)
    again = [row for row in rows if row["reason"] == "duplicate-row"]
    assert [(row["event_id"], row["verdict"]) for row in again] == [("101", "duplicate")]
    found = {row["event_id"]: f"{row['verdict']}:{row['reason']}" for row in rows if row not in again}
    assert found == EXPECTED
    assert "hashed 1" in done.stdout
    assert "without hashed" not in done.stdout
    by_id = {row["event_id"]: row for row in rows}
    assert by_id["103"]["reasons"] == "placeholder-click-id:hashed"
    assert by_id["202"]["reasons"] == "missing-parameter:order_id"
    assert by_id["205"]["reasons"] == "missing-parameter:customer_id"
    assert (by_id["102"]["app_id"], by_id["201"]["app_id"]) == ("777", None)


def test_a_run_tells_of_its_files_and_of_what_is_withheld(here: Path) -> None:
    run = mmpsync.reconcile(
        [here / "exports"], clicks=[here / "clicks.csv"], config=here / "mmpsync.toml", as_of=AS_OF
    )
    holds = {(Path(file.path).name.split("-v2-")[0], file.source, file.holds) for file in run.files}
    assert ("777-2026-03-01-eo_click", "branch", "clicks") in holds
    assert {source for _, source, _ in holds} == {"branch", "impact"}
    assert run.clicks.records == 2
    (withheld,) = [advice for advice in run.advice if advice.code == "withheld-values"]
    assert "click_id, idfa: 2" in withheld.message
    assert [Path(path).suffix for path in withheld.files] == [".json", ".gz"]


def counted(run: Run) -> dict[str, int]:
    return {reason.code: reason.rows for reason in run.reason_summaries if reason.rows}


def test_the_reasons_are_the_same_whichever_form_the_rows_come_in(tmp_path: Path) -> None:
    (tmp_path / "clicks.csv").write_text(CLICKS)
    runs = []
    for name, write in {"x.csv": as_csv, "x.json": as_lines}.items():
        path = tmp_path / name
        path.write_bytes(write(DAILY | CUSTOM))
        runs.append(mmpsync.reconcile([path], clicks=[tmp_path / "clicks.csv"], as_of=AS_OF))
    assert counted(runs[0]) == counted(runs[1])
    assert runs[0].summary.rows == len(DAILY | CUSTOM)
