"""The base map: streets, city, water, open space and names as one PMTiles file.

Built once from a street layer and the area files of `data/`; no tile host, no program beside GDAL.
Layers and the members the drawing rules read:

- `roads`: kind (highway, major_road, minor_road, alley), class (CLASSES), name as people write it
- `earth`: the city's land; `water`: block groups that reach beyond it (the harbour and the rivers)
- `landuse`: kind `park`, statistical areas of open space; `places`: neighbourhood names
"""

import re
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from app.errors import InvalidInput
from app.geo.coords import EPSG_LOCAL_M, EPSG_WGS84
from app.maps.pmtiles import Tile, write_pmtiles

FILE_NAME = "basemap.pmtiles"
ZOOMS = range(10, 15)
CLASSES = ("motorway", "ramp", "principal", "minor_arterial", "collector", "local", "alley")
KINDS = {
    "motorway": "highway",
    "ramp": "highway",
    "principal": "major_road",
    "minor_arterial": "major_road",
    "collector": "minor_road",
    "local": "minor_road",
    "alley": "alley",
}
FIRST_ZOOM = {
    "motorway": 10,
    "principal": 10,
    "ramp": 12,
    "minor_arterial": 11,
    "collector": 12,
    "local": 12,
    "alley": 14,
}
NAME_COLUMNS = ("fullname", "name", "street_name")
CLASS_COLUMNS = ("sha_class_label", "class", "highway", "fclass")
SUBTYPE_COLUMNS = ("subtype_label", "subtype")
SIMPLIFY_M = 1.0
MIN_WATER_WIDTH_M = 8.0
NOT_DRAWN = "fictitious|tunnel|proposed|footway|cycleway|steps|path"


class UnreadableStreets(InvalidInput):
    """The street file cannot be read as lines with coordinates."""

    code = "unreadable_streets"


@dataclass(frozen=True)
class BuiltBasemap:
    """What a build wrote."""

    path: Path
    size_bytes: int
    tile_count: int
    street_count: int
    """Centre lines read and drawn, before neighbours of one name were joined."""


def build(streets_path: Path, areas_dir: Path, out: Path) -> BuiltBasemap:
    """Write the base map of `streets_path` (any vector file) to `out`.

    Args:
        areas_dir: folder with the city boundary, neighbourhoods and census block groups.

    Raises:
        UnreadableStreets: no vector file, no lines, or no coordinate system.
    """
    segments = read_streets(streets_path)
    if segments.empty:
        raise UnreadableStreets(f"{streets_path.name} holds no street that can be drawn.")
    layers = {"roads": join_streets(segments), **read_areas(areas_dir)}
    tiles = make_tiles(layers)
    content = write_pmtiles(tiles, bounds=_bounds(layers), metadata=_metadata(layers))
    out.write_bytes(content)
    return BuiltBasemap(out, len(content), len(tiles), len(segments))


def read_streets(path: Path) -> gpd.GeoDataFrame:
    """Read centre lines with the columns class, kind and name, in EPSG_LOCAL_M.

    Raises:
        UnreadableStreets: no vector file, no lines, or no coordinate system.
    """
    raw = _read_vector(path)
    if not isinstance(raw, gpd.GeoDataFrame) or raw.crs is None:
        raise UnreadableStreets(f"{path.name} has no geometry with a coordinate system.")
    is_line = raw.geometry.geom_type.isin(["LineString", "MultiLineString"])
    raw = raw[is_line & ~raw.geometry.is_empty].to_crs(EPSG_LOCAL_M)
    subtype = _column(raw, SUBTYPE_COLUMNS)
    classes = street_class(_column(raw, CLASS_COLUMNS), subtype)
    names = _column(raw, NAME_COLUMNS).map(display_name)
    streets = gpd.GeoDataFrame(
        {"class": classes, "name": names.where(~classes.isin(["alley", "ramp"]), "")},
        geometry=raw.geometry,
        crs=raw.crs,
    )
    streets["kind"] = streets["class"].map(KINDS)
    return streets[streets["kind"].notna()].explode(ignore_index=True)


def street_class(official: pd.Series, subtype: pd.Series) -> pd.Series:
    """Give each street one of CLASSES, or "" where it is not drawn.

    Reads the city's words ("Minor Arterial Street", subtype "Alley") and OpenStreetMap's.
    """
    official, subtype = official.str.lower(), subtype.str.lower()
    found = pd.Series("local", index=official.index)
    words = (
        ("collector|tertiary", "collector"),
        ("minor arterial|secondary", "minor_arterial"),
        ("principal arterial|primary", "principal"),
        ("interstate|freeway|motorway|trunk", "motorway"),
        ("alley|service|track", "alley"),
    )
    for pattern, name in words:
        found = found.mask(official.str.contains(pattern), name)
    found = found.mask(subtype.str.contains("alley"), "alley")
    found = found.mask(subtype.str.contains("limited access"), "motorway")
    found = found.mask(subtype.str.contains("ramp") | official.str.contains("_link"), "ramp")
    not_drawn = subtype.str.contains(NOT_DRAWN) | official.str.contains(NOT_DRAWN)
    return found.mask(not_drawn, "")


TYPE_WORDS = {"ROAD": "Rd", "LANE": "Ln", "TERR": "Ter", "SAINT": "St", "STREET": "St"}


def display_name(official: str) -> str:
    """Write a street's official capitals as on a map: `W FRANKLIN ST` is `W Franklin St`."""
    return " ".join(_display_word(word) for word in official.split())


def _display_word(word: str) -> str:
    if word in TYPE_WORDS:
        return TYPE_WORDS[word]
    if re.fullmatch(r"\d+(ST|ND|RD|TH)", word):
        return word.lower()
    if re.fullmatch(r"MC[A-Z]{3,}", word):
        return "Mc" + word[2:].capitalize()
    return re.sub(r"[A-Z]+(?:'S\b)?", lambda part: part.group().capitalize(), word)


def join_streets(segments: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Join the blocks of one street to long lines, so that names fit and the file is small."""
    rows = []
    for (road_class, kind, name), group in segments.groupby(["class", "kind", "name"], sort=True):
        merged = shapely.line_merge(shapely.union_all(group.geometry.to_numpy()))
        for line in shapely.get_parts(shapely.simplify(merged, SIMPLIFY_M)):
            row = {"class": road_class, "kind": kind, "geometry": line}
            rows.append(row | ({"name": name} if name else {}))
    columns = ["class", "kind", "name", "geometry"]
    return gpd.GeoDataFrame(rows, columns=columns, crs=segments.crs)


def read_areas(areas_dir: Path) -> dict[str, gpd.GeoDataFrame]:
    """Read land, water, open space and place names from the area files, in EPSG_LOCAL_M."""
    city = _read_area(areas_dir / "city_boundary.geojson")
    blocks = _read_area(areas_dir / "census_block_groups_2020.geojson")
    hoods = _read_area(areas_dir / "neighborhoods_2020.geojson")
    land = city.union_all()
    parks = hoods[hoods["type"] == "Park/open space"][["geometry"]].assign(kind="park")
    parks["geometry"] = parks.geometry.intersection(land)
    middles = [shapely.maximum_inscribed_circle(area, 20.0).coords[0] for area in hoods.geometry]
    return {
        "earth": _frame([land], kind="land"),
        "landuse": parks,
        "water": _frame([water_of(blocks.union_all(), land)], kind="water"),
        "places": gpd.GeoDataFrame(
            hoods[["name"]].assign(kind="neighbourhood"),
            geometry=gpd.points_from_xy(*zip(*middles, strict=True)),
            crs=EPSG_LOCAL_M,
        ),
    }


def water_of(census_m: shapely.Geometry, land_m: shapely.Geometry) -> shapely.Geometry:
    """Give what the census counts to the city and the city's shoreline leaves out: its water.

    Slivers narrower than MIN_WATER_WIDTH_M, where the two borders differ on land, are dropped.
    """
    beyond = shapely.difference(census_m, land_m)
    half = MIN_WATER_WIDTH_M / 2
    kept = shapely.buffer(shapely.buffer(beyond, -half), half + 0.5)
    border_m = shapely.buffer(shapely.boundary(shapely.convex_hull(census_m)), 60.0)
    parts = shapely.get_parts(shapely.intersection(kept, beyond))
    is_border = shapely.covered_by(parts, border_m)
    return shapely.union_all(parts[~is_border])


def make_tiles(layers: dict[str, gpd.GeoDataFrame]) -> dict[Tile, bytes]:
    """Cut the layers into uncompressed vector tiles by GDAL, and put each tile's layers together.

    A vector tile is a list of layers, so the bytes of tiles with different layers may be joined.
    """
    tiles: dict[Tile, list[bytes]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as scratch:
        for name, frame in layers.items():
            for zoom in ZOOMS:
                shown = _shown_at(frame, zoom)
                if shown.empty:
                    continue
                folder = Path(scratch) / f"{name}-{zoom}"
                _write_tiles(shown, name, zoom, folder)
                for path in sorted(folder.glob("*/*/*.pbf")):
                    tile = (zoom, int(path.parent.name), int(path.stem))
                    tiles[tile].append(path.read_bytes())
    return {tile: b"".join(parts) for tile, parts in tiles.items()}


def _shown_at(frame: gpd.GeoDataFrame, zoom: int) -> gpd.GeoDataFrame:
    if "class" not in frame:
        return frame
    return frame[frame["class"].map(FIRST_ZOOM) <= zoom]


def _write_tiles(frame: gpd.GeoDataFrame, layer: str, zoom: int, folder: Path) -> None:
    options = {
        "FORMAT": "DIRECTORY",
        "COMPRESS": "NO",
        "MINZOOM": str(zoom),
        "MAXZOOM": str(zoom),
        "MAX_SIZE": "4000000",
        "MAX_FEATURES": "1000000",
        "SIMPLIFICATION": "1",
    }
    pyogrio.write_dataframe(
        frame.to_crs(EPSG_WGS84), folder, driver="MVT", layer=layer, dataset_options=options
    )


def _read_vector(path: Path) -> pd.DataFrame:
    try:
        if path.suffix == ".parquet":
            frame: pd.DataFrame = gpd.read_parquet(path)
        else:
            frame = pyogrio.read_dataframe(f"/vsigzip/{path}" if path.suffix == ".gz" else path)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError) as error:
        raise UnreadableStreets(f"{path.name} cannot be read as a vector file.") from error
    return frame


def _column(frame: gpd.GeoDataFrame, names: tuple[str, ...]) -> pd.Series:
    for name in names:
        if name in frame:
            texts: pd.Series = frame[name].astype(object).fillna("").astype(str)
            return texts
    return pd.Series("", index=frame.index)


def _read_area(path: Path) -> gpd.GeoDataFrame:
    return pyogrio.read_dataframe(path).to_crs(EPSG_LOCAL_M)


def _frame(geometries: list[shapely.Geometry], *, kind: str) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"kind": [kind]}, geometry=geometries, crs=EPSG_LOCAL_M)


def _bounds(layers: dict[str, gpd.GeoDataFrame]) -> tuple[float, float, float, float]:
    west, south, east, north = layers["roads"].to_crs(EPSG_WGS84).total_bounds
    return float(west), float(south), float(east), float(north)


def _metadata(layers: dict[str, gpd.GeoDataFrame]) -> dict[str, object]:
    described = [
        {
            "id": name,
            "fields": {column: "String" for column in frame.columns if column != "geometry"},
            "minzoom": ZOOMS[0],
            "maxzoom": ZOOMS[-1],
        }
        for name, frame in layers.items()
    ]
    return {"name": "Baltimore base map", "vector_layers": described}
