"""The database: one base, one way to write, one writer at a time on SQLite.

SQLite runs in WAL mode with `synchronous=FULL`, so that an acknowledged write survives a power
cut. Every writing transaction opens with BEGIN IMMEDIATE behind a turnstile (a thread lock in the
process and a file lock between processes), held for the transaction only: waiting writers queue
fairly instead of sleeping in SQLite's busy handler.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, cast
from zoneinfo import ZoneInfo

from flask import current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import URL, DateTime, Engine, MetaData, event
from sqlalchemy.engine import Connection, Dialect, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from app.errors import CannotWriteNow
from app.sealing import Keys

try:
    import fcntl
except ImportError:  # a system without file locks still has the thread lock
    fcntl = None  # type: ignore[assignment]

CONSTRAINT_NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
BUSY_TIMEOUT_MS = 5000
FILE_LOCK_STEP_S = 0.002
NOT_STORED = "The record could not be stored just now. Nothing was lost: send it again."
TOO_MANY_WRITERS = "Too many are writing just now. Nothing was lost: send it again."
TURN_TIMEOUT_S = 10.0
"""How long a request waits behind the other writers of its process before it is sent away."""


class Base(DeclarativeBase):
    """What every table shares: predictable names for constraints."""

    metadata = MetaData(naming_convention=CONSTRAINT_NAMES)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware in Python, stored in UTC, aware again when read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


db = SQLAlchemy(
    model_class=Base,
    disable_autonaming=True,
    session_options={"expire_on_commit": False},
)

_WRITING = {"lead_writing": True}
_has_unit_of_work: ContextVar[bool] = ContextVar("has_unit_of_work", default=False)
_write_lock = threading.Lock()


def keys_of(session: Session) -> Keys:
    """The keys that belong to this session's database."""
    return cast(Keys, session.info["keys"])


def site_zone_of(session: Session) -> ZoneInfo:
    """The time zone of the site: what a bare date or an hour of the day is meant in."""
    return cast(ZoneInfo, session.info["site_zone"])


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """Open the one writing transaction of a request or command and commit it once at the end.

    Raises:
        CannotWriteNow: the database is full, locked or read-only; nothing was stored.
    """
    if _has_unit_of_work.get():
        raise RuntimeError("a unit of work is already open: pass its session on")
    with _turnstile(), _marked_open():
        session = _new_session()
        try:
            session.connection(execution_options=_WRITING)  # BEGIN IMMEDIATE happens here
            yield session
            session.commit()
        except OperationalError as error:
            session.rollback()
            raise CannotWriteNow(NOT_STORED) from error
        except BaseException:
            session.rollback()
            raise
        finally:
            session.close()


@contextmanager
def reading() -> Iterator[Session]:
    """A session for reading; what is changed in it is never committed."""
    session = _new_session()
    try:
        yield session
    finally:
        session.rollback()
        session.close()


def _new_session() -> Session:
    lead = current_app.extensions["lead"]
    info = {"keys": lead.keys, "site_zone": lead.settings.site_zone}
    return Session(db.engine, expire_on_commit=False, info=info)


@contextmanager
def _marked_open() -> Iterator[None]:
    token = _has_unit_of_work.set(True)
    try:
        yield
    finally:
        _has_unit_of_work.reset(token)


@contextmanager
def _turnstile() -> Iterator[None]:
    lock_path = _lock_path()
    if lock_path is None:  # a server database has its own row locks
        yield
        return
    with _my_turn(), _opened(lock_path) as lock_file, _file_lock(lock_file):
        yield


@contextmanager
def _my_turn() -> Iterator[None]:
    """Wait behind the writers of this process, but not for ever: zone checks need the threads."""
    if not _write_lock.acquire(timeout=TURN_TIMEOUT_S):
        raise CannotWriteNow(TOO_MANY_WRITERS)
    try:
        yield
    finally:
        _write_lock.release()


def _opened(lock_path: Path) -> IO[str]:
    try:
        return lock_path.open("a")
    except OSError as error:  # a full or read-only disk
        raise CannotWriteNow(NOT_STORED) from error


@contextmanager
def _file_lock(lock_file: IO[str]) -> Iterator[None]:
    """Wait behind the writers of other processes, with the same limit."""
    if fcntl is None:
        yield
        return
    deadline = time.monotonic() + TURN_TIMEOUT_S
    while not _is_locked(lock_file):
        if time.monotonic() > deadline:
            raise CannotWriteNow(TOO_MANY_WRITERS)
        time.sleep(FILE_LOCK_STEP_S)
    try:
        yield
    finally:
        fcntl.flock(lock_file, fcntl.LOCK_UN)


def _is_locked(lock_file: IO[str]) -> bool:
    try:
        fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock_path() -> Path | None:
    path = sqlite_path(db.engine.url)
    return path and path.with_name(path.name + ".write-lock")


def sqlite_path(database_url: str | URL) -> Path | None:
    """The file of an SQLite database, or None for a server database or one in memory."""
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    return Path(url.database)


@event.listens_for(Engine, "connect")
def _prepare_connection(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None  # transactions are opened by _begin below
    cursor = connection.cursor()
    _keep_private(cursor.execute("PRAGMA database_list").fetchone()[2])
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _keep_private(path: str) -> None:
    """A database that was just made is for its owner alone; its WAL takes over the same mode."""
    if path and os.path.getsize(path) == 0:
        os.chmod(path, 0o600)


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        is_writing = connection.get_execution_options().get("lead_writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")
