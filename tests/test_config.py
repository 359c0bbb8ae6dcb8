from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmpsync.config import (
    FIELDS,
    PARAMETERS,
    SOURCES,
    App,
    Config,
    Engine,
    Event,
    FailOn,
    Gate,
    Program,
    Push,
    Rate,
    Share,
    Source,
    load_config,
)
from mmpsync.config_problems import literal
from mmpsync.conversion_fields import CHOOSABLE, ITEM_FIELDS
from mmpsync.errors import ConfigError
from mmpsync.reasons import BY_CODE, Severity

DESIGN = """
[program]
campaign_id = 1000
referral_window = "30d"
clock_tolerance = "5m"
click_id_params = ["irclickid", "clickid", "im_ref"]

[apps."com.acme.shop"]
platform = "android"
tracker_id = 4001

[events.install]
names = ["install"]
code = "INSTALL"
[events.purchase]
names = ["af_purchase", "Order Completed"]
code = "SALE"
required = ["order_id", "amount", "currency"]
recommended = ["customer_id"]

[sources.appsflyer]
media_sources = ["impactradius_int"]
timezone = "UTC"
[sources.appsflyer.fields]
order_id = "event_value.af_order_id"
click_id = ["original_url?irclickid", "af_sub1"]

[gate]
fail_on = "error"
min_match_rate = "97%"
tolerate = { orphan-click-id = "1%", missing-click-id = 25 }

[push]
rate = "1000/h"
concurrency = 4
[push.fields]
Text1 = "campaign"
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def load(text: str, environ: dict[str, str] | None = None, **overrides: object) -> Config:
    Path("mmpsync.toml").write_text(text, encoding="utf-8")
    return load_config(
        environ=environ or {}, overrides={k.replace("__", "."): v for k, v in overrides.items()}
    )


# What a configuration holds


def test_the_example_of_the_design_loads() -> None:
    config = load(DESIGN)
    assert config.program == Program(campaign_id=1000)
    assert config.apps == {"com.acme.shop": App(platform="android", tracker_id=4001)}
    assert config.events["purchase"] == Event(
        names=("af_purchase", "Order Completed"),
        code="SALE",
        required=("order_id", "amount", "currency"),
        recommended=("customer_id",),
        order_id_from="order_id",
    )
    assert config.source("appsflyer") == Source(
        media_sources=("impactradius_int",),
        fields={"order_id": ("event_value.af_order_id",), "click_id": ("original_url?irclickid", "af_sub1")},
    )
    assert config.gate == Gate(
        fail_on="error",
        min_match_rate=Share(Decimal("0.97")),
        tolerate={"orphan-click-id": Share(Decimal("0.01")), "missing-click-id": 25},
    )
    assert config.push == Push(rate=Rate(1000, "h"), fields={"Text1": ("campaign",)})
    assert config.push.rate is not None
    assert config.push.rate.seconds == 3600


def test_without_a_file_everything_has_a_default() -> None:
    config = load_config(environ={})
    assert config.push == Push(
        style="tracker", rate=None, concurrency=4, ledger=None, ir_version=14, fields={}
    )
    assert config.program.referral_window == timedelta(days=30)
    assert config.program.clock_tolerance == timedelta(minutes=5)
    assert config.program.max_event_age == timedelta(days=88)
    assert config.engine == Engine(threads=None, memory_limit=None, temp_directory=None)
    assert config.source("kochava") == Source(media_sources=None, trackers=(), timezone="UTC", fields={})
    assert set(config.origins().values()) == {"default"}


def test_every_value_that_may_be_given_loads() -> None:
    config = load_config(
        environ={},
        overrides={f"sources.{name}.fields.{field}": "x?y" for name in SOURCES for field in FIELDS}
        | {f"gate.tolerate.{code}": 0 for code in BY_CODE}
        | {"events.all": {"names": ["x"], "required": PARAMETERS, "recommended": PARAMETERS}}
        | {f"{table}.fields.{name}": "x?y" for table in ("push", "events.all") for name in CHOOSABLE}
        | {f"push.items.{name}": "x.y" for name in ITEM_FIELDS},
    )
    assert {frozenset(config.source(name).fields) for name in SOURCES} == {frozenset(FIELDS)}
    assert set(config.gate.tolerate) == set(BY_CODE)
    assert set(config.push.fields) == set(config.events["all"].fields) == set(CHOOSABLE)
    assert set(config.push.items) == set(ITEM_FIELDS)
    assert config.events["all"].required == config.events["all"].recommended == PARAMETERS


def test_a_configuration_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load("").program.campaign_id = 5


def test_a_file_may_begin_with_a_byte_order_mark_and_have_windows_line_ends() -> None:
    Path("mmpsync.toml").write_bytes(b"\xef\xbb\xbf[program]\r\ncampaign_id = 7\r\n")
    assert load_config(environ={}).program.campaign_id == 7


# Precedence and provenance


def test_flag_beats_environment_beats_file_beats_default() -> None:
    file = "[engine]\nthreads = 2\nmemory_limit = '2GB'\n[gate]\nfail_on = 'never'"
    environ = {"MMPSYNC_ENGINE_THREADS": "3", "MMPSYNC_ENGINE_MEMORY_LIMIT": "3GB"}
    config = load(file, environ, engine__threads=4)
    assert config.engine.threads == 4
    assert config.engine.memory_limit == "3GB"
    assert config.gate.fail_on == "never"
    assert config.program.campaign_id is None
    origins = config.origins()
    assert origins["engine.threads"] == "flag --threads"
    assert origins["engine.memory_limit"] == "environment MMPSYNC_ENGINE_MEMORY_LIMIT"
    assert origins["gate.fail_on"] == "mmpsync.toml"
    assert origins["program.campaign_id"] == "default"


def test_the_file_is_the_one_given_else_the_environments_else_the_one_here() -> None:
    for name, number in ("mmpsync.toml", 1), ("environment.toml", 2), ("given.toml", 3):
        Path(name).write_text(f"[engine]\nthreads = {number}", encoding="utf-8")
    environ = {"MMPSYNC_CONFIG": "environment.toml"}
    assert load_config(environ={}).engine.threads == 1
    assert load_config(environ={"MMPSYNC_CONFIG": ""}).engine.threads == 1
    assert load_config(environ=environ).engine.threads == 2
    given = load_config("given.toml", environ=environ)
    assert given.engine.threads == 3
    assert given.origins()["engine.threads"] == "given.toml"


def test_every_scalar_of_program_gate_push_and_engine_has_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {
        "MMPSYNC_PROGRAM_CAMPAIGN_ID": "12",
        "MMPSYNC_PROGRAM_REFERRAL_WINDOW": "7d",
        "MMPSYNC_PROGRAM_CLOCK_TOLERANCE": "0s",
        "MMPSYNC_PROGRAM_MAX_EVENT_AGE": "90d",
        "MMPSYNC_GATE_FAIL_ON": "warning",
        "MMPSYNC_GATE_MIN_MATCH_RATE": "99.5%",
        "MMPSYNC_PUSH_STYLE": "event-type",
        "MMPSYNC_PUSH_RATE": "900/h",
        "MMPSYNC_PUSH_CONCURRENCY": "8",
        "MMPSYNC_PUSH_WAIT": "1h",
        "MMPSYNC_PUSH_LEDGER": "/var/lib/ledger.sqlite",
        "MMPSYNC_PUSH_IR_VERSION": "13",
        "MMPSYNC_PUSH_EMAIL_HASH": "sha256",
        "MMPSYNC_PUSH_EMAIL_CASE": "as-is",
        "MMPSYNC_ENGINE_THREADS": "2",
        "MMPSYNC_ENGINE_MEMORY_LIMIT": "500MB",
        "MMPSYNC_ENGINE_TEMP_DIRECTORY": "/tmp/spill",
    }
    for name, text in variables.items():
        monkeypatch.setenv(name, text)
    config = load_config()
    values, origins = config.effective(), config.origins()
    scalars = {"campaign_id": 12, "threads": 2, "concurrency": 8, "ir_version": 13}
    for name, text in variables.items():
        key = name.removeprefix("MMPSYNC_").lower().replace("_", ".", 1)
        assert values[key] == scalars.get(key.partition(".")[2], text)
        assert origins[key] == f"environment {name}"


def test_a_variable_set_to_nothing_is_not_set_and_others_are_not_ours() -> None:
    environ = {"MMPSYNC_ENGINE_THREADS": "", "MMPSYNC_DEBUG": "1", "PATH": "/bin", "MMPSYNCX": "1"}
    assert set(load_config(environ=environ).origins().values()) == {"default"}


def test_tables_may_be_given_as_they_are_and_the_file_here_is_not_read() -> None:
    Path("mmpsync.toml").write_text("[engine]\nthreads = 2\n", encoding="utf-8")
    tables = {"program": {"referral_window": "7d"}, "apps": {5: {"platform": "ios"}}}
    config = load_config(tables, environ={"MMPSYNC_GATE_FAIL_ON": "never"})
    assert config.program.referral_window == timedelta(days=7)
    assert list(config.apps) == ["5"]
    assert (config.engine.threads, config.gate.fail_on) == (None, "never")
    assert config.origins()["program.referral_window"] == "Python"


def test_a_value_set_in_python_says_so() -> None:
    origins = Config(engine=Engine(threads=2)).origins()
    assert origins["engine.threads"] == "Python"
    assert origins["engine.memory_limit"] == "default"


def test_effective_and_origins_have_the_same_keys_in_the_order_of_the_file() -> None:
    config = load(DESIGN)
    keys = list(config.effective())
    assert keys == list(config.origins())
    sections = list(dict.fromkeys(key.partition(".")[0] for key in keys))
    assert sections == ["program", "apps", "events", "sources", "gate", "push", "engine"]
    assert 'apps."com.acme.shop".tracker_id' in keys


# Properties

durations = st.integers(0, 36_500 * 86_400).map(lambda count: timedelta(seconds=count))
longer_than_nothing = durations.filter(bool)
shares = st.decimals(0, 100, places=7).map(lambda percent: Share(percent / 100))
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)
references = st.lists(st.sampled_from(["a", "a.b", "a?b", "A b.c.d?e f"]), min_size=1).map(tuple)

configs = st.builds(
    Config,
    program=st.builds(
        Program,
        campaign_id=st.none() | st.integers(1, 2**62),
        referral_window=longer_than_nothing,
        clock_tolerance=durations,
        click_id_params=st.lists(texts, min_size=1).map(tuple),
    ),
    apps=st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])),
        st.builds(App, platform=st.sampled_from(["ios", "web"])),
    ),
    events=st.lists(texts, unique=True).map(
        lambda names: {name[::-1]: Event(names=(name,), required=PARAMETERS[: len(name)]) for name in names}
    ),
    sources=st.dictionaries(
        st.sampled_from(SOURCES),
        st.builds(
            Source,
            media_sources=st.none() | st.lists(texts).map(tuple),
            timezone=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata"]),
            fields=st.dictionaries(st.sampled_from(FIELDS), references),
        ),
    ),
    gate=st.builds(
        Gate,
        min_match_rate=st.none() | shares,
        tolerate=st.dictionaries(st.sampled_from(list(BY_CODE)), shares | st.integers(0, 2**62)),
    ),
    push=st.builds(
        Push,
        style=st.sampled_from(["tracker", "event-type"]),
        rate=st.none() | st.builds(Rate, st.integers(1, 10**9 - 1), st.sampled_from("dhms")),
        wait=durations,
        fields=st.dictionaries(st.sampled_from(["Items", "Text50", "ItemText2_1", "MediaId"]), references),
        items=st.dictionaries(
            st.sampled_from(["ItemSku", "ItemText_1"]), references.filter(lambda r: "?" not in str(r))
        ),
    ),
    engine=st.builds(
        Engine, threads=st.none() | st.integers(1, 512), memory_limit=st.none() | st.just("1.5GiB")
    ),
)

same_directory = settings(
    max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@same_directory
@given(configs)
def test_what_is_effective_can_be_written_down_and_loads_as_the_same(config: Config) -> None:
    written = {key: value for key, value in config.effective().items() if value not in (None, {})}
    again = load("\n".join(f"{key} = {literal(value)}" for key, value in written.items()))
    assert again.effective() == config.effective()
    assert {again.origins()[key] for key in written} <= {"mmpsync.toml"}


KNOWN = (
    "program", "apps", "events", "sources", "gate", "engine", "a", "names", "fields", "appsflyer", "click_id",
    "tolerate", "too-old", "threads", "push", "items", "Text1", "rate", "required", "timezone", "referral_window", "min_match_rate", "[key]",
)  # fmt: skip
keys = st.sampled_from(KNOWN) | st.text(max_size=3)
values = st.recursive(
    st.sampled_from([None, True, "5%"]) | st.integers() | st.floats() | st.text(max_size=5) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
)


@given(
    st.dictionaries(keys, values),
    st.dictionaries(st.sampled_from(["gate.fail_on", "engine.threads", "a.b"]), values),
)
def test_no_configuration_ends_in_anything_but_a_configuration_error(
    tree: dict[str, object], flags: dict[str, object]
) -> None:
    try:
        config = load_config(tree, overrides=flags, environ={})
    except ConfigError as error:
        message = str(error)
        assert "Allowed: " in message
        assert not any(word in message for word in ("pydantic", "Input should be", "[type=", "validation"))
    else:
        assert list(config.effective()) == list(config.origins())


@same_directory
@given(st.binary() | st.text().map(str.encode) | st.text("[]{}='\"\n.a1#", max_size=40).map(str.encode))
def test_no_file_ends_in_anything_but_a_configuration_error(data: bytes) -> None:
    Path("any.toml").write_bytes(data)
    try:
        load_config("any.toml", environ={})
    except ConfigError as error:
        assert "any.toml" in str(error)  # noqa: PT017  # it may as well load


@pytest.mark.parametrize(
    ("level", "severities"), [("error", {"error"}), ("warning", {"error", "warning"}), ("never", set())]
)
def test_a_gate_fails_on_its_level_and_on_what_is_worse(level: FailOn, severities: set[str]) -> None:
    assert {each for each in get_args(Severity) if Gate(fail_on=level).fails_on(each)} == severities
