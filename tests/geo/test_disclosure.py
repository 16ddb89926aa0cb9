"""What may be told of few people: both sides of every threshold."""

import numpy as np
import pytest
import shapely

from app.geo.disclosure import (
    K_PUBLIC,
    K_SIGNED_IN,
    people_in_cells,
    people_in_windows,
    people_near_pixels,
    publish,
    publish_cells,
    told_counts,
    unflag,
)
from app.geo.grid import make_grid

GRID = make_grid(shapely.box(0, 0, 1250, 1250).buffer(-1), 250)
"""5 x 5 cells of 250 m, numbered from the south-west."""


@pytest.mark.parametrize(
    ("count", "k", "shown", "label"),
    [
        (0, 5, 0, "0"),
        (1, 5, None, "1-4"),
        (4, 5, None, "1-4"),
        (5, 5, 5, "5"),
        (7, 5, 5, "5"),
        (8, 5, 10, "10"),
        (12, 5, 10, "10"),
        (13, 5, 15, "15"),
        (0, 11, 0, "0"),
        (1, 11, None, "1-10"),
        (10, 11, None, "1-10"),
        (11, 11, 10, "10"),
        (13, 11, 15, "15"),
    ],
)
def test_small_counts_are_withheld_and_others_rounded(count, k, shown, label):
    one = publish(count, count, k)
    cells, labels = publish_cells(np.array([count]), np.array([count]), k)

    assert (one.count, one.label) == (shown, label)
    assert labels == [label]
    assert np.isnan(cells[0]) if shown is None else cells[0] == shown


@pytest.mark.parametrize(("people", "shown"), [(1, None), (4, None), (5, 10)])
def test_people_are_counted_and_not_their_records(people, shown):
    assert publish(10, people, K_SIGNED_IN).count == shown


def test_the_two_thresholds():
    assert (K_SIGNED_IN, K_PUBLIC) == (5, 11)


def test_a_person_with_records_in_two_cells_is_one_in_the_window():
    cell = np.array([6, 7, 7, 24, -1])
    person = np.array([1, 1, 2, 3, 4])

    assert people_in_cells(GRID, cell, person)[[6, 7, 24]].tolist() == [1, 2, 1]
    windows = people_in_windows(GRID, cell, person)
    assert windows[6] == 2  # person 1 once, though both cells lie in its window
    assert windows[0] == 1  # touches cell 6 only
    assert windows[18] == 1  # touches cell 24 only
    assert windows[4] == 0


@pytest.mark.parametrize("size", [-3, 1, 3])
def test_a_cell_is_flagged_only_with_k_people_around(size):
    flags = np.array([size, size], np.int8)

    assert unflag(flags, np.array([4, 5]), 5).tolist() == [0, size]


def test_people_near_a_pixel_equals_counting_them_one_by_one():
    rng = np.random.default_rng(8)
    row, column = rng.integers(0, 12, 60), rng.integers(0, 15, 60)
    person = rng.integers(0, 25, 60)
    step = np.arange(-3, 4)
    disc = step[:, None] ** 2 + step**2 <= 9
    found = people_near_pixels(row, column, person, disc, (12, 15))

    for r in range(12):
        for c in range(15):
            near = (row - r) ** 2 + (column - c) ** 2 <= 9
            assert found[r, c] == len(set(person[near]))


def test_nobody_is_near_when_there_is_nobody():
    none = np.empty(0, np.int64)

    assert not people_near_pixels(none, none, none, np.ones((3, 3), bool), (4, 5)).any()


def test_told_counts_share_out_what_the_published_total_leaves():
    count = np.array([0, 13, 2, 4, 1])

    told = told_counts(count, count, 5)

    assert told.tolist() == pytest.approx([0, 15, 5 / 3, 5 / 3, 5 / 3])


def test_told_counts_change_only_with_the_published_ones():
    one_more = told_counts(np.array([0, 14, 2, 4, 1]), np.array([0, 14, 2, 4, 1]), 5)

    assert one_more.tolist() == told_counts(np.array([0, 13, 3, 3, 2]), np.full(5, 9), 5).tolist()


def test_a_withheld_cell_is_never_told_as_none_or_as_k():
    few, many = np.array([12, 1, 1, 1]), np.array([13, 4, 4, 4])

    assert told_counts(few, few, 5)[1:].tolist() == pytest.approx([5 / 3] * 3)
    assert told_counts(np.array([12, 1]), np.array([12, 1]), 5)[1] == 4
    assert told_counts(many, many, 5)[1:].tolist() == pytest.approx([10 / 3] * 3)
    assert told_counts(np.array([8, 8, 1]), np.array([8, 8, 1]), 5)[2] == 1
