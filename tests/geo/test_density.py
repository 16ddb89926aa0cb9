"""Kernel density against the kernel's own formula, direct sums and simple properties, in metres."""

import math

import numpy as np
import pytest
import shapely

from app.geo.coords import to_local_m
from app.geo.density import (
    Frame,
    Surface,
    density,
    frame_over,
    kernel_mass_inside,
    spread_over_cells,
)
from app.geo.grid import make_grid
from app.geo.surface import (
    contour_bands,
    floor_to_levels,
    mercator_image,
    nice_levels,
    sample,
    top_level,
    withhold_few_people,
)

FRAME = Frame(430000, 180000, 25, 80, 100)
RADIUS_M = 400.0
CITY = shapely.box(430300, 180300, 432200, 181700)


def kernel_per_km2(distance_m):
    share = np.maximum(1 - (distance_m / RADIUS_M) ** 2, 0)
    return 1e6 * 3 / (math.pi * RADIUS_M**2) * share**2


def scattered(n, seed=3):
    rng = np.random.default_rng(seed)
    return rng.uniform(430500, 432000, n), rng.uniform(180500, 181500, n)


@pytest.mark.parametrize("exact", [False, True])
def test_one_point_at_a_pixel_centre_gives_the_kernel(exact):
    x, y = FRAME.x_m[40], FRAME.y_m[40]
    surface = density(np.array([x]), np.array([y]), FRAME, bandwidth_m=RADIUS_M, exact=exact)
    distance = np.hypot(FRAME.x_m[None, :] - x, FRAME.y_m[:, None] - y)

    assert surface.values == pytest.approx(kernel_per_km2(distance), abs=1e-9)
    assert surface.peak == pytest.approx(3e6 / (math.pi * RADIUS_M**2))


@pytest.mark.parametrize("exact", [False, True])
def test_the_integral_is_the_number_of_points(exact):
    x, y = scattered(50)
    surface = density(x, y, FRAME, bandwidth_m=RADIUS_M, exact=exact)

    assert surface.values.sum() * 25 * 25 / 1e6 == pytest.approx(50, rel=2e-3)


def test_binning_is_close_to_the_direct_sum():
    x, y = scattered(200)
    direct = density(x, y, FRAME, bandwidth_m=RADIUS_M, exact=True)
    binned = density(x, y, FRAME, bandwidth_m=RADIUS_M)

    assert np.abs(binned.values - direct.values).max() <= 2e-3 * direct.peak


def test_weights_count_points_several_times():
    x, y = scattered(20)
    weights = np.arange(1.0, 21.0)
    for exact in (False, True):
        weighted = density(x, y, FRAME, bandwidth_m=RADIUS_M, weights=weights, exact=exact)
        repeated = density(
            np.repeat(x, weights.astype(int)),
            np.repeat(y, weights.astype(int)),
            FRAME,
            bandwidth_m=RADIUS_M,
            exact=exact,
        )
        assert weighted.values == pytest.approx(repeated.values, abs=1e-8)


def test_shifting_points_by_whole_pixels_shifts_the_surface():
    x, y = scattered(30)
    here = density(x, y, FRAME, bandwidth_m=RADIUS_M).values
    there = density(x + 3 * 25, y - 2 * 25, FRAME, bandwidth_m=RADIUS_M).values

    assert there[:-2, 3:] == pytest.approx(here[2:, :-3], abs=1e-8)


def test_an_empty_set_is_zero_everywhere():
    surface = density(np.empty(0), np.empty(0), FRAME, bandwidth_m=RADIUS_M)

    assert not surface.values.any()
    assert surface.peak == 0
    assert nice_levels(surface.peak) == ()
    assert contour_bands(surface, (), CITY) == []


def test_nothing_wraps_around_from_the_far_edge():
    corner = density(np.array([430001.0]), np.array([180001.0]), FRAME, bandwidth_m=RADIUS_M).values

    assert corner[:17, :17].max() > 0
    assert not corner[17:, :].any()
    assert not corner[:, 17:].any()


def test_an_even_spread_comes_out_even_up_to_the_edge():
    frame = frame_over(CITY, 25)
    x, y = np.meshgrid(np.arange(430305, 432200, 10.0), np.arange(180305, 181700, 10.0))
    mass, inside = kernel_mass_inside(CITY, frame, RADIUS_M)
    surface = density(x.ravel(), y.ravel(), frame, bandwidth_m=RADIUS_M, kernel_mass=mass)
    without = density(x.ravel(), y.ravel(), frame, bandwidth_m=RADIUS_M)

    assert surface.values[inside] == pytest.approx(10_000, rel=0.02)
    assert without.values[inside].min() < 4_000


def test_the_kernel_mass_is_whole_inside_a_half_on_an_edge_and_a_quarter_in_a_corner():
    frame = Frame(430000, 180000, 10, 240, 300)
    mass, inside = kernel_mass_inside(CITY, frame, RADIUS_M)
    row, column = frame.pixel_of(
        np.array([431200.0, 430300.0, 430300.0]), np.array([181000.0, 181000.0, 180300.0])
    )

    assert mass[row, column] == pytest.approx([1, 0.5, 0.25], abs=0.02)
    assert inside.sum() * 100 == pytest.approx(CITY.area, rel=0.01)


def test_counts_of_cells_spread_evenly_over_their_land():
    grid = make_grid(CITY, 250)
    frame = frame_over(CITY, 25)
    count = np.arange(grid.n, dtype=np.int64)
    spread = spread_over_cells(grid, count.astype(np.float64), frame)
    back = np.bincount(
        grid.locate(spread.x_m, spread.y_m), weights=spread.weights, minlength=grid.n
    )

    assert back == pytest.approx(count.astype(float))
    assert shapely.intersects_xy(CITY, spread.x_m, spread.y_m).all()


def test_a_bandwidth_below_a_pixel_is_refused():
    with pytest.raises(ValueError, match="bandwidth"):
        density(np.empty(0), np.empty(0), FRAME, bandwidth_m=25)


@pytest.mark.parametrize(
    ("peak", "levels"),
    [
        (730.0, (20.0, 50.0, 100.0, 200.0, 500.0)),
        (3850.0, (100.0, 200.0, 500.0, 1000.0, 2000.0)),
        (0.9, (0.02, 0.05, 0.1, 0.2, 0.5)),
        (1000.0, (20.0, 50.0, 100.0, 200.0, 500.0)),
    ],
)
def test_levels_are_round_and_below_the_peak(peak, levels):
    assert nice_levels(peak) == levels
    assert top_level(levels, peak) >= peak
    assert top_level(levels, peak) > levels[-1]


def a_hill() -> Surface:
    x, y = scattered(300)
    return density(x, y, FRAME, bandwidth_m=RADIUS_M, period_days=90)


def test_contours_hold_the_values_they_say():
    surface = a_hill()
    bands = contour_bands(surface, nice_levels(surface.peak), CITY)
    rng = np.random.default_rng(5)
    x, y = rng.uniform(430400, 432100, 2000), rng.uniform(180400, 181600, 2000)
    value = sample(surface, x, y)

    assert len(bands) >= 4
    looked_at = 0
    for band in bands:
        # Lines are simplified by a few metres: look at places that are clearly within a band.
        is_in = shapely.contains_xy(band.area_m.buffer(-20), x, y)
        looked_at += is_in.sum()
        assert (value[is_in] >= band.low_per_km2 * 0.97).all()
        assert (value[is_in] <= band.high_per_km2 * 1.03).all()
    assert looked_at > 1000
    assert sum(band.area_m.area for band in bands) <= CITY.area * 1.001


def test_contours_are_valid_and_lie_in_the_city():
    surface = a_hill()
    city = shapely.box(430300, 180300, 431200, 181000)
    for band in contour_bands(surface, nice_levels(surface.peak), city):
        assert band.area_wgs84.is_valid
        assert city.buffer(0.01).covers(band.area_m)


def test_steps_lower_values_to_their_level():
    surface = a_hill()
    stepped = floor_to_levels(surface, (50.0, 200.0))

    assert set(np.unique(stepped.values)) == {0.0, 50.0, 200.0}
    assert (stepped.values <= surface.values).all()


@pytest.mark.parametrize(("people", "is_drawn"), [(4, False), (5, True)])
def test_nothing_is_drawn_where_fewer_than_k_people_contribute(people, is_drawn):
    x, y = np.full(20, 431000.0), np.full(20, 181000.0)
    person = np.arange(20) % people
    surface = density(x, y, FRAME, bandwidth_m=RADIUS_M)
    shown = withhold_few_people(surface, x, y, person, k=5)

    assert bool(shown.values.any()) is is_drawn


def test_people_far_apart_do_not_stand_in_for_one_another():
    # Five people, but no place within reach of more than three of them.
    x = np.array([430500.0, 430500.0, 430500.0, 431500.0, 431500.0])
    y = np.full(5, 181000.0)
    surface = density(x, y, FRAME, bandwidth_m=RADIUS_M)

    assert not withhold_few_people(surface, x, y, np.arange(5), k=5).values.any()
    assert withhold_few_people(surface, x, y, np.arange(5), k=3).values.any()


def test_a_person_seen_at_several_places_is_one_person():
    x = np.array([431000.0, 431050.0, 431100.0])
    y = np.full(3, 181000.0)
    surface = density(x, y, FRAME, bandwidth_m=RADIUS_M)

    assert not withhold_few_people(surface, x, y, np.array([7, 7, 7]), k=2).values.any()
    assert withhold_few_people(surface, x, y, np.array([7, 7, 8]), k=2).values.any()


def test_a_map_picture_has_each_value_where_it_belongs():
    surface = a_hill()
    image = mercator_image(surface, 200)
    height, width = image.values.shape
    row, column = np.unravel_index(image.values.argmax(), image.values.shape)
    lon = image.west + (column + 0.5) / width * (image.east - image.west)
    # Rows are even in Web Mercator; over 2 km that is even in latitude to a few centimetres.
    lat = image.north - (row + 0.5) / height * (image.north - image.south)
    x, y = to_local_m().transform(lon, lat)

    assert sample(surface, np.array([x]), np.array([y]))[0] == pytest.approx(
        image.values.max(), rel=1e-3
    )
    assert image.values.max() == pytest.approx(surface.peak, rel=0.02)
