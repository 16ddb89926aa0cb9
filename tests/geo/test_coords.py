"""Coordinates are checked, never guessed."""

import json
import math

import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from app.geo.coords import (
    SERVICE_AREA,
    InvalidCoordinate,
    LonLat,
    OutsideServiceArea,
    project_m,
    require_in_service_area,
    require_lonlat,
    to_local_m,
    to_wgs84,
    unproject_m,
    usable,
)

LEXINGTON_MARKET = LonLat(-76.6216, 39.2916)


@pytest.mark.parametrize("lon", [math.nan, math.inf, -math.inf, 180.0001, -180.0001, 1e308])
def test_a_longitude_that_is_no_place_is_refused(lon):
    with pytest.raises(InvalidCoordinate) as refused:
        LonLat(lon, 39.29)

    assert list(refused.value.errors) == ["lon"]


@pytest.mark.parametrize("lat", [math.nan, math.inf, -math.inf, 90.0001, -90.0001])
def test_a_latitude_that_is_no_place_is_refused(lat):
    with pytest.raises(InvalidCoordinate) as refused:
        LonLat(-76.62, lat)

    assert list(refused.value.errors) == ["lat"]


def test_the_ends_of_the_range_are_places():
    assert LonLat(-180, -90)
    assert LonLat(180, 90)


@pytest.mark.parametrize("bad", [math.nan, math.inf, 181])
def test_one_bad_value_in_an_array_refuses_the_array(bad):
    good = np.array([-76.6, -76.7, -76.5])
    with pytest.raises(InvalidCoordinate):
        require_lonlat(np.array([-76.6, bad, -76.5]), np.full(3, 39.3))
    with pytest.raises(InvalidCoordinate):
        require_lonlat(good, np.array([39.3, 39.3, bad]))


def test_empty_arrays_are_no_fault():
    lon, lat = require_lonlat(np.array([]), np.array([]))

    assert lon.size == lat.size == 0


def test_arrays_of_different_length_are_a_fault_of_the_program():
    with pytest.raises(ValueError, match="same shape"):
        require_lonlat(np.zeros(2), np.zeros(3))


def test_usable_tells_missing_and_impossible_pairs():
    lon = np.array([-76.6, np.nan, -76.6, 190.0, np.inf])
    lat = np.array([39.3, 39.3, np.nan, 39.3, 39.3])

    assert usable(lon, lat).tolist() == [True, False, False, False, False]


def test_local_metres_agree_with_the_published_definition():
    """EPSG:26985 has its origin at 77 W, 37 40' N with 400,000 m false easting."""
    x_m, y_m = to_local_m().transform(-77.0, 37 + 40 / 60)

    assert (x_m, y_m) == pytest.approx((400_000, 0), abs=0.001)


def test_there_and_back_is_the_same_place():
    back = to_wgs84().transform(*to_local_m().transform(-76.62, 39.29))

    assert back == pytest.approx((-76.62, 39.29), abs=1e-9)


def test_projecting_a_geometry_keeps_its_kind_and_comes_back():
    square = shapely.box(-76.62, 39.29, -76.61, 39.30)

    square_m = project_m(square)

    assert square_m.area == pytest.approx(862 * 1110, rel=0.01)
    assert shapely.hausdorff_distance(unproject_m(square_m), square) < 1e-9


def test_the_service_area_holds_the_city_closely(pytestconfig):
    boundary = json.loads((pytestconfig.rootpath / "data/city_boundary.geojson").read_text())
    west, south, east, north = shape(boundary["features"][0]["geometry"]).bounds

    assert SERVICE_AREA[0] <= west
    assert SERVICE_AREA[1] <= south
    assert SERVICE_AREA[2] >= east
    assert SERVICE_AREA[3] >= north
    assert np.abs(np.array(SERVICE_AREA) - (west, south, east, north)).max() < 1e-4


def test_a_place_in_the_city_passes_unchanged():
    assert require_in_service_area(LEXINGTON_MARKET) is LEXINGTON_MARKET


def test_swapped_values_are_named_as_such():
    with pytest.raises(OutsideServiceArea, match="look swapped"):
        require_in_service_area(LonLat(39.2916, -76.6216))


@pytest.mark.parametrize("point", [LonLat(0, 0), LonLat(-77.0365, 38.8977), LonLat(76.62, 39.29)])
def test_a_place_elsewhere_is_refused_without_a_wrong_hint(point):
    with pytest.raises(OutsideServiceArea) as refused:
        require_in_service_area(point)

    assert "swapped" not in refused.value.detail
    assert refused.value.code == "outside_service_area"
