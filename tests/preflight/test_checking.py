"""What `mmpsync.check` says of the rows of a test campaign."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import mmpsync
from mmpsync.config import Config
from mmpsync.errors import InputError
from mmpsync.preflight.result import Check

AS_OF = "2026-03-11T00:00:00Z"


def check(*exports: Path, config: Config, **more: Any) -> Check:
    return mmpsync.check(exports, config=config, as_of=AS_OF, **more)


def codes(found: Check, *levels: str) -> set[str]:
    return {finding.code for finding in found.findings if not levels or finding.level in levels}


def verdicts(found: Check) -> dict[str, str]:
    return {each.event: each.verdict for each in found.readiness}


def test_events_with_everything_are_ready_and_the_check_passes(
    export: Any, row: Any, complete: Config
) -> None:
    found = check(export([row("install", order=""), row(), row()]), config=complete)
    assert verdicts(found) == {"install": "ready", "purchase": "ready"}
    assert codes(found, "error", "warning") == set()
    assert (found.exit_code, found.rows, found.gate.passed) == (0, 3, True)
    purchase = found.readiness[1]
    assert (purchase.rows, purchase.from_impact, purchase.filled, purchase.usable) == (2, 2, 2, 2)
    assert [(p.name, p.level, p.filled) for p in purchase.parameters] == [
        ("order_id", "required", 2),
        ("amount", "required", 2),
        ("currency", "required", 2),
        ("customer_id", "recommended", 2),
    ]


def test_a_result_keeps_the_published_schema(export: Any, row: Any, complete: Config) -> None:
    schema = json.loads((Path(mmpsync.__file__).parent / "schemas" / "check-1.json").read_text("utf-8"))
    assert schema == Check.model_json_schema(mode="serialization")
    found = check(export([row(click_id="{clickid}")]), config=complete)
    jsonschema.validate(json.loads(found.to_json()), schema, jsonschema.Draft202012Validator)
    assert Check.model_validate_json(found.to_json()) == found


def test_click_id_faults_that_are_few_each_and_many_together_keep_an_event_from_being_ready(
    export: Any, row: Any, complete: Config
) -> None:
    good = [row() for _ in range(18)]
    one = check(export([*good, row(), row(click_id="{clickid}")]), config=complete)
    assert verdicts(one)["purchase"] == "ready"  # 1 of 20: a row is odd, not the set-up
    assert codes(one, "warning") >= {"unexpanded-macro"}
    two = check(
        export([*good[:17], row(click_id=""), row(click_id="{clickid}"), row(click_id="0")]), config=complete
    )
    purchase = next(each for each in two.readiness if each.event == "purchase")
    assert (purchase.verdict, purchase.from_impact, purchase.filled, purchase.usable) == (
        "not ready",
        20,
        19,
        17,
    )
    assert two.exit_code == 1
    assert codes(two, "error") == {"missing-click-id", "unexpanded-macro", "placeholder-click-id"}


def test_a_required_parameter_that_is_missing_or_in_bad_shape_is_named(
    export: Any, row: Any, complete: Config
) -> None:
    found = check(export([row(order=""), row(amount="1.299,90"), row(currency="US$")]), config=complete)
    assert found.readiness[1].why == (
        "Required parameter is missing (order_id) in 1 of 3 rows",
        "Amount is not valid in 1 of 3 rows",
        "Currency code is not valid in 1 of 3 rows",
    )


def test_an_export_without_a_place_for_the_click_id_is_not_ready_and_says_which_column_to_add(
    export: Any, row: Any, complete: Config
) -> None:
    found = check(export([row(click_id="")], without="Original URL"), config=complete)
    assert found.readiness[1].why == ("no column of the export can carry the ClickId",)
    advice = next(finding for finding in found.findings if finding.code == "no-click-id-column")
    assert (advice.level, "Original URL" in advice.fix) == ("error", True)


def test_an_event_that_does_not_occur_cannot_be_told_and_a_likely_name_is_proposed(
    export: Any, row: Any, complete: Config
) -> None:
    found = check(export([row("Purchase"), row("af_content_view")]), config=complete)
    assert verdicts(found) == {"install": "cannot tell", "purchase": "cannot tell"}
    assert found.readiness[1].needed == (
        'Did you mean "Purchase", which does occur? Then add it to events.purchase.names.'
    )
    unconfigured = next(finding for finding in found.findings if finding.code == "unconfigured-events")
    assert '"Purchase" (1)' in unconfigured.message
    assert '"af_content_view" (1)' in unconfigured.message


def test_organic_rows_tell_nothing_of_click_ids(export: Any, row: Any, complete: Config) -> None:
    found = check(
        export([row(source="organic", click_id=""), row(source="organic", click_id="")]), config=complete
    )
    assert (found.readiness[1].verdict, found.readiness[1].rows) == ("cannot tell", 2)
    assert found.readiness[1].why == ("none of its 2 rows is impact.com's",)
    assert found.exit_code == 0  # nothing is known to be wrong


def test_test_rows_with_a_click_id_are_judged_and_told_apart(export: Any, row: Any, complete: Config) -> None:
    found = check(export([row(more="&impacttest=1")]), config=complete)
    assert verdicts(found)["purchase"] == "ready"
    told = next(finding for finding in found.findings if finding.code == "test-rows")
    assert (told.level, told.message[:7]) == ("info", "1 rows ")


def test_apps_are_compared_with_the_configuration(export: Any, row: Any, complete: Config) -> None:
    rows = [row(app="com.acme.shopp"), row(platform="ios"), row(app="")]
    found = {finding.code: finding for finding in check(export(rows), config=complete).findings}
    assert '(did you mean "com.acme.shop"?)' in found["app-not-configured"].message
    assert found["platform-differs"].level == "error"
    assert "no-app-id" in found


def test_an_app_without_rows_is_said_once(export: Any, row: Any, complete: Config) -> None:
    both = complete.model_copy(update={"apps": {**complete.apps, "id77": complete.apps["com.acme.shop"]}})
    found = check(export([row()]), config=both)
    assert [f.subject for f in found.findings if f.code == "app-without-rows"] == ["apps.id77"]
    assert [each.verdict for each in found.readiness if each.app == "id77"] == ["cannot tell"] * 2


def test_times_in_the_future_are_a_time_zone_that_is_wrong(export: Any, row: Any, complete: Config) -> None:
    found = check(export([row(time="2026-03-11 05:00:00")]), config=complete)
    ahead = next(finding for finding in found.findings if finding.code == "times-ahead")
    assert "5 hours in the future" in ahead.message
    assert "sources.appsflyer.timezone" in ahead.fix


def test_with_clicks_unknown_click_ids_count_as_faults(
    export: Any, row: Any, complete: Config, write_export: Any, tmp_path: Path
) -> None:
    clicks = write_export(
        tmp_path / "clicks.csv",
        ("Id", "EventDate", "MediaId", "MediaName", "UniqueClick"),
        [
            ("known", "2026-03-10T11:00:00Z", "1", "Shop", "1"),
            ("later", "2026-03-10T13:00:00Z", "1", "Shop", "1"),
        ],
    )
    found = check(export([row(click_id="known"), row(click_id="nobodys")]), config=complete, clicks=clicks)
    assert found.readiness[1].usable == 1
    assert "orphan-click-id" in codes(found, "error")


def test_an_export_without_rows_is_exit_5(export: Any, complete: Config) -> None:
    assert check(export([]), config=complete).exit_code == 5


def test_without_exports_the_configuration_is_what_is_checked(complete: Config) -> None:
    assert (mmpsync.check(config=complete).findings, mmpsync.check(config=complete).exit_code) == ((), 0)
    lacking = mmpsync.check(config=Config())
    assert codes(lacking) == {"no-campaign-id", "no-apps", "no-events"}
    assert (lacking.exit_code, lacking.looked_at) == (0, ("configuration",))  # what it lacks is no mistake


@pytest.mark.parametrize(("fail_on", "exit_code"), [("error", 0), ("warning", 1), ("never", 0)])
def test_fail_on_means_what_it_means_to_reconcile(fail_on: str, exit_code: int) -> None:
    found = mmpsync.check(config=Config.model_validate({"gate": {"fail_on": fail_on}}))
    assert found.exit_code == exit_code


def test_clicks_alone_are_no_export() -> None:
    with pytest.raises(InputError, match="name the exports"):
        mmpsync.check(clicks="clicks.csv", config=Config())
