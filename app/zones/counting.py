"""How many checks each day had which answer: kept in memory, written now and then.

A check must answer even when the database cannot take a write, and must not wait for one. So a
process counts in memory and adds its counts to the table at most once a minute; what a killed
process had not written yet is lost.
"""

import logging
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.db import unit_of_work
from app.errors import CannotWriteNow
from app.zones.models import ZoneCheckCount

log = logging.getLogger(__name__)

WRITE_EVERY = timedelta(minutes=1)

Key = tuple[date, str]


class CheckCounter:
    """The counts of one process that are not written yet. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: Counter[Key] = Counter()
        self._due_at: datetime | None = None

    def add(self, day: date, statuses: Iterable[str], *, now: datetime) -> None:
        """Count answers given on one day, and write all counts when that is due.

        Call it outside a unit of work. It never raises for a database that cannot be written.
        """
        with self._lock:
            self._pending.update((day, status) for status in statuses)
            if self._due_at is None:
                self._due_at = now + WRITE_EVERY
            is_due = now >= self._due_at
        if is_due:
            self.write(now=now)

    def write(self, *, now: datetime) -> None:
        """Add the counts to the table; what cannot be written is kept for the next time."""
        with self._lock:
            counts, self._pending = self._pending, Counter()
            self._due_at = now + WRITE_EVERY
        if not counts:
            return
        try:
            with unit_of_work() as session:
                _add_counts(session, counts)
        except (CannotWriteNow, SQLAlchemyError, OSError):
            log.warning("zone check counts could not be written")
            with self._lock:
                self._pending.update(counts)


def check_counts(session: Session) -> dict[Key, int]:
    """(day, status) -> number of checks written so far."""
    rows = session.scalars(select(ZoneCheckCount).order_by(ZoneCheckCount.day))
    return {(row.day, row.status): row.check_count for row in rows}


def _add_counts(session: Session, counts: Mapping[Key, int]) -> None:
    for (day, status), count in sorted(counts.items()):
        row = session.get(ZoneCheckCount, (day, status))
        if row is None:
            session.add(ZoneCheckCount(day=day, status=status, check_count=count))
        else:
            row.check_count += count
