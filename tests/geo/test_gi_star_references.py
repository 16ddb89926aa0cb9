"""Gi* against values that R's spdep gives for two published data sets."""

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from scipy.spatial import cKDTree

from app.geo.hotspots import benjamini_hochberg, gi_star_of_sums

REFERENCE = Path(__file__).with_name("reference")
CELL_136 = 119
"""The book's cell 136 counts from the other end: row 120 of 256."""


def columns(name, *wanted):
    with (REFERENCE / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [np.array([float(row[column]) for row in rows]) for column in wanted]


def gi_star_within(x, y, values, distance):
    """Gi* with binary weights over all points not farther than the distance, itself included."""
    points = np.column_stack([x, y])
    weights = cKDTree(points).sparse_distance_matrix(
        cKDTree(points), distance, output_type="ndarray"
    )
    near = np.zeros((len(values), len(values)))
    near[weights["i"], weights["j"]] = 1.0
    np.fill_diagonal(near, 1.0)
    size = near.sum(axis=1)
    return gi_star_of_sums(values, near @ values, size, size)


@pytest.mark.parametrize(
    ("distance", "of_cell_136", "largest"),
    [
        (30, 1.450780, 4.310407),
        (60, 1.900559, 5.976806),
        (90, 2.096939, 7.917283),
        (120, 1.981907, 9.479615),
        (150, 1.306698, 11.271124),
    ],
)
def test_the_remote_sensing_grid_of_getis_and_ord(distance, of_cell_136, largest):
    x, y, values = columns("getisord.csv", "x_m", "y_m", "value")
    assert values.sum() == 17052

    z = gi_star_within(x, y, values, distance)

    assert z[CELL_136] == pytest.approx(of_cell_136, abs=1e-6)
    assert z.max() == pytest.approx(largest, abs=1e-6)


def test_sudden_infant_deaths_in_north_carolina():
    east, north, births, deaths = columns(
        "sids_1979.csv", "east_miles", "north_miles", "births", "deaths"
    )

    z = gi_star_within(east, north, 1000 * deaths / births, 33)

    assert z[:3] == pytest.approx([-0.074924, 0.386594, 0.746027], abs=1e-6)
    assert z.max() == pytest.approx(3.3428, abs=1e-4)
    assert z.min() == pytest.approx(-2.6360, abs=1e-4)
    p = 2 * stats.norm.sf(np.abs(z))
    assert (p < 0.05).sum() == 5
    assert (benjamini_hochberg(p) < 0.05).sum() == 0
