"""Places over HTTP. POST keeps what somebody looks for out of access logs."""

from typing import Any

from flask_smorest import Blueprint

from app.accounts.access import allows
from app.accounts.roles import ANY_ROLE, Scope
from app.db import reading
from app.geo.coords import LonLat
from app.places import schemas, service
from app.web.api import API_PREFIX
from app.web.context import utc_now

api_blueprint = Blueprint(
    "places", __name__, url_prefix=API_PREFIX, description="Corners and addresses of the city."
)


@api_blueprint.route("/places", methods=["GET"])
@api_blueprint.arguments(schemas.PlaceTextQuery, location="query")
@api_blueprint.response(200, schemas.PlacesFound)
@allows(*ANY_ROLE, scope=Scope.ZONES_READ)
def find_by_query(query: dict[str, Any]) -> dict[str, Any]:
    """Find every place a text may mean; POST does the same and keeps the text out of addresses."""
    return _find(query["q"])


@api_blueprint.route("/places", methods=["POST"])
@api_blueprint.arguments(schemas.PlaceText)
@api_blueprint.response(200, schemas.PlacesFound)
@allows(*ANY_ROLE, scope=Scope.ZONES_READ)
def find(body: dict[str, Any]) -> dict[str, Any]:
    """Find every place a text may mean, with what the zone in force says of each."""
    return _find(body["q"])


@api_blueprint.route("/places/suggest", methods=["POST"])
@api_blueprint.arguments(schemas.PlaceText)
@api_blueprint.response(200, schemas.SuggestionsFound)
@allows(*ANY_ROLE, scope=Scope.ZONES_READ)
def suggest(body: dict[str, Any]) -> dict[str, Any]:
    """Up to eight texts that begin like this one, from its third letter on."""
    return {"labels": list(service.suggest(body["q"]))}


@api_blueprint.route("/places/nearest", methods=["POST"])
@api_blueprint.arguments(schemas.PointBody)
@api_blueprint.response(200, schemas.NearestCorner)
@allows(*ANY_ROLE, scope=Scope.ZONES_READ)
def nearest(body: dict[str, Any]) -> dict[str, Any]:
    """Name the corner nearest to a point."""
    return {"label": service.near(LonLat(lon=body["lon"], lat=body["lat"]))}


def _find(text: str) -> dict[str, Any]:
    with reading() as session:
        return schemas.answer_as_json(service.find(session, text, now=utc_now()))
