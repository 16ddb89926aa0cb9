"""The hotspot layer: every cell with its count, test and bin, as far as they may be told."""

import hashlib
import math
from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from app.filters import BBox
from app.geo.coords import EPSG_LOCAL_M, LonLat, project_m, to_wgs84
from app.geo.disclosure import people_in_cells, people_in_windows, publish_cells, unflag
from app.geo.grid import CityGrid, FloatArray, IntArray
from app.geo.hotspots import FDR_LEVELS, HOT_BIN, METHOD, Hotspots, find_hotspots, hottest_first
from app.maps.captions import hotspot_caption
from app.maps.layer_json import plain_values
from app.maps.service_inputs import Inputs
from app.maps.service_layers import HotspotLayer
from app.places import service as places

_EXACT_COLUMNS = ("expected", "z_score", "p_value", "q_value", "window_count", "window_expected")


def make(inputs: Inputs) -> HotspotLayer:
    """Test the cells, withhold what must be, put them in published order."""
    grid = inputs.grid
    count = np.bincount(inputs.cell[inputs.cell >= 0], minlength=grid.n).astype(np.int64)
    found = find_hotspots(grid, count, inputs.exposure)
    cells = _personal_cells(inputs, found) if inputs.is_personal else _public_cells(grid, found)
    cells = _ranked(cells, within_m=grid.cell_m * math.sqrt(0.5))
    metadata = inputs.metadata("hotspots") | {
        "method": (
            "exact Poisson tail of each 3 x 3 window's count against the expected one, "
            "Benjamini-Hochberg over all cells; z_score is the analytic Gi* of the counts"
        ),
        "parameters": {
            "cell_m": grid.cell_m,
            "window_m": 3 * grid.cell_m,
            "fdr": list(FDR_LEVELS),
            "hot_from_bin": HOT_BIN,
            "period_days": inputs.metadata("hotspots")["period_days"],
        },
        "cells": _summary(cells),
    }
    metadata["data_version"] = (
        version_of_published(cells) if inputs.is_personal else inputs.records.data_version
    )
    metadata["caption"] = hotspot_caption(metadata, cells)
    return HotspotLayer(metadata, crop(cells, inputs.used.bbox), inputs.zone)


def version_of_published(features: gpd.GeoDataFrame) -> str:
    """A version that changes only when what is published does.

    On personal sets the true data version would tell when a record came in or a state changed.
    """
    digest = hashlib.sha256()
    for name in features.columns:
        if name == features.geometry.name:
            digest.update(b"".join(shapely.to_wkb(features.geometry.array)))
        else:
            digest.update(repr(plain_values(features[name])).encode())
    return digest.hexdigest()[:16]


def crop(features: gpd.GeoDataFrame, bbox: BBox | None) -> gpd.GeoDataFrame:
    """The features that touch the box; their values stay as they are."""
    if bbox is None:
        return features
    return features[features.intersects(box_m(bbox))].reset_index(drop=True)


def box_m(bbox: BBox) -> shapely.Polygon:
    """The box in EPSG:26985, its edges bent as the projection bends them."""
    return project_m(shapely.segmentize(shapely.box(*bbox), 0.01))


def _public_cells(grid: CityGrid, found: Hotspots) -> gpd.GeoDataFrame:
    cells = _frame(
        grid,
        count=found.count.astype(np.float64),
        label=[str(number) for number in found.count],
        flags=found.bin.astype(np.int64),
    )
    exact = {
        "expected": found.expected,
        "z_score": found.z_score,
        "p_value": found.p_upper,
        "q_value": found.q_upper,
        "window_count": found.window_count.astype(np.float64),
        "window_expected": found.window_expected,
    }
    for name, values in exact.items():
        cells[name] = values
    return _as_published(cells.iloc[hottest_first(found)])


def _personal_cells(inputs: Inputs, found: Hotspots) -> gpd.GeoDataFrame:
    grid, person = inputs.grid, inputs.records.person_key
    shown, label = publish_cells(found.count, people_in_cells(grid, inputs.cell, person), inputs.k)
    flags = unflag(found.bin, people_in_windows(grid, inputs.cell, person), inputs.k)
    cells = _frame(grid, count=shown, label=label, flags=flags.astype(np.int64))
    for name in _EXACT_COLUMNS:
        cells[name] = np.nan
    order = cells.assign(less_hot=-cells["bin"], fewer=-cells["count"]).sort_values(
        ["less_hot", "fewer", "cell_id"], na_position="last", kind="stable"
    )
    return _as_published(cells.loc[order.index])


def _frame(
    grid: CityGrid, *, count: FloatArray, label: Sequence[str], flags: IntArray
) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"cell_id": grid.cell_ids, "count": count, "count_label": list(label), "bin": flags},
        geometry=grid.squares_m,
        crs=EPSG_LOCAL_M,
    )


def _as_published(cells: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    cells = cells.assign(
        method=METHOD,
        count=cells["count"].astype("Int64"),
        window_count=cells["window_count"].astype("Int64"),
    )
    columns = ["cell_id", "count", "count_label", "expected", "z_score", "p_value", "q_value"]
    columns += ["bin", "method", "window_count", "window_expected", "geometry"]
    return cells[columns].reset_index(drop=True)


def _ranked(cells: gpd.GeoDataFrame, *, within_m: float) -> gpd.GeoDataFrame:
    """Number the cells that hold more than chance, strongest first, and name their corner.

    Args:
        within_m: how far a cell reaches from its middle.
    """
    is_more = (cells["bin"] >= 1).to_numpy()
    rank = pd.array(np.cumsum(is_more), dtype="Int64")
    rank[~is_more] = pd.NA
    corners = np.full(len(cells), None, dtype=object)
    middles = shapely.centroid(cells.geometry.array[is_more])
    lon, lat = to_wgs84().transform(shapely.get_x(middles), shapely.get_y(middles))
    corners[is_more] = [
        places.near_well_known(LonLat(float(x), float(y)), within_m)
        for x, y in zip(lon, lat, strict=True)
    ]
    ranked = cells.assign(rank=rank, nearest_corner=corners)
    columns = [name for name in ranked.columns if name != "geometry"]
    return ranked[[*columns, "geometry"]]


def _summary(cells: gpd.GeoDataFrame) -> dict[str, Any]:
    flags = cells["bin"]
    return {
        "all": len(cells),
        "stand_out": int((flags >= HOT_BIN).sum()),
        "weak": int((flags == 1).sum()),
        "fewer_than_chance": int((flags <= -HOT_BIN).sum()),
    }
