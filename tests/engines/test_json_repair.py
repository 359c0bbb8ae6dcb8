"""JSON arrays whose strings hold raw control characters: repaired copies, and scans that come to read them."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmpsync.engines import json_repair
from mmpsync.engines.duckdb import DuckDBEngine
from mmpsync.engines.interface import Layout
from mmpsync.engines.json_repair import repaired
from mmpsync.errors import InputError


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(threads=1)
    yield engine
    engine.close()


def raw(value: object, *, indent: int | None = None) -> str:
    """JSON as some exports have it: control characters of strings as they are."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    for code in range(0x20):
        escape = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r"}.get(code, f"\\u{code:04x}")
        parts = text.split("\\\\")
        text = "\\\\".join(part.replace(escape, chr(code)) for part in parts)
    return text


# -- The copy


TEXT = st.text(st.characters(exclude_categories=("Cs",)) | st.sampled_from('\n\t\r"\\\x01'))
RECORDS = st.lists(st.dictionaries(TEXT, TEXT | st.dictionaries(TEXT, TEXT), max_size=3), max_size=3)


@given(records=RECORDS, indent=st.sampled_from([None, 1]), size=st.integers(1, 40))
def test_a_copy_says_what_a_lenient_reader_makes_of_the_file(
    tmp_path_factory: pytest.TempPathFactory, records: list[object], indent: int | None, size: int
) -> None:
    folder = tmp_path_factory.mktemp("json")
    source, copy = folder / "source", folder / "copy"
    text = raw(records, indent=indent)
    source.write_bytes(text.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_repair, "_CHUNK_BYTES", size)
        escaped = repaired(source, copy)
    assert escaped == copy.exists()
    assert json.loads(text, strict=False) == records
    assert json.loads((copy if escaped else source).read_bytes()) == records


def test_a_file_that_needs_no_repair_is_not_copied(tmp_path: Path) -> None:
    source, copy = tmp_path / "source", tmp_path / "copy"
    source.write_text(json.dumps([{"a": 'b\n\\"c'}], indent=2))
    assert repaired(source, copy) is False
    assert not copy.exists()


def test_a_copy_is_gzipped_as_its_source_is(tmp_path: Path) -> None:
    source, copy = tmp_path / "source", tmp_path / "copy"
    source.write_bytes(gzip.compress(b'[{"a": "b\nc"}]'))
    assert repaired(source, copy) is True
    assert json.loads(gzip.decompress(copy.read_bytes())) == [{"a": "b\nc"}]


# -- Scans


BROKEN = '[{"a": "x\ny"},\n{"a": "t\tab"}]'
FORMS = {
    "array": (BROKEN.encode(), {"json_root": ""}),
    "gzipped": (gzip.compress(BROKEN.encode()), {"json_root": "", "gzip": True}),
    "under a key": (f'{{"rows": {BROKEN}}}'.encode(), {"json_root": "rows"}),
}


def layout(*paths: Path, **written: object) -> Layout:
    settings = {"json_root": ""} | written
    return Layout(paths=tuple(map(str, paths)), format="json", columns=("a",), **settings)  # type: ignore[arg-type]


def values(engine: DuckDBEngine, scanned: Layout) -> list[tuple[str, str]]:
    stored = engine.store("rows_", engine.scan(scanned))
    rows = engine.rows(stored.order_by("position"))
    return [(Path(row["source_file"]).name, json.loads(row["c0"])["a"]) for row in rows]


@pytest.mark.parametrize("form", FORMS)
def test_control_characters_in_strings_are_read(engine: DuckDBEngine, tmp_path: Path, form: str) -> None:
    content, written = FORMS[form]
    (tmp_path / "x").write_bytes(content)
    assert values(engine, layout(tmp_path / "x", **written)) == [("x", "x\ny"), ("x", "t\tab")]


def test_good_and_broken_files_are_read_together_each_in_its_order(
    engine: DuckDBEngine, tmp_path: Path
) -> None:
    expected = {"1 it's": ["x\ny", "t\tab"], "2": ["fine"], "3": ["x\ny", "t\tab"], "4": ["fine"]}
    for name, strings in expected.items():
        (tmp_path / name).write_text(BROKEN if len(strings) > 1 else '[{"a": "fine"}]')
    found: dict[str, list[str]] = {}
    for name, value in values(engine, layout(*(tmp_path / name for name in expected))):
        found.setdefault(name, []).append(value)
    assert found == expected


def test_no_copy_outlives_the_engine(tmp_path: Path) -> None:
    (tmp_path / "x").write_text(BROKEN)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    own = DuckDBEngine(threads=1, temp_directory=scratch)
    values(own, layout(tmp_path / "x"))
    own.close()
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    "text", ['[{"a": "x\ny"', '[{"a": "x\ny"}] and more', '[{"a": "x\ny", "b": nonsense}]']
)
def test_what_is_broken_otherwise_too_is_refused_by_its_own_name(
    engine: DuckDBEngine, tmp_path: Path, text: str
) -> None:
    (tmp_path / "odd").write_text(text)
    with pytest.raises(InputError) as error:
        values(engine, layout(tmp_path / "odd"))
    assert str(tmp_path / "odd") in str(error.value)
    assert "mmpsync-" not in str(error.value)
