"""Every finding about a configuration, by the smallest one that has it."""

from typing import Any

import pytest

from mmpsync.config import SOURCES, WITH_TRACKERS, Config, load_config
from mmpsync.ingest.detect import ADAPTERS
from mmpsync.preflight.configuration import findings_of_configuration

EVENT = {"names": ["a"], "code": "A"}


@pytest.mark.parametrize(
    ("given", "code", "level", "subject"),
    [
        ({}, "no-campaign-id", "warning", "program.campaign_id"),
        ({"program": {"campaign_id": 12345678901}}, "id-too-long", "error", "program.campaign_id"),
        ({"program": {"max_event_age": "120d"}}, "too-long-an-age", "warning", "program.max_event_age"),
        (
            {"program": {"click_id_params": ["irclickid", "gclid"]}},
            "foreign-click-id-parameter",
            "error",
            "program.click_id_params",
        ),
        (
            {"program": {"click_id_params": ["clickid", "ClickId"]}},
            "parameter-listed-twice",
            "warning",
            "program.click_id_params",
        ),
        ({}, "no-apps", "warning", "apps"),
        ({"apps": {"id7": {"tracker_id": 1}}}, "no-platform", "warning", "apps.id7"),
        ({"apps": {"id7": {"platform": "ios"}}}, "no-tracker-id", "warning", "apps.id7"),
        (
            {"apps": {"id1234567": {"platform": "android"}}},
            "platform-contradicts-app-id",
            "error",
            "apps.id1234567",
        ),
        (
            {
                "apps": {
                    "a": {"platform": "ios", "tracker_id": 1},
                    "b": {"platform": "android", "tracker_id": 1},
                }
            },
            "tracker-id-of-two-platforms",
            "error",
            "apps.a and apps.b",
        ),
        ({}, "no-events", "warning", "events"),
        ({"events": {"a": {"names": ["a"]}}}, "no-event-code", "warning", "events.a"),
        (
            {"events": {"a": {**EVENT, "required": ["sku"], "recommended": ["sku"]}}},
            "required-and-recommended",
            "warning",
            "events.a",
        ),
        (
            {"events": {"a": {**EVENT, "required": ["amount"]}}},
            "amount-without-currency",
            "warning",
            "events.a",
        ),
        ({"events": {"a": EVENT, "b": {"names": ["A"], "code": "B"}}}, "names-alike", "warning", "events.b"),
        (
            {"events": {"a": EVENT, "b": {"names": ["b"], "code": "A"}}},
            "code-of-two-events",
            "error",
            "events.a and events.b",
        ),
        (
            {"sources": {"adjust": {"media_sources": []}}},
            "no-media-sources",
            "error",
            "sources.adjust.media_sources",
        ),
        (
            {"sources": {"appsflyer": {"trackers": ["abc123"]}}},
            "trackers-unread",
            "warning",
            "sources.appsflyer.trackers",
        ),
        (
            {"sources": {"adjust": {"fields": {"click_id": "=abc"}}}},
            "constant-id",
            "error",
            "sources.adjust.fields.click_id",
        ),
        (
            {"sources": {"adjust": {"fields": {"currency": "=EURO"}}}},
            "no-currency-code",
            "error",
            "sources.adjust.fields.currency",
        ),
        (
            {"gate": {"fail_on": "never", "min_match_rate": "97%"}},
            "gate-never-fails",
            "warning",
            "gate.fail_on",
        ),
    ],
)
def test_each_shortcoming_is_found_where_it_is(
    given: dict[str, Any], code: str, level: str, subject: str
) -> None:
    found = {finding.code: finding for finding in findings_of_configuration(Config.model_validate(given))}
    assert (found[code].level, found[code].subject) == (level, subject)
    assert found[code].fix


def test_tracker_tokens_have_an_effect_on_the_sources_that_read_them() -> None:
    """And on no others: a list that does nothing is told."""
    assert {adapter.name for adapter in ADAPTERS if "tracker" in adapter.fields} == set(WITH_TRACKERS)
    for source in SOURCES:
        given = {"sources": {source: {"trackers": ["abc123"]}}}
        codes = {finding.code for finding in findings_of_configuration(Config.model_validate(given))}
        assert ("trackers-unread" in codes) == (source not in WITH_TRACKERS)


def test_the_configuration_of_the_sample_exports_lacks_nothing() -> None:
    assert findings_of_configuration(load_config("sample_exports/mmpsync.toml", environ={})) == ()
