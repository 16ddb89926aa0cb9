"""What zone checks and zones look like over HTTP; the OpenAPI document is made from these."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import Schema, fields

from app.errors import InvalidInput, ReferralServiceError
from app.geo.coords import LonLat
from app.geo.geojson import feature
from app.web.inputs import parse_instant
from app.web.schemas import RefusingSchema, StrictNumber
from app.zones.service import Question, ZoneCheck, ZoneVersion

MAX_POINTS = 10_000
MEMBERS = frozenset({"lat", "lon", "accuracy_m", "at"})
TIME_NEEDED = "Send a time with its offset, like 2026-03-01T14:32:00-05:00, or a date."


class ZoneCheckBody(RefusingSchema):
    """One place to check."""

    lat = StrictNumber(
        required=True,
        metadata={"description": "WGS 84 degrees, north positive."},
    )
    lon = StrictNumber(
        required=True,
        metadata={"description": "WGS 84 degrees, east positive."},
    )
    accuracy_m = StrictNumber(
        load_default=None,
        allow_none=True,
        metadata={"description": "Radius of the position's error in metres.", "minimum": 0},
    )
    at = fields.Raw(
        load_default=None,
        allow_none=True,
        metadata={
            "type": "string",
            "description": "The moment that counts, RFC 3339 with an offset, or a date (its "
            "midnight at the site). Without it: now.",
        },
    )


class ZoneCheckBatchBody(RefusingSchema):
    """Up to 10,000 places to check."""

    points = fields.List(
        fields.Raw(
            allow_none=True,
            metadata={"type": "object", "description": "As the body of /zone-checks."},
        ),
        required=True,
        error_messages={"invalid": "Send a list of points."},
        metadata={"maxItems": MAX_POINTS},
    )


class ZoneMember(Schema):
    """The version that gave an answer."""

    id = fields.Integer()
    name = fields.String()
    version = fields.Integer()
    effective_from = fields.String(metadata={"format": "date-time"})


class ZoneCheckAnswer(Schema):
    """Where the place lies."""

    status = fields.String(metadata={"enum": ["inside", "outside", "uncertain"]})
    distance_to_boundary_m = fields.Float()
    nearest_street = fields.String(allow_none=True)
    lat = fields.Float()
    lon = fields.Float()
    accuracy_m = fields.Float(allow_none=True)
    zone = fields.Nested(ZoneMember)
    checked_at = fields.String(metadata={"format": "date-time"})


class ZoneCheckBatchAnswer(Schema):
    """One member a point, in order: an answer, or `error` with `code` and `detail`."""

    results = fields.List(fields.Dict())


def parse_question(body: Any, site_zone: ZoneInfo) -> Question:
    """One member of a batch, or the body of a single check, as a question.

    Raises:
        InvalidInput: naming the members that are wrong.
    """
    if _is_plain(body):  # what nearly every point is; the schema takes ten times as long
        return question_from({"accuracy_m": None, "at": None, **body}, site_zone)
    loaded: dict[str, Any] = _BODY.load(body)
    return question_from(loaded, site_zone)


def _is_plain(body: Any) -> bool:
    """Whether the schema would take this body as it is."""
    return (
        type(body) is dict
        and type(body.get("lat")) is float
        and type(body.get("lon")) is float
        and type(body.get("accuracy_m", 0.0)) is float
        and body.keys() <= MEMBERS
        and isfinite(body.get("accuracy_m", 0.0))
    )


def question_from(loaded: Mapping[str, Any], site_zone: ZoneInfo) -> Question:
    """A loaded `ZoneCheckBody` as a question.

    Raises:
        InvalidInput: a value is out of range.
    """
    point = LonLat(lon=loaded["lon"], lat=loaded["lat"])
    accuracy_m = loaded["accuracy_m"]
    if accuracy_m is not None and accuracy_m < 0:
        sentence = "Send metres, 0 or more."
        raise InvalidInput(f"accuracy_m: {sentence}", errors={"accuracy_m": [sentence]})
    at = None if loaded["at"] is None else parse_moment(loaded["at"], site_zone)
    return Question(point, accuracy_m, at)


def parse_moment(value: Any, site_zone: ZoneInfo, field: str = "at") -> datetime:
    """An instant, or a bare date as its midnight at the site; aware, in UTC.

    Raises:
        InvalidInput: it is neither.
    """
    try:
        if isinstance(value, str) and len(value) == len("2026-03-01"):
            midnight = datetime.combine(date.fromisoformat(value), time(), site_zone)
            return midnight.astimezone(UTC)
        return parse_instant(value, field).astimezone(UTC)
    except (InvalidInput, ValueError, OverflowError):
        raise InvalidInput(f"{field}: {TIME_NEEDED}", errors={field: [TIME_NEEDED]}) from None


def check_as_json(answer: ZoneCheck, site_zone: ZoneInfo) -> dict[str, Any]:
    """An answer with the members of INTERFACE section 3; times at the site."""
    checked_at = _at_site(answer.checked_at, site_zone)
    return _with_zone(answer, _zone_member(answer.zone, site_zone), checked_at)


def batch_as_json(
    answers: list[ZoneCheck | ReferralServiceError], site_zone: ZoneInfo
) -> dict[str, Any]:
    """All answers in order; what they share is written once."""
    members: dict[int, dict[str, Any]] = {}
    moments: dict[datetime, str | None] = {}
    results: list[dict[str, Any]] = []
    for answer in answers:
        if isinstance(answer, ReferralServiceError):
            results.append({"error": {"code": answer.code, "detail": answer.detail}})
            continue
        zone, moment = answer.zone, answer.checked_at
        if zone.id not in members:
            members[zone.id] = _zone_member(zone, site_zone)
        if moment not in moments:
            moments[moment] = _at_site(moment, site_zone)
        results.append(_with_zone(answer, members[zone.id], moments[moment]))
    return {"results": results}


def zone_as_feature(zone: ZoneVersion, site_zone: ZoneInfo) -> dict[str, Any]:
    """A version as a GeoJSON Feature; `boundary_streets` are its stretches, lon/lat, in order."""
    return feature(
        zone.outline,
        {
            "name": zone.name,
            "version": zone.version,
            "effective_from": _at_site(zone.effective_from_utc, site_zone),
            "effective_to": _at_site(zone.effective_to_utc, site_zone),
            "source": zone.source,
            "licence": zone.licence,
            "boundary_streets": [
                {"street": edge.street, "line": [list(c) for c in edge.line_wgs84.coords]}
                for edge in zone.boundary_streets
            ],
        },
        feature_id=zone.id,
    )


def _with_zone(
    answer: ZoneCheck, zone_member: dict[str, Any], checked_at: str | None
) -> dict[str, Any]:
    return {
        "status": answer.status.value,
        "distance_to_boundary_m": answer.distance_to_boundary_m,
        "nearest_street": answer.nearest_street,
        "lat": answer.lat,
        "lon": answer.lon,
        "accuracy_m": answer.accuracy_m,
        "zone": zone_member,
        "checked_at": checked_at,
    }


def _zone_member(zone: ZoneVersion, site_zone: ZoneInfo) -> dict[str, Any]:
    return {
        "id": zone.id,
        "name": zone.name,
        "version": zone.version,
        "effective_from": _at_site(zone.effective_from_utc, site_zone),
    }


def _at_site(moment: datetime | None, site_zone: ZoneInfo) -> str | None:
    return None if moment is None else moment.astimezone(site_zone).isoformat()


_BODY = ZoneCheckBody()
