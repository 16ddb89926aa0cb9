"""Which street each piece of a zone's boundary runs along.

Zones are drawn along streets, but seldom exactly on their centre lines: the line between two
carriageways, or a rough hand, is some metres off. A piece of the boundary is given the nearest
street that runs roughly parallel to it; what is left at crossings is given its neighbour's.
"""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray

from app.geo.coords import Floats, project_all_m
from app.geo.geojson import Outline
from app.geo.street_names import label_of
from app.geo.zone_index import EdgeStreet, densified_pieces

NEAR_M = 40
"""A street farther from the boundary than this gives it no name."""
PARALLEL_DEGREES = 30
"""Two directions that differ by less than this are roughly parallel."""
SHORTEST_RUN_M = 40
"""A shorter stretch between two of one street, or without a street, is part of its neighbour."""

NO_STREETS = ("Alley", "Ramp", "Fictitious Centerline Segment")
"""Kinds of centre lines by whose name nobody knows a boundary."""

Names = list[str | None]


def label_boundary(
    outline: Outline, streets: Sequence[tuple[str, shapely.LineString]]
) -> tuple[EdgeStreet, ...]:
    """Cut the boundary into stretches, each with the street it runs along, ring after ring.

    Args:
        outline: EPSG:4326.
        streets: name as it is to be shown, and centre line in EPSG:4326; the whole city will do.

    Returns:
        Stretches that together are the whole boundary. `street` is None where no roughly parallel
        street lies within 40 m.
    """
    pieces = densified_pieces(outline)
    names = _streets_beside(pieces, streets)
    edges: list[EdgeStreet] = []
    for ring in _rings(pieces):
        edges.extend(_stretches(pieces[ring], _settled(names[ring], _lengths_m(pieces[ring]))))
    return tuple(edges)


def _streets_beside(
    pieces: NDArray[np.object_], streets: Sequence[tuple[str, shapely.LineString]]
) -> NDArray[np.object_]:
    """For each piece the name of the nearest parallel street, or None."""
    found = np.full(len(pieces), None, dtype=np.object_)
    lines_m, names = _segments_near(pieces, streets)
    if not len(lines_m):
        return found
    pieces_m = project_all_m(pieces)
    middles = shapely.line_interpolate_point(pieces_m, 0.5, normalized=True)
    tree = shapely.STRtree(lines_m)
    piece, line = tree.query(middles, predicate="dwithin", distance=NEAR_M)
    turn = np.abs(_bearing(pieces_m)[piece] - _bearing(lines_m)[line]) % 180
    is_parallel = np.minimum(turn, 180 - turn) < PARALLEL_DEGREES
    piece, line = piece[is_parallel], line[is_parallel]
    distance_m = shapely.distance(middles[piece], lines_m[line])
    # Farthest first, so that the nearest is the one that stays.
    order = np.lexsort((line, distance_m))[::-1]
    found[piece[order]] = names[line[order]]
    return found


def _segments_near(
    pieces: NDArray[np.object_], streets: Sequence[tuple[str, shapely.LineString]]
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """The streets near the boundary as straight segments in metres, each with its name."""
    if not streets:
        return np.array([], dtype=np.object_), np.array([], dtype=np.object_)
    lines = np.fromiter((line for _, line in streets), dtype=np.object_, count=len(streets))
    names = np.array([name for name, _ in streets], dtype=np.object_)
    west, south, east, north = shapely.total_bounds(pieces)
    margin = 2 * NEAR_M / 80_000  # degrees: one is never less than 80 km here
    window = shapely.box(west - margin, south - margin, east + margin, north + margin)
    near = np.flatnonzero(shapely.intersects(lines, window))
    segments, owners = [], []
    for number in near:
        vertices = shapely.get_coordinates(lines[number])
        segments.append(np.stack([vertices[:-1], vertices[1:]], axis=1))
        owners.append(np.full(len(vertices) - 1, number))
    if not segments:
        return np.array([], dtype=np.object_), np.array([], dtype=np.object_)
    lines_m = project_all_m(shapely.linestrings(np.concatenate(segments)))
    return lines_m, names[np.concatenate(owners)]


def _settled(names: NDArray[np.object_], lengths_m: Floats) -> Names:
    """Names around one closed ring, with short stretches given to their longer neighbour."""
    runs = _runs(list(names), lengths_m)
    while len(runs) > 1:
        shortest = min(range(len(runs)), key=lambda n: (runs[n][1], n))
        if runs[shortest][1] >= SHORTEST_RUN_M:
            break
        before, after = runs[shortest - 1], runs[(shortest + 1) % len(runs)]
        heir = max((before, after), key=lambda run: (run[0] is not None, run[1]))
        runs[shortest] = (heir[0], *runs[shortest][1:])
        runs = _joined(runs)
    settled: Names = [None] * len(names)
    for name, _, members in runs:
        for member in members:
            settled[member] = name
    return settled


Run = tuple[str | None, float, list[int]]


def _runs(names: Names, lengths_m: Floats) -> list[Run]:
    return _joined([(name, float(lengths_m[n]), [n]) for n, name in enumerate(names)])


def _joined(runs: list[Run]) -> list[Run]:
    """Neighbours of one name made one, the first and the last of the ring included."""
    joined: list[Run] = []
    for name, length_m, members in runs:
        if joined and joined[-1][0] == name:
            joined[-1] = (name, joined[-1][1] + length_m, joined[-1][2] + members)
        else:
            joined.append((name, length_m, members))
    if len(joined) > 1 and joined[0][0] == joined[-1][0]:
        name, length_m, members = joined.pop()
        joined[0] = (name, length_m + joined[0][1], members + joined[0][2])
    return joined


def _stretches(pieces: NDArray[np.object_], names: Names) -> list[EdgeStreet]:
    """Consecutive pieces of one name as one line, from the ring's first vertex on."""
    starts = [0] + [n for n in range(1, len(names)) if names[n] != names[n - 1]]
    stretches = []
    for start, end in zip(starts, [*starts[1:], len(names)], strict=True):
        vertices = shapely.get_coordinates(pieces[start:end]).reshape(-1, 2, 2)
        line = shapely.linestrings(np.concatenate([vertices[:1, 0], vertices[:, 1]]))
        stretches.append(EdgeStreet(names[start], line))
    return stretches


def _rings(pieces: NDArray[np.object_]) -> list[slice]:
    """Where each closed ring begins and ends among the pieces."""
    vertices = shapely.get_coordinates(pieces).reshape(-1, 2, 2)
    follows = (vertices[1:, 0] == vertices[:-1, 1]).all(axis=1)
    breaks = [0, *(np.flatnonzero(~follows) + 1).tolist(), len(pieces)]
    return [slice(start, end) for start, end in pairwise(breaks)]


def _lengths_m(pieces: NDArray[np.object_]) -> Floats:
    lengths: Floats = shapely.length(project_all_m(pieces))
    return lengths


def _bearing(lines_m: NDArray[np.object_]) -> Floats:
    """Direction of two-point lines in degrees, 0 to 180; a line has no sense of its own."""
    ends = shapely.get_coordinates(lines_m).reshape(-1, 2, 2)
    dx, dy = (ends[:, 1] - ends[:, 0]).T
    bearing: Floats = np.degrees(np.arctan2(dy, dx)) % 180
    return bearing


def read_centre_lines(path: Path) -> list[tuple[str, shapely.LineString]]:
    """Named streets of the city as (name on the sign, line in EPSG:4326), without alleys and ramps.

    Args:
        path: GeoParquet with the columns fullname, subtype_label and geometry (WKB).
    """
    table = pq.read_table(path, columns=["fullname", "subtype_label", "geometry"])
    fullnames, kinds = (table[name].to_pylist() for name in ("fullname", "subtype_label"))
    kept = [
        row
        for row, (fullname, kind) in enumerate(zip(fullnames, kinds, strict=True))
        if fullname and "-" not in fullname and kind not in NO_STREETS
    ]
    labels = {fullname: label_of(fullname) for fullname in {fullnames[row] for row in kept}}
    lines, owners = shapely.get_parts(
        shapely.from_wkb(table["geometry"].take(kept).to_numpy()), return_index=True
    )
    return [
        (labels[fullnames[kept[owner]]], line) for owner, line in zip(owners, lines, strict=True)
    ]
