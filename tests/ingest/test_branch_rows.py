"""What a row of Branch's says: whose it is, when, for how much, on which device; small inputs, expected values."""

# ruff: noqa: DTZ001
# The times of canonical tables are UTC without saying so.

import csv
import io
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmpsync.engines.interface import Layout
from mmpsync.ingest.detect import recognise

Read = Callable[..., Any]

NOON = datetime(2026, 3, 1, 12)
MS = 1772366400000  # noon
TOUCH = "last_attributed_touch_data"
PARTNER = f"{TOUCH}_tilde_advertising_partner_name"
TYPE, TIME, DAYS = (
    "last_attributed_touch_type",
    "last_attributed_touch_timestamp",
    "days_from_last_attributed_touch_to_event",
)
TOUCHED = {TYPE: "CLICK", TIME: str(MS - 60_000), DAYS: "0"}
IMPACT = {PARTNER: "Impact", **TOUCHED}


def table(*rows: Mapping[str, str], columns: tuple[str, ...] = (PARTNER, *TOUCHED)) -> str:
    """Rows as CSV, each an event at noon with an id of its own; `columns` are there in any case."""
    base = {"id": "", "name": "PURCHASE", "timestamp": str(MS)}
    names = list(dict.fromkeys([*base, *columns, *(name for row in rows for name in row)]))
    file = io.StringIO()
    writer = csv.DictWriter(file, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(base | {"id": str(n)} | dict(row) for n, row in enumerate(rows))
    return file.getvalue()


def as_lines(text: str) -> str:
    """The same table as JSON lines, empties left out."""
    rows = csv.DictReader(io.StringIO(text))
    return "".join(json.dumps({k: v for k, v in row.items() if v}) + "\n" for row in rows)


ATTRIBUTIONS: list[tuple[dict[str, str], str]] = [
    *((IMPACT | {PARTNER: name}, "impact") for name in ("Impact", "IMPACT", "impact", "Impact Radius")),
    (TOUCHED | {f"{TOUCH}_dollar_3p": "a_impact"}, "impact"),
    (TOUCHED | {f"{TOUCH}_tilde_channel": "impact"}, "impact"),
    (IMPACT | {PARTNER: "Impactful Ads"}, "other"),
    (IMPACT | {PARTNER: "Google AdWords", f"{TOUCH}_tilde_channel": "impact"}, "other"),
    (TOUCHED | {f"{TOUCH}_dollar_3p": "a_google_adwords"}, "other"),
    # A link of the brand's own, of no partner.
    (TOUCHED | {f"{TOUCH}_tilde_feature": "email"}, "other"),
    (TOUCHED, "other"),
    ({TYPE: "CLICK"}, "other"),
    ({}, "organic"),
    # Data of a touch are there, but nothing of when it was: it does not count.
    ({PARTNER: "Impact"}, "organic"),
    ({PARTNER: "Impact", TYPE: "CLICK"}, "impact"),
    ({PARTNER: "Impact", DAYS: "0"}, "impact"),
    ({PARTNER: "Impact", f"{TIME}_iso": "2026-03-01 11:00:00+0000"}, "impact"),
    # `attributed` is right whatever else is there.
    *((IMPACT | {"attributed": no}, "organic") for no in ("false", "False", "0")),
    (IMPACT | {"attributed": "true"}, "impact"),
    ({PARTNER: "Impact", "attributed": "true"}, "impact"),
    ({"attributed": "true"}, "other"),
    (IMPACT | {PARTNER: "undisclosed"}, "restricted"),
    (IMPACT | {PARTNER: "", f"{TOUCH}_dollar_3p": "undisclosed"}, "restricted"),
    (IMPACT | {PARTNER: "Facebook", f"{TOUCH}_tilde_campaign": "undisclosed"}, "other"),
    (IMPACT | {f"{TOUCH}_plus_url": "https://x.app.link/a?impacttest=1"}, "test"),
    (IMPACT | {f"{TOUCH}_custom_fields": '{"+url": "https:\\/\\/x.app.link\\/a?b=1&impacttest=1"}'}, "test"),
    (IMPACT | {f"{TOUCH}_custom_fields": '{"+url": "https:\\/\\/x.app.link\\/a?noimpacttest=1"}'}, "impact"),
    # The touch of a click is the click itself.
    ({"name": "CLICK", PARTNER: "Impact"}, "impact"),
    ({"name": "CLICK", PARTNER: "Google AdWords"}, "other"),
    ({"name": "CLICK"}, "other"),
]


@pytest.mark.parametrize("form", [str, as_lines], ids=["csv", "json lines"])
def test_attribution_by_column_touch_and_partner(read: Read, form: Callable[[str], str]) -> None:
    text = form(table(*(row for row, _ in ATTRIBUTIONS)))
    found = read({"x": text}).values("attribution")
    assert list(zip((row for row, _ in ATTRIBUTIONS), found, strict=True)) == ATTRIBUTIONS


@pytest.mark.parametrize("form", [str, as_lines], ids=["csv", "json lines"])
def test_touch_data_are_believed_where_the_export_lacks_all_that_tells_of_the_touch(
    read: Read, form: Callable[[str], str]
) -> None:
    text = form(table({PARTNER: "Impact"}, {PARTNER: "Google AdWords"}, {}, columns=(PARTNER,)))
    assert read({"x": text}).values("attribution") == ["impact", "other", "organic"]
    # Another export beside it changes nothing.
    both = read({"x": text, "y": table({PARTNER: "Impact"})})
    assert both.values("attribution") == ["impact", "other", "organic", "organic"]


@pytest.mark.parametrize(
    "path",
    [
        "777-2026-03-01-eo_install_blocked-v2-" + "0a" * 32 + "-abcdef.csv",
        "topic=eo_install_blocked/part.csv",
        "777-eo_commerce_event_blocked-2026-03-01-2026-03-02-0123.csv",
    ],
)
def test_what_stands_in_a_report_of_blocked_events_was_rejected(read: Read, path: str) -> None:
    assert read({path: table(IMPACT, {}, {"attributed": "false"})}).values("attribution") == ["rejected"] * 3


def test_configured_partners_and_codes_say_what_is_impacts(read: Read) -> None:
    config = {"sources": {"branch": {"media_sources": ["Our Partners"], "trackers": ["a_acme_partners"]}}}
    rows = [
        TOUCHED | {PARTNER: "our partners"},
        TOUCHED | {PARTNER: "Impact"},
        TOUCHED | {PARTNER: "Whoever", f"{TOUCH}_dollar_3p": "a_acme_partners"},
    ]
    assert read({"x.csv": table(*rows)}, config=config).values("attribution") == ["impact", "other", "impact"]


def test_the_source_is_the_partner_else_its_code_the_channel_the_feature(read: Read) -> None:
    places = (PARTNER, *(f"{TOUCH}_{name}" for name in ("dollar_3p", "tilde_channel", "tilde_feature")))
    rows = [{place: place for place in places[n:]} for n in range(len(places))]
    assert read({"x.csv": table(*rows)}).values("media_source") == list(places)


TIMES: list[tuple[dict[str, str], datetime | None]] = [
    ({"timestamp": f"{MS}"}, NOON),
    ({"timestamp": f"{MS + 1}"}, NOON + timedelta(milliseconds=1)),
    ({"timestamp": f"{MS // 1000}"}, NOON),
    ({"timestamp": "2026-03-01 12:00:00+0000"}, NOON),
    ({"timestamp": "2026-03-01T12:00:00.250Z"}, NOON + timedelta(milliseconds=250)),
    ({"timestamp": "", "timestamp_iso": "2026-03-01 12:00:00+0000"}, NOON),
    ({"timestamp": "", "timestamp_iso": "2026-03-01 17:30:00+05:30"}, NOON),
    ({"timestamp": "", "timestamp_iso": "2026-03-01 05:00:00-0700"}, NOON),
    ({"timestamp": f"{MS}", "timestamp_iso": "2026-03-01 17:30:00"}, NOON),
    # When it happened, not when a server told of it.
    ({"timestamp": f"{MS}", "event_timestamp": f"{MS - 86_400_000}"}, NOON - timedelta(days=1)),
    ({"timestamp": "", "event_timestamp": ""}, None),
    ({"timestamp": "1.77237E+12"}, None),
]


def test_times_are_milliseconds_seconds_or_iso_with_any_offset(read: Read) -> None:
    found = read({"x.csv": table(*(row for row, _ in TIMES))}).values("event_time")
    assert list(zip((row for row, _ in TIMES), found, strict=True)) == TIMES


def test_an_install_is_dated_by_its_own_time(read: Read) -> None:
    later = {"event_timestamp": f"{MS + 60_000}"}
    rows = [{"name": name, **later} for name in ("INSTALL", "REINSTALL", "OPEN", "CLICK", "PURCHASE")]
    assert read({"x.csv": table(*rows)}).values("event_time") == [NOON] * 4 + [NOON + timedelta(minutes=1)]


@given(
    moment=st.datetimes(datetime(2017, 1, 1), datetime(2035, 1, 1)),
    minutes=st.sampled_from([0, 60, -300, 330, 345, -570, 720]),
    milliseconds=st.integers(0, 999),
)
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_a_moment_is_written_it_is_the_same(
    read: Read, moment: datetime, minutes: int, milliseconds: int
) -> None:
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    seconds, there = round(moment.timestamp()), moment.astimezone(timezone(timedelta(minutes=minutes)))
    offset = f"{there:%z}"
    rows = [
        {"timestamp": f"{seconds}{milliseconds:03}"},
        {"timestamp": f"{seconds}"},
        {"timestamp": "", "timestamp_iso": f"{there:%Y-%m-%d %H:%M:%S}{offset}"},
        {"timestamp": "", "timestamp_iso": f"{there:%Y-%m-%dT%H:%M:%S}{offset[:3]}:{offset[3:]}"},
    ]
    exact, *others = read({"x.csv": table(*rows)}).values("event_time")
    plain = moment.replace(tzinfo=None)
    assert exact == plain + timedelta(milliseconds=milliseconds)
    assert others == [plain] * 3


def test_the_time_of_the_touch_in_its_column_or_among_its_data(read: Read) -> None:
    rows = [
        {TIME: f"{MS - 1000}", f"{TIME}_iso": "2026-03-01 11:00:00+0000"},
        {f"{TIME}_iso": "2026-03-01 12:00:00+01:00"},
        {f"{TOUCH}_custom_fields": json.dumps({"+click_timestamp": MS // 1000 - 7200})},
    ]
    before = [timedelta(seconds=1), timedelta(hours=1), timedelta(hours=2)]
    assert read({"x.csv": table(*rows)}).values("touch_time") == [NOON - delta for delta in before]


MONEY: list[tuple[dict[str, str], tuple[str | None, str | None]]] = [
    ({"revenue": "19.9", "currency": "EUR", "revenue_in_usd": "21.5"}, ("19.9", "EUR")),
    ({"revenue_in_usd": "21.5"}, ("21.5", "USD")),
    ({"revenue_in_local_currency": "19.9", "local_currency": "eur"}, ("19.9", "EUR")),
    ({"revenue": "5", "currency": "GBP", "local_currency": "EUR", "revenue_in_local_currency": "6"}, ("5", "GBP")),
    ({"revenue": "5"}, ("5", None)),
    ({"currency": "EUR"}, (None, "EUR")),
]  # fmt: skip


@pytest.mark.parametrize(("money", "expected"), MONEY)
def test_an_amount_goes_with_its_currency(
    read: Read, money: dict[str, str], expected: tuple[str | None, str | None]
) -> None:
    prefixed = {f"event_data_{name}": value for name, value in money.items()}
    body = {"id": 1, "name": "PURCHASE", "timestamp": MS, TOUCH: {"~channel": "x"}, "event_data": money}
    amount, currency = expected
    found = read({"a.csv": table(prefixed), "b.json": json.dumps(body)}).values("amount", "currency")
    assert found == [(None if amount is None else Decimal(amount), currency)] * 2


IDS = st.integers(10**17, 2**63 - 1)


@given(rows=st.lists(st.tuples(IDS, IDS, IDS), min_size=5, max_size=20))
@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_ids_of_19_digits_stay_what_they_are_in_every_form(read: Read, rows: list[tuple[int, ...]]) -> None:
    common = {"name": "PURCHASE", "timestamp": MS, f"{TOUCH}_tilde_channel": "x"}
    names = ("id", "user_data_cross_platform_id", "event_data_transaction_id")
    flat = [dict(zip(names, ids, strict=True)) for ids in rows]
    nested = [
        {"id": event, "user_data": {"cross_platform_id": person}, "event_data": {"transaction_id": order}}
        for event, person, order in rows
    ]
    files = {
        "a.csv": table(*({k: str(v) for k, v in (common | row).items()} for row in flat)),
        "b.json": "".join(json.dumps(common | row) + "\n" for row in flat),
        "c.json": "".join(json.dumps(common | row) + "\n" for row in nested),
    }
    found = read(files).values("event_id", "mmp_device_id", "order_id")
    assert found == [tuple(map(str, ids)) for ids in rows] * 3


def test_the_device_of_an_install_is_known_by_the_id_of_its_row(read: Read) -> None:
    """It is the same in every export; ids of devices are hashed after some days."""
    person = {"user_data_cross_platform_id": "P"}
    rows = [{"id": "I", "name": name, **person} for name in ("INSTALL", "REINSTALL", "OPEN", "PURCHASE")]
    found = read({"x.csv": table(*rows, rows[0] | {"id": ""})}).values("mmp_device_id")
    assert found == ["I", "I", "I", "P", "P"]


@pytest.mark.parametrize("withheld", ["undisclosed", "0a" * 32])
def test_what_branch_hides_or_hashes_stays_as_found_and_is_not_missing(read: Read, withheld: str) -> None:
    fields = {"idfa": "idfa", "idfv": "idfv", "gaid": "aaid", "android_id": "android_id"}
    row = {f"user_data_{column}": withheld for column in (*fields.values(), "developer_identity")}
    found = read({"x.csv": table(IMPACT | row)}).values(*fields, "customer_id")
    assert found == [(withheld,) * 5]


def test_an_advertising_id_of_zeros_is_none(read: Read) -> None:
    zeros = "00000000-0000-0000-0000-000000000000"
    row = {"user_data_idfa": zeros, "user_data_aaid": zeros}
    assert read({"x.csv": table(row)}).values("idfa", "gaid") == [(None, None)]


def test_older_webhooks_have_the_country_in_another_place(read: Read) -> None:
    body = {"name": "open", "timestamp": MS, "user_data": {"country": "de"}}
    assert read({"x.json": json.dumps(body)}).values("country", "kind", "event_id") == [
        ("DE", "reengagement", None)
    ]


HEADERS = {
    "a subset": f"id,timestamp,{TOUCH}_custom_fields",
    "without ids": f"name,event_timestamp,{TOUCH}_tilde_channel",
    "ISO times only": f"name,timestamp_iso,{TOUCH}_plus_url",
    "clicks": f"id,name,timestamp,{TOUCH}_tilde_campaign,user_data_os",
    "external touch ids": f"id,name,timestamp,{TOUCH}_tilde_external_touch_id",
    "a webhook": f"name,timestamp,user_data,{TOUCH},last_attributed_touch_timestamp,custom_data",
    "an organic webhook": "name,timestamp,deep_linked,user_data,custom_data,content_items,persona_identifiers",
}


@pytest.mark.parametrize("names", HEADERS.values(), ids=HEADERS)
def test_every_form_is_recognised_by_its_columns_and_by_one_adapter(names: str) -> None:
    for columns in (names.split(","), names.upper().split(",")[::-1], [*names.split(","), "new_one"]):
        adapter = recognise(Layout(paths=("x",), format="csv", columns=tuple(columns)))
        assert adapter is not None
        assert adapter.name == "branch"


OTHERS = {
    "Branch's events by way of Segment": f"id,name,timestamp,received_at,anonymous_id,event_text,{TOUCH}_campaign,"
    f"{TOUCH}_channel,{TOUCH}_3p,{TOUCH}_advertising_partner_name,{TOUCH}_url,attributed,{TIME},event_timestamp",
    "costs": "date,name,ad_partner,cost,campaign",
    "cross-event counts": f"timestamp,result_unique_count,{TOUCH}_tilde_campaign",
}


@pytest.mark.parametrize("names", OTHERS.values(), ids=OTHERS)
def test_what_has_some_of_these_columns_is_not_taken_for_branchs_own(names: str) -> None:
    adapter = recognise(Layout(paths=("x",), format="csv", columns=tuple(names.split(","))))
    assert adapter is None or adapter.name != "branch"
