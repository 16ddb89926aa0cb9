"""The zone index agrees with GEOS everywhere and never answers for what is no place."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from app.geo.coords import InvalidCoordinate, LonLat, project_m, to_local_m, to_wgs84
from app.geo.geojson import InvalidOutline, read_outline
from app.geo.zone_index import EdgeStreet, ZoneIndex, ZoneStatus
from app.geo.zone_raster import CUT, INSIDE, OUTSIDE, ZoneRaster

LON, LAT = -76.62, 39.29
MILLIMETRE = 0.001
SOUTH_EDGE = shapely.LineString([(-76.63, 39.28), (-76.61, 39.28)])
EAST_EDGE = shapely.LineString([(-76.61, 39.28), (-76.61, 39.30)])


@pytest.fixture(scope="module")
def pilot(request):
    text = (request.config.rootpath / "data/pilot_zone.geojson").read_text(encoding="utf-8")
    return read_outline(text)


@pytest.fixture(scope="module")
def pilot_index(pilot):
    return ZoneIndex(pilot)


@pytest.fixture(scope="module")
def square():
    return shapely.box(-76.63, 39.28, -76.61, 39.30)


@pytest.fixture(scope="module")
def square_index(square):
    return ZoneIndex(square, (EdgeStreet("South St", SOUTH_EDGE), EdgeStreet("East St", EAST_EDGE)))


def true_line_m(outline):
    """The boundary in metres, densified four times finer than the index does it."""
    return shapely.union_all(
        [
            project_m(shapely.segmentize(line, 5e-5))
            for line in shapely.get_rings(shapely.get_parts(outline))
        ]
    )


def assert_agrees_with_geos(outline, lon, lat):
    """No answer differs from `shapely.covers`, other than within a millimetre of the line."""
    index = ZoneIndex(outline)
    found = index.covers_xy(lon, lat)
    truth = shapely.covers(outline, shapely.points(lon, lat))
    differs = np.flatnonzero(found != truth)
    if differs.size:
        points_m = shapely.points(*to_local_m().transform(lon[differs], lat[differs]))
        assert shapely.distance(true_line_m(outline), points_m).max() <= 1.1 * MILLIMETRE
    some = range(0, lon.size, max(1, lon.size // 200))
    assert [index.covers(float(lon[n]), float(lat[n])) for n in some] == found[list(some)].tolist()


def vertices_and_midpoints(outline):
    vertices = shapely.get_coordinates(outline)
    middles = [
        (ring[1:] + ring[:-1]) / 2
        for ring in (
            shapely.get_coordinates(line) for line in shapely.get_rings(shapely.get_parts(outline))
        )
    ]
    return np.concatenate([vertices, *middles]).T


def points_around(outline, n, seed=7):
    west, south, east, north = outline.bounds
    rng = np.random.default_rng(seed)
    width, height = max(east - west, 1e-7), max(north - south, 1e-7)
    lon = rng.uniform(west - 0.3 * width, east + 0.3 * width, n)
    return lon, rng.uniform(south - 0.3 * height, north + 0.3 * height, n)


@pytest.mark.slow
def test_a_million_points_agree_with_geos(pilot):
    assert_agrees_with_geos(pilot, *points_around(pilot, 1_000_000))


def test_every_vertex_and_edge_midpoint_is_inside(pilot, pilot_index):
    lon, lat = vertices_and_midpoints(pilot)

    assert pilot_index.covers_xy(lon, lat).all()
    assert all(pilot_index.covers(x, y) for x, y in zip(lon.tolist(), lat.tolist(), strict=True))


@pytest.mark.parametrize(
    ("lat", "lon", "is_inside"),
    [
        (39.2916, -76.6216, True),  # Lexington Market
        (39.3073, -76.6156, False),  # Penn Station
        (39.2904, -76.6122, False),  # City Hall, east of St Paul St
        (39.2876, -76.6281, True),  # where Martin Luther King Jr Blvd bows west of its corners
        (39.2858, -76.6200, False),  # the convention centre, south of Pratt St
    ],
)
def test_known_places(pilot_index, lat, lon, is_inside):
    assert pilot_index.covers(lon, lat) is is_inside
    assert pilot_index.locate(LonLat(lon, lat)).is_inside is is_inside


@pytest.mark.parametrize("off_m", [-5, -0.0011, -0.0009, 0.0, 0.0009, 0.0011, 0.5, 5])
def test_a_point_within_a_millimetre_of_the_line_is_inside(square_index, off_m):
    """Measured outward from the middle of the west edge, along the normal of the true line."""
    x_m, y_m = to_local_m().transform([-76.63] * 3, [39.2899, 39.29, 39.2901])
    along = np.array([x_m[2] - x_m[0], y_m[2] - y_m[0]])
    outward = np.array([-along[1], along[0]]) / np.hypot(*along)
    lon, lat = to_wgs84().transform(x_m[1] + off_m * outward[0], y_m[1] + off_m * outward[1])

    position = square_index.locate(LonLat(lon, lat))

    assert position.distance_to_boundary_m == pytest.approx(abs(off_m), abs=2e-5)
    assert position.is_inside is (off_m <= MILLIMETRE)
    assert square_index.covers(lon, lat) is (off_m <= MILLIMETRE)


def test_the_line_is_straight_in_degrees_not_in_metres():
    """Halfway along an edge of 8 km the two differ by more than a metre."""
    outline = shapely.box(-76.70, 39.25, -76.60, 39.35)
    index = ZoneIndex(outline)
    middle_of_the_south_edge = LonLat(-76.65, 39.25)

    position = index.locate(middle_of_the_south_edge)

    chord_m = project_m(outline.exterior)
    off_m = chord_m.distance(project_m(shapely.Point(-76.65, 39.25)))
    assert off_m > 0.5
    assert position.distance_to_boundary_m < 1e-4
    assert position.is_inside


def test_distance_agrees_with_a_finer_line(pilot, pilot_index):
    lon, lat = points_around(pilot, 2_000)

    found = pilot_index.locate_many(lon, lat)

    truth = shapely.distance(true_line_m(pilot), shapely.points(*to_local_m().transform(lon, lat)))
    assert np.abs(found.distance_to_boundary_m - truth).max() < 1e-4


def test_one_point_and_many_points_get_the_same_answer(square_index, square):
    lon, lat = points_around(square, 50)
    many = square_index.locate_many(lon, lat, np.full(50, 120.0))

    for n in range(50):
        one = square_index.locate(LonLat(lon[n], lat[n]), 120.0)
        assert one.status == many.status[n]
        assert one.is_inside == many.is_inside[n]
        assert one.distance_to_boundary_m == many.distance_to_boundary_m[n]
        assert one.nearest_street == many.nearest_street[n]


@pytest.mark.parametrize("place", [LonLat(-76.6296, 39.29), LonLat(-76.6304, 39.29)])
def test_uncertain_exactly_when_the_line_is_within_the_accuracy(square_index, place):
    plain = square_index.locate(place)
    distance_m = plain.distance_to_boundary_m
    sure = ZoneStatus.INSIDE if plain.is_inside else ZoneStatus.OUTSIDE

    assert plain.status is sure
    assert square_index.locate(place, 0.0).status is sure
    assert square_index.locate(place, math.nextafter(distance_m, 0)).status is sure
    assert square_index.locate(place, distance_m).status is ZoneStatus.UNCERTAIN
    assert square_index.locate(place, 5_000).status is ZoneStatus.UNCERTAIN
    assert square_index.locate(place, 5_000).is_inside is plain.is_inside


def test_on_the_line_an_accuracy_of_zero_is_uncertain_and_none_is_inside(square_index):
    corner = LonLat(-76.63, 39.28)

    assert square_index.locate(corner, 0.0).status is ZoneStatus.UNCERTAIN
    assert square_index.locate(corner).status is ZoneStatus.INSIDE


def test_in_a_batch_nan_means_that_no_accuracy_was_given(square_index):
    lon, lat = np.full(3, -76.6299), np.full(3, 39.29)

    found = square_index.locate_many(lon, lat, np.array([np.nan, 1.0, 50.0]))

    assert found.status.tolist() == ["inside", "inside", "uncertain"]


@pytest.mark.parametrize("accuracy_m", [-1.0, math.inf, math.nan])
def test_an_impossible_accuracy_raises(square_index, accuracy_m):
    with pytest.raises(InvalidCoordinate):
        square_index.locate(LonLat(LON, LAT), accuracy_m)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 200.0])
def test_what_is_no_place_raises_and_is_not_outside(square_index, bad):
    for lon, lat in ((bad, LAT), (LON, bad)):
        with pytest.raises(InvalidCoordinate):
            square_index.covers(lon, lat)
        with pytest.raises(InvalidCoordinate):
            square_index.covers_xy(np.array([LON, lon]), np.array([LAT, lat]))
        with pytest.raises(InvalidCoordinate):
            square_index.locate_many(np.array([LON, lon]), np.array([LAT, lat]))


def test_no_points_get_no_answers(square_index):
    none = np.array([])

    assert square_index.covers_xy(none, none).size == 0
    assert square_index.locate_many(none, none).status.size == 0


def test_the_arguments_are_not_changed(square_index, square):
    lon, lat = points_around(square, 1000)
    before = lon.copy(), lat.copy()

    square_index.locate_many(lon, lat)

    assert (lon == before[0]).all()
    assert (lat == before[1]).all()


def test_the_nearest_edge_gives_the_street(square_index):
    assert square_index.locate(LonLat(LON, 39.281)).nearest_street == "South St"
    assert square_index.locate(LonLat(-76.609, 39.29)).nearest_street == "East St"


def test_without_known_streets_there_is_no_name(pilot_index):
    assert pilot_index.locate(LonLat(LON, LAT)).nearest_street is None


def test_a_hole_is_outside_and_its_line_inside():
    hole = shapely.box(-76.622, 39.289, -76.618, 39.291)
    index = ZoneIndex(shapely.box(-76.63, 39.28, -76.61, 39.30).difference(hole))

    assert not index.covers(LON, LAT)
    assert index.covers(-76.622, 39.29)
    assert index.covers(-76.618, 39.291)
    assert index.locate(LonLat(LON, LAT)).distance_to_boundary_m == pytest.approx(111, abs=1)


def test_the_raster_of_the_pilot_is_mostly_whole_cells(pilot):
    raster = ZoneRaster(pilot)

    assert raster.cut_share < 0.02
    assert raster.code(LON, LAT) == INSIDE
    assert raster.code(-76.6155, 39.3073) == OUTSIDE
    assert {raster.code(x, y) for x, y in pilot.exterior.coords} == {CUT}


def test_an_invalid_outline_is_refused():
    with pytest.raises(InvalidOutline):
        ZoneIndex(shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1), (0, 0)]))


radii = st.lists(st.floats(0.05, 1.0), min_size=3, max_size=40)
"""Distances of a star's corners from its middle, as shares of its size: always a valid ring."""


@st.composite
def outlines(draw, size_deg=(1e-6, 0.05)):
    """Stars of any size, some with a hole, some of two parts, some squeezed to a sliver."""
    size = draw(st.floats(*size_deg))
    star = _star(draw(radii), size)
    if draw(st.booleans()):
        star = affinity.rotate(affinity.scale(star, 1, draw(st.floats(1e-3, 1))), 31, "center")
    if draw(st.booleans()):
        hole = affinity.scale(star, 0.4, 0.4, origin=(LON, LAT))
        star = star.difference(hole)
    if draw(st.booleans()):
        apart = affinity.translate(star, 2.5 * size, size)
        star = shapely.MultiPolygon([*shapely.get_parts(star), *shapely.get_parts(apart)])
    return star


def _star(shares, size):
    angle = np.linspace(0, 2 * np.pi, len(shares), endpoint=False)
    reach = np.array(shares) * size
    return shapely.Polygon(
        np.column_stack([LON + reach * np.cos(angle), LAT + reach * np.sin(angle)])
    )


@settings(deadline=None, max_examples=60)
@given(outlines())
def test_any_outline_agrees_with_geos(outline):
    if not outline.is_valid or outline.area == 0:
        return
    lon, lat = points_around(outline, 2_000)
    edge_lon, edge_lat = vertices_and_midpoints(outline)

    assert_agrees_with_geos(outline, np.append(lon, edge_lon), np.append(lat, edge_lat))
    assert ZoneIndex(outline).covers_xy(edge_lon, edge_lat).all()


@settings(deadline=None, max_examples=25)
@given(outlines(size_deg=(1e-4, 0.02)), st.floats(-0.5, 0.5), st.floats(-0.3, 0.3))
def test_a_shifted_zone_answers_the_same_for_shifted_points(outline, east, north):
    if not outline.is_valid:
        return
    lon, lat = _away_from_the_line(outline)
    moved = affinity.translate(outline, east, north)

    before = ZoneIndex(outline).covers_xy(lon, lat)
    after = ZoneIndex(moved).covers_xy(lon + east, lat + north)

    assert (before == after).all()


@settings(deadline=None, max_examples=25)
@given(outlines(size_deg=(1e-4, 0.02)))
def test_a_mirrored_zone_answers_the_same_for_mirrored_points(outline):
    if not outline.is_valid:
        return
    lon, lat = _away_from_the_line(outline)
    mirrored = affinity.scale(outline, -1, 1, origin=(LON, LAT))

    before = ZoneIndex(outline).covers_xy(lon, lat)
    after = ZoneIndex(mirrored).covers_xy(2 * LON - lon, lat)

    assert (before == after).all()


def _away_from_the_line(outline):
    """Points of which no rounding can say that they changed sides."""
    lon, lat = points_around(outline, 500)
    is_clear = shapely.distance(outline.boundary, shapely.points(lon, lat)) > 1e-7
    return lon[is_clear], lat[is_clear]
