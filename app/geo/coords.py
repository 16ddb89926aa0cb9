"""One checked coordinate pair, the two frames in use, and the area the service covers."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from app.errors import InvalidInput

EPSG_WGS84 = 4326
"""Longitude and latitude in degrees, as GPS and GeoJSON have them."""
EPSG_LOCAL_M = 26985
"""NAD83 / Maryland, metres: every length and area is measured here."""

SERVICE_AREA = (-76.7113, 39.1974, -76.5296, 39.3720)
"""West, south, east, north: the envelope of Baltimore City, rounded outward to 0.0001 degrees."""

Floats = NDArray[np.float64]
Geometries = NDArray[np.object_]
G = TypeVar("G", bound=shapely.Geometry)


class InvalidCoordinate(InvalidInput):
    """A longitude or latitude that is no finite number in its range."""

    code = "invalid_coordinate"


class OutsideServiceArea(InvalidInput):
    """A real place, but not one in or near the city."""

    code = "outside_service_area"


@dataclass(frozen=True, slots=True)
class LonLat:
    """A point in EPSG:4326, degrees.

    Raises:
        InvalidCoordinate: a value is NaN, infinite or out of range.
    """

    lon: float
    lat: float

    def __post_init__(self) -> None:
        errors = {}
        # Asked this way round NaN fails too.
        if not -180 <= self.lon <= 180:
            errors["lon"] = ["Send a longitude between -180 and 180."]
        if not -90 <= self.lat <= 90:
            errors["lat"] = ["Send a latitude between -90 and 90."]
        if errors:
            raise InvalidCoordinate(
                " ".join(sentence for [sentence] in errors.values()), errors=errors
            )


def require_lonlat(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Two equally long arrays of float64 degrees, checked as `LonLat` checks one pair.

    Raises:
        InvalidCoordinate: a value is NaN, infinite or out of range.
        ValueError: the arrays have different shapes.
    """
    lon, lat = require_pairs(lon, lat)
    # min and max are NaN as soon as one value is, and then the comparison is false.
    if lon.size and not (lon.min() >= -180 and lon.max() <= 180):
        raise InvalidCoordinate("A longitude is not between -180 and 180.")
    if lat.size and not (lat.min() >= -90 and lat.max() <= 90):
        raise InvalidCoordinate("A latitude is not between -90 and 90.")
    return lon, lat


def require_pairs(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Two equally long arrays of float64; their values are not looked at.

    Raises:
        ValueError: the arrays have different shapes.
    """
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    if lon.shape != lat.shape:
        raise ValueError("lon and lat must have the same shape")
    return lon, lat


def usable(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    """Which pairs are finite and in range; NaN stands for a missing value."""
    return (np.abs(lon) <= 180) & (np.abs(lat) <= 90)


@cache
def to_local_m() -> Transformer:
    """From lon, lat to x, y in EPSG:26985, metres."""
    return Transformer.from_crs(EPSG_WGS84, EPSG_LOCAL_M, always_xy=True)


@cache
def to_wgs84() -> Transformer:
    """From x, y in EPSG:26985, metres, to lon, lat."""
    return Transformer.from_crs(EPSG_LOCAL_M, EPSG_WGS84, always_xy=True)


def project_m(geometry_wgs84: G) -> G:
    """The geometry with every vertex moved from EPSG:4326 to EPSG:26985; nothing is added between.

    An edge that is straight in lon/lat is bent here: densify it first where millimetres count.
    """
    return _transform(to_local_m(), geometry_wgs84)


def project_all_m(geometries_wgs84: Sequence[shapely.Geometry] | Geometries) -> Geometries:
    """(n,) geometries, each moved as `project_m` does."""
    moved: Geometries = shapely.transform(
        np.asarray(geometries_wgs84, dtype=np.object_), to_local_m().transform, interleaved=False
    )
    return moved


def unproject_m(geometry_m: G) -> G:
    """The geometry with every vertex moved from EPSG:26985 to EPSG:4326."""
    return _transform(to_wgs84(), geometry_m)


def is_in_service_area(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    """Which pairs lie in the city's envelope, its edge included."""
    west, south, east, north = SERVICE_AREA
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def require_in_service_area(point: LonLat) -> LonLat:
    """The same point, if it lies in the city's envelope.

    A range check cannot see exchanged values, since (39, -76) is a legal point; this can.

    Raises:
        OutsideServiceArea: saying so when the pair would fit with lat and lon exchanged.
    """
    west, south, east, north = SERVICE_AREA
    if west <= point.lon <= east and south <= point.lat <= north:
        return point
    if west <= point.lat <= east and south <= point.lon <= north:
        raise OutsideServiceArea(
            "lat and lon look swapped: this place lies outside Baltimore City, and with the two "
            "exchanged it lies in it. Send lat near 39.3 and lon near -76.6."
        )
    raise OutsideServiceArea(
        f"This place lies outside Baltimore City. Send lat between {south} and {north} and lon "
        f"between {west} and {east}."
    )


def _transform(transformer: Transformer, geometry: G) -> G:
    moved: G = shapely.transform(geometry, transformer.transform, interleaved=False)
    return moved
