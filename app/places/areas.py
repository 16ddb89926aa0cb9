"""Police districts and neighbourhoods of points. Layers are read once a process, when asked for."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from app.config import DATA
from app.geo.area_index import AreaIndex, read_areas
from app.geo.coords import Floats

DistrictLayer = Literal["1959", "2023"]
"""The year from which a division into districts was in force."""

DISTRICTS_2023_FROM: Final = date(2023, 1, 1)

_FILES: Final = {
    "1959": "police_districts_1959_2022.geojson",
    "2023": "police_districts_2023.geojson",
}
_NEIGHBOURHOODS: Final = "neighborhoods_2020.geojson"

Ints = NDArray[np.int64]
Texts = NDArray[np.object_]


@dataclass(frozen=True)
class District:
    """One police district of one layer."""

    number: int
    name: str


@dataclass(frozen=True, eq=False)
class _Layer:
    index: AreaIndex
    values: NDArray[np.object_]
    """One more than there are areas: the last stands for no area, position -1."""


def district_layer_on(day: date) -> DistrictLayer:
    """The division into districts that was in force on a local date."""
    return "2023" if day >= DISTRICTS_2023_FROM else "1959"


def districts(layer: DistrictLayer) -> tuple[District, ...]:
    """The nine districts of a layer, by number."""
    return tuple(sorted(_district_layer(layer).values[:-1], key=lambda one: one.number))


def district_number(lon: Floats, lat: Floats, layer: DistrictLayer) -> Ints:
    """(n,) official district numbers of (n,) points in degrees; 0 where there is no district."""
    found = _district_layer(layer)
    numbers = np.array([one.number if one else 0 for one in found.values], dtype=np.int64)
    return numbers[found.index.locate_many(lon, lat)]


def neighbourhood_name(lon: Floats, lat: Floats) -> Texts:
    """(n,) names of neighbourhoods of (n,) points in degrees; None where there is none."""
    found = _neighbourhood_layer()
    return found.values[found.index.locate_many(lon, lat)]


@cache
def _district_layer(layer: DistrictLayer) -> _Layer:
    areas, about = read_areas(DATA / _FILES[layer], "number", "name")
    values = [District(int(str(one["number"])), str(one["name"])) for one in about]
    return _Layer(AreaIndex(areas), np.array([*values, None], dtype=object))


@cache
def _neighbourhood_layer() -> _Layer:
    areas, about = read_areas(DATA / _NEIGHBOURHOODS, "name")
    return _Layer(AreaIndex(areas), np.array([*(one["name"] for one in about), None], dtype=object))
