"""Kernel density of incidents per km2 and period, corrected at the city's edge.

Quartic (biweight) kernel k(r) = 3 / (pi R^2) (1 - r^2 / R^2)^2 for r < R; the bandwidth R is the
radius of support in metres, so nothing is smeared further than R. Incidents are shared out to the
four nearest pixel centres (bilinear binning, error of second order in pixel / R) and convolved by
FFT, so the time hardly depends on their number; `density_exact` sums directly and is the reference.

Edge correction divides by the kernel's mass inside the city around each place (the uniform
correction of Diggle 1985, spatstat's default): an even spread of incidents comes out even, up to
the edge.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from scipy import fft

from app.geo.grid import BoolArray, City, CityGrid, FloatArray, IntArray

KERNEL = "quartic"
M2_PER_KM2 = 1e6
LEAST_MASS_OUTSIDE = 0.25
"""Outside the city the kernel mass inside it falls to 0; the correction stops growing here."""
_EXACT_CHUNK = 4096


@dataclass(frozen=True)
class Frame:
    """Square pixels over a window in EPSG:26985; row 0 lies in the south."""

    west_m: float
    south_m: float
    pixel_m: float
    rows: int
    columns: int

    @property
    def x_m(self) -> FloatArray:
        """(columns,) eastings of the pixel centres."""
        return self.west_m + (np.arange(self.columns, dtype=np.float64) + 0.5) * self.pixel_m

    @property
    def y_m(self) -> FloatArray:
        """(rows,) northings of the pixel centres."""
        return self.south_m + (np.arange(self.rows, dtype=np.float64) + 0.5) * self.pixel_m

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)"""
        return self.rows, self.columns

    def pixel_of(self, x_m: FloatArray, y_m: FloatArray) -> tuple[IntArray, IntArray]:
        """(n,) rows and (n,) columns of the pixels that hold the points; may lie outside."""
        row = np.floor((y_m - self.south_m) / self.pixel_m).astype(np.int64)
        column = np.floor((x_m - self.west_m) / self.pixel_m).astype(np.int64)
        return row, column


@dataclass(frozen=True, eq=False)
class Surface:
    """A density surface over a window."""

    values: FloatArray
    """(rows, columns) incidents per km2 in the period, at the pixel centres."""
    frame: Frame
    bandwidth_m: float
    """Radius of the kernel's support."""
    period_days: int
    kernel: str = KERNEL

    @property
    def peak(self) -> float:
        """The highest value, per km2 and period; 0 for an empty set."""
        return float(self.values.max(initial=0.0))


@dataclass(frozen=True, eq=False)
class SpreadCounts:
    """Weighted points that stand for counts of cells; arrays of shape (m,), EPSG:26985."""

    x_m: FloatArray
    y_m: FloatArray
    weights: FloatArray


def frame_over(city_m: City, pixel_m: float) -> Frame:
    """A window over the city with its corner on a multiple of the pixel and one pixel to spare."""
    min_x, min_y, max_x, max_y = city_m.bounds
    west, south = (math.floor(low / pixel_m) - 1 for low in (min_x, min_y))
    east, north = (math.ceil(high / pixel_m) + 1 for high in (max_x, max_y))
    return Frame(west * pixel_m, south * pixel_m, pixel_m, north - south, east - west)


def spread_over_cells(grid: CityGrid, count: FloatArray, frame: Frame) -> SpreadCounts:
    """Counts per cell as if each were spread evenly over the part of its cell inside the city.

    The density of these tells no more of a place than its cell. A cell whose part of the city
    holds no pixel centre keeps its count in its middle.
    """
    x, y = (axis.ravel() for axis in np.meshgrid(frame.x_m, frame.y_m))
    cell = grid.locate(x, y)
    is_used = cell >= 0
    is_used[is_used] = count[cell[is_used]] > 0
    x, y, cell = x[is_used], y[is_used], cell[is_used]
    is_city = shapely.intersects_xy(grid.city_m, x, y)
    x, y, cell = x[is_city], y[is_city], cell[is_city]
    pixels = np.bincount(cell, minlength=grid.n)
    rest = np.flatnonzero((pixels == 0) & (count > 0))
    middle_x, middle_y = grid.centres_m
    return SpreadCounts(
        x_m=np.concatenate([x, middle_x[rest]]),
        y_m=np.concatenate([y, middle_y[rest]]),
        weights=np.concatenate([count[cell] / pixels[cell], count[rest]]),
    )


def kernel_disc(pixel_m: float, bandwidth_m: float) -> FloatArray:
    """(2 m + 1, 2 m + 1) the quartic kernel at whole pixel offsets, per m2."""
    reach = math.ceil(bandwidth_m / pixel_m)
    offset = np.arange(-reach, reach + 1) * pixel_m
    return _quartic(offset[None, :] ** 2 + offset[:, None] ** 2, bandwidth_m)


def density(
    x_m: FloatArray,
    y_m: FloatArray,
    frame: Frame,
    *,
    bandwidth_m: float,
    weights: FloatArray | None = None,
    kernel_mass: FloatArray | None = None,
    period_days: int = 1,
    exact: bool = False,
) -> Surface:
    """The density of points on a frame, per km2 and period.

    Args:
        x_m: (n,) eastings, y_m: (n,) northings, EPSG:26985; n may be 0. Points further than one
            pixel outside the frame are left out.
        weights: (n,) how much each point counts; None: 1.
        kernel_mass: (rows, columns) from `kernel_mass_inside`; None: no edge correction.
        exact: sum directly instead of binning; slow, for checks and small sets.

    Raises:
        ValueError: the bandwidth is not larger than a pixel, or shapes differ.
    """
    if not bandwidth_m > frame.pixel_m:
        raise ValueError("the bandwidth must be larger than a pixel")
    if x_m.shape != y_m.shape or (weights is not None and weights.shape != x_m.shape):
        raise ValueError("coordinates and weights must be equally long")
    if exact:
        per_m2 = _direct_sum(x_m, y_m, weights, frame, bandwidth_m)
    else:
        per_m2 = _convolved(bin_bilinear(x_m, y_m, weights, frame), frame, bandwidth_m)
    if kernel_mass is not None:
        per_m2 = per_m2 / kernel_mass
    return Surface(per_m2 * M2_PER_KM2, frame, bandwidth_m, period_days)


def kernel_mass_inside(
    city_m: City, frame: Frame, bandwidth_m: float
) -> tuple[FloatArray, BoolArray]:
    """(rows, columns) share of the kernel's mass inside the city, and which centres are inside.

    At least 0.25 outside the city, so that contours can be drawn across its edge before clipping.
    """
    shapely.prepare(city_m)
    x, y = np.meshgrid(frame.x_m, frame.y_m)
    quarter = frame.pixel_m / 4
    covered = np.zeros(frame.shape)
    for dx, dy in ((-quarter, -quarter), (-quarter, quarter), (quarter, -quarter), (quarter,) * 2):
        covered += shapely.intersects_xy(city_m, x + dx, y + dy) / 4
    is_inside: BoolArray = shapely.intersects_xy(city_m, x, y)
    pad = 1
    mass = _convolved(np.pad(covered, pad), frame, bandwidth_m)
    mass = mass / kernel_disc(frame.pixel_m, bandwidth_m).sum()
    least = np.where(is_inside, 1e-3, LEAST_MASS_OUTSIDE)
    return np.clip(mass, least, 1.0), is_inside


def bin_bilinear(
    x_m: FloatArray, y_m: FloatArray, weights: FloatArray | None, frame: Frame
) -> FloatArray:
    """(rows + 2, columns + 2) points shared out to the four nearest pixel centres.

    The outermost ring stands for centres just outside the frame.
    """
    rows, columns = frame.rows + 2, frame.columns + 2
    column = (x_m - frame.west_m) * (1 / frame.pixel_m) + 0.5
    row = (y_m - frame.south_m) * (1 / frame.pixel_m) + 0.5
    is_near = (column >= 0) & (column < columns - 1) & (row >= 0) & (row < rows - 1)
    if not is_near.all():
        column, row = column[is_near], row[is_near]
        weights = None if weights is None else weights[is_near]
    left, low = column.astype(np.int64), row.astype(np.int64)
    to_right, to_high = column - left, row - low
    at = low * columns + left
    high = to_high if weights is None else to_high * weights
    whole = np.ones_like(to_high) if weights is None else weights
    high_right, right = high * to_right, whole * to_right
    shares = (whole - high - right + high_right, right - high_right, high - high_right, high_right)
    binned = np.zeros(rows * columns)
    for step, share in zip((0, 1, columns, columns + 1), shares, strict=True):
        binned += np.bincount(at + step, weights=share, minlength=binned.size)
    return binned.reshape(rows, columns)


def _convolved(binned: FloatArray, frame: Frame, bandwidth_m: float) -> FloatArray:
    """The frame's pixels (without the ring around it) of binned values through the kernel."""
    disc = kernel_disc(frame.pixel_m, bandwidth_m)
    reach = disc.shape[0] // 2
    # Twice the ring of 1 lies between the last pixel and the wrapped first one.
    size = [fft.next_fast_len(side + reach, real=True) for side in binned.shape]
    spread = fft.rfft2(binned, s=size)
    spread *= fft.rfft2(_wrapped(disc, size), s=size)
    summed: FloatArray = fft.irfft2(spread, s=size)[1 : frame.rows + 1, 1 : frame.columns + 1]
    # Rounding leaves about 1e-16 of the peak where nothing is.
    return np.where(summed > 1e-12 * summed.max(initial=0.0), summed, 0.0)


def _wrapped(disc: FloatArray, size: list[int]) -> FloatArray:
    """The kernel with its centre at (0, 0), negative offsets at the far ends."""
    reach = disc.shape[0] // 2
    wrapped = np.zeros(size)
    offsets = np.arange(-reach, reach + 1)
    wrapped[np.ix_(offsets % size[0], offsets % size[1])] = disc
    return wrapped


def _direct_sum(
    x_m: FloatArray,
    y_m: FloatArray,
    weights: FloatArray | None,
    frame: Frame,
    bandwidth_m: float,
) -> FloatArray:
    """The sum over all points at every pixel centre, each point touching only its own disc."""
    reach = math.ceil(bandwidth_m / frame.pixel_m)
    step = np.arange(-reach, reach + 1)
    total = np.zeros(frame.rows * frame.columns)
    for start in range(0, x_m.size, _EXACT_CHUNK):
        part = slice(start, start + _EXACT_CHUNK)
        row, column = frame.pixel_of(x_m[part], y_m[part])
        rows, columns = row[:, None] + step, column[:, None] + step
        dx = frame.west_m + (columns + 0.5) * frame.pixel_m - x_m[part][:, None]
        dy = frame.south_m + (rows + 0.5) * frame.pixel_m - y_m[part][:, None]
        value = _quartic(dx[:, None, :] ** 2 + dy[:, :, None] ** 2, bandwidth_m)
        if weights is not None:
            value = value * weights[part][:, None, None]
        is_on = _within(rows, frame.rows)[:, :, None] & _within(columns, frame.columns)[:, None, :]
        at = (rows[:, :, None] * frame.columns + columns[:, None, :])[is_on]
        total += np.bincount(at, weights=value[is_on], minlength=total.size)
    return total.reshape(frame.shape)


def _within(index: npt.NDArray[Any], size: int) -> BoolArray:
    return (index >= 0) & (index < size)


def _quartic(squared_m2: FloatArray, bandwidth_m: float) -> FloatArray:
    rest = np.maximum(1.0 - squared_m2 / bandwidth_m**2, 0.0)
    return 3.0 / (math.pi * bandwidth_m**2) * rest**2
