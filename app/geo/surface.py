"""A density surface as people see it: contour polygons, a picture's pixels, what may be shown."""

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from contourpy import FillType, contour_generator
from scipy import ndimage

from app.geo.coords import to_local_m, unproject_m
from app.geo.density import Frame, Surface, kernel_disc
from app.geo.disclosure import people_near_pixels
from app.geo.grid import City, FloatArray, IntArray

LEVEL_COUNT = 5
CONTOUR_STEP_DEGREES = 1e-6
CONTOUR_TOLERANCE_M = 15.0
"""Corners whose triangle with their neighbours is smaller than this squared are left out."""
EARTH_RADIUS_M = 6378137.0


@dataclass(frozen=True)
class Band:
    """The part of the city where the density lies between two levels, per km2 and period."""

    low_per_km2: float
    high_per_km2: float
    area_m: shapely.MultiPolygon
    """EPSG:26985."""
    area_wgs84: shapely.MultiPolygon


@dataclass(frozen=True, eq=False)
class MercatorImage:
    """Values on pixels that are even in Web Mercator, as map pictures need them."""

    values: FloatArray
    """(height, width), row 0 in the NORTH; incidents per km2 in the period."""
    west: float
    south: float
    east: float
    north: float
    """The picture's outer edges, degrees."""


def nice_levels(peak: float) -> tuple[float, ...]:
    """Up to five round levels (1, 2, 5, 10, 20 ...) below a peak, rising; none for a peak of 0.

    About each doubles the one before: incidents pile up in few places, and even steps would show
    only those.
    """
    if not peak > 0:
        return ()
    power = math.floor(math.log10(peak)) + 1
    ladder = [
        float(f"{digit}e{exponent}")
        for exponent in range(power - 3, power + 1)
        for digit in (1, 2, 5)
    ]
    below = [level for level in ladder if level <= 0.8 * peak]
    return tuple(below[-LEVEL_COUNT:])


def top_level(levels: tuple[float, ...], peak: float) -> float:
    """The round number (1, 2, 5, 10 ...) that closes the highest class."""
    power = math.floor(math.log10(max(peak, levels[-1])))
    steps = (float(f"{digit}e{power + more}") for more in (0, 1) for digit in (1, 2, 5))
    return next(step for step in steps if step > levels[-1] and step >= peak)


def contour_bands(surface: Surface, levels: tuple[float, ...], city_m: City) -> list[Band]:
    """Polygons between neighbouring levels, lowest first, clipped at the city's edge.

    What lies below the first level has no polygon. Empty bands are left out.
    """
    if not levels:
        return []
    generator = contour_generator(
        surface.frame.x_m, surface.frame.y_m, surface.values, fill_type=FillType.OuterOffset
    )
    edges = (*levels, top_level(levels, surface.peak))
    areas = [_area_of(generator.filled(low, high)) for low, high in pairwise(edges)]
    # Simplified together, so that neighbouring bands keep one common line.
    simple = shapely.coverage_simplify(np.array(areas, dtype=object), CONTOUR_TOLERANCE_M)
    bands = []
    for (low, high), area in zip(pairwise(edges), simple, strict=True):
        area_m = _polygons_of(shapely.intersection(shapely.make_valid(area), city_m))
        if not area_m.is_empty:
            bands.append(Band(low, high, area_m, _in_degrees(area_m)))
    return bands


def withhold_few_people(
    surface: Surface, x_m: FloatArray, y_m: FloatArray, person_key: IntArray, k: int
) -> Surface:
    """The surface with 0 wherever fewer than k people have a record within the bandwidth.

    A place that only one or a few people contribute to would show where they were.
    """
    row, column = surface.frame.pixel_of(x_m, y_m)
    is_on = (row >= 0) & (row < surface.frame.rows)
    is_on &= (column >= 0) & (column < surface.frame.columns)
    disc = kernel_disc(surface.frame.pixel_m, surface.bandwidth_m) > 0
    people = people_near_pixels(
        row[is_on], column[is_on], person_key[is_on], disc, surface.frame.shape
    )
    return replace(surface, values=np.where(people >= k, surface.values, 0.0))


def floor_to_levels(surface: Surface, levels: tuple[float, ...]) -> Surface:
    """The surface in steps: every value lowered to the level it has reached, 0 below the first.

    A smooth surface with a known kernel can be turned back into its points; steps cannot.
    """
    steps = np.array((0.0, *levels))
    reached = np.searchsorted(steps, surface.values, side="right") - 1
    return replace(surface, values=steps[np.maximum(reached, 0)])


def mercator_image(surface: Surface, width: int, *, smooth: bool = True) -> MercatorImage:
    """The surface on a picture grid that lies straight on a Web Mercator map.

    Args:
        width: pixels across; the height follows so that pixels are square on the map.
        smooth: interpolate between pixel centres; False keeps a stepped surface stepped.
    """
    west, south, east, north = _degrees_of(surface.frame)
    top, bottom = _mercator_y(north), _mercator_y(south)
    height = max(1, round(width * (top - bottom) / (EARTH_RADIUS_M * math.radians(east - west))))
    lon = west + (np.arange(width) + 0.5) * (east - west) / width
    y = top - (np.arange(height) + 0.5) * (top - bottom) / height
    lat = np.degrees(2 * np.arctan(np.exp(y / EARTH_RADIUS_M)) - math.pi / 2)
    lons, lats = np.meshgrid(lon, lat)
    x_m, y_m = to_local_m().transform(lons, lats)
    return MercatorImage(sample(surface, x_m, y_m, smooth=smooth), west, south, east, north)


def sample(
    surface: Surface, x_m: FloatArray, y_m: FloatArray, *, smooth: bool = True
) -> FloatArray:
    """The surface's values at places in EPSG:26985, any shape; 0 outside the frame."""
    frame = surface.frame
    at = [
        (y_m - frame.south_m) / frame.pixel_m - 0.5,
        (x_m - frame.west_m) / frame.pixel_m - 0.5,
    ]
    found: FloatArray = ndimage.map_coordinates(
        surface.values, at, order=1 if smooth else 0, mode="constant"
    )
    return found


def _area_of(filled: Any) -> shapely.MultiPolygon:
    """contourpy's outer rings with their holes as one area."""
    polygons = []
    for ring_points, ring_starts in zip(*filled, strict=True):
        rings = [ring_points[start:stop] for start, stop in pairwise(ring_starts)]
        polygons.append(shapely.Polygon(rings[0], rings[1:]))
    return shapely.MultiPolygon(polygons)


def _in_degrees(area_m: shapely.MultiPolygon) -> shapely.MultiPolygon:
    return _polygons_of(shapely.set_precision(unproject_m(area_m), CONTOUR_STEP_DEGREES))


def _polygons_of(geometry: shapely.Geometry) -> shapely.MultiPolygon:
    """Only the areas of a geometry: clipping may leave lines and points where edges touch."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    return shapely.MultiPolygon([p for p in parts if p.geom_type == "Polygon" and not p.is_empty])


def _degrees_of(frame: Frame) -> tuple[float, float, float, float]:
    """The window's bounds in degrees, west, south, east, north; the frames are slightly turned."""
    east_m = frame.west_m + frame.columns * frame.pixel_m
    north_m = frame.south_m + frame.rows * frame.pixel_m
    window = shapely.segmentize(shapely.box(frame.west_m, frame.south_m, east_m, north_m), 500)
    west, south, east, north = unproject_m(window).bounds
    return west, south, east, north


def _mercator_y(lat: float) -> float:
    return EARTH_RADIUS_M * math.log(math.tan(math.pi / 4 + math.radians(lat) / 2))
