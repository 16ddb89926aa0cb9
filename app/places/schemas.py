"""What places look like over HTTP; the OpenAPI document is made from these."""

from typing import Any, NoReturn

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from app.errors import InvalidInput
from app.places.service import PlacesAnswer
from app.web.errors import flatten
from app.web.inputs import parse_number

MISSING: dict[str, Any] = {"required": "Send this member.", "null": "Send a value, not null."}
TEXT: dict[str, Any] = {
    **MISSING,
    "invalid": "Send a text.",
    "invalid_utf8": "Send a text in UTF-8.",
}
KINDS = ["intersection", "address", "block"]


class Coordinate(fields.Float):
    """Degrees as a JSON number: finite, not text, not true or false."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> float:
        try:
            return parse_number(value, attr or "value")
        except InvalidInput as error:
            raise ValidationError(error.errors[attr or "value"]) from error


class RefusingSchema(Schema):
    """Turns what is wrong into our own error."""

    error_messages: dict[str, str] = {  # noqa: RUF012 - declared so by marshmallow
        "type": "Send a JSON object.",
        "unknown": "There is no member of this name; see /api/v1/docs.",
    }

    def handle_error(
        self, error: ValidationError, data: Any, *, many: bool, **kwargs: Any
    ) -> NoReturn:
        errors = {
            "request" if name == "_schema" else name: all_
            for name, all_ in flatten(error.messages).items()
        }
        detail = " ".join(f"{name}: {one}" for name, all_ in errors.items() for one in all_)
        raise InvalidInput(detail, errors=errors)


class PlaceText(RefusingSchema):
    """A place in words: two streets that meet, or a number and a street."""

    q = fields.String(
        required=True,
        error_messages=TEXT,
        metadata={"description": "Like `Franklin & Paca`, `300 W Lexington St`."},
    )


class PlaceTextQuery(PlaceText):
    """The same in a query string, where other parameters are passed over."""

    class Meta:
        unknown = EXCLUDE


class PointBody(RefusingSchema):
    """A point in WGS 84 degrees."""

    lat = Coordinate(required=True, error_messages=MISSING)
    lon = Coordinate(required=True, error_messages=MISSING)


class PlaceAnswer(Schema):
    """One place a text may mean."""

    label = fields.String()
    lat = fields.Float()
    lon = fields.Float()
    kind = fields.String(metadata={"enum": KINDS})
    precision = fields.String(
        metadata={
            "enum": ["exact", "estimated"],
            "description": "estimated: a number in no known range, placed between known ones.",
        }
    )
    zone_status = fields.String(allow_none=True, metadata={"enum": ["inside", "outside", None]})


class PlacesFound(Schema):
    """Every reading of the text, best first; several are never narrowed down by guessing."""

    results = fields.List(fields.Nested(PlaceAnswer))
    ambiguous = fields.Boolean()
    note = fields.String(
        allow_none=True, metadata={"description": "What was left out of the text, or missed."}
    )


class SuggestionsFound(Schema):
    """Labels that begin like the text."""

    labels = fields.List(fields.String())


class NearestCorner(Schema):
    """`N Eutaw St and W Lexington St`, or null where no corner is within 500 m."""

    label = fields.String(allow_none=True)


def answer_as_json(answer: PlacesAnswer) -> dict[str, Any]:
    """An answer with the members of INTERFACE section 3, and the note."""
    return {
        "results": [
            {
                "label": place.label,
                "lat": place.lat,
                "lon": place.lon,
                "kind": place.kind,
                "precision": place.precision,
                "zone_status": None if place.zone_status is None else place.zone_status.value,
            }
            for place in answer.results
        ],
        "ambiguous": answer.ambiguous,
        "note": answer.note,
    }
