"""What only the Spark engine does: expressions in Spark's words, large files shared out, and errors of its workers."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest
from pyarrow import parquet

from mmpsync.engines import spark_scans
from mmpsync.engines.duckdb import DuckDBEngine
from mmpsync.engines.functions import cleaned, md5, percent_decode, sha1, sha256, trimmed
from mmpsync.engines.interface import Engine, Layout
from mmpsync.engines.spark import SparkEngine
from mmpsync.engines.spark_sql import java_pattern
from mmpsync.errors import ConfigError, InputError
from mmpsync.reconcile.click_ids import (
    is_macro,
    is_malformed,
    is_placeholder,
    looks_foreign,
    loose_key,
    with_search_key,
)

SAMPLES = Path(__file__).parents[2] / "sample_exports"
TEXTS = (
    *("", " ", "plain", "a b", " around\t", "\x0b\r\nlines\n", "NULL", " n/a ", "\\N", "\\n", "None"),
    *(
        "100%",
        "%41%62",
        "a%2Bb+c",
        "%zz%41",
        "%4",
        "%",
        "%%41",
        "%25%34%31",
        "%2525252541",
        "%FF%FE",
        "%C3%A4",
        "%e4",
    ),
    *(
        "{clickid}",
        "%7Bx%7D",
        "[id]",
        "<id>",
        "__id__",
        "$id",
        "[id]\n",
        "__a\nb__",
        "x\x1fy",
        "x\x7fy",
        "x y",
        "x\xa0y",
    ),
    *("gclid=1", "GCLID_2", "EAIaIx", "eaiaix", "li_fat_id.1", "unityads", "0", "Undefined", "test"),
    *("ÄÖÜß", "Straße%20", "ﬁ", "日本語", "👍🏽", "e\u0301", "x" * 64, "x" * 65, "\u2028line", "\u0085next"),
    *("ΑΣ ΣΑΣ", "İstanbul%20"),
    *("K\u212aelvin", "\u017fccid=1", "sccid=1"),
)
PATTERNS = (r"a$", r"^.$", r"^a.b$", r"\s", r"[\s$]", r"(?i)straße", r"(?i:k)x", r"\d\w\b", r"[^@\s]+@[a-z]")


@pytest.fixture
def engines(spark_master: str) -> Iterator[tuple[Engine, Engine]]:
    duckdb, spark = DuckDBEngine(threads=1), SparkEngine(master=spark_master)
    yield duckdb, spark
    duckdb.close()
    spark.close()


@pytest.fixture
def told_alike(engines: tuple[Engine, Engine], tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """Rows of these columns, stored, as each engine tells them with more columns; they have to be the same."""

    def told(columns: dict[str, Any], more: Callable[[ir.Table], ir.Table]) -> list[dict[str, Any]]:
        file = tmp_path / "stored.parquet"
        parquet.write_table(pa.table({"n": range(len(next(iter(columns.values())))), **columns}), file)
        schema = parquet.read_schema(file)
        layout = Layout(
            paths=(str(file),),
            format="parquet",
            columns=tuple(schema.names),
            types=tuple(map(str, schema.types)),
        )
        found = []
        for engine in engines:
            scan = engine.scan(layout)
            rows = scan.select(**{name: scan[f"c{place}"] for place, name in enumerate(schema.names)})
            found.append(engine.rows(more(engine.materialize(rows, "stored")).order_by("n")))
        duckdb, spark = found
        assert [pair for pair in zip(duckdb, spark, strict=True) if pair[0] != pair[1]] == []
        return spark

    return told


def test_functions_of_texts_mean_the_same(told_alike: Callable[..., list[dict[str, Any]]]) -> None:
    def more(rows: ir.Table) -> ir.Table:
        text = rows.text
        return with_search_key(rows.mutate(click_id=text)).mutate(
            trimmed=trimmed(text),
            cleaned=cleaned(text),
            decoded=percent_decode(text),
            loose=loose_key(text),
            macro=is_macro(text),
            malformed=is_malformed(text),
            placeholder=is_placeholder(text),
            foreign=looks_foreign(text),
            digests=ibis.array([md5(text), sha1(text), sha256(text)]),
            length=text.length(),
            matches=ibis.array([text.re_search(pattern) for pattern in PATTERNS]),
        )

    rows = told_alike({"text": [*TEXTS, None]}, more)
    decoded = {row["text"]: row["decoded"] for row in rows}
    assert decoded["a%2Bb+c"] == "a+b+c"
    assert decoded["%FF%FE"] == "%FF%FE"
    assert decoded["%zz%41"] == "%zzA"


def test_numbers_and_times_mean_the_same(told_alike: Callable[..., list[dict[str, Any]]]) -> None:
    times = [datetime(2026, 3, 1, 8, 0, 0, 123456), datetime(1969, 12, 31, 23, 59, 59, 500000), None]  # noqa: DTZ001

    def more(rows: ir.Table) -> ir.Table:
        amount = rows.amount.cast("decimal(18, 6)")
        return rows.mutate(
            seconds=rows.time.epoch_seconds(),
            day=rows.time.date().cast("string"),
            in_text=rows.time.cast("string"),
            amount_text=amount.cast("string"),
            total=amount.sum().over(ibis.window()),
            first=ibis.row_number().over(
                order_by=[rows.time.asc(nulls_first=False), rows.text.desc(nulls_first=False)]
            ),
        )

    told_alike(
        {"time": times, "amount": ["0.000001", "-12.5", "999999999999.999999"], "text": ["é", "z", "Z"]}, more
    )


@pytest.mark.parametrize(
    ("pattern", "java"),
    [
        ("a$", r"(?d)a\z"),
        (r"[$\s]\s\$", r"(?d)[$\t\n\f\r ][\t\n\f\r ]\$"),
        ("(?i)a|(?i:b)", "(?d)(?iu)a|(?iu:b)"),
        (r"[^\]$]$", r"(?d)[^\]$]\z"),
    ],
)
def test_patterns_are_put_in_javas_words(pattern: str, java: str) -> None:
    assert java_pattern(pattern) == java


def test_a_large_parquet_file_is_shared_out(
    reconciled: Callable[..., list[dict[str, Any]]],
    exports: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(spark_scans, "_SHARED_OUT_BYTES", 0)
    folder = str(next(exports.glob("*/appsflyer_data_locker")).parent)
    local = reconciled(folder, tmp_path / "local", "duckdb")
    assert reconciled(folder, tmp_path / "shared") == local


def test_what_a_worker_finds_damaged_is_named(
    reconciled: Callable[..., list[dict[str, Any]]], tmp_path: Path
) -> None:
    file = next((SAMPLES / "appsflyer_data_locker").rglob("*.parquet"))
    content = bytearray(file.read_bytes())
    content[4:200] = bytes(196)
    damaged = tmp_path / "in" / "damaged.parquet"
    damaged.parent.mkdir()
    damaged.write_bytes(content)
    with pytest.raises(InputError, match=rf"^{re.escape(str(damaged))}: cannot be read: .*fetch it again"):
        reconciled(str(damaged.parent), tmp_path / "run")


def test_what_cannot_be_started_or_is_closed_twice_is_no_bug(spark_master: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"engine\.temp_directory: cannot make a folder in"):
        SparkEngine(master=spark_master, temp_directory=tmp_path / "nowhere")
    folder = tmp_path / "shared"
    engine = SparkEngine(master=spark_master, directory=f"file://{folder}", temp_directory=tmp_path)
    assert [oct(each.stat().st_mode & 0o777) for each in folder.iterdir()] == ["0o700"]
    engine.close()
    engine.close()
    assert list(folder.iterdir()) == []
    assert list(tmp_path.iterdir()) == [folder]
