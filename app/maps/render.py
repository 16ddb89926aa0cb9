"""Maps drawn with Folium, as three resources of this host instead of one page with inline script.

Folium writes a page that loads a dozen files from other hosts and holds its own script. Our content
policy allows neither, so a map is taken apart after it was rendered: the links are exchanged
through the manifest of vendored files (an address that is not in it is an error), styles and script
are sent as files, and only the element the map is drawn into goes into the page.

What the map shows comes in as plain shapes and numbers. Free text never enters the script.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import folium
import shapely
from branca.element import CssLink, Element, Figure, JavascriptLink, MacroElement
from folium.template import Template

VENDOR_DIR = Path(__file__).resolve().parent.parent / "static" / "vendor"
MAP_ID = "lead"
"""Fixed, so that page, style and script may be rendered by different requests."""
MIN_ZOOM = 11
MAX_ZOOM = 18
DECIMALS = 5
LonLatBox = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


class UnknownLink(ValueError):
    """Folium links an address that the manifest of vendored files does not know."""


class NotPlainMarkup(ValueError):
    """The rendered map holds script or style in places where the content policy forbids it."""


@dataclass(frozen=True)
class Picture:
    """A raster drawn over the map: where it is found and where it lies."""

    url: str
    bounds: LonLatBox


@dataclass(frozen=True)
class MapContent:
    """Everything one map draws besides the base map."""

    basemap_url: str
    zone: shapely.Geometry
    """EPSG:4326."""
    view: LonLatBox
    city: LonLatBox
    district_lines: Sequence[Sequence[int]] = ()
    """Coded lines (app.maps.shapes)."""
    neighbourhoods_url: str | None = None
    cells: Mapping[str, Any] | None = None
    contours: Mapping[str, Any] | None = None
    picture: Picture | None = None


@dataclass(frozen=True)
class SplitMap:
    """A Folium map taken apart."""

    scripts: tuple[str, ...]
    """Vendored files below static/vendor, in the order they must be loaded."""
    stylesheets: tuple[str, ...]
    body: str
    style: str
    script: str


class _Call(MacroElement):
    """One call of a function of static/maps/maps.js with data as JSON."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            leadMap.{{ this.function }}({{ this.objects|join(", ") }}, {{ this.data|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, function: str, objects: tuple[str, ...], data: Mapping[str, Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = f"lead_{function}"
        self.function = function
        self.objects = objects
        self.data = data


def split_map(content: MapContent) -> SplitMap:
    """Draw the map and take it apart.

    Raises:
        UnknownLink: Folium asks for a file that is not vendored.
        NotPlainMarkup: the markup for the page holds script or style.
    """
    figure = Figure()
    figure.add_child(_draw(content))
    figure.render()
    scripts, stylesheets = _exchange_links(figure)
    header = figure.header.render()
    body = figure.html.render()
    _require_plain(body)
    styles = re.findall(r"<style>(.*?)</style>", header, re.DOTALL)
    set_up = re.findall(r"<script>(.*?)</script>", header, re.DOTALL)
    script = "\n".join([*(text.strip() for text in set_up), figure.script.render()])
    return SplitMap(
        scripts=scripts,
        stylesheets=stylesheets,
        body=body.strip(),
        style="\n".join(_only_of_the_map(text) for text in styles).strip(),
        script=_without_blank_lines(script),
    )


@lru_cache(maxsize=1)
def vendored_links() -> Mapping[str, str | None]:
    """Every address Folium may link and the vendored file in its place; None: left out."""
    manifest = json.loads((VENDOR_DIR / "manifest.json").read_text(encoding="utf-8"))
    links: Mapping[str, str | None] = manifest["urls"]
    return links


def _draw(content: MapContent) -> folium.Map:
    south_west, north_east = _corners(content.view)
    drawn = folium.Map(
        location=[(south_west[0] + north_east[0]) / 2, (south_west[1] + north_east[1]) / 2],
        zoom_start=14,
        tiles=None,
        zoom_control=False,
        minZoom=MIN_ZOOM,
        maxZoom=MAX_ZOOM,
        zoomAnimation=False,  # while one runs, Leaflet drops the next button's request
        fadeAnimation=False,
    )
    drawn._id = MAP_ID
    _add(drawn, "zone", _outline(_rounded(content.zone)))
    _call(
        drawn,
        "start",
        {
            "basemap": content.basemap_url,
            "view": _corners(content.view),
            "city": _corners(content.city),
            "neighbourhoods": content.neighbourhoods_url,
        },
        also=("geo_json_zone",),
    )
    if content.picture is not None:
        _add(drawn, "picture", _image(content.picture))
    if content.cells is not None:
        _call(drawn, "cells", content.cells)
    if content.contours is not None:
        _call(drawn, "contours", content.contours)
    _call(drawn, "districts", {"lines": [list(line) for line in content.district_lines]})
    return drawn


def _add(drawn: folium.Map, name: str, element: Element) -> None:
    element._id = name
    drawn.add_child(element)


def _call(
    drawn: folium.Map, function: str, data: Mapping[str, Any], *, also: tuple[str, ...] = ()
) -> None:
    _add(drawn, function, _Call(function, (drawn.get_name(), *also), data))


def _outline(geometry: Mapping[str, Any]) -> folium.GeoJson:
    feature = {"type": "Feature", "properties": {}, "geometry": geometry}
    collection = {"type": "FeatureCollection", "features": [feature]}
    return folium.GeoJson(
        collection, class_name="zone-edge", fill=False, interactive=False, control=False
    )


def _image(picture: Picture) -> folium.raster_layers.ImageOverlay:
    overlay = folium.raster_layers.ImageOverlay(
        image="data:,",
        bounds=_corners(picture.bounds),
        opacity=0.86,
        interactive=False,
        pixelated=False,
        control=False,
        class_name="density-picture",
    )
    overlay.url = picture.url  # Folium takes an address without a host for a file to read
    return overlay


def _corners(box: LonLatBox) -> list[list[float]]:
    """South-west and north-east, latitude first as Leaflet wants it: the only place that flips."""
    west, south, east, north = box
    return [[south, west], [north, east]]


def _rounded(geometry: shapely.Geometry) -> dict[str, Any]:
    rounded: dict[str, Any] = json.loads(
        shapely.to_geojson(shapely.transform(geometry, lambda xy: xy.round(DECIMALS)))
    )
    return rounded


def _exchange_links(figure: Figure) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Take the links out of the header; give the vendored scripts and styles in their place."""
    scripts: list[str] = []
    stylesheets: list[str] = []
    for name, child in list(figure.header._children.items()):
        if not isinstance(child, JavascriptLink | CssLink):
            continue
        local = vendored_links().get(child.url, "")
        if local == "":
            raise UnknownLink(f"the map links {child.url}, which is not in the vendor manifest")
        if local is not None:
            (scripts if isinstance(child, JavascriptLink) else stylesheets).append(local)
        del figure.header._children[name]
    return tuple(scripts), tuple(stylesheets)


def _require_plain(body: str) -> None:
    if re.search(r"<script|<style|\sstyle\s*=|\son[a-z]+\s*=", body, re.IGNORECASE):
        raise NotPlainMarkup("the map's markup holds script or style; it must be a bare element")


def _only_of_the_map(style: str) -> str:
    """Leave out Folium's rules for a page that is nothing but a map."""
    rules = re.findall(r"[^{}]+\{[^{}]*\}", style)
    return "\n".join(
        " ".join(rule.split()) for rule in rules if not rule.strip().startswith(("html", "#map {"))
    )


def _without_blank_lines(script: str) -> str:
    return "\n".join(line.strip() for line in script.splitlines() if line.strip()) + "\n"
