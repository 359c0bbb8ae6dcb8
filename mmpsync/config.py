"""mmpsync.toml as frozen models: what can be set, its defaults, and where each value came from.

The `description` of a field says which values are allowed: error messages end with it.
"""

import os
from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from mmpsync.config_problems import KeyPath, describe, dotted
from mmpsync.config_sources import read_settings
from mmpsync.config_values import (
    ConversionFieldName,
    CurrencyCode,
    Directory,
    Duration,
    DurationOrZero,
    File,
    ItemKeys,
    MemorySize,
    MoneyLimit,
    Rate,
    RateText,
    References,
    Share,
    ShareText,
    Text,
    TimeZone,
    Tolerance,
    WholeNumber,
    choice,
    format_duration,
)
from mmpsync.conversion_fields import ITEM_FIELDS
from mmpsync.errors import ConfigError
from mmpsync.reasons import BY_CODE
from mmpsync.summaries import Dimension

__all__ = [
    "FIELDS",
    "PARAMETERS",
    "SOURCES",
    "App",
    "Config",
    "Engine",
    "Event",
    "FailOn",
    "Gate",
    "GateGroup",
    "Program",
    "Push",
    "Rate",
    "Share",
    "Source",
    "SourceName",
    "load_config",
]

SourceName = Literal["appsflyer", "adjust", "branch", "segment", "kochava", "impact", "impact_actions"]
Platform = Literal["android", "ios", "web", "windows", "other"]
OrderIdFrom = Literal["order_id", "event_id"]
Style = Literal["tracker", "event-type"]
EmailHash = Literal["sha1", "sha256"]
EmailCase = Literal["lower", "as-is"]
EngineName = Literal["duckdb", "spark"]
FailOn = Literal["error", "warning", "never"]
_GATED: Mapping[FailOn, tuple[str, ...]] = {"error": ("error",), "warning": ("error", "warning"), "never": ()}

SOURCES: tuple[SourceName, ...] = get_args(SourceName)

WITH_TRACKERS: tuple[SourceName, ...] = ("adjust", "branch", "kochava")
"""Sources whose exports tell partners apart by tracker tokens, too."""

PARAMETERS = (
    "order_id", "amount", "currency", "customer_id", "promo_code", "sku", "category", "quantity", "event_time",
    "idfa", "idfv", "gaid", "android_id", "country", "app_version", "campaign", "publisher",
)  # fmt: skip
"""What an event may require: parameters that impact.com knows, by their canonical names."""

FIELDS = (
    "kind", "event_id", "app_id", "platform", "event_name", "touch_type", "touch_time", "media_source", "click_id",
    "is_primary", "click_time", "media_id", "partner", "mmp_device_id", "action_id", "state", "tracker_id", *PARAMETERS,
)  # fmt: skip
"""Canonical fields that a file can carry, of conversions, clicks and actions: the keys of `[sources.….fields]`."""

_Parameters = tuple[Annotated[str, choice(PARAMETERS)], ...]
_WHOLE_NUMBER = "a whole number, 1 or more"
_LARGEST_ID = 9_999_999_999  # ten digits are the most that impact.com documents
_ID = "a whole number of at most 10 digits"
_SHARE = 'a share from "0%" to "100%"'
_POINTS = 'percentage points from "0%" to "100%"'
_MONEY_BY_CURRENCY = "a table of amounts by ISO 4217 code, such as { EUR = 500 }"
_DURATION = 'a number and one of d, h, m, s, such as "30d" or "12h"'
_REFERENCES = 'a field reference or a list of them: "column", "column.path" or "column?parameter"'
_ITEM_FIELDS = "impact.com's item fields without their index, such as ItemSku, ItemCategory or ItemText_1"
_PARAMETER_LIST = f"a list of {', '.join(PARAMETERS)}"


def _listed(alias: object) -> str:
    return " or ".join(f'"{value}"' for value in get_args(alias))


def _one_event_per_name(events: dict[str, "Event"]) -> dict[str, "Event"]:
    owners: dict[str, str] = {}
    shared = []
    for key, event in events.items():
        for name in event.names:
            owner = owners.setdefault(name, key)
            if owner != key:
                shared.append(
                    f'"{name}" belongs to both {dotted(("events", owner))} and {dotted(("events", key))}'
                )
    if shared:
        raise ValueError(", ".join(shared))
    return events


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Program(_Table):
    """The brand's program at impact.com."""

    campaign_id: WholeNumber | None = Field(default=None, description=_WHOLE_NUMBER)
    referral_window: Duration = Field(default=timedelta(days=30), description=_DURATION)
    clock_tolerance: DurationOrZero = Field(default=timedelta(minutes=5), description=f'{_DURATION}, or "0s"')
    click_id_params: tuple[Text, ...] = Field(
        default=("irclickid", "clickid", "im_ref"),
        min_length=1,
        description="a list of one or more names of query parameters",
    )
    max_event_age: Duration = Field(default=timedelta(days=88), description=_DURATION)


class App(_Table):
    """One app; its key is the MMP's app id."""

    platform: Annotated[Platform, choice(get_args(Platform))] | None = Field(
        default=None, description=_listed(Platform)
    )
    tracker_id: WholeNumber | None = Field(default=None, description=_WHOLE_NUMBER)


class Event(_Table):
    """An event that the brand pays for; its key is free."""

    names: tuple[Text, ...] = Field(
        min_length=1, description="a list of one or more event names, as the MMP writes them"
    )
    code: Annotated[Text, Field(max_length=128)] | None = Field(
        default=None, description="impact.com's event code, 1 to 128 characters"
    )
    required: _Parameters = Field(default=(), description=_PARAMETER_LIST)
    recommended: _Parameters = Field(default=(), description=_PARAMETER_LIST)
    order_id_from: Annotated[OrderIdFrom, choice(get_args(OrderIdFrom))] = Field(
        default="order_id", description=_listed(OrderIdFrom)
    )
    type_id: Annotated[WholeNumber, Field(le=_LARGEST_ID)] | None = Field(
        default=None, description=f"impact.com's event type id, {_ID}"
    )
    fields: dict[ConversionFieldName, References] = Field(default={}, description=_REFERENCES)


class Source(_Table):
    """What differs from the built-in reading of one source's files.

    `media_sources` None means the adapter's own; `trackers` are tokens that count as impact.com's beside them.
    """

    media_sources: tuple[Text, ...] | None = Field(
        default=None, description="a list of media source names, as the MMP writes them"
    )
    trackers: tuple[Text, ...] = Field(default=(), description="a list of network tracker tokens")
    timezone: TimeZone = Field(
        default="UTC", description='an IANA time zone name, such as "Europe/Berlin" or "UTC"'
    )
    fields: dict[Annotated[str, choice(FIELDS)], References] = Field(
        default={},
        description=_REFERENCES,
    )


class Push(_Table):
    """What is sent to impact.com, and how.

    `style` says what names the event: "tracker" sends ActionTrackerId and EventCode, "event-type" EventTypeId or
    EventTypeCode and PropertyId. `fields` fill conversion fields, for all events; an event's own come before them.
    `items` says under which keys the objects of a JSON array of items have an item's fields. Without `rate` the
    server's limits alone count; without `ledger` it is kept in the user's data directory.
    """

    style: Annotated[Style, choice(get_args(Style))] = Field(default="tracker", description=_listed(Style))
    rate: RateText | None = Field(
        default=None, description='a number of requests and one of d, h, m, s, such as "1000/h" or "5/s"'
    )
    concurrency: Annotated[WholeNumber, Field(le=64)] = Field(
        default=4, description="a whole number from 1 to 64"
    )
    wait: DurationOrZero = Field(default=timedelta(minutes=10), description=f'{_DURATION}, or "0s"')
    ledger: File | None = Field(default=None, description="the path of a file")
    ir_version: WholeNumber = Field(default=14, description=_WHOLE_NUMBER)
    email_hash: Annotated[EmailHash, choice(get_args(EmailHash))] = Field(
        default="sha1", description=_listed(EmailHash)
    )
    email_case: Annotated[EmailCase, choice(get_args(EmailCase))] = Field(
        default="lower", description=_listed(EmailCase)
    )
    fields: dict[ConversionFieldName, References] = Field(default={}, description=_REFERENCES)
    items: dict[Annotated[str, choice(ITEM_FIELDS, _ITEM_FIELDS)], ItemKeys] = Field(
        default={}, description='a key of an item or a list of them: "sku", "product.sku" or "=constant"'
    )


class GateGroup(_Table):
    """Conditions on every group of a dimension, or on those that are named."""

    by: Annotated[Dimension, choice(get_args(Dimension))] = Field(description=_listed(Dimension))
    names: tuple[Text, ...] = Field(default=(), description="a list of names of groups; without it, all")
    min_match_rate: ShareText | None = Field(default=None, description=_SHARE)
    max_match_rate_drop: ShareText | None = Field(default=None, description=_POINTS)
    max_revenue_at_risk: dict[CurrencyCode, MoneyLimit] = Field(default={}, description=_MONEY_BY_CURRENCY)
    min_rows: WholeNumber = Field(default=1, description=_WHOLE_NUMBER)


class Gate(_Table):
    """When a run fails. A tolerance is a number of rows, or a share of the rows in scope.

    A share of fewer than `min_rows` rows is reported and fails nothing. Drops are in percentage points, against
    the run given as baseline.
    """

    fail_on: Annotated[FailOn, choice(get_args(FailOn))] = Field(default="error", description=_listed(FailOn))
    min_rows: WholeNumber = Field(default=1, description=_WHOLE_NUMBER)
    min_match_rate: ShareText | None = Field(default=None, description=_SHARE)
    max_match_rate_drop: ShareText | None = Field(default=None, description=_POINTS)
    max_revenue_at_risk: dict[CurrencyCode, MoneyLimit] = Field(default={}, description=_MONEY_BY_CURRENCY)
    max_revenue_by_reason: dict[Annotated[str, choice(BY_CODE)], dict[CurrencyCode, MoneyLimit]] = Field(
        default={}, description=f"a table per reason: {_MONEY_BY_CURRENCY}"
    )
    tolerate: dict[Annotated[str, choice(BY_CODE)], Tolerance] = Field(
        default={}, description='a number of rows, 0 or more, or a share such as "0.5%"'
    )
    group: tuple[GateGroup, ...] = Field(default=(), description="tables, each headed [[gate.group]]")

    def fails_on(self, severity: str) -> bool:
        """Whether anything so severe fails a run, or a check, unless it is tolerated."""
        return severity in _GATED[self.fail_on]


class Engine(_Table):
    """Which engine runs the job, and how much of the machine it may use; None leaves it to the engine."""

    name: EngineName = Field(default="duckdb", description=_listed(EngineName))
    threads: WholeNumber | None = Field(default=None, description=_WHOLE_NUMBER)
    memory_limit: MemorySize | None = Field(
        default=None, description='a size in KB, MB, GB or TB, such as "500MB" or "2GB"'
    )
    temp_directory: Directory | None = Field(default=None, description="the path of a directory")
    spark_master: Text | None = Field(
        default=None,
        description='what spark-submit takes as --master, such as "local[4]", "yarn" or "spark://host:7077"',
    )
    spark_directory: Text | None = Field(
        default=None,
        description='a folder that all of Spark sees, such as "s3a://bucket/tmp" or "hdfs:///tmp"',
    )


class Config(_Table):
    """The effective configuration."""

    program: Program = Field(default=Program(), description="a table")
    apps: dict[str, App] = Field(default={}, description="a table per app id, such as [apps.id1234]")
    events: Annotated[dict[str, Event], AfterValidator(_one_event_per_name)] = Field(
        default={},
        description="a table per event, such as [events.purchase]; a name belongs to one event only",
    )
    sources: dict[Annotated[SourceName, choice(SOURCES)], Source] = Field(
        default={}, description="a table per source, such as [sources.appsflyer]"
    )
    gate: Gate = Field(default=Gate(), description="a table")
    push: Push = Field(default=Push(), description="a table")
    engine: Engine = Field(default=Engine(), description="a table")

    _places: Mapping[KeyPath, str] = PrivateAttr(default_factory=dict)

    def model_post_init(self, context: Mapping[KeyPath, str] | None, /) -> None:
        """Take the places that `load_config` found the values in."""
        self._places = context or {}

    def source(self, name: SourceName) -> Source:
        """Return what is configured for a source, or its defaults."""
        return self.sources.get(name, Source())

    def effective(self) -> dict[str, object]:
        """Return every value, defaults included, by dotted key in the order of the file; plain JSON values.

        Durations and shares are text again ("30d", "97%"). A key that holds a dot is quoted, as in TOML.
        """
        return {dotted(path): value for path, value, _ in self._leaves()}

    def origins(self) -> dict[str, str]:
        """Return for every key of `effective` where its value came from.

        That is "default", a path as given, "environment MMPSYNC_…", "flag --…", or "Python" for a value of
        a model that was not loaded.
        """
        return {
            dotted(path): self._places.get(path, "Python" if is_set else "default")
            for path, _, is_set in self._leaves()
        }

    def _leaves(self) -> Iterator[tuple[KeyPath, object, bool]]:
        for name in Config.model_fields:
            table = {key: self.source(key) for key in SOURCES} if name == "sources" else getattr(self, name)
            yield from _leaves((name,), table, is_set=name in self.model_fields_set)


def load_config(
    config: str | Path | Mapping[str, object] | None = None,
    *,
    overrides: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Config:
    """Load the configuration: `overrides` > environment > file > defaults.

    `config` is the path of the file, or a mapping of what would stand in it; by default the file that MMPSYNC_CONFIG
    names, else ./mmpsync.toml if there is one.
    `overrides` are flags by dotted key ("engine.threads"). `environ` is the process's own by default; the
    variable of program.campaign_id is MMPSYNC_PROGRAM_CAMPAIGN_ID.

    Raises ConfigError, which lists all problems, each with its place, key, value and the values allowed.
    """
    settings = read_settings(
        config, overrides or {}, os.environ if environ is None else environ, _variables()
    )
    problems = settings.problems
    try:
        loaded = Config.model_validate(settings.tree, context=settings.places)
    except ValidationError as failure:
        problems += describe(failure, Config, settings.tree, settings.places)
    if problems:
        head = f"{len(problems)} problems in the configuration:\n  " if problems[1:] else ""
        raise ConfigError(head + "\n  ".join(problems))
    return loaded


def _variables() -> dict[str, KeyPath]:
    """Return the environment variables that set a value, with their keys: all that hold no list or table."""
    return {
        f"MMPSYNC_{section}_{key}".upper(): (section, key)
        for section, table in (("program", Program), ("gate", Gate), ("push", Push), ("engine", Engine))
        for key, info in table.model_fields.items()
        if not isinstance(info.default, dict | tuple)
    }


def _leaves(path: KeyPath, value: object, *, is_set: bool) -> Iterator[tuple[KeyPath, object, bool]]:
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _leaves((*path, name), getattr(value, name), is_set=name in value.model_fields_set)
    elif isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves((*path, key), inner, is_set=True)
    else:
        yield path, _plain(value), is_set


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        set_values = {
            name: getattr(value, name) for name in type(value).model_fields if name in value.model_fields_set
        }
        return {name: _plain(inner) for name, inner in set_values.items()}
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, Rate | Share | Path):
        return str(value)
    return [_plain(item) for item in value] if isinstance(value, tuple) else value
