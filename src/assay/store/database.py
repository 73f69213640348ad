"""A database chosen by URL: SQLite in a file or PostgreSQL, with the same transactions and the same errors on both."""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, TypeVar, cast

from sqlalchemy import Column, Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from assay.errors import ConflictError, StoreError, UsageError

__all__ = ["Database", "insert_missing", "inserted", "open_database"]

T = TypeVar("T")

_BUSY_SECONDS = 10.0
"""How long SQLite waits for another process's transaction to end."""
_TRIES = 8
_OLDEST_SQLITE = (3, 35)
_RETRIED = {"40001", "40P01", "55P03"}
"""What PostgreSQL calls a serialization failure, a deadlock, a lock that was not to be had."""
_COUNTED = {"preserve_rowcount": True}
"""A driver's count of inserted rows is gone with its cursor, unless it is asked for."""
_FORMS = "Use sqlite:///PATH or postgresql://USER@HOST/NAME."


class Database:
    """An engine and the two ways to use it: `read` and `write`. Safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        # Threads of one process queue here: SQLite's own lock is not fair and starves some of them.
        self._turn = threading.Lock() if self.is_sqlite else nullcontext()
        readonly: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._reading = engine if self.is_sqlite else engine.execution_options(**readonly)

    @property
    def is_sqlite(self) -> bool:
        """True for SQLite, False for PostgreSQL."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that sees one moment of the database and writes nothing.

        Raises:
            StoreError: the database cannot be reached.
        """
        with _told(), self._reading.connect() as connection, connection.begin():
            # The driver begins nothing by itself, and an event of the engine would make every statement look for
            # listeners; nor does this wait for anybody, so it needs none of what SQLAlchemy adds to a statement.
            if self.is_sqlite:
                cast("sqlite3.Connection", connection.connection.dbapi_connection).execute("BEGIN").close()
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that is whole or absent; on SQLite it holds the write lock from its beginning.

        Raises:
            ConflictError: another transaction was in the way; nothing was written.
            StoreError: the database cannot be reached, or is full.
        """
        with _told(), self._turn, self.engine.connect() as connection, connection.begin():
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    def transact(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` returns, done in one transaction; run it again where another one was in the way.

        `work` may run more than once, so it must do nothing but use the connection.

        Raises:
            ConflictError: others were in the way each time.
            StoreError: the database cannot be reached, or is full.
        """
        for left in reversed(range(_TRIES)):
            try:
                with self.write() as connection:
                    return work(connection)
            except ConflictError as error:
                if not isinstance(error.__cause__, DBAPIError) or not left:
                    raise
                time.sleep(random.uniform(0, 0.02 * (_TRIES - left)))  # noqa: S311  # spreads retries, guards nothing
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Return the database at `url`: `sqlite:///PATH` or `postgresql://…`; it is not connected to yet.

    Raises:
        UsageError: the URL names no database that Assay can use.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise UsageError("the database's URL cannot be read", hint=_FORMS) from None
    backend = parsed.get_backend_name()
    try:
        if backend == "sqlite":
            return Database(_sqlite(parsed))
        if backend == "postgresql":
            # The address is used as long as it answers; a connection that died meanwhile is replaced when next used.
            return Database(create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True))
    except (ArgumentError, NoSuchModuleError, TypeError, ValueError) as error:
        raise UsageError(f"{parsed.render_as_string()} cannot be used: {error}", hint=_FORMS) from error
    raise UsageError(f"{parsed.render_as_string()} is neither SQLite nor PostgreSQL", hint=_FORMS)


def insert_missing(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> int:
    """Insert the rows whose key is not there yet and return how many were; the others stay as they are."""
    if not rows:
        return 0
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    done = connection.execute(insert(table).on_conflict_do_nothing(), rows, execution_options=_COUNTED)
    return done.rowcount


def inserted(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]], key: Column[Any]) -> list[Any]:
    """Insert as `insert_missing` does, and return the keys of the rows that were not there yet."""
    if not rows:
        return []
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    return list(connection.execute(insert(table).on_conflict_do_nothing().returning(key), rows).scalars())


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise UsageError("a database in memory would be forgotten", hint="Name a file: sqlite:///assay.db")
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise UsageError(f"SQLite {sqlite3.sqlite_version} is too old", hint="Use Python with SQLite 3.35 or newer.")
    engine = create_engine(url.set(drivername="sqlite+pysqlite"), connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine.pool, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where `Database` says, not where the driver guesses
    # FULL: a commit that was acknowledged must outlive a power cut.
    # 16 MB of log before it is carried over, and 8 MB of pages kept: where much is written, both are done less often.
    kept = ("wal_autocheckpoint = 4000", "cache_size = -8000")
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", *kept):
        connection.execute(f"PRAGMA {pragma}").close()


@contextmanager
def _told() -> Iterator[None]:
    """Say a driver's errors in words of the store; a row that breaks a constraint stays the caller's to answer for."""
    try:
        yield
    except PoolTimeoutError as error:
        raise StoreError("every connection to the database is in use", hint="Try again in a moment.") from error
    except DBAPIError as error:
        if _in_the_way(error):
            raise ConflictError(f"another transaction was in the way: {_said(error)}") from error
        if error.connection_invalidated or type(error).__name__ in ("OperationalError", "InterfaceError"):
            raise StoreError(
                f"the database cannot be used: {_said(error)}", hint="Check that it runs and has space left."
            ) from error
        raise


def _in_the_way(error: DBAPIError) -> bool:
    if isinstance(error.orig, sqlite3.OperationalError):
        return error.orig.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return getattr(error.orig, "sqlstate", None) in _RETRIED


def _said(error: DBAPIError) -> str:
    return (str(error.orig).splitlines() or [""])[0]
