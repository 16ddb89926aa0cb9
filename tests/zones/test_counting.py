"""Checks are counted, and an answer never waits for the count or fails with it."""

from datetime import date, timedelta

import pytest

from app.db import reading, unit_of_work
from app.errors import CannotWriteNow
from app.zones import counting
from app.zones.service import CheckCounter, check_counts

DAY = date(2026, 11, 20)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def written(app):
    def written():
        with app.app_context(), reading() as session:
            return check_counts(session)

    return written


def test_counts_are_written_once_a_minute_and_added_up(app, now, written):
    counter = CheckCounter()
    with app.app_context():
        counter.add(DAY, ["inside", "outside", "inside"], now=now)
        assert written() == {}
        counter.add(DAY, ["inside"], now=now + MINUTE)
        assert written() == {(DAY, "inside"): 3, (DAY, "outside"): 1}
        counter.add(DAY, ["uncertain"], now=now + MINUTE)
        counter.add(DAY, ["inside"], now=now + 2 * MINUTE)

    assert written() == {(DAY, "inside"): 4, (DAY, "outside"): 1, (DAY, "uncertain"): 1}


def test_days_are_counted_apart(app, now, written):
    counter = CheckCounter()
    with app.app_context():
        counter.add(DAY, ["inside"], now=now)
        counter.add(DAY + timedelta(days=1), ["inside"], now=now + MINUTE)

    assert set(written()) == {(DAY, "inside"), (DAY + timedelta(days=1), "inside")}


def test_what_cannot_be_written_is_kept_for_the_next_time(app, now, written, monkeypatch):
    counter = CheckCounter()

    def full_disk():
        raise CannotWriteNow("full")

    with app.app_context():
        counter.add(DAY, ["inside"], now=now)
        with monkeypatch.context() as broken:
            broken.setattr(counting, "unit_of_work", full_disk)
            counter.add(DAY, ["inside"], now=now + MINUTE)
        assert written() == {}
        counter.write(now=now + 2 * MINUTE)

    assert written() == {(DAY, "inside"): 2}


def test_nothing_to_write_opens_no_transaction(app, now):
    with app.app_context(), unit_of_work():
        CheckCounter().write(now=now)  # a second unit of work would raise
