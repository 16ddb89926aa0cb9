"""Where imported points lie: in the local frame, in the city, in the police districts."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import shapely

from app.config import DATA
from app.geo.coords import Floats, to_local_m
from app.incidents.blocks import SmallArray
from app.incidents.rules import Flags
from app.places import service as places

BOUNDARY_FILE = DATA / "city_boundary.geojson"


@cache
def city_boundary() -> shapely.Geometry:
    """The city in EPSG:4326, prepared for many questions."""
    collection = shapely.from_geojson(BOUNDARY_FILE.read_text(encoding="utf-8"))
    boundary = shapely.union_all(shapely.get_parts(collection))
    shapely.prepare(boundary)
    return boundary


@dataclass(frozen=True, eq=False)
class Located:
    """Where n points lie; every array is (n,). NaN, False and 0 where there is no point."""

    x_m: Floats
    y_m: Floats
    is_in_city: Flags
    district_1959: SmallArray
    district_2023: SmallArray


def locate(lon: Floats, lat: Floats, boundary: shapely.Geometry) -> Located:
    """Project points and find city and districts; equal points are asked once.

    Args:
        lon, lat: (n,) degrees, NaN without a point.
        boundary: the city in EPSG:4326, prepared; a point on its line lies in it.
    """
    has_point = np.isfinite(lon) & np.isfinite(lat)
    pairs = np.stack([lon[has_point], lat[has_point]], axis=1)
    unique, back = np.unique(pairs, axis=0, return_inverse=True)
    back = back.reshape(-1)
    ulon, ulat = unique[:, 0].copy(), unique[:, 1].copy()
    x_m, y_m = to_local_m().transform(ulon, ulat)

    def spread(values: Any, missing: float, dtype: Any) -> Any:
        out = np.full(len(lon), missing, dtype=dtype)
        out[has_point] = np.asarray(values)[back]
        return out

    return Located(
        x_m=_finite(spread(x_m, np.nan, np.float64)),
        y_m=_finite(spread(y_m, np.nan, np.float64)),
        is_in_city=spread(shapely.intersects_xy(boundary, ulon, ulat), False, np.bool_),
        district_1959=spread(places.district_number(ulon, ulat, "1959"), 0, np.int8),
        district_2023=spread(places.district_number(ulon, ulat, "2023"), 0, np.int8),
    )


def _finite(values: Floats) -> Floats:
    """A point on the far side of the Earth has no place in the local frame: NaN, not infinity."""
    return np.where(np.isfinite(values), values, np.nan)
