"""Which area of a layer a point lies in: police districts, neighbourhoods."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from app.geo.coords import Floats, usable

NO_AREA = -1

Positions = NDArray[np.int64]


class AreaIndex:
    """Areas that do not overlap, prepared for many points.

    A point on a line that two areas share lies in the first of them.

    Args:
        areas_wgs84: polygons in EPSG:4326; an answer is a position in this sequence.
    """

    def __init__(self, areas_wgs84: Sequence[shapely.Geometry]) -> None:
        self._areas = np.array(list(areas_wgs84), dtype=object)
        self._bounds = shapely.bounds(self._areas).reshape(-1, 4)
        shapely.prepare(self._areas)

    def locate_many(self, lon: Floats, lat: Floats) -> Positions:
        """(n,) positions of the areas that cover the points, -1 where none does.

        Args:
            lon, lat: (n,) degrees; NaN or out of range is in no area.
        """
        lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
        found = np.full(lon.shape, NO_AREA, dtype=np.int64)
        open_points = np.flatnonzero(usable(lon, lat))
        for position, (west, south, east, north) in enumerate(self._bounds):
            x, y = lon[open_points], lat[open_points]
            near = open_points[(x >= west) & (x <= east) & (y >= south) & (y <= north)]
            inside = near[shapely.intersects_xy(self._areas[position], lon[near], lat[near])]
            if len(inside):
                found[inside] = position
                open_points = open_points[found[open_points] == NO_AREA]
        return found


def read_areas(path: Path, *members: str) -> tuple[list[shapely.Geometry], list[dict[str, object]]]:
    """The polygons of a GeoJSON FeatureCollection and the named members of their properties."""
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    areas = [shapely.from_geojson(json.dumps(feature["geometry"])) for feature in features]
    return areas, [{name: feature["properties"][name] for name in members} for feature in features]
