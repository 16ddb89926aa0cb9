"""Shapes as small as a page needs: cells as runs on their grid, lines as steps of 1e-5 degrees.

A page must stay small for any number of incidents, so a cell costs a few bytes, and lines are
simplified further until they fit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from app.geo.coords import EPSG_LOCAL_M, unproject_m

STEP_DEGREES = 1e-5
"""About a metre: the unit of coded lines."""
TOLERANCES_M = (10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0)
MIN_BORDER_M = 20.0
"""Shorter pieces of border are where two outlines do not quite meet."""
MIN_RING_M = 400.0
"""Contour rings shorter than this are not drawn."""
BYTES_A_NUMBER = 4
"""About what one coded step takes in JSON, comma included."""
POWERS = tuple((i, j) for i in range(4) for j in range(4 - i))

Coded = list[list[int]]
"""One list a line: lon, lat of the first corner in units of STEP_DEGREES, then steps."""


@dataclass(frozen=True)
class CodedCells:
    """Cells by bin, as runs along rows, with what turns grid corners into degrees.

    A corner with column c and row r (of the whole grid, corners on multiples of the size in
    EPSG:26985) has lon = sum of `lon[k]` u^i v^j over POWERS, u = (c - column) / span and
    v = (r - row) / span; lat likewise. Exact to a centimetre or so over a city.
    """

    size_m: int
    column: int
    row: int
    span: int
    lon: list[float]
    lat: list[float]
    runs: dict[str, list[int]]
    """Bin to row, column, length of each run, all three as steps from the run before."""
    ranked: list[list[int]]
    """[rank, bin, column, row] of the numbered cells."""

    def as_json(self) -> dict[str, object]:
        return {
            "size_m": self.size_m,
            "frame": [self.column, self.row, self.span],
            "powers": [list(power) for power in POWERS],
            "lon": self.lon,
            "lat": self.lat,
            "runs": self.runs,
            "ranked": self.ranked,
        }


def code_cells(cells: gpd.GeoDataFrame, cell_m: int, *, ranked: int) -> CodedCells:
    """Code the cells whose bin is not 0.

    Args:
        cells: square cells in EPSG:26985 with the columns bin and rank.
        ranked: how many numbered cells to carry, lowest ranks first.
    """
    shown = cells[cells["bin"] != 0]
    column, row = _corner_numbers(shown, cell_m)
    bins = shown["bin"].to_numpy(dtype=np.int64)
    base_column, base_row, span = _frame(column, row)
    lon, lat = _fit_degrees(base_column, base_row, span, cell_m)
    numbered = [
        [int(rank), int(of), int(c), int(r)]
        for rank, of, c, r in zip(shown["rank"], bins, column, row, strict=True)
        if 0 < _int_or_zero(rank) <= ranked
    ]
    return CodedCells(
        size_m=cell_m,
        column=base_column,
        row=base_row,
        span=span,
        lon=lon,
        lat=lat,
        runs={str(of): _runs(column[bins == of], row[bins == of]) for of in np.unique(bins)},
        ranked=sorted(numbered),
    )


def code_lines(lines_wgs84: Sequence[shapely.LineString]) -> Coded:
    """Code lines as whole steps of STEP_DEGREES; lines that shrink to a point are left out."""
    coded = []
    for line in lines_wgs84:
        corners = np.rint(shapely.get_coordinates(line) / STEP_DEGREES).astype(np.int64)
        is_kept = np.r_[True, (corners[1:] != corners[:-1]).any(axis=1)]
        corners = corners[is_kept]
        if len(corners) > 1:
            steps = np.vstack([corners[:1], np.diff(corners, axis=0)])
            coded.append([int(step) for step in steps.ravel()])
    return coded


def code_within(lines_m: Sequence[shapely.LineString], budget_bytes: int) -> Coded:
    """Code lines (EPSG:26985), simplified as far as they need to be to fit into so many bytes.

    The shortest lines are left out where simplifying alone does not do.
    """
    lines = np.array(lines_m, dtype=object)
    coded: Coded = []
    for tolerance in TOLERANCES_M:
        simple = shapely.simplify(lines, tolerance)
        coded = code_lines(unproject_m(simple)) if len(simple) else []
        if _bytes_of(coded) <= budget_bytes:
            return coded
    coded.sort(key=len, reverse=True)
    while _bytes_of(coded) > budget_bytes:
        coded.pop()
    return coded


def contour_lines(contours: gpd.GeoDataFrame) -> dict[float, list[shapely.LineString]]:
    """Level per km2 to the lines (EPSG:26985) at which the density reaches it.

    Args:
        contours: polygons with density_from_per_km2, lowest first, in any frame.
    """
    lines: dict[float, list[shapely.LineString]] = {}
    frame = contours.to_crs(EPSG_LOCAL_M)
    for level in sorted(set(frame["density_from_per_km2"])):
        above = shapely.union_all(
            frame.geometry[frame["density_from_per_km2"] >= level].to_numpy(), grid_size=0.1
        )
        rings = shapely.get_parts(shapely.line_merge(shapely.boundary(above)))
        lines[float(level)] = [ring for ring in rings if ring.length >= MIN_RING_M]
    return lines


def code_contours(contours: gpd.GeoDataFrame, budget_bytes: int) -> list[dict[str, object]]:
    """The contour lines of each level, coded within a budget for all of them together."""
    lines = contour_lines(contours)
    total = sum(line.length for of in lines.values() for line in of) or 1.0
    return [
        {
            "level": level,
            "lines": code_within(of, round(budget_bytes * sum(line.length for line in of) / total)),
        }
        for level, of in lines.items()
    ]


def area_lines(areas: gpd.GeoDataFrame, tolerance_m: float) -> list[shapely.LineString]:
    """The borders between areas (any frame) as lines in EPSG:26985, each once.

    The outer edge is left out: it follows every pier of the harbour and parts nothing.
    """
    simple = shapely.coverage_simplify(areas.to_crs(EPSG_LOCAL_M).geometry.to_numpy(), tolerance_m)
    borders = shapely.union_all(shapely.boundary(simple), grid_size=1.0)
    outer = shapely.boundary(shapely.union_all(simple, grid_size=1.0))
    inner = shapely.difference(borders, shapely.buffer(outer, 2.0))
    merged = shapely.get_parts(shapely.line_merge(inner))
    return [line for line in merged if line.length > MIN_BORDER_M]


def _int_or_zero(rank: object) -> int:
    try:
        return int(rank)  # type: ignore[call-overload,no-any-return]
    except (TypeError, ValueError):
        return 0


def _corner_numbers(
    cells: gpd.GeoDataFrame, cell_m: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    bounds = shapely.bounds(cells.geometry.to_numpy()).reshape(-1, 4)
    corners = np.rint(bounds[:, :2] / cell_m).astype(np.int64)
    return corners[:, 0], corners[:, 1]


def _frame(column: npt.NDArray[np.int64], row: npt.NDArray[np.int64]) -> tuple[int, int, int]:
    if not column.size:
        return 0, 0, 1
    span = max(int(np.ptp(column)), int(np.ptp(row))) + 2
    return int(column.min()), int(row.min()), span


def _fit_degrees(column: int, row: int, span: int, cell_m: int) -> tuple[list[float], list[float]]:
    """Cubic polynomials of grid corner to degrees, by least squares over the frame."""
    u, v = (axis.ravel() for axis in np.meshgrid(*[np.linspace(0, 1, 9)] * 2))
    x_m, y_m = (column + u * span) * cell_m, (row + v * span) * cell_m
    degrees = shapely.get_coordinates(unproject_m(shapely.points(x_m, y_m)))
    terms = np.column_stack([u**i * v**j for i, j in POWERS])
    found, *_ = np.linalg.lstsq(terms, degrees, rcond=None)
    return [round(k, 8) for k in found[:, 0].tolist()], [round(k, 8) for k in found[:, 1].tolist()]


def _runs(column: npt.NDArray[np.int64], row: npt.NDArray[np.int64]) -> list[int]:
    order = np.lexsort((column, row))
    column, row = column[order], row[order]
    is_start = np.r_[True, (np.diff(row) != 0) | (np.diff(column) != 1)]
    first = np.flatnonzero(is_start)
    length = np.diff(np.r_[first, column.size])
    starts = np.column_stack([row[first], column[first], length])
    steps = np.vstack([starts[:1], np.diff(starts, axis=0)])
    return [int(step) for step in steps.ravel()]


def _bytes_of(coded: Coded) -> int:
    return BYTES_A_NUMBER * sum(map(len, coded)) + 20 * len(coded)
