import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from pyarrow import parquet

from mmpsync.errors import InputError
from mmpsync.masking import harmless, mask
from mmpsync.reasons import BY_CODE
from mmpsync.report import xlsx, xlsx_cells
from mmpsync.report.formats import FORMATS
from mmpsync.report.interface import Screen
from mmpsync.report.xlsx_masking import masked_column
from mmpsync.run import Run
from mmpsync.summaries import Group, Money

CLICK_ID = "QzWm0aXyzxyOUuS1FU0ABCdEfGhIjKlMnO0"
GAID = "38400000-8cf0-11bd-b23e-10b96e40000d"
COLUMNS: Mapping[str, pa.DataType] = {
    "source_file": pa.string(),
    "source_row": pa.int64(),
    "event_time": pa.timestamp("us"),
    "click_id_raw": pa.string(),
    "click_id": pa.string(),
    "order_id": pa.string(),
    "amount": pa.decimal128(18, 6),
    "amount_raw": pa.string(),
    "currency": pa.string(),
    "customer_id": pa.string(),
    "gaid": pa.string(),
    "campaign": pa.string(),
    "app_version": pa.string(),
    "is_primary": pa.bool_(),
    "verdict": pa.string(),
    "reason": pa.string(),
    "reasons": pa.string(),
    "suggestion": pa.string(),
}
USUAL: Mapping[str, Any] = {
    "source_file": "exports/10.0.0.1/a.csv",
    "event_time": datetime(2026, 3, 1, 8, 30, 15, 250000),  # noqa: DTZ001  UTC, as all times of the tables
    "click_id_raw": CLICK_ID,
    "order_id": "00012345678901234567",
    "amount": Decimal("12.50"),
    "amount_raw": "12.50",
    "currency": "EUR",
    "customer_id": "customer-4711",
    "gaid": GAID,
    "app_version": "4.12.0.1",
    "verdict": "unattributed",
    "reason": "orphan-click-id",
    "reasons": "orphan-click-id",
}
Rows = Sequence[Mapping[str, Any]]
Book = Callable[..., Workbook]


@pytest.fixture
def book(run: Run, tmp_path: Path) -> Book:
    """Render a run over these exceptions, each the usual one but for what is particular about it."""

    def rendered(*rows: Mapping[str, Any], unmask: bool = False, **kind: Any) -> Workbook:
        write(tmp_path / "exceptions.parquet", rows, **kind)
        report = FORMATS["xlsx"].render(run.at(tmp_path), Screen(width=100, unmask=unmask))
        assert isinstance(report, bytes)
        return openpyxl.load_workbook(io.BytesIO(report))

    return rendered


def write(path: Path, rows: Rows, **kind: Any) -> None:
    filled = [USUAL | {"source_row": place} | row for place, row in enumerate(rows, 1)]
    columns = {
        name: pa.array([row.get(name) for row in filled], data_type) for name, data_type in COLUMNS.items()
    }
    parquet.write_table(pa.table(columns), path, **kind)


def table(sheet: Worksheet) -> list[dict[str, Any]]:
    heads, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(map(str, heads), row, strict=True)) for row in rows]


def widths(sheet: Worksheet) -> dict[str, float]:
    """The widths of columns by their titles; the file has them for ranges of columns."""
    ranges = sheet.column_dimensions.values()
    return {
        str(cell.value): next(each.width for each in ranges if each.min <= cell.column <= each.max)
        for cell in sheet[1]
    }


def texts(workbook: Workbook) -> set[str]:
    return {
        cell for sheet in workbook for row in sheet.iter_rows(values_only=True) for cell in row
        if isinstance(cell, str)
    }  # fmt: skip


# The sheets


def test_there_are_five_sheets_and_tables_have_a_frozen_header_and_a_filter(book: Book) -> None:
    found = book({}, {})
    assert found.sheetnames == ["Summary", "Reasons", "Exceptions", "By partner", "By day"]
    for sheet in found.worksheets[1:]:
        assert sheet.freeze_panes == "B2"
        assert sheet["A1"].font.bold
        assert str(sheet.auto_filter.ref).startswith("A1:")
    assert found["Exceptions"].auto_filter.ref == "A1:L3"


def test_the_summary_answers_first_and_has_the_funnel(book: Book, run: Run) -> None:
    lines = list(book({})["Summary"].iter_rows(values_only=True))
    assert lines[0][0] == "Gate FAILED, match rate 86.47%"
    assert str(lines[1][0]).startswith("Biggest problem: ClickId is missing, 12,034 rows")
    funnel = {str(line[0]).strip(): line for line in lines}
    assert funnel["Funnel"][:6] == ("Funnel", "rows", "share", "EUR", "USD", "no currency")
    assert funnel["unattributed"][1] == run.summary.count("unattributed")
    assert funnel["unattributed"][3:5] == (458330.4, 47330.1)
    assert funnel["Match rate"][2:5] == (0.864706, 0.88, 0.92)
    assert funnel["duplicate-order"][:4] == ("duplicate-order", "yes", "45", "at most 50 rows")


def test_figures_of_the_summary_stand_below_their_headings(book: Book) -> None:
    sheet = book({})["Summary"]
    (head,) = (row for row in sheet.iter_rows() if row[0].value == "Funnel")
    assert [cell.alignment.horizontal for cell in head[:5]] == [None, *["right"] * 4]


def test_what_is_said_of_a_count_of_actions_stands_apart_from_it(measured: Run) -> None:
    report = FORMATS["xlsx"].render(measured)
    sheet = openpyxl.load_workbook(io.BytesIO(bytes(report)))["Summary"]  # type: ignore[arg-type]
    (line,) = (row for row in sheet.iter_rows() if row[0].value == "Actions")
    assert (line[1].value, line[2].value) == (1_450, "1,450 approved")
    assert line[2].alignment.indent == 1


def test_prose_is_shown_whole_in_rows_of_its_height(book: Book) -> None:
    sheet = book({})["Reasons"]
    width = widths(sheet)
    prose = [place for place, head in enumerate(width) if head in {"who can fix it", "what it means", "how"}]
    for row in sheet.iter_rows(min_row=2):
        lines = max(len(str(row[place].value or "")) / [*width.values()][place] for place in prose)
        assert (sheet.row_dimensions[row[0].row].height or 15) >= 15 * lines
        assert row[0].alignment.vertical == "top"


def test_columns_are_as_wide_as_their_titles_with_the_button_of_the_filter(book: Book) -> None:
    for sheet in book({}).worksheets[1:]:
        assert all(width >= len(head) + 3 for head, width in widths(sheet).items())


def test_reasons_and_click_ids_fit_their_columns(book: Book) -> None:
    width = widths(book({"suggestion": CLICK_ID})["Exceptions"])
    assert width["reason"] >= max(map(len, BY_CODE))
    assert min(width["click_id_raw"], width["suggestion"]) >= 40


def test_groups_have_rows_rates_and_money_days_in_order(run: Run) -> None:
    money = (Money(currency="EUR", amount=Decimal("7.25")),)
    named = {"verdicts": {"clean": 3, "unattributed": 1}, "match_rate": 0.75, "at_risk": money}
    groups = tuple(
        Group.model_validate({"dimension": dimension, "name": name, "rows": 4} | named)
        for dimension, name in (
            ("partner", "Blog"), ("partner", None), ("day", "2026-03-02"), ("day", "2026-03-01"), ("app", "x"),
        )
    )  # fmt: skip
    report = FORMATS["xlsx"].render(run.model_copy(update={"groups": groups}))
    found = openpyxl.load_workbook(io.BytesIO(bytes(report)))  # type: ignore[arg-type]
    partners = table(found["By partner"])
    assert [line["partner"] for line in partners] == ["Blog", "(none)"]
    assert partners[0]["unattributed"] == 1
    assert (partners[0]["match rate"], partners[0]["EUR at risk"]) == (0.75, 7.25)
    assert [line["day"] for line in table(found["By day"])] == [datetime(2026, 3, day) for day in (1, 2)]  # noqa: DTZ001
    assert found["By day"]["A2"].number_format == "yyyy-mm-dd"


@pytest.mark.parametrize("name", ["0001-01-01", "1900-02-28", "not a day"])
def test_a_day_that_no_spreadsheet_can_show_is_text(run: Run, name: str) -> None:
    group = Group.model_validate(
        {"dimension": "day", "name": name, "rows": 4, "verdicts": {}, "match_rate": None}
    )
    report = FORMATS["xlsx"].render(run.model_copy(update={"groups": (group,)}))
    found = openpyxl.load_workbook(io.BytesIO(bytes(report)))  # type: ignore[arg-type]
    assert [line["day"] for line in table(found["By day"])] == [name]


def test_the_same_run_gives_the_same_bytes(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "exceptions.parquet", [{}, {}])
    first = FORMATS["xlsx"].render(run.at(tmp_path))
    assert FORMATS["xlsx"].render(run.at(tmp_path)) == first


def test_without_the_rows_the_sheet_says_so(run: Run, tmp_path: Path) -> None:
    for without in (Run.model_validate_json(run.to_json()), run.at(tmp_path)):
        report = FORMATS["xlsx"].render(without)
        found = openpyxl.load_workbook(io.BytesIO(bytes(report)))  # type: ignore[arg-type]
        assert found["Exceptions"]["A1"].value == "The rows are not at hand: their file is gone."


def test_rows_that_cannot_be_read_are_an_error_that_names_them(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "exceptions.parquet", [{}])
    whole = (tmp_path / "exceptions.parquet").read_bytes()
    for damaged in (b"", b"no Parquet", whole[:4] + bytes(40) + whole[44:]):
        (tmp_path / "exceptions.parquet").write_bytes(damaged)
        with pytest.raises(InputError, match=r"exceptions.parquet: cannot be read, so run mmpsync reconcile"):
            FORMATS["xlsx"].render(run.at(tmp_path))


# Exceptions


def test_ids_are_text_money_and_counts_are_numbers_times_are_times(book: Book) -> None:
    found = book({})
    (row,) = table(found["Exceptions"])
    assert row["order_id"] == "00012345678901234567"
    assert row["click_id_raw"] == CLICK_ID
    assert (row["amount"], row["source_row"]) == (12.5, 1)
    assert row["event_time"] == USUAL["event_time"]
    looks = {str(c[0].value): c[1].number_format for c in found["Exceptions"].iter_cols(max_row=2)}
    assert looks["order_id"] == looks["click_id_raw"] == looks["customer_id"] == "@"
    assert looks["amount"] == "#,##0.00"
    assert looks["event_time"] == "yyyy-mm-dd hh:mm:ss"


def test_what_matters_stands_first_and_columns_that_hold_nothing_are_left_out(book: Book) -> None:
    heads = list(table(book({"event_time": None}, {})["Exceptions"])[0])
    assert heads[:3] == ["verdict", "reason", "reasons"]
    assert heads.index("order_id") < heads.index("amount") < heads.index("customer_id")
    assert not {"suggestion", "campaign", "click_id", "amount_raw", "is_primary"} & set(heads)
    assert "event_time" in heads


def test_no_row_leaves_the_header(book: Book) -> None:
    sheet = book()["Exceptions"]
    assert sheet.max_row == 1
    assert sheet["A1"].value == "verdict"


def test_an_amount_that_is_none_shows_what_stands_there_instead(book: Book) -> None:
    rows = ({"amount": None, "amount_raw": "12,50 €"}, {"amount": None, "amount_raw": None}, {})
    for those in (rows, rows[:2]):
        found = [row["amount"] for row in table(book(*those)["Exceptions"])]
        assert found == ["12,50 €", None, 12.5][: len(those)]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.datetimes(datetime(1901, 1, 1), datetime(9999, 12, 31)))  # noqa: DTZ001
def test_a_time_is_right_to_the_millisecond(book: Book, time: datetime) -> None:
    (row,) = table(book({"event_time": time})["Exceptions"])
    assert abs(row["event_time"] - time) <= timedelta(milliseconds=1)
    whole = time.replace(microsecond=time.microsecond // 1000 * 1000)
    (row,) = table(book({"event_time": whole})["Exceptions"])
    assert row["event_time"] == whole


@given(st.datetimes(datetime(1901, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001  UTC
def test_a_time_is_never_so_short_of_a_second_that_the_one_before_is_shown(time: datetime) -> None:
    values = pa.array([time], pa.timestamp("us"))
    days = float(xlsx_cells.times(values, "", "")[1][0].as_py())
    seconds = (time - datetime(1899, 12, 30)).total_seconds()  # noqa: DTZ001
    assert abs(days * 86_400 - seconds) < 20e-6


@pytest.mark.parametrize("year", [1, 1899, 9999])
def test_a_time_that_no_spreadsheet_can_show_is_text(book: Book, year: int) -> None:
    odd = datetime(year, 1, 2, 3, 4, 5)  # noqa: DTZ001
    first, second = (row["event_time"] for row in table(book({"event_time": odd}, {})["Exceptions"]))
    if year == 9999:
        assert (first, second) == (odd, USUAL["event_time"])
    else:
        assert str(first).startswith(f"{year:04}-01-02 03:04:05")
        assert str(second).startswith("2026-03-01 08:30:15")


@pytest.mark.parametrize("column", ["order_id", "campaign"])
@pytest.mark.parametrize(
    "nasty",
    [
        "=1+1",
        "@SUM(A1:A9)",
        '=HYPERLINK("https://evil.example")',
        "https://evil.example",
        "1e5",
        "</t></is></c><c><f>1+1</f></c>",
        "a & b < c > d \"e\" 'f'",
        "_x0041_ and _x000D_",
        "größer 東京 🚀",
    ],
)  # fmt: skip
def test_no_text_is_a_formula_a_link_a_number_or_markup(book: Book, column: str, nasty: str) -> None:
    found = book({column: nasty}, unmask=True)
    cell = next(c for c in found["Exceptions"][2] if found["Exceptions"].cell(1, c.column).value == column)
    assert (cell.data_type, cell.hyperlink) == ("s", None)
    # openpyxl leaves the escapes of the file format as they are.
    assert str(cell.value).replace("_x005F_", "_") == nasty


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30).filter(str.strip))
def test_any_text_is_a_cell(book: Book, nasty: str) -> None:
    row = table(book({"order_id": nasty, "campaign": nasty}, unmask=True)["Exceptions"])[0]
    assert str(row["campaign"]).replace("_x005F_", "_") == harmless(nasty)
    shown = "".join("\ufffd" if is_unseen(c) else c for c in nasty)
    # XML readers may trim.
    assert str(row["order_id"]).replace("_x005F_", "_").strip() == shown.strip()


def is_unseen(character: str) -> bool:
    code = ord(character)
    return (
        code < 0x20
        or 0x7F <= code < 0xA0
        or 0x202A <= code <= 0x202E
        or 0x2066 <= code <= 0x2069
        or code in {0xFFFE, 0xFFFF}
    )


def test_a_text_is_cut_where_a_cell_is_full(book: Book) -> None:
    (row,) = table(book({"order_id": "ä" * 40_000, "campaign": "ö" * 40_000})["Exceptions"])
    assert len(str(row["order_id"])) == len(str(row["campaign"])) == 32_767


def test_a_column_with_many_values_is_whole(book: Book) -> None:
    rows = [{"campaign": f"campaign {n}", "order_id": str(n)} for n in range(20_000)]
    found = table(book(*rows)["Exceptions"])
    assert [row["campaign"] for row in found] == [row["campaign"] for row in rows]
    assert [row["order_id"] for row in found] == [row["order_id"] for row in rows]
    assert [row["source_row"] for row in found] == list(range(1, 20_001))


def test_more_rows_than_a_sheet_holds_are_cut_and_the_sheet_says_so(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows: list[Mapping[str, Any]] = [{}] * 9
    assert len(table(book(*rows)["Exceptions"])) == 9
    monkeypatch.setattr(xlsx, "_MOST_ROWS", 10)
    assert "Exceptions: 9 rows; exceptions.csv has every column of all of them" in texts(book(*rows))
    monkeypatch.setattr(xlsx, "_MOST_ROWS", 9)
    found = book(*rows)
    assert found["Exceptions"].max_row == 9
    assert found["Exceptions"]["A8"].value == "unattributed"
    assert found["Exceptions"]["A9"].value == "Cut here, after 7 of 9 rows: exceptions.csv has them all"
    assert any("9 rows; its first 7;" in text for text in texts(found))


def test_a_sheet_too_large_for_a_zip_is_cut_and_says_so(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "_MOST_BYTES", 1_000)
    found = book({}, {}, {}, {}, row_group_size=1)
    last = found["Exceptions"].max_row
    assert found["Exceptions"].cell(last, 1).value == (
        f"Cut here, after {last - 2} of 4 rows: exceptions.csv has them all"
    )


# Masks


@settings(max_examples=60, deadline=None)
@given(st.lists(st.none() | st.text(st.characters(categories=["L", "N", "P"]), max_size=20), max_size=12))
def test_a_column_is_masked_as_a_text_is(values: list[str | None]) -> None:
    batch = pa.record_batch({"gaid": pa.array(values, pa.string())})
    found = masked_column("gaid", batch).to_pylist()
    assert [None if f is None else harmless(f) for f in found] == [
        None if v is None else mask(v) for v in values
    ]


def test_devices_are_left_out_customers_masked_orders_and_clicks_are_not(book: Book) -> None:
    masked = book({})
    (row,) = table(masked["Exceptions"])
    assert row["customer_id"] == mask("customer-4711")
    assert "gaid" not in row
    assert "Personal data is masked, and device ids are left out; --unmask shows them" in texts(masked)
    assert (row["order_id"], row["click_id_raw"]) == (USUAL["order_id"], CLICK_ID)
    assert (row["source_file"], row["app_version"]) == (USUAL["source_file"], USUAL["app_version"])
    (whole,) = table(book({}, unmask=True)["Exceptions"])
    assert (whole["gaid"], whole["customer_id"]) == (GAID, "customer-4711")


@pytest.mark.parametrize(
    ("row", "column", "shown"),
    [
        ({"click_id_raw": "12345678901", "reasons": "foreign-click-id"}, "click_id_raw", "123…1"),
        ({"click_id_raw": f"x{GAID[1:]}"}, "click_id_raw", f"x{GAID[1:]}"),
        ({"click_id_raw": GAID}, "click_id_raw", "…"),
        ({"suggestion": GAID}, "suggestion", "…"),
        ({"order_id": GAID}, "order_id", GAID),
        ({"order_id": "+49 30 1234 5678", "reasons": "x;pii-in-parameter:order_id"}, "order_id", "+49 …78"),
        ({"order_id": "order of jane@example.com"}, "order_id", "order of …"),
        ({"order_id": "from 203.0.113.7"}, "order_id", "from …"),
        ({"campaign": "for jane@example.com"}, "campaign", "for jane…om"),
        ({"amount": None, "amount_raw": "jane@example.com"}, "amount", "…"),
    ],
)
def test_what_identifies_somebody_is_masked_wherever_it_stands(
    book: Book, row: Mapping[str, Any], column: str, shown: str
) -> None:
    masked, other = table(book(row, {})["Exceptions"])
    assert masked[column] == shown
    assert other[column] == USUAL.get(column) or other["amount"] == 12.5
    (whole,) = table(book(row, unmask=True)["Exceptions"])
    assert whole[column] == (row[column] if row[column] is not None else row["amount_raw"])


def test_a_column_with_many_values_is_masked_too(book: Book) -> None:
    rows = [{"campaign": f"jane.{n}@example.com"} for n in range(5_000)]
    assert {row["campaign"] for row in table(book(*rows)["Exceptions"])} == {"…"}


def test_the_package_is_a_zip_that_every_program_can_open(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "exceptions.parquet", [{}])
    report = FORMATS["xlsx"].render(run.at(tmp_path))
    with zipfile.ZipFile(io.BytesIO(bytes(report))) as package:  # type: ignore[arg-type]
        assert package.testzip() is None
        assert {info.date_time for info in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"macro" not in package.read("[Content_Types].xml").lower()
        assert b"<f>" not in package.read("xl/worksheets/sheet3.xml")


def test_it_was_created_when_the_run_finished(book: Book, run: Run) -> None:
    assert book({}).properties.created == run.finished.astimezone(UTC).replace(tzinfo=None)
