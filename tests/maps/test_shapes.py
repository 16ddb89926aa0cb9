"""Shapes on their way to the page: what is coded must come out again, and must stay small."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from app.geo.coords import EPSG_LOCAL_M, project_m, unproject_m
from app.maps import areas, shapes

CELL_M = 250
EAST, NORTH = 432_000, 180_000


def cells_at(places: list[tuple[int, int]], bins: list[int]) -> gpd.GeoDataFrame:
    """Cells by column and row from (EAST, NORTH), numbered in the order given."""
    squares = [
        shapely.box(
            EAST + c * CELL_M, NORTH + r * CELL_M, EAST + (c + 1) * CELL_M, NORTH + (r + 1) * CELL_M
        )
        for c, r in places
    ]
    rank = pd.array(range(1, len(places) + 1), dtype="Int64")
    rank[np.array(bins) < 1] = pd.NA
    return gpd.GeoDataFrame({"bin": bins, "rank": rank}, geometry=squares, crs=EPSG_LOCAL_M)


def decode_runs(steps: list[int]) -> set[tuple[int, int]]:
    """The script's way to read runs: (column, row) of every cell."""
    found, row, column, length = set(), 0, 0, 0
    for i in range(0, len(steps), 3):
        row, column, length = row + steps[i], column + steps[i + 1], length + steps[i + 2]
        found |= {(column + k, row) for k in range(length)}
    return found


def decode_corner(coded: shapes.CodedCells, column: int, row: int) -> tuple[float, float]:
    u, v = (column - coded.column) / coded.span, (row - coded.row) / coded.span
    terms = [u**i * v**j for i, j in shapes.POWERS]
    return float(np.dot(coded.lon, terms)), float(np.dot(coded.lat, terms))


def decode_line(steps: list[int]) -> shapely.LineString:
    corners = np.cumsum(np.array(steps).reshape(-1, 2), axis=0) * shapes.STEP_DEGREES
    return shapely.LineString(corners)


def test_neighbours_in_a_row_become_one_run():
    coded = shapes.code_cells(cells_at([(0, 0), (1, 0), (2, 0), (0, 1)], [3] * 4), CELL_M, ranked=9)

    assert coded.runs == {"3": [720, 1728, 3, 1, 0, -2]}


@pytest.mark.parametrize("seed", range(5))
def test_every_cell_comes_out_in_its_own_bin(seed: int):
    rng = np.random.default_rng(seed)
    places = [(int(c), int(r)) for c in range(40) for r in range(40) if rng.random() < 0.3]
    bins = [int(b) for b in rng.choice([-3, -2, -1, 0, 1, 2, 3], len(places))]

    coded = shapes.code_cells(cells_at(places, bins), CELL_M, ranked=15)

    for of in (-3, -2, -1, 1, 2, 3):
        expected = {(1728 + c, 720 + r) for (c, r), b in zip(places, bins, strict=True) if b == of}
        assert decode_runs(coded.runs[str(of)]) == expected
    assert "0" not in coded.runs


def test_corners_are_right_to_five_centimetres_over_the_whole_city():
    far = cells_at([(-50, -50), (0, 0), (30, 40)], [2, 2, 2])

    coded = shapes.code_cells(far, CELL_M, ranked=3)

    for column, row in [(1678, 670), (1728, 720), (1759, 761), (1700, 750)]:
        corner = project_m(shapely.Point(decode_corner(coded, column, row)))
        assert corner.distance(shapely.Point(column * CELL_M, row * CELL_M)) < 0.05


def test_numbered_cells_are_the_first_ranks_with_their_place():
    coded = shapes.code_cells(cells_at([(0, 0), (3, 2), (5, 5)], [3, 2, 1]), CELL_M, ranked=2)

    assert coded.ranked == [[1, 3, 1728, 720], [2, 2, 1731, 722]]


def test_a_map_without_any_marked_cell_has_no_runs():
    coded = shapes.code_cells(cells_at([(0, 0)], [0]), CELL_M, ranked=9)

    assert coded.runs == {}
    assert coded.ranked == []


def test_coded_lines_stay_within_a_metre():
    line = shapely.LineString([(-76.62, 39.29), (-76.61, 39.295), (-76.6123456, 39.3000004)])

    (coded,) = shapes.code_lines([line])

    apart = shapely.hausdorff_distance(project_m(decode_line(coded)), project_m(line))
    assert apart < 1.0


def test_a_line_shorter_than_a_step_is_left_out():
    dot = shapely.LineString([(-76.62, 39.29), (-76.620001, 39.290001)])

    assert shapes.code_lines([dot]) == []


@pytest.mark.parametrize("budget", [2_000, 8_000, 20_000])
def test_lines_are_simplified_until_they_fit(budget: int):
    rng = np.random.default_rng(7)
    wiggles = [
        shapely.LineString(np.cumsum(rng.normal(0, 30, (400, 2)), axis=0) + np.array([EAST, NORTH]))
        for _ in range(20)
    ]

    coded = shapes.code_within(wiggles, budget)

    assert len(json.dumps(coded, separators=(",", ":"))) <= budget * 1.5
    assert coded


def test_the_border_between_two_areas_is_drawn_once_and_their_outer_edge_not():
    west, east = shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)
    two = gpd.GeoDataFrame(geometry=[west, east], crs=EPSG_LOCAL_M)

    (border,) = shapes.area_lines(two, 5.0)

    assert border.length == pytest.approx(1000, abs=5)
    assert shapely.distance(border, shapely.Point(1000, 500)) < 1


def test_a_contour_stands_where_its_level_is_reached():
    low = shapely.Point(EAST, NORTH).buffer(2000).difference(shapely.Point(EAST, NORTH).buffer(900))
    high = shapely.Point(EAST, NORTH).buffer(900)
    contours = gpd.GeoDataFrame(
        {"density_from_per_km2": [10.0, 20.0]}, geometry=[low, high], crs=EPSG_LOCAL_M
    )

    lines = shapes.contour_lines(contours)

    assert {level: len(of) for level, of in lines.items()} == {10.0: 1, 20.0: 1}
    assert lines[10.0][0].length == pytest.approx(2 * np.pi * 2000, rel=0.01)
    assert lines[20.0][0].length == pytest.approx(2 * np.pi * 900, rel=0.01)


@pytest.mark.parametrize("district_set", ["1959", "2023"])
def test_district_borders_are_few_bytes_and_lie_in_the_city(district_set: str):
    coded = areas.district_lines(district_set)

    west, south, east, north = areas.city_bounds()
    assert 1_000 < len(json.dumps(coded)) < 20_000
    for line in coded:
        x_min, y_min, x_max, y_max = decode_line(line).bounds
        assert west - 1e-3 < x_min <= x_max < east + 1e-3
        assert south - 1e-3 < y_min <= y_max < north + 1e-3


def test_the_central_district_is_parted_from_the_western_near_fremont_avenue():
    borders = shapely.MultiLineString([decode_line(line) for line in areas.district_lines("2023")])

    assert unproject_m(shapely.Point(EAST, NORTH)).distance(borders) < 0.02
    assert [district.name for district in areas.districts("2023")][:2] == [
        "Central",
        "Southeastern",
    ]
