"""What the service writes about itself: one JSON object a line, made so that nothing slips in.

A line holds the time in UTC, the level, the logger, a fixed message, the id of the request and the
members of `MEMBERS`. What was sent in never gets there: a route is named by its pattern, and what
quotes a request is left out: arguments of a library's message, the text of an exception.

Every application numbers its requests; lines are written only after `write_logs`, which the served
entry points call.
"""

import json
import logging
import secrets
import sys
import time
import traceback
from datetime import UTC, datetime
from typing import Any, Final

from flask import Flask, Response, g, has_request_context, request

MEMBERS: Final = ("code", "endpoint", "method", "route", "status", "ms", "user")
"""What `extra` may add to a line: codes, numbers and our own names of things."""
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Methods written as they were sent; any other could be a text of the sender's own."""
OURS: Final = "app."
UNKNOWN: Final = "-"
REQUEST_ID_BYTES: Final = 8

access = logging.getLogger("app.access")


class JsonLines(logging.Formatter):
    """Writes a record as one JSON object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, Any] = {
            "time": at.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
        }
        if has_request_context() and "request_id" in g:
            line["request_id"] = g.request_id
        line |= {name: getattr(record, name) for name in MEMBERS if hasattr(record, name)}
        if record.exc_info and record.exc_info[2]:
            line["where"] = "".join(traceback.format_tb(record.exc_info[2]))
        return json.dumps(line, default=str)


def write_logs() -> None:
    """Write our lines from INFO and those of libraries from WARNING to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("app").setLevel(logging.INFO)
    gunicorn = logging.getLogger("gunicorn.error")  # it would write addresses as they were sent
    gunicorn.handlers.clear()
    gunicorn.propagate = True


def init_logs(app: Flask) -> None:
    """Number every request of this application, and tell the log how it was answered."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.request_id = secrets.token_hex(REQUEST_ID_BYTES)
    g.began_s = time.perf_counter()


def _end(response: Response) -> Response:
    caller = g.get("caller")  # whom app.accounts.access found, if it had to look
    access.info(
        "request",
        extra={
            "method": request.method if request.method in METHODS else UNKNOWN,
            "route": request.url_rule.rule if request.url_rule else UNKNOWN,
            "status": response.status_code,
            "ms": round((time.perf_counter() - g.began_s) * 1000, 1),
            "user": caller.user_id if caller else UNKNOWN,
        },
    )
    response.headers["X-Request-Id"] = g.request_id
    return response


def _message(record: logging.LogRecord) -> str:
    """The message; of an exception its kind, of a library's record the text before its values."""
    if record.exc_info and record.exc_info[0]:
        return f"unexpected {record.exc_info[0].__name__}"
    return record.getMessage() if record.name.startswith(OURS) else str(record.msg)
