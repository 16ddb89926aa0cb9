"""Where streets meet, and the corner nearest to a point. Frame: EPSG:26985, metres."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from app.geo.house_numbers import ONE_PLACE_M
from app.geo.street_index import Streets, common_label
from app.geo.street_network import Ints, Street, StreetNetwork

NEAR_M = 500.0
"""A corner further away than this says nothing about a point."""
_NEIGHBOURS = 12
_COLLECTOR = 2
"""The road class from which on a street is known beyond its own blocks."""


@dataclass(frozen=True, slots=True)
class MeetingPlace:
    """One place where two streets meet; the nodes of a divided road are one place."""

    first: str
    second: str
    x_m: float
    y_m: float

    @property
    def label(self) -> str:
        """`N Eutaw St and W Lexington St`."""
        return f"{self.first} and {self.second}"


class Corners:
    """Nodes of the network where two streets of different names meet."""

    def __init__(self, network: StreetNetwork) -> None:
        self._network = network
        named = {
            node: names for node in range(len(network.nodes_m)) if (names := self._names(node))
        }
        self._names_at = [(first.label, second.label) for first, second in named.values()]
        self._known_at = [sum(map(self._is_well_known, pair)) for pair in named.values()]
        self._tree = KDTree(network.nodes_m[list(named)])

    def nearest(self, x_m: float, y_m: float) -> tuple[str, str] | None:
        """The two streets of the corner nearest to a point, or None where none is within 500 m."""
        distance_m, position = self._tree.query([x_m, y_m])
        if not distance_m <= NEAR_M:
            return None
        return self._names_at[int(position)]

    def well_known(self, x_m: float, y_m: float, within_m: float) -> tuple[str, str] | None:
        """The two streets of the corner by which people know a place.

        Of the corners within reach the nearest where two collectors or arterials meet, else the
        nearest on one of these; where there is neither, the nearest corner as `nearest` finds it.
        """
        positions = self._tree.query_ball_point([x_m, y_m], within_m)
        if not positions:
            return self.nearest(x_m, y_m)
        away_m = np.hypot(*(self._tree.data[positions] - [x_m, y_m]).T)
        order: list[tuple[int, float, tuple[str, str]]] = [
            (-self._known_at[position], round(float(away), 1), self._names_at[position])
            for position, away in zip(positions, away_m, strict=True)
        ]
        return min(order)[2]

    def another_street_near(self, x_m: float, y_m: float, names: str) -> str:
        """The nearest corner's street that is none of `names`, to tell two places apart."""
        for count in (_NEIGHBOURS, len(self._names_at)):
            _, positions = self._tree.query([x_m, y_m], k=count)
            for position in positions:
                for name in self._names_at[int(position)]:
                    if name not in names:
                        return name
        raise AssertionError("every street of the city is among the names")

    def meetings(self, one: Streets, two: Streets) -> list[MeetingPlace]:
        """Every place where a street of `one` meets a street of `two`, in the order of `one`."""
        network = self._network
        second_at: dict[int, list[Street]] = defaultdict(list)
        for street in two:
            for node in network.nodes_of[street.number]:
                second_at[node].append(street)
        pairs: dict[tuple[str, str], dict[int, list[tuple[Street, Street]]]] = {}
        for first in one:
            for node in sorted(network.nodes_of[first.number] & second_at.keys()):
                for second in second_at[node]:
                    if second.number != first.number:
                        bases = (first.name.base, second.name.base)
                        at_node = pairs.setdefault(bases, defaultdict(list))
                        at_node[node].append((first, second))
        return [place for at_node in pairs.values() for place in _places(network, at_node)]

    def _is_well_known(self, street: Street) -> bool:
        """Whether most of a street is at least a collector."""
        return float(np.median(self._network.ranks[street.rows])) >= _COLLECTOR

    def _names(self, node: int) -> tuple[Street, Street] | None:
        """The two streets a corner goes by, in alphabetical order of their bases."""
        by_base: dict[str, Street] = {}
        for number in self._network.streets_at[node]:
            street = self._network.streets[number]
            if street.is_corner_street:
                known = by_base.setdefault(street.name.base, street)
                if len(street.rows) > len(known.rows):
                    by_base[street.name.base] = street
        if len(by_base) < 2:
            return None
        longest = sorted(by_base.values(), key=lambda street: -len(street.rows))[:2]
        first, second = sorted(longest, key=lambda street: street.name.base)
        return first, second


def _places(
    network: StreetNetwork, at_node: dict[int, list[tuple[Street, Street]]]
) -> list[MeetingPlace]:
    nodes = np.array(sorted(at_node))
    points = network.nodes_m[nodes]
    close = KDTree(points).query_pairs(ONE_PLACE_M, output_type="ndarray")
    graph = coo_matrix((np.ones(len(close)), (close[:, 0], close[:, 1])), shape=[len(nodes)] * 2)
    count, group = connected_components(graph, directed=False)
    places = []
    for member in range(count):
        here = nodes[group == member]
        pairs = [pair for node in here for pair in at_node[int(node)]]
        firsts, seconds = (tuple(dict.fromkeys(side)) for side in zip(*pairs, strict=True))
        name_counts = np.array(
            [len({s for pair in at_node[n] for s in pair}) for n in here.tolist()]
        )
        main = here[name_counts == name_counts.max()]  # where St Paul St divides, not beyond it
        crossing = _without_slip_lanes(network, main, firsts, seconds)
        x_m, y_m = network.nodes_m[crossing].mean(axis=0).tolist()
        places.append(MeetingPlace(common_label(firsts), common_label(seconds), x_m, y_m))
    return places


def _without_slip_lanes(
    network: StreetNetwork, nodes: Ints, firsts: Streets, seconds: Streets
) -> Ints:
    """The nodes where each street comes with the largest road class it has at this place.

    Two such nodes are the carriageways of a divided road, and others beside them slip lanes; with
    one such node the classes say nothing (St Paul Pl has one carriageway without a class).
    """
    kept = np.ones(len(nodes), dtype=bool)
    for streets in (firsts, seconds):
        rows = np.concatenate([street.rows for street in streets])
        touching = (network.ends[rows][:, :, None] == nodes).any(axis=1)
        ranks = np.where(touching, network.ranks[rows][:, None], -1).max(axis=0)
        kept &= ranks == ranks.max()
    return nodes[kept] if kept.sum() > 1 else nodes
