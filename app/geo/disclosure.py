"""What may be published about few people: one rule for cells, windows, totals and surfaces.

On a personal set a number that stands for 1 to k - 1 people is withheld and shown as a range; other
counts are rounded to base 5; a cell whose 3 x 3 window holds fewer than k people is never flagged.
People are counted, not rows: seven referrals of two people are two. A row without a known person
counts as one person.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.geo.grid import BoolArray, CityGrid, IntArray

K_SIGNED_IN = 5
"""Fewest people behind a published number, for signed-in roles."""
K_PUBLIC = 11
"""The same for pages anyone may open."""
ROUNDING_BASE = 5


@dataclass(frozen=True)
class Published:
    """One number as it may be shown: `count` is None where it is withheld."""

    count: int | None
    label: str


def publish(count: int, people: int, k: int) -> Published:
    """A count of records that stand for so many distinct people, as it may be shown."""
    if 0 < people < k or 0 < count < k:
        return Published(None, withheld_label(k))
    rounded = round_to_base(count)
    return Published(rounded, str(rounded))


def publish_cells(
    count: IntArray, people: IntArray, k: int
) -> tuple[npt.NDArray[np.float64], list[str]]:
    """(n,) counts with NaN where withheld, and (n,) labels; `publish` for every cell."""
    is_withheld = ((people > 0) & (people < k)) | ((count > 0) & (count < k))
    rounded = (count + ROUNDING_BASE // 2) // ROUNDING_BASE * ROUNDING_BASE
    shown = np.where(is_withheld, np.nan, rounded.astype(np.float64))
    label = withheld_label(k)
    return shown, [
        label if hidden else str(int(number))
        for hidden, number in zip(is_withheld, rounded, strict=True)
    ]


def told_counts(count: IntArray, people: IntArray, k: int) -> npt.NDArray[np.float64]:
    """(n,) the counts as well as somebody knows them who sees only what is published.

    A withheld cell stands for its even part of what the published total leaves, 1 to k - 1.
    Whatever is computed from these tells nothing that the published counts do not.
    """
    shown, _ = publish_cells(count, people, k)
    is_withheld = np.isnan(shown)
    told = np.where(is_withheld, 0.0, shown)
    if is_withheld.any():
        rest = round_to_base(int(count.sum())) - float(told.sum())
        told[is_withheld] = np.clip(rest / int(is_withheld.sum()), 1, k - 1)
    return told


def round_to_base(count: int) -> int:
    """The nearest multiple of 5 (a count never lies half-way between two)."""
    return (count + ROUNDING_BASE // 2) // ROUNDING_BASE * ROUNDING_BASE


def withheld_label(k: int) -> str:
    """`1-4` for k = 5."""
    return f"1-{k - 1}"


def people_in_cells(grid: CityGrid, cell: IntArray, person_key: IntArray) -> IntArray:
    """(n,) distinct people with a record in each cell.

    Args:
        cell: (k,) number of the cell of each record; -1 is left out.
        person_key: (k,) one value per person.
    """
    return _distinct(cell[:, None], person_key, grid.n)


def people_in_windows(grid: CityGrid, cell: IntArray, person_key: IntArray) -> IntArray:
    """(n,) distinct people with a record in each cell's 3 x 3 window; arguments as above."""
    is_placed = cell >= 0
    windows = grid.window_numbers(cell[is_placed])
    return _distinct(windows, person_key[is_placed], grid.n)


def unflag(
    found_bin: npt.NDArray[np.int8], window_people: IntArray, k: int
) -> npt.NDArray[np.int8]:
    """(n,) bins with 0 wherever fewer than k people stand behind the window."""
    return np.where(window_people < k, np.int8(0), found_bin).astype(np.int8)


def people_near_pixels(
    row: IntArray, column: IntArray, person_key: IntArray, disc: BoolArray, shape: tuple[int, int]
) -> IntArray:
    """(rows, columns) distinct people with a record within a disc of each pixel.

    Args:
        row: (k,) pixel row of each record, inside `shape`.
        column: (k,) pixel column.
        person_key: (k,) one value per person.
        disc: (2 m + 1, 2 m + 1) True where the kernel reaches, centre in the middle.
    """
    rows, columns = shape
    reach = disc.shape[0] // 2
    width = columns + 2 * reach
    around = np.flatnonzero(np.pad(disc, ((0, 0), (0, width - disc.shape[1]))))
    # With a margin of the disc's reach, `around` counted from a pixel's own number is its disc.
    person, place = _unique_pairs(person_key, row * width + column)
    people = np.zeros((rows + 2 * reach) * width, np.int64)
    start = np.flatnonzero(np.r_[True, person[1:] != person[:-1]]) if person.size else person
    times = np.diff(np.r_[start, person.size])
    pixel, number = np.unique(place[start[times == 1]], return_counts=True)
    for corner, how_many in zip(pixel, number, strict=True):
        people[corner + around] += how_many
    for first, length in zip(start[times > 1], times[times > 1], strict=True):
        discs = place[first : first + length, None] + around[None, :]
        people[np.unique(discs)] += 1
    return people.reshape(-1, width)[reach : reach + rows, reach : reach + columns]


def _distinct(cells: IntArray, person_key: IntArray, n: int) -> IntArray:
    person = np.repeat(person_key, cells.shape[1])
    flat = cells.ravel()
    _, cell = _unique_pairs(person[flat >= 0], flat[flat >= 0])
    return np.bincount(cell, minlength=n).astype(np.int64)


def _unique_pairs(person: IntArray, place: IntArray) -> tuple[IntArray, IntArray]:
    """Distinct (person, place) pairs, by person, then place."""
    order = np.lexsort((place, person))
    person, place = person[order], place[order]
    is_new = np.ones(person.size, bool)
    is_new[1:] = (person[1:] != person[:-1]) | (place[1:] != place[:-1])
    return person[is_new], place[is_new]
