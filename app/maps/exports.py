"""A layer as a file: GeoJSON, CSV, GeoPackage, PNG or HTML, with what the map shows."""

import csv
import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
import shapely

from app.errors import NotFound
from app.filters import BBox, RecordFilter
from app.geo.coords import EPSG_LOCAL_M, EPSG_WGS84
from app.maps.layer_json import plain_values
from app.maps.picture import as_png
from app.maps.report import as_html
from app.maps.service_layers import Layer

MEDIA_TYPES = {
    "geojson": "application/geo+json",
    "csv": "text/csv; charset=utf-8",
    "gpkg": "application/geopackage+sqlite3",
    "png": "image/png",
    "html": "text/html; charset=utf-8",
}
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet may run when a cell's text begins with it."""
M2_PER_KM2 = 1e6


class UnknownFormat(NotFound):
    """The layer does not come in this format."""

    code = "unknown_format"


def export(layer: Layer, suffix: str) -> bytes:
    """The layer as a file of the format the suffix names.

    Raises:
        UnknownFormat: saying which formats there are.
    """
    require_format(suffix)
    writers: dict[str, Callable[[Layer], bytes]] = {
        "geojson": lambda made: made.geojson,
        "csv": as_csv,
        "gpkg": as_gpkg,
        "png": lambda made: as_png(made, _bbox(made)),
        "html": lambda made: as_html(made, _bbox(made)),
    }
    return writers[suffix](layer)


def require_format(suffix: str) -> None:
    """Check a format before anything is computed.

    Raises:
        UnknownFormat: saying which formats there are.
    """
    if suffix not in MEDIA_TYPES:
        raise UnknownFormat(_why_not(suffix))


def file_name(layer: Layer, suffix: str) -> str:
    """`hotspots-referrals-2026-09-01-2026-11-30.csv`: letters, digits, dots, - and _ only."""
    filters = layer.metadata["filters"]
    parts = [layer.name, filters["dataset"], filters.get("from"), filters.get("to")]
    stem = "-".join(str(part) for part in parts if part)
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in stem) + (
        f".{suffix}"
    )


def as_csv(layer: Layer) -> bytes:
    """One row a cell or band, RFC 4180, UTF-8; a withheld value is an empty cell beside its label.

    A text that a spreadsheet could take for a formula gets an apostrophe in front.
    """
    table = _with_place(layer)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(table)
    writer.writerows(
        [safe_text(value) for value in row] for row in zip(*table.values(), strict=True)
    )
    return out.getvalue().encode()


def safe_text(value: Any) -> Any:
    """The value as a CSV cell: None empty, texts never a formula, numbers as they are."""
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def as_gpkg(layer: Layer) -> bytes:
    """A GeoPackage with one layer; metadata as the layer's metadata items.

    GDAL writes to a folder only this process can read, which is gone afterwards.
    """
    features = layer.features
    with tempfile.TemporaryDirectory(prefix="lead-map-") as folder:
        path = Path(folder) / f"{layer.name}.gpkg"
        pyogrio.write_dataframe(
            features,
            path,
            driver="GPKG",
            layer=layer.name,
            geometry_type=None if len(features) else "MultiPolygon",
            promote_to_multi=True,
            layer_metadata=_flat(layer.metadata),
            DESCRIPTION=str(layer.metadata["caption"]),
        )
        return path.read_bytes()


def _with_place(layer: Layer) -> dict[str, list[Any]]:
    """Columns by name, with where a cell lies or how large a band is instead of its shape."""
    features: gpd.GeoDataFrame = layer.features
    table = {
        name: plain_values(features[name])
        for name in features.columns
        if name != features.geometry.name
    }
    if layer.name == "hotspots":
        middles = gpd.GeoSeries(shapely.centroid(features.geometry.array), crs=EPSG_LOCAL_M).to_crs(
            EPSG_WGS84
        )
        table["cell_centre_lon"] = [round(float(x), 6) for x in shapely.get_x(middles.array)]
        table["cell_centre_lat"] = [round(float(y), 6) for y in shapely.get_y(middles.array)]
    else:
        areas = features.to_crs(EPSG_LOCAL_M).geometry.area / M2_PER_KM2
        table["area_km2"] = [round(float(area), 4) for area in areas]
        table["shape_wkt"] = [shapely.to_wkt(shape) for shape in features.geometry.array]
    if layer.metadata.get("notice"):
        table["notice"] = [layer.metadata["notice"]] * len(features)
    return table


def _flat(metadata: dict[str, Any]) -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in metadata.items():
        if isinstance(value, dict):
            flat.update({f"{name}_{inner}": str(held) for inner, held in value.items()})
        elif value is not None:
            flat[name] = str(value)
    return flat


def _bbox(layer: Layer) -> BBox | None:
    text = layer.metadata["filters"].get("bbox")
    return RecordFilter.parse({"bbox": text}).bbox if text else None


def _why_not(suffix: str) -> str:
    formats = "geojson, csv, gpkg, png and html"
    if suffix == "pdf":
        return f"PDF comes with the next version. Until then a layer comes as {formats}."
    return f"A layer comes as {formats}."
