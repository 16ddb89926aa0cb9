"""GeoJSON by our own reader."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from app.files.delimited import explained, open_bytes
from app.files.tables import (
    ROWS_A_CHUNK,
    Chunk,
    Opened,
    UnreadableFile,
    on_earth,
    unique_columns,
)

GEOJSON_LIMIT_BYTES = 200 * 1024 * 1024
WGS84_NAMES = ("CRS84", "4326")


@contextmanager
def read_geojson(path: Path) -> Iterator[Opened]:
    """A GeoJSON FeatureCollection (RFC 7946: lon/lat, WGS 84), plain or gzipped.

    Raises:
        UnreadableFile: broken JSON, no features, an old `crs` member other than WGS 84.
    """
    with explained(path), open_bytes(path) as (content, _):
        data = content.read(GEOJSON_LIMIT_BYTES + 1)
    if len(data) > GEOJSON_LIMIT_BYTES:
        raise UnreadableFile(f"{path.name} is larger than 200 MB. Save it as Parquet or CSV.")
    features = _features(data, path.name)
    columns = unique_columns(_property_names(features), path.name)
    yield columns, _geojson_chunks(features, columns)


def _features(data: bytes, name: str) -> list[dict[str, Any]]:
    try:
        collection = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UnreadableFile(f"{name} is not valid JSON in UTF-8.") from error
    features = collection.get("features") if isinstance(collection, dict) else None
    if not isinstance(features, list) or not all(isinstance(f, dict) for f in features):
        raise UnreadableFile(f"{name} is not a GeoJSON FeatureCollection.")
    crs = collection.get("crs")
    if crs is not None and not any(word in json.dumps(crs) for word in WGS84_NAMES):
        raise UnreadableFile(
            f"{name} says that it is not in lon/lat (WGS 84). GeoJSON is always lon/lat; "
            "export it again in EPSG:4326."
        )
    return features


def _property_names(features: Sequence[dict[str, Any]]) -> list[str]:
    names = dict.fromkeys(name for f in features for name in (f.get("properties") or {}))
    if "id" not in names and any("id" in feature for feature in features):
        names["id"] = None
    return list(names)


def _geojson_chunks(features: Sequence[dict[str, Any]], columns: Sequence[str]) -> Iterator[Chunk]:
    for start in range(0, len(features), ROWS_A_CHUNK):
        part = features[start : start + ROWS_A_CHUNK]
        rows = [{"id": f.get("id"), **(f.get("properties") or {})} for f in part]
        cells = {name: [_text(row.get(name)) for row in rows] for name in columns}
        pairs = np.array([_position(f.get("geometry")) for f in part], dtype=np.float64)
        lon, lat = on_earth(pairs[:, 0], pairs[:, 1])
        numbers = range(start + 1, start + len(part) + 1)
        yield Chunk(numbers, cells, lon, lat, (), (start + len(part)) / len(features))


def _position(geometry: object) -> tuple[float, float]:
    """The lon, lat of a Point; NaN for anything else, since a line or an area is not a place."""
    nowhere = (np.nan, np.nan)
    if not isinstance(geometry, dict):
        return nowhere
    position = geometry.get("coordinates")
    if geometry.get("type") == "MultiPoint" and isinstance(position, list) and len(position) == 1:
        position = position[0]
    elif geometry.get("type") != "Point":
        return nowhere
    if not isinstance(position, list) or len(position) < 2:
        return nowhere
    if not all(type(value) in (int, float) for value in position[:2]):
        return nowhere
    try:
        return float(position[0]), float(position[1])
    except OverflowError:
        return nowhere


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
