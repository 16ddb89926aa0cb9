"""A layer as one HTML file: picture, caption, table and facts; no script, no other host."""

import base64
from functools import lru_cache
from typing import Any

import jinja2

from app.config import ROOT
from app.filters import BBox
from app.maps import captions, picture_style
from app.maps.picture import as_png
from app.maps.service_layers import HotspotLayer, Layer

TABLE_ROWS = 200
"""The strongest cells; all of them are in the CSV."""
Columns = list[tuple[str, bool]]


def as_html(layer: Layer, bbox: BBox | None) -> bytes:
    """A page that opens anywhere and prints: everything the picture shows is also text."""
    metadata = layer.metadata
    table_caption, columns, rows = (
        _cells(layer) if isinstance(layer, HotspotLayer) else _bands(layer)
    )
    page = _template().render(
        title=picture_style.title(metadata),
        metadata=metadata,
        picture=base64.b64encode(as_png(layer, bbox)).decode("ascii"),
        table_caption=table_caption,
        columns=columns,
        rows=rows,
        facts=picture_style.facts(metadata, captions.counted(metadata)),
    )
    return page.encode()


def _cells(layer: HotspotLayer) -> tuple[str, Columns, list[list[Any]]]:
    ranked = layer.cells[layer.cells["rank"].notna()]
    columns: Columns = [("Cell", True), ("Nearest corner", False), ("Name", False), ("In it", True)]
    shown = ["rank", "nearest_corner", "cell_id", "count_label"]
    if not layer.metadata["is_personal"]:
        columns += [("In its window", True), ("Expected there", True)]
        shown += ["window_count", "window_expected"]
    columns.append(("Sure", False))
    rows = [
        [_shown(value) for value in row[:-1]] + [picture_style.HOTSPOT_BINS[row[-1]].words]
        for row in ranked[[*shown, "bin"]].head(TABLE_ROWS).itertuples(index=False)
    ]
    left = len(ranked) - len(rows)
    more = f" ({left} more in the CSV)" if left > 0 else ""
    return f"Cells with more than chance, strongest first{more}", columns, rows


def _bands(layer: Layer) -> tuple[str, Columns, list[list[Any]]]:
    unit = layer.metadata["parameters"]["unit"].replace("km2", "km²")
    areas = layer.features.to_crs("EPSG:26985").geometry.area / 1e6
    rows = [
        [f"{low:,g}", f"{high:,g}", f"{area:,.2f}"]
        for low, high, area in zip(
            layer.features["density_from_per_km2"],
            layer.features["density_to_per_km2"],
            areas,
            strict=True,
        )
    ]
    columns: Columns = [(f"From, {unit}", True), (f"To, {unit}", True), ("Area, km²", True)]
    return "Area by density", columns, rows


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    loader = jinja2.FileSystemLoader(ROOT / "app/templates")
    return jinja2.Environment(loader=loader, autoescape=True).get_template("maps/report.html")
