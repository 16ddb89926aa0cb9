"""Read and write GeoJSON outlines strictly: what is doubtful is refused, never repaired.

Only RFC 7946: EPSG:4326, lon before lat, closed rings. A wrong outline is never fixed here, because
a repair guesses and, on a crafted ring, may take minutes.
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

import shapely
import shapely.geometry

from app.errors import InvalidInput
from app.geo.coords import SERVICE_AREA

MAX_VERTICES = 100_000
MAX_FILE_BYTES = 20 * 2**20
WORLD = ("CRS84", "EPSG::4326", "EPSG:4326")
"""How the `crs` member of old GeoJSON may name the only frame that is read."""

Outline: TypeAlias = shapely.Polygon | shapely.MultiPolygon


class InvalidOutline(InvalidInput):
    """The text is no outline that could be used as a zone; the detail says why and where."""

    code = "invalid_outline"


def read_outline(text: str | bytes) -> Outline:
    """Read one Polygon or MultiPolygon: a geometry, a Feature or a FeatureCollection of one.

    Vertices keep their order and every digit. Longitudes and latitudes are degrees.

    Raises:
        InvalidOutline: with a sentence naming the fault and, where there is one, its place.
    """
    return outline_from(decoded(text))


def read_outline_file(path: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """The decoded geometry of an outline's file, and its text properties.

    Raises:
        InvalidOutline: as `read_outline`, or the file is too large for an outline.
    """
    if path.stat().st_size > MAX_FILE_BYTES:
        raise InvalidOutline(f"{path.name} is larger than {MAX_FILE_BYTES // 2**20} MB.")
    value = decoded(path.read_bytes())
    geometry = geometry_as_geojson(outline_from(value))
    if isinstance(value, Mapping) and value.get("type") == "FeatureCollection":
        value = value["features"][0]
    properties = value.get("properties") if isinstance(value, Mapping) else None
    texts = properties if isinstance(properties, Mapping) else {}
    return geometry, {name: text for name, text in texts.items() if isinstance(text, str)}


def decoded(text: str | bytes) -> Any:
    """The JSON value of a text.

    Raises:
        InvalidOutline: it is no JSON, or nested too deeply.
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise InvalidOutline("The file is nested too deeply to be an outline.") from None
    except ValueError:
        raise InvalidOutline(
            "The file is not GeoJSON: it cannot be read as JSON. NaN and Infinity are not JSON."
        ) from None


def outline_from(value: Any) -> Outline:
    """The same as `read_outline` for GeoJSON that was decoded already.

    Raises:
        InvalidOutline: as `read_outline`.
    """
    geometry = _only_geometry(value)
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind == "Polygon":
        outline: Outline = _polygon(coordinates, "the polygon")
    elif kind == "MultiPolygon":
        parts = _list(coordinates, "the coordinates of a MultiPolygon")
        if not parts:
            raise InvalidOutline("The MultiPolygon has no parts.")
        outline = shapely.MultiPolygon(
            [_polygon(part, f"part {n}") for n, part in enumerate(parts, start=1)]
        )
    else:
        raise InvalidOutline("The geometry must be a Polygon or a MultiPolygon.")
    return require_valid(outline)


def require_valid(outline: Outline) -> Outline:
    """The same outline, if GEOS calls it valid and it has an area.

    Raises:
        InvalidOutline: naming the fault and the place (lon lat) where it was found.
    """
    if outline.is_empty:
        raise InvalidOutline("The outline is empty.")
    if shapely.get_num_coordinates(outline) > MAX_VERTICES:
        raise InvalidOutline(f"The outline has over {MAX_VERTICES} corners. Simplify it first.")
    reason = shapely.is_valid_reason(outline)
    if reason != "Valid Geometry":
        raise InvalidOutline(
            f"The outline is not valid: {_in_words(reason)} Draw it again so that it neither "
            "crosses nor touches itself along a line."
        )
    if outline.area == 0:
        raise InvalidOutline("The outline has no area.")
    return outline


def require_outline_in_service_area(outline: Outline) -> Outline:
    """The same outline, if all of it lies in the city's envelope.

    Raises:
        InvalidOutline: saying so when it would fit with lat and lon exchanged.
    """
    area = shapely.box(*SERVICE_AREA)
    if shapely.covers(area, outline):
        return outline
    swapped = shapely.transform(outline, lambda lonlat: lonlat[:, ::-1])
    if shapely.covers(area, swapped):
        raise InvalidOutline(
            "The outline's lat and lon look swapped: GeoJSON has lon first, like [-76.62, 39.29]."
        )
    raise InvalidOutline("The outline reaches outside Baltimore City.")


def geometry_as_geojson(geometry: shapely.Geometry) -> dict[str, Any]:
    """The geometry as a GeoJSON object, lon before lat, with every digit of its coordinates."""
    as_json: dict[str, Any] = json.loads(json.dumps(shapely.geometry.mapping(geometry)))
    return as_json


def feature(
    geometry: shapely.Geometry | None,
    properties: Mapping[str, Any],
    *,
    feature_id: int | str | None = None,
) -> dict[str, Any]:
    """A GeoJSON Feature; members in the order people read them."""
    members: dict[str, Any] = {"type": "Feature"}
    if feature_id is not None:
        members["id"] = feature_id
    members["properties"] = dict(properties)
    members["geometry"] = None if geometry is None else geometry_as_geojson(geometry)
    return members


def _only_geometry(value: Any) -> Mapping[str, Any]:
    found = _object(value, "The file")
    _refuse_other_frame(found.get("crs"))
    if found.get("type") == "FeatureCollection":
        features = _list(found.get("features"), "the features of a FeatureCollection")
        if len(features) != 1:
            raise InvalidOutline(
                f"The file must hold exactly one outline; it holds {len(features)} features."
            )
        found = _object(features[0], "The feature")
    if found.get("type") == "Feature":
        found = _object(found.get("geometry"), "The feature's geometry")
    return found


def _object(value: Any, name: str) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    raise InvalidOutline(f"{name} is no GeoJSON object.")


def _polygon(coordinates: Any, name: str) -> shapely.Polygon:
    rings = _list(coordinates, f"the coordinates of {name}")
    if not rings:
        raise InvalidOutline(f"{name.capitalize()} has no ring.")
    exterior, *holes = (_ring(ring, f"ring {n} of {name}") for n, ring in enumerate(rings, start=1))
    return shapely.Polygon(exterior, holes)


def _ring(positions: Any, name: str) -> list[tuple[float, float]]:
    ring = [_position(position, name) for position in _list(positions, name)]
    if len(ring) < 4:
        raise InvalidOutline(
            f"{name.capitalize()} needs at least 4 positions, first and last equal."
        )
    if ring[0] != ring[-1]:
        raise InvalidOutline(
            f"{name.capitalize()} is not closed: its last position must repeat its first. "
            "The file may have been cut off."
        )
    return ring


def _position(position: Any, name: str) -> tuple[float, float]:
    if not isinstance(position, list | tuple) or not 2 <= len(position) <= 3:
        raise InvalidOutline(f"A position in {name} is not [lon, lat].")
    lon, lat = _degrees(position[0], name), _degrees(position[1], name)
    if abs(lon) > 180 or abs(lat) > 90:
        raise InvalidOutline(f"A position in {name} is out of range: lon +-180, lat +-90 degrees.")
    return lon, lat


def _degrees(value: Any, name: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return number
    raise InvalidOutline(f"A position in {name} holds something that is no finite number.")


def _list(value: Any, name: str) -> list[Any]:
    if isinstance(value, list | tuple):
        return list(value)
    raise InvalidOutline(f"{name[:1].upper()}{name[1:]} must be a list.")


def _refuse_other_frame(crs: Any) -> None:
    if crs is None:
        return
    properties = crs.get("properties") if isinstance(crs, Mapping) else None
    name = properties.get("name") if isinstance(properties, Mapping) else None
    if not (isinstance(name, str) and name.upper().endswith(WORLD)):
        raise InvalidOutline(
            "The file names a coordinate system. Convert it to WGS 84 lon/lat (EPSG:4326) first."
        )


def _in_words(reason: str) -> str:
    fault, _, place = reason.partition("[")
    at = f" near lon {place.rstrip(']').replace(' ', ', lat ', 1)}" if place else ""
    return f"{fault.strip().lower()}{at}."


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
