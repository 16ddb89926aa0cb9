"""Errors a person can be told about: a stable code, a status and a sentence fit to show."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import ClassVar


class ReferralServiceError(Exception):
    """Something went wrong that the caller can understand and act on.

    `detail` is shown to people and must hold no name, coordinate or free text that was sent in.
    `errors` names what is wrong field by field.
    """

    code: ClassVar[str] = "internal_error"
    status: ClassVar[HTTPStatus] = HTTPStatus.INTERNAL_SERVER_ERROR
    retry_after_s: ClassVar[int | None] = None

    def __init__(self, detail: str, *, errors: Mapping[str, Sequence[str]] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors: dict[str, list[str]] = {
            field: list(sentences) for field, sentences in (errors or {}).items()
        }


class Unreadable(ReferralServiceError):
    """The request could not be read at all, for instance broken JSON."""

    code = "unreadable"
    status = HTTPStatus.BAD_REQUEST


class NotSignedIn(ReferralServiceError):
    """Nobody is signed in, or the token is unknown, expired or revoked."""

    code = "not_signed_in"
    status = HTTPStatus.UNAUTHORIZED


class NotAllowed(ReferralServiceError):
    """The caller is known and may not do this."""

    code = "not_allowed"
    status = HTTPStatus.FORBIDDEN


class NotFound(ReferralServiceError):
    """There is no such thing, or it is not the caller's."""

    code = "not_found"
    status = HTTPStatus.NOT_FOUND


class Conflict(ReferralServiceError):
    """The request contradicts what is stored."""

    code = "conflict"
    status = HTTPStatus.CONFLICT


class TooLarge(ReferralServiceError):
    """More was sent than one request may carry."""

    code = "too_large"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class InvalidInput(ReferralServiceError):
    """The request was readable and says something that cannot be right."""

    code = "invalid_input"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class TooManyRequests(ReferralServiceError):
    """The caller has to slow down."""

    code = "too_many_requests"
    status = HTTPStatus.TOO_MANY_REQUESTS
    retry_after_s = 60


class CannotWriteNow(ReferralServiceError):
    """The database cannot take a write at this moment; the same request may be sent again."""

    code = "cannot_write_now"
    status = HTTPStatus.SERVICE_UNAVAILABLE
    retry_after_s = 5


class MissingSetting(ReferralServiceError):
    """The service cannot start because a setting is missing or wrong; the detail names it."""

    code = "missing_setting"
