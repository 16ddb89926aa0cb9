"""Map layers over HTTP, for programs: GeoJSON with metadata, or a file."""

from flask import Response, current_app, request
from flask_smorest import Blueprint

from app.accounts.access import allows, current_roles
from app.accounts.roles import Role, Scope
from app.db import reading
from app.filters import RecordFilter
from app.maps import schemas, service
from app.web.api import API_PREFIX
from app.web.context import lead, utc_now

MAPS_ROLES = (Role.COMMANDER, Role.PLANNER, Role.EVALUATOR, Role.PROGRAMME_MANAGER)

api_blueprint = Blueprint(
    "map_layers", __name__, url_prefix=API_PREFIX, description="Density and hotspots, no points."
)


@api_blueprint.get("/maps/<string:layer>")
@api_blueprint.doc(parameters=schemas.FILTER_PARAMETERS, responses=schemas.LAYER_RESPONSES)
@allows(*MAPS_ROLES, scope=Scope.MAPS_READ)
def show_layer(layer: str) -> Response:
    """A layer as GeoJSON with `metadata`; every filter of the grammar is a query parameter."""
    return _answer(layer, "geojson")


@api_blueprint.get("/maps/<string:layer>.<string:suffix>")
@api_blueprint.doc(parameters=schemas.FILTER_PARAMETERS, responses=schemas.FILE_RESPONSES)
@allows(*MAPS_ROLES, scope=Scope.MAPS_READ)
def show_file(layer: str, suffix: str) -> Response:
    """A layer as a file: geojson, csv, gpkg, png or html."""
    answer = _answer(layer, suffix)
    if answer.status_code == 200:
        answer.headers["Content-Disposition"] = f'attachment; filename="{layer}.{suffix}"'
    return answer


def _answer(layer: str, suffix: str) -> Response:
    service.require_layer(layer)
    service.require_format(suffix)
    asked = RecordFilter.parse(request.args)
    is_demonstration = lead().settings.is_demonstration
    with reading() as session:
        made = service.map_layer(
            session,
            layer,
            asked,
            viewer_roles=current_roles(),
            now=utc_now(),
            is_demonstration=is_demonstration,
        )
    etag = f"{made.etag}-{suffix}"
    answer = current_app.response_class(status=200)
    if not request.if_none_match.contains_weak(etag):
        content, media_type = service.export(made, suffix)
        answer = Response(content, content_type=media_type)
    answer.set_etag(etag)
    # Kept only to be asked again whether it still holds; nothing in it is a person's.
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.vary.update(("Authorization", "Cookie"))
    answer.make_conditional(request)
    return answer
