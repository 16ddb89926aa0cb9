"""Square cells over the city: corners on multiples of the size, and how much of each is city."""

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import shapely

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
GeometryArray = npt.NDArray[np.object_]
City: TypeAlias = "shapely.Polygon | shapely.MultiPolygon"

NO_CELL = -1


@dataclass(frozen=True, eq=False)
class CityGrid:
    """All square cells that touch the city, in EPSG:26985.

    Cells are numbered 0 to n - 1 from the south-west, row by row. Arrays "per cell" have shape
    (n,); `on_window` lays them out as (rows, columns), row 0 in the south.
    """

    cell_m: int
    west_m: int
    south_m: int
    is_cell: BoolArray
    """(rows, columns): the square touches the city (its edge included)."""
    city_m: City

    @cached_property
    def row(self) -> IntArray:
        """(n,) row of each cell, counted from the south."""
        return np.nonzero(self.is_cell)[0].astype(np.int64)

    @cached_property
    def column(self) -> IntArray:
        """(n,) column of each cell, counted from the west."""
        return np.nonzero(self.is_cell)[1].astype(np.int64)

    @cached_property
    def _number(self) -> IntArray:
        number = np.full(self.is_cell.shape, NO_CELL, np.int64)
        number[self.is_cell] = np.arange(int(self.is_cell.sum()))
        return number

    @property
    def n(self) -> int:
        """How many cells there are."""
        return int(self.row.size)

    @cached_property
    def cell_ids(self) -> list[str]:
        """(n,) names like `250E432250N181500`: size, easting, northing of the south-west corner."""
        east = self.west_m + self.column * self.cell_m
        north = self.south_m + self.row * self.cell_m
        return [f"{self.cell_m}E{e}N{n}" for e, n in zip(east, north, strict=True)]

    @cached_property
    def squares_m(self) -> GeometryArray:
        """(n,) the squares as polygons in EPSG:26985."""
        west = self.west_m + self.column * float(self.cell_m)
        south = self.south_m + self.row * float(self.cell_m)
        squares: GeometryArray = shapely.box(west, south, west + self.cell_m, south + self.cell_m)
        return squares

    @cached_property
    def centres_m(self) -> tuple[FloatArray, FloatArray]:
        """(n,) eastings and (n,) northings of the middles."""
        half = self.cell_m / 2
        x_m = self.west_m + half + self.column.astype(np.float64) * self.cell_m
        y_m = self.south_m + half + self.row.astype(np.float64) * self.cell_m
        return x_m, y_m

    @cached_property
    def area_m2(self) -> FloatArray:
        """(n,) square metres of each cell that lie inside the city."""
        inside = shapely.contains_properly(_prepared(self.city_m), self.squares_m)
        areas = np.full(self.n, float(self.cell_m) ** 2)
        for cell in np.flatnonzero(~inside):
            part = shapely.clip_by_rect(self.city_m, *self.squares_m[cell].bounds)
            areas[cell] = part.area
        return areas

    @cached_property
    def area_share(self) -> FloatArray:
        """(n,) share of each cell inside the city, 0 to 1."""
        return self.area_m2 / float(self.cell_m) ** 2

    def locate(self, x_m: FloatArray, y_m: FloatArray) -> IntArray:
        """(k,) number of the cell that holds each point, -1 where there is none.

        A point on an edge belongs to the cell north or east of it.
        """
        column = np.floor((x_m - self.west_m) / self.cell_m).astype(np.int64)
        row = np.floor((y_m - self.south_m) / self.cell_m).astype(np.int64)
        rows, columns = self.is_cell.shape
        is_near = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        found = np.full(x_m.shape, NO_CELL, np.int64)
        found[is_near] = self._number[row[is_near], column[is_near]]
        return found

    def count(self, x_m: FloatArray, y_m: FloatArray) -> IntArray:
        """(n,) how many of the points lie in each cell; points outside all cells are left out."""
        cell = self.locate(x_m, y_m)
        return np.bincount(cell[cell >= 0], minlength=self.n).astype(np.int64)

    def on_window(self, per_cell: npt.NDArray[np.generic]) -> FloatArray:
        """(rows, columns) with the cells' values in place and 0 where there is no cell."""
        window = np.zeros(self.is_cell.shape)
        window[self.row, self.column] = per_cell
        return window

    def window_numbers(self, cell: IntArray) -> IntArray:
        """(k, 9) the cells in whose 3 x 3 window each given cell lies, -1 where there is none."""
        padded = np.pad(self._number, 1, constant_values=NO_CELL)
        step_row, step_column = np.divmod(np.arange(9), 3)
        return padded[
            self.row[cell][:, None] + step_row[None, :],
            self.column[cell][:, None] + step_column[None, :],
        ]


def make_grid(city_m: City, cell_m: int) -> CityGrid:
    """The cells of one size that touch the city.

    Args:
        city_m: the city's outline in EPSG:26985.
        cell_m: side of the squares, whole metres.

    Raises:
        ValueError: the size is not positive or the outline is empty.
    """
    if cell_m <= 0:
        raise ValueError("the cell size must be positive")
    if city_m.is_empty:
        raise ValueError("the city has no outline")
    min_x, min_y, max_x, max_y = city_m.bounds
    # One more ring of squares: a city edge that lies on a multiple touches the squares beyond it.
    first_column, last_column = int(min_x // cell_m) - 1, int(max_x // cell_m) + 1
    first_row, last_row = int(min_y // cell_m) - 1, int(max_y // cell_m) + 1
    west = np.arange(first_column, last_column + 1) * float(cell_m)
    south = np.arange(first_row, last_row + 1) * float(cell_m)
    squares = shapely.box(
        west[None, :], south[:, None], west[None, :] + cell_m, south[:, None] + cell_m
    )
    touches: BoolArray = shapely.intersects(_prepared(city_m), squares)
    rows, columns = np.flatnonzero(touches.any(axis=1)), np.flatnonzero(touches.any(axis=0))
    is_cell = touches[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return CityGrid(
        cell_m=cell_m,
        west_m=(first_column + int(columns[0])) * cell_m,
        south_m=(first_row + int(rows[0])) * cell_m,
        is_cell=is_cell,
        city_m=city_m,
    )


def street_length_m(grid: CityGrid, streets_m: GeometryArray) -> FloatArray:
    """(n,) metres of street in each cell, inside the city only.

    Every straight piece is cut where it crosses the grid's lines, so the sum over the cells is the
    length inside the city.

    Args:
        streets_m: LineStrings in EPSG:26985.
    """
    city = _prepared(grid.city_m)
    is_inside = shapely.covers(city, streets_m)
    is_cut = shapely.intersects(city, streets_m) & ~is_inside
    cut = shapely.intersection(grid.city_m, streets_m[is_cut])
    lines = np.concatenate([streets_m[is_inside], shapely.get_parts(cut)])
    lines = lines[shapely.get_dimensions(lines) == 1]
    start, end = _straight_pieces(shapely.get_parts(lines))
    cell, length = _cut_at_grid_lines(grid, start, end)
    return np.bincount(cell, weights=length, minlength=grid.n).astype(np.float64)


def spread_by_area(grid: CityGrid, areas_m: GeometryArray, amounts: FloatArray) -> FloatArray:
    """(n,) amounts known for areas (people of block groups), spread over their land by area.

    Only the part of an area inside the city takes a share, so nobody is put on the water; the sum
    over the cells equals the sum of the amounts of all areas that touch the city.

    Args:
        areas_m: (k,) polygons in EPSG:26985.
        amounts: (k,) what each area holds.
    """
    inside = shapely.intersection(areas_m, grid.city_m)
    cell, area = shapely.STRtree(inside).query(grid.squares_m)
    shared_m2 = shapely.area(shapely.intersection(inside[area], grid.squares_m[cell]))
    total_m2 = np.bincount(area, weights=shared_m2, minlength=amounts.size)
    density = np.divide(amounts, total_m2, out=np.zeros(amounts.size), where=total_m2 > 0)
    return np.bincount(cell, weights=shared_m2 * density[area], minlength=grid.n).astype(np.float64)


def _straight_pieces(lines: GeometryArray) -> tuple[FloatArray, FloatArray]:
    xy, line = shapely.get_coordinates(lines, return_index=True)
    is_same_line = line[1:] == line[:-1]
    return xy[:-1][is_same_line], xy[1:][is_same_line]


def _cut_at_grid_lines(
    grid: CityGrid, start: FloatArray, end: FloatArray
) -> tuple[IntArray, FloatArray]:
    """Cell and length of the parts of straight pieces, start and end being (k, 2)."""
    piece = [np.arange(len(start)), np.arange(len(start))]
    place = [np.zeros(len(start)), np.ones(len(start))]
    for axis, origin in ((0, grid.west_m), (1, grid.south_m)):
        which, where = _crossings(start[:, axis] - origin, end[:, axis] - origin, grid.cell_m)
        piece.append(which)
        place.append(where)
    pieces, places = np.concatenate(piece), np.concatenate(place)
    order = np.lexsort((places, pieces))
    pieces, places = pieces[order], places[order]
    is_part = pieces[1:] == pieces[:-1]
    of, middle = pieces[:-1][is_part], ((places[1:] + places[:-1]) / 2)[is_part]
    share = (places[1:] - places[:-1])[is_part]
    way = end[of] - start[of]
    at = start[of] + middle[:, None] * way
    cell = grid.locate(at[:, 0], at[:, 1])
    length = share * np.hypot(way[:, 0], way[:, 1])
    return cell[cell >= 0], length[cell >= 0]


def _crossings(start: FloatArray, end: FloatArray, cell_m: int) -> tuple[IntArray, FloatArray]:
    """Where pieces cross the lines at multiples of the size: piece numbers, places 0 to 1."""
    low, high = np.minimum(start, end) / cell_m, np.maximum(start, end) / cell_m
    first = np.floor(low).astype(np.int64) + 1
    how_many = np.maximum(np.ceil(high).astype(np.int64) - first, 0)
    piece = np.repeat(np.arange(len(start)), how_many)
    step = np.arange(piece.size) - np.repeat(np.cumsum(how_many) - how_many, how_many)
    line_m = (first[piece] + step) * float(cell_m)
    return piece, (line_m - start[piece]) / (end - start)[piece]


def _prepared(geometry: City) -> City:
    shapely.prepare(geometry)
    return geometry
