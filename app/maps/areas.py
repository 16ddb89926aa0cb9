"""The lines under every map, read once from data/: police districts, neighbourhoods, the city."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import geopandas as gpd

from app.config import DATA
from app.maps.shapes import Coded, area_lines, code_within

FIRST_DAY_OF_2023_DISTRICTS = date(2023, 1, 1)
DISTRICT_TOLERANCE_M = 15.0
DISTRICT_BYTES = 12_000
NEIGHBOURHOOD_TOLERANCE_M = 8.0
NEIGHBOURHOOD_BYTES = 60_000
_DISTRICT_FILES = {
    "1959": "police_districts_1959_2022.geojson",
    "2023": "police_districts_2023.geojson",
}


@dataclass(frozen=True)
class District:
    """A police district's official number and name."""

    number: int
    name: str


def district_set_on(last_day: date | None, chosen: str | None) -> str:
    """The district layer to draw: the chosen one, else the one in force on the last day."""
    if chosen is not None:
        return chosen
    is_old = last_day is not None and last_day < FIRST_DAY_OF_2023_DISTRICTS
    return "1959" if is_old else "2023"


@lru_cache(maxsize=2)
def districts(district_set: str) -> tuple[District, ...]:
    """The districts of one layer, by number."""
    frame = _read(_DISTRICT_FILES[district_set])
    pairs = sorted(zip(frame["number"], frame["name"], strict=True))
    return tuple(District(int(number), str(name)) for number, name in pairs)


@lru_cache(maxsize=2)
def district_lines(district_set: str) -> Coded:
    """The borders of the districts, each common border once, coded as `code_lines` does."""
    lines_m = area_lines(_read(_DISTRICT_FILES[district_set]), DISTRICT_TOLERANCE_M)
    return code_within(lines_m, DISTRICT_BYTES)


@lru_cache(maxsize=1)
def neighbourhood_lines() -> Coded:
    """The borders of the neighbourhoods, coded as `code_lines` does."""
    frame = _read("neighborhoods_2020.geojson")
    return code_within(area_lines(frame, NEIGHBOURHOOD_TOLERANCE_M), NEIGHBOURHOOD_BYTES)


@lru_cache(maxsize=1)
def city_bounds() -> tuple[float, float, float, float]:
    """West, south, east, north of the city in degrees."""
    west, south, east, north = _read("city_boundary.geojson").total_bounds
    return float(west), float(south), float(east), float(north)


def _read(name: str) -> gpd.GeoDataFrame:
    path: Path = DATA / name
    frame: gpd.GeoDataFrame = gpd.read_file(path)
    return frame
