"""How a place that is named, not measured, is held against the zone's line."""

import math
from typing import Final

import shapely

from app.geo.coords import LonLat
from app.geo.geojson import Outline

EDGE_STREET_M: Final = 5.0
"""The accuracy of the outline: a corner or block closer to the line than this is on its street."""

_METRES_PER_DEGREE: Final = 111_195
_STEP_M: Final = 0.1
_DIRECTIONS: Final = 16


def onto_the_edge(outline: Outline, point: LonLat) -> LonLat:
    """The same point, or 10 cm within the line if it lies outside but on the edge street.

    Zones are drawn along centre lines, and named places lie on centre lines. Whether rounding puts
    Franklin & Paca a centimetre on this or that side of Franklin St means nothing: a place on the
    edge street is in the zone.

    Args:
        outline: EPSG:4326; straight between its corners in lon/lat.
    """
    if shapely.intersects_xy(outline, point.lon, point.lat):
        return point
    stretch = math.cos(math.radians(point.lat))  # straight lines stay straight, circles get round
    line = shapely.transform(outline.boundary, lambda lonlat: lonlat * (stretch, 1.0))
    here = shapely.Point(point.lon * stretch, point.lat)
    nearest = shapely.get_point(shapely.shortest_line(line, here), 0)
    if shapely.distance(here, nearest) * _METRES_PER_DEGREE > EDGE_STREET_M:
        return point
    step = _STEP_M / _METRES_PER_DEGREE
    angles = [2 * math.pi * number / _DIRECTIONS for number in range(_DIRECTIONS)]
    around = shapely.points(
        [(nearest.x + step * math.cos(a), nearest.y + step * math.sin(a)) for a in angles]
    )
    for candidate in sorted(around, key=lambda one: -float(shapely.distance(line, one))):
        moved = LonLat(round(candidate.x / stretch, 7), round(candidate.y, 7))
        if shapely.intersects_xy(outline, moved.lon, moved.lat):
            return moved
    return point
