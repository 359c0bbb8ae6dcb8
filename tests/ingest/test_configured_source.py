"""What the user says of a source's fields holds wherever they are read, by the rules that tell its rows, too."""

from collections.abc import Callable
from typing import Any

import pytest

from mmpsync.ingest.detect import ADAPTERS
from mmpsync.ingest.interface import Adapter

Read = Callable[..., Any]
Export = Callable[..., str]

TIME = "2026-03-01 12:00:00"
# An event of each source, recognised by its columns without those of its name and its media source.
ROWS = {
    "appsflyer": {"Media Source": "", "Event Time": TIME, "AppsFlyer ID": "D-1", "App ID": "com.acme"},
    "adjust": {"{activity_kind}": "event", "{created_at}": "1772366400", "{adid}": "D-1"},
    "branch": {"id": "1", "timestamp": "1772366400000", "last_attributed_touch_data_tilde_campaign": "c"},
    "segment": {"id": "1", "timestamp": TIME, "anonymous_id": "D-1", "context_page_url": "https://acme.com/"},
    "kochava": {"timestamp_utc": TIME, "attribution_tracker": "t", "device_id_kochava": "D-1"},
}
# What each calls an install where it has an event's name, and what it is then.
INSTALLS = {
    "appsflyer": "install",
    "adjust": "install",
    "branch": "INSTALL",
    "segment": "Application Installed",
    "kochava": "_Install",
}


@pytest.fixture
def configured(read: Read, export: Export) -> Callable[..., Any]:
    """Read one row of a source whose fields stand where the user says."""

    def run(source: str, row: dict[str, str], **fields: str) -> Any:
        text = export(ROWS[source] | row)
        return read({"x.csv": text}, config={"sources": {source: {"fields": fields}}})

    return run


def test_every_source_that_measures_conversions_is_tried() -> None:
    assert set(ROWS) == set(INSTALLS) == {adapter.name for adapter in ADAPTERS if adapter.is_mmp}


@pytest.mark.parametrize("source", ROWS)
def test_a_renamed_name_of_events_tells_their_kinds(configured: Callable[..., Any], source: str) -> None:
    found = configured(source, {"Ereignis": "purchase"}, event_name="Ereignis")
    assert found.values("mmp", "kind", "event_name") == [(source, "event", "purchase")]
    activity = {"{activity_kind}": "install"} if source == "adjust" else {}
    found = configured(source, {"Ereignis": INSTALLS[source]} | activity, event_name="Ereignis")
    assert found.values("kind", "event_name") == [("install", INSTALLS[source])]


@pytest.mark.parametrize("source", ROWS)
def test_a_renamed_media_source_tells_the_attribution(configured: Callable[..., Any], source: str) -> None:
    found = configured(source, {"Quelle": "facebook"}, media_source="Quelle")
    assert found.values("media_source", "attribution") == [("facebook", "other")]


NOT_PARTNERS = [
    ("appsflyer", "organic", "organic"),
    ("appsflyer", "restricted", "restricted"),
    ("adjust", "Organic", "organic"),
    ("adjust", "Unattributed", "restricted"),
    ("adjust", "Untrusted Devices", "rejected"),
    ("branch", "undisclosed", "restricted"),
    ("kochava", "Unattributed", "organic"),
    ("kochava", "Restricted", "restricted"),
    ("kochava", "", "restricted"),
]


@pytest.mark.parametrize(("source", "word", "attribution"), NOT_PARTNERS)
def test_what_a_source_writes_in_place_of_a_partner_is_known_in_a_renamed_column(
    configured: Callable[..., Any], source: str, word: str, attribution: str
) -> None:
    row = {"Quelle": word} | ({"Media Source": "facebook"} if source == "appsflyer" else {})
    assert configured(source, row, media_source="Quelle").values("attribution") == [attribution]


@pytest.mark.parametrize("source", ROWS)
def test_where_the_configured_place_is_empty_the_rules_look_at_the_sources_own(
    configured: Callable[..., Any], source: str
) -> None:
    own = {"branch": "name", "segment": "event_text"}.get(source, "event_name")
    kind = {"{activity_kind}": "install"} if source == "adjust" else {}
    row = {own: INSTALLS[source], "value": '{"name": null}'} | kind
    found = configured(source, row, event_name="value.name")
    assert found.values("kind") == ["install"]


def test_rows_that_their_kind_names_keep_its_name(configured: Callable[..., Any]) -> None:
    """Adjust's installs have no name; one that is configured for events must not take theirs away."""
    row = {"{activity_kind}": "install", "label_of_event": ""}
    found = configured("adjust", row, event_name="label_of_event")
    assert found.values("kind", "event_name") == [("install", "install")]


def test_renamed_columns_tell_which_rows_are_one(read: Read, export: Export) -> None:
    row = {"Media Source": "x", "Event Time": TIME, "App ID": "a", "Original URL": ""}
    names = {"device": "D-1", "what": "purchase", "first": "false"}
    text = export(row | names, row | names | {"first": "true"}, row | names | {"what": "other"})
    fields = {"mmp_device_id": "device", "event_name": "what", "is_primary": "first"}
    found = read({"x.csv": text}, config={"sources": {"appsflyer": {"fields": fields}}})
    assert found.superseded() == [True, False, False]


@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda adapter: adapter.name)
def test_rules_name_fields_that_the_source_has(adapter: Adapter) -> None:
    rules = [*adapter.kinds, *adapter.attributions]
    conditions = [condition for rule in rules for condition in rule.when] + list(adapter.marks)
    same: list[str] = []
    if adapter.supersession is not None:
        conditions += [*adapter.supersession.among, *adapter.supersession.by]
        same += [*adapter.supersession.same, adapter.supersession.rank or ""]
    read = [getattr(condition, "reference", "") for condition in conditions] + same
    named = {text[1:].removesuffix("!") for text in read if text.startswith("@")}
    assert named <= adapter.fields.keys()


def test_a_constant_media_source_is_one(read: Read, export: Export) -> None:
    config = {"sources": {"adjust": {"fields": {"media_source": "=impact"}}}}
    found = read({"x.csv": export(ROWS["adjust"])}, config=config)
    assert found.values("attribution") == ["impact"]
    assert "media_source" not in found.files["x.csv"].lacking


KINDS = {
    "Install": "install",
    "install_update": "install",
    "session": "other",
    "": "other",
    "purchase": "other",
    "other": "other",
}


@pytest.mark.parametrize("word", KINDS)
def test_a_configured_kind_that_is_none_is_left_to_the_rules(read: Read, export: Export, word: str) -> None:
    row = {"{created_at}": "1772366400", "{event_name}": "e", "Activity": word}
    config = {"sources": {"adjust": {"fields": {"kind": "Activity"}}}}
    found = read({"x.csv": export(row)}, config=config, sources={"adjust": ["x.csv"]})
    assert found.values("kind") == [KINDS[word]]
