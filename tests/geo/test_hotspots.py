"""Hot cells: exact tails, false discovery rate, and Gi* against independent values."""

import numpy as np
import pytest
import shapely
from scipy import stats

from app.geo.grid import CityGrid, make_grid
from app.geo.hotspots import (
    benjamini_hochberg,
    bins,
    find_hotspots,
    gi_star,
    gi_star_of_sums,
    hottest_first,
    window_sums,
)

SQUARE = shapely.box(0, 0, 5000, 5000).buffer(-1)
RAGGED = shapely.Polygon([(10, 10), (4900, 400), (4300, 4800), (2500, 2600), (300, 4400)])


@pytest.fixture(scope="module")
def grid() -> CityGrid:
    return make_grid(SQUARE, 250)


@pytest.fixture(scope="module")
def ragged() -> CityGrid:
    return make_grid(RAGGED, 250)


def brute_weights(grid: CityGrid) -> np.ndarray:
    """(n, n) 1 where two cells touch or are the same, from the squares alone."""
    x, y = grid.centres_m
    apart = np.maximum(abs(x[:, None] - x), abs(y[:, None] - y))
    return (apart < 1.5 * grid.cell_m).astype(float)


def brute_gi_star(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Ord & Getis 1995 as written, cell by cell."""
    n, mean = len(values), values.mean()
    s = np.sqrt((values**2).sum() / n - mean**2)
    z = []
    for w in weights:
        spread = np.sqrt((n * (w**2).sum() - w.sum() ** 2) / (n - 1))
        z.append(((w * values).sum() - mean * w.sum()) / (s * spread))
    return np.array(z)


@pytest.mark.parametrize("name", ["grid", "ragged"])
def test_gi_star_equals_the_formula_with_each_cells_true_neighbours(name, request):
    grid = request.getfixturevalue(name)
    values = np.random.default_rng(1).poisson(2.0, grid.n).astype(float)

    assert gi_star(grid, values) == pytest.approx(
        brute_gi_star(values, brute_weights(grid)), abs=1e-10
    )


def test_gi_star_equals_esda_with_binary_weights(ragged):
    esda = pytest.importorskip("esda", reason="esda is not installed")
    graph = pytest.importorskip("libpysal.weights", reason="libpysal is not installed")
    values = np.random.default_rng(2).poisson(1.0, ragged.n).astype(float)
    neighbours = {i: np.flatnonzero(row).tolist() for i, row in enumerate(brute_weights(ragged))}
    weights = graph.W(
        {i: [j for j in near if j != i] for i, near in neighbours.items()}, silence_warnings=True
    )
    independent = esda.G_Local(values, weights, star=True, transform="B", permutations=0)

    assert gi_star(ragged, values) == pytest.approx(independent.Zs, abs=1e-10)


def test_gi_star_of_the_published_six_points():
    """esda's example: distance 15, binary weights, the point included."""
    points = np.array([(10, 10), (20, 10), (40, 10), (15, 20), (30, 20), (30, 30)], dtype=float)
    values = np.array([2, 3, 3.2, 5, 8, 7])
    near = np.hypot(*(points[:, None] - points).transpose(2, 0, 1)) <= 15
    z = gi_star_of_sums(values, near @ values, near.sum(1), near.sum(1))

    assert z == pytest.approx(
        [-1.39727626, -0.28917762, 0.65064964, -0.28917762, 1.23452088, 2.02424331], abs=1e-7
    )


def test_window_sums_never_reach_beyond_the_city(ragged):
    values = np.random.default_rng(3).integers(0, 9, ragged.n)

    assert window_sums(ragged, values) == pytest.approx(brute_weights(ragged) @ values)


def test_p_values_are_the_exact_poisson_tails_of_the_window(ragged):
    count = np.random.default_rng(4).poisson(0.3, ragged.n)
    exposure = ragged.area_m2
    found = find_hotspots(ragged, count, exposure)
    weights = brute_weights(ragged)
    expected = weights @ (exposure / exposure.sum() * count.sum())

    assert found.window_expected == pytest.approx(expected)
    assert found.expected.sum() == pytest.approx(count.sum())
    assert found.p_upper == pytest.approx(stats.poisson.sf(weights @ count - 1, expected))
    assert found.p_lower == pytest.approx(stats.poisson.cdf(weights @ count, expected))


@pytest.mark.parametrize("n", [1, 2, 7, 500])
@pytest.mark.parametrize("decimals", [1, 17])
def test_q_values_are_those_of_benjamini_and_hochberg(n, decimals):
    p = np.round(np.random.default_rng(n).random(n) ** 3, decimals)
    with_gaps = np.insert(p, [0, n], np.nan)
    q = benjamini_hochberg(with_gaps)

    assert q[1:-1] == pytest.approx(stats.false_discovery_control(p, method="bh"), abs=1e-15)
    assert np.isnan(q[[0, -1]]).all()


def test_one_cell_with_ten_incidents_is_hot_and_so_are_its_neighbours(grid):
    count = np.zeros(grid.n, np.int64)
    count[::40] = 1
    middle = grid.cell_ids.index("250E2500N2500")
    count[middle] = 10
    found = find_hotspots(grid, count, grid.area_m2)

    assert found.bin[middle] == 3
    assert (found.bin >= 2).sum() == 9
    assert found.count[hottest_first(found)[0]] in (10, 1, 0)
    assert middle in hottest_first(found)[:9]


def test_an_exposure_twice_as_large_expects_twice_as_much(grid):
    exposure = np.ones(grid.n)
    exposure[: grid.n // 2] = 2.0
    found = find_hotspots(grid, np.full(grid.n, 3), exposure)

    assert found.expected[0] == pytest.approx(2 * found.expected[-1])
    assert found.expected.sum() == pytest.approx(3 * grid.n)


def test_the_unit_of_the_exposure_does_not_matter(ragged):
    count = np.random.default_rng(5).poisson(1.0, ragged.n)
    in_m2 = find_hotspots(ragged, count, ragged.area_m2)
    in_km2 = find_hotspots(ragged, count, ragged.area_m2 / 1e6)

    assert (in_m2.bin == in_km2.bin).all()
    assert in_m2.p_upper == pytest.approx(in_km2.p_upper)


def test_moving_the_city_changes_nothing(ragged):
    moved = make_grid(shapely.transform(RAGGED, lambda xy: xy + 2500), 250)
    count = np.random.default_rng(6).poisson(1.0, ragged.n)
    here = find_hotspots(ragged, count, ragged.area_m2)
    there = find_hotspots(moved, count, moved.area_m2)

    assert (here.bin == there.bin).all()
    assert here.z_score == pytest.approx(there.z_score)


def test_an_empty_set_has_no_hot_or_cold_cell(grid):
    found = find_hotspots(grid, np.zeros(grid.n, np.int64), grid.area_m2)

    assert not found.bin.any()
    assert (found.p_upper == 1).all()
    assert np.isnan(found.z_score).all()


def test_equal_counts_have_no_z_score_and_nothing_stands_out(grid):
    inside = grid.area_share > 0.9
    found = find_hotspots(grid, np.full(grid.n, 4), grid.area_m2)

    assert np.isnan(found.z_score).all()
    assert not found.bin[inside].any()


def test_a_window_without_any_exposure_is_not_tested(grid):
    exposure = np.ones(grid.n)
    x, y = grid.centres_m
    exposure[(x < 1000) & (y < 1000)] = 0
    count = np.ones(grid.n, np.int64)
    found = find_hotspots(grid, count, exposure)
    corner = grid.cell_ids.index("250E250N250")

    assert np.isnan(found.p_upper[corner])
    assert np.isnan(found.q_upper[corner])
    assert found.bin[corner] == 0


@pytest.mark.parametrize(
    ("exposure", "words"),
    [(np.zeros, "zero everywhere"), (lambda n: np.full(n, -1.0), "negative")],
)
def test_an_exposure_that_expects_nothing_is_refused(grid, exposure, words):
    with pytest.raises(ValueError, match=words):
        find_hotspots(grid, np.ones(grid.n, np.int64), exposure(grid.n))


@pytest.mark.parametrize(
    ("q", "size"), [(0.0, 3), (0.01, 3), (0.010001, 2), (0.05, 2), (0.050001, 1), (0.10, 1),
                    (0.100001, 0), (1.0, 0), (np.nan, 0)],
)  # fmt: skip
def test_bins_begin_exactly_at_their_limits(q, size):
    one = np.array([1.0])

    assert bins(np.array([q]), one)[0] == size
    assert bins(one, np.array([q]))[0] == -size


def test_q_values_are_those_of_r():
    """p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.9), "BH")"""
    p = np.array([0.01, 0.02, np.nan, 0.03, 0.04, 0.9])

    assert benjamini_hochberg(p) == pytest.approx(
        [0.05, 0.05, np.nan, 0.05, 0.05, 0.9], nan_ok=True
    )


def test_published_order_is_by_bin_then_by_how_unlikely(ragged):
    count = np.random.default_rng(7).poisson(1.0, ragged.n)
    count[:3] = (30, 400, 3000)  # the last two tails both underflow to 0
    found = find_hotspots(ragged, count, ragged.area_m2)
    order = hottest_first(found)

    assert sorted(order) == list(range(ragged.n))
    assert (np.diff(found.bin[order].astype(int)) <= 0).all()
    hot = order[found.bin[order] >= 1]
    assert (np.diff(found.p_upper[hot]) >= 0).all()
    assert 3000 in [found.count[c] for c in order[:4]]


@pytest.mark.parametrize("mean", [0.05, 0.2, 1.0, 5.0])
def test_maps_of_pure_noise_seldom_show_a_hot_cell(grid, mean):
    rng = np.random.default_rng(int(mean * 1000))
    with_hot = 0
    for _ in range(100):
        count = rng.poisson(mean * grid.area_share)
        with_hot += bool((find_hotspots(grid, count, grid.area_m2).bin >= 2).any())

    assert with_hot <= 8
