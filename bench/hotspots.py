"""Is Gi* right, and does a map of pure noise stay quiet?

    python -m bench.hotspots

Gi* of 10,000 cells against esda (`transform="B"`): largest difference, and the ratio of times.
Then 200 maps of pure noise at each of four levels over the real city's 250 m cells: the share that
shows any hot cell (bin >= 2, exposure by area), beside what the usual normal approximation (Gi*,
two-sided, Benjamini-Hochberg 5 %) would show on the same maps. Fails when z differs by more than
1e-10, when more than 8 % of the noise maps show a hot cell at any level, or when esda is missing.
"""

import json
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from scipy import stats

from app.geo.grid import CityGrid, make_grid
from app.geo.hotspots import HOT_BIN, benjamini_hochberg, find_hotspots, gi_star
from app.maps.service_ground import city_m

RESULTS = Path(__file__).resolve().parent / "results" / "hotspots.json"
MAX_DIFFERENCE = 1e-10
NOISE_LEVELS = (0.05, 0.2, 1.0, 5.0)
MAPS = 200
MAX_SHARE = 0.08
SIDE = 100


def main() -> int:
    """Print both tables and write them down; 1 when a figure is missed."""
    try:
        import esda
        import libpysal
    except ImportError:
        print("hotspots: esda is missing; install requirements-dev.txt", file=sys.stderr)
        return 1
    agreement = against_esda(esda, libpysal)
    print(f"hotspots: Gi* of {SIDE * SIDE:,} cells")
    print(f"{'method':28} {'ms':>8} {'times ours':>11} {'max |dz|':>9}")
    print(f"{'app.geo.hotspots.gi_star':28} {agreement['ours_ms']:8.2f} {1:11.2f} {'':>9}")
    print(
        f"{'esda G_Local, transform B':28} {agreement['esda_ms']:8.2f} "
        f"{agreement['times_ours']:11.1f} {agreement['max_difference']:9.1e}"
    )
    grid = make_grid(city_m(), 250)
    noise = [noise_maps(grid, level) for level in NOISE_LEVELS]
    print(f"\nhotspots: {MAPS} maps of pure noise, {grid.n:,} cells; share with any hot cell")
    print(f"{'incidents a cell':>16} {'exact Poisson':>14} {'normal Gi*':>11}")
    for level in noise:
        print(f"{level['mean']:16g} {level['exact']:14.1%} {level['normal']:11.1%}")
    passed = bool(
        agreement["max_difference"] <= MAX_DIFFERENCE
        and all(level["exact"] <= MAX_SHARE for level in noise)
    )
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(
        json.dumps(
            {"bench": "hotspots", "passed": passed, "gi_star": agreement, "noise": noise}, indent=1
        )
        + "\n"
    )
    if not passed:
        print(f"hotspots: missed (dz <= {MAX_DIFFERENCE}, share <= {MAX_SHARE})", file=sys.stderr)
    return 0 if passed else 1


def against_esda(esda: Any, libpysal: Any) -> dict[str, float]:
    """Difference and times on a square of cells; building esda's weights is not timed."""
    grid = make_grid(shapely.box(0, 0, SIDE * 250, SIDE * 250).buffer(-1), 250)
    counts = np.random.default_rng(5).poisson(2.0, grid.n).astype(float)
    weights = libpysal.weights.lat2W(SIDE, SIDE, rook=False)

    def independent() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return esda.G_Local(counts, weights, star=True, transform="B", permutations=0)

    theirs = independent().Zs
    ours_ms, esda_ms = median_ms(lambda: gi_star(grid, counts)), median_ms(independent)
    return {
        "cells": grid.n,
        "max_difference": float(np.abs(gi_star(grid, counts) - theirs).max()),
        "ours_ms": ours_ms,
        "esda_ms": esda_ms,
        "times_ours": round(esda_ms / ours_ms, 1),
    }


def noise_maps(grid: CityGrid, mean: float) -> dict[str, float]:
    """Share of maps with a false hot cell: incidents fall at random, evenly over the city."""
    rng = np.random.default_rng(int(mean * 1000))
    exact = normal = 0
    for _ in range(MAPS):
        count = rng.poisson(mean * grid.area_share)
        found = find_hotspots(grid, count, grid.area_m2)
        exact += bool((found.bin >= HOT_BIN).any())
        q = benjamini_hochberg(2 * stats.norm.sf(np.abs(found.z_score)))
        normal += bool(((q <= 0.05) & (found.z_score > 0)).any())
    return {"mean": mean, "maps": MAPS, "exact": exact / MAPS, "normal": normal / MAPS}


def median_ms(call: Callable[[], Any]) -> float:
    """Median of seven runs, milliseconds."""
    times = []
    for _ in range(7):
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1000)
    return round(statistics.median(times), 3)


if __name__ == "__main__":
    sys.exit(main())
