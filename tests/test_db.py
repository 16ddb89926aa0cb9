"""One writer at a time, one commit, and settings that survive a power cut."""

import sys
import threading

import pytest
from sqlalchemy import text

from app.audit import service as audit
from app.db import db, reading, unit_of_work
from app.errors import CannotWriteNow


def record(session, now, subject_id=1):
    audit.record(
        session,
        "test.done",
        actor=audit.SYSTEM,
        subject_kind="test",
        subject_id=subject_id,
        now=now,
    )


def pragma(session, name):
    return session.execute(text(f"PRAGMA {name}")).scalar()


def test_sqlite_is_set_for_durability(app):
    with app.app_context(), reading() as session:
        assert pragma(session, "journal_mode") == "wal"
        assert pragma(session, "synchronous") == 2  # FULL
        assert pragma(session, "foreign_keys") == 1
        assert pragma(session, "busy_timeout") == 5000


def test_a_failed_unit_of_work_stores_nothing(app, now):
    with app.app_context():
        with reading() as session:
            before = audit.head(session)
        with pytest.raises(ZeroDivisionError), unit_of_work() as session:
            record(session, now)
            _ = 1 / 0
        with reading() as session:
            assert audit.head(session) == before


def test_reading_never_commits(app, now):
    with app.app_context():
        with reading() as session:
            before = audit.head(session)
            record(session, now)
        with reading() as session:
            assert audit.head(session) == before


def test_a_unit_of_work_inside_another_is_a_mistake_that_says_so(app):
    with app.app_context(), unit_of_work(), pytest.raises(RuntimeError, match="already open"):
        with unit_of_work():
            pass


def test_writers_that_read_first_never_lose_an_update(app, now):
    def write():
        with app.app_context():
            for _ in range(5):
                with unit_of_work() as session:
                    record(session, now)

    with app.app_context(), reading() as session:
        before = audit.head(session).sequence
    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with app.app_context(), reading() as session:
        verdict = audit.verify(session)
    assert verdict.is_whole
    assert verdict.row_count == before + 30


def test_a_database_that_cannot_be_written_says_so_and_recovers(app, now):
    with app.app_context():
        with pytest.raises(CannotWriteNow), unit_of_work() as session:
            session.execute(text("PRAGMA query_only=ON"))
            record(session, now)
        db.engine.dispose()
        with unit_of_work() as session:
            record(session, now)


def test_who_waits_too_long_for_a_turn_is_sent_away_and_the_next_one_is_served(
    app, now, monkeypatch
):
    monkeypatch.setattr(sys.modules["app.db"], "TURN_TIMEOUT_S", 0.05)
    is_writing, may_end = threading.Event(), threading.Event()

    def write_long():
        with app.app_context(), unit_of_work():
            is_writing.set()
            may_end.wait(5)

    writer = threading.Thread(target=write_long)
    writer.start()
    is_writing.wait(5)
    with app.app_context():
        with pytest.raises(CannotWriteNow), unit_of_work():
            pass
        may_end.set()
        writer.join()
        with unit_of_work() as session:
            record(session, now)


def test_a_stuck_process_is_waited_for_no_longer_than_a_writer(app, now, monkeypatch):
    import fcntl

    monkeypatch.setattr(sys.modules["app.db"], "TURN_TIMEOUT_S", 0.05)
    with app.app_context():
        path = f"{db.engine.url.database}.write-lock"
        with open(path, "a") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            with pytest.raises(CannotWriteNow), unit_of_work() as session:
                record(session, now)
        with unit_of_work() as session:
            record(session, now)


def test_a_new_database_is_for_its_owner_alone(tmp_path):
    import sqlalchemy

    path = tmp_path / "new.sqlite3"
    with sqlalchemy.create_engine(f"sqlite:///{path}").connect() as connection:
        connection.execute(text("CREATE TABLE t (x)"))
        connection.commit()

    assert path.stat().st_mode & 0o077 == 0
