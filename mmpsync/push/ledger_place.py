"""Where a program's ledger is kept, and the lock that lets one push at a time use it."""

import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mmpsync.config import Config
from mmpsync.errors import LedgerError, UsageError
from mmpsync.impact.addresses import API_URL, is_loopback
from mmpsync.impact.clock import Clock

__all__ = ["api_name", "default_ledger", "ledger_of", "needed_ledger", "only_one"]

_REHEARSAL = "a rehearsal on this machine"
_LOOK_AGAIN = 0.5
_PATIENCE = 60.0


def api_name(api_url: str) -> str:
    """What a ledger belongs to: an API's address, all those of this machine being one rehearsal."""
    return _REHEARSAL if is_loopback(api_url) else api_url


def default_ledger(campaign_id: str, api_url: str = API_URL) -> Path:
    """The file of a program's ledger in the user's data directory; a rehearsal has one of its own."""
    other = (
        "" if api_url == API_URL else "-rehearsal" if is_loopback(api_url) else f"-{api_url.split('//')[1]}"
    )
    return _data_directory() / f"program-{campaign_id}{other.replace(':', '-')}.sqlite"


def ledger_of(config: Config, api_url: str) -> Path | None:
    """The configured ledger, or the program's; None without a program."""
    if config.push.ledger is not None:
        return Path(config.push.ledger)
    campaign = config.program.campaign_id
    return None if campaign is None else default_ledger(str(campaign), api_url)


def needed_ledger(config: Config, api_url: str) -> Path:
    """Likewise, where it cannot be done without. Raises UsageError."""
    file = ledger_of(config, api_url)
    if file is None:
        raise UsageError(
            "the ledger is kept per program: set program.campaign_id in mmpsync.toml, or give --ledger"
        )
    return file


def _data_directory() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "mmpsync"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "mmpsync"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "mmpsync"


@contextmanager
def only_one(ledger: Path, clock: Clock, told: Callable[[str], None]) -> Iterator[None]:
    """Hold a ledger's lock; the system lets go of it whenever the process ends, however it does.

    Waits a minute for another push to end, telling so, and raises LedgerError then. The lock is SQLite's own, on a
    file beside the ledger, so that the ledger itself can be read meanwhile; it is one lock, whatever links lead there.
    """
    file = Path(f"{os.path.realpath(ledger)}.lock")
    deadline = clock.now() + _PATIENCE
    has_told = False
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        lock = sqlite3.connect(file, isolation_level=None, timeout=0)
    except (OSError, sqlite3.Error) as error:
        raise LedgerError(f"{file}: cannot be opened: {error}") from error
    try:
        while not _taken(lock, file):
            if clock.now() >= deadline:
                raise LedgerError(f"{ledger}: another push uses this ledger; run again when it has ended")
            if not has_told:
                told("another push uses the ledger; waiting for it to end")
                has_told = True
            clock.sleep(_LOOK_AGAIN)
        yield
    finally:
        lock.close()


def _taken(lock: sqlite3.Connection, file: Path) -> bool:
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return False
        raise LedgerError(f"{file}: cannot be locked: {error}") from error
    except sqlite3.Error as error:
        raise LedgerError(f"{file}: cannot be locked: {error}") from error
    return True
