"""A table of shapes as GeoJSON text: no NaN, six decimals, metadata first."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from app.geo.coords import EPSG_WGS84

COMPACT = (",", ":")
DECIMALS = 6
"""About 0.1 m."""


def feature_collection(
    metadata: Mapping[str, Any],
    features: gpd.GeoDataFrame,
    *,
    identifier: str | None = None,
    shapes: Sequence[str] | None = None,
) -> bytes:
    """RFC 7946 GeoJSON with a `metadata` member.

    Args:
        identifier: the column that names a feature, also written as its `id`.
        shapes: the geometries as `shape_texts` writes them, where they are known already.
    """
    shapes = shape_texts(features.geometry) if shapes is None else shapes
    columns = [name for name in features.columns if name != features.geometry.name]
    rows = zip(*(plain_values(features[name]) for name in columns), strict=True)
    written = []
    for shape, row in zip(shapes, rows, strict=True):
        properties = dict(zip(columns, row, strict=True))
        feature: dict[str, Any] = {"type": "Feature"}
        if identifier is not None:
            feature["id"] = properties[identifier]
        text = json.dumps(feature | {"properties": properties}, allow_nan=False, separators=COMPACT)
        written.append(f'{text[:-1]},"geometry":{shape}}}')
    head = json.dumps({"type": "FeatureCollection", "metadata": metadata}, allow_nan=False)
    lines = ",\n".join(written)
    return f'{head[:-1]}, "features": [\n{lines}\n]}}\n'.encode()


def shape_texts(shapes: gpd.GeoSeries) -> list[str]:
    """GeoJSON geometries in EPSG:4326, six decimals."""
    in_degrees = shapes.to_crs(EPSG_WGS84).array
    return list(shapely.to_geojson(shapely.set_precision(in_degrees, 10**-DECIMALS)))


def plain_values(column: "pd.Series[Any]") -> list[Any]:
    """A column as Python values; missing, NaN and infinite become None."""
    return [_plain(value) for value in column.tolist()]


def _plain(value: Any) -> Any:
    if value is None or value is pd.NA:
        return None
    if isinstance(value, float):
        return _rounded(value) if math.isfinite(value) else None
    return value


def _rounded(value: float) -> float:
    """Fifteen significant digits: what a double holds for sure."""
    return float(f"{value:.15g}")
