"""The ledger of pushes: one SQLite file that says of every conversion whether impact.com has it.

It is written before a request leaves and after its answer has come, each time to the disk, so that a process that
dies at any instant leaves behind what may have been sent. It holds no personal data beyond order id and ClickId,
and nothing of the credentials: a submission is kept by its id, because its address holds the Account SID.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

from mmpsync.errors import LedgerError
from mmpsync.push.entries import Conversion, Entry, Key, Outcome, State, Total, Trouble

__all__ = ["Ledger"]

_APPLICATION = 0x6D6D7073  # "mmps", by which `file` and we know what this is
_VERSION = 1
_MICROS = 6
_SCHEMA = """
CREATE TABLE about (api TEXT NOT NULL);
CREATE TABLE conversions (
  campaign_id TEXT NOT NULL, target TEXT NOT NULL, event_code TEXT NOT NULL, order_id TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN
    ('planned', 'sending', 'queued', 'confirmed', 'rejected', 'unknown', 'exported')),
  digest TEXT NOT NULL, click_id TEXT NOT NULL, event TEXT NOT NULL, app_id TEXT NOT NULL,
  amount_micros INTEGER, currency TEXT NOT NULL, event_date TEXT NOT NULL,
  codes TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '',
  submission TEXT NOT NULL DEFAULT '', earlier TEXT NOT NULL DEFAULT '',
  attempts INTEGER NOT NULL DEFAULT 0, polls INTEGER NOT NULL DEFAULT 0, poll_after REAL NOT NULL DEFAULT 0,
  run TEXT NOT NULL, sent_at REAL NOT NULL DEFAULT 0, settled_at REAL NOT NULL DEFAULT 0,
  PRIMARY KEY (campaign_id, target, event_code, order_id)
) WITHOUT ROWID;
CREATE INDEX by_turn ON conversions (state, polls / 6, sent_at);
"""
_COLUMNS = (
    "campaign_id, target, event_code, order_id, state, digest, click_id, event, app_id, amount_micros, currency,"
    " event_date, codes, note, submission, earlier, attempts, polls, run, sent_at, settled_at"
)
_KEY = "campaign_id = ? AND target = ? AND event_code = ? AND order_id = ?"
_BEGIN = """
INSERT INTO conversions (campaign_id, target, event_code, order_id, state, digest, click_id, event, app_id,
  amount_micros, currency, event_date, run, attempts, sent_at, settled_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET
  state = excluded.state, digest = excluded.digest, click_id = excluded.click_id, event = excluded.event,
  app_id = excluded.app_id, amount_micros = excluded.amount_micros, currency = excluded.currency,
  event_date = excluded.event_date, run = excluded.run, attempts = attempts + excluded.attempts,
  sent_at = excluded.sent_at, settled_at = excluded.settled_at,
  earlier = trim(earlier || ' ' || submission), submission = '', codes = '', note = '', polls = 0, poll_after = 0
WHERE state IN ('planned', 'rejected', 'unknown')
"""
_RECORD = f"""
UPDATE conversions SET state = ?, codes = ?, note = ?, submission = CASE ? WHEN '' THEN submission ELSE ? END,
  sent_at = CASE state WHEN 'sending' THEN ? ELSE sent_at END, settled_at = ?, poll_after = CASE ? WHEN 'queued' THEN poll_after ELSE 0 END
WHERE {_KEY}
"""


class Ledger:
    """An open ledger, used by one thread. Every method that writes has written to the disk when it returns.

    Raises LedgerError for a file that is no ledger, is damaged, of a newer mmpsync, or of another API: what was
    sent to a rehearsal counts for nothing at impact.com, and the other way round. Without an `api` any will do, and
    no file is made.
    """

    def __init__(self, file: Path, *, api: str | None = None) -> None:
        self.file = file
        try:
            if api is not None:
                file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # SQLite gives the files beside it the same mode.
            os.close(os.open(file, os.O_RDWR | (os.O_CREAT if api is not None else 0), 0o600))
            self._db = sqlite3.connect(file, isolation_level=None, timeout=30)
        except (OSError, sqlite3.Error) as error:
            raise LedgerError(f"{file}: the ledger cannot be opened: {_said(error)}") from error
        try:
            with self._told():
                self._prepare(api)
        except LedgerError:
            self._db.close()
            raise

    def __enter__(self) -> Self:
        """Use it as a context, which closes it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._db.close()

    def begin(self, conversions: Iterable[Conversion], *, run: str, now: float) -> None:
        """Write that these are about to be sent, before any of them is.

        Raises LedgerError, and writes nothing, when one of them is on its way or was taken.
        """
        self._put(conversions, State.SENDING, run=run, now=now)

    def export(self, conversions: Iterable[Conversion], *, run: str, now: float) -> None:
        """Write that these went into a file for batch submission."""
        self._put(conversions, State.EXPORTED, run=run, now=now)

    def _put(self, conversions: Iterable[Conversion], state: State, *, run: str, now: float) -> None:
        is_sending = state is State.SENDING
        rows = [
            (
                *_key(row.key),
                state,
                *(row.digest, row.click_id, row.event, row.app_id, _micros(row.amount), row.currency),
                *(row.event_date, run, int(is_sending), now, 0.0 if is_sending else now),
            )
            for row in conversions
        ]
        with self._transaction():
            if self._db.executemany(_BEGIN, rows).rowcount != len(rows):
                raise LedgerError(
                    f"{self.file}: another push sends some of these; run again when it has ended"
                )

    def record(self, outcomes: Iterable[Outcome], *, now: float) -> None:
        """Write what became of conversions; those that were about to be sent have left by `now`, if at all."""
        rows = [
            (
                *(found.state, " ".join(found.codes), found.note, found.submission, found.submission),
                *(now, 0.0 if found.state in (State.QUEUED, State.SENDING) else now, found.state),
                *_key(found.key),
            )
            for found in outcomes
        ]
        with self._transaction():
            self._db.executemany(_RECORD, rows)

    def postpone(self, waits: Iterable[tuple[Key, float]]) -> None:
        """Write when queued conversions are to be asked for again, as epochs; counts the poll just made."""
        rows = [(after, *_key(key)) for key, after in waits]
        with self._transaction():
            self._db.executemany(
                f"UPDATE conversions SET polls = polls + 1, poll_after = ? WHERE {_KEY}", rows
            )

    def give_up_orphans(self, *, note: str, now: float) -> int:
        """Turn what a process that died left as `sending` into `unknown`; returns how many.

        A request may have waited for hours, and left just before the process died: all that is known is that it
        left before `now`.
        """
        with self._transaction():
            cursor = self._db.execute(
                "UPDATE conversions SET state = 'unknown', note = ?, sent_at = ? WHERE state = 'sending'",
                (note, now),
            )
        return cursor.rowcount

    def find(self, key: Key) -> Entry | None:
        """The entry of a conversion."""
        with self._told():
            row = self._db.execute(f"SELECT {_COLUMNS} FROM conversions WHERE {_KEY}", _key(key)).fetchone()
        return None if row is None else _entry(row)

    def due(self, *, now: float, most: int) -> list[Entry]:
        """Queued conversions whose turn to be asked for has come, the oldest first.

        Those that were asked for often let the others pass, so that some that hang do not hold up all.
        """
        query = f"SELECT {_COLUMNS} FROM conversions WHERE state = 'queued' AND poll_after <= ?"
        with self._told():
            rows = self._db.execute(f"{query} ORDER BY polls / 6, sent_at LIMIT ?", (now, most)).fetchall()
        return [_entry(row) for row in rows]

    def next_poll(self) -> float | None:
        """When the next queued conversion is due, as an epoch; None when nothing is queued."""
        with self._told():
            (found,) = self._db.execute(
                "SELECT min(poll_after) FROM conversions WHERE state = 'queued'"
            ).fetchone()
        return None if found is None else float(found)

    def entries(self, states: Sequence[State]) -> Iterator[Entry]:
        """Everything in these states, in the order of the keys."""
        marks = ", ".join("?" * len(states))
        query = f"SELECT {_COLUMNS} FROM conversions WHERE state IN ({marks})"
        order = "ORDER BY campaign_id, target, event_code, order_id"
        with self._told():
            for row in self._db.execute(f"{query} {order}", tuple(states)):
                yield _entry(row)

    def sent_since(self, time: float) -> int:
        """How many have left at an epoch or later."""
        query = "SELECT count(*) FROM conversions WHERE sent_at >= ? AND state != 'planned'"
        with self._told():
            (count,) = self._db.execute(query, (time,)).fetchone()
        return int(count)

    def totals(self) -> list[Total]:
        """Rows and money by state and currency."""
        query = (
            "SELECT state, currency, count(*), coalesce(sum(amount_micros), 0) FROM conversions GROUP BY 1, 2"
        )
        with self._told():
            rows = self._db.execute(f"{query} ORDER BY 1, 2").fetchall()
        return [
            Total(State(state), currency, count, _money(micros)) for state, currency, count, micros in rows
        ]

    def troubles(self) -> list[Trouble]:
        """What is rejected, unknown or still to be sent, by codes or else by what was noted.

        Only one of the notes of rejections is given, as an example.
        """
        query = (
            "SELECT state, codes, min(note), currency, count(*), coalesce(sum(amount_micros), 0) FROM conversions"
            " WHERE state IN ('rejected', 'unknown', 'planned')"
            " GROUP BY state, codes, CASE WHEN codes = '' THEN note END, currency ORDER BY state, codes, 3, currency"
        )
        with self._told():
            rows = self._db.execute(query).fetchall()
        return [
            Trouble(State(state), tuple(codes.split()), note, currency, count, _money(micros))
            for state, codes, note, currency, count, micros in rows
        ]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._told():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say in plain words what SQLite cannot do."""
        try:
            yield
        except sqlite3.Error as error:
            raise LedgerError(f"{self.file}: the ledger cannot be used: {_said(error)}") from error

    def _prepare(self, api: str | None) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")  # a commit survives a power cut, not only a kill
        (application,) = self._db.execute("PRAGMA application_id").fetchone()
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        (tables,) = self._db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if tables == 0 and api is not None:
            self._create(api)
        elif application != _APPLICATION:
            raise LedgerError(f"{self.file}: is a database, but no ledger of mmpsync; name another file")
        elif version != _VERSION:
            raise LedgerError(
                f"{self.file}: is a ledger of version {version}, and this mmpsync reads version {_VERSION};"
                " update mmpsync"
            )
        (self.api,) = self._db.execute("SELECT api FROM about").fetchone()
        if api not in (None, self.api):
            raise LedgerError(
                f"{self.file}: is the ledger of {self.api}, and you push to {api}; name another with --ledger"
            )

    def _create(self, api: str) -> None:
        self._db.execute("BEGIN EXCLUSIVE")
        (tables,) = self._db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if tables == 0:  # nobody else did in the meantime
            for statement in _SCHEMA.split(";"):
                self._db.execute(statement)
            self._db.execute("INSERT INTO about VALUES (?)", (api,))
            self._db.execute(f"PRAGMA application_id = {_APPLICATION}")
            self._db.execute(f"PRAGMA user_version = {_VERSION}")
        self._db.execute("COMMIT")


def _said(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _key(key: Key) -> tuple[str, str, str, str]:
    return key.campaign_id, key.target, key.event_code, key.order_id


def _micros(amount: Decimal | None) -> int | None:
    """Money as a whole number of millionths, which SQLite adds up exactly."""
    return None if amount is None else int(amount.scaleb(_MICROS))


def _money(micros: int) -> Decimal:
    return Decimal(micros).scaleb(-_MICROS)


def _entry(row: tuple[Any, ...]) -> Entry:
    (*key, state, digest, click_id, event, app_id, micros, currency, event_date) = row[:12]
    codes, note, submission, earlier, attempts, polls, run, sent_at, settled_at = row[12:]
    return Entry(
        key=Key(*key),
        state=State(state),
        digest=digest,
        click_id=click_id,
        event=event,
        app_id=app_id,
        amount=None if micros is None else _money(micros),
        currency=currency,
        event_date=event_date,
        codes=tuple(codes.split()),
        note=note,
        submission=submission,
        earlier=tuple(earlier.split()),
        attempts=attempts,
        polls=polls,
        run=run,
        sent_at=sent_at,
        settled_at=settled_at,
    )
