import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmpsync.config import (
    FIELDS,
    SOURCES,
    App,
    Config,
    Engine,
    Event,
    Gate,
    GateGroup,
    Program,
    Push,
    Source,
    load_config,
)
from mmpsync.config_problems import dotted
from mmpsync.errors import ConfigError
from mmpsync.reasons import BY_CODE


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def problems(text: str, environ: dict[str, str] | None = None, **overrides: object) -> str:
    Path("mmpsync.toml").write_text(text, encoding="utf-8")
    flags = {key.replace("__", "."): value for key, value in overrides.items()}
    with pytest.raises(ConfigError) as failure:
        load_config(environ=environ or {}, overrides=flags)
    return str(failure.value)


REFUSED = [
    ("[program]\ncampaign_id = true", "program.campaign_id = true", "a whole number, 1 or more"),
    ("[program]\ncampaign_id = 0", "program.campaign_id = 0", "a whole number, 1 or more"),
    ("[program]\nreferral_window = '1.5d'", 'program.referral_window = "1.5d"', '"30d"'),
    ("[program]\nreferral_window = '0d'", 'program.referral_window = "0d"', '"30d"'),
    ("[program]\nreferral_window = 30", "program.referral_window = 30", '"30d"'),
    ("[program]\nmax_event_age = '9999999d'", "more than 100 years", '"30d"'),
    ("[program]\nclock_tolerance = '-5m'", 'program.clock_tolerance = "-5m"', '"0s"'),
    ("[program]\nclick_id_params = []", "program.click_id_params = []", "one or more names"),
    ("[program]\nclick_id_params = ['a', ' ']", 'program.click_id_params, item 2 = " "', "one or more names"),
    ("[apps.'a.b']\nplatform = 'droid'", 'apps."a.b".platform = "droid"', '"android" or "ios"'),
    ("[apps.a]\ntracker_id = 1.0", "apps.a.tracker_id = 1.0", "a whole number, 1 or more"),
    ("[events.a]\ncode = 'A'", "events.a.names is missing", "one or more event names"),
    ("[events.a]\nnames = 'install'", 'events.a.names = "install"', "a list of one or more event names"),
    ("[events.a]\nnames = ['x']\ncode = ''", 'events.a.code = ""', "1 to 128 characters"),
    (f"[events.a]\nnames = ['x']\ncode = '{'c' * 129}'", "ccc…", "1 to 128 characters"),
    ("[events.a]\nnames = ['x']\nrequired = ['orderid']", '(did you mean "order_id"?)', "order_id, amount"),
    ("[events.a]\nnames = ['x']\norder_id_from = 'row'", 'order_id_from = "row"', '"order_id" or "event_id"'),
    ("[sources.adjust]\ntimezone = 'utc'", '(did you mean "UTC"?)', "an IANA time zone name"),
    ("[sources.adjust]\ntimezone = '../etc'", 'sources.adjust.timezone = "../etc"', "an IANA time zone name"),
    ("[sources.adjust]\ntrackers = [5]", "sources.adjust.trackers, item 1 = 5", "network tracker tokens"),
    ("[sources.adjust.fields]\namount = ''", 'sources.adjust.fields.amount = ""', "a field reference"),
    ("[sources.adjust.fields]\namount = []", "sources.adjust.fields.amount = []", "a field reference"),
    ("[sources.adjust.fields]\namount = ['a', '?b']", 'amount, item 2 = "?b"', "a field reference"),
    ("[sources.adjust.fields]\namount = 'a?b?c'", "more than one ?", '"column?parameter"'),
    ("[gate]\nfail_on = 'errors'", '(did you mean "error"?)', '"error" or "warning" or "never"'),
    ("[gate]\nmin_match_rate = '101%'", 'gate.min_match_rate = "101%"', 'from "0%" to "100%"'),
    ("[gate]\nmin_match_rate = 0.97", "gate.min_match_rate = 0.97", 'from "0%" to "100%"'),
    ("[gate.tolerate]\ntoo-old = -1", "gate.tolerate.too-old = -1", "a number of rows, 0 or more"),
    ("[gate.tolerate]\ntoo-old = true", "gate.tolerate.too-old = true", "a number of rows, 0 or more"),
    ("[engine]\nthreads = 0", "engine.threads = 0", "a whole number, 1 or more"),
    ("[engine]\nmemory_limit = '2'", 'engine.memory_limit = "2"', '"2GB"'),
    ("[engine]\nmemory_limit = '0GB'", 'engine.memory_limit = "0GB"', '"2GB"'),
    ("[engine]\ntemp_directory = ''", 'engine.temp_directory = ""', "the path of a directory"),
    ("gate = 1979-05-27", "gate = 1979-05-27", "a table"),
    ("[events]\na = 5", "events.a = 5", "a table per event"),
    ("[pull]\nrate = 1", "unknown key pull", "program, apps, events, sources, gate, push, engine"),
    ("[push]\nrate = 1", "push.rate = 1", '"1000/h" or "5/s"'),
    ("[push]\nrate = '0/h'", 'push.rate = "0/h"', '"1000/h" or "5/s"'),
    ("[push]\nconcurrency = 65", "push.concurrency = 65", "a whole number from 1 to 64"),
    ("[push]\nstyle = 'trackr'", '(did you mean "tracker"?)', '"tracker" or "event-type"'),
    ("[push]\nemail_hash = 'md5'", 'push.email_hash = "md5"', '"sha1" or "sha256"'),
    ("[push]\nledger = ''", 'push.ledger = ""', "the path of a file"),
    ("[push.fields]\nTxt1 = 'a'", '(did you mean "Text1"?)', "such as Text1, CustomerStatus or ItemSku1"),
    ("[push.fields]\nOrderId = 'a'", "mmpsync fills it", "such as Text1, CustomerStatus or ItemSku1"),
    ("[push.fields]\nText51 = 'a'", "unknown key push.fields.Text51", "impact.com's conversion fields"),
    ("[push.fields]\nItemSku0 = 'a'", "unknown key push.fields.ItemSku0", "impact.com's conversion fields"),
    ("[push.fields]\nText1 = 'a?b?c'", "more than one ?", '"column?parameter"'),
    ("[push.items]\nItemSku1 = 'a'", '(did you mean "ItemSku"?)', "impact.com's item fields"),
    ("[push.items]\nItemSku = 'a?b'", "no query parameters", "a key of an item"),
    ("[events.a]\nnames = ['x']\ntype_id = 10000000000", "events.a.type_id = 10000000000", "10 digits"),
    (
        "[events.a]\nnames = ['x']\nfields = { Txt1 = 'a' }",
        "unknown key events.a.fields.Txt1",
        "such as Text1",
    ),
    (
        "[gate]\nmin_match = '9%'",
        '(did you mean "min_match_rate"?)',
        "fail_on, min_rows, min_match_rate, max_match_rate_drop, max_revenue_at_risk",
    ),
    ("[apps.a]\ntracker = 5", '(did you mean "tracker_id"?)', "platform, tracker_id"),
    ("[sources.appsflyr]", '(did you mean "appsflyer"?)', ", ".join(SOURCES)),
    ("[sources.impact.fields]\nclickid = 'x'", '(did you mean "click_id"?)', ", ".join(FIELDS)),
    ("[gate.tolerate]\norphan-click = 5", '(did you mean "orphan-click-id"?)', ", ".join(BY_CODE)),
]


@pytest.mark.parametrize(("text", "what", "allowed"), REFUSED)
def test_a_refusal_names_file_key_value_and_what_is_allowed(text: str, what: str, allowed: str) -> None:
    message = problems(text)
    place, _, rest = message.partition(": ")
    assert place == "mmpsync.toml"
    assert what in rest.partition(" Allowed: ")[0]
    assert allowed in rest.partition(" Allowed: ")[2]
    assert "\n" not in message  # one problem, one line


def test_a_name_belongs_to_one_event_only() -> None:
    message = problems("[events.a]\nnames = ['x', 'y']\n[events.'b c']\nnames = ['y']")
    assert 'mmpsync.toml: events cannot be used: "y" belongs to both events.a and events."b c"' in message


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ('[apps.com.acme.shop]\nplatform = "ios"', '[apps."com.acme.shop"]'),
        ("[apps.com.acme]\ntracker_id = 1", '[apps."com.acme"]'),
        ('[events.shop.bought]\nnames = ["a"]', '[events."shop.bought"]'),
    ],
)
def test_of_a_name_with_dots_it_says_how_to_quote_it(text: str, meant: str) -> None:
    assert f"stands in quotes: {meant}." in problems(text)


def test_the_place_of_a_refusal_is_where_the_value_came_from() -> None:
    message = problems(
        "[engine]\nthreads = 2\nmemory_limit = 'much'",
        {"MMPSYNC_GATE_FAIL_ON": "nevr"},
        engine__threads=-1,
    )
    head, environment, flag, file = message.splitlines()
    assert head == "3 problems in the configuration:"
    assert environment.startswith('  environment MMPSYNC_GATE_FAIL_ON: gate.fail_on = "nevr" cannot be used')
    assert flag.startswith("  flag --threads: engine.threads = -1 cannot be used")
    assert file.startswith('  mmpsync.toml: engine.memory_limit = "much" cannot be used')


def test_an_unknown_variable_is_an_error_that_names_the_nearest() -> None:
    message = problems("", {"MMPSYNC_GATE_FAILON": "never"})
    assert message.startswith("environment MMPSYNC_GATE_FAILON: no such variable")
    assert '(did you mean "MMPSYNC_GATE_FAIL_ON"?)' in message
    assert "MMPSYNC_CONFIG, MMPSYNC_DEBUG, MMPSYNC_ENGINE_MEMORY_LIMIT" in message


def test_the_value_of_an_unknown_key_or_variable_may_be_a_secret_and_is_not_shown() -> None:
    message = problems("[impact]\nauth_token = 'hunter2'", {"MMPSYNC_AUTH_TOKEN": "hunter2"})
    assert "hunter2" not in message


def test_all_problems_are_listed_at_once() -> None:
    message = problems("[engine]\nthreads = 0\nmemory = 1\n[gate]\nfail_on = 1", {"MMPSYNC_X": "1"})
    assert message.startswith("4 problems in the configuration:\n")
    assert len(message.splitlines()) == 5


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"[gate]\nfail_on error", "mmpsync.toml, line 2, column 9: not TOML: Expected '='"),
        (b"[gate]\nfail_on = 'err", "mmpsync.toml, line 2, column 15: not TOML: "),
        (b"[gate]\nfail_on = 'a'\nfail_on = 'b'", "mmpsync.toml, line 3, column"),
        (b"[gate]\n# \xe4\n", "mmpsync.toml, line 2: not UTF-8 text"),
        ("[gate]".encode("utf-16"), "mmpsync.toml, line 1: not UTF-8 text"),
        (b"x = " + b"[" * 5000, "mmpsync.toml: nested too deeply"),
        (b"x = " + b"9" * 5000, "mmpsync.toml, line 1, column 5005: not TOML: Exceeds the limit"),
    ],
)
def test_a_file_that_is_no_toml_is_refused_with_line_and_column(data: bytes, expected: str) -> None:
    Path("mmpsync.toml").write_bytes(data)
    with pytest.raises(ConfigError) as failure:
        load_config(environ={})
    assert str(failure.value).startswith(expected)


def test_a_file_that_cannot_be_read_is_refused_with_who_named_it(tmp_path: Path) -> None:
    for path, environ, expected in (
        ("nowhere.toml", {}, "nowhere.toml: there is no such file."),
        (tmp_path, {}, f"{tmp_path}: cannot be read (Is a directory)."),
        (None, {"MMPSYNC_CONFIG": "gone"}, "environment MMPSYNC_CONFIG: gone: there is no such file."),
    ):
        with pytest.raises(ConfigError) as failure:
            load_config(path, environ=environ)
        assert str(failure.value) == expected


def test_every_field_says_what_is_allowed() -> None:
    for table in (Config, Program, App, Event, Source, Gate, GateGroup, Push, Engine):
        for name, info in table.model_fields.items():
            assert info.description, f"{table.__name__}.{name}"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1))
def test_dotted_keys_are_toml(path: list[str]) -> None:
    table: object = tomllib.loads(f"{dotted(tuple(path))} = 1")
    for key in path:
        assert isinstance(table, dict)
        table = table[key]
    assert table == 1
