"""What the map page says beside the map: legend, table rows and facts, from the layer alone."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
from PIL import Image

from app.filters import RecordFilter
from app.geo.coords import EPSG_LOCAL_M
from app.geo.surface import mercator_image
from app.maps.rules import noun
from app.maps.service_layers import DensityLayer, Layer
from app.maps.toolbar import day_words, words_of

ROWS_SHOWN = 15
"""Numbered cells on the map, and rows of the table; the exports hold all."""
VIEW_MARGIN = 0.3
"""How far the first view reaches beyond the zone, in widths and heights of the zone."""
PICTURE_WIDTH = 760
RAMP = (
    *((241, 233, 216), (234, 203, 143), (217, 149, 79)),
    *((178, 90, 51), (117, 43, 44), (59, 15, 36)),
)
"""The density ramp of static/css/tokens.css, light to dark."""
BIN_WORDS = {
    3: "More than chance, 99 %",
    2: "More than chance, 95 %",
    1: "More than chance, 90 %",
    -1: "Fewer than chance, 90 %",
    -2: "Fewer than chance, 95 %",
    -3: "Fewer than chance, 99 %",
}
SURE = {3: "99\u00a0%", 2: "95\u00a0%", 1: "90\u00a0%"}
HIDDEN = "hidden"


@dataclass(frozen=True)
class CellRow:
    """One numbered cell."""

    rank: int
    bin: int
    corner: str
    count: str
    window_count: str
    expected: str
    times: str
    sure: str


@dataclass(frozen=True)
class DensityRow:
    """One class of the density surface."""

    css_class: str
    low: str
    high: str
    area_km2: str


@dataclass(frozen=True)
class LegendItem:
    """One class that is on the map: what is drawn, and its words."""

    css_class: str
    words: str


@dataclass(frozen=True)
class Told:
    """What the page says about a layer, in words and numbers."""

    name: str
    head: str
    say: str
    noun: str
    period: str
    is_widened: bool
    is_personal: bool
    n: str
    left_out: tuple[str, ...]
    suppression: str
    method: str
    zone_version: int
    licence: str
    cells: tuple[CellRow, ...] = ()
    numbered: int = 0
    window_m: int = 0
    density: tuple[DensityRow, ...] = ()
    unit: str = ""
    legend: tuple[LegendItem, ...] = ()


def told(layer: Layer, asked: RecordFilter) -> Told:
    """Everything the page says about a layer."""
    metadata = layer.metadata
    head, say = headline(layer)
    common = Told(
        name=layer.name,
        head=head,
        say=say,
        noun=noun(metadata["dataset"]),
        period=used_period(metadata),
        is_widened=widened(metadata, asked),
        is_personal=metadata["is_personal"],
        n=counted(metadata["n_label"]),
        left_out=tuple(left_out(metadata)),
        suppression=sentence(metadata["suppression_rule"].removeprefix("none: ")),
        method=sentence(metadata["method"]),
        zone_version=metadata["zone_version"],
        licence=metadata["licence"] or "",
    )
    if isinstance(layer, DensityLayer):
        days = metadata["parameters"]["period_days"]
        unit = f"{common.noun} per km² in {days:,} days"
        rows = density_rows(layer.contours)
        legend = [LegendItem(row.css_class, f"{row.low} to {row.high}") for row in rows]
        return replace(common, density=tuple(rows), unit=unit, legend=tuple(legend))
    return replace(
        common,
        cells=tuple(hotspot_rows(layer.cells)),
        numbered=int(layer.cells["rank"].notna().sum()),
        window_m=metadata["parameters"]["window_m"],
        legend=tuple(hotspot_legend(layer.cells)),
    )


def first_view(layer: Layer) -> tuple[float, float, float, float]:
    """What the map shows first: the area of the filter, or the zone and what lies around it."""
    asked = layer.metadata["filters"].get("bbox")
    if asked:
        west, south, east, north = (float(edge) for edge in asked.split(","))
        return west, south, east, north
    west, south, east, north = layer.zone.outline.bounds
    beside, above = (east - west) * VIEW_MARGIN, (north - south) * VIEW_MARGIN
    return west - beside, south - above, east + beside, north + above


def last_day(metadata: Mapping[str, Any]) -> date | None:
    """The last day that was counted."""
    used = metadata["filters"].get("to")
    return date.fromisoformat(used) if used else None


def counted(label: str) -> str:
    """A count's label as people read it: `28,533`, `1–4`."""
    return f"{int(label):,}" if label.isdigit() else label.replace("-", "–")


def sentence(words: str) -> str:
    """Words with a capital and a full stop."""
    return f"{words[:1].upper()}{words[1:].rstrip('.')}." if words else ""


def hotspot_rows(cells: gpd.GeoDataFrame) -> list[CellRow]:
    """The numbered cells in the map's order, at most ROWS_SHOWN.

    Args:
        cells: as in HotspotLayer.
    """
    numbered = cells[cells["rank"].notna()].sort_values("rank").head(ROWS_SHOWN)
    return [_cell_row(row) for row in numbered.to_dict("records")]


def density_rows(contours: gpd.GeoDataFrame) -> list[DensityRow]:
    """The classes of the surface, highest first."""
    areas = contours.to_crs(EPSG_LOCAL_M).area / 1e6
    lows = contours["density_from_per_km2"]
    highs = contours["density_to_per_km2"]
    classes = _class_of(sorted(set(lows)))
    rows = [
        DensityRow(f"density-{classes[low]}", plain(low), plain(high), f"{area:.2f}")
        for low, high, area in zip(lows, highs, areas, strict=True)
    ]
    return rows[::-1]


def hotspot_legend(cells: gpd.GeoDataFrame) -> list[LegendItem]:
    """The classes that are on this map, hottest first."""
    present = set(cells["bin"].unique().tolist())
    return [
        LegendItem(f"bin-{'hot' if of > 0 else 'cold'}-{abs(of)}", words)
        for of, words in BIN_WORDS.items()
        if of in present
    ]


def headline(layer: Layer) -> tuple[str, str]:
    """The page's heading and the sentences under it."""
    caption = str(layer.metadata["caption"])
    if isinstance(layer, DensityLayer):
        return f"Where {noun(layer.metadata['dataset'])} lie close together", caption
    first, _, rest = caption.partition(". ")
    head, _, why = first.partition(": ")
    if not rest and why:
        return head.rstrip("."), f"{why[:1].upper()}{why[1:]}"
    return first.rstrip("."), rest


def used_period(metadata: Mapping[str, Any]) -> str:
    """The days that were really counted, in words; empty where there are none."""
    used = metadata["filters"]
    if "from" not in used or "to" not in used:
        return ""
    return f"{day_words(used['from'])} to {day_words(used['to'])}"


def widened(metadata: Mapping[str, Any], asked: RecordFilter) -> bool:
    """Whether other days were counted than were asked for."""
    used = metadata["filters"]
    return bool(
        (asked.from_date and used.get("from") != asked.from_date.isoformat())
        or (asked.to_date and used.get("to") != asked.to_date.isoformat())
    )


def left_out(metadata: Mapping[str, Any]) -> list[str]:
    """What is not on the map, by reason: `12 no coordinates`."""
    return [
        f"{counted(label)} {words_of(reason).lower()}"
        for reason, label in metadata["unmapped_labels"].items()
        if label != "0"
    ]


def density_levels(layer: DensityLayer) -> tuple[float, ...]:
    """The levels of the layer's contours, rising."""
    return tuple(float(level) for level in layer.metadata["parameters"]["levels_per_km2"])


def density_picture(layer: DensityLayer) -> tuple[Image.Image, tuple[float, float, float, float]]:
    """The surface in the classes of its contours as a palette picture, and where it lies.

    West, south, east, north in degrees; straight on a Web Mercator map. What lies below the first
    level is transparent.
    """
    image = mercator_image(layer.surface, PICTURE_WIDTH, smooth=not layer.metadata["is_personal"])
    levels = density_levels(layer)
    classes = np.searchsorted(levels, np.nan_to_num(image.values), side="right")
    names = _class_of(levels)
    index = np.array([0, *(names[level] for level in levels)], dtype=np.uint8)
    picture = Image.fromarray(index[classes], mode="P")
    colours = [(255, 255, 255), *RAMP]
    picture.putpalette([part for colour in colours for part in colour])
    picture.info["transparency"] = 0
    return picture, (image.west, image.south, image.east, image.north)


def picture_bounds(layer: DensityLayer) -> tuple[float, float, float, float]:
    """Where `density_picture` lies."""
    image = mercator_image(layer.surface, 2)
    return image.west, image.south, image.east, image.north


def plain(number: float) -> str:
    """A level without needless digits: `2`, `0.5`, `1,000`."""
    return f"{number:,.6g}" if number < 1000 else f"{number:,.0f}"


def _class_of(levels: Sequence[float]) -> dict[float, int]:
    """Level to class of the ramp; class 1, below the first level, is not drawn."""
    return {level: i for i, level in enumerate(levels, start=2)}


def _cell_row(cell: Mapping[str, Any]) -> CellRow:
    seen, expected = _number(cell["window_count"]), _number(cell["window_expected"])
    return CellRow(
        rank=int(cell["rank"]),
        bin=int(cell["bin"]),
        corner=cell["nearest_corner"] or cell["cell_id"],
        count=counted(str(cell["count_label"])),
        window_count=HIDDEN if seen is None else f"{seen:,.0f}",
        expected=HIDDEN if expected is None else f"{expected:,.1f}",
        times=HIDDEN if seen is None or not expected else f"{seen / expected:.1f}\u00a0×",
        sure=SURE[int(cell["bin"])],
    )


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
