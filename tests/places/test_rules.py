"""A named place on the edge street is in the zone; one beyond it is not moved."""

import math

import pytest
import shapely

from app.geo.coords import LonLat
from app.places.rules import EDGE_STREET_M, onto_the_edge

SOUTH, WEST = 39.29, -76.62
METRE_NORTH = 1 / 111_195
METRE_EAST = METRE_NORTH / math.cos(math.radians(SOUTH))
SQUARE = shapely.box(WEST, SOUTH, WEST + 100 * METRE_EAST, SOUTH + 100 * METRE_NORTH)


def south_of_the_middle(off_m: float) -> LonLat:
    return LonLat(WEST + 50 * METRE_EAST, SOUTH - off_m * METRE_NORTH)


@pytest.mark.parametrize("off_m", [0.001, 0.03, 0.5, 4.9])
def test_a_place_just_outside_is_put_just_inside(off_m):
    moved = onto_the_edge(SQUARE, south_of_the_middle(off_m))

    assert shapely.intersects_xy(SQUARE, moved.lon, moved.lat)
    assert (moved.lat - SOUTH) / METRE_NORTH == pytest.approx(0.1, abs=0.02)
    assert (moved.lon - WEST) / METRE_EAST == pytest.approx(50, abs=0.1)


@pytest.mark.parametrize("off_m", [-50, -0.001, 0, EDGE_STREET_M + 0.1, 500])
def test_other_places_stay_where_they_are(off_m):
    point = south_of_the_middle(off_m)

    assert onto_the_edge(SQUARE, point) == point


def test_the_sharp_end_of_a_zone_is_reached_too():
    needle = shapely.Polygon(
        [(WEST, SOUTH), (WEST + 100 * METRE_EAST, SOUTH), (WEST, SOUTH + 10 * METRE_NORTH)]
    )
    beyond_the_tip = LonLat(WEST + 101 * METRE_EAST, SOUTH)

    moved = onto_the_edge(needle, beyond_the_tip)

    assert shapely.distance(needle, shapely.Point(moved.lon, moved.lat)) < 2 * METRE_EAST


def test_a_place_beside_a_hole_is_moved_out_of_it():
    holed = SQUARE.difference(
        shapely.box(
            WEST + 40 * METRE_EAST,
            SOUTH + 40 * METRE_NORTH,
            WEST + 60 * METRE_EAST,
            SOUTH + 60 * METRE_NORTH,
        )
    )
    in_the_hole = LonLat(WEST + 50 * METRE_EAST, SOUTH + 42 * METRE_NORTH)

    moved = onto_the_edge(holed, in_the_hole)

    assert shapely.intersects_xy(holed, moved.lon, moved.lat)
