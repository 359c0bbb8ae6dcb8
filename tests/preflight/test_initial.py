"""The first mmpsync.toml: right for the sample exports without editing, and honest about what nobody told it."""

import json
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import mmpsync
from mmpsync.config import load_config
from mmpsync.errors import InputError, OutputError
from mmpsync.preflight.initial import write_first_config

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "sample_exports"
PLANTED: dict[str, Any] = json.loads((SAMPLES / "_planted.json").read_text("utf-8"))
# The folder of each MMP's exports → what is planted in it.
FOLDERS = {
    "appsflyer": "appsflyer_csv",
    "appsflyer_data_locker": "appsflyer_parquet",
    "adjust": "adjust",
    "branch": "branch",
    "segment": "segment",
    "kochava": "kochava",
}


def test_of_every_mmp_s_sample_exports_init_then_check_then_reconcile_finds_what_is_planted(
    tmp_path: Path,
) -> None:
    out = tmp_path / "mmpsync.toml"
    text = write_first_config([str(SAMPLES)], {}, out, force=False)
    assert out.read_text("utf-8") == text

    checked = mmpsync.check(config=out)
    assert checked.exit_code == 0
    # What no export says, and the file marks TODO.
    assert {finding.code for finding in checked.findings} == {"no-campaign-id", "no-tracker-id"}

    run = mmpsync.reconcile(SAMPLES, config=out, as_of=PLANTED["as_of"])
    assert {reason.code: reason.rows for reason in run.reason_summaries if reason.rows} == PLANTED["total"]
    for folder, name in FOLDERS.items():
        rows: Counter[str] = Counter()
        for reason in run.reason_summaries:
            of_folder = [f for f in reason.files if Path(f.path).relative_to(SAMPLES).parts[0] == folder]
            rows[reason.code] += sum(file.rows for file in of_folder)
        assert {code: n for code, n in rows.items() if n} == PLANTED[name], folder


@pytest.mark.parametrize("folder", FOLDERS)
def test_from_one_mmp_s_exports_alone_init_knows_all_that_its_rows_need(folder: str, tmp_path: Path) -> None:
    out = tmp_path / "mmpsync.toml"
    write_first_config([str(SAMPLES / folder)], {}, out, force=False)
    assert mmpsync.check(config=out).exit_code == 0
    records = {"clicks": SAMPLES / "impact", "actions": SAMPLES / "impact_actions"}
    run = mmpsync.reconcile(SAMPLES / folder, config=out, as_of=PLANTED["as_of"], **records)
    found = {reason.code: reason.rows for reason in run.reason_summaries if reason.rows}
    assert found == PLANTED[FOLDERS[folder]]


def test_an_order_id_inside_json_and_a_parameter_of_the_link_are_found_by_their_names(
    tmp_path: Path, write_export: Any, header: tuple[str, ...]
) -> None:
    url = "https://x.test/?pid=impactradius_int&partner_click=c{}"
    rows = [
        ("impactradius_int", "2026-03-10 12:00:00", "Order Paid", f"u{n}", "id1234567", "iOS", "", url.format(n),
         json.dumps({"order": {"order_no": f"o{n}"}, "note": "x"}), "10", "EUR")
        for n in range(4)
    ]  # fmt: skip
    rows.append(
        ("organic", "2026-03-10 12:00:00", "level up\n", "u9", "id1234567", "iOS", "", "", "", "", "")
    )
    write_export(tmp_path / "export.csv", header, rows)
    out = tmp_path / "mmpsync.toml"
    text = write_first_config([str(tmp_path / "export.csv")], {}, out, force=False)
    config = load_config(out, environ={})
    assert config.program.click_id_params == ("partner_click",)
    assert config.apps["id1234567"].platform == "ios"
    assert config.events["purchase"].names == ("Order Paid",)
    assert config.sources["appsflyer"].fields["order_id"] == ("Event Value.order.order_no",)
    assert '#   "level up": 1 row' in text
    run = mmpsync.reconcile(tmp_path / "export.csv", config=out, as_of="2026-03-11T00:00:00Z")
    assert {reason.code: reason.rows for reason in run.reason_summaries if reason.rows} == {
        "not-joined": 4,  # ClickIds and order ids are there
        "unmapped-event": 1,
    }


def test_without_exports_it_says_what_goes_where(tmp_path: Path) -> None:
    text = write_first_config([], {}, tmp_path / "mmpsync.toml", force=False)
    assert load_config(tmp_path / "mmpsync.toml", environ={}).events == {}
    assert "# TODO [events.purchase]" in text
    # Taking the marks away gives a configuration, too: nobody should have to guess its form.
    plain = "\n".join(
        line.removeprefix("# TODO ") if "TODO" in line[:8] else line for line in text.splitlines()
    )
    keys = ("# platform", "# tracker_id", "# names", "# code", "# required")
    plain = "\n".join(line[2:] if line.startswith(keys) else line for line in plain.splitlines())
    (tmp_path / "plain.toml").write_text(plain, "utf-8")
    assert set(tomllib.loads(plain)) == {"program", "apps", "events", "gate"}
    assert mmpsync.check(config=load_config(tmp_path / "plain.toml", environ={})).findings == ()


def test_a_file_that_is_there_is_kept_unless_forced(tmp_path: Path) -> None:
    out = tmp_path / "mmpsync.toml"
    out.write_text("mine", "utf-8")
    with pytest.raises(OutputError, match="--force overwrites it"):
        write_first_config([], {}, out, force=False)
    assert out.read_text("utf-8") == "mine"
    write_first_config([], {}, out, force=True)
    assert "[program]" in out.read_text("utf-8")
    assert [file.name for file in tmp_path.iterdir()] == ["mmpsync.toml"]


def test_whoever_may_read_other_files_may_read_the_first_config(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    write_first_config([], {}, tmp_path / "mmpsync.toml", force=False)
    assert (tmp_path / "mmpsync.toml").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_link_to_the_config_stays_one(tmp_path: Path) -> None:
    (tmp_path / "mmpsync.toml").symlink_to("team.toml")
    write_first_config([], {}, tmp_path / "mmpsync.toml", force=True)
    assert (tmp_path / "mmpsync.toml").is_symlink()
    assert "[program]" in (tmp_path / "team.toml").read_text("utf-8")


def test_without_a_place_for_the_click_id_the_file_says_which_column_to_ask_for(
    tmp_path: Path, write_export: Any, header: tuple[str, ...], row: Any
) -> None:
    url = header.index("Original URL")
    rows = [values[:url] + values[url + 1 :] for values in (row(), row())]
    export = write_export(tmp_path / "e.csv", header[:url] + header[url + 1 :], rows)
    text = write_first_config([str(export)], {}, tmp_path / "mmpsync.toml", force=False)
    assert (
        "# TODO click_id: nowhere that mmpsync looks. Ask for Original URL (original_url) among the fields"
        in text
    )
    assert mmpsync.check(config=tmp_path / "mmpsync.toml").exit_code == 0


def test_without_a_currency_the_file_says_how_to_name_one_for_all(
    tmp_path: Path, write_export: Any, header: tuple[str, ...], row: Any
) -> None:
    export = write_export(tmp_path / "e.csv", header, [row(currency=""), row(currency="")])
    out = tmp_path / "mmpsync.toml"
    text = write_first_config([str(export)], {}, out, force=False)
    assert '\n# TODO currency = "=EUR"' in text
    checked = mmpsync.check(export, config=out, as_of="2026-03-11T00:00:00Z")
    fix = next(f.fix for f in checked.findings if f.code == "missing-parameter")
    assert 'sources.appsflyer.fields.currency = "=EUR"' in fix
    out.write_text(text.replace("# TODO currency =", "currency ="), "utf-8")
    assert mmpsync.check(export, config=out, as_of="2026-03-11T00:00:00Z").readiness[0].verdict == "ready"


def test_of_many_events_with_money_the_most_frequent_are_proposed_and_the_others_listed(
    tmp_path: Path, write_export: Any, header: tuple[str, ...], row: Any
) -> None:
    rows = [row(f"thing {n}") for n in range(300)] + [row("thing 7"), row("thing 299")]
    export = write_export(tmp_path / "e.csv", header, rows)
    text = write_first_config([str(export)], {}, tmp_path / "mmpsync.toml", force=False)
    events = load_config(tmp_path / "mmpsync.toml", environ={}).events
    assert len(events) == 12
    assert {"thing_7", "thing_299"} <= {*events}
    assert "and 258 more" in text
    assert len(text.splitlines()) < 150


def test_any_name_of_an_event_gives_a_file_that_can_be_read(
    tmp_path: Path, write_export: Any, header: tuple[str, ...], row: Any
) -> None:
    names = ("購入", "покупка", 'achat "premium"', "back\\slash", "a\nb", "# no comment", "'''x'''", "]", "x" * 300,
             "\u202eevil", "🎉", " padded ", "a.b.c", "install")  # fmt: skip
    export = write_export(tmp_path / "e.csv", header, [row(name) for name in names])
    out = tmp_path / "mmpsync.toml"
    write_first_config([str(export)], {}, out, force=False)
    config = load_config(out, environ={})
    assert config.events["購入"].names == ("購入",)
    assert (
        config.events["購入"].code is None
    )  # impact.com's codes are plain letters, and nobody can guess this one
    assert all(event.code is None or event.code.isascii() for event in config.events.values())
    run = mmpsync.reconcile(export, config=out, as_of="2026-03-11T00:00:00Z")
    rows = {reason.code: reason.rows for reason in run.reason_summaries if reason.rows}
    assert rows["unmapped-event"] <= 3  # what is no word has no key


def test_exports_that_cannot_be_found_are_no_empty_form(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    with pytest.raises(InputError, match="exports: there is no export in it"):
        write_first_config([str(tmp_path / "exports")], {}, tmp_path / "mmpsync.toml", force=False)
    assert not (tmp_path / "mmpsync.toml").exists()


def test_exports_without_rows_are_said_to_have_told_nothing(
    tmp_path: Path, write_export: Any, header: tuple[str, ...]
) -> None:
    export = write_export(tmp_path / "e.csv", header, [])
    text = write_first_config([str(export)], {}, tmp_path / "mmpsync.toml", force=False)
    assert "1 file of AppsFlyer, which has no rows" in text.splitlines()[0]
    assert "nowhere that mmpsync looks" not in text
