"""From paths to canonical tables: which role a file has, several headers in one run, what whole files lack."""

# ruff: noqa: DTZ001
# The times of canonical tables are UTC without saying so.

import gzip
import io
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest
from pyarrow import parquet

from mmpsync.config import Config
from mmpsync.engines.duckdb import DuckDBEngine
from mmpsync.errors import InputError, UnrecognisedInputError
from mmpsync.ingest import inputs
from mmpsync.ingest.canonical import CLICK, CONVERSION
from mmpsync.ingest.formats import LeftOut

Read = Callable[..., Any]
Export = Callable[..., str]

INSTALL = {
    "Media Source": "impactradius_int",
    "Event Time": "2026-03-01 08:00:00",
    "Event Name": "install",
    "AppsFlyer ID": "1",
    "Original URL": "https://x.example/?pid=impactradius_int&clickid=A",
}
ADJUST = {"{activity_kind}": "install", "{created_at}": "1772366400", "{nonce}": "1", "{dcp_irclickid}": "A"}
CLICK_EXPORT = {"Id": "A", "EventDate": "2026-03-01T07:00:00Z", "MediaId": "1", "UniqueClick": "true"}


def holds(found: Any) -> dict[str, str]:
    return {name: file.holds for name, file in found.files.items()}


# -- Roles


def test_without_a_role_every_file_is_what_its_columns_say(read: Read, export: Export) -> None:
    found = read(
        {
            "a.csv": export(INSTALL),
            "b.csv": export(CLICK_EXPORT),
            "t=clicks/c.csv": export(INSTALL),
            "d.csv": export(ADJUST),
        }
    )
    expected = {"a.csv": "conversions", "b.csv": "clicks", "t=clicks/c.csv": "clicks", "d.csv": "conversions"}
    assert holds(found) == expected
    assert found.values("source_file") == ["a.csv", "d.csv"]
    assert {click["source_file"] for click in found.clicks} == {"b.csv", "t=clicks/c.csv"}


@pytest.mark.parametrize("name", ["x.csv", "t=clicks/x.csv"])
def test_click_records_given_as_conversions_are_refused_with_the_way_out(
    read: Read, export: Export, name: str
) -> None:
    row = INSTALL if "t=" in name else CLICK_EXPORT
    with pytest.raises(InputError, match=rf"{name}.*--clicks"):
        read({name: export(row)}, roles={"conversions": [name]})


def test_a_file_given_for_its_clicks_adds_no_conversions(read: Read, export: Export) -> None:
    files = {"a.csv": export(ADJUST), "b.csv": export(ADJUST, ADJUST | {"{activity_kind}": "click"})}
    found = read(files, roles={"conversions": ["a.csv"], "clicks": ["b.csv"]})
    assert holds(found) == {"a.csv": "conversions", "b.csv": "clicks"}
    assert found.values("source_file") == ["a.csv"]
    assert [click["source_file"] for click in found.clicks if click["click_id"]] == ["b.csv"]


def test_a_role_beats_what_the_folder_around_says(read: Read, export: Export) -> None:
    files = {"a.csv": export(ADJUST), "b.csv": export(ADJUST | {"{activity_kind}": "click"})}
    found = read(files, roles={"any": ["a.csv", "b.csv"], "clicks": ["b.csv"]})
    assert holds(found) == {"a.csv": "conversions", "b.csv": "clicks"}


def test_a_file_given_in_two_roles_loses_neither(read: Read, export: Export) -> None:
    text = export(ADJUST, ADJUST | {"{activity_kind}": "click"})
    try:
        found = read({"a.csv": text}, roles={"conversions": ["a.csv"], "clicks": ["a.csv"]})
    except InputError as error:
        assert "a.csv" in str(error)  # noqa: PT017  a refusal is as good
    else:
        assert len(found.rows) == 2
        assert [click["click_id"] for click in found.clicks] == ["A"]


# -- Several headers in one run


def test_every_file_is_read_by_its_own_header(read: Read, export: Export) -> None:
    new = {"{created_at}": "1772366401", "{label}": "B", "{network_name}": "impact", "{activity_kind}": "install",
           "{nonce}": "2"}  # fmt: skip
    found = read(
        {
            "adjust/new.csv": export(new),
            "adjust/old.csv.gz": gzip.compress(export(ADJUST).encode()),
            "adjust/other.csv": export(
                {"{nonce}": "3", "{activity_kind}": "event", "{created_at}": "1772366402"}
            ),
            "appsflyer/display.csv": export(INSTALL),
            "appsflyer/snake.json": json.dumps({k.lower().replace(" ", "_"): v for k, v in INSTALL.items()}),
        }
    )
    rows = [(r["source_file"], r["mmp"], r["click_id"]) for r in found.rows]
    assert rows == [
        ("adjust/new.csv", "adjust", "B"),
        ("adjust/old.csv.gz", "adjust", "A"),
        ("adjust/other.csv", "adjust", None),
        ("appsflyer/display.csv", "appsflyer", "A"),
        ("appsflyer/snake.json", "appsflyer", "A"),
    ]


def test_a_column_means_in_each_file_what_its_header_says(read: Read, export: Export) -> None:
    turned = {name: INSTALL[name] for name in reversed(INSTALL)}
    found = read({f"{n}.csv": export(row) for n, row in enumerate((INSTALL, turned, INSTALL, turned))})
    same = [{k: v for k, v in row.items() if k in CONVERSION and k != "source_file"} for row in found.rows]
    assert len(same) == 4
    assert all(row == same[0] for row in same)


@pytest.mark.parametrize(
    "order", [("text", "typed"), ("typed", "text"), ("typed", "typed"), ("text", "csv", "typed")]
)
def test_typed_and_text_columns_stand_side_by_side(
    read: Read, export: Export, order: tuple[str, ...]
) -> None:
    moment = datetime(2026, 3, 1, 8, tzinfo=UTC)
    snake = {k.lower().replace(" ", "_"): v for k, v in INSTALL.items()}
    typed = snake | {
        "event_time": moment,
        "is_primary_attribution": True,
        "event_revenue": 19.9,
        "customer_user_id": 7,
    }
    text = snake | {"is_primary_attribution": "true", "event_revenue": "19.9", "customer_user_id": "7"}
    contents = {"csv": export(text).encode(), "typed": parquet_bytes(typed), "text": parquet_bytes(text)}
    found = read({f"{n}": contents[kind] for n, kind in enumerate(order)})
    columns = ("event_time", "is_primary", "amount", "customer_id", "click_id")
    assert found.values(*columns) == [(moment.replace(tzinfo=None), True, Decimal("19.9"), "7", "A")] * len(
        order
    )


def parquet_bytes(*records: Mapping[str, Any]) -> bytes:
    file = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(list(records)), file, compression="gzip")
    return file.getvalue()


def test_parquet_text_that_is_not_marked_as_text_is_text(read: Read) -> None:
    # Byte arrays without the UTF-8 mark, as older writers leave them.
    record = {name: value.encode() for name, value in (INSTALL | {"Campaign": "Spring 春 é"}).items()}
    assert read({"x": parquet_bytes(record)}).values("campaign", "click_id") == [("Spring 春 é", "A")]


PURCHASES = [
    INSTALL
    | {"Event Name": "af_purchase", "AppsFlyer ID": f"{n}", "Event Value": value, "Event Revenue": amount}
    for n, (value, amount) in enumerate(
        [
            ('{"af_order_id": "O-1", "af_quantity": 2}', "19.90"),
            ('{"af_order_id": 17, "deep": {"x": "ü \\"q\\""}}', "100000000000.123456"),
            ("no json, but a comma", "1.299,90"),
            ("", ""),
            ("null", "NaN"),
        ]
    )
]


def test_the_format_of_a_file_makes_no_difference(read: Read, export: Export) -> None:
    text = export(*PURCHASES)
    filled = [{name: value for name, value in row.items() if value} for row in PURCHASES]
    contents = {
        "csv": text,
        "csv.gz": gzip.compress(text.encode()),
        "tsv": export(*PURCHASES, delimiter="\t"),
        "json lines": "".join(json.dumps(row) + "\n" for row in filled),
        "json array": json.dumps(filled, indent=1),
        "json under a key": json.dumps({"@page": 1, "rows": filled}),
        "parquet": parquet_bytes(*PURCHASES),
        "utf-16": text.encode("utf-16"),
        "crlf": text.replace("\n", "\r\n"),
    }
    found = read(contents)
    names = [name for name in CONVERSION if name != "source_file"]
    by_format: dict[str, list[Any]] = {}
    for row in found.rows:
        by_format.setdefault(row["source_file"], []).append({name: row[name] for name in names})
    expected = by_format["csv"]
    assert [row["order_id"] for row in expected] == ["O-1", "17", None, None, None]
    assert [row["amount_raw"] for row in expected] == [
        "19.90", "100000000000.123456", "1.299,90", None, None,
    ]  # fmt: skip
    assert {name for name in contents if by_format[name] != expected} == set()


def test_a_key_that_only_a_late_json_record_has_is_read(read: Read) -> None:
    record = {"activity_kind": "event", "created_at": 1772366400}
    late = record | {"dcp_irclickid": "A"}
    found = read({"x.json": "".join(json.dumps(r) + "\n" for r in [*[record] * 2_000, late])})
    assert found.values("click_id")[-1] == "A"


def test_numbers_of_json_keep_every_digit(read: Read) -> None:
    text = '{"activity_kind":"event","created_at":1772366400,"revenue":100000000000.123456,"user_id":12345678901234567890123}'
    (row,) = read({"x.json": text}).rows
    assert (row["amount"], row["customer_id"]) == (Decimal("100000000000.123456"), "12345678901234567890123")


# -- What whole files lack


def advice(found: Any) -> dict[str, list[str]]:
    """Code → the names of the files it is said of."""
    said: dict[str, list[str]] = {}
    for one in inputs.lacks(found.inputs.files, Config()):
        said.setdefault(one.code, []).extend(sorted(Path(path).name for path in one.files))
    return said


def test_what_files_lack_is_said_once_per_source_and_field(read: Read, export: Export) -> None:
    bare = {"{activity_kind}": "event", "{created_at}": "1772366400"}
    found = read(
        {
            "full.csv": export(ADJUST | {"{network_name}": "impact", "[transaction_id]": "O"}),
            "bare.csv": export(bare),
            "barer.csv": export(dict(reversed(bare.items()))),
            "appsflyer.csv": export({k: v for k, v in INSTALL.items() if k != "Original URL"}),
        }
    )
    by_source = {
        (advice_.code, tuple(sorted(Path(p).name for p in advice_.files))): advice_.fix
        for advice_ in inputs.lacks(found.inputs.files, Config())
    }
    assert set(by_source) == {
        ("no-click-id-column", ("bare.csv", "barer.csv")),
        ("no-order-id-column", ("bare.csv", "barer.csv")),
        ("no-media-source-column", ("bare.csv", "barer.csv")),
        ("no-click-id-column", ("appsflyer.csv",)),
        ("no-order-id-column", ("appsflyer.csv",)),
    }
    # The remedy is in the source's own words.
    assert "{dcp_irclickid}" in by_source["no-click-id-column", ("bare.csv", "barer.csv")]
    assert "Original URL" in by_source["no-click-id-column", ("appsflyer.csv",)]
    assert "sources.adjust.fields.order_id" in by_source["no-order-id-column", ("bare.csv", "barer.csv")]


def test_an_empty_cell_is_no_lacking_column(read: Read, export: Export) -> None:
    row = INSTALL | {"Original URL": "", "Event Value": ""}
    found = read({"x.csv": export(row)})
    assert found.values("click_id") == [None]
    assert advice(found) == {}


def test_a_configured_column_counts_and_a_missing_one_is_missed(read: Read, export: Export) -> None:
    text = export(ADJUST | {"[My Order]": "O", "{network_name}": "impact"})
    fields = {"order_id": "my order", "click_id": "nowhere"}
    found = read({"x.csv": text}, config={"sources": {"adjust": {"fields": fields}}})
    assert found.values("order_id", "click_id") == [("O", None)]
    assert advice(found) == {"no-click-id-column": ["x.csv"]}
    config = Config.model_validate({"sources": {"adjust": {"fields": fields}}})
    (said,) = inputs.lacks(found.inputs.files, config)
    assert said.fix == (
        'sources.adjust.fields.click_id is ["nowhere"], which none of these files has; name the column that has it.'
    )


def test_a_place_that_only_impacts_rows_use_is_a_place(read: Read, export: Export) -> None:
    row = {"{activity_kind}": "event", "{created_at}": "1772366400", "{label}": "A"}
    assert "no-click-id-column" not in advice(read({"x.csv": export(row)}))


# -- What is left out or refused


def test_what_lies_in_a_folder_and_is_no_table_is_left_out_and_told(read: Read, export: Export) -> None:
    found = read({"a.csv": export(INSTALL), "b.png": b"\x89PNG\r\n", "c.csv": b"", "d.csv": b"\n"})
    left_out = {Path(left.path).name: left.why for left in found.inputs.left_out}
    assert set(left_out) == {"b.png", "c.csv", "d.csv"}
    assert "PNG" in left_out["b.png"]
    assert all(isinstance(left, LeftOut) for left in found.inputs.left_out)


def test_what_the_user_names_and_is_no_table_is_refused(read: Read) -> None:
    with pytest.raises(InputError, match=r"b\.png.*PNG"):
        read({"b.png": b"\x89PNG\r\n"}, roles={"any": ["b.png"]})


def test_tables_that_nobody_knows_are_refused_all_at_once(read: Read, export: Export) -> None:
    files = {"a.csv": export(INSTALL), "b.csv": "x,y\n1,2\n", "c.json": '{"z": 1}'}
    with pytest.raises(UnrecognisedInputError, match=r"(?s)b\.csv.*x, y.*c\.json.*z"):
        read(files)


PLAIN = "{activity_kind},{created_at}\n" + "install,1772366400\n" * 5
ODD: dict[str, str | bytes] = {
    "UTF-16 array": json.dumps([ADJUST]).encode("utf-16"),
    "one record over several lines": json.dumps(ADJUST, indent=2),
    "array that does not end": json.dumps([ADJUST])[:-1],
    "array that is not all": json.dumps([ADJUST]) + "trailing",
    "line break in a string": '[{"activity_kind": "event\n", "created_at": 1772366400}]',
    "cut gzip": gzip.compress(PLAIN.encode() * 100_000)[:-40],
    "lines that end in CR": PLAIN.replace("\n", "\r"),
    "two ways of ending lines": PLAIN.replace("\n", "\r\n", 2),
}


@pytest.mark.parametrize("what", ODD)
def test_an_odd_file_is_read_record_for_record_or_refused_by_name(read: Read, what: str) -> None:
    content = ODD[what]
    records = content.count("1772366400") if isinstance(content, str) else 1
    try:
        found = read({"odd": content})
    except InputError as error:
        assert "odd" in str(error)  # noqa: PT017  either is fine
    else:
        assert len(found.rows) + len(found.unreadable) == records


# -- The tables


def test_the_tables_have_the_canonical_columns_and_types(tmp_path: Path, export: Export) -> None:
    (tmp_path / "a.csv").write_text(export(ADJUST) + "broken\n" + export(ADJUST).split("\n")[1] + "\n")
    (tmp_path / "b.csv").write_text(export(CLICK_EXPORT))
    engine = DuckDBEngine(threads=1)
    found = inputs.read(engine, Config(), {"any": [str(tmp_path)]})
    for tables, columns in (((found.conversions,), CONVERSION), (found.clicks, CLICK)):
        for table in tables:
            result = ibis.schema(engine.arrow(table.select(*columns)).schema)
            assert result == ibis.schema({**columns, **dict.fromkeys(times(columns), "timestamp(6)")})
    engine.close()


def times(columns: Mapping[str, str]) -> list[str]:
    return [name for name, kind in columns.items() if kind == "timestamp"]


def test_a_folder_without_files_gives_empty_tables(read: Read) -> None:
    found = read({})
    assert (found.rows, found.clicks, found.files) == ([], [], {})


# -- The original columns


def test_original_columns_are_kept_as_json(read: Read, export: Export) -> None:
    csv_row = ADJUST | {'odd "name"': 'a "quoted" cell', "empty": ""}
    record = {"activity_kind": "install", "created_at": 1772366400, "nested": {"a": [1]}}
    typed = {"activity_kind": "install", "created_at": 1772366400, "flag": True, "time": datetime(2026, 3, 1)}
    files = {"a.csv": export(csv_row), "b.json": json.dumps(record), "c.parquet": parquet_bytes(typed)}
    found = read(files, with_source_columns=True)
    as_csv, as_json, as_parquet = (json.loads(row["source_columns"]) for row in found.rows)
    assert as_csv == csv_row | {"empty": None}
    assert as_json == record
    assert as_parquet["flag"] in (True, "true")
    assert set(as_parquet) == set(typed)


def test_columns_of_one_name_are_all_kept(read: Read) -> None:
    text = "{activity_kind},{created_at},[x],[x]\ninstall,1772366400,1,2\n"
    (row,) = read({"a.csv": text}, with_source_columns=True).rows
    assert sorted(json.loads(row["source_columns"]).values()) == ["1", "1772366400", "2", "install"]


def test_original_columns_are_not_kept_unless_asked_for(read: Read, export: Export) -> None:
    assert "source_columns" not in read({"a.csv": export(ADJUST)}).rows[0]


# -- Many files


def test_how_many_files_are_read_together_makes_no_difference(
    read: Read, export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f"{n}.csv": export(INSTALL | {"AppsFlyer ID": str(n)}) for n in range(5)}
    files |= {f"{n}.jsonl": json.dumps({"event_time": "2026-03-01 08:00:00", "media_source": "impactradius_int",
                                        "appsflyer_id": str(n), "event_name": "install", f"own_{n}": "x"})
              for n in range(5, 8)}  # fmt: skip
    files |= {"9.csv": export(CLICK_EXPORT), "10.csv": export(CLICK_EXPORT | {"Id": "B"})}
    columns = ("source_file", "source_row", "position", "mmp_device_id", "click_id", "event_time")
    together = read(files)
    monkeypatch.setattr(inputs, "_FILES_AT_ONCE", 2)
    apart = read(files)
    assert apart.values(*columns) == together.values(*columns)
    assert len(together.values("source_file")) == 8
    assert sorted(map(str, apart.clicks)) == sorted(map(str, together.clicks))
