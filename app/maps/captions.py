"""What a map says, in plain sentences made from the result alone."""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd

from app.geo.hotspots import HOT_BIN
from app.maps.rules import noun

NOTHING = "No cell stands out: nothing on this map can be told from chance."
FALSE_ALARMS = "A map of pure chance shows any such cell in fewer than 5 of 100 cases."
CHOSEN_PLACES = (
    "Chance here means anywhere in the city, so the chosen zone or district stands out by the "
    "choice itself. Clear that filter to compare places."
)
PLACE_FILTERS = ("zone_status", "district")
"""Filters that keep only the records of some places, while the expected count is the city's."""


def hotspot_caption(metadata: Mapping[str, Any], cells: gpd.GeoDataFrame) -> str:
    """How many cells stand out, where the strongest is, and how often chance would do that.

    Args:
        cells: all cells of the city in published order (before a bbox crops them).
    """
    if metadata["n"] == 0:
        return f"There are no {noun(metadata['dataset'])} with these filters."
    hot = cells[cells["bin"] >= HOT_BIN]
    if hot.empty:
        return NOTHING
    strongest = hot.iloc[0]
    many = "1 cell stands out" if len(hot) == 1 else f"{len(hot)} cells stand out"
    where = f" around {strongest['nearest_corner']}" if strongest["nearest_corner"] else ""
    lead = "It is" if len(hot) == 1 else "The strongest is"
    place = where or f" cell {strongest['cell_id']}"
    is_by_choice = any(name in metadata["filters"] for name in PLACE_FILTERS)
    meaning = CHOSEN_PLACES if is_by_choice else FALSE_ALARMS
    return f"{many}. {lead}{place}: {_numbers(metadata, strongest)}. {meaning}"


def density_caption(metadata: Mapping[str, Any], peak_per_km2: float) -> str:
    """How high the density goes, in which unit."""
    things = noun(metadata["dataset"])
    if metadata["n"] == 0:
        return f"There are no {things} with these filters."
    days = metadata["parameters"]["period_days"]
    if peak_per_km2 <= 0:
        return f"Too few people have {things} near one another for a density to be drawn."
    reach = "at least" if metadata["is_personal"] else "up to"
    return (
        f"The density reaches {reach} {peak_per_km2:,.4g} {things} per km² in {days:,} days. Each "
        f"one is spread over {metadata['parameters']['bandwidth_m']:g} m around its place."
    )


def counted(metadata: Mapping[str, Any]) -> str:
    """`n = 417 mapped, 21 not mapped (12 no coordinates, 9 outside the city)`."""
    missing = metadata["unmapped_labels"]
    shown = [
        f"{_grouped(label)} {reason.replace('_', ' ')}"
        for reason, label in missing.items()
        if label != "0"
    ]
    text = f"n = {_grouped(metadata['n_label'])} mapped"
    return f"{text}; not mapped: {', '.join(shown)}" if shown else f"{text}, none left out"


def _grouped(label: str) -> str:
    return f"{int(label):,}" if label.isdigit() else label.replace("-", "–")


def _numbers(metadata: Mapping[str, Any], cell: Any) -> str:
    things = noun(metadata["dataset"])
    if metadata["is_personal"]:
        label = cell["count_label"]
        return f"{'about ' if label.isdigit() else ''}{_grouped(label)} {things} in the cell"
    seen, expected = int(cell["window_count"]), float(cell["window_expected"])
    window_m = 3 * metadata["parameters"]["cell_m"]
    text = f"{seen:,} {things} within its {window_m} m window where {expected:,.1f} were expected"
    return f"{text}, {seen / expected:.1f} times as many"
