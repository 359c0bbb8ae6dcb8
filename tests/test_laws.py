"""What must always hold, whatever stands in the exports (section 7 of the specification).

Rows and money are conserved; nothing but the content of the inputs decides on a row: not their order, their
files, the files' format, nor how often and with how many threads it is done. Every export that a property is
tried on has every kind of fault planted in it, so that each law is tried on each reason.
"""

import csv
import gzip
import io
import json
import re
import string
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import mmpsync
from mmpsync.reasons import BY_CODE
from mmpsync.run import Run

AS_OF = datetime(2026, 3, 20, tzinfo=UTC)
FIRST_EVENT, LAST_EVENT = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 10, tzinfo=UTC)
LAST_CLICK = datetime(2026, 3, 12, tzinfo=UTC)
CONFIG = """
[events.install]
names = ["install"]
[events.sale]
names = ["af_purchase", "purchase"]
required = ["order_id", "amount", "currency"]
recommended = ["customer_id"]
[events.signup]
names = ["af_complete_registration", "signup"]
required = ["order_id", "customer_id"]
"""
LARGEST_AMOUNT = 10**12  # decimal(18,6)
NULL_TOKENS = ("", "  ", "null", "NULL", "None", "N/A", "nan", "\\N")
# What has broken readers of CSV, JSON and spreadsheets before.
NASTY = (
    'a "b", c', '"', ",", ";", "two\nlines", "two\r\nlines", "two\rlines", "line\n", "\nline", " blanks ", "tab\t",
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "007", "1e5", "春のセール", "e\u0301\u200d🦊", "\N{BOM}BOM", "\xa0", "\x1f",
    "\\", "\\N\\", "{}", '{"a": 1}', "%41", "&clickid=x", "<b>", "'", "';--", *NULL_TOKENS,
)  # fmt: skip
# Text as it may stand in a cell: anything but halves of characters and NUL, which no text file can hold.
TEXTS = st.one_of(
    st.text(st.sampled_from("a0 \n\r\t\f\x1f\x85\xa0\N{BOM}\"',;|=+-@%&?{}[]\\é春"), max_size=8),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20),
    st.sampled_from(NULL_TOKENS),
)
LAWS = settings(max_examples=5, phases=[Phase.explicit, Phase.generate])


@dataclass(frozen=True)
class Click:
    id: str
    time: datetime
    partner: str = "Northwind"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A conversion, apart from how any MMP writes it.

    `serial` stands in the app's version, to know it by. `planted` are its reasons, but for rows that are `is_tied`.
    """

    serial: str
    event: str
    time: datetime
    time_text: str
    device: str
    nonce: str
    param: str
    click_id: str
    order: str
    amount: str
    currency: str
    customer: str
    wild: str
    carrier: str = "link"
    source: str = "impact"
    touch: str = "click"
    is_primary: bool = True
    is_update: bool = False
    damage: str = ""
    is_tied: bool = False
    planted: tuple[str, ...] = ()


class World:
    """Makes rows without a fault, each with its click."""

    def __init__(self, seed: int, wild: Sequence[str]) -> None:
        self.random = Random(seed)
        self.clicks = [Click(self.click_id(), LAST_CLICK)]
        self._wild = cycle((*wild, *NASTY))
        self._rows = 0

    def click_id(self) -> str:
        letters = self.random.choices(string.ascii_letters + string.digits, k=39)
        return "".join(["a", *letters[1:20], ":", *letters[21:]])

    def pick(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    def null(self) -> str:
        return self.random.choice(NULL_TOKENS)

    def row(
        self, *events: str, at: datetime | None = None, after: timedelta | None = None, **changes: Any
    ) -> Row:
        """A row of one of these events (default: any payable one), `after` its click; `lost`: which nobody recorded."""
        self._rows += 1
        time = at or FIRST_EVENT + seconds(self, 0, 691_200)
        click = Click(self.click_id(), time - (seconds(self, 60, 172_800) if after is None else after))
        if not changes.pop("lost", False):
            self.clicks += [click] * self.pick(1, 1, 2)
            if after is None:
                # Clicks with its id before and after do not matter: the last one before the conversion counts.
                others = (click.time - seconds(self, 1, 9_999), time + seconds(self, 301, 80_000))
                self.clicks += [
                    Click(click.id, at, self.pick("Finch", "Pine")) for at in self.pick((), others)
                ]
        event = self.pick(*(events or ("install", "sale", "signup")))
        made = Row(
            serial=f"v{self._rows}",
            event=event,
            time=time,
            time_text=self._written(time),
            device=f"{self.random.getrandbits(64)}",
            nonce=f"{self.random.getrandbits(64):x}",
            param=self.pick("clickid", "irclickid", "im_ref", "ClickId"),
            click_id=click.id,
            carrier=self.pick("link", "field"),
            order="" if event == "install" else f"{self._rows:08d}",
            amount=self.pick("9.99", "+0010.5", ".75", "1234567.000001", "7") if event == "sale" else "",
            currency=self.pick("EUR", "usd", "JPY") if event == "sale" else "",
            customer=self.pick(
                "0042", "=1+1", "@SUM(A1)", "-5", "+x", 'a "b", c', "客户", "two\nlines", "\N{BOM}z"
            ),
            wild=next(self._wild),
        )
        return replace(made, **{name: how(made) if callable(how) else how for name, how in changes.items()})

    def _written(self, time: datetime) -> str:
        """The same moment in one of the ways in which MMPs write times."""
        epoch, there = round(time.timestamp()), time + timedelta(hours=2)
        return self.pick(
            *(f"{time:%Y-%m-%d %H:%M:%S}{zone}" for zone in ("", ".000", "Z", " UTC", "+00:00", "+0000")),
            *(f"{there:%Y-%m-%dT%H:%M:%S}{zone}" for zone in ("+02:00", "+0200")),
            *(f"{epoch}{fraction}" for fraction in ("", "000", "000000")),
        )


def days(count: float) -> timedelta:
    return timedelta(days=count)


def seconds(w: World, least: int, most: int) -> timedelta:
    return timedelta(seconds=w.random.randrange(least, most))


# What can be wrong with one parameter of a sale: reason → the fields it changes.
PARAMETER_FAULTS: Mapping[str, Callable[[World], dict[str, str]]] = {
    "missing-parameter": lambda w: {w.pick("order", "amount", "currency"): w.null()},
    "invalid-time": lambda w: {"time_text": w.pick("05.03.2026 14:05", "test", "2026-02-30 10:00:00", "12345")},
    "invalid-amount": lambda w: {"amount": w.pick("1.299,90", "-20.00", "$49.99", "1,000.00", "1e5", "9" * 13)},
    "invalid-currency": lambda w: {"currency": w.pick("EURO", "US$", "XXX", "€", "E")},
    "value-too-long": lambda w: {"order": f"{w.random.getrandbits(64)}" * w.random.randrange(4, 9)},
    "pii-in-parameter": lambda w: {
        w.pick("order", "customer"): w.pick("a.{}@example.com", "+1 (202) 555-{:04}").format(w.random.randrange(9_999))
    },
    "zero-amount": lambda w: {"amount": w.pick("0", "0.00", "-0", "+.0")},
    "missing-recommended": lambda w: {"customer": w.null()},
}  # fmt: skip
# What can be wrong with a ClickId, whatever else is wrong with the row: reason → what becomes of it.
CLICK_ID_FAULTS: Mapping[str, Callable[[World, Row], str]] = {
    "unexpanded-macro": lambda w, _: w.pick("{clickid}", "[CLICK_ID]", "<id>", "__CLICKID__", "$id", "%7Bclickid%7D"),
    "placeholder-click-id": lambda w, _: w.pick("0", "undefined", "nil", "test", "UNKNOWN"),
    "malformed-click-id": lambda w, r: w.pick(r.click_id * 2, r.click_id[:9] + w.pick(*" \t\n") + r.click_id[9:]),
    "foreign-click-id": lambda w, r: w.pick("CjwKCAjwx-a", "IwAR0x7", "gclid:77", r.device),
    "click-id-case-changed": lambda _, r: r.click_id.swapcase(),
    "click-id-encoding-changed": lambda w, r: r.click_id.replace(":", w.pick("%3A", "%253a")),
    "click-id-truncated": lambda w, r: r.click_id[: w.random.randrange(20, 39)],
    "orphan-click-id": lambda w, _: w.click_id(),
}  # fmt: skip
DAMAGES = ("more cells", "fewer cells", "stray quote", "Latin-1")


def copied(w: World) -> list[Row]:
    row = w.row(planted=("matched",))
    return [row, *[replace(row, planted=("duplicate-row",))] * w.pick(1, 1, 2)]


def ordered_again(w: World, *, differently: bool) -> list[Row]:
    """An order twice: the same a minute later, or with another amount, currency or click."""
    first = w.row("sale", planted=("conflicting-order" if differently else "matched",))
    other = w.row("sale", at=first.time + timedelta(minutes=1), device=first.device, order=first.order)
    like = {"click_id": first.click_id, "amount": first.amount, "currency": first.currency}
    if differently:
        like |= w.pick({"amount": "8.88"}, {"currency": "GBP"}, {"click_id": other.click_id})
    return [first, replace(other, **like)]


def ordered_at_once(w: World) -> list[Row]:
    """An order twice within a second: one of them counts, always the same one, whichever it is."""
    row = w.row("sale", is_tied=True)
    return [row, replace(row, serial=f"{row.serial}t", nonce=f"{row.nonce}t")]


def superseded_appsflyer(w: World) -> list[Row]:
    row = w.row("sale", planted=("matched",))
    return [row, replace(row, serial=f"{row.serial}s", is_primary=False, planted=())]


def superseded_adjust(w: World) -> list[Row]:
    row = w.row("install", is_update=True, planted=("matched",))
    first = {"serial": f"{row.serial}s", "nonce": f"{row.nonce}s", "source": "organic", "click_id": ""}
    return [row, replace(row, **first, is_update=False, planted=())]


# What can be planted: primary reason, or a name → rows; the reason is theirs unless they name another.
FAULTS: Mapping[str, Callable[[World], list[Row]]] = {
    "matched": lambda w: [w.row() for _ in range(4)],
    "unreadable-row": lambda w: [w.row(damage=damage) for damage in DAMAGES],
    "not-a-conversion": lambda w: [w.row("session")],
    "test-row": lambda w: [w.row(source="test")],
    "rejected-by-mmp": lambda w: [w.row(source="rejected")],
    "unmapped-event": lambda w: [w.row("add_to_cart")],
    "restricted-source": lambda w: [w.row(source="restricted", click_id="")],
    "organic": lambda w: [w.row(source="organic", click_id="")],
    "other-source": lambda w: [w.row(source="google", click_id="")],
    "duplicate-row": copied,
    "missing-click-id": lambda w: [w.row(carrier="field", click_id=w.null())],
    "click-export-incomplete": lambda w: [w.row(at=LAST_CLICK + days(1) + seconds(w, 1, 500_000), lost=True)],
    "conversion-before-click": lambda w: [w.row(after=-seconds(w, 301, 90_000))],
    "outside-referral-window": lambda w: [w.row(after=days(30) + seconds(w, 1, 10_000))],
    "conflicting-order": lambda w: ordered_again(w, differently=True),
    "duplicate-order": lambda w: ordered_again(w, differently=False),
    "an order twice at once": ordered_at_once,
    "future-event": lambda w: [w.row(at=AS_OF + days(1.5), after=days(20))],
    "too-old": lambda w: [w.row(at=AS_OF - days(88.5))],
    "conflicting-attribution": lambda w: [w.row(source="google", carrier="link")],
    "organic-with-click-id": lambda w: [w.row(source="organic", carrier="link")],
    "short-click-to-install": lambda w: [w.row("install", after=seconds(w, 0, 10))],
    "a clock that is late": lambda w: [w.row("sale", after=-seconds(w, 1, 301), planted=("matched",))],
    **{
        reason: lambda w, how=how: [w.row(click_id=lambda row: how(w, row)) for _ in range(2)]
        for reason, how in CLICK_ID_FAULTS.items()
    },
    **{
        reason: lambda w, how=how: [w.row("sale", **how(w)) for _ in range(2)]
        for reason, how in PARAMETER_FAULTS.items()
    },
    # Two faults in one row: the first of the catalogue is the primary one, and none is lost.
    **{
        f"{one} & {two}": lambda w, one=one, two=two: [
            w.row(
                "sale",
                click_id=lambda row: CLICK_ID_FAULTS[one](w, row),
                **PARAMETER_FAULTS[two](w),
                planted=(one, two),
            )
        ]
        for one, two in zip(CLICK_ID_FAULTS, PARAMETER_FAULTS, strict=True)
    },
}
ONLY_APPSFLYER = {
    "superseded": superseded_appsflyer,
    "view-through": lambda w: [w.row("sale", touch="impression")],
}
ONLY_ADJUST = {"superseded": superseded_adjust}


def plant(w: World, fault: str, faults: Mapping[str, Callable[[World], list[Row]]]) -> list[Row]:
    return [row if row.planted else replace(row, planted=(fault,)) for row in faults[fault](w)]


@dataclass(frozen=True)
class Recipe:
    """What an export is made from: every fault once with each MMP, those of `again` once more."""

    seed: int
    texts: Sequence[str]
    again: Sequence[str]


RECIPES = st.builds(
    Recipe,
    seed=st.integers(0, 2**32 - 1),
    texts=st.lists(TEXTS, min_size=10, max_size=20),
    again=st.lists(st.sampled_from(sorted(FAULTS)), max_size=10),
)


class Export:
    """What a brand may have lying about: rows of two MMPs, and the clicks, all in no order."""

    def __init__(self, recipe: Recipe) -> None:
        world = World(recipe.seed, recipe.texts)
        self.random = world.random
        self.appsflyer, self.adjust = (
            self.shuffled([row for fault in (*faults, *recipe.again) for row in plant(world, fault, faults)])
            for faults in (FAULTS | ONLY_APPSFLYER, FAULTS | ONLY_ADJUST)
        )
        self.clicks = self.shuffled(world.clicks)

    def shuffled(self, rows: Sequence[Any]) -> list[Any]:
        return self.random.sample(rows, len(rows))

    def dealt(self, rows: Sequence[Any]) -> list[list[Any]]:
        """The rows in several parts, in any order; a part may have none."""
        parts: list[list[Any]] = [[] for _ in range(self.random.randrange(2, 5))]
        for row in self.shuffled(rows):
            self.random.choice(parts).append(row)
        return parts


# How sources write rows: column → cell


def is_event(row: Row) -> bool:
    return row.event not in ("install", "session")


def link(row: Row) -> str:
    """The link that was clicked; the ClickId is in it unless a field of its own carries it."""
    is_ours = row.source in ("impact", "test", "rejected")
    url = (
        "https://app.appsflyer.com/com.acme?pid=impactradius_int"
        if is_ours
        else "https://acme.example/?utm=x"
    )
    test = "&impacttest=1" if row.source == "test" else ""
    carried = (
        f"&{row.param}={quote(row.click_id, safe='')}&af_x=1"
        if row.carrier == "link" and row.click_id
        else ""
    )
    return url + test + carried


Columns = Mapping[str, Callable[[Any], str]]
APPSFLYER: Columns = {
    "Attributed Touch Type": lambda row: row.touch,
    "Install Time": lambda row: row.time_text,
    "Event Time": lambda row: row.time_text,
    "Event Name": lambda row: {
        "sale": "af_purchase", "signup": "af_complete_registration", "session": "uninstall"
    }.get(row.event, row.event),
    "Event Value": lambda row: json.dumps({"af_order_id": row.order, "af_revenue": row.amount}),
    "Event Revenue": lambda row: row.amount,
    "Event Revenue Currency": lambda row: row.currency,
    "Media Source": lambda row: {
        "google": "googleadwords_int", "organic": "organic", "restricted": "restricted"
    }.get(row.source, "impactradius_int"),
    "Campaign": lambda row: row.wild,
    "Sub Param 1": lambda row: row.click_id if row.carrier == "field" else "",
    "AppsFlyer ID": lambda row: row.device,
    "Customer User ID": lambda row: row.customer,
    "App ID": lambda _: "com.acme",
    "App Version": lambda row: row.serial,
    "Is Primary Attribution": lambda row: str(row.is_primary).lower(),
    "Blocked Reason": lambda row: "bots" if row.source == "rejected" else "",
    "Original URL": link,
}  # fmt: skip
# As Data Locker and the Push API call them.
SNAKE_CASE: Columns = {
    {"Sub Param 1": "af_sub1", "AppsFlyer ID": "appsflyer_id"}.get(name, name.lower().replace(" ", "_")): cell
    for name, cell in APPSFLYER.items()
}
ADJUST: Columns = {
    "{activity_kind}": lambda row: "install_update" if row.is_update else "event" if is_event(row) else row.event,
    "{created_at}": lambda row: row.time_text,
    "{installed_at}": lambda row: row.time_text,
    "{adid}": lambda row: row.device,
    "{network_name}": lambda row: {
        "google": "Google Ads", "organic": "Organic", "restricted": "Unattributed"
    }.get(row.source, "impact"),
    "{tracker}": lambda row: "unattr" if row.source == "restricted" else "abc123",
    "{environment}": lambda row: "sandbox" if row.source == "test" else "production",
    "{rejection_reason}": lambda row: "bots" if row.source == "rejected" else "",
    "{dcp_irclickid}": lambda row: row.click_id if row.carrier == "link" else "",
    "{label}": lambda row: row.click_id if row.carrier == "field" else "",
    "{event_name}": lambda row: {"sale": "purchase"}.get(row.event, row.event) if is_event(row) else "",
    "[transaction_id]": lambda row: row.order,
    "{revenue}": lambda row: row.amount,
    "{currency}": lambda row: row.currency,
    "[user_id]": lambda row: row.customer,
    "{app_id}": lambda _: "com.acme",
    "{app_version}": lambda row: row.serial,
    "{campaign_name}": lambda row: row.wild,
    "{nonce}": lambda row: row.nonce,
}  # fmt: skip
CLICKS: Columns = {
    "Id": lambda click: click.id,
    "EventDate": lambda click: f"{click.time:%Y-%m-%dT%H:%M:%SZ}",
    "MediaId": lambda _: "7001",
    "MediaName": lambda click: click.partner,
    "UniqueClick": lambda _: "true",
}
SERIAL = ("App Version", "app_version", "{app_version}")


def cells(columns: Columns, row: Row | Click) -> list[str] | bytes:
    found = [cell(row) for cell in columns.values()]
    return damaged(found, row.damage) if isinstance(row, Row) and row.damage else found


def damaged(cells: Sequence[str], damage: str) -> bytes:
    """The row as a line of CSV that no reader can take apart, on one line."""
    quoted = [
        b'"%s"' % cell.replace('"', '""').replace("\n", " ").replace("\r", " ").encode() for cell in cells
    ]
    match damage:
        case "more cells":
            quoted.append(b"more")
        case "fewer cells":
            quoted.pop()
        case "stray quote":
            quoted[-1] = b'"spring" sale'
        case "Latin-1":
            quoted[-1] = "Frühling".encode("latin-1")
    return b",".join(quoted) + b"\n"


# Writing, reconciling and checking


@dataclass(frozen=True)
class Outcome:
    """What became of the rows, apart from where they stand."""

    rows: Counter[tuple[Any, ...]]
    unreadable: Counter[str]
    figures: dict[str, Any]


Files = Mapping[str, Sequence[Row | Click]]
Reconciled = Callable[[Files], Outcome]


@pytest.fixture(scope="session")
def write(
    tmp_path_factory: pytest.TempPathFactory, write_export: Callable[..., Path]
) -> Callable[[Files], Path]:
    """Write files, each by its name: the source that it begins with, the format that it ends with."""

    def write(files: Files) -> Path:
        folder = tmp_path_factory.mktemp("laws")
        (folder / "mmpsync.toml").write_text(CONFIG, "utf-8")
        for name, rows in files.items():
            appsflyer = APPSFLYER if ".csv" in name else SNAKE_CASE
            columns = {"appsflyer": appsflyer, "adjust": ADJUST, "clicks": CLICKS}[name.partition("_")[0]]
            write_export(folder / "exports" / name, list(columns), [cells(columns, row) for row in rows])
        return folder

    return write


@pytest.fixture(scope="session")
def reconciled(
    write: Callable[[Files], Path], read_table: Callable[[Path], list[dict[str, Any]]]
) -> Reconciled:
    """Write files, reconcile them, check that nothing was lost or added, and say what became of the rows."""

    def reconciled(files: Files) -> Outcome:
        folder = write(files)
        run = reconcile(folder, folder / "run")
        tables = {name: read_table(folder / "run" / name) for name in TABLES}
        paths = {str(folder / "exports" / name): rows for name, rows in files.items()}
        rows_are_conserved(run, tables, paths)
        conversions = [row for rows in files.values() for row in rows if isinstance(row, Row)]
        money_is_conserved(run, tables, conversions)
        tables_agree(run, tables)
        rows_stand_where_they_stood(tables, paths)
        reasons_are_those_planted(tables, conversions)
        judged = [row for name in JUDGED for row in tables[name]]
        return Outcome(
            rows=Counter(tuple((k, v) for k, v in row.items() if k not in PLACE) for row in judged),
            unreadable=Counter(row["text"].strip("\r\n") for row in tables["unreadable.csv"]),
            figures=figures(run),
        )

    return reconciled


JUDGED = ("clean.parquet", "exceptions.parquet", "excluded.parquet")
TABLES = (*JUDGED, "exceptions.csv", "unreadable.csv")
PLACE = ("source_file", "source_row")


def reconcile(folder: Path, out: Path, threads: int | None = None) -> Run:
    from mmpsync.config import load_config

    overrides = {} if threads is None else {"engine.threads": threads}
    config = load_config(folder / "mmpsync.toml", overrides=overrides, environ={})
    return mmpsync.reconcile(folder / "exports", config=config, as_of=AS_OF, out=out)


def figures(run: Run) -> dict[str, Any]:
    """Everything that a run adds up, apart from files and places in them."""
    told: dict[str, Any] = run.model_dump(
        exclude={
            **dict.fromkeys(("id", "started", "finished", "files", "left_out"), True),  # type: ignore[dict-item]
            "reason_summaries": {"__all__": {"files", "examples"}},
            "advice": {"__all__": {"files"}},
        }
    )
    return told


def differences(one: Outcome, other: Outcome) -> list[Any]:
    """What is in one outcome and not in the other."""
    return [
        *(one.rows - other.rows),
        *(other.rows - one.rows),
        *(one.unreadable - other.unreadable),
        *(other.unreadable - one.unreadable),
        *(
            (key, one.figures[key], other.figures[key])
            for key in one.figures
            if one.figures[key] != other.figures[key]
        ),
    ]


def rows_are_conserved(run: Run, tables: Mapping[str, Sequence[Any]], paths: Files) -> None:
    counted = {path: len(serials(Path(path))) for path in paths}
    assert {file.path: file.rows + file.unreadable for file in run.files} == counted
    conversions = {file.path: file for file in run.files if file.holds == "conversions"}
    assert {path: sum(file.verdicts.values()) for path, file in conversions.items()} == {
        path: counted[path] for path in conversions
    }
    by_reason: Counter[str] = Counter()
    for reason in run.reason_summaries:
        assert sum(file.rows for file in reason.files) == reason.rows
        by_reason.update({file.path: file.rows for file in reason.files})
    assert by_reason == {path: counted[path] for path in conversions}
    total = sum(counted[path] for path in conversions)
    assert run.summary.rows == sum(verdict.rows for verdict in run.summary.verdicts) == total
    assert sum(reason.rows for reason in run.reason_summaries) == total
    assert sum(len(tables[name]) for name in (*JUDGED, "unreadable.csv")) == total


def serials(path: Path) -> list[str]:
    """The serial of every row, read by Python alone or by pyarrow."""
    if ".parquet" in path.suffixes:
        from pyarrow import parquet

        records = parquet.read_table(path).to_pylist()
    else:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        text = content.decode(errors="replace")
        if ".jsonl" in path.suffixes:
            records = [json.loads(line) for line in text.split("\n") if line]
        else:
            delimiter = "\t" if ".tsv" in path.suffixes else ","
            records = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))
    return [next((row[name] for name in SERIAL if row.get(name)), "") for row in records]


def money_is_conserved(run: Run, tables: Mapping[str, Sequence[Any]], rows: Sequence[Row]) -> None:
    expected: defaultdict[str | None, Decimal] = defaultdict(Decimal)
    for row in rows:
        is_number = re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", row.amount)
        if is_number and not row.damage and Decimal(row.amount) < LARGEST_AMOUNT:
            expected[None if row.currency in NULL_TOKENS else row.currency.upper()] += Decimal(row.amount)
    for summaries in (run.summary.verdicts, run.reason_summaries):
        found: defaultdict[str | None, Decimal] = defaultdict(Decimal)
        for summary in summaries:
            for money in summary.amounts:
                found[money.currency] += money.amount
        assert found == expected
    for verdict in run.summary.verdicts:
        of_rows: defaultdict[str | None, Decimal] = defaultdict(Decimal)
        for row in (row for name in JUDGED for row in tables[name]):
            if row["verdict"] == verdict.verdict and row["amount"] is not None:
                of_rows[row["currency"]] += row["amount"]
        assert of_rows == {money.currency: money.amount for money in verdict.amounts}


def tables_agree(run: Run, tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """run.json and the tables beside it say the same, and exceptions.csv is exceptions.parquet for spreadsheets."""
    assert run.directory is not None
    assert Run.load(run.directory) == run
    judged = [row for name in JUDGED for row in tables[name]]
    reasons = Counter(row["reason"] for row in judged) + Counter(
        {"unreadable-row": len(tables["unreadable.csv"])}
    )
    assert reasons == {reason.code: reason.rows for reason in run.reason_summaries if reason.rows}
    for row in judged:
        assert row["reason"] == (row["reasons"].split(";")[0].partition(":")[0] or "matched")
        assert row["verdict"] == BY_CODE[row["reason"]].verdict
    assert {row["verdict"] for row in tables["clean.parquet"]} == {"clean"}
    assert {row["verdict"] for row in tables["excluded.parquet"]} == {"excluded"}
    texts = (
        "app_version",
        "verdict",
        "reason",
        "reasons",
        "order_id",
        "customer_id",
        "campaign",
        "currency",
        "suggestion",
    )
    in_csv = [[row[name] for name in texts] for row in tables["exceptions.csv"]]
    assert in_csv == [[defused(row[name] or "") for name in texts] for row in tables["exceptions.parquet"]]


def defused(text: str) -> str:
    return f"'{text}" if text[:1] in tuple("=+-@\t\r") else text


def rows_stand_where_they_stood(tables: Mapping[str, Sequence[Mapping[str, Any]]], paths: Files) -> None:
    """File and row of every row lead back to it; the numbers of unreadable records fill the gaps."""
    found: dict[tuple[str, int], str] = {}
    for row in (row for name in JUDGED for row in tables[name]):
        found[row["source_file"], row["source_row"]] = row["app_version"]
    for record in tables["unreadable.csv"]:
        found[record["file"], int(record["line"]) - 1] = "unreadable"
    expected: dict[tuple[str, int], str] = {}
    for path, rows in paths.items():
        for number, (serial, row) in enumerate(zip(serials(Path(path)), rows, strict=True), 1):
            if isinstance(row, Row):
                expected[path, number] = "unreadable" if row.damage else serial
    assert found == expected


def reasons_are_those_planted(tables: Mapping[str, Sequence[Mapping[str, Any]]], rows: Sequence[Row]) -> None:
    readable = [row for row in rows if not row.damage and not row.is_tied]
    made = {row.serial: row for row in readable}
    judged = [row for name in JUDGED for row in tables[name] if row["app_version"] in made]
    expected = Counter((row.serial, min(row.planted, key=list(BY_CODE).index)) for row in readable)
    unexpected = Counter((row["app_version"], row["reason"]) for row in judged) - expected
    assert not [(reason, made[serial]) for serial, reason in unexpected]
    for row in judged:
        planted = made[row["app_version"]]
        codes = {"matched", row["reason"], *(code.partition(":")[0] for code in row["reasons"].split(";"))}
        assert codes >= set(planted.planted) or "duplicate-row" in planted.planted, row


# The laws


@LAWS
@given(recipe=RECIPES)
def test_neither_the_order_of_rows_nor_their_files_matter(reconciled: Reconciled, recipe: Recipe) -> None:
    export = Export(recipe)
    whole = reconciled(
        {"appsflyer_a.csv": export.appsflyer, "adjust_a.csv.gz": export.adjust, "clicks_a.csv": export.clicks}
    )
    shuffled = reconciled(
        {
            "adjust_z.csv.gz": export.shuffled(export.adjust),
            "appsflyer_y.csv": export.shuffled(export.appsflyer),
            "clicks_x.csv": export.shuffled(export.clicks),
        }
    )
    assert not differences(whole, shuffled)
    split = reconciled(
        {
            **{f"appsflyer_{n}/part {n}.csv": rows for n, rows in enumerate(export.dealt(export.appsflyer))},
            **{
                f"adjust_{n}.csv{'.gz' if n % 2 else ''}": rows
                for n, rows in enumerate(export.dealt(export.adjust))
            },
            **{f"clicks_{n}.csv": rows for n, rows in enumerate(export.dealt(export.clicks))},
        }
    )
    assert not differences(whole, split)


@settings(LAWS, max_examples=3)
@given(recipe=RECIPES)
def test_the_format_of_files_does_not_matter(reconciled: Reconciled, recipe: Recipe) -> None:
    export = Export(recipe)
    # A line that cannot be taken apart has no form but CSV.
    appsflyer, adjust = (
        [row for row in rows if not row.damage] for rows in (export.appsflyer, export.adjust)
    )
    as_csv, *others = (
        reconciled(
            {f"appsflyer_.{end}": appsflyer, f"adjust_.{end}": adjust, f"clicks_.{end}": export.clicks}
        )
        for end in ("csv", "csv.gz", "tsv", "parquet", "jsonl")
    )
    for other in others:
        assert not differences(as_csv, other)


@settings(LAWS, max_examples=3)
@given(recipe=RECIPES)
def test_cells_come_through_as_they_are(
    write: Callable[[Files], Path], read_table: Callable[[Path], list[dict[str, Any]]], recipe: Recipe
) -> None:
    """Text is trimmed and a null token is nothing; a time is the same moment however it is written."""
    export = Export(recipe)
    folder = write(
        {"appsflyer_.csv": export.appsflyer, "adjust_.parquet": [r for r in export.adjust if not r.damage]}
    )
    reconcile(folder, folder / "run")
    made = {row.serial: row for row in (*export.appsflyer, *export.adjust)}
    for found in (row for name in JUDGED for row in read_table(folder / "run" / name)):
        row = made[found["app_version"]]
        moment = found["event_time"] and found["event_time"].replace(tzinfo=UTC)
        assert moment == (None if "invalid-time" in row.planted else row.time), row
        trimmed = {
            name: text.strip(" \t\n\r\v\f")
            for name, text in (("campaign", row.wild), ("customer_id", row.customer))
        }
        expected = {
            name: None if text.lower() in ("", "null", "none", "n/a", "nan", r"\n") else text
            for name, text in trimmed.items()
        }
        assert {name: found[name] for name in expected} == expected


@settings(LAWS, max_examples=2)
@given(recipe=RECIPES)
def test_the_same_inputs_give_the_same_bytes(write: Callable[[Files], Path], recipe: Recipe) -> None:
    export = Export(recipe)
    folder = write(
        {
            **{f"appsflyer_{n}.csv": rows for n, rows in enumerate(export.dealt(export.appsflyer))},
            "adjust_.csv.gz": export.adjust,
            "clicks_.csv": export.clicks,
        }
    )
    runs = [reconcile(folder, folder / f"run {n}", threads) for n, threads in enumerate((1, 2, 2))]
    first, *others = (contents(run) for run in runs)
    for other in others:
        assert other == first


def contents(run: Run) -> dict[str, bytes | dict[str, Any]]:
    """Every file of the run directory; of run.json everything but the run's own id and times, and the threads."""
    assert run.directory is not None
    found: dict[str, Any] = {path.name: path.read_bytes() for path in run.directory.iterdir()}
    told = json.loads(found.pop("run.json"))
    assert {told.pop(name) for name in ("id", "started", "finished")}
    told["config"].pop("engine.threads")
    return {**found, "run.json": json.dumps(told)}


def test_a_file_that_is_read_in_parallel_gives_the_same_bytes(
    write: Callable[[Files], Path], write_export: Callable[..., Path]
) -> None:
    """Above 122 880 rows DuckDB shares a table out among threads; below, one thread does it all."""
    export = Export(Recipe(seed=7, texts=(), again=()))
    rows = [row for row in export.appsflyer if not row.damage]
    copies = -(-130_000 // len(rows))
    folder = write({"clicks_.csv": export.clicks})
    many = (
        cells(
            APPSFLYER,
            replace(
                row,
                serial=f"{row.serial}.{n}",
                device=f"{row.device}{n}",
                order=row.order and f"{n}-{row.order}",
            ),
        )
        for n in range(copies)
        for row in rows
    )
    write_export(folder / "exports" / "appsflyer.csv", list(APPSFLYER), many)
    one, two = (reconcile(folder, folder / f"run {threads}", threads) for threads in (1, 2))
    assert one.summary.rows == copies * len(rows)
    assert contents(one) == contents(two)


@settings(LAWS, max_examples=3)
@given(ids=st.lists(st.one_of(TEXTS, st.text(min_size=1)), min_size=20, max_size=60))
def test_a_click_id_is_decoded_once_and_canonical_ones_stay(
    write: Callable[[Files], Path], read_table: Callable[[Path], list[dict[str, Any]]], ids: Sequence[str]
) -> None:
    """Out of a link it comes as it was put in; put in once more, in a link or a column, it comes out the same."""
    first = canonical(
        write, read_table, [click_id for click_id in (*ids, *NASTY, "a+b", "%41", "%2541") if click_id]
    )
    assert all(out == into for into, out in first["link"])
    usable = [out for _, out in first["link"] if out and out == out.strip() and out not in NULL_TOKENS]
    again = canonical(write, read_table, usable)
    assert all(out == into for place in ("link", "field") for into, out in again[place])


def canonical(
    write: Callable[[Files], Path], read_table: Callable[[Path], list[dict[str, Any]]], ids: Sequence[str]
) -> dict[str, list[tuple[str, str | None]]]:
    """Carrier → each id with the ClickId that became of it; a column is AppsFlyer's `af_sub1`."""
    world = World(0, ())
    rows = [
        world.row("sale", click_id=click_id, carrier=place) for click_id in ids for place in ("link", "field")
    ]
    folder = write({"appsflyer_.csv": rows, "clicks_.csv": world.clicks})
    reconcile(folder, folder / "run")
    found = {
        row["app_version"]: row["click_id"] for name in JUDGED for row in read_table(folder / "run" / name)
    }
    pairs: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
    for row in rows:
        pairs[row.carrier].append((row.click_id, found[row.serial]))
    return pairs
