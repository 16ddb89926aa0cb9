"""Errors as answers: problem+json (RFC 9457) for programs, a page for people."""

import json
import logging
import traceback
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from app.errors import (
    InvalidInput,
    NotAllowed,
    NotSignedIn,
    ReferralServiceError,
    TooLarge,
    Unreadable,
)

log = logging.getLogger(__name__)

PROBLEM = "application/problem+json"

SENTENCES = {
    HTTPStatus.BAD_REQUEST: "The request could not be read. Check its form and send it again.",
    HTTPStatus.UNAUTHORIZED: "Sign in first, or send a valid token.",
    HTTPStatus.FORBIDDEN: "Your role may not do this.",
    HTTPStatus.NOT_FOUND: "There is nothing at this address, or it is not yours to see.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not take that method.",
    HTTPStatus.CONFLICT: "The request contradicts what is stored.",
    HTTPStatus.PRECONDITION_FAILED: "It was changed since you read it. Load it again.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Too much was sent at once. Send it in smaller parts.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "Send the content as application/json.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Some values are missing or wrong; see errors.",
    HTTPStatus.PRECONDITION_REQUIRED: "Send the ETag you read as If-Match.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests. Wait a minute and send it again.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The service cannot answer now. Send it again in a moment.",
}
CODES = {
    HTTPStatus.BAD_REQUEST: Unreadable.code,
    HTTPStatus.UNAUTHORIZED: NotSignedIn.code,
    HTTPStatus.FORBIDDEN: NotAllowed.code,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: TooLarge.code,
    HTTPStatus.UNPROCESSABLE_ENTITY: InvalidInput.code,
}
"""What a library refused has the code that our own refusals of that status have."""
UNEXPECTED = "Something went wrong on our side. Nothing was stored; try again, or tell support."


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An RFC 9457 answer with a stable `code` and a sentence in `detail`."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "code": code,
        "detail": detail,
    }
    if errors:
        body["errors"] = errors
    response = Response(json.dumps(body), status=status, content_type=PROBLEM)
    response.headers.extend(dict(headers or {}))
    return response


def explain(error: ReferralServiceError) -> Response:
    """Answer an error a user can be told about."""
    log.info("request refused", extra={"code": error.code})
    headers = {}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(error.retry_after_s)
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return answer(error.status, error.code, error.detail, errors=error.errors, headers=headers)


def explain_http(error: HTTPException) -> Response:
    """Answer what Werkzeug or flask-smorest refused, in our words."""
    if error.response is not None:
        return error.get_response()  # type: ignore[return-value]
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    data: Mapping[str, Any] = getattr(error, "data", None) or {}
    headers = dict(data.get("headers") or {})
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        headers["Allow"] = ", ".join(sorted(allowed))
    return answer(
        status,
        CODES.get(status) or status.phrase.lower().replace(" ", "_").replace("-", "_"),
        str(data.get("message") or SENTENCES.get(status, UNEXPECTED)),
        errors=flatten(data.get("messages") or data.get("errors") or {}),
        headers=headers,
    )


def explain_unexpected(error: Exception) -> Response:
    """The last resort: a plain sentence outside; in the log where it happened, not what was sent.

    The error's own message is left out, since it may quote a name or a coordinate.
    """
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("unexpected %s\n%s", type(error).__name__, where)
    return answer(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", UNEXPECTED)


def answer(
    status: int,
    code: str,
    detail: str,
    *,
    errors: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The same refusal as problem+json under /api/ and as a page elsewhere."""
    if wants_problem():
        return problem(status, code, detail, errors=errors, headers=headers)
    title = HTTPStatus(status).phrase
    page = render_template("errors/page.html", status=int(status), title=title, detail=detail)
    response = make_response(page, status)
    response.headers.extend(dict(headers or {}))
    return response


def wants_problem() -> bool:
    """Whether the caller is a program."""
    return request.path.startswith(("/api/", "/ogc", "/healthz", "/readyz"))


def flatten(messages: Any, prefix: str = "") -> dict[str, list[str]]:
    """Nested validation messages as `field.inner: [sentences]`; the `json` level is dropped."""
    if isinstance(messages, str):
        return {prefix or "request": [messages]}
    if isinstance(messages, list):
        return {prefix or "request": [str(message) for message in messages]}
    flat: dict[str, list[str]] = {}
    for field, inner in dict(messages or {}).items():
        is_envelope = not prefix and field in ("json", "query", "headers", "form")
        flat.update(flatten(inner, "" if is_envelope else f"{prefix}.{field}".strip(".")))
    return flat


def init_errors(app: Flask) -> None:
    app.register_error_handler(ReferralServiceError, explain)
    app.register_error_handler(HTTPException, explain_http)
    app.register_error_handler(Exception, explain_unexpected)
