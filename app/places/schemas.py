"""What places look like over HTTP; the OpenAPI document is made from these."""

from typing import Any

from marshmallow import EXCLUDE, Schema, fields

from app.places.service import PlacesAnswer
from app.web.schemas import RefusingSchema, StrictNumber

TEXT: dict[str, Any] = {
    "invalid": "Send a text.",
    "invalid_utf8": "Send a text in UTF-8.",
}
KINDS = ["intersection", "address", "block"]


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

    lat = StrictNumber(required=True)
    lon = StrictNumber(required=True)


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
