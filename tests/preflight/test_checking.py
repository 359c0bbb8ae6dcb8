"""What `mmpsync.check` says of the rows of a test campaign."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import mmpsync
from mmpsync.config import Config
from mmpsync.errors import InputError
from mmpsync.preflight.findings import Finding
from mmpsync.preflight.result import Check, Readiness

AS_OF = "2026-03-11T00:00:00Z"
GOOD = "com.acme.shop"


def check(*exports: Path, config: Config, **more: Any) -> Check:
    return mmpsync.check(exports, config=config, as_of=AS_OF, **more)


@pytest.fixture(scope="module")
def campaign(
    row: Any, header: Any, complete: Config, write_export: Any, tmp_path_factory: pytest.TempPathFactory
) -> Check:
    """One export in which every app is a case of its own, and a second one without Original URL."""
    folder = tmp_path_factory.mktemp("campaign")
    rows = [row("install", order=""), row(), row()]
    rows += [row(app="few") for _ in range(19)] + [row(app="few", click_id="{clickid}")]
    rows += [row(app="many") for _ in range(17)] + [
        row(app="many", click_id=bad) for bad in ("", "{clickid}", "0")
    ]
    rows += [
        row(app="shape", order=""),
        row(app="shape", amount="1.299,90"),
        row(app="shape", currency="US$"),
    ]
    rows += [row("Purchase", app="names"), row("af_content_view", app="names")]
    rows += [row(app="organic", source="organic", click_id="") for _ in range(2)]
    rows += [row(app="tests", more="&impacttest=1")]
    rows += [row(app="phone", platform="ios"), row(app="com.acme.shopp"), row(app="")]
    rows += [row(app="ahead", time="2026-03-11 05:00:00")]
    lacking = [row(app="lacking", click_id="")]
    url = header.index("Original URL")
    apps = dict.fromkeys(
        (GOOD, "few", "many", "shape", "names", "organic", "tests", "phone", "id77"), complete.apps[GOOD]
    )
    return check(
        write_export(folder / "export.csv", header, rows),
        write_export(
            folder / "lacking.csv",
            header[:url] + header[url + 1 :],
            [r[:url] + r[url + 1 :] for r in lacking],
        ),
        config=complete.model_copy(update={"apps": apps}),
    )


def judged(found: Check, app: str | None, event: str = "purchase") -> Readiness:
    return next(each for each in found.readiness if (each.app, each.event) == (app, event))


def findings(found: Check, app: str) -> dict[str, str]:
    """The level of each code that is found about an app."""
    return {f.code: f.level for f in found.findings if app in f.subject.split(" · ")}


def finding(found: Check, code: str) -> Finding:
    return next(each for each in found.findings if each.code == code)


def test_an_event_with_everything_is_ready_and_nothing_is_found(campaign: Check) -> None:
    assert judged(campaign, GOOD, "install").verdict == "ready"
    purchase = judged(campaign, GOOD)
    assert (purchase.verdict, purchase.rows, purchase.from_impact, purchase.filled, purchase.usable) == (
        "ready", 2, 2, 2, 2,
    )  # fmt: skip
    assert [(p.name, p.level, p.filled) for p in purchase.parameters] == [
        ("order_id", "required", 2),
        ("amount", "required", 2),
        ("currency", "required", 2),
        ("customer_id", "recommended", 2),
    ]
    assert findings(campaign, GOOD) == {}


def test_a_result_keeps_the_published_schema(campaign: Check) -> None:
    schema = json.loads((Path(mmpsync.__file__).parent / "schemas" / "check-1.json").read_text("utf-8"))
    assert schema == Check.model_json_schema(mode="serialization")
    jsonschema.validate(json.loads(campaign.to_json()), schema, jsonschema.Draft202012Validator)
    assert Check.model_validate_json(campaign.to_json()) == campaign


def test_one_odd_click_id_of_twenty_is_no_fault_of_the_set_up(campaign: Check) -> None:
    assert judged(campaign, "few").verdict == "ready"
    assert findings(campaign, "few")["unexpanded-macro"] == "warning"


def test_click_id_faults_that_are_few_each_count_together(campaign: Check) -> None:
    purchase = judged(campaign, "many")
    assert (purchase.verdict, purchase.from_impact, purchase.filled, purchase.usable) == (
        "not ready",
        20,
        19,
        17,
    )
    assert purchase.why[0] == "No ClickId of impact.com's in 3 of 20 rows, all told"
    faults = {"missing-click-id", "unexpanded-macro", "placeholder-click-id"}
    assert {code for code, level in findings(campaign, "many").items() if level == "error"} == faults
    assert campaign.exit_code == 1
    assert {c.name for c in campaign.gate.conditions} >= faults


def test_a_required_parameter_that_is_missing_or_in_bad_shape_is_named(campaign: Check) -> None:
    assert judged(campaign, "shape").why == (
        "Required parameter is missing (order_id) in 1 of 3 rows",
        "Amount is not valid in 1 of 3 rows",
        "Currency code is not valid in 1 of 3 rows",
    )


def test_an_export_without_a_place_for_the_click_id_says_which_column_to_add(campaign: Check) -> None:
    assert judged(campaign, "lacking").why == ("no column of the export can carry the ClickId",)
    advice = finding(campaign, "no-click-id-column")
    assert (advice.level, "Original URL" in advice.fix) == ("error", True)


def test_an_event_that_does_not_occur_cannot_be_told_and_a_likely_name_is_proposed(campaign: Check) -> None:
    purchase = judged(campaign, "names")
    assert purchase.verdict == "cannot tell"
    assert (
        purchase.needed == 'Did you mean "Purchase", which does occur? Then add it to events.purchase.names.'
    )
    message = finding(campaign, "unconfigured-events").message
    assert '"Purchase" (1)' in message
    assert '"af_content_view" (1)' in message


def test_organic_rows_tell_nothing_of_click_ids(campaign: Check) -> None:
    purchase = judged(campaign, "organic")
    assert (purchase.verdict, purchase.rows) == ("cannot tell", 2)
    assert purchase.why == ("none of its 2 rows is impact.com's",)


def test_test_rows_with_a_click_id_are_judged_and_told_apart(campaign: Check) -> None:
    assert judged(campaign, "tests").verdict == "ready"
    told = finding(campaign, "test-rows")
    assert (told.level, told.message) == ("info", "Rows marked as tests: 1")
    assert "judged here as if they were live" in told.fix


def test_apps_are_compared_with_the_configuration(campaign: Check) -> None:
    missing = next(
        f for f in campaign.findings if f.subject == "AppsFlyer · com.acme.shopp" and "app" in f.code
    )
    assert '(did you mean "com.acme.shop"?)' in missing.message
    assert findings(campaign, "phone")["platform-differs"] == "error"
    assert finding(campaign, "no-app-id").level == "warning"


def test_an_event_whose_rows_lack_the_app_id_is_not_to_be_triggered_again(
    row: Any, header: Any, complete: Config, write_export: Any, tmp_path: Path
) -> None:
    rows = [row("install", app="", order=""), row("install", app="", order=""), row()]
    found = check(write_export(tmp_path / "export.csv", header, rows), config=complete)
    install = judged(found, GOOD, "install")
    assert (install.verdict, install.why) == ("cannot tell", ("its 2 rows do not say of which app they are",))
    assert install.needed == "Add the app id to the export."
    assert judged(found, None, "install").verdict == "ready"


def test_files_are_counted_in_words_that_fit(
    header: Any, complete: Config, row: Any, write_export: Any, tmp_path: Path
) -> None:
    empty = [write_export(tmp_path / f"{name}.csv", header, []) for name in "ab"]
    found = check(*empty, write_export(tmp_path / "c.csv", header, [row()]), config=complete)
    assert finding(found, "no-rows").subject.endswith("a.csv and 1 more file")


def test_an_app_without_rows_is_said_once(campaign: Check) -> None:
    assert [f.subject for f in campaign.findings if f.code == "app-without-rows"] == ["apps.id77"]
    assert [each.verdict for each in campaign.readiness if each.app == "id77"] == ["cannot tell"] * 2


def test_times_in_the_future_are_a_time_zone_that_is_wrong(campaign: Check) -> None:
    ahead = finding(campaign, "times-ahead")
    assert "5 hours in the future" in ahead.message
    assert "sources.appsflyer.timezone" in ahead.fix


def test_with_clicks_unknown_click_ids_count_as_faults(
    row: Any, header: Any, complete: Config, write_export: Any, tmp_path: Path
) -> None:
    clicks_header = ("Id", "EventDate", "MediaId", "MediaName", "UniqueClick")
    times = {"known": "2026-03-10T11:00:00Z", "later": "2026-03-10T13:00:00Z"}
    clicks = write_export(
        tmp_path / "clicks.csv",
        clicks_header,
        [(name, time, "1", "Shop", "1") for name, time in times.items()],
    )
    export = write_export(tmp_path / "export.csv", header, [row(click_id="known"), row(click_id="nobodys")])
    found = check(export, config=complete, clicks=clicks)
    assert judged(found, GOOD).usable == 1
    assert findings(found, GOOD)["orphan-click-id"] == "error"


def test_an_export_without_rows_is_exit_5(
    header: Any, complete: Config, write_export: Any, tmp_path: Path
) -> None:
    assert check(write_export(tmp_path / "export.csv", header, []), config=complete).exit_code == 5


def test_rows_without_a_conversion_among_them_are_not_passed_over_in_silence(
    row: Any, header: Any, complete: Config, write_export: Any, tmp_path: Path
) -> None:
    found = check(write_export(tmp_path / "export.csv", header, [row("uninstall"), row("")]), config=complete)
    assert finding(found, "no-conversions").level == "warning"
    assert finding(found, "no-conversions").subject.endswith("export.csv")


def test_without_exports_the_configuration_is_what_is_checked(complete: Config) -> None:
    assert (mmpsync.check(config=complete).findings, mmpsync.check(config=complete).exit_code) == ((), 0)
    lacking = mmpsync.check(config=Config())
    assert {each.code for each in lacking.findings} == {"no-campaign-id", "no-apps", "no-events"}
    assert (lacking.exit_code, lacking.looked_at) == (0, ("configuration",))  # what it lacks is no mistake


@pytest.mark.parametrize(("fail_on", "exit_code"), [("error", 0), ("warning", 1), ("never", 0)])
def test_fail_on_means_what_it_means_to_reconcile(fail_on: str, exit_code: int) -> None:
    found = mmpsync.check(config=Config.model_validate({"gate": {"fail_on": fail_on}}))
    assert found.exit_code == exit_code


def test_links_are_looked_at_without_the_configuration() -> None:
    good = "https://app.appsflyer.com/id1234567890?pid=impactradius_int&clickid={clickid}"
    found = mmpsync.check(links=[good, good.replace("{clickid}", "{ClickId}")], config=Config())
    assert [(link.url == good, link.verdict) for link in found.links] == [
        (True, "ready"),
        (False, "not ready"),
    ]
    assert found.links[1].corrected == good
    assert {each.subject for each in found.findings} == {found.links[1].url}
    assert (found.looked_at, found.exit_code) == (("links",), 1)


def test_clicks_alone_are_no_export() -> None:
    with pytest.raises(InputError, match="name the exports"):
        mmpsync.check(clicks="clicks.csv", config=Config())
