"""Whether the service is alive, and whether it can read and write."""

import threading
import time
from http import HTTPStatus

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from app.accounts.access import public
from app.db import unit_of_work
from app.errors import CannotWriteNow
from app.operations import service
from app.web.context import utc_now

blueprint = Blueprint("operations", __name__)

ANSWER_HOLDS_S = 1.0
"""An answer stands for a second: who asks often does not make the database write often."""
RETRY_AFTER_S = 5


class _LastProbe:
    """What the last probe of this process found, and when."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.at_s = float("-inf")
        self.can_write = False


_last = _LastProbe()


@blueprint.get("/healthz")
@public
def healthz() -> ResponseReturnValue:
    """The process answers; nothing else is asked."""
    return _uncached(jsonify(status="alive"))


@blueprint.get("/readyz")
@public
def readyz() -> ResponseReturnValue:
    """The database takes a write and a commit; 503 when it does not."""
    with _last.lock:
        if time.monotonic() - _last.at_s > ANSWER_HOLDS_S:
            _last.can_write = _probe()
            _last.at_s = time.monotonic()
        can_write = _last.can_write
    if can_write:
        return _uncached(jsonify(status="ready"))
    answer = _uncached(jsonify(status="cannot_write", code="cannot_write"))
    answer.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    answer.headers["Retry-After"] = str(RETRY_AFTER_S)
    return answer


def _probe() -> bool:
    try:
        with unit_of_work() as session:
            service.write_probe(session, now=utc_now())
    except (CannotWriteNow, SQLAlchemyError, OSError):
        return False
    return True


def _uncached(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer
