"""Zone checks and zones over HTTP. Places come in bodies, so that no access log holds one."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from flask import Response, current_app, request
from flask_smorest import Blueprint

from app.accounts.access import allows
from app.accounts.roles import ANY_ROLE, Scope
from app.db import reading
from app.errors import NotFound, ReferralServiceError, TooLarge
from app.web.api import API_PREFIX
from app.web.context import lead, utc_now
from app.zones import schemas, service

api_blueprint = Blueprint(
    "zones", __name__, url_prefix=API_PREFIX, description="The zone, and what lies in it."
)

GEOJSON = "application/geo+json"


class TooManyPoints(TooLarge):
    """More points than one batch may carry."""

    code = "too_many_points"


@api_blueprint.route("/zone-checks", methods=["POST"])
@api_blueprint.arguments(schemas.ZoneCheckBody)
@api_blueprint.response(200, schemas.ZoneCheckAnswer)
@allows(*ANY_ROLE, scope=Scope.ZONES_READ)
def check(body: dict[str, Any]) -> dict[str, Any]:
    """Say whether a place lies in the zone in force, how far its line is, and which street."""
    site_zone, now = lead().settings.site_zone, utc_now()
    question = schemas.question_from(body, site_zone)
    with reading() as session:
        answer = service.check(
            session, question.point, accuracy_m=question.accuracy_m, at=question.at, now=now
        )
    _count([answer])
    return schemas.check_as_json(answer, site_zone)


@api_blueprint.route("/zone-checks/batch", methods=["POST"])
@api_blueprint.arguments(schemas.ZoneCheckBatchBody)
@api_blueprint.response(200, schemas.ZoneCheckBatchAnswer)
@allows(*ANY_ROLE, scope=Scope.ZONES_READ)
def check_batch(body: dict[str, Any]) -> Response:
    """Answer up to 10,000 places in order; one that cannot be checked has an error there."""
    points: list[Any] = body["points"]
    if len(points) > schemas.MAX_POINTS:
        raise TooManyPoints(
            f"{len(points):,} points were sent; one batch takes {schemas.MAX_POINTS:,}. "
            "Send them in several batches."
        )
    site_zone, now = lead().settings.site_zone, utc_now()
    questions: list[service.Question] = []
    answers: list[service.ZoneCheck | ReferralServiceError | None] = []
    for point in points:
        try:
            questions.append(schemas.parse_question(point, site_zone))
            answers.append(None)
        except ReferralServiceError as error:
            answers.append(error)
    with reading() as session:
        found = iter(service.check_many(session, questions, now=now))
    in_order = [next(found) if answer is None else answer for answer in answers]
    _count([answer for answer in in_order if isinstance(answer, service.ZoneCheck)])
    content = json.dumps(schemas.batch_as_json(in_order, site_zone))
    return Response(content, content_type="application/json")


@api_blueprint.route("/zones")
@api_blueprint.response(200, content_type=GEOJSON)
@allows(*ANY_ROLE, scope=Scope.ZONES_READ)
def list_zones() -> Response:
    """Every version of the zone, oldest first, as a GeoJSON FeatureCollection."""
    with reading() as session:
        zones = service.versions(session)
    features = [schemas.zone_as_feature(zone, lead().settings.site_zone) for zone in zones]
    return _geojson({"type": "FeatureCollection", "features": features})


@api_blueprint.route("/zones/current")
@api_blueprint.response(200, content_type=GEOJSON)
@allows(*ANY_ROLE, scope=Scope.ZONES_READ)
def current_zone() -> Response:
    """The version in force now, as a GeoJSON Feature."""
    with reading() as session:
        try:
            zone = service.zone_in_force(session, utc_now())
        except service.NoZoneInForce as error:
            raise NotFound("No zone is in force now.") from error
    return _geojson(schemas.zone_as_feature(zone, lead().settings.site_zone))


@api_blueprint.route("/zones/<int:zone_id>")
@api_blueprint.response(200, content_type=GEOJSON)
@allows(*ANY_ROLE, scope=Scope.ZONES_READ)
def one_zone(zone_id: int) -> Response:
    """One version by its id, as a GeoJSON Feature."""
    with reading() as session:
        zone = service.get_zone(session, zone_id)
    return _geojson(schemas.zone_as_feature(zone, lead().settings.site_zone))


def _geojson(content: dict[str, Any]) -> Response:
    """The content with an ETag over it; 304 to who has it already."""
    body = json.dumps(content, separators=(",", ":")).encode()
    response = Response(body, content_type=GEOJSON)
    response.set_etag(hashlib.sha256(body).hexdigest()[:32])
    response.headers["Cache-Control"] = "private, no-cache"
    response.make_conditional(request)
    return response


def _count(answers: Sequence[service.ZoneCheck]) -> None:
    if not answers:
        return
    now = answers[0].checked_at
    counter = current_app.extensions.setdefault("zone_checks", service.CheckCounter())
    day = now.astimezone(lead().settings.site_zone).date()
    counter.add(day, (answer.status.value for answer in answers), now=now)
