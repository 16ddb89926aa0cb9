"""What the bodies of every feature are made of: strict JSON values, and refusals in our words."""

import unicodedata
from datetime import UTC, date, datetime
from typing import Any, Final, NoReturn

from marshmallow import Schema, ValidationError, fields, validate

from app.errors import InvalidInput
from app.geo.coords import InvalidCoordinate
from app.web.errors import flatten
from app.web.inputs import parse_instant, parse_number

COORDINATES: Final = ("lat", "lon")
EARLIEST_YEAR: Final = 1900
LATEST_YEAR: Final = 2199
LINES_AND_TABS: Final = "\n\r\t"
FIELD_MESSAGES: Final = {
    "required": "Send this member.",
    "null": "Send a value, not null.",
    "type": "Send a JSON object.",
}


class StrictNumber(fields.Float):
    """A JSON number: finite, not text, not true or false."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> float:
        try:
            return parse_number(value, "value")
        except InvalidInput as error:
            raise ValidationError(error.errors["value"]) from error


class StrictInteger(fields.Integer):
    """A JSON whole number: not text, not true or false."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
            raise ValidationError("Send a whole number, without quotes.")
        return int(value)


class StrictBoolean(fields.Boolean):
    """true or false, not a word that might mean it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Send true or false, without quotes.")
        return value


class Written(fields.Field[Any]):
    """A value that stands in a JSON text of a known format."""

    format: str

    def __init__(self, *, metadata: dict[str, Any] | None = None, **options: Any) -> None:
        described = {"type": "string", "format": self.format, **(metadata or {})}
        super().__init__(metadata=described, **options)


class Instant(Written):
    """An RFC 3339 time with its offset."""

    format = "date-time"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> datetime:
        try:
            instant = parse_instant(value, "value").astimezone(UTC)
        except InvalidInput as error:
            raise ValidationError(error.errors["value"]) from error
        except OverflowError as error:
            raise ValidationError("Send a time of this century.") from error
        if not EARLIEST_YEAR <= instant.year <= LATEST_YEAR:
            raise ValidationError("Send a time of this century.")
        return instant


class Day(Written):
    """A calendar day."""

    format = "date"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> date:
        try:
            if not isinstance(value, str) or len(value) != len("2017-02-08"):
                raise ValueError
            day = date.fromisoformat(value)
        except ValueError:
            raise ValidationError("Send a day that exists, like 1990-05-17.") from None
        if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
            raise ValidationError(f"Send a day from the year {EARLIEST_YEAR} on.")
        return day


class Text(fields.String):
    """A line or two of text, of limited length."""

    def __init__(self, longest: int, **options: Any) -> None:
        super().__init__(validate=validate.Length(max=longest), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **options)
        if not text.strip():
            raise ValidationError("Write something, or leave it out.")
        if any(_is_unwritable(character) for character in text):
            raise ValidationError("The text holds characters that cannot be written. Retype it.")
        return text


class Word(fields.String):
    """One word of a closed list."""

    def __init__(self, words: tuple[str, ...], **options: Any) -> None:
        super().__init__(validate=validate.OneOf(words), **options)


class PlainSchema(Schema):
    """Says what to send instead, in our own words."""

    error_messages: dict[str, str] = {  # noqa: RUF012 - declared so by marshmallow
        "type": "Send a JSON object.",
        "unknown": "There is no member of this name; see /api/v1/docs.",
    }

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        field_obj.error_messages |= FIELD_MESSAGES


class RefusingSchema(PlainSchema):
    """A whole body or query: what is wrong with it is our own error."""

    def handle_error(
        self, error: ValidationError, data: Any, *, many: bool, **kwargs: Any
    ) -> NoReturn:
        raise refusal(flatten(error.messages))


def refusal(errors: dict[str, list[str]]) -> InvalidInput:
    """The error for what is wrong, member by member; a wrong coordinate has its own code."""
    errors = {_member(name): sentences for name, sentences in errors.items()}
    detail = " ".join(f"{name}: {one}" for name, all_ in errors.items() for one in all_)
    kind = InvalidCoordinate if any(name in errors for name in COORDINATES) else InvalidInput
    return kind(detail, errors=errors)


def _member(name: str) -> str:
    """The member that an error of the validation belongs to; the body itself is `request`."""
    return name.removesuffix("_schema").rstrip(".") or "request"


def _is_unwritable(character: str) -> bool:
    category = unicodedata.category(character)
    return category in ("Cc", "Cs") and character not in LINES_AND_TABS
