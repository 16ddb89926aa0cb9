"""Which area a point lies in, against shapely's own answer."""

from pathlib import Path

import numpy as np
import pytest
import shapely

from app.geo.area_index import AreaIndex, read_areas

ROOT = Path(__file__).resolve().parent.parent.parent

WEST, EAST = shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)


def test_points_know_their_area():
    index = AreaIndex([WEST, EAST])

    found = index.locate_many(np.array([0.5, 1.5, 2.5]), np.array([0.5, 0.5, 0.5]))

    assert found.tolist() == [0, 1, -1]


def test_a_point_on_a_shared_line_is_in_the_first_and_on_the_outer_line_inside():
    index = AreaIndex([WEST, EAST])

    assert index.locate_many(np.array([1.0, 2.0]), np.array([0.5, 0.5])).tolist() == [0, 1]


def test_a_hole_is_no_part_of_the_area():
    ring = WEST.difference(shapely.box(0.4, 0.4, 0.6, 0.6))

    assert AreaIndex([ring]).locate_many(np.array([0.5]), np.array([0.5])).tolist() == [-1]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 999.0])
def test_what_is_no_coordinate_is_nowhere(value):
    assert AreaIndex([WEST]).locate_many(np.array([value]), np.array([0.5])).tolist() == [-1]


def test_nothing_asked_nothing_answered():
    assert AreaIndex([WEST]).locate_many(np.array([]), np.array([])).tolist() == []
    assert AreaIndex([]).locate_many(np.array([0.5]), np.array([0.5])).tolist() == [-1]


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("police_districts_1959_2022", 9),
        ("police_districts_2023", 9),
        ("neighborhoods_2020", 279),
    ],
)
def test_the_city_s_layers_agree_with_shapely(name, count):
    areas, about = read_areas(ROOT / f"data/{name}.geojson", "name")
    rng = np.random.default_rng(7)
    lon, lat = rng.uniform(-76.72, -76.52, 400), rng.uniform(39.19, 39.38, 400)

    found = AreaIndex(areas).locate_many(lon, lat)

    points = shapely.points(lon, lat)
    expected = [
        next((n for n, area in enumerate(areas) if shapely.covers(area, point)), -1)
        for point in points
    ]
    assert len(areas) == len(about) == count
    assert found.tolist() == expected
    assert 100 < (found >= 0).sum() < 400
