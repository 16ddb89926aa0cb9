"""Whether the service is alive, and whether it can read and write."""

from http import HTTPStatus

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue

from app.accounts.access import public
from app.operations.probing import Probe

blueprint = Blueprint("operations", __name__)

RETRY_AFTER_S = 5
probe = Probe()


@blueprint.get("/healthz")
@public
def healthz() -> ResponseReturnValue:
    """The process answers; nothing else is asked."""
    return _uncached(jsonify(status="alive"))


@blueprint.get("/readyz")
@public
def readyz() -> ResponseReturnValue:
    """The database takes a write and a commit; 503 when it does not."""
    if probe.can_write():
        return _uncached(jsonify(status="ready"))
    answer = _uncached(jsonify(status="cannot_write", code="cannot_write"))
    answer.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    answer.headers["Retry-After"] = str(RETRY_AFTER_S)
    return answer


def _uncached(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer
