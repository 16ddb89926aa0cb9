"""The ground that maps stand on: the city's outline, its cells, streets and people. Read once."""

from dataclasses import dataclass
from functools import lru_cache

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely

from app.config import DATA
from app.geo.coords import EPSG_LOCAL_M, to_local_m
from app.geo.density import Frame, frame_over, kernel_mass_inside
from app.geo.grid import (
    BoolArray,
    City,
    CityGrid,
    FloatArray,
    GeometryArray,
    make_grid,
    spread_by_area,
    street_length_m,
)

NOT_STREETS = ("Alley", "Fictitious Centerline Segment")
MINOR_STREETS = ("Local Street", "Collector Street")
PIXEL_M = 25.0
"""Pixel of density surfaces: a sixteenth of the bandwidth."""


@dataclass(frozen=True, eq=False)
class Streets:
    """The city's centre lines without alleys, EPSG:26985."""

    lines_m: GeometryArray
    is_major: BoolArray
    """(n,) arterials and motorways."""


@dataclass(frozen=True, eq=False)
class DensityGround:
    """The window of a density surface and how much of the kernel lies in the city."""

    frame: Frame
    kernel_mass: FloatArray
    is_inside: BoolArray


@lru_cache(maxsize=1)
def city_m() -> City:
    """The city's outline in EPSG:26985."""
    outline: City = gpd.read_file(DATA / "city_boundary.geojson").to_crs(EPSG_LOCAL_M).union_all()
    return outline


@lru_cache(maxsize=8)
def grid(cell_m: int) -> CityGrid:
    """The city's cells of one size."""
    return make_grid(city_m(), cell_m)


@lru_cache(maxsize=1)
def streets() -> Streets:
    """Streets with a name and traffic: no alleys, no fictitious connections."""
    table = pq.read_table(
        DATA / "streets.parquet", columns=["subtype_label", "sha_class_label", "geometry"]
    )
    is_street = pc.invert(pc.is_in(table["subtype_label"], value_set=pa.array(NOT_STREETS)))
    table = table.filter(is_street)
    lines = shapely.from_wkb(table["geometry"].to_numpy(zero_copy_only=False))
    lines_m = shapely.transform(lines, to_local_m().transform, interleaved=False)
    label = pc.fill_null(table["sha_class_label"], "Local Street")
    is_minor = pc.is_in(label, value_set=pa.array(MINOR_STREETS))
    return Streets(lines_m, ~is_minor.to_numpy(zero_copy_only=False).astype(bool))


@lru_cache(maxsize=16)
def fixed_exposure(name: str, cell_m: int) -> FloatArray:
    """(n,) `area` in m2, `street_length` in metres or `population` in people, per cell."""
    if name == "area":
        return grid(cell_m).area_m2
    if name == "street_length":
        return street_length_m(grid(cell_m), streets().lines_m)
    if name == "population":
        groups = gpd.read_file(DATA / "census_block_groups_2020.geojson").to_crs(EPSG_LOCAL_M)
        people = groups["pop2020"].to_numpy(dtype=np.float64)
        return spread_by_area(grid(cell_m), groups.geometry.to_numpy(), people)
    raise ValueError(f"{name} is no fixed exposure")


@lru_cache(maxsize=4)
def density_ground(bandwidth_m: float) -> DensityGround:
    """The pixels over the city and the edge correction of one bandwidth."""
    frame = frame_over(city_m(), PIXEL_M)
    mass, is_inside = kernel_mass_inside(city_m(), frame, bandwidth_m)
    return DensityGround(frame, mass, is_inside)
