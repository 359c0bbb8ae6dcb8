"""Queries on one DuckDB connection, one after another, in a thread of their own.

Whoever begins a query goes on with its own work; a query that needs another's result comes behind it in the queue.
"""

import re
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait

import duckdb
import pyarrow as pa

from mmpsync.engines.duckdb_rejects import REJECTING
from mmpsync.engines.duckdb_repairs import Repairs
from mmpsync.engines.duckdb_scans import parquet_rows
from mmpsync.errors import ConfigError, InputError

__all__ = ["Queries", "RunSql", "Work", "first_line", "reads_files"]

RunSql = Callable[[str], pa.Table]
"""Runs one query and returns its result."""
Work = Callable[[RunSql], pa.Table]
"""Several queries as one: it is given what runs them, one by one."""
_LONGEST_WAIT = 0.2  # seconds
_OF_INPUT = (duckdb.IOException, duckdb.InvalidInputException)


class Queries:
    """A queue of queries. Once one has failed, all behind it fail for the same reason, until it is known.

    `may_grow`: a query that cannot do with the memory limit lifts it. `repairs` mends the files that queries read.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, repairs: Repairs, *, may_grow: bool) -> None:
        self._connection = connection
        self._repairs = repairs
        self._may_grow = may_grow
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="duckdb")
        # It starts now: an interrupt while it starts with the first query would have the next start a second.
        self._thread.submit(int).result()
        self._begun: list[Future[pa.Table]] = []
        self._failure: Exception | None = None
        self._stopping = self._is_closed = False

    def begin(
        self, work: Work | str, paths: Sequence[str] = (), after: Sequence[Future[pa.Table]] = ()
    ) -> Future[pa.Table]:
        """Put a query, or several as one, at the end of the queue.

        `paths` are the files to name if it fails and none else is known; `after` are queries of other queues that it
        needs the results of.
        """
        run = _one(work) if isinstance(work, str) else work
        future = self._thread.submit(self._in_turn, run, paths, after)
        self._begun.append(future)
        return future

    def run(
        self, work: Work | str, paths: Sequence[str] = (), after: Sequence[Future[pa.Table]] = ()
    ) -> pa.Table:
        """The result of a query, and the end of all before it."""
        try:
            return self.result(self.begin(work, paths, after))
        except KeyboardInterrupt:
            self.stop()  # it may have come before anybody waited
            raise

    @property
    def last(self) -> Future[pa.Table] | None:
        """The query at the end of the queue, if one is left."""
        return self._begun[-1] if self._begun else None

    @property
    def left(self) -> int:
        """How many queries are not done yet."""
        return sum(not query.done() for query in self._begun)

    def settle(self) -> None:
        """Wait for all queries begun; raises what went wrong."""
        if self.last is not None:
            self.result(self.last)

    def result(self, query: Future[pa.Table]) -> pa.Table:
        """Wait for a query and all before it; raises what went wrong first."""
        try:
            _wait_for([query])
            return query.result()
        except KeyboardInterrupt:
            # DuckDB does not look for Ctrl-C in every query, but always heeds interrupt().
            self.stop()
            raise
        except Exception:
            _wait_for(self._begun)
            self._failure = None
            raise
        finally:
            self._begun = [other for other in self._begun if not other.done()]

    def stop(self) -> None:
        """End all queries, finished or not."""
        self._stopping = True
        # What comes to its turn behind everything else says that nothing runs any more.
        end = self._thread.submit(lambda: None)
        # An interrupt that comes before its query has begun is lost: hence again, until it is over.
        while not end.done():
            self._connection.interrupt()
            wait([end], timeout=0.05)
        self._begun, self._stopping = [], False

    def close(self) -> None:
        """End all queries and the thread; does nothing the second time."""
        if self._is_closed:
            return
        self.stop()
        self._thread.shutdown()
        self._is_closed = True

    def _in_turn(self, work: Work, paths: Sequence[str], after: Sequence[Future[pa.Table]]) -> pa.Table:
        if self._stopping:
            raise CancelledError
        if self._failure is not None:
            raise self._failure
        try:
            for query in after:
                self._wait_in_turn(query)
            return work(lambda sql: self._to_its_end(sql, paths))
        except Exception as error:
            self._failure = error
            raise

    def _wait_in_turn(self, query: Future[pa.Table]) -> None:
        while wait([query], timeout=_LONGEST_WAIT).not_done:
            if self._stopping:
                raise CancelledError
        query.result()

    def _to_its_end(self, sql: str, paths: Sequence[str]) -> pa.Table:
        """Run a query with more memory, or on mended copies of its files, if it must."""
        may_grow = self._may_grow
        while True:
            try:
                result = self._execute(sql)
                repairs = self._repairs.recheck(self._rejecting(sql))
                if not repairs:
                    return result
            except duckdb.OutOfMemoryException as error:
                if not may_grow:
                    raise ConfigError(
                        "the memory limit is too small for this input: raise it with --memory-limit, or give"
                        f" --temp-dir a folder with more room ({first_line(error)})"
                    ) from error
                may_grow = False
                self._connection.execute("RESET memory_limit")
                continue
            except duckdb.Error as error:
                # A plain Error is what damaged Parquet gives; any other kind is a bug of ours.
                if type(error) is not duckdb.Error and not isinstance(error, _OF_INPUT):
                    raise
                repairs = self._repairs.repair(str(error))
                if not repairs:
                    message = self._repairs.original(str(error))
                    raise InputError(_complaint(message, self._culprits(message) or paths)) from error
            for statement in repairs:
                self._execute(statement)
            sql = re.sub("^CREATE TEMP VIEW", "CREATE OR REPLACE TEMP VIEW", sql)
            sql = re.sub("^CREATE TABLE", "CREATE OR REPLACE TABLE", sql)

    def _rejecting(self, sql: str) -> list[str]:
        """The files with records that could not be parsed, if the query is one that may have read them."""
        if not reads_files(sql):
            return []
        try:
            return [str(path) for path in self._execute(REJECTING)["file_path"].to_pylist()]
        except duckdb.CatalogException:
            return []  # nothing was read yet

    def _execute(self, sql: str) -> pa.Table:
        relation = self._connection.sql(sql)
        return pa.table({}) if relation is None else relation.to_arrow_table()

    def _culprits(self, message: str) -> list[str]:
        """The files that DuckDB complains of; it does not name all Parquet files that are damaged."""
        named = [path for path in self._repairs.paths() if path in message]
        # A path may be the beginning of another.
        if named:
            return [max(named, key=len)]
        return [path for path in self._repairs.paths("parquet") if not self._is_sound(path)]

    def _is_sound(self, path: str) -> bool:
        try:
            self._execute(f"SELECT max(hash(COLUMNS(*))) FROM {parquet_rows([self._repairs.on_disk(path)])}")
        except duckdb.Error:
            return False
        return True


def _wait_for(queries: Sequence[Future[pa.Table]]) -> None:
    """Wait until all are done, and hear an interrupt meanwhile.

    One that comes just as Python begins to wait for a lock is only heard of when that wait is over.
    """
    while wait(queries, timeout=_LONGEST_WAIT).not_done:
        pass


def _one(sql: str) -> Work:
    return lambda run: run(sql)


def _complaint(message: str, paths: Sequence[str]) -> str:
    """What DuckDB said of these files, in the user's words where they are known."""
    what = message.strip().splitlines()[0]
    if "state machine" in what:
        what = (
            "its lines end in different ways, or a cell holds a bare carriage return; give all lines the same end,"
            " with dos2unix for one"
        )
    else:
        what += "; it looks damaged, fetch it again"
    return "\n".join(f"{path}: cannot be read: {what}" for path in paths) or f"cannot be read: {what}"


def reads_files(sql: str) -> bool:
    """Whether a query may be over scans, whose views are called `scan_1` and so on."""
    return "scan_" in sql


def first_line(error: Exception) -> str:
    """What an error says first."""
    return str(error).strip().splitlines()[0]
