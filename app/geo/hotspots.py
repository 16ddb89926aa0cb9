"""Which cells stand out, how surely, and the classical Gi* beside it.

The default test compares the number of incidents in a cell's 3 x 3 window with the number expected
there if the same total fell at random in proportion to an exposure, by the exact Poisson tail. The
usual normal approximation (Gi* with FDR) declares cells hot on most maps of pure noise when counts
are sparse; the exact tail does not. With the total n given, a window's count is binomial with
mean mu = n x share; the Poisson tail of the same mean is at least as large wherever it is small, so
the test errs on the careful side. Windows overlap, hence positively dependent p-values, for which
the Benjamini-Hochberg procedure holds (Benjamini & Yekutieli 2001).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage, special  # not stats: half a second of every start

from app.geo.grid import CityGrid, FloatArray, IntArray

METHOD = "exact_poisson"
FDR_LEVELS = (0.01, 0.05, 0.10)
"""q limits of bins 3, 2 and 1 (-3, -2 and -1 for cold cells)."""
HOT_BIN = 2
"""A cell is called hot from this bin on."""

_WINDOW = np.ones((3, 3))


@dataclass(frozen=True, eq=False)
class Hotspots:
    """The test of every cell; arrays of shape (n,) in the order of the grid's cells."""

    count: IntArray
    expected: FloatArray
    """Incidents expected in the cell itself: total x share of the exposure."""
    window_count: IntArray
    """Incidents in the 3 x 3 window, as far as it is on the grid."""
    window_expected: FloatArray
    p_upper: FloatArray
    """P(X >= window_count) under Poisson(window_expected); NaN where nothing can be expected."""
    q_upper: FloatArray
    p_lower: FloatArray
    """P(X <= window_count)."""
    q_lower: FloatArray
    z_score: FloatArray
    """Gi* of the counts (Ord & Getis 1995), NaN when all counts are equal."""
    bin: npt.NDArray[np.int8]
    """3, 2, 1: hot at q <= 0.01, 0.05, 0.10; negative: cold; 0: not told from chance."""


def find_hotspots(grid: CityGrid, count: IntArray, exposure: FloatArray) -> Hotspots:
    """Test every cell of the grid.

    Args:
        count: (n,) incidents per cell.
        exposure: (n,) what incidents are expected in proportion to (area, street length, people,
            another set's counts); any unit, not negative. Where a whole window has none, the cell
            is not tested: p and q are NaN, the bin is 0.

    Raises:
        ValueError: shapes differ, an exposure is negative or not finite, or all of it is zero.
    """
    _check(grid, count, exposure)
    expected = exposure * (float(count.sum()) / float(exposure.sum()))
    window_count = np.rint(window_sums(grid, count)).astype(np.int64)
    window_expected = window_sums(grid, expected)
    has_exposure = window_sums(grid, (exposure > 0).astype(np.float64)) > 0
    so_many = special.pdtrc(np.maximum(window_count - 1, 0), window_expected)
    p_upper = np.where(window_count > 0, so_many, 1.0)
    p_upper = np.where(has_exposure, p_upper, np.nan)
    p_lower = np.where(has_exposure, special.pdtr(window_count, window_expected), np.nan)
    q_upper, q_lower = benjamini_hochberg(p_upper), benjamini_hochberg(p_lower)
    return Hotspots(
        count=count,
        expected=expected,
        window_count=window_count,
        window_expected=window_expected,
        p_upper=p_upper,
        q_upper=q_upper,
        p_lower=p_lower,
        q_lower=q_lower,
        z_score=gi_star(grid, count.astype(np.float64)),
        bin=bins(q_upper, q_lower),
    )


def window_sums(grid: CityGrid, per_cell: npt.NDArray[np.generic]) -> FloatArray:
    """(n,) sum over those cells of each 3 x 3 window that are on the grid."""
    summed: FloatArray = ndimage.correlate(grid.on_window(per_cell), _WINDOW, mode="constant")
    return summed[grid.row, grid.column]


def gi_star(grid: CityGrid, values: FloatArray) -> FloatArray:
    """(n,) analytic Gi* z-scores with binary weights over the 3 x 3 window, the cell included.

    Formula: Ord & Getis 1995, eq. 14 in the form of spdep `localG` and ArcGIS,
    z = (sum w x - mean W) / (s sqrt((n S1 - W^2) / (n - 1))), for binary weights S1 = W. A cell at
    the city's edge has fewer neighbours, and its true number is used.

    NaN everywhere when all values are equal, and where a window holds every cell.
    """
    n = values.size
    lag = window_sums(grid, values)
    neighbours = window_sums(grid, np.ones(n))
    return gi_star_of_sums(values, lag, neighbours, neighbours)


def gi_star_of_sums(
    values: FloatArray, lag: FloatArray, weight_sum: FloatArray, weight_square_sum: FloatArray
) -> FloatArray:
    """(n,) Gi* from sums over each neighbourhood: of w x, of w and of w squared."""
    n = values.size
    mean = values.mean() if n else 0.0
    deviation = np.sqrt(((values - mean) ** 2).mean()) if n else 0.0
    spread = np.maximum(n * weight_square_sum - weight_sum**2, 0.0) / max(n - 1, 1)
    scale = deviation * np.sqrt(spread)
    z = np.full(n, np.nan)
    np.divide(lag - weight_sum * mean, scale, out=z, where=scale > 0)
    return z


def benjamini_hochberg(p: FloatArray) -> FloatArray:
    """(n,) q-values; NaN stays NaN and does not count as a test.

    Formula: Benjamini & Hochberg 1995, the least m p / rank among the p at least as large.
    """
    q = np.full(p.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    falling = tested[np.argsort(-p[tested], kind="stable")]
    rank = np.arange(tested.size, 0, -1)
    q[falling] = np.minimum.accumulate(np.minimum(p[falling] * tested.size / rank, 1.0))
    return q


def bins(q_upper: FloatArray, q_lower: FloatArray) -> npt.NDArray[np.int8]:
    """(n,) 3, 2, 1 where the upper q is at most 0.01, 0.05, 0.10; -3, -2, -1 for the lower q."""
    found = np.zeros(q_upper.shape, np.int8)
    for size, limit in zip((1, 2, 3), reversed(FDR_LEVELS), strict=True):
        found[q_lower <= limit] = -size
    for size, limit in zip((1, 2, 3), reversed(FDR_LEVELS), strict=True):
        found[q_upper <= limit] = size
    return found


def hottest_first(found: Hotspots) -> IntArray:
    """(n,) cell numbers by bin, then by how unlikely the window's count is, then by count.

    Far tails underflow to p = 0; there the Poisson deviance of the window takes over.
    """
    p = np.where(np.isnan(found.p_upper), 1.0, found.p_upper)
    excess = np.maximum(
        special.kl_div(found.window_count.astype(np.float64), found.window_expected), 0.0
    )
    surprise = np.where(found.window_count > found.window_expected, excess, 0.0)
    surprise = np.where(np.isfinite(surprise), surprise, 0.0)
    order = np.lexsort((-found.count, -surprise, p, -found.bin.astype(np.int64)))
    return order.astype(np.int64)


def _check(grid: CityGrid, count: IntArray, exposure: FloatArray) -> None:
    if count.shape != (grid.n,) or exposure.shape != (grid.n,):
        raise ValueError("counts and exposure need one value per cell")
    if not np.isfinite(exposure).all() or (exposure < 0).any():
        raise ValueError("exposure must be finite and not negative")
    if not exposure.sum() > 0:
        raise ValueError("the exposure is zero everywhere, so nothing can be expected anywhere")
