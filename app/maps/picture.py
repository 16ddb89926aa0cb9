"""A layer as one PNG for reports: map, title, legend, n, filters and rule, no other file needed."""

import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from PIL import Image, ImageDraw, ImageFont

from app.config import ROOT
from app.filters import BBox
from app.geo.coords import project_m
from app.maps import captions, picture_style, service_ground
from app.maps.picture_style import Swatch
from app.maps.service_hotspots import box_m
from app.maps.service_layers import DensityLayer, HotspotLayer, Layer

FONT = ROOT / "app/static/fonts/public-sans-latin-wght-normal.woff2"
WIDTH, HEIGHT, PANEL = 1600, 1120, 560
OVERSAMPLE = 2
"""Drawn twice as large and scaled down: Pillow's lines have no smooth edges."""
MARGIN = 28
Point = tuple[float, float]


@dataclass(frozen=True)
class View:
    """Where metres fall on the canvas (pixels, oversampled, y down)."""

    west_m: float
    north_m: float
    metres_a_pixel: float
    width: int
    height: int

    def pixels(self, xy_m: Any) -> list[Point]:
        """(n, 2) easting and northing as canvas points."""
        x = (np.asarray(xy_m)[:, 0] - self.west_m) / self.metres_a_pixel
        y = (self.north_m - np.asarray(xy_m)[:, 1]) / self.metres_a_pixel
        return list(zip(x.tolist(), y.tolist(), strict=True))

    @property
    def window_m(self) -> shapely.Polygon:
        east = self.west_m + self.width * self.metres_a_pixel
        south = self.north_m - self.height * self.metres_a_pixel
        return shapely.box(self.west_m, south, east, self.north_m)


def as_png(layer: Layer, bbox: BBox | None) -> bytes:
    """The picture of a layer; with a box, of that part of the city."""
    view = _view(bbox)
    canvas = Image.new("RGB", (view.width, view.height), picture_style.WATER)
    _ground(canvas, view)
    if isinstance(layer, HotspotLayer):
        _cells(canvas, view, layer)
    else:
        _bands(canvas, view, layer)
    _zone(canvas, view, layer)
    picture = Image.new("RGB", (WIDTH, HEIGHT), picture_style.PAPER)
    size = (WIDTH - PANEL, HEIGHT)
    picture.paste(canvas.resize(size, Image.Resampling.LANCZOS), (0, 0))
    _panel(picture, layer)
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def _view(bbox: BBox | None) -> View:
    area = service_ground.city_m() if bbox is None else box_m(bbox)
    min_x, min_y, max_x, max_y = area.bounds
    width, height = (WIDTH - PANEL) * OVERSAMPLE, HEIGHT * OVERSAMPLE
    scale = max((max_x - min_x) / width, (max_y - min_y) / height) * 1.04
    west = (min_x + max_x) / 2 - scale * width / 2
    north = (min_y + max_y) / 2 + scale * height / 2
    return View(west, north, scale, width, height)


def _ground(canvas: Image.Image, view: View) -> None:
    draw = ImageDraw.Draw(canvas)
    for part in _polygons(service_ground.city_m()):
        draw.polygon(view.pixels(part.exterior.coords), fill=picture_style.LAND)
    streets = service_ground.streets()
    seen = shapely.intersects(view.window_m, streets.lines_m)
    near = view.metres_a_pixel < 4
    for is_major, colour, width in (
        (False, picture_style.STREET, 2 if near else 1),
        (True, picture_style.MAJOR_STREET, 4 if near else 2),
    ):
        for line in shapely.get_parts(streets.lines_m[seen & (streets.is_major == is_major)]):
            draw.line(view.pixels(shapely.get_coordinates(line)), fill=colour, width=width)


def _cells(canvas: Image.Image, view: View, layer: HotspotLayer) -> None:
    data = canvas.copy()
    edges = ImageDraw.Draw(data)
    for bin_, swatch in picture_style.HOTSPOT_BINS.items():
        squares = layer.cells.geometry[layer.cells["bin"] == bin_]
        outlines = [view.pixels(square.exterior.coords) for square in squares]
        mask = Image.new("L", canvas.size, 0)
        filled = ImageDraw.Draw(mask)
        for outline in outlines:
            filled.polygon(outline, fill=255)
        fill = swatch.colour
        data.paste(fill if bin_ > 0 else _striped(canvas.size, fill, 10), None, mask)
        for outline in outlines:
            edges.line(outline, fill=picture_style.PAPER, width=1)
    canvas.paste(Image.blend(canvas, data, 0.93))
    _numbers(canvas, view, layer)


def _numbers(canvas: Image.Image, view: View, layer: HotspotLayer) -> None:
    draw = ImageDraw.Draw(canvas)
    cell_px = layer.metadata["parameters"]["cell_m"] / view.metres_a_pixel
    if cell_px < 24:
        return
    font = _font(min(int(cell_px * 0.5), 44), 700)
    ranked = layer.cells[layer.cells["rank"].notna()]
    for rank, bin_, square in zip(ranked["rank"], ranked["bin"], ranked.geometry, strict=True):
        middle = view.pixels([square.centroid.coords[0]])[0]
        ink = picture_style.PAPER if bin_ == 3 else picture_style.INK
        draw.text(middle, str(rank), font=font, fill=ink, anchor="mm")


def _bands(canvas: Image.Image, view: View, layer: DensityLayer) -> None:
    data = canvas.copy()
    for colour, area in zip(picture_style.DENSITY_RAMP, layer.contours.geometry, strict=False):
        mask = Image.new("L", canvas.size, 0)
        draw = ImageDraw.Draw(mask)
        for part in sorted(_polygons(project_m(area)), key=lambda p: -p.area):
            draw.polygon(view.pixels(part.exterior.coords), fill=255)
            for hole in part.interiors:
                draw.polygon(view.pixels(hole.coords), fill=0)
        data.paste(colour, None, mask)
    canvas.paste(Image.blend(canvas, data, 0.75))


def _zone(canvas: Image.Image, view: View, layer: Layer) -> None:
    draw = ImageDraw.Draw(canvas)
    for part in _polygons(project_m(layer.zone.outline)):
        outline = view.pixels(part.exterior.coords)
        draw.line(outline, fill=picture_style.PAPER, width=11, joint="curve")
        draw.line(outline, fill=picture_style.ZONE, width=6, joint="curve")


def _panel(picture: Image.Image, layer: Layer) -> None:
    writer = _Writer(picture)
    meta = layer.metadata
    if meta.get("notice"):
        writer.text(str(meta["notice"]), 17, 700, picture_style.WARN, gap=14)
    writer.text(picture_style.title(meta), 30, 700, gap=14)
    writer.text(meta["caption"], 20, 400, gap=20)
    for swatch in _legend(layer):
        writer.swatch(swatch)
    writer.rule()
    for line in picture_style.facts(meta, captions.counted(meta)):
        writer.text(line, 16, 400, picture_style.INK2, gap=8)


def _legend(layer: Layer) -> list[Swatch]:
    zone = Swatch(f"Pilot zone, version {layer.zone.version}", picture_style.ZONE, shape="line")
    if isinstance(layer, HotspotLayer):
        there = set(layer.cells["bin"])
        shown = [swatch for bin_, swatch in picture_style.HOTSPOT_BINS.items() if bin_ in there]
        return [*shown, picture_style.NOT_TOLD, zone]
    unit = layer.metadata["parameters"]["unit"].replace("km2", "km²")
    bands = [
        Swatch(f"{low:,g} to {high:,g} {unit}", colour)
        for low, high, colour in zip(
            layer.contours["density_from_per_km2"],
            layer.contours["density_to_per_km2"],
            picture_style.DENSITY_RAMP,
            strict=False,
        )
    ]
    return [*bands, zone]


class _Writer:
    """Writes down the panel at the right, line by line."""

    def __init__(self, picture: Image.Image) -> None:
        self._draw = ImageDraw.Draw(picture)
        self._picture = picture
        self._left = WIDTH - PANEL + MARGIN
        self._y = float(MARGIN)

    def text(
        self, text: str, size: int, weight: int, colour: str = picture_style.INK, *, gap: int
    ) -> None:
        font = _font(size, weight)
        for line in _wrapped(text, font, PANEL - 2 * MARGIN):
            self._draw.text((self._left, self._y), line, font=font, fill=colour)
            self._y += size * 1.32
        self._y += gap

    def swatch(self, swatch: Swatch) -> None:
        box = (self._left, int(self._y), self._left + 30, int(self._y) + 22)
        if swatch.shape == "line":
            middle = self._y + 11
            self._draw.line((box[0], middle, box[2], middle), fill=swatch.colour, width=5)
        elif swatch.shape == "stripes":
            self._picture.paste(_striped((30, 22), swatch.colour, 8), box[:2])
        else:
            self._draw.rectangle(box, fill=swatch.colour)
        if swatch.shape != "line":
            self._draw.rectangle(box, outline=picture_style.EDGE)
        self._draw.text(
            (self._left + 44, self._y + 11),
            swatch.words,
            font=_font(17, 400),
            anchor="lm",
            fill=picture_style.INK,
        )
        self._y += 33

    def rule(self) -> None:
        right = WIDTH - MARGIN
        self._draw.line(
            (self._left, self._y + 4, right, self._y + 4), fill=picture_style.EDGE, width=1
        )
        self._y += 20


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> Iterable[str]:
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and font.getlength(longer) > width:
            yield line
            longer = word
        line = longer
    if line:
        yield line


@lru_cache(maxsize=32)
def _font(size: int, weight: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(str(FONT), size)
    font.set_variation_by_axes([weight])
    return font


def _striped(size: tuple[int, int], colour: str, step: int) -> Image.Image:
    """45 degree stripes on white."""
    image = Image.new("RGB", size, picture_style.PAPER)
    draw = ImageDraw.Draw(image)
    reach = sum(size)
    for start in range(-reach, reach, step):
        draw.line((start, size[1], start + size[1], 0), fill=colour, width=math.ceil(step * 0.45))
    return image


def _polygons(geometry: shapely.Geometry) -> Sequence[Any]:
    return [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon"]
