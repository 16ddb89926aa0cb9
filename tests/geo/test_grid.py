"""Square cells over a made-up city of 1000 x 500 m with a hole, in metres."""

import numpy as np
import pytest
import shapely

from app.geo.grid import CityGrid, make_grid, spread_by_area, street_length_m

CITY = shapely.box(400, 100, 1400, 600).difference(shapely.box(800, 300, 900, 400))


@pytest.fixture(scope="module")
def grid() -> CityGrid:
    return make_grid(CITY, 250)


def test_corners_lie_on_multiples_of_the_size(grid):
    corners = shapely.get_coordinates(grid.squares_m)

    assert (corners % 250 == 0).all()


def test_a_cell_is_named_by_its_size_and_south_west_corner():
    grid = make_grid(shapely.box(432250, 181500, 432260, 181510).buffer(-1), 250)

    assert grid.cell_ids == ["250E432250N181500"]


def test_every_cell_that_touches_the_city_is_there_and_no_other(grid):
    columns, rows = np.meshgrid(np.arange(-2, 10), np.arange(-2, 10))
    squares = shapely.box(columns * 250, rows * 250, columns * 250 + 250, rows * 250 + 250)
    expected = squares[shapely.intersects(squares, CITY)]

    assert {s.wkt for s in grid.squares_m} == {s.wkt for s in expected}


def test_a_cell_that_only_touches_the_edge_counts():
    grid = make_grid(shapely.box(250, 250, 500, 500), 250)

    assert grid.n == 9
    assert sorted(grid.area_share) == [0.0] * 8 + [1.0]


def test_areas_add_up_to_the_city(grid):
    assert grid.area_m2.sum() == pytest.approx(CITY.area)
    assert grid.area_share.max() <= 1


@pytest.mark.parametrize("shift_m", [250, 5000])
def test_moving_the_city_by_whole_cells_moves_the_grid(grid, shift_m):
    moved = make_grid(shapely.transform(CITY, lambda xy: xy + shift_m), 250)

    assert (moved.is_cell == grid.is_cell).all()
    assert moved.west_m == grid.west_m + shift_m
    assert moved.area_m2 == pytest.approx(grid.area_m2)


@pytest.mark.parametrize(
    ("x", "y", "cell_id"),
    [
        (500.0, 250.0, "250E500N250"),  # on a corner: the cell north-east of it
        (499.999, 250.0, "250E250N250"),
        (500.0, 249.999, "250E500N0"),
        (749.999, 499.999, "250E500N250"),
        (5000.0, 250.0, None),
        (-5000.0, 250.0, None),
    ],
)
def test_a_point_lies_in_the_cell_north_east_of_its_corner(grid, x, y, cell_id):
    cell = grid.locate(np.array([x]), np.array([y]))[0]

    assert (grid.cell_ids[cell] if cell >= 0 else None) == cell_id


def test_counts_add_up_to_the_points_on_the_grid(grid):
    rng = np.random.default_rng(1)
    x, y = rng.uniform(0, 2000, 500), rng.uniform(0, 800, 500)

    assert grid.count(x, y).sum() == (grid.locate(x, y) >= 0).sum()
    assert grid.count(np.empty(0), np.empty(0)).sum() == 0


def test_a_street_is_cut_where_it_crosses_from_cell_to_cell(grid):
    street = np.array([shapely.LineString([(450, 200), (1150, 200)])])

    length = dict(zip(grid.cell_ids, street_length_m(grid, street), strict=True))

    assert length["250E250N0"] == pytest.approx(50)
    assert length["250E500N0"] == pytest.approx(250)
    assert length["250E1000N0"] == pytest.approx(150)


def test_only_street_inside_the_city_counts(grid):
    leaving = shapely.LineString([(1300, 350), (1600, 350)])
    outside = shapely.LineString([(0, 0), (10, 0)])
    along_a_grid_line = shapely.LineString([(500, 150), (500, 550)])

    assert street_length_m(grid, np.array([leaving])).sum() == pytest.approx(100)
    assert street_length_m(grid, np.array([outside])).sum() == 0
    assert street_length_m(grid, np.array([along_a_grid_line])).sum() == pytest.approx(400)


def test_crooked_streets_keep_their_length(grid):
    rng = np.random.default_rng(2)
    streets = np.array(
        [shapely.LineString(rng.uniform((420, 120), (780, 580), (6, 2))) for _ in range(20)]
    )

    assert street_length_m(grid, streets).sum() == pytest.approx(shapely.length(streets).sum())


def test_people_are_spread_over_land_and_none_is_lost(grid):
    # Half of the second area lies outside the city (water): all its people live on the other half.
    areas = np.array([shapely.box(400, 100, 650, 350), shapely.box(1300, 100, 1500, 600)])
    people = spread_by_area(grid, areas, np.array([100.0, 80.0]))
    by_cell = dict(zip(grid.cell_ids, people, strict=True))

    assert people.sum() == pytest.approx(180)
    assert by_cell["250E250N0"] == pytest.approx(100 * (100 * 150) / (250 * 250))
    assert by_cell["250E1250N0"] == pytest.approx(80 * 150 / 500)


def test_a_window_names_the_cells_around_once_each(grid):
    middle = grid.cell_ids.index("250E1000N250")
    windows = grid.window_numbers(np.array([middle]))[0]

    assert len(set(windows)) == 9
    assert middle in windows


@pytest.mark.parametrize("cell_m", [0, -250])
def test_a_size_that_is_not_positive_is_refused(cell_m):
    with pytest.raises(ValueError, match="positive"):
        make_grid(CITY, cell_m)


def test_an_empty_city_is_refused():
    with pytest.raises(ValueError, match="outline"):
        make_grid(shapely.Polygon(), 250)
