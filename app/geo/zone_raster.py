"""Which cells of a fine raster lie wholly inside a zone, wholly outside, or are cut by its line.

Almost every point falls in a whole cell, and there the answer is one look-up. Only points in cut
cells need GEOS. Everything here is in degrees of EPSG:4326, where the outline is straight.
"""

from math import floor

import numpy as np
import shapely
from numpy.typing import NDArray

from app.geo.coords import Floats, InvalidCoordinate, require_lonlat, require_pairs
from app.geo.geojson import Outline

OUTSIDE, INSIDE, CUT = 0, 1, 2
CELLS_PER_SIDE = 512
MARGIN_DEG = 1e-7
"""A cell counts as cut when the line comes this near (about 1 cm): far more than any rounding, and
more than the millimetre within which a point counts as on the line."""
CHUNK = 16_384
"""Points looked up at a time, so that the working arrays stay in the processor's cache."""


class ZoneRaster:
    """Cells of a zone's envelope, one ring of outside cells around it.

    Raises:
        InvalidCoordinate: from every look-up of a value that is NaN, infinite or out of range.
    """

    def __init__(self, outline: Outline, cells_per_side: int = CELLS_PER_SIDE) -> None:
        west, south, east, north = (float(side) for side in shapely.bounds(outline))
        padding = 2 * MARGIN_DEG
        sides = np.array([east - west, north - south]) + 2 * padding
        # No cell is as small as the margin, and none is a needle when the zone is one.
        smallest = max(float(sides.max()) / (8 * cells_per_side), 4 * MARGIN_DEG)
        counts = np.clip(sides // smallest, 1, cells_per_side).astype(int)
        dx, dy = float(sides[0] / counts[0]), float(sides[1] / counts[1])
        self._width, self._height = int(counts[0]) + 2, int(counts[1]) + 2
        self._west, self._south = west - padding - dx, south - padding - dy
        self._east, self._north = self._west + self._width * dx, self._south + self._height * dy
        self._per_lon, self._per_lat = 1 / dx, 1 / dy
        grid = np.full((self._height, self._width), OUTSIDE, dtype=np.int8)
        self._mark_cut(grid, outline, min(dx, dy) / 2)
        self._mark_inside(grid, outline, dx, dy)
        self._grid = grid.ravel()
        self._bytes: bytes = self._grid.tobytes()
        self.cut_share = float((grid == CUT).mean())

    def code(self, lon: float, lat: float) -> int:
        """OUTSIDE, INSIDE or CUT for one point; plain Python, no object is built."""
        if self._west <= lon < self._east and self._south <= lat < self._north:
            row = floor((lat - self._south) * self._per_lat)
            column = floor((lon - self._west) * self._per_lon)
            return self._bytes[row * self._width + column]
        if -180 <= lon <= 180 and -90 <= lat <= 90:
            return OUTSIDE
        raise InvalidCoordinate("Send a longitude within +-180 and a latitude within +-90 degrees.")

    def codes(self, lon: Floats, lat: Floats) -> NDArray[np.int8]:
        """OUTSIDE, INSIDE or CUT for (n,) longitudes and latitudes."""
        lon, lat = require_pairs(lon, lat)
        found = np.empty(lon.shape, dtype=np.int8)
        for start in range(0, lon.size, CHUNK):
            part = slice(start, start + CHUNK)
            require_lonlat(lon[part], lat[part])
            cell = _number(lat[part], self._south, self._per_lat, self._height)
            cell *= self._width
            cell += _number(lon[part], self._west, self._per_lon, self._width)
            np.take(self._grid, cell, out=found[part], mode="clip")
        return found

    def _mark_cut(self, grid: NDArray[np.int8], outline: Outline, step_deg: float) -> None:
        """Mark every cell that the line touches or nearly touches, and perhaps a few beside it."""
        for line in shapely.get_parts(shapely.boundary(outline)):
            vertices = shapely.get_coordinates(shapely.segmentize(line, step_deg))
            lower = np.minimum(vertices[:-1], vertices[1:]) - MARGIN_DEG
            upper = np.maximum(vertices[:-1], vertices[1:]) + MARGIN_DEG
            first_column, first_row = self._cells(lower)
            last_column, last_row = self._cells(upper)
            # A piece with its margins is no longer than a cell, so it meets at most 2 x 2.
            for row in (first_row, last_row):
                for column in (first_column, last_column):
                    grid[row, column] = CUT

    def _mark_inside(self, grid: NDArray[np.int8], outline: Outline, dx: float, dy: float) -> None:
        """Decide every cell that the line does not touch by its centre; holes and parts by GEOS."""
        rows, columns = np.nonzero(grid != CUT)
        lon = self._west + (columns + 0.5) * dx
        lat = self._south + (rows + 0.5) * dy
        grid[rows, columns] = np.where(shapely.contains_xy(outline, lon, lat), INSIDE, OUTSIDE)

    def _cells(self, lonlat: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        column = ((lonlat[:, 0] - self._west) * self._per_lon).astype(np.int64)
        row = ((lonlat[:, 1] - self._south) * self._per_lat).astype(np.int64)
        return column, row


def _number(degrees: Floats, first: float, per_degree: float, count: int) -> NDArray[np.int32]:
    """Which of `count` columns or rows each value lies in; beyond the ends, the first or last."""
    place = degrees - first
    place *= per_degree
    np.maximum(place, 0, out=place)
    np.minimum(place, count - 0.5, out=place)
    return place.astype(np.int32)
