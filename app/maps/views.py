"""The map room: the page, what its map is made of, its files, and the base map."""

import io
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from http import HTTPStatus
from urllib.parse import urlencode

import shapely
from flask import Blueprint, Response, jsonify, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from app.accounts.access import allows, current_roles, public
from app.accounts.roles import Role
from app.config import DATA
from app.db import reading
from app.errors import InvalidInput, NotFound, ReferralServiceError
from app.filters import REFERRALS, InvalidFilter, RecordFilter
from app.incidents import service as incidents
from app.maps import areas, basemap, exports, page, render, service, shapes, toolbar
from app.maps.service import HotspotLayer, Layer
from app.referrals import service as referrals
from app.web.context import lead, utc_now

BASEMAP_SECONDS = 7 * 24 * 3600
LINES_SECONDS = 24 * 3600
CONTOUR_BYTES = 40_000
MAPS_ROLES = (Role.COMMANDER, Role.PLANNER, Role.EVALUATOR, Role.PROGRAMME_MANAGER)
LAYERS = {"hotspots": "Hotspots", "density": "Density"}
EXPORTS = {
    "geojson": "GeoJSON",
    "csv": "CSV",
    "gpkg": "GeoPackage",
    "png": "Picture (PNG)",
    "html": "Page (HTML)",
}

blueprint = Blueprint("maps", __name__, url_prefix="/maps")


@blueprint.get("")
@allows(*MAPS_ROLES)
def show() -> ResponseReturnValue:
    """The map room for the filter in the address; a filter that cannot be used is explained."""
    name = _layer_name()
    asked = RecordFilter()
    try:
        asked = _asked()
        layer = _layer(name, asked)
    except InvalidFilter as error:
        return _page(name, _readable(error), None, error), error.status
    except (InvalidInput, NotFound) as error:
        return _page(name, asked, None, error), error.status
    return _page(name, asked, layer, None), HTTPStatus.OK


@blueprint.get("/map.css")
@allows(*MAPS_ROLES)
def map_style() -> ResponseReturnValue:
    """The styles of the map itself; the same for every filter."""
    answer = Response(_bare_map().style, mimetype="text/css")
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


@blueprint.get("/map.js")
@allows(*MAPS_ROLES)
def map_script() -> ResponseReturnValue:
    """What the map shows, as the script that draws it."""
    layer = _layer(_layer_name(), _asked())
    return Response(render.split_map(_content(layer)).script, mimetype="text/javascript")


@blueprint.get("/density.png")
@allows(*MAPS_ROLES)
def density_image() -> ResponseReturnValue:
    """The density surface as a picture to lay over the map."""
    with reading() as session:
        layer = service.density_layer(session, _asked(), viewer_roles=_roles(), now=utc_now())
    picture, _ = page.density_picture(layer)
    content = io.BytesIO()
    picture.save(content, "PNG", optimize=True)
    return Response(content.getvalue(), mimetype="image/png")


@blueprint.get("/neighbourhoods.json")
@allows(*MAPS_ROLES)
def neighbourhoods() -> ResponseReturnValue:
    """The borders of the neighbourhoods; public ground, fetched when somebody switches them on."""
    answer = jsonify(lines=areas.neighbourhood_lines())
    answer.headers["Cache-Control"] = f"private, max-age={LINES_SECONDS}"
    return answer


@blueprint.get("/export.<suffix>")
@allows(*MAPS_ROLES)
def export(suffix: str) -> ResponseReturnValue:
    """What is seen, as a file."""
    if suffix not in EXPORTS:
        raise NotFound(f"Maps are exported as {', '.join(EXPORTS)}.")
    name = _layer_name()
    layer = _layer(name, _asked())
    answer: Response = send_file(
        io.BytesIO(exports.export(layer, suffix)),
        mimetype=exports.MEDIA_TYPES[suffix],
        as_attachment=True,
        download_name=exports.file_name(layer, suffix),
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/basemap.pmtiles")
@public
def basemap_file() -> ResponseReturnValue:
    """The base map, whole or by Range (206). Public streets only, so anybody may keep it."""
    answer: Response = send_file(
        DATA / basemap.FILE_NAME,
        mimetype="application/vnd.pmtiles",
        conditional=True,
        max_age=BASEMAP_SECONDS,
    )
    answer.headers["Cache-Control"] = f"public, max-age={BASEMAP_SECONDS}"
    return answer


def _layer_name() -> str:
    name = request.args.get("layer", "hotspots")
    if name not in LAYERS:
        raise NotFound("There is no such map. Choose hotspots or density.")
    return name


def _asked() -> RecordFilter:
    """The filter of the address, with the page's own default exposure for incidents."""
    asked = RecordFilter.parse(request.args)
    if asked.exposure is None and asked.dataset != REFERRALS:
        return asked.with_changes(exposure="street_length")
    return asked


def _readable(error: InvalidFilter) -> RecordFilter:
    """The rest of the filter in the address, so that only what is wrong is chosen again."""
    kept = {name: values for name, values in request.args.lists() if name not in error.errors}
    return RecordFilter.parse(kept)


def _layer(name: str, asked: RecordFilter) -> Layer:
    with reading() as session:
        return service.map_layer(
            session,
            name,
            asked,
            viewer_roles=_roles(),
            now=utc_now(),
            is_demonstration=lead().settings.is_demonstration,
        )


def _page(
    name: str, asked: RecordFilter, layer: Layer | None, error: ReferralServiceError | None
) -> str:
    query = {"layer": name, **asked.to_query()}
    last_day = asked.to_date if layer is None else page.last_day(layer.metadata)
    district_set = areas.district_set_on(last_day, asked.district_set)
    tabs = {words: _url("maps.show", query | {"layer": key}) for key, words in LAYERS.items()}
    files = {words: _url("maps.export", query, suffix=end) for end, words in EXPORTS.items()}
    chips = toolbar.chips(asked, _vocabulary(district_set))
    return render_template(
        "maps/page.html",
        layer_name=name,
        layer_tabs=tabs,
        layer_words=LAYERS[name],
        chips=chips,
        filter_words=toolbar.in_words(chips),
        clear_url=_url("maps.show", {"layer": name}),
        error=error,
        page_notice=None if layer is None else layer.metadata.get("notice"),
        told=None if layer is None else page.told(layer, asked),
        district_set=district_set,
        map=_bare_map(),
        script_url=_url("maps.map_script", query),
        files=files,
    )


def _url(endpoint: str, query: Mapping[str, str], **parts: str) -> str:
    """An address with the filter in its query, in the filter's own order."""
    path = url_for(endpoint, **parts)  # type: ignore[arg-type]
    return f"{path}?{urlencode(query, safe=',')}" if query else path


def _vocabulary(district_set: str) -> toolbar.Vocabulary:
    with reading() as session:
        sets = incidents.datasets(session)
    own = toolbar.DataChoice(REFERRALS, "Referrals", False, referrals.CATEGORIES)
    data = (own, *(toolbar.DataChoice(s.name, s.name, s.is_public_record, s.classes) for s in sets))
    seen = referrals.known_statuses(referrals.audience_of(_roles()))
    return toolbar.Vocabulary(
        data=data,
        kinds=referrals.KINDS,
        statuses=tuple(status for status in referrals.STATUS_WORDS if status in seen),
        status_words=referrals.STATUS_WORDS,
        districts={district.number: district.name for district in areas.districts(district_set)},
    )


def _roles() -> frozenset[str]:
    return frozenset(role.value for role in current_roles())


def _content(layer: Layer) -> render.MapContent:
    """Everything the map draws, from what the layer publishes."""
    asked = layer.metadata["filters"]
    district_set = areas.district_set_on(page.last_day(layer.metadata), asked.get("district_set"))
    content = render.MapContent(
        basemap_url=url_for("maps.basemap_file"),
        zone=layer.zone.outline,
        view=page.first_view(layer),
        city=areas.city_bounds(),
        district_lines=areas.district_lines(district_set),
        neighbourhoods_url=url_for("maps.neighbourhoods"),
    )
    if isinstance(layer, HotspotLayer):
        cells = shapes.code_cells(layer.cells, asked["cell_m"], ranked=page.ROWS_SHOWN)
        return replace(content, cells=cells.as_json())
    return replace(
        content,
        contours={"levels": shapes.code_contours(layer.contours, CONTOUR_BYTES)},
        picture=render.Picture(
            _url("maps.density_image", request.args.to_dict()), page.picture_bounds(layer)
        ),
    )


@lru_cache(maxsize=1)
def _bare_map() -> render.SplitMap:
    """The parts of the map that no filter changes: its element, its styles, its vendored files."""
    nowhere = render.MapContent(
        basemap_url="", zone=shapely.Point(), view=(0, 0, 0, 0), city=(0, 0, 0, 0)
    )
    return render.split_map(nowhere)
