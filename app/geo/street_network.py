"""The city's named streets as lines, house numbers and the nodes where they meet."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from app.geo.coords import project_m
from app.geo.street_names import StreetName, label_of, parse_official

ONE_NODE_M = 1.0
"""Line ends closer than this are one node; the source rounds some of them apart."""
HIGHEST_NUMBER = 9999
LONGEST_RANGE = 2000
"""Numbers beyond these are slips of the keyboard in the source ("4010000")."""

_NO_NAMES = frozenset({"RAMP", "NO NAME", "ALLEY", "SERVICE", "ROAD", "CUT OFF"})
_TEXT_COLUMNS = ["fullname", "dirpre", "dirsuf", "subtype_label", "sha_class_label"]
_NUMBER_COLUMNS = ["fraddl", "toaddl", "fraddr", "toaddr", "block_num"]
_CLASSES = (
    "Local Street",
    "Collector Street",
    "Minor Arterial Street",
    "Other Principal Arterial Street",
    "Freeway and Expressway",
    "Interstate and Principal Arterial",
)
"""The State's road classes, small to large; most lines have none."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Lines = NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class Street:
    """All centre lines of one name, for instance W Lexington St.

    `rows` index the network's arrays. `is_corner_street`: fit to say where somebody is, as a
    surface street is and an alley or motorway is not.
    """

    number: int
    name: StreetName
    label: str
    rows: Ints
    is_corner_street: bool


@dataclass(frozen=True, slots=True, eq=False)
class StreetNetwork:
    """Named streets of the city.

    lines_m: (n,) lines in EPSG:26985. ranges: (n, 2, 2) house numbers at the line's start and
    end (last axis) on its left and right (middle axis); 0, 0 = none. ranks: (n,) the State's
    road class, 0 = none, 6 = interstate. ends: (n, 2) node numbers of start and end. nodes_m:
    (k, 2) x, y in EPSG:26985. streets_at, nodes_of: street numbers per node, nodes per street.
    """

    streets: tuple[Street, ...]
    lines_m: Lines
    ranges: Ints
    ranks: Ints
    ends: Ints
    nodes_m: Floats
    streets_at: tuple[tuple[int, ...], ...]
    nodes_of: tuple[frozenset[int], ...]


def load_network(path: Path) -> StreetNetwork:
    """Read the centre lines (GeoParquet as `tools/prepare_streets.py` writes it, EPSG:4326).

    Left out are unnamed lines, lines without length, ramps, and alleys known only by the streets
    beside them ("LEXINGTON-VINE").
    """
    table = pq.read_table(path, columns=[*_TEXT_COLUMNS, *_NUMBER_COLUMNS, "geometry"])
    column = {name: np.array(table[name].to_pylist(), dtype=object) for name in _TEXT_COLUMNS}
    column |= {name: table[name].to_numpy() for name in _NUMBER_COLUMNS}
    lines = shapely.from_wkb(table["geometry"].to_numpy())
    kept = np.array([_is_name(name) for name in column["fullname"]]) & (shapely.length(lines) > 0)
    column = {name: values[kept] for name, values in column.items()}
    lines_m = np.asarray(project_m(lines[kept]), dtype=object)
    ends, nodes_m = _nodes(lines_m)
    streets = _streets(column)
    streets_at, nodes_of = _meetings(streets, ends, len(nodes_m))
    rank_of = {name: rank for rank, name in enumerate(_CLASSES, start=1)}
    ranks = np.array([rank_of.get(name, 0) for name in column["sha_class_label"]], dtype=np.int64)
    ranges = _ranges(column)
    return StreetNetwork(streets, lines_m, ranges, ranks, ends, nodes_m, streets_at, nodes_of)


def _is_name(name: object) -> bool:
    return isinstance(name, str) and "-" not in name and name not in _NO_NAMES


def _streets(column: dict[str, NDArray[np.object_]]) -> tuple[Street, ...]:
    """Rows grouped by the parts of their name, so that ARUNDEL BD and ARUNDEL BLVD are one."""
    rows_of: dict[StreetName, list[int]] = defaultdict(list)
    spellings: dict[StreetName, Counter[str]] = defaultdict(Counter)
    parsed: dict[tuple[str, str | None, str | None], StreetName] = {}
    spelled = zip(column["fullname"], column["dirpre"], column["dirsuf"], strict=True)
    for row, spelling in enumerate(spelled):
        if spelling not in parsed:
            parsed[spelling] = parse_official(*spelling)
        rows_of[parsed[spelling]].append(row)
        spellings[parsed[spelling]][spelling[0]] += 1
    _give_types(rows_of)
    streets = []
    for number, (name, rows) in enumerate(sorted(rows_of.items(), key=lambda item: item[1][0])):
        kept = np.array(sorted(rows))
        label = label_of(spellings[name].most_common(1)[0][0])
        is_corner_street = bool((column["subtype_label"][kept] == "Paved Road").mean() > 0.5)
        streets.append(Street(number, name, label, kept, is_corner_street))
    return tuple(streets)


def _give_types(rows_of: dict[StreetName, list[int]]) -> None:
    """Join a name without a type ("PONCA") to the one larger street that has it with a type."""
    for name in [name for name in rows_of if not name.types]:
        typed = [
            other
            for other in rows_of
            if other.types and (other.base, other.directions) == (name.base, name.directions)
        ]
        if len(typed) == 1 and len(rows_of[typed[0]]) > len(rows_of[name]):
            rows_of[typed[0]] += rows_of.pop(name)


def _ranges(column: dict[str, NDArray[np.object_]]) -> Ints:
    sides = [("fraddl", "toaddl"), ("fraddr", "toaddr")]
    ranges = np.array([[column[name] for name in side] for side in sides], dtype=np.int64)
    ranges = ranges.transpose(2, 0, 1)
    first, last = ranges[..., 0], ranges[..., 1]
    blocks = np.maximum(np.asarray(column["block_num"], dtype=np.int64), 0)[:, None]
    first = np.where((first == 0) & (last > 0), blocks, first)
    ranges = np.stack([first, last], axis=2)
    wrong = (ranges.max(axis=2) > HIGHEST_NUMBER) | (np.abs(first - last) > LONGEST_RANGE)
    ranges[wrong] = 0
    return ranges


def _nodes(lines_m: Lines) -> tuple[Ints, Floats]:
    """(n, 2) node of each line's start and end, and (k, 2) x, y of the nodes."""
    coords, owner = shapely.get_coordinates(lines_m, return_index=True)
    starts = np.searchsorted(owner, np.arange(len(lines_m)))
    lasts = np.append(starts[1:], len(coords)) - 1
    points, inverse = np.unique(
        np.vstack([coords[starts], coords[lasts]]), axis=0, return_inverse=True
    )
    close = KDTree(points).query_pairs(ONE_NODE_M, output_type="ndarray")
    graph = coo_matrix((np.ones(len(close)), (close[:, 0], close[:, 1])), shape=[len(points)] * 2)
    count, group = connected_components(graph, directed=False)
    nodes_m = np.zeros((count, 2))
    nodes_m[group] = points
    return group[inverse.reshape(2, -1).T].astype(np.int64), nodes_m


def _meetings(
    streets: tuple[Street, ...], ends: Ints, node_count: int
) -> tuple[tuple[tuple[int, ...], ...], tuple[frozenset[int], ...]]:
    streets_at: list[list[int]] = [[] for _ in range(node_count)]
    nodes_of = []
    for street in streets:
        nodes = frozenset(ends[street.rows].ravel().tolist())
        nodes_of.append(nodes)
        for node in nodes:
            streets_at[node].append(street.number)
    return tuple(tuple(numbers) for numbers in streets_at), tuple(nodes_of)
