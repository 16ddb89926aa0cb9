"""Fit where and when the demonstration's synthetic incidents happen, on real arrests.

Reads a table of arrests that is not part of the product and writes data/demo_patterns.json: counts
by 500 m cell (only cells with 10 or more), by hour, weekday and month, for two groups of classes.
No row, place or person of the table can be told from it.

    python -m tools.fit_demo_patterns ARRESTS.csv.gz
"""

import argparse
import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import shapely

from app.files.service import read_table
from app.geo.coords import to_local_m

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "data" / "demo_patterns.json"
BOUNDARY = ROOT / "data" / "city_boundary.geojson"
CELL_M = 500
LEAST_IN_A_CELL = 10
ROUNDED_TO = 5
LEAD_CLASSES = ("drug_possession", "prostitution")
YEARS_WITHOUT_GAPS = (2013, 2014, 2018)
YEARS_WITH_HOURS = (2013,)


class Pattern:
    """Counts of one group of classes."""

    def __init__(self) -> None:
        self.cells: Counter[tuple[int, int]] = Counter()
        self.classes: Counter[str] = Counter()
        self.hours: Counter[int] = Counter()
        self.weekdays: Counter[int] = Counter()
        self.months: Counter[int] = Counter()

    def as_json(self) -> dict[str, Any]:
        """Plain values; small cells are left out and the others rounded."""
        kept = {cell: n for cell, n in self.cells.items() if n >= LEAST_IN_A_CELL}
        return {
            "rows": self.classes.total(),
            "classes": dict(sorted(self.classes.items())),
            "hours": [self.hours[hour] for hour in range(24)],
            "weekdays_monday_first": [self.weekdays[day] for day in range(7)],
            "months_january_first": [self.months[month] for month in range(1, 13)],
            "cells": [
                [column, row, ROUNDED_TO * round(n / ROUNDED_TO)]
                for (column, row), n in sorted(kept.items())
            ],
        }


def fit(path: Path) -> dict[str, Any]:
    """Count the rows of the table that lie in the city and whose place is not ambiguous."""
    boundary = shapely.from_geojson(BOUNDARY.read_text(encoding="utf-8"))
    shapely.prepare(boundary)
    patterns = {"lead": Pattern(), "other": Pattern()}
    with read_table(path) as table:
        for chunk in table.chunks:
            x_m, y_m = to_local_m().transform(chunk.lon, chunk.lat)
            is_placed = shapely.intersects_xy(boundary, chunk.lon, chunk.lat)
            columns = [chunk.columns[c] for c in ("lead_class", "arrest_date", "arrest_time")]
            prefixes = chunk.columns["n_prefix"]
            for i, (lead_class, day, clock) in enumerate(zip(*columns, strict=True)):
                pattern = patterns["lead" if lead_class in LEAD_CLASSES else "other"]
                _count_time(pattern, date.fromisoformat(day), clock)
                pattern.classes[lead_class] += 1
                if is_placed[i] and prefixes[i] not in ("2", "3"):
                    pattern.cells[int(x_m[i] // CELL_M), int(y_m[i] // CELL_M)] += 1
    return {
        "about": "Counts fitted on real arrests; they shape the synthetic demonstration data.",
        "cell_m": CELL_M,
        "cells_are": "[column, row, count]: lower left corner = column and row times cell_m, "
        f"EPSG:26985; cells with fewer than {LEAST_IN_A_CELL} are left out, "
        f"counts rounded to {ROUNDED_TO}",
        "groups": {name: pattern.as_json() for name, pattern in patterns.items()},
    }


def _count_time(pattern: Pattern, day: date, clock: str) -> None:
    if day.year in YEARS_WITHOUT_GAPS:
        pattern.weekdays[day.weekday()] += 1
        pattern.months[day.month] += 1
    if day.year in YEARS_WITH_HOURS and clock:
        pattern.hours[int(clock[:2])] += 1


def main() -> None:
    """Write the file and say how large it is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("arrests", type=Path)
    fitted = fit(parser.parse_args().arrests)
    lines = json.dumps(fitted, indent=1).replace("\n    ", " ").replace("  ", " ")
    OUT.write_text(lines + "\n", encoding="utf-8")
    for name, group in fitted["groups"].items():
        print(f"{name}: {group['rows']} rows, {len(group['cells'])} cells")
    print(f"{OUT.relative_to(ROOT)}: {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
