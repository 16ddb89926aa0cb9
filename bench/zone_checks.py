"""How fast are zone checks beside shapely, and is every answer the same?

    python -m bench.zone_checks

Batch: 1 million random points around the pilot zone, against `shapely.contains_xy` (prepared).
One point: `ZoneIndex.covers` against building a Point and asking a prepared polygon, over points
of which none lies in a cell that the line cuts (those cost what the exact test costs). Exactness:
every answer against `shapely.covers`, also at all corners and middles of edges. The same for a
jagged outline of 20,000 corners. Times are processor times, taken in turn in one run, medians.
togo, where it is installed, is shown beside. Fails when a figure is missed.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import shapely

from app.geo.coords import project_m, to_local_m
from app.geo.geojson import read_outline
from app.geo.zone_index import ZoneIndex
from app.geo.zone_raster import CUT

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).resolve().parent / "results" / "zone_checks.json"
POINTS, SINGLES, ROUNDS = 1_000_000, 20_000, 9
JAGGED_CORNERS = 20_000
BATCH_PEER, SINGLE_PEER = "shapely.contains_xy", "shapely Point + prepared"
BATCH_FACTOR, SINGLE_FACTOR = 5.0, 10.0
ONE_MM = 0.0011
"""A millimetre, and a tenth for the two ways of densifying."""


@dataclass(frozen=True)
class Measured:
    """One method on one outline; `ratio` is the named peer's time over ours."""

    outline: str
    question: str
    method: str
    us_a_point: float
    ratio: float | None
    needed: float | None


def main() -> int:
    """Print a table of ratios and write it down; 1 when a figure is missed."""
    pilot = read_outline((ROOT / "data" / "pilot_zone.geojson").read_bytes())
    outlines = {f"pilot zone, {len(pilot.exterior.coords) - 1} corners": pilot}
    outlines[f"jagged, {JAGGED_CORNERS} corners"] = shapely.Polygon(jagged_ring())
    rows: list[Measured] = []
    differences = {}
    for name, outline in outlines.items():
        rows += measure(name, outline)
        differences[name] = count_differences(outline)
    return report(rows, differences)


def measure(name: str, outline: shapely.Polygon) -> list[Measured]:
    """Batch and single times of all methods on one outline."""
    index = ZoneIndex(outline)
    shapely.prepare(outline)
    lon, lat = points_around(outline)
    batch = in_turn(
        {
            "app.geo.zone_index": lambda: index.covers_xy(lon, lat),
            BATCH_PEER: lambda: shapely.contains_xy(outline, lon, lat),
        }
    )
    whole = np.flatnonzero(index._raster.codes(lon, lat) != CUT)[:SINGLES]
    pairs = list(zip(lon[whole].tolist(), lat[whole].tolist(), strict=True))
    point = shapely.Point
    singles: dict[str, Callable[[], object]] = {
        "app.geo.zone_index": lambda: [index.covers(x, y) for x, y in pairs],
        SINGLE_PEER: lambda: [outline.contains(point(x, y)) for x, y in pairs],
        **togo_singles(outline, pairs),
    }
    single = in_turn(singles)
    return [
        *rows_of(name, "1M points", batch, n=POINTS, peer=BATCH_PEER, needed=BATCH_FACTOR),
        *rows_of(name, "one point", single, n=len(pairs), peer=SINGLE_PEER, needed=SINGLE_FACTOR),
    ]


def togo_singles(outline, pairs: list[tuple[float, float]]) -> dict[str, Callable[[], object]]:  # type: ignore[no-untyped-def]
    """togo asked the same, where it is installed; it has no call for arrays."""
    try:
        import togo
    except ImportError:
        return {}
    zone = togo.Polygon(list(outline.exterior.coords)).as_geometry()
    return {"togo": lambda: [zone.covers(togo.Point(x, y).as_geometry()) for x, y in pairs]}


def rows_of(
    outline: str, question: str, seconds: dict[str, float], *, n: int, peer: str, needed: float
) -> list[Measured]:
    """One row a method, ours first; the peer's ratio to ours stands in our row."""
    ours = next(iter(seconds))
    return [
        Measured(
            outline=outline,
            question=question,
            method=method,
            us_a_point=taken / n * 1e6,
            ratio=seconds[peer] / taken if method == ours else None,
            needed=needed if method == ours else None,
        )
        for method, taken in seconds.items()
    ]


def count_differences(outline: shapely.Polygon) -> int:
    """Answers that differ from `shapely.covers`, other than within a millimetre of the line."""
    corners = shapely.get_coordinates(outline.exterior)
    middles = (corners[1:] + corners[:-1]) / 2
    lon, lat = np.concatenate([np.column_stack(points_around(outline)), corners, middles]).T
    found = ZoneIndex(outline).covers_xy(lon, lat)
    differs = np.flatnonzero(found != shapely.covers(outline, shapely.points(lon, lat)))
    line_m = project_m(shapely.segmentize(outline.exterior, 5e-5))
    points_m = shapely.points(*to_local_m().transform(lon[differs], lat[differs]))
    return int((shapely.distance(line_m, points_m) > ONE_MM).sum())


def points_around(outline: shapely.Polygon) -> tuple[np.ndarray, np.ndarray]:
    """Random points in a box 1.6 times the outline's."""
    rng = np.random.default_rng(2)
    west, south, east, north = outline.bounds
    width, height = east - west, north - south
    lon = rng.uniform(west - 0.3 * width, east + 0.3 * width, POINTS)
    return lon, rng.uniform(south - 0.3 * height, north + 0.3 * height, POINTS)


def jagged_ring() -> np.ndarray:
    """A ring like a coast: waves of several lengths around a circle."""
    angle = np.linspace(0, 2 * np.pi, JAGGED_CORNERS, endpoint=False)
    reach = 0.84 + 0.10 * np.sin(5 * angle + 0.7) + 0.05 * np.sin(11 * angle)
    for waves in (37, 101, 307, 997):
        reach += 0.6 / waves * np.sin(waves * angle + waves)
    return np.column_stack(
        [-76.620 + 0.0068 * reach * np.cos(angle), 39.291 + 0.0045 * reach * np.sin(angle)]
    )


def in_turn(methods: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Median seconds of each, the runs taken in turn so that noise falls on all alike."""
    taken: dict[str, list[float]] = {name: [] for name in methods}
    for method in methods.values():
        method()
    for _ in range(ROUNDS):
        for name, method in methods.items():
            start = time.process_time()
            method()
            taken[name].append(time.process_time() - start)
    return {name: statistics.median(all_) for name, all_ in taken.items()}


def report(rows: list[Measured], differences: dict[str, int]) -> int:
    """Print and write what was measured; 1 when a figure is missed."""
    print(f"zone checks: {POINTS:,} points, ratio = the peer's time over ours")
    print(
        f"{'outline':26} {'question':10} {'method':26} {'us/point':>9} {'ratio':>7} {'needed':>7}"
    )
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.1f}"
        needed = "" if row.needed is None else f">= {row.needed:g}"
        print(
            f"{row.outline:26} {row.question:10} {row.method:26} "
            f"{row.us_a_point:9.4f} {ratio:>7} {needed:>7}"
        )
    for name, count in differences.items():
        print(f"{name}: {count} answers differ from shapely.covers (needed: 0)")
    if not any(row.method == "togo" for row in rows):
        print("togo is not installed and was left out")
    missed = [row for row in rows if row.ratio is not None and row.ratio < (row.needed or 0)]
    is_met = not missed and not any(differences.values())
    RESULTS.parent.mkdir(exist_ok=True)
    content = {
        "rows": [asdict(row) for row in rows],
        "differences": differences,
        "shapely": version("shapely"),
        "is_met": is_met,
    }
    RESULTS.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
