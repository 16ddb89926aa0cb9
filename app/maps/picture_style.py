"""Colours and words of the exported picture; the tokens are those of the light theme."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

PAPER, INK, INK2, EDGE, WARN = "#FFFFFF", "#0F1720", "#33404D", "#66727F", "#6B4300"
LAND, WATER = "#F4F2EC", "#DDE6EA"
STREET, MAJOR_STREET = "#DEDBD2", "#C4C0B6"
ZONE = "#14213D"


@dataclass(frozen=True)
class Swatch:
    """One line of the legend."""

    words: str
    colour: str
    shape: str = "solid"
    """`solid`, `stripes` or `line`."""


HOTSPOT_BINS: Mapping[int, Swatch] = {
    3: Swatch("More than chance, 99 %", "#7A1A12"),
    2: Swatch("More than chance, 95 %", "#E07230"),
    1: Swatch("More than chance, 90 % (weak)", "#FACB93"),
    -1: Swatch("Fewer than chance, 90 % (weak)", "#A9CBE3", "stripes"),
    -2: Swatch("Fewer than chance, 95 %", "#4F90BF", "stripes"),
    -3: Swatch("Fewer than chance, 99 %", "#1C4E7C", "stripes"),
}
NOT_TOLD = Swatch("Not told from chance", LAND)
DENSITY_RAMP = ("#EACB8F", "#D9954F", "#B25A33", "#752B2C", "#3B0F24")
"""Lowest drawn class first; what lies below the first level is not drawn."""

_FILTER_WORDS = {
    "kind": "Kind",
    "offence_category": "Offence",
    "district": "District",
    "district_set": "Districts of",
    "zone_status": "Zone",
    "status": "Status",
    "weekday": "Weekday",
    "hour_from": "From hour",
    "hour_to": "To hour",
    "exposure": "Compared with",
    "location_quality": "Location quality",
}
_EXPOSURE_WORDS = {"street_length": "street length", "population": "residents"}


def title(metadata: Mapping[str, Any]) -> str:
    """`Hotspots: referrals, 1 Sep to 30 Nov 2026`."""
    name = metadata["dataset"].replace("_", " ")
    return f"{metadata['layer'].capitalize()}: {name}, {period(metadata['filters'])}"


def period(filters: Mapping[str, Any]) -> str:
    """The days that are counted, in words."""
    first, last = filters.get("from"), filters.get("to")
    if not first or not last:
        return "no records"
    return f"{_day(first)} to {_day(last)}"


def facts(metadata: Mapping[str, Any], counted: str) -> list[str]:
    """n, filters, method, rule, zone and licence, one sentence each."""
    lines = [f"{counted}.", f"Filters: {_filters(metadata)}."]
    parameters = metadata["parameters"]
    if metadata["layer"] == "hotspots":
        lines.append(
            f"Exact Poisson test of {parameters['window_m']} m windows around cells of "
            f"{parameters['cell_m']} m, false discovery rate 5 %."
        )
    else:
        lines.append(
            f"Quartic kernel, {parameters['bandwidth_m']:g} m radius, corrected at the city's edge."
        )
    rule = metadata["suppression_rule"]
    lines.append(f"Suppression: {rule}.")
    if metadata.get("licence"):
        lines.append(f"Licence: {metadata['licence']}.")
    lines.append("Streets and boundary: City of Baltimore open data. Coordinates: EPSG:26985.")
    return lines


def _filters(metadata: Mapping[str, Any]) -> str:
    filters = dict(metadata["filters"])
    if metadata["layer"] == "density":
        filters.pop("exposure", None)
    said = [
        f"{words} {_EXPOSURE_WORDS.get(str(filters[name]), _spaced(filters[name]))}"
        for name, words in _FILTER_WORDS.items()
        if filters.get(name) not in (None, "")
    ]
    return "; ".join([period(filters), *said])


def _spaced(value: object) -> str:
    return str(value).replace("_", " ").replace(",", ", ")


def _day(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{day.day} {day:%b %Y}"
