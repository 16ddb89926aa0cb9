"""Where a house number or a hundred block lies on one street.

Lengths are metres and points x, y in EPSG:26985. A block is given by a point near its middle: its
numbers share it, and a point at its end would lie in the crossing with the next street.
"""

import heapq
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from app.geo.street_network import Ints, Lines, Street, StreetNetwork

ONE_PLACE_M = 60.0
"""What lies closer together than this is one place: the carriageways of a divided road."""
ONE_BLOCK_M = 100.0
"""Pieces of one hundred block closer than this are one block with a hole, shorter than a block."""
CORNER_SETBACK_M = 8.0
"""Half a crossing: the first house does not stand in the middle of the other street."""
GAP_SLACK_M = 100.0
GAP_M_PER_NUMBER = 5.0
"""A gap longer than this for its numbers (a block of 100 has 100 to 150 m) parts two streets that
share a name, and nothing lies between them."""


@dataclass(frozen=True, slots=True)
class NumberedPoint:
    """A place on the street. `is_estimated`: the number is in no known range of the street."""

    point_m: shapely.Point
    is_estimated: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Sides:
    """The numbered sides of one street's lines: first and last number, and the line they are on."""

    row: Ints
    first: Ints
    last: Ints

    @property
    def low(self) -> Ints:
        return np.minimum(self.first, self.last)

    @property
    def high(self) -> Ints:
        return np.maximum(self.first, self.last)


def find_number(network: StreetNetwork, street: Street, number: int) -> list[NumberedPoint]:
    """Every place on the street that carries the house number; usually one, none if unknown."""
    sides = _sides(network, street)
    within = (sides.low <= number) & (number <= sides.high)
    mixed = (sides.first - sides.last) % 2 != 0
    on_side = within & (mixed | (sides.first % 2 == number % 2))
    for chosen, is_estimated in ((on_side, False), (within, True)):
        if chosen.any():
            found = _house_points(network, sides, np.flatnonzero(chosen), number)
            return [NumberedPoint(point, is_estimated) for point in found]
    return _between(network, street, sides, number) or _at_the_end(network, sides, number)


def find_block(network: StreetNetwork, street: Street, hundred: int) -> list[NumberedPoint]:
    """Every place on the street that carries the hundred block; usually one, none if unknown."""
    sides = _sides(network, street)
    chosen = np.flatnonzero((sides.low <= hundred + 99) & (sides.high >= hundred))
    if not len(chosen):
        return _between(network, street, sides, hundred + 50)
    parts = np.array([_part(network, sides, int(one), hundred, hundred + 99) for one in chosen])
    groups = [parts[group] for group in _groups(parts, ONE_BLOCK_M)]
    return [NumberedPoint(_middle(group), False) for group in groups]


def _sides(network: StreetNetwork, street: Street) -> _Sides:
    ranges = network.ranges[street.rows]
    line, side = np.nonzero(ranges.max(axis=2) > 0)
    return _Sides(street.rows[line], ranges[line, side, 0], ranges[line, side, 1])


def _house_points(
    network: StreetNetwork, sides: _Sides, chosen: NDArray[np.intp], number: int
) -> list[shapely.Point]:
    """One point a place; where ranges overlap, the narrowest says it best."""
    lines = network.lines_m[sides.row[chosen]]
    width = (sides.high - sides.low)[chosen]
    found = []
    for group in _groups(lines, ONE_PLACE_M):
        best = chosen[group[np.argmin(width[group])]]
        found.append(_point_at(network, sides, int(best), number))
    return found


def _share(sides: _Sides, one: int, number: int) -> float:
    """How far along its line, 0 to 1, a number lies; a line with a single number: halfway."""
    first, last = int(sides.first[one]), int(sides.last[one])
    if first == last:
        return 0.5
    return min(1.0, max(0.0, (number - first) / (last - first)))


def _point_at(network: StreetNetwork, sides: _Sides, one: int, number: int) -> shapely.Point:
    line = network.lines_m[sides.row[one]]
    setback = min(CORNER_SETBACK_M, line.length / 4)
    return shapely.line_interpolate_point(
        line, setback + _share(sides, one, number) * (line.length - 2 * setback)
    )


def _part(
    network: StreetNetwork, sides: _Sides, one: int, low: int, high: int
) -> shapely.LineString | shapely.Point:
    """The part of a line that carries the numbers low to high, by five points along it."""
    line = network.lines_m[sides.row[one]]
    if sides.first[one] == sides.last[one]:
        shares = (0.0, 1.0)
    else:
        shares = (_share(sides, one, low), _share(sides, one, high))
    if shares[0] == shares[1]:
        return shapely.line_interpolate_point(line, shares[0], normalized=True)
    along = np.linspace(min(shares), max(shares), 5)
    return shapely.LineString(shapely.line_interpolate_point(line, along, normalized=True))


def _groups(lines: Lines, reach_m: float) -> list[NDArray[np.intp]]:
    """Positions of lines that hang together, directly or by others between."""
    left, right = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=reach_m)
    graph = coo_matrix((np.ones(len(left)), (left, right)), shape=[len(lines)] * 2)
    count, group = connected_components(graph, directed=False)
    return [np.flatnonzero(group == member) for member in range(count)]


def _middle(lines: Lines) -> shapely.Point:
    """The point of the lines nearest to their centre; of a divided road the centre itself."""
    whole = shapely.union_all(lines)
    centre = shapely.centroid(whole)
    nearest = shapely.get_point(shapely.shortest_line(whole, centre), 0)
    opposite = shapely.Point(2 * centre.x - nearest.x, 2 * centre.y - nearest.y)
    off_m = shapely.distance(centre, nearest)
    if off_m > 1 and shapely.distance(whole, opposite) < off_m / 2:
        return centre
    return nearest


def _between(
    network: StreetNetwork, street: Street, sides: _Sides, number: int
) -> list[NumberedPoint]:
    """The number's place in a gap: along the street's unnumbered lines, or straight across."""
    below, above = sides.high < number, sides.low > number
    if not below.any() or not above.any():
        return []
    low, high = int(sides.high[below].max()), int(sides.low[above].min())
    starts = np.flatnonzero(sides.high == low)
    finishes = np.flatnonzero(sides.low == high)
    ways = [
        _way(
            network,
            street,
            _end_at(network, sides, int(one), low),
            _end_at(network, sides, int(two), high),
        )
        for one in starts
        for two in finishes
    ]
    way = min(ways, key=shapely.length)
    straight = shapely.distance(shapely.get_point(way, 0), shapely.get_point(way, -1))
    if straight > GAP_SLACK_M + GAP_M_PER_NUMBER * (high - low):
        return []
    share = (number - low) / (high - low)
    return [NumberedPoint(shapely.line_interpolate_point(way, share, normalized=True), True)]


def _at_the_end(network: StreetNetwork, sides: _Sides, number: int) -> list[NumberedPoint]:
    """A number past the last known one of its own hundred block: at the end of that block."""
    hundred = number // 100 * 100
    known = np.flatnonzero((sides.low <= hundred + 99) & (sides.high >= hundred))
    if not len(known):
        return []
    off = np.minimum(np.abs(sides.low[known] - number), np.abs(sides.high[known] - number))
    nearest = int(known[np.argmin(off)])
    return [NumberedPoint(_point_at(network, sides, nearest, number), True)]


def _end_at(network: StreetNetwork, sides: _Sides, one: int, number: int) -> int:
    """The node at that end of the line where the number is."""
    at_finish = sides.last[one] == number
    return int(network.ends[sides.row[one], 1 if at_finish else 0])


def _way(network: StreetNetwork, street: Street, start: int, finish: int) -> shapely.LineString:
    """From node to node along the street's own lines, or straight where it is interrupted."""
    ends = network.ends[street.rows]
    neighbours: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row, (one, two) in zip(street.rows.tolist(), ends.tolist(), strict=True):
        neighbours[one].append((two, row))
        neighbours[two].append((one, row))
    came_from: dict[int, tuple[int, int] | None] = {}
    queue: list[tuple[float, int, tuple[int, int] | None]] = [(0.0, start, None)]
    while queue and finish not in came_from:
        walked_m, node, step = heapq.heappop(queue)
        if node in came_from:
            continue
        came_from[node] = step
        for other, row in neighbours[node]:
            if other not in came_from:
                heapq.heappush(queue, (walked_m + network.lines_m[row].length, other, (node, row)))
    if start == finish or finish not in came_from:
        return shapely.LineString(network.nodes_m[[start, finish]])
    return _joined(network, came_from, finish)


def _joined(
    network: StreetNetwork, came_from: dict[int, tuple[int, int] | None], finish: int
) -> shapely.LineString:
    pieces = []
    node = finish
    while (step := came_from[node]) is not None:
        before, row = step
        coords = shapely.get_coordinates(network.lines_m[row])
        pieces.append(coords if network.ends[row, 1] == before else coords[::-1])
        node = before
    return shapely.LineString(np.vstack(pieces)[::-1])
