"""Where a point lies relative to a zone: inside, outside or uncertain, how far, which street.

The outline is straight between its corners in lon/lat (RFC 7946). Inside is `covers` in EPSG:4326,
so a point on the line is inside, and so is one within a millimetre of it. Distances are metres in
EPSG:26985 to that same line, densified before it is projected.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import shapely
from numpy.typing import NDArray

from app.geo.coords import (
    Floats,
    InvalidCoordinate,
    LonLat,
    project_all_m,
    require_lonlat,
    to_local_m,
)
from app.geo.geojson import Outline, require_valid
from app.geo.zone_raster import CUT, INSIDE, ZoneRaster

ON_THE_LINE_M = 0.001
"""A point this near the boundary counts as on it, and so as inside."""
NEAR_THE_LINE_DEG = 3e-8
"""More than a millimetre in every direction (2.6 mm east, 3.3 mm north in Baltimore)."""
DENSIFY_DEG = 2e-4
"""Longest piece of the densified line, about 20 m: it strays by less than 0.01 mm."""
NO_ACCURACY = "An accuracy is a finite number of metres, 0 or more."

Flags = NDArray[np.bool_]


class ZoneStatus(StrEnum):
    """The three answers of a zone check."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class EdgeStreet:
    """A piece of the boundary and the street it runs along; None where no street is near."""

    street: str | None
    line_wgs84: shapely.LineString


@dataclass(frozen=True, slots=True)
class ZonePosition:
    """Where one point lies. `is_inside` is exact and knows nothing of the point's accuracy."""

    status: ZoneStatus
    is_inside: bool
    distance_to_boundary_m: float
    """Shortest way to the line, never negative, inside or outside."""
    nearest_street: str | None
    """The street along the nearest piece of the boundary."""


@dataclass(frozen=True, eq=False)
class ZonePositions:
    """Where many points lie; every array is (n,), in the order of the points."""

    is_inside: Flags
    is_uncertain: Flags
    distance_to_boundary_m: Floats
    nearest_street: NDArray[np.object_]
    """str or None."""

    @property
    def status(self) -> NDArray[np.str_]:
        """(n,) words of `ZoneStatus`."""
        verdict = np.where(self.is_inside, ZoneStatus.INSIDE.value, ZoneStatus.OUTSIDE.value)
        return np.where(self.is_uncertain, ZoneStatus.UNCERTAIN.value, verdict)


class ZoneIndex:
    """One zone, prepared for many questions. Holes and several parts are allowed.

    Args:
        outline: EPSG:4326, valid.
        edge_streets: pieces of the boundary with their streets; may be empty.

    Raises:
        InvalidOutline: the outline is not valid.
    """

    def __init__(self, outline: Outline, edge_streets: Sequence[EdgeStreet] = ()) -> None:
        self._outline = require_valid(outline)
        self._thickened = shapely.buffer(outline, NEAR_THE_LINE_DEG)
        shapely.prepare([self._outline, self._thickened])
        self._raster = ZoneRaster(outline)
        pieces_wgs84 = densified_pieces(outline)
        self._pieces_m = shapely.STRtree(project_all_m(pieces_wgs84))
        self._street_of_piece = _nearest_streets(pieces_wgs84, edge_streets)

    def covers(self, lon: float, lat: float) -> bool:
        """Whether one point is in the zone or within a millimetre of its line.

        Raises:
            InvalidCoordinate: a value is NaN, infinite or out of range.
        """
        code = self._raster.code(lon, lat)
        if code != CUT:
            return code == INSIDE
        return bool(self._covers_exactly(np.array([lon]), np.array([lat]))[0])

    def covers_xy(self, lon: Floats, lat: Floats) -> Flags:
        """The same for (n,) longitudes and latitudes.

        Raises:
            InvalidCoordinate: a value is NaN, infinite or out of range.
        """
        codes = self._raster.codes(lon, lat)
        found: Flags = codes == INSIDE
        cut = np.flatnonzero(codes == CUT)
        if cut.size:
            found[cut] = self._covers_exactly(np.asarray(lon)[cut], np.asarray(lat)[cut])
        return found

    def locate(self, point: LonLat, accuracy_m: float | None = None) -> ZonePosition:
        """Say where one point lies.

        Args:
            accuracy_m: radius of the position's error, metres, finite and not negative. When
                given, and the line is no farther than it (or than a millimetre), the answer is
                `uncertain`; without it the answer is always `inside` or `outside`.

        Raises:
            InvalidCoordinate: the accuracy is NaN, infinite or negative.
        """
        accuracies = None if accuracy_m is None else np.array([accuracy_m])
        if accuracy_m is not None and np.isnan(accuracy_m):
            raise InvalidCoordinate(NO_ACCURACY)
        found = self.locate_many(np.array([point.lon]), np.array([point.lat]), accuracies)
        return ZonePosition(
            status=ZoneStatus(found.status[0]),
            is_inside=bool(found.is_inside[0]),
            distance_to_boundary_m=float(found.distance_to_boundary_m[0]),
            nearest_street=found.nearest_street[0],
        )

    def locate_many(
        self, lon: Floats, lat: Floats, accuracy_m: Floats | None = None
    ) -> ZonePositions:
        """Say where (n,) points lie.

        Args:
            accuracy_m: (n,), NaN where none is given; or None where none is given at all.

        Raises:
            InvalidCoordinate: a coordinate is NaN, infinite or out of range, or an accuracy is
                infinite or negative.
        """
        lon, lat = require_lonlat(lon, lat)
        distance_m, piece = self._distance_m(lon, lat)
        return ZonePositions(
            is_inside=self.covers_xy(lon, lat),
            is_uncertain=_is_uncertain(distance_m, accuracy_m),
            distance_to_boundary_m=distance_m,
            nearest_street=self._street_of_piece[piece],
        )

    def _covers_exactly(self, lon: Floats, lat: Floats) -> Flags:
        """For a point, `intersects` with an area is `covers`: the line belongs to it."""
        found: Flags = shapely.intersects_xy(self._outline, lon, lat)
        left = np.flatnonzero(~found)
        left = left[shapely.intersects_xy(self._thickened, lon[left], lat[left])]
        if left.size:
            found[left] = self._distance_m(lon[left], lat[left])[0] <= ON_THE_LINE_M
        return found

    def _distance_m(self, lon: Floats, lat: Floats) -> tuple[Floats, NDArray[np.intp]]:
        """Distance to the line in metres, and the number of the nearest piece."""
        x_m, y_m = to_local_m().transform(lon, lat)
        nearest, distance_m = self._pieces_m.query_nearest(
            shapely.points(x_m, y_m), return_distance=True, all_matches=False
        )
        return distance_m, nearest[1]


def densified_pieces(outline: Outline) -> NDArray[np.object_]:
    """The boundary as short straight LineStrings of two points each, EPSG:4326, ring after ring."""
    pieces = []
    for line in shapely.get_parts(shapely.boundary(outline)):
        vertices = shapely.get_coordinates(shapely.segmentize(line, DENSIFY_DEG))
        pieces.append(shapely.linestrings(np.stack([vertices[:-1], vertices[1:]], axis=1)))
    return np.concatenate(pieces)


def _is_uncertain(distance_m: Floats, accuracy_m: Floats | None) -> Flags:
    if accuracy_m is None:
        return np.zeros(distance_m.shape, dtype=np.bool_)
    if np.any(accuracy_m < 0) or np.any(np.isinf(accuracy_m)):
        raise InvalidCoordinate(NO_ACCURACY)
    is_given = ~np.isnan(accuracy_m)
    return is_given & (distance_m <= np.maximum(accuracy_m, ON_THE_LINE_M))


def _nearest_streets(
    pieces_wgs84: NDArray[np.object_], edge_streets: Sequence[EdgeStreet]
) -> NDArray[np.object_]:
    """For every piece of the line the street of the edge that its middle lies on."""
    streets = np.full(len(pieces_wgs84), None, dtype=np.object_)
    if edge_streets:
        edges = shapely.STRtree([edge.line_wgs84 for edge in edge_streets])
        nearest = edges.nearest(shapely.line_interpolate_point(pieces_wgs84, 0.5, normalized=True))
        streets[:] = [edge_streets[number].street for number in nearest]
    return streets
