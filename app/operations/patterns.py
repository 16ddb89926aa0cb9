"""Where and when synthetic records happen: real street blocks, weighted by fitted counts."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
import shapely

from app.config import DATA
from app.geo.coords import to_local_m, to_wgs84

STREETS_FILE = DATA / "streets.parquet"
PATTERNS_FILE = DATA / "demo_patterns.json"
BOUNDARY_FILE = DATA / "city_boundary.geojson"
UNLIKELY_STREETS = ("Alley", "Fictitious")
SHORTEST_BLOCK_M = 10.0
BLOCK_SPREAD = 1.0
"""Sigma of the log-normal factor by which blocks of one cell differ."""
BESIDE_THE_LINE_M = 4.0
"""Standard deviation of a record's distance from the centre line."""

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Blocks:
    """Street blocks with addresses, wholly in the city; the arrays are (n,)."""

    line_m: npt.NDArray[np.object_]
    """LineString in EPSG:26985."""
    length_m: FloatArray
    middle_x_m: FloatArray
    middle_y_m: FloatArray

    def some_places(
        self, weights: FloatArray, n: int, rng: np.random.Generator
    ) -> tuple[FloatArray, FloatArray]:
        """n places beside blocks drawn by weight: lon and lat, degrees, 6 decimals."""
        chosen = rng.choice(len(weights), size=n, p=weights / weights.sum())
        along = rng.random(n) * self.length_m[chosen]
        on_line = shapely.line_interpolate_point(self.line_m[chosen], along)
        x_m = shapely.get_x(on_line) + rng.normal(0, BESIDE_THE_LINE_M, n)
        y_m = shapely.get_y(on_line) + rng.normal(0, BESIDE_THE_LINE_M, n)
        lon, lat = to_wgs84().transform(x_m, y_m)
        return np.round(lon, 6), np.round(lat, 6)


@dataclass(frozen=True, eq=False)
class Pattern:
    """The fitted counts of one group of classes, as weights that sum to 1."""

    class_words: tuple[str, ...]
    class_weight: FloatArray
    hour_weight: FloatArray
    """(24,)"""
    weekday_weight: FloatArray
    """(7,), Monday first."""
    month_weight: FloatArray
    """(12,), January first."""
    cell_count: dict[tuple[int, int], int]
    cell_m: float
    row_count: int

    def block_weights(self, blocks: Blocks, rng: np.random.Generator) -> FloatArray:
        """(n,) how likely each block is; blocks in cells without a count are not."""
        columns = (blocks.middle_x_m // self.cell_m).astype(int).tolist()
        rows = (blocks.middle_y_m // self.cell_m).astype(int).tolist()
        cells = list(zip(columns, rows, strict=True))
        share = blocks.length_m * rng.lognormal(0, BLOCK_SPREAD, len(cells))
        totals: dict[tuple[int, int], float] = {}
        for cell, part in zip(cells, share.tolist(), strict=True):
            totals[cell] = totals.get(cell, 0.0) + part
        counts = np.array([self.cell_count.get(cell, 0) for cell in cells], dtype=np.float64)
        weights: FloatArray = counts * share / np.array([totals[cell] for cell in cells])
        return weights

    def some_moments(
        self, first_on: date, day_count: int, n: int, zone: ZoneInfo, rng: np.random.Generator
    ) -> list[datetime]:
        """n moments in UTC, in order, within `day_count` days from `first_on`."""
        days = [first_on + timedelta(days=i) for i in range(day_count)]
        weights = np.array(
            [self.weekday_weight[d.weekday()] * self.month_weight[d.month - 1] for d in days]
        )
        chosen = rng.choice(day_count, size=n, p=weights / weights.sum())
        hours = rng.choice(24, size=n, p=self.hour_weight)
        minutes = rng.integers(0, 60, size=n)
        return sorted(
            datetime.combine(days[day], time(int(h), int(m)), tzinfo=zone).astimezone(UTC)
            for day, h, m in zip(chosen, hours, minutes, strict=True)
        )


@cache
def patterns() -> dict[str, Pattern]:
    """The fitted patterns by group: `lead` (possession and prostitution) and `other`."""
    fitted = json.loads(PATTERNS_FILE.read_text(encoding="utf-8"))
    return {name: _pattern(group, fitted["cell_m"]) for name, group in fitted["groups"].items()}


@cache
def street_blocks() -> Blocks:
    """Every block of the city that has addresses and is no alley."""
    table = pq.read_table(
        STREETS_FILE, columns=["subtype_label", "toaddl", "toaddr", "geometry"]
    ).to_pydict()
    kept = [
        wkb
        for wkb, kind, left, right in zip(
            table["geometry"], table["subtype_label"], table["toaddl"], table["toaddr"], strict=True
        )
        if (left or right) and not any(word in (kind or "") for word in UNLIKELY_STREETS)
    ]
    lines = shapely.from_wkb(np.array(kept, dtype=object))
    boundary = shapely.from_geojson(BOUNDARY_FILE.read_text(encoding="utf-8"))
    shapely.prepare(boundary)
    lines = lines[shapely.covers(boundary, lines)]
    line_m = shapely.transform(lines, to_local_m().transform, interleaved=False)
    line_m = line_m[shapely.length(line_m) >= SHORTEST_BLOCK_M]
    middle = shapely.line_interpolate_point(line_m, 0.5, normalized=True)
    return Blocks(line_m, shapely.length(line_m), shapely.get_x(middle), shapely.get_y(middle))


def _pattern(group: dict[str, Any], cell_m: float) -> Pattern:
    return Pattern(
        class_words=tuple(group["classes"]),
        class_weight=_shares(list(group["classes"].values())),
        hour_weight=_shares(group["hours"]),
        weekday_weight=_shares(group["weekdays_monday_first"]),
        month_weight=_shares(group["months_january_first"]),
        cell_count={(column, row): n for column, row, n in group["cells"]},
        cell_m=float(cell_m),
        row_count=int(group["rows"]),
    )


def _shares(counts: list[int]) -> FloatArray:
    values = np.array(counts, dtype=np.float64)
    shares: FloatArray = values / values.sum()
    return shares
