"""Find out whether the database can be read and written, by writing."""

import threading
import time

from sqlalchemy.exc import SQLAlchemyError

from app.db import unit_of_work
from app.errors import CannotWriteNow
from app.operations import service
from app.web.context import utc_now

ANSWER_HOLDS_S = 1.0
"""An answer stands for a second: who asks often does not make the database write often."""


class Probe:
    """Asks the database, and keeps what it said for a second."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked_at_s = float("-inf")
        self._can_write = False

    def can_write(self) -> bool:
        """Whether a write was committed just now."""
        with self._lock:
            if time.monotonic() - self._asked_at_s > ANSWER_HOLDS_S:
                self._can_write = _write()
                self._asked_at_s = time.monotonic()
            return self._can_write


def _write() -> bool:
    try:
        with unit_of_work() as session:
            service.write_probe(session, now=utc_now())
    except (CannotWriteNow, SQLAlchemyError, OSError):
        return False
    return True
