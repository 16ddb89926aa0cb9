"""What a map layer is once it may be shown: metadata, cells or contours, and the zone."""

import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import geopandas as gpd

from app.geo.coords import EPSG_LOCAL_M
from app.geo.density import Surface
from app.maps import service_ground
from app.maps.layer_json import feature_collection, shape_texts
from app.zones.service import ZoneVersion


@dataclass(frozen=True, eq=False)
class HotspotLayer:
    """Cells with their counts and bins, after suppression, in published order.

    `cells` (EPSG:26985): cell_id, count (Int64, null = withheld), count_label, expected, z_score,
    p_value, q_value, bin, method, rank (Int64: 1, 2 ... for cells with bin >= 1, else null),
    nearest_corner (for ranked cells), window_count, window_expected, geometry. `expected` is for
    the cell itself, `window_count` and `window_expected` for the 3 x 3 window that is tested.
    """

    metadata: dict[str, Any]
    cells: gpd.GeoDataFrame
    zone: ZoneVersion
    name: str = "hotspots"

    def __len__(self) -> int:
        return len(self.cells)

    @property
    def features(self) -> gpd.GeoDataFrame:
        """The table that is exported."""
        return self.cells

    @cached_property
    def geojson(self) -> bytes:
        """The GeoJSON answer of the API."""
        known = _cell_texts(self.metadata["parameters"]["cell_m"])
        shapes = [known[cell_id] for cell_id in self.cells["cell_id"]]
        return feature_collection(self.metadata, self.cells, identifier="cell_id", shapes=shapes)

    @cached_property
    def etag(self) -> str:
        """Changes exactly when what is shown changes."""
        return hashlib.sha256(self.geojson).hexdigest()[:32]


@dataclass(frozen=True, eq=False)
class DensityLayer:
    """Contour polygons and the surface they come from, after suppression.

    `contours` (EPSG:4326): density_from_per_km2, density_to_per_km2, geometry; lowest first. On a
    personal set `surface` is stepped at the contour levels (`surface.values` holds only levels).
    """

    metadata: dict[str, Any]
    contours: gpd.GeoDataFrame
    surface: Surface
    zone: ZoneVersion
    name: str = "density"

    def __len__(self) -> int:
        return len(self.contours)

    @property
    def features(self) -> gpd.GeoDataFrame:
        """The table that is exported."""
        return self.contours

    @cached_property
    def geojson(self) -> bytes:
        """The GeoJSON answer of the API."""
        return feature_collection(self.metadata, self.contours)

    @cached_property
    def etag(self) -> str:
        """Changes exactly when what is shown changes."""
        return hashlib.sha256(self.geojson + self.surface.values.tobytes()).hexdigest()[:32]


Layer = HotspotLayer | DensityLayer


@lru_cache(maxsize=8)
def _cell_texts(cell_m: int) -> dict[str, str]:
    """Cell id to its GeoJSON square; the same for every layer of one size."""
    grid = service_ground.grid(cell_m)
    shapes = shape_texts(gpd.GeoSeries(grid.squares_m, crs=EPSG_LOCAL_M))
    return dict(zip(grid.cell_ids, shapes, strict=True))
