"""The density layer: records per km2 and period, as far as it may be told."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import shapely

from app.filters import BBox
from app.geo.coords import EPSG_WGS84
from app.geo.density import KERNEL, Surface, density, spread_over_cells
from app.geo.disclosure import people_in_cells, told_counts
from app.geo.surface import (
    Band,
    contour_bands,
    floor_to_levels,
    nice_levels,
    withhold_few_people,
)
from app.maps import rules, service_ground
from app.maps.captions import density_caption
from app.maps.service_hotspots import box_m, version_of_published
from app.maps.service_inputs import Inputs
from app.maps.service_layers import DensityLayer


def make(inputs: Inputs) -> DensityLayer:
    """Compute the surface, withhold what must be, draw the contours."""
    surface = _personal_surface(inputs) if inputs.is_personal else _public_surface(inputs)
    levels = nice_levels(surface.peak)
    bands = contour_bands(surface, levels, service_ground.city_m())
    contours = _frame(bands)
    if inputs.is_personal:
        surface = floor_to_levels(surface, levels)
    metadata = inputs.metadata("density")
    metadata |= {
        "method": (
            "kernel density, corrected at the city's edge by the kernel's mass inside the city"
        ),
        "parameters": {
            "kernel": KERNEL,
            "bandwidth_m": surface.bandwidth_m,
            "bandwidth_is": "radius of support",
            "pixel_m": surface.frame.pixel_m,
            "period_days": surface.period_days,
            "levels_per_km2": list(levels),
            "unit": f"per km2 in {surface.period_days} days",
        },
        "kernel": KERNEL,
        "bandwidth_m": surface.bandwidth_m,
        "data_version": version_of_published(contours)
        if inputs.is_personal
        else inputs.records.data_version,
    }
    metadata["caption"] = density_caption(metadata, surface.peak)
    return DensityLayer(
        metadata,
        _crop_contours(contours, inputs.used.bbox),
        _crop_surface(surface, inputs.used.bbox),
        inputs.zone,
    )


def _public_surface(inputs: Inputs) -> Surface:
    ground = service_ground.density_ground(rules.BANDWIDTH_M)
    is_mapped = inputs.cell >= 0
    surface = density(
        inputs.records.x_m[is_mapped],
        inputs.records.y_m[is_mapped],
        ground.frame,
        bandwidth_m=rules.BANDWIDTH_M,
        kernel_mass=ground.kernel_mass,
        period_days=_days(inputs),
    )
    return replace(surface, values=np.where(_near_city(), surface.values, 0.0))


def _personal_surface(inputs: Inputs) -> Surface:
    """The surface of the published 250 m counts, and nothing where fewer than k people contribute.

    Contours of true counts would give a single record back as the difference of two periods.
    """
    ground = service_ground.density_ground(rules.BANDWIDTH_M)
    grid = service_ground.grid(rules.DENSITY_CELL_M)
    cell = grid.locate(inputs.records.x_m, inputs.records.y_m)
    person, cell = inputs.records.person_key[cell >= 0], cell[cell >= 0]
    count = np.bincount(cell, minlength=grid.n).astype(np.int64)
    told = told_counts(count, people_in_cells(grid, cell, person), inputs.k)
    spread = spread_over_cells(grid, told, ground.frame)
    surface = density(
        spread.x_m,
        spread.y_m,
        ground.frame,
        bandwidth_m=rules.BANDWIDTH_M,
        weights=spread.weights,
        kernel_mass=ground.kernel_mass,
        period_days=_days(inputs),
    )
    # People stand in the middle of their cell here too, or the edge of what is drawn would trace
    # circles around their true places.
    middle_x, middle_y = grid.centres_m
    surface = withhold_few_people(surface, middle_x[cell], middle_y[cell], person, inputs.k)
    return replace(surface, values=np.where(_near_city(), surface.values, 0.0))


def _near_city() -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Pixels in or just beside the city: contours need one value beyond its edge."""
    ground = service_ground.density_ground(rules.BANDWIDTH_M)
    inside = ground.is_inside
    near = inside.copy()
    for axis in (0, 1):
        for step in (-1, 1):
            near |= np.roll(inside, step, axis)
    return near


def _days(inputs: Inputs) -> int:
    return max(rules.Window(inputs.used.from_date, inputs.used.to_date).days, 1)


def _frame(bands: list[Band]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "density_from_per_km2": np.array([band.low_per_km2 for band in bands], dtype=float),
            "density_to_per_km2": np.array([band.high_per_km2 for band in bands], dtype=float),
        },
        geometry=np.array([band.area_wgs84 for band in bands], dtype=object),
        crs=EPSG_WGS84,
    )


def _crop_contours(contours: gpd.GeoDataFrame, bbox: BBox | None) -> gpd.GeoDataFrame:
    if bbox is None or contours.empty:
        return contours
    cropped = contours.assign(geometry=contours.geometry.intersection(shapely.box(*bbox)))
    is_area = ~cropped.geometry.is_empty & (shapely.get_dimensions(cropped.geometry.array) == 2)
    return cropped[is_area].reset_index(drop=True)


def _crop_surface(surface: Surface, bbox: BBox | None) -> Surface:
    if bbox is None:
        return surface
    x_m, y_m = np.meshgrid(surface.frame.x_m, surface.frame.y_m)
    area = box_m(bbox)
    shapely.prepare(area)
    return replace(
        surface, values=np.where(shapely.intersects_xy(area, x_m, y_m), surface.values, 0.0)
    )
