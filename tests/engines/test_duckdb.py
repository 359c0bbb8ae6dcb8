"""The DuckDB engine: settings, work that is larger than memory, rejects, and what it writes."""

import csv
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import ibis
import pytest
import sqlglot.expressions as sge
from pyarrow import parquet

from mmpsync.engines.duckdb import DuckDBEngine
from mmpsync.engines.duckdb_sql import _COMPILER, duckdb_sql
from mmpsync.engines.interface import Layout
from mmpsync.errors import ConfigError, InputError, OutputError

UNREADABLE_COLUMNS = ["source_file", "line", "row", "error", "text"]


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(threads=2)
    yield engine
    engine.close()


def csv_layout(path: Path, *columns: str) -> Layout:
    return Layout(paths=(str(path),), format="csv", columns=columns)


def test_nothing_is_unreadable_before_a_scan_ran(engine: DuckDBEngine) -> None:
    table = engine.arrow(engine.unreadable())
    assert table.column_names == UNREADABLE_COLUMNS
    assert table.num_rows == 0


def test_nothing_is_unreadable_in_sound_files(engine: DuckDBEngine, tmp_path: Path) -> None:
    path = tmp_path / "sound.csv"
    path.write_text("a,b\n1,2\n")
    engine.rows(engine.scan(csv_layout(path, "a", "b")))
    assert engine.rows(engine.unreadable()) == []


def test_every_unreadable_record_is_told_once_with_its_line_its_error_and_its_text(
    engine: DuckDBEngine, tmp_path: Path
) -> None:
    path = tmp_path / "broken.csv"
    # Six cells too many break no more rules than one: still one record. Line breaks inside quotes end no record.
    path.write_bytes(
        b'a,b\n1,2\nshort\n"two\nlines",3\n4,5,6,7,8,9,10,11\n12,"stray" quote\n13,caf\xe9\n14,15\n'
    )
    table = engine.scan(csv_layout(path, "a", "b"))
    assert len(engine.rows(table)) == 3
    engine.rows(table)  # a second pass over the file finds no second set of errors
    broken = engine.rows(engine.unreadable().order_by("line"))
    assert [(row["line"], row["text"]) for row in broken] == [
        (3, "short"),
        (5, "4,5,6,7,8,9,10,11"),
        (6, '12,"stray" quote'),
        (7, "13,caf?"),
    ]
    assert all(row["source_file"] == str(path) and row["error"] for row in broken)


def test_unreadable_records_of_all_scans_are_kept(engine: DuckDBEngine, tmp_path: Path) -> None:
    for name in ("one.csv", "two.csv"):
        (tmp_path / name).write_text("a,b\n1\n2,3\n")
        engine.rows(engine.scan(csv_layout(tmp_path / name, "a", "b")))
    found = {(Path(row["source_file"]).name, row["line"]) for row in engine.rows(engine.unreadable())}
    assert found == {("one.csv", 2), ("two.csv", 2)}


def test_a_materialized_table_outlives_its_files(engine: DuckDBEngine, tmp_path: Path) -> None:
    path = tmp_path / "gone.csv"
    path.write_text("a,b\n1,2\n")
    kept = engine.materialize(engine.scan(csv_layout(path, "a", "b")), "kept")
    engine.settle()
    path.unlink()
    assert engine.rows(kept.select("c0", "c1")) == [{"c0": "1", "c1": "2"}]


def test_a_stored_table_has_its_rows_in_order_and_counts_them_from_0(engine: DuckDBEngine) -> None:
    numbers = ibis.range(0, 200_000).unnest().name("n").as_table()
    stored = engine.store("stored", numbers.order_by(ibis.desc("n")))
    assert stored.columns == ("n", "position")
    # Nothing sorts here: a scan that only filters keeps the order.
    rows = engine.rows(stored.filter(stored.n % 3 == 0))
    assert [row["n"] for row in rows] == list(range(199_998, -1, -3))
    assert all(row["n"] + row["position"] == 199_999 for row in rows)


def test_tables_stored_together_are_counted_through(engine: DuckDBEngine) -> None:
    numbers = ibis.range(0, 3).unnest().name("n").as_table()
    stored = engine.store("stored", numbers, numbers.filter(numbers.n > 5), numbers.mutate(n=numbers.n + 10))
    assert engine.rows(stored) == [
        {"n": n, "position": place} for place, n in enumerate((0, 1, 2, 10, 11, 12))
    ]


def test_facts_stand_beside_the_rows_they_are_about_whatever_their_order(engine: DuckDBEngine) -> None:
    numbers = ibis.range(0, 200_000).unnest().name("n").as_table()
    stored = engine.store("stored", numbers.mutate(m=numbers.n), numbers.filter(numbers.n < 3).mutate(m=-1))
    facts = stored.select("position", m=stored.m + 1, half=stored.n / 2).order_by(ibis.desc("half"))
    beside = engine.beside("judged", stored, facts)
    assert set(beside.columns) == {"n", "m", "half", "position"}
    astray = beside.filter((beside.half * 2 != beside.n) | ~beside.m.isin([beside.n + 1, 0]))
    assert engine.rows(astray.aggregate(rows=astray.count())) == [{"rows": 0}]
    assert [row["position"] for row in engine.rows(beside.filter(beside.n == 2).order_by("position"))] == [
        2,
        200_002,
    ]


@pytest.mark.parametrize("limit", [None, "400MB"])
def test_a_table_made_aside_is_there_for_whatever_reads_it(limit: str | None, tmp_path: Path) -> None:
    engine = DuckDBEngine(memory_limit=limit, temp_directory=tmp_path)
    numbers = ibis.range(0, 300_000).unnest().name("n").as_table()
    stored = engine.store("stored", numbers)
    half = engine.materialize(stored.filter(stored.n % 2 == 0), "half", aside=True)
    quarter = engine.materialize(half.filter(half.n % 4 == 0), "quarter", aside=True)
    asked = engine.ask(quarter.aggregate(rows=quarter.count()))
    facts = stored.left_join(quarter.select(n="n", found=True), "n").select("position", "found")
    beside = engine.beside("beside", stored, facts)
    engine.write_csv(quarter.filter(quarter.n < 6).select("n"), tmp_path / "few.csv")
    assert engine.rows(beside.aggregate(found=beside.found.count())) == [{"found": 75_000}]
    assert asked() == [{"rows": 75_000}]
    engine.settle()
    assert (tmp_path / "few.csv").read_text() == "n\n0\n4\n"
    engine.close()


def test_what_goes_wrong_aside_is_told_to_whoever_waits_for_it(engine: DuckDBEngine) -> None:
    numbers = ibis.range(0, 3).unnest().name("n").as_table()
    wrong = numbers.select(n=(numbers.n.cast("string") + " apples").cast("int64"))
    wrong = engine.materialize(wrong, "wrong", aside=True)
    engine.materialize(wrong.mutate(m=1), "behind")
    with pytest.raises(duckdb.ConversionException, match="0 apples"):
        engine.settle()


def test_closing_ends_queries_that_wait_for_one_aside(engine: DuckDBEngine) -> None:
    numbers = ibis.range(0, 1_000_000).unnest().name("n").as_table()
    stored = engine.store("stored", numbers)
    engine.settle()
    pairs = stored.cross_join(stored.view())
    endless = engine.materialize(
        pairs.aggregate(sum=(pairs.n * pairs.n_right % 7).sum()), "endless", aside=True
    )
    engine.materialize(endless.mutate(m=1), "behind")
    while not engine._queries.last.running():  # noqa: SLF001
        pass
    engine.close()


def test_facts_that_are_not_one_for_each_row_are_never_put_beside_them(engine: DuckDBEngine) -> None:
    numbers = ibis.range(0, 10).unnest().name("n").as_table()
    stored = engine.store("stored", numbers)
    twice = stored.filter(stored.n < 9).select(position=stored.n.nullif(8).fill_null(7), fact=stored.n)
    engine.beside("judged", stored, twice)
    with pytest.raises(RuntimeError, match="not one row for each"):
        engine.settle()


@pytest.mark.parametrize("act", ["materialize", "store"])
def test_an_input_that_cannot_be_read_is_the_inputs_fault_whatever_was_to_be_made_of_it(
    engine: DuckDBEngine, tmp_path: Path, act: str
) -> None:
    path = tmp_path / "gone.csv"
    path.write_text("a,b\n1,2\n")
    table = engine.scan(csv_layout(path, "a", "b"))
    path.unlink()
    engine.materialize(table, "kept") if act == "materialize" else engine.store("kept", table)
    with pytest.raises(InputError, match=r"gone\.csv"):
        engine.settle()


@pytest.mark.parametrize("format_", ["csv", "json", "parquet"])
def test_a_file_that_is_gone_is_an_input_error_that_names_it(
    engine: DuckDBEngine, tmp_path: Path, format_: str
) -> None:
    path = tmp_path / f"missing.{format_}"
    with pytest.raises(InputError, match=r"missing\."):
        engine.rows(engine.scan(Layout(paths=(str(path),), format=format_, columns=("a",), json_root="")))


@pytest.mark.parametrize(
    "settings",
    [{"threads": 0}, {"threads": -1}, {"memory_limit": "lots"}, {"memory_limit": "5 apples"}],
    ids=str,
)
def test_a_nonsensical_setting_is_refused_by_name_and_leaves_nothing_behind(
    settings: dict[str, int | str], tmp_path: Path
) -> None:
    (name, value), *_ = settings.items()
    with pytest.raises(ConfigError, match=f"engine.{name} = {value!r}"):
        DuckDBEngine(temp_directory=tmp_path, **settings)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["missing", "file"])
def test_a_temporary_directory_that_cannot_be_used_is_refused_by_name(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=f"engine.temp_directory.*{place}"):
        DuckDBEngine(temp_directory=tmp_path / place)


def test_an_engine_may_be_closed_twice(engine: DuckDBEngine) -> None:
    engine.materialize(ibis.range(3).unnest().name("n").as_table(), "numbers")
    engine.close()
    engine.close()


def test_an_interval_is_written_as_sqlglot_compiled_wants_it() -> None:
    """`sqlglot[c]`, which anybody may have installed, refuses Ibis' own, whose unit is plain text."""
    noon = ibis.literal(datetime(2026, 3, 1, 12), "timestamp")  # noqa: DTZ001  UTC
    later = ibis.range(1).unnest().name("n").as_table().select(at=noon + ibis.interval(hours=24))
    units = [node.args["unit"] for node in _COMPILER.to_sqlglot(later).find_all(sge.Interval)]
    assert [type(unit) for unit in units] == [sge.Var]
    assert "INTERVAL '24' HOUR" in duckdb_sql(later)


def test_settings_are_taken_and_the_temporary_directory_is_removed_at_close(tmp_path: Path) -> None:
    engine = DuckDBEngine(threads=1, memory_limit="300MB", temp_directory=tmp_path)
    assert engine.rows(ibis.range(0, 3).unnest().name("n").as_table()) == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert len(list(tmp_path.iterdir())) == 1
    engine.close()
    assert list(tmp_path.iterdir()) == []


def test_work_larger_than_memory_spills_into_the_temporary_directory(tmp_path: Path) -> None:
    engine = DuckDBEngine(threads=2, memory_limit="200MB", temp_directory=tmp_path)
    outer, inner = (
        ibis.range(0, n).unnest().name(name).as_table() for n, name in ((2_000, "a"), (2_500, "b"))
    )
    rows = outer.cross_join(inner)
    number = rows.a * 2_500 + rows.b
    # 1 GB of text; 1 000 003 has no factor in common with the number of rows, so the keys are a permutation.
    rows = rows.select(key=number * 1_000_003 % 5_000_000, text=number.cast("string") + "-" * 200)
    ordered = engine.materialize(rows.order_by("key"), "ordered")
    engine.settle()
    spilled = sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file())
    assert spilled > 500_000_000
    # Row 1 of the order is what the key 1 stands beside, wherever it was generated.
    first = engine.rows(ordered.limit(3))
    assert [row["key"] for row in first] == [0, 1, 2]
    assert all(int(row["text"].rstrip("-")) * 1_000_003 % 5_000_000 == row["key"] for row in first)
    counted = engine.rows(ordered.aggregate(rows=ordered.count(), keys=ordered.key.sum()))[0]
    assert counted == {"rows": 5_000_000, "keys": sum(range(5_000_000))}
    engine.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("act", ["materialize", "rows", "write_parquet", "write_csv"])
def test_a_memory_limit_that_is_too_small_says_how_to_raise_it(act: str, tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text("a,b\n" + f"1,{'x' * 500}\n" * 20_000)
    engine = DuckDBEngine(threads=1, memory_limit="1MB", temp_directory=tmp_path)
    table = engine.scan(csv_layout(path, "a", "b")).order_by("c1")
    to = {"materialize": "kept", "write_parquet": tmp_path / "out", "write_csv": tmp_path / "out"}

    def to_its_end() -> None:
        getattr(engine, act)(table, *([to[act]] if act in to else []))
        engine.settle()

    with pytest.raises(ConfigError, match=r"memory limit.*--memory-limit.*--temp-dir"):
        to_its_end()
    engine.close()


@pytest.fixture
def table(engine: DuckDBEngine) -> ibis.Table:
    """2,000 rows in falling order, with what formats trip over."""
    numbers = ibis.range(0, 2_000).unnest().name("n").as_table()
    rows = numbers.select(
        n=numbers.n,
        text=(numbers.n % 3 == 0).ifelse('Ünï "quoted", line\nbreak', ibis.null("string")),
        money=(numbers.n.cast("string") + ".000001").cast("decimal(18,6)"),
        time=ibis.literal("2026-03-01 08:00:00.123456").cast("timestamp"),
        flag=numbers.n % 2 == 0,
    )
    return engine.materialize(rows.order_by(ibis.desc("n")), "to_write").order_by(ibis.desc("n"))


def test_parquet_keeps_types_nulls_and_the_order_of_rows(
    engine: DuckDBEngine, table: ibis.Table, tmp_path: Path
) -> None:
    engine.write_parquet(table, tmp_path / "out.parquet")
    engine.settle()
    rows = parquet.read_table(tmp_path / "out.parquet").to_pylist()
    assert [row["n"] for row in rows] == list(range(1_999, -1, -1))
    assert rows[1_999] == {
        "n": 0,
        "text": 'Ünï "quoted", line\nbreak',
        "money": Decimal("0.000001"),
        "time": datetime(2026, 3, 1, 8, 0, 0, 123456),  # noqa: DTZ001  UTC without saying so
        "flag": True,
    }
    assert rows[1_998]["text"] is None
    assert [path.name for path in tmp_path.iterdir()] == ["out.parquet"]


def test_csv_has_a_header_utf8_and_quotes_by_rfc_4180(
    engine: DuckDBEngine, table: ibis.Table, tmp_path: Path
) -> None:
    engine.write_csv(table, tmp_path / "out.csv")
    engine.settle()
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    assert [row["n"] for row in rows] == [str(n) for n in range(1_999, -1, -1)]
    assert rows[1_999]["text"] == 'Ünï "quoted", line\nbreak'
    assert rows[1_999]["money"] == "0.000001"
    assert rows[1_998]["text"] == ""


def test_the_same_table_is_written_to_the_same_bytes(
    engine: DuckDBEngine, table: ibis.Table, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        engine.write_parquet(table, tmp_path / f"{name}.parquet")
        engine.write_csv(table, tmp_path / f"{name}.csv")
    engine.settle()
    for suffix in ("parquet", "csv"):
        assert (tmp_path / f"one.{suffix}").read_bytes() == (tmp_path / f"two.{suffix}").read_bytes()


def test_a_quote_in_the_name_of_an_output_is_no_trap(
    engine: DuckDBEngine, table: ibis.Table, tmp_path: Path
) -> None:
    engine.write_csv(table, tmp_path / "it's 100%.csv")
    engine.settle()
    assert (tmp_path / "it's 100%.csv").exists()


@pytest.mark.parametrize("act", ["write_parquet", "write_csv"])
def test_a_place_that_cannot_be_written_is_an_output_error_that_names_it(
    engine: DuckDBEngine, table: ibis.Table, act: str, tmp_path: Path
) -> None:
    getattr(engine, act)(table, tmp_path / "nowhere" / "out")
    with pytest.raises(OutputError, match="nowhere"):
        engine.settle()
